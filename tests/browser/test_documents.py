"""The tenant's papers in a real browser: by year, on a phone and on a desk, and fetched."""

import pytest

from tests.browser.steps import SCREENS, fits, wait_for_focus
from tests.documents import pdf, write_folder


@pytest.fixture(scope="module")
def papers(office, resident, tenant):
    """The same, once the office has dropped documents of two years."""
    number = resident["N° locataire"]
    months = ("2025-11", "2025-12", "2026-01", "2026-02")
    files = {f"{number}_{month}_avis.pdf": pdf(f"avis {month}") for month in months}
    dropped = office.run("import", "documents", write_folder(office.folder / "papiers", files))
    assert dropped.returncode == 0, dropped.stderr
    return tenant


@pytest.mark.parametrize(("width", "height"), SCREENS)
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_another_year_is_chosen_and_one_of_its_papers_fetched(open_page, papers, width, height, javascript):
    page = open_page("/compte/documents", width=width, height=height, javascript=javascript, storage_state=papers)
    assert fits(page)
    page.get_by_role("navigation", name="Année").get_by_role("link", name="2025").click()
    page.get_by_role("heading", name="Vos documents de 2025").wait_for()
    assert fits(page)
    if javascript:
        wait_for_focus(page, "#papiers-titre")
    with page.expect_download() as fetching:
        page.get_by_role("link", name="Télécharger\u00a0: Avis d'échéance, décembre 2025").click()
    assert fetching.value.suggested_filename == "avis-d-echeance-2025-12.pdf"
    assert fetching.value.path().read_bytes() == pdf("avis 2025-12")


def test_links_are_large_enough_for_a_finger(open_page, papers):
    page = open_page("/compte/documents", width=360, height=740, storage_state=papers)
    for name in ("Voir", "Télécharger"):
        box = page.get_by_role("link", name=name).first.bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 24
