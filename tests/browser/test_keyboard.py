"""The keyboard alone: every page can be walked, and the guide's journey and the account's are done without a mouse."""

import re

import pytest

from tests.browser.measures import MEASURES, PAGES
from tests.browser.scenes import Shown
from tests.browser.steps import TODAY, ledger_of, logged_in, wait_for_focus, wait_for_title
from tests.conftest import OWN_PASSWORD
from tests.office import ROOT, code_and_password

both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


@pytest.mark.parametrize("scene", PAGES, ids=str)
def test_the_page_is_walked_with_the_tabulation_key(scene, request, display):
    """There and back, each thing once and in order; each is seen when it has the focus, and large enough to press."""
    page = display(scene.shown(request))
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate(MEASURES)
    found = page.evaluate("[...measures.stolen(), ...measures.small(), ...measures.misplaced()]")
    steps = page.evaluate("measures.start()")
    # One more than there are leads out at the end, and there in again at the top.
    press(page, "Tab", steps + 1)
    found += page.evaluate("measures.walked(false)")
    press(page, "Shift+Tab", steps)
    found += page.evaluate("measures.walked(true)")
    found += page.evaluate("measures.focused()")
    assert not found, "\n".join(found)


def outline(page):
    return page.evaluate("getComputedStyle(document.activeElement).outlineStyle")


def test_what_a_link_of_the_page_leads_the_keyboard_to_is_seen_to_have_it(open_page):
    """Who sees, and presses Tab, knows from where they go on."""
    page = open_page("/aide", width=360, height=740)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for_focus(page, "main")
    assert outline(page) == "solid"


def test_a_press_of_the_mouse_beside_the_commands_draws_nothing_round_the_page(open_page):
    page = open_page("/aide", width=360, height=740)
    page.get_by_role("heading", level=1).click()
    assert page.evaluate("document.activeElement.id") == "contenu"
    assert outline(page) == "none"


