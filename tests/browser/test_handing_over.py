"""The copy of a tenant's data that a responsable downloads: the page stays before them, and their secrets do not."""

from tests.browser.console import PASSWORD, Staff


def test_the_page_stays_without_the_password_and_the_code(open_page, office, household, tmp_path):
    staff = Staff(office, "reglisse@office.exemple.test", "Réglisse Essai", "responsable")
    page = open_page("/")
    staff.enroll(page)
    page.goto("/agents")
    page.get_by_label("Un locataire").fill(household["N° locataire"])
    page.locator("#resultats a").first.click()
    page.get_by_role("link", name="Copie de ses données").click()
    page.get_by_label("Raison").fill("Vu au guichet, pièce d'identité.")
    page.get_by_label("Mot de passe actuel", exact=True).fill(PASSWORD)
    page.get_by_label("Code à six chiffres").fill(staff.codes.pop())
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger la copie").click()
    download.value.save_as(tmp_path / "copie.zip")
    assert page.get_by_label("Raison").input_value() == "Vu au guichet, pièce d'identité."
    assert page.get_by_label("Mot de passe actuel", exact=True).input_value() == ""
    assert page.get_by_label("Code à six chiffres").input_value() == ""
