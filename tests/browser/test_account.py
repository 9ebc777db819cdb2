"""The connected account in a real browser: the first screen, the year chosen, the menu."""

import pytest

from ophportal.formatting import long_date
from tests.browser.engines import both_engines
from tests.browser.steps import SCREENS, TODAY, choose_password, fits, logged_in, wait_for_focus, wait_for_title
from tests.conftest import OWN_PASSWORD


@both_engines
def test_how_much_until_when_and_how_to_pay_are_on_the_first_screen(open_page, tenant):
    page = open_page("/compte", width=360, height=740, storage_state=tenant)
    for shown in (page.locator(".owed"), page.locator(".until"), page.locator(".ways")):
        box = shown.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 740
    assert page.locator(".owed").inner_text() == "Vous devez 1\u00a0312,35\u00a0€"
    assert page.evaluate("window.scrollY") == 0


@both_engines
@pytest.mark.parametrize(("width", "height"), SCREENS)
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_another_year_is_chosen(open_page, tenant, width, height, javascript):
    page = open_page("/compte/operations", width=width, height=height, javascript=javascript, storage_state=tenant)
    assert fits(page)
    last_year = str(TODAY.year - 1)
    page.get_by_role("navigation", name="Année").get_by_role("link", name=last_year).click()
    title = page.get_by_role("heading", name=f"Opérations de {last_year}")
    title.wait_for()
    assert fits(page)
    if javascript:
        wait_for_focus(page, "#operations-titre")


@pytest.mark.parametrize(("path", "title"), [("operations", "Opérations de"), ("documents", "Vos documents de")])
def test_going_back_leads_to_the_year_that_was_looked_at(open_page, tenant, path, title):
    this_year = TODAY.year
    page = open_page(f"/compte/{path}", storage_state=tenant)

    def press(year):
        page.get_by_role("navigation", name="Année").get_by_role("link", name=str(year)).click()
        is_shown(year)

    def is_shown(year):
        page.get_by_role("heading", name=f"{title} {year}").wait_for()
        wait_for_title(page, f" de {year}")

    press(this_year - 1)
    assert page.url.endswith(f"?annee={this_year - 1}")
    page.reload()
    is_shown(this_year - 1)
    press(this_year)
    wait_for_focus(page, "h2[tabindex]")
    page.go_back()
    is_shown(this_year - 1)
    assert page.url.endswith(f"?annee={this_year - 1}")
    page.get_by_role("link", name="Mon logement").click()
    page.get_by_role("heading", name="Mon logement").wait_for()
    page.go_back()
    is_shown(this_year - 1)
    page.go_back()
    is_shown(this_year)
    assert page.url.endswith(f"/compte/{path}")


def test_of_two_years_pressed_before_the_first_answer_the_last_is_shown(open_page, tenant):
    page = open_page("/compte/operations", storage_state=tenant)
    years = page.get_by_role("navigation", name="Année")
    last_year, asked_first = str(TODAY.year - 1), []

    def press_another(first):
        asked_first.append(first)
        years.get_by_role("link", name="Toutes").click()

    def answer_in_turn(second):
        (first,) = asked_first
        first.fulfill(response=first.fetch())
        second.continue_()

    page.route(f"**/operations?annee={last_year}", press_another)
    page.route("**/operations?annee=toutes", answer_in_turn)
    years.get_by_role("link", name=last_year).click()
    page.get_by_role("heading", name="Toutes les opérations").wait_for()


def test_on_a_telephone_each_amount_is_behind_its_columns_name(open_page, tenant):
    """In words of the page: a browser that translates it reads none that a style sheet writes."""
    page = open_page("/compte/operations", width=360, height=740, storage_state=tenant)
    amount = page.locator("#operations td").first
    label = amount.locator("xpath=../th")
    assert amount.inner_text().startswith("Montant\u00a0: ")
    assert amount.bounding_box()["y"] > label.bounding_box()["y"]
    page.set_viewport_size({"width": 1280, "height": 800})
    assert "Montant" not in amount.inner_text()
    assert amount.bounding_box()["y"] == label.bounding_box()["y"]


