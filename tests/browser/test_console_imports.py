"""A responsable sends the ERP's file in a real browser: sees what it would do, says yes, and sees it done."""

import pytest

from tests.browser.console import Staff, both_screens, come_round_to
from tests.browser.steps import fits
from tests.office import households


@pytest.fixture(scope="module")
def manager(office, chromium):
    """A responsable past their first login."""
    manager = Staff(office, "renee@office.exemple.test", "Renée Essai", "responsable")
    page = chromium.new_page(base_url=office.url)
    manager.enroll(page)
    page.close()
    return manager


def tenant_file(folder, *more):
    """The first of the office's households, whom no other test changes, and `more` lines."""
    (home,) = households(1)
    lines = [";".join(line) for line in [list(home), list(home.values()), *more]]
    path = folder / "locataires.csv"
    path.write_text("\r\n".join(lines), encoding="utf-8")
    return path


def newcomer(number):
    return [
        f"N{number}",
        "M.",
        f"ESSAI-NOUVEAU-{number}",
        "Anis",
        f"n{number}@exemple.test",
        f"N{number}-A",
        "",
        "",
        "",
        "",
    ]


def send(page, path):
    page.get_by_role("link", name="Imports", exact=True).click()
    page.get_by_label("Le fichier", exact=True).set_input_files(path)
    page.get_by_role("button", name="Regarder le fichier").click()


def wait_for(page, heading, javascript=True):
    come_round_to(page, page.get_by_role("heading", name=heading), javascript)


@both_screens
def test_a_file_is_looked_at_confirmed_and_written(open_page, manager, tmp_path, width, height, javascript):
    number = width * 10 + javascript
    page = open_page("/agents/identification", width=width, height=height, javascript=javascript)
    manager.log_in(page)
    send(page, tenant_file(tmp_path, newcomer(number)))
    wait_for(page, "Ce que l'import ferait", javascript)
    assert fits(page)
    row = page.get_by_role("row", name="Locataires")
    told = row.get_by_role("cell").all_inner_texts()  # on a telephone, behind the column's name
    assert [cell.split()[-1] for cell in told] == ["1", "0", "1"]
    page.get_by_role("button", name="Confirmer l'import").click()
    wait_for(page, "C'est fait", javascript)

    page.get_by_role("link", name="Recherche").click()
    page.get_by_label("Un locataire").fill(f"nouveau {number}")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name=f"ESSAI-NOUVEAU-{number}").wait_for()


def test_refused_lines_are_shown_and_fetched(open_page, manager, tmp_path):
    page = open_page("/agents/identification", width=360, height=740)
    manager.log_in(page)
    send(page, tenant_file(tmp_path, [*newcomer(9)[:4], "pas une adresse", *newcomer(9)[5:]]))
    wait_for(page, "Le fichier est refusé")
    page.get_by_text("ligne 3").wait_for()
    assert fits(page)
    assert page.get_by_role("button", name="Confirmer l'import").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger les lignes refusées").click()
    assert "pas une adresse" in download.value.path().read_text(encoding="utf-8-sig")


def test_a_file_that_was_forgotten_has_the_edge_of_what_is_wrong(open_page, manager):
    page = open_page("/agents/identification")
    manager.log_in(page)
    page.get_by_role("link", name="Imports", exact=True).click()
    field = page.get_by_label("Le fichier", exact=True)
    edge = "(one) => getComputedStyle(one).borderTopColor"
    before = field.evaluate(edge)
    page.get_by_role("button", name="Regarder le fichier").click()
    said = page.locator("#file-erreur")
    said.wait_for()
    assert field.evaluate(edge) != before
    assert field.evaluate(edge) == said.evaluate("(one) => getComputedStyle(one).color")
