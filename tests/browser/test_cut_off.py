"""A network that goes down, or a proxy that speaks for the portal: nothing is lost, and one is told."""

import pytest

from tests.browser.steps import SCREENS, fits, wait_for_focus

REQUEST = "/demander-un-code"
KEPT = "Pas de connexion. Vos réponses sont gardées\u00a0: réessayez."
NOT_THE_PORTAL_S = {"status": 502, "content_type": "text/html", "body": "<h1>502 Bad Gateway</h1>"}
A_HOTSPOT_S = {"status": 200, "content_type": "text/html", "body": "<h1>Bienvenue au Wi-Fi</h1>"}


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_without_a_network_one_is_told_and_the_answers_stay(open_page, width, height):
    page = open_page(REQUEST, width=width, height=height, may_be_cut_off=True)
    page.get_by_label("Votre Nom").fill("Paoli")
    page.context.set_offline(True)
    page.get_by_role("button", name="Valider").click()
    told = page.get_by_role("alert")
    told.wait_for()
    assert told.inner_text() == KEPT
    assert 0 <= told.bounding_box()["y"] < height
    assert fits(page)
    assert page.get_by_label("Votre Nom").input_value() == "Paoli"

    page.context.set_offline(False)
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    assert page.get_by_label("Votre Nom").input_value() == "Paoli"
    assert not told.count()


@pytest.mark.parametrize("answer", [NOT_THE_PORTAL_S, A_HOTSPOT_S], ids=["the proxy's", "a hotspot's"])
def test_an_answer_that_is_not_the_portals_replaces_nothing(open_page, answer):
    page = open_page(REQUEST, may_be_cut_off=True)
    page.get_by_label("Votre Nom").fill("Paoli")
    page.route(f"**{REQUEST}", lambda route: route.fulfill(**answer))
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("alert").get_by_text(KEPT).wait_for()
    assert page.get_by_label("Votre Nom").input_value() == "Paoli"
    assert page.title().startswith("Demander")

    page.unroute_all()
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    wait_for_focus(page, ".summary")


def test_a_year_that_does_not_come_is_told_beside_the_years(open_page, tenant):
    page = open_page("/compte/operations", may_be_cut_off=True, storage_state=tenant)
    shown = page.locator("#operations-titre").inner_text()
    page.context.set_offline(True)
    page.get_by_role("link", name="Toutes").click()
    page.get_by_role("navigation", name="Année").get_by_role("alert").wait_for()
    assert page.get_by_role("alert").inner_text() == "Pas de connexion. Réessayez."
    assert page.locator("#operations-titre").inner_text() == shown
