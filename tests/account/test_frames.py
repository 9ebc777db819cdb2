"""Pages in their frame: what stands around the content is made once, and nothing of a visitor stays in it."""

import pytest
import time_machine

from ophportal.account import frames
from ophportal.models import Lease
from tests.conftest import log_in
from tests.lives import enter
from tests.page import Page

# Those of an account that have no form whose answers can be wrong.
PAGES = [
    *("", "/logement", "/coordonnees", "/securite", "/donnees", "/documents", "/documents/accord"),
    *("/operations", "/operations?annee=toutes", "/baux/{lease}/operations"),
]


@pytest.fixture
def agathe(make_account):
    return make_account("LAURIER", "Agathe", number="0204817", email="agathe@exemple.test")


@pytest.fixture
def made(monkeypatch):
    """The templates whose frames were made."""
    names = []
    make = frames.frame_of
    monkeypatch.setattr(frames, "frame_of", lambda template: names.append(template.name) or make(template))
    return names


def plainly(_frame, context):
    """The page as Jinja renders it from its templates."""
    return [piece.encode() for piece in context.environment.get_template(context.name).root_render_func(context)]


@pytest.mark.parametrize("page", PAGES)
def test_it_is_the_page_that_its_templates_tell(client, agathe, page, monkeypatch):
    lease = Lease.get()
    enter(lease, "2025-12-01", "Loyer décembre", "398.12")
    enter(lease, "2026-03-01", "Loyer mars", "398.12")
    address = f"/compte{page.format(lease=lease.id)}"
    with time_machine.travel("2026-03-02 12:00+01:00", tick=False):
        log_in(client, agathe)
        client.get("/compte")  # where one is told that one is connected
        framed = client.get(address).text
        monkeypatch.setattr(frames.Frame, "filled", plainly)
        assert framed == client.get(address).text
    assert "\0" not in framed


def test_the_menu_tells_the_operations_from_those_of_one_lease(client, agathe):
    """Two addresses have one template, and the menu leads to the first."""
    log_in(client, agathe)
    addresses = ("/compte/operations", f"/compte/baux/{Lease.get().id}/operations")
    links = [Page(client.get(address)).one(".rooms [aria-current]") for address in addresses * 2]
    assert [link["aria-current"] for link in links] == ["page", "true"] * 2
    assert {link["href"] for link in links} == {"/compte/operations"}


def test_the_title_tells_the_year_that_is_asked_for(client, agathe):
    for year in (2025, 2026):
        enter(Lease.get(), f"{year}-03-01", "Loyer mars", "398.12")
    log_in(client, agathe)
    for page, title in (("operations", "Vos opérations"), ("documents", "Avis et documents")):
        for year in (2025, 2026):
            assert Page(client.get(f"/compte/{page}?annee={year}")).title.startswith(f"{title} de {year} –")


def test_each_sees_their_own_in_a_frame_that_is_made_once(client, another_browser, agathe, make_account, made):
    for browser, account in ((client, agathe), (another_browser, make_account())):
        log_in(browser, account)
        assert "Vous êtes maintenant connecté" in browser.get("/compte").text
    for browser, mine, other in ((client, "LAURIER", "PAOLI"), (another_browser, "PAOLI", "LAURIER")) * 2:
        page = browser.get("/compte").text
        assert mine in page
        assert other not in page
        assert "Vous êtes maintenant connecté" not in page
    assert made == ["account/home.html"]


def test_its_buttons_hold_the_token_of_who_opened_it(client, another_browser, agathe, make_account):
    log_in(client, agathe)
    log_in(another_browser, make_account())
    client.get("/compte")
    another_browser.log_out()
    assert another_browser.get("/compte").location == "/identification"
    assert client.get("/compte").status_code == 200


def test_a_frame_that_would_tell_of_a_visitor_is_not_made(app, client, agathe, monkeypatch):
    monkeypatch.setattr(frames, "VISITORS", {"messages", "foot"})
    log_in(client, agathe)
    assert "LAURIER" not in client.get("/compte").text