def test_a_table_whose_lines_are_stacked_is_a_table_still(open_page, tenant):
    """As the browser tells it to a screen reader: how its cells are displayed has taken that away in older ones.

    Its columns' names are heard once: at the head of the table, or in the cells.
    """
    page = open_page("/compte/operations", storage_state=tenant)
    page.get_by_text("Les mêmes chiffres en tableau").click()
    browser = page.context.new_cdp_session(page)

    def told(*roles):
        nodes = browser.send("Accessibility.getFullAXTree")["nodes"]
        said = [(node["role"]["value"], node.get("name", {}).get("value")) for node in nodes if not node["ignored"]]
        return [name for role, name in said if role in roles]

    def cells():
        return [name for name in told("cell") if name]

    heads = {"Mois", "Demandé", "Payé", "Opération", "Montant", "Solde"}
    tables, lines = told("table"), told("rowheader")
    amounts = cells()
    assert heads <= set(told("columnheader"))
    assert not [it for it in amounts if "\u00a0:" in it]

    page.set_viewport_size({"width": 360, "height": 740})
    assert (told("table"), told("rowheader")) == (tables, lines)
    assert not heads & set(told("columnheader"))
    assert [it.partition("\u00a0: ")[2] for it in cells()] == amounts
    assert {it.partition("\u00a0: ")[0] for it in cells()} == {"Demandé", "Payé", "Montant", "Solde"}


def test_the_menu_is_one_press_away_on_a_phone_and_beside_the_page_on_a_desk(open_page, tenant):
    phone = open_page("/compte", width=360, height=740, storage_state=tenant)
    phone.get_by_role("link", name="Menu").click()
    menu = phone.get_by_role("navigation", name="Menu de votre compte")
    assert menu.get_by_role("link", name="Opérations").is_visible()
    assert menu.bounding_box()["y"] < 740
    desk = open_page("/compte", storage_state=tenant)
    assert not desk.get_by_role("link", name="Menu", exact=True).is_visible()
    menu, content = desk.get_by_role("navigation", name="Menu de votre compte"), desk.get_by_role("main")
    assert menu.bounding_box()["x"] >= content.bounding_box()["x"] + content.bounding_box()["width"]


def test_the_ledger_prints_without_the_menu_and_says_of_which_office_and_day_it_is(open_page, tenant):
    page = open_page("/compte/operations", storage_state=tenant)
    day = page.get_by_text(f"le {long_date(TODAY)}", exact=False)
    assert not day.is_visible()
    page.emulate_media(media="print")
    assert day.is_visible()
    assert page.get_by_role("link", name="accueil").is_visible()
    assert not page.get_by_role("button", name="Se déconnecter").is_visible()
    assert not page.get_by_role("navigation", name="Menu de votre compte").is_visible()
    assert page.get_by_role("table", name="Opérations, mois par mois").is_visible()


# A number that is on file already is nothing to record: each engine brings one of its own.
NUMBERS = iter(["06 39 98 12 34", "06 39 98 12 35"])


@both_engines
def test_what_is_swapped_is_where_the_focus_goes(open_page, tenant):
    page = open_page("/compte/documents", storage_state=tenant)
    last_year = str(TODAY.year - 1)
    page.get_by_role("navigation", name="Année").get_by_role("link", name=last_year).click()
    page.get_by_role("heading", name=f"Vos documents de {last_year}").wait_for()
    wait_for_focus(page, "#papiers-titre")

    page.goto("/compte/coordonnees/telephone")
    page.get_by_label("Votre numéro de téléphone").fill("06 39 98")
    page.get_by_label("Mot de passe actuel", exact=True).fill(OWN_PASSWORD)
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name="Il y a une erreur").wait_for()
    wait_for_focus(page, ".summary")
    assert page.title().startswith("Erreur")

    page.get_by_label("Votre numéro de téléphone").fill(next(NUMBERS))
    page.get_by_label("Mot de passe actuel", exact=True).fill(OWN_PASSWORD)
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("status").get_by_text("Votre numéro de téléphone est enregistré.").wait_for()
    wait_for_focus(page, ".notice")


@both_engines
def test_a_new_password_is_refused_with_the_focus_on_why_then_taken(open_page, office, chromium, household):
    with logged_in(office, chromium, household) as storage_state:
        page = open_page("/compte/mot-de-passe", width=360, height=740, storage_state=storage_state)
        page.get_by_label("Mot de passe actuel", exact=True).fill(OWN_PASSWORD)
        choose_password(page, "azerty")
        page.get_by_role("heading", name="Il y a une erreur").wait_for()
        wait_for_focus(page, ".summary")
        assert fits(page)

        # No password comes back to the screen.
        page.get_by_label("Mot de passe actuel", exact=True).fill(OWN_PASSWORD)
        choose_password(page, "trois lunes rousses au loin")
        page.get_by_role("heading", name="Votre compte locataire").wait_for()
        assert page.get_by_text("Votre mot de passe est changé.").is_visible()
        assert "nouveau mot de passe" in office.next_mail(household["Email"])
