"""The copy of one's data in a real browser: the button gives a file, with JavaScript and without."""

import zipfile

import pytest

from tests.browser.steps import fits, logged_in


@pytest.fixture(scope="module")
def tenant(office, chromium, neighbours):
    """What a tenant's browser holds once they are logged in."""
    with logged_in(office, chromium, next(neighbours)) as storage_state:
        yield storage_state


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_button_gives_a_file_and_the_page_stays(open_page, tenant, javascript, tmp_path):
    page = open_page("/compte/donnees", width=360, height=740, javascript=javascript, storage_state=tenant)
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger mes données").click()
    download.value.save_as(tmp_path / "copie.zip")
    assert download.value.suggested_filename.startswith("mes-donnees-")
    with zipfile.ZipFile(tmp_path / "copie.zip") as copy:
        assert copy.testzip() is None
        assert {"LISEZ-MOI.txt", "donnees.json"} <= set(copy.namelist())
    assert page.get_by_role("heading", name="Mes données").is_visible()


def test_the_dwelling_and_whom_to_call_fit_a_phone(open_page, tenant):
    page = open_page("/compte/logement", width=360, height=740, storage_state=tenant)
    assert fits(page)
    assert page.get_by_role("heading", name="Qui appeler pour ce logement").is_visible()
