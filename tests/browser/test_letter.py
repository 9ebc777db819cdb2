"""A letter's way in a real browser: from the agent's button, over the paper, to the tenant's account."""

import re
import shutil
import subprocess

import pytest

from tests.browser.conftest import HOMES
from tests.browser.console import Staff, both_screens, come_round_to
from tests.browser.steps import fits
from tests.office import code_and_password, households, write_tenant_file

CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
# Past those whom the office has; none has an e-mail address.
WITHOUT_EMAIL = [household | {"Email": ""} for household in households(HOMES + 10)][HOMES:]

pytestmark = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext here: poppler-utils")
with_and_without_javascript = pytest.mark.parametrize(
    "javascript", [True, False], ids=["with JavaScript", "without JavaScript"]
)


@pytest.fixture(scope="module")
def staff(office, chromium):
    header = write_tenant_file(office.folder / "modele.csv", 1).read_text(encoding="cp1252").splitlines()[0]
    lines = [";".join([*household.values(), "x"]) for household in WITHOUT_EMAIL]
    file = office.folder / "sans-adresse.csv"
    file.write_text("\r\n".join([header, *lines, ""]), encoding="cp1252")
    imported = office.run("import", "tenants", file)
    assert imported.returncode == 0, imported.stderr

    staff = Staff(office, "prune@office.exemple.test", "Prune Essai", "agent")
    page = chromium.new_page(base_url=office.url)
    staff.enroll(page)
    page.close()
    return staff


@pytest.fixture
def letters(open_page, staff):
    """A function that opens « Courriers » as an agent at work."""

    def open_letters(**options):
        page = open_page("/agents/identification", **options)
        staff.log_in(page)
        page.get_by_role("link", name="Courriers").click()
        page.get_by_role("heading", name="Courriers").wait_for()
        return page

    return open_letters


def text_of(download):
    return subprocess.run(["pdftotext", download.path(), "-"], capture_output=True, check=True).stdout.decode()


def code_on_paper(page, household):
    """Find the household's record, and print its letter."""
    page.get_by_role("link", name="Recherche").click()
    page.get_by_label("Un locataire").fill(household["N° locataire"])
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name=household["Nom"]).click()
    with page.expect_download() as printed:
        page.get_by_role("button", name="Imprimer un courrier").click()
    assert printed.value.suggested_filename == "courrier.pdf"
    return CODE.search(text_of(printed.value))[0]


@with_and_without_javascript
def test_a_tenant_goes_from_the_letter_to_the_account_on_a_telephone(letters, open_page, office, javascript):
    household = WITHOUT_EMAIL[javascript]
    address = f"par-courrier-{javascript}@exemple.test".lower()
    code = code_on_paper(letters(javascript=False), household)

    page = open_page("/demander-un-code", width=360, height=740, javascript=javascript)
    page.get_by_role("link", name="J'ai reçu un courrier").click()
    page.get_by_role("heading", name="J'ai reçu un courrier").wait_for()
    assert fits(page)
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    assert fits(page)
    page.get_by_label("Votre code du courrier").fill(code.lower().replace("-", " "))
    page.get_by_label("Votre adresse email").fill(address)
    page.get_by_role("button", name="Valider").click()
    sent = page.get_by_text(f"Le code d'accès a été envoyé à l'adresse {address}, si le code du courrier est valable.")
    sent.wait_for()
    assert fits(page)

    access_code, password = code_and_password(office.next_mail(address))
    page.get_by_role("link", name="OK").click()
    page.get_by_label("Identifiant", exact=True).fill(access_code)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name="Choisissez votre mot de passe").wait_for()


@both_screens
def test_an_agent_prints_many_and_watches_them_come(letters, width, height, javascript):
    alone, left_out, printed_too = WITHOUT_EMAIL[-3:]
    page = letters(width=width, height=height, javascript=javascript)
    assert fits(page)
    page.get_by_label("Résidence").fill(alone["Adresse"].partition(" de ")[0])
    page.get_by_label("Sans courrier depuis").fill("0")
    page.get_by_role("button", name="Filtrer").click()
    # Whom the list was opened with may be one as well: the answer has come when it names nobody else.
    page.get_by_label(left_out["Nom"]).wait_for(state="detached")
    page.get_by_text("1 locataire sans adresse e-mail").wait_for()
    page.get_by_label("Résidence").fill("RUE DE L'EXEMPLE")
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_text("locataires sans adresse e-mail").wait_for()
    page.get_by_label(left_out["Nom"]).uncheck()
    assert fits(page)

    page.get_by_role("button", name="Imprimer les courriers cochés").first.click()
    page.get_by_role("heading", name="Impression de courriers").wait_for()
    assert fits(page)
    file = page.get_by_role("link", name="(PDF)")
    come_round_to(page, file, javascript)
    assert fits(page)
    with page.expect_download() as printed:
        file.click()
    assert printed.value.suggested_filename == "courriers-lot-1.pdf"
    text = text_of(printed.value)
    assert printed_too["Nom"] in text
    assert left_out["Nom"] not in text
