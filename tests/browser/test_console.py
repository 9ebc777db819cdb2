"""An agent at work in a real browser: the first login, the search, the requests that wait for a person."""

import pytest

from tests.browser.console import Staff, both_screens
from tests.browser.steps import SCREENS, fits, wait_for_focus
from tests.office import code_and_password


@pytest.fixture(scope="module")
def staff(office, chromium):
    """An agent past their first login."""
    staff = Staff(office, "agathe@office.exemple.test", "Agathe Essai", "agent")
    page = chromium.new_page(base_url=office.url)
    staff.enroll(page)
    page.close()
    return staff


@pytest.fixture
def at_work(open_page, staff):
    def at_work(**options):
        page = open_page("/agents/identification", **options)
        staff.log_in(page)
        return page

    return at_work


@both_screens
def test_from_the_one_time_link_to_the_console(open_page, office, width, height, javascript):
    newcomer = Staff(office, f"neuf{width}{javascript}@office.exemple.test", "Barnabé Essai", "agent")
    page = open_page("/", width=width, height=height, javascript=javascript)
    newcomer.enroll(page)
    assert fits(page)
    page.get_by_role("link", name="C'est noté").click()
    page.get_by_role("heading", name="Recherche").wait_for()
    assert fits(page)
    page.get_by_role("button", name="Se déconnecter").click()
    newcomer.log_in(page)
    page.goto(newcomer.link)
    page.get_by_role("heading", name="Ce lien n'est plus valable").wait_for()


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_names_are_found_as_one_types(at_work, household, width, height):
    page = at_work(width=width, height=height)
    results = page.get_by_role("region", name="Résultats")
    wait_for_focus(page, "#q")
    page.keyboard.type(f"prune {household['Nom'].lower()}", delay=20)
    results.get_by_role("link", name=household["Nom"]).wait_for()
    assert page.url.endswith("/agents")
    assert fits(page)
    # The focus stays where one types.
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type(" zzz")
    page.get_by_text("Personne ne correspond. Essayez le numéro locataire, ou le début du nom.").wait_for()
    page.get_by_label("Un locataire").fill(household["Réf. logement"].replace("-", " "))
    results.get_by_role("link", name=household["Nom"]).click()
    page.get_by_role("heading", name=household["Nom"]).wait_for()
    page.get_by_text("Jamais activé").first.wait_for()
    assert fits(page)


@pytest.mark.parametrize("key", ["", "Enter"], ids=["as one types", "with Enter"])
def test_going_back_from_a_record_brings_the_search_back(at_work, household, key):
    page = at_work()
    results = page.get_by_role("region", name="Résultats")
    page.get_by_label("Un locataire").fill(household["Nom"])
    if key:
        page.keyboard.press(key)
    results.get_by_role("link", name=household["Nom"]).click()
    page.get_by_role("heading", name=household["Nom"]).wait_for()
    page.go_back()
    results.get_by_role("link", name=household["Nom"]).wait_for()
    assert page.get_by_label("Un locataire").input_value() == household["Nom"]
    assert page.url.endswith("/agents")

    # A new search is empty, and nothing is left to whoever comes after.
    page.get_by_role("link", name="Recherche").click()
    page.get_by_text("un bout suffit").wait_for()
    assert page.get_by_label("Un locataire").input_value() == ""
    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_role("heading", name="Identification des agents").wait_for()
    page.wait_for_load_state()  # its script comes after what it shows
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("late", ["vendor/htmx.min", "search"])
def test_what_is_typed_before_the_scripts_have_come_is_searched(at_work, household, late):
    page = at_work()

    def type_first(route):
        page.get_by_label("Un locataire").fill(household["Nom"])
        route.continue_()

    page.route(f"**/static/{late}.js*", type_first)
    page.reload()
    page.get_by_role("region", name="Résultats").get_by_role("link", name=household["Nom"]).wait_for()


def test_a_search_that_is_not_answered_leaves_nobody_to_open(at_work, household):
    """On the telephone, an agent would open whoever was found by what was typed before."""
    page = at_work(may_be_cut_off=True)
    results = page.get_by_role("region", name="Résultats")
    page.get_by_label("Un locataire").fill(household["Nom"])
    results.get_by_role("link", name=household["Nom"]).wait_for()
    page.context.set_offline(True)
    page.get_by_label("Un locataire").fill("Zoé")
    page.get_by_role("alert").get_by_text("Pas de connexion. Réessayez.").wait_for()
    assert not results.get_by_role("link").count()
    assert results.get_by_role("status").inner_text() == ""
    page.context.set_offline(False)
    page.get_by_label("Un locataire").fill(household["Nom"])
    results.get_by_role("link", name=household["Nom"]).wait_for()
    assert not page.get_by_role("alert").count()

    page.route("**/agents/recherche", lambda route: None)
    page.get_by_label("Un locataire").fill("Zoé")
    results.get_by_role("link").wait_for(state="detached")


def test_without_javascript_a_button_searches(at_work, household):
    page = at_work(javascript=False, width=360, height=740)
    page.get_by_label("Un locataire").fill(household["N° locataire"])
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name=household["Nom"]).click()
    page.get_by_role("heading", name=household["Nom"]).wait_for()


@both_screens
def test_a_request_with_another_address_is_verified_and_the_tenant_gets_in(
    at_work, open_page, office, household, width, height, javascript
):
    new_address = f"autre.{household['Email']}"
    tenant = open_page("/demander-un-code")
    tenant.get_by_label("Votre Nom").fill(household["Nom"])
    tenant.get_by_label("Votre adresse email").fill(new_address)
    tenant.get_by_label("Votre référence logement").fill(household["Réf. logement"])
    tenant.get_by_label("Votre numéro locataire").fill(household["N° locataire"])
    tenant.get_by_role("button", name="Valider").click()
    tenant.get_by_text("Le code d'accès a été envoyé").wait_for()
    assert "autre adresse" in office.next_mail(household["Email"])

    page = at_work(width=width, height=height, javascript=javascript)
    page.get_by_role("link", name="À vérifier (1)").click()
    page.get_by_role("heading", name="À vérifier").wait_for()
    assert fits(page)
    page.get_by_role("button", name="Ouvrir").click()
    page.get_by_text("Adresse e-mail : pas identique").wait_for()
    compared = page.locator(".compared").inner_text()
    assert new_address in compared
    assert household["Email"] in compared.replace(new_address, "")
    assert fits(page)

    # A refusal without its reason is refused itself, and the page goes on.
    page.get_by_role("button", name="Refuser").click()
    page.get_by_role("heading", name="Il y a une erreur").wait_for()
    page.get_by_role("button", name="Accepter").click()
    page.get_by_text("La demande est acceptée").wait_for()
    assert "écrit à une autre adresse" in office.next_mail(household["Email"])
    code, password = code_and_password(office.next_mail(new_address))
    tenant.goto("/identification")
    tenant.get_by_label("Identifiant", exact=True).fill(code)
    tenant.get_by_label("Mot de passe", exact=True).fill(password)
    tenant.get_by_role("button", name="Valider").click()
    tenant.get_by_role("heading", name="Choisissez votre mot de passe").wait_for()
