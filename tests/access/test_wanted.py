"""The page that was wanted before the login is led to after it: each room's own, and never anything else."""

from datetime import timedelta

import pytest
import time_machine

from ophportal.models import DeliveryConsent
from ophportal.testing import TOKEN
from tests.conftest import OWN_PASSWORD, landing, log_in, log_in_agent, press, request_code
from tests.lives import enter
from tests.page import Page

NEW = "deux lunes rouges sur le toit"
DOOR, AGENTS_DOOR = "/identification", "/agents/identification"


@pytest.fixture
def maria(make_account):
    account = make_account()
    enter(account.tenant.leases.get(), "2025-02-01", "Loyer", "400.00")
    enter(account.tenant.leases.get(), "2026-02-01", "Loyer", "400.00")
    return account


def notice_of(account):
    return f"/compte/baux/{account.tenant.leases.get().id}/avis/2026-02.pdf"


def stopped(visitor, address, door=DOOR):
    """Ask for `address`, and be stopped at the door."""
    assert landing(visitor.get(address)) == door


def press_outside(visitor, address):
    """Send a form to `address` though the session is over."""
    assert landing(visitor.post(address, data={"csrf_token": token_of(visitor, DOOR)})) == DOOR


def token_of(visitor, page):
    return TOKEN.search(visitor.get(page).text)[1]


class TestTenants:
    def test_a_bookmark_opens_its_page_after_the_login_once(self, client, maria):
        year = f"/compte/baux/{maria.tenant.leases.get().id}/operations?annee=2025"
        for address in (year, notice_of(maria), "/compte/coordonnees/telephone"):
            stopped(client, address)
            assert landing(log_in(client, maria)) == address
            assert client.get(address).status_code == 200
            client.log_out()
            assert landing(log_in(client, maria)) == "/compte"
            client.log_out()

    def test_who_comes_back_too_late_goes_on_where_they_were(self, client, maria):
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
            log_in(client, maria)
            clock.shift(timedelta(minutes=31))
            stopped(client, "/compte/logement")
            assert "Votre session est terminée." in Page(client.get(DOOR)).text
            assert landing(log_in(client, maria)) == "/compte/logement"

    def test_who_has_mistyped_once_goes_there_too_and_htmx_does(self, client, maria):
        stopped(client, "/compte/logement")
        log_in(client, maria, password="pas le bon mot de passe")
        client.htmx = True
        assert landing(log_in(client, maria)) == "/compte/logement"

    def test_after_a_mailed_password_it_waits_for_the_own_one(self, client, make_tenant, outbox):
        make_tenant()
        request_code(client)
        body = outbox.deliver().body
        code, password = [line.strip() for line in body.splitlines() if line.startswith("    ")]
        stopped(client, "/compte/logement")
        to = landing(client.submit(DOOR, identifier=code, password=password))
        assert landing(client.get(to)) == "/compte/choisir-mot-de-passe"
        chosen = client.submit("/compte/choisir-mot-de-passe", new_password=NEW, confirmation=NEW)
        assert landing(chosen) == "/compte/logement"

    def test_of_two_accounts_it_waits_for_the_one_that_is_chosen(self, client, make_account):
        make_account()
        other = make_account("ESSAI", number="77", reference="777-B")
        stopped(client, "/compte/logement")
        client.submit(DOOR, identifier="maria@exemple.test", password=OWN_PASSWORD)
        assert landing(client.submit("/compte/comptes", account=str(other.id))) == "/compte/logement"

    def test_another_tenant_of_the_same_browser_is_led_to_no_page_that_they_do_not_have(
        self, client, maria, make_account
    ):
        other = make_account("ESSAI", number="77", reference="777-B", email="essai@exemple.test")
        DeliveryConsent.give(maria.tenant, "D'accord.")
        for address in (notice_of(maria), "/compte/documents?annee=2025", "/compte/documents/" + "0" * 32):
            stopped(client, address)
            to = landing(log_in(client, other))
            assert landing(client.get(to)) == "/compte"
            assert "Vous êtes maintenant connecté" in Page(client.get("/compte")).text
            # That was the login's doing: what they ask for themselves is not there, and is said so.
            assert client.get(address).status_code == 404
            client.log_out()

    @pytest.mark.parametrize(
        "address",
        [
            "/compte", "/compte?annee=2025", "/compte/baux/1/operations.csv", "/compte/documents?" + "x" * 300,
            "/agents/locataires/5",
        ],
    )  # fmt: skip
    def test_what_is_no_page_to_come_back_to_leads_home(self, client, maria, address):
        client.get(address)
        to = landing(log_in(client, maria))
        assert to.partition("?")[0] == "/compte"

    def test_who_asks_for_a_page_and_then_for_the_home_is_led_there(self, client, maria):
        stopped(client, "/compte/logement")
        stopped(client, "/compte")
        assert landing(log_in(client, maria)) == "/compte"

    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["whole page", "htmx"])
    def test_who_wrote_too_long_is_led_back_to_the_form_which_is_empty(self, client, maria, headers):
        form = "/compte/coordonnees/telephone"
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
            log_in(client, maria)
            typed = {"csrf_token": token_of(client, form), "telephone": "06 39 98 00 00", "current_password": "x"}
            clock.shift(timedelta(minutes=31))
            assert landing(client.post(form, data=typed, headers=headers)) == DOOR
            assert "n'a pas été enregistré" in Page(client.get(DOOR)).text
            assert landing(log_in(client, maria)) == form
            assert "06 39 98 00 00" not in client.get(form).text

    def test_and_from_a_button_to_its_page(self, client, maria):
        press_outside(client, "/compte/donnees/copie")
        assert landing(log_in(client, maria)) == "/compte/donnees"

    def test_but_not_to_a_change_of_password_which_may_be_done(self, client, maria):
        press_outside(client, "/compte/mot-de-passe")
        assert landing(log_in(client, maria)) == "/compte"

    def test_a_fragment_is_not_come_back_to(self, client, maria):
        client.get("/compte/documents?annee=2025", headers={"HX-Request": "true"})
        assert landing(log_in(client, maria)) == "/compte"

    def test_a_paper_to_be_kept_is_shown_since_a_download_would_leave_the_login_standing(self, client, maria):
        stopped(client, f"{notice_of(maria)}?telecharger")
        assert landing(log_in(client, maria)) == notice_of(maria)

    @pytest.mark.parametrize(
        "address",
        ["//mal.exemple.test/compte", "/compte//mal.exemple.test", "/compte/%0d%0aSet-Cookie:x", "/compte\\mal"],
    )
    def test_nobody_is_led_out_of_the_portal(self, client, maria, address):
        client.get(address)
        assert landing(log_in(client, maria)) == "/compte"

    def test_odd_letters_of_an_address_stay_as_they_were_sent(self, client, maria):
        address = "/compte/baux/1/avis/%C3%A9%0D%0A%20%26.pdf?a=%C3%A9%26%0A&a=2"
        stopped(client, address)
        assert landing(log_in(client, maria)) == address
        # Led there by the login, and nothing is there: the home, as of any other page.
        assert landing(client.get(address)) == "/compte"


