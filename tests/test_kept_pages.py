"""Pages that are kept for strangers: the same for everybody, and nobody's."""

import pytest
import time_machine

from ophportal import kept_pages
from ophportal.testing import TOKEN
from tests.conftest import log_in

FORMS = ["/identification", "/demander-un-code", "/mot-de-passe-oublie", "/courrier-recu", "/changer-mot-de-passe"]
PAGES = ["/", "/aide", "/contact", "/plan-du-site", "/mentions-legales", "/donnees-personnelles", "/accessibilite"]


def without_token(page):
    return TOKEN.sub("", page.text)


@pytest.fixture
def renderings(monkeypatch):
    """The addresses of the pages that were made, as they are."""
    made = []
    make = kept_pages.page_for_strangers
    monkeypatch.setattr(kept_pages, "page_for_strangers", lambda *asked: made.append(1) or make(*asked))
    return made


@pytest.mark.parametrize("path", FORMS + PAGES)
def test_every_stranger_gets_the_same_page_which_is_made_once(app, renderings, path):
    first, second = (app.test_client().get(path) for _ in range(2))
    assert without_token(first) == without_token(second)
    assert len(renderings) == 1
    assert kept_pages.HOLE not in first.text
    assert "HX-Request" in second.vary


@pytest.mark.parametrize("path", FORMS)
def test_with_a_token_of_their_own_that_their_form_is_taken_with(app, another_browser, client, path):
    client.get(path)
    token, other = (TOKEN.search(browser.get(path).text)[1] for browser in (client, another_browser))
    assert token != other
    # What is wrong with an empty form is not its token.
    assert client.post(path, data={"csrf_token": token}).status_code == 422
    assert another_browser.post(path, data={"csrf_token": token}).status_code == 400


def test_a_stranger_who_comes_back_is_one_still(client, renderings):
    first, second = (client.get("/identification") for _ in range(2))
    assert without_token(first) == without_token(second)
    assert len(renderings) == 1


def test_whose_identifier_is_remembered_gets_a_page_that_nobody_else_does(client, another_browser, app):
    client.set_cookie(f"{app.config['COOKIE_PREFIX']}identifiant", "7K2M-94QX")
    assert "7K2M-94QX" in client.get("/identification").text
    assert "7K2M-94QX" not in another_browser.get("/identification").text
    assert "7K2M-94QX" in client.get("/identification").text


def test_what_one_visitor_is_told_is_told_to_them_alone(client, another_browser, make_account):
    log_in(client, make_account())
    client.log_out()
    assert "Cet appareil est déconnecté." in client.get("/").text
    assert "Cet appareil est déconnecté." not in another_browser.get("/").text
    assert "Cet appareil est déconnecté." not in client.get("/").text


def test_who_is_connected_is_led_to_the_account_even_if_the_page_is_kept(client, another_browser, make_account):
    another_browser.get("/identification")
    log_in(client, make_account())
    assert client.get("/identification").location == "/compte"


def test_nothing_of_an_address_gets_into_the_page(client, another_browser):
    asked = client.get("/identification?identifier=intrus", headers={"Host": "intrus.test", "User-Agent": "intrus"})
    assert asked.status_code in {200, 400}
    assert "intrus" not in another_browser.get("/identification").text


def test_tomorrow_it_is_made_anew(client):
    with time_machine.travel("2024-08-07 12:00+02:00") as clock:
        assert "Mercredi 07 Août" in client.get("/identification").text
        clock.shift(24 * 3600)
        assert "Jeudi 08 Août" in client.get("/identification").text


def test_a_page_over_tls_is_not_the_page_without(client):
    for scheme, told in (("https", "SSL actif"), ("http", "Connexion non protégée")) * 2:
        assert told in client.get("/identification", base_url=f"{scheme}://localhost").text


def test_htmx_gets_its_fragment(client):
    client.get("/identification")
    assert "<!doctype html>" not in client.get("/identification", headers={"HX-Request": "true"}).text