BAD = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>x</title><style>
a, button { outline: 0; display: block } p { overflow: hidden; white-space: nowrap; width: 5em }
#pale { outline: 3px solid #ccc } #over { position: fixed; inset: 0 0 auto; height: 2em } #small { width: 9px }
@keyframes turn { to { rotate: 1turn } } #over { animation: turn 9s infinite }
</style><body><main><a href="/" id="none">sans contour</a><a href="/" id="pale">trop pâle</a>
<a href="/" tabindex="2">avant les autres</a><button id="small">x</button><p>Ces mots sont coupés par leur boîte</p>
<svg viewBox="0 0 9 9"><rect fill="#eee" width="9" height="9"></rect></svg><i id="over"></i></main>"""


def test_the_measures_see_what_is_wrong(display):
    page = display(Shown(BAD))
    page.evaluate(MEASURES)
    press(page, "Tab", page.evaluate("measures.start()"))
    said = page.evaluate(
        "[...measures.walked(), ...measures.focused(), ...measures.small(), ...measures.cut(), ...measures.stuck(),"
        " ...measures.untold(), ...measures.moving()].join('|')"
    )
    for fault in (
        "Tab went by a « sans contour », a « trop pâle », button « x »; the page has",
        "no focus seen on a « sans contour »", "a pale focus on a « trop pâle »",
        "covered: a « sans contour »", "too small to press: button « x »", "cut at its right: p",
        "always over the page: i", "a mark that is not seen: <rect", "moves: i",
    ):  # fmt: skip
        assert fault in said


def press(page, key, times=1):
    for _ in range(times):
        page.keyboard.press(key)


def focused(page):
    """What has the focus, by its label or its words."""
    name = page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent")
    return " ".join(name.split())


def tab_to(page, name):
    """Press Tab until `name` has the focus."""
    went = []
    for _ in range(50):
        press(page, "Tab")
        if focused(page) == name:
            return
        went.append(focused(page))
    raise AssertionError(f"« {name} » is not among {went}")


def follow(page, name, heading):
    tab_to(page, name)
    press(page, "Enter")
    page.get_by_role("heading", name=heading, exact=True).wait_for()
    page.wait_for_load_state()  # until then a link leads to the page, and swaps nothing


def fill_in(page, **typed):
    """Type each value in place of what is there, with Tab between; Enter sends the form from its last field."""
    for field, value in typed.items():
        while page.evaluate("document.activeElement.id") != field:
            press(page, "Tab")
        press(page, "Control+a")
        page.keyboard.type(value)
    press(page, "Escape")
    assert page.evaluate("document.activeElement.value") == value
    press(page, "Enter")


@both_ways
def test_from_the_home_page_to_the_account_and_out_again(open_page, office, household, javascript):
    path = office.folder / "ecritures.csv"
    path.write_text("\n".join(ledger_of(household, TODAY)), encoding="utf-8")
    assert office.run("import", "ledger", path).returncode == 0
    page = open_page("/", javascript=javascript)

    follow(page, "Accès Compte locataire", "Identification")
    follow(page, "Demander un code d'accès", "Demander un code d'accès")
    fill_in(
        page,
        name=household["Nom"],
        email=household["Email"],
        dwelling_reference=household["Réf. logement"],
        tenant_number=household["N° locataire"],
    )
    page.get_by_text("Le code d'accès a été envoyé à l'adresse").wait_for()
    follow(page, "OK", "Identification")
    code, password = code_and_password(office.next_mail(household["Email"]))
    fill_in(page, identifier=code, password=password)
    page.get_by_role("heading", name="Choisissez votre mot de passe").wait_for()
    fill_in(page, new_password=OWN_PASSWORD, confirmation=OWN_PASSWORD)
    page.get_by_text("Vous êtes maintenant connecté à votre compte locataire").wait_for()
    office.next_mail(household["Email"])

    follow(page, "Opérations", "Vos opérations")
    last_year = str(TODAY.year - 1)
    follow(page, last_year, f"Opérations de {last_year}")
    if javascript:
        wait_for_focus(page, "#operations-titre")

    follow(page, "Mes coordonnées", "Mes coordonnées")
    follow(page, "Donner votre numéro de téléphone", "Donner votre numéro de téléphone")
    fill_in(page, telephone="06", current_password=OWN_PASSWORD)
    page.get_by_role("heading", name="Il y a une erreur").wait_for()
    wait_for_focus(page, ".summary")
    press(page, "Tab")
    press(page, "Enter")
    wait_for_focus(page, "#telephone")
    fill_in(page, telephone="06 39 98 12 34", current_password=OWN_PASSWORD)
    page.get_by_text("Votre numéro de téléphone est enregistré.").wait_for()
    wait_for_focus(page, ".notice")
    press(page, "Tab")
    assert focused(page) == "Changer d'adresse e-mail"

    tab_to(page, "Se déconnecter")
    press(page, "Enter")
    page.get_by_text("Cet appareil est déconnecté.").wait_for()


@both_ways
def test_the_skip_link_passes_the_bar_above(open_page, javascript):
    page = open_page("/identification", javascript=javascript)
    tab_to(page, "Aller au contenu")
    assert page.locator(".skip").bounding_box()["x"] == 0
    press(page, "Enter")
    press(page, "Tab")
    assert focused(page) == "Retour"


# Each form that htmx sends, by its fragment; sent as it is, it comes back with what is wrong.
SENT_EMPTY = {
    "access/_request_code": "/demander-un-code",
    "access/_use_letter": "/courrier-recu",
    "access/_change_password": "/changer-mot-de-passe",
    "account/_change_password": "/compte/mot-de-passe",
    "account/_change_address": "/compte/coordonnees/email",
    "account/_change_telephone": "/compte/coordonnees/telephone",
}
# What else htmx swaps, and which story sees it.
SEEN_ELSEWHERE = {
    "account/_choose_password": "its own form, below",
    "account/_operations": "the account's journey, above",
    "account/_documents": "tests/browser/test_documents.py",
}


@pytest.fixture(scope="module")
def connected(office, chromium, neighbours):
    with logged_in(office, chromium, next(neighbours)) as storage_state:
        yield storage_state


@pytest.mark.parametrize("path", ["/identification", *SENT_EMPTY.values()])
def test_what_is_swapped_in_is_heard(open_page, connected, path):
    """It takes the focus, or says by its role that it is news (WCAG 4.1.3)."""
    page = open_page(path, storage_state=connected if path.startswith("/compte") else None)
    button = page.get_by_role("main").get_by_role("button", name="Valider")
    with page.expect_response(f"**{path}"):
        button.press("Enter")
    page.locator(".summary:focus, [role=status], [role=alert]").first.wait_for()
    wait_for_title(page, "Erreur")


def test_no_swap_of_the_tenants_pages_is_forgotten():
    folder = ROOT / "templates"
    swapped = {
        str(path.relative_to(folder).with_suffix(""))
        for room in ("access", "account", "pages")
        for path in (folder / room).glob("*.html")
        if re.search(r"data-hx-|swapped\(", path.read_text(encoding="utf-8"))
    }
    assert swapped == {*SENT_EMPTY, *SEEN_ELSEWHERE}
