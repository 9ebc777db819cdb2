"""The guide's journey in a real browser: from the home page to the connected account."""

import pytest

from tests.browser.engines import both_engines, every_engine
from tests.browser.steps import SCREENS, ask_for_a_code, choose_password, fits, log_in, wait_for_focus
from tests.office import code_and_password


@every_engine
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_from_the_home_page_to_the_account(open_page, office, household, width, height, javascript):
    page = open_page("/", width=width, height=height, javascript=javascript)
    assert fits(page)

    page.get_by_role("banner").get_by_role("link", name="Accès Compte locataire").click()
    page.get_by_role("heading", name="Identification").wait_for()
    assert fits(page)

    page.get_by_role("link", name="Demander un code d'accès").click()
    ask_for_a_code(page, household)
    page.get_by_text(f"Le code d'accès a été envoyé à l'adresse {household['Email']}").wait_for()
    assert fits(page)
    page.get_by_role("link", name="OK").click()

    page.get_by_role("heading", name="Identification").wait_for()
    wait_for_focus(page, "#identifier")
    code, password = code_and_password(office.next_mail(household["Email"]))
    log_in(page, code, password)

    page.get_by_role("heading", name="Choisissez votre mot de passe").wait_for()
    assert fits(page)
    choose_password(page)
    page.get_by_text("Vous êtes maintenant connecté à votre compte locataire").wait_for()
    page.get_by_role("heading", name=household["Adresse"]).wait_for()
    assert fits(page)
    assert "nouveau mot de passe" in office.next_mail(household["Email"])

    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_text("Cet appareil est déconnecté.").wait_for()
    page.goto("/compte")
    page.get_by_role("heading", name="Identification").wait_for()


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_the_account_link_is_at_the_top_right_and_blue(open_page, width, height):
    page = open_page("/", width=width, height=height)
    link = page.get_by_role("banner").get_by_role("link", name="Accès Compte locataire")
    box = link.bounding_box()
    assert box["y"] + box["height"] < 150
    assert box["x"] + box["width"] > width / 2
    assert box["height"] >= 24
    red, green, blue = (int(part) for part in link.evaluate("e => getComputedStyle(e).color.match(/\\d+/g)")[:3])
    assert blue > 1.5 * max(red, green)


@every_engine
def test_a_mistake_is_swapped_in_with_the_focus_on_its_summary(open_page):
    page = open_page("/demander-un-code")
    page.get_by_label("Votre Nom").fill("Paoli")
    page.get_by_role("button", name="Valider").click()

    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    wait_for_focus(page, ".summary")
    assert page.title().startswith("Erreur")
    assert page.get_by_label("Votre Nom").input_value() == "Paoli"
    page.get_by_role("link", name="Écrivez votre numéro locataire.").click()
    wait_for_focus(page, "#tenant_number")


@both_engines
def test_the_confirmation_takes_the_focus(open_page, office, household):
    page = open_page("/mot-de-passe-oublie")
    ask_for_a_code(page, household)
    page.get_by_role("status").wait_for()
    wait_for_focus(page, "#demande")
    assert page.title().startswith("Demande enregistrée")
    # A screen reader that lists the headings is told where it is, and finds nothing of the form that has left.
    assert page.locator("h1").inner_text() == "Demande enregistrée"
    assert page.get_by_role("link", name="J'ai reçu un courrier").count() == 0
    office.next_mail(household["Email"])


@both_engines
def test_the_password_can_be_shown_and_hidden(open_page):
    page = open_page("/identification")
    field = page.get_by_label("Mot de passe", exact=True)
    field.fill("secret")
    page.get_by_role("button", name="Afficher").click()
    assert field.get_attribute("type") == "text"
    page.get_by_role("button", name="Masquer").click()
    assert field.get_attribute("type") == "password"


@both_engines
def test_a_password_that_was_shown_is_hidden_again_when_sent_and_the_control_comes_back(open_page):
    page = open_page("/identification")
    page.get_by_label("Identifiant", exact=True).fill("ZZZZ-ZZZZ")
    page.get_by_label("Mot de passe", exact=True).fill("secret")
    page.get_by_role("button", name="Afficher").click()
    page.get_by_role("button", name="Valider").click()
    page.get_by_text("L'identifiant ou le mot de passe n'est pas le bon.").first.wait_for()
    assert page.get_by_label("Mot de passe", exact=True).get_attribute("type") == "password"
    page.get_by_role("button", name="Afficher").wait_for()


@both_engines
def test_what_a_password_manager_puts_beside_a_field_changes_nothing(open_page):
    page = open_page("/changer-mot-de-passe")
    page.evaluate("document.getElementById('current_password').insertAdjacentHTML('afterend', '<div></div>')")
    # A part of the page is swapped; the fields stay.
    page.evaluate("document.dispatchEvent(new Event('htmx:after:swap'))")
    assert page.locator("[aria-controls=current_password]").count() == 1

    field = page.get_by_label("Mot de passe actuel", exact=True)
    field.fill("secret")
    page.get_by_role("button", name="Afficher : Mot de passe actuel").click()
    assert field.get_attribute("type") == "text"
    page.evaluate("addEventListener('submit', () => { window.sentAs = current_password.type })")
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    assert page.evaluate("window.sentAs") == "password"


@both_engines
def test_without_javascript_the_control_that_shows_a_password_is_not_there(open_page):
    page = open_page("/identification", javascript=False)
    assert page.locator(".reveal").count() == 0


@both_engines
def test_the_keyboard_alone_walks_the_window(open_page):
    page = open_page("/identification")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()")
        )
    order = ["Retour", "Identifiant", "Mot de passe", "Mémoriser mon identifiant", "Valider", "Abandon"]
    positions = [reached.index(name) for name in order]
    assert positions == sorted(positions)


@pytest.mark.parametrize(("size", "hyphens"), [("112.5%", "manual"), ("225%", "auto")], ids=["usual", "at 200 %"])
def test_words_are_parted_with_a_hyphen_only_where_letters_are_large(open_page, size, hyphens):
    page = open_page("/identification", width=360, height=740)
    page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
    assert page.locator("h1").evaluate("one => getComputedStyle(one).hyphens") == hyphens