class TestAgents:
    def test_a_record_opens_after_the_login_once(self, app, client, make_agent, make_tenant):
        agent, address = make_agent(), f"/agents/locataires/{make_tenant().id}"
        stopped(client, address, AGENTS_DOOR)
        assert landing(log_in_agent(client, agent)) == address
        assert client.get(address).status_code == 200
        press(client, "/agents", "/agents/deconnexion")
        with time_machine.travel(timedelta(minutes=2)):
            assert landing(log_in_agent(client, agent)) == "/agents"

    def test_who_wrote_too_long_is_led_back_to_the_page_of_their_form(self, client, make_agent, make_tenant):
        agent, record = make_agent(), f"/agents/locataires/{make_tenant().id}"
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
            log_in_agent(client, agent)
            typed = {"csrf_token": token_of(client, f"{record}/bloquer"), "reason": "Une raison qui prend du temps."}
            clock.shift(timedelta(minutes=16))
            assert landing(client.post(f"{record}/bloquer", data=typed)) == AGENTS_DOOR
            assert landing(log_in_agent(client, agent)) == f"{record}/bloquer"

    def test_letters_to_be_kept_lead_home_since_they_would_leave_the_login_standing(self, client, make_agent):
        stopped(client, "/agents/courriers/1/lot/1", AGENTS_DOOR)
        assert landing(log_in_agent(client, make_agent())) == "/agents"

    def test_who_was_searching_is_led_to_the_search(self, client, make_agent):
        agent = make_agent()
        client.post("/agents/recherche", data={"q": "paoli"}, headers={"HX-Request": "true"})
        assert landing(log_in_agent(client, agent)) == "/agents"
