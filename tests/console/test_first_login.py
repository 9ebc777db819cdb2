"""An agent's first login: a one-time link leads to a password, a telephone and recovery codes."""

from datetime import timedelta

import pyotp
import pytest
import time_machine

from ophportal import clock
from ophportal.models import Agent, Event, JournalEntry, RecoveryCode
from ophportal.office import factor
from ophportal.office.entry import public_link
from tests.conftest import OWN_PASSWORD, landing, log_in_agent
from tests.console.proofs import code_shown, first_login, secret_shown
from tests.page import Page


def hidden_and_typed(client):
    """All that the page of the first login sends."""
    page = Page(client.get("/agents/premiere-connexion"))
    fields = {"new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD, "code": code_shown(client)}
    return fields | {"csrf_token": page.one("input[name=csrf_token]")["value"]}


class TestFirstLogin:
    def test_the_link_leads_to_a_password_a_telephone_and_recovery_codes(self, client, app, invitation):
        agent, link = invitation()
        assert landing(client.get(link)) == "/agents/premiere-connexion"
        answer = first_login(client, link)
        assert answer.status_code == 200
        codes = [tag.text for tag in Page(answer).soup.select(".codes li")]
        assert len(set(codes)) == 10
        assert client.get("/agents").status_code == 200
        assert JournalEntry.get().event == Event.AGENT_ACTIVATED

        client.delete_cookie("agent")
        assert landing(log_in_agent(client, agent, code=codes[0].lower().replace("-", " "))) == "/agents"
        assert RecoveryCode.left(agent) == 9

    def test_what_the_telephone_is_given_is_the_secret_of_the_page(self, client, app, invitation):
        agent, link = invitation()
        client.get(link)
        page = Page(client.get("/agents/premiere-connexion"))
        assert page.one(".qr svg").select("path[d]")
        with client.session_transaction() as session:
            agent.factor_seed = session["factor_seed"]
        with app.app_context():
            parsed = pyotp.parse_uri(factor.address_of(agent))
            assert page.one("p > .copy").text == parsed.secret == factor.secret_of(agent)
        assert (parsed.name, parsed.issuer) == ("agathe@office.exemple.test", "OPH CAPA")

    def test_looking_does_not_use_the_link_up_but_entering_does(self, client, another_browser, app, invitation):
        _, link = invitation()
        for _ in range(3):  # a mail program that opens links for malice
            another_browser.get(link)
            assert another_browser.get("/agents/premiere-connexion").status_code == 200
        first_login(client, link)
        another_browser.get(link)
        assert another_browser.get("/agents/premiere-connexion").status_code == 410

    def test_who_only_looked_at_the_link_holds_nobody_s_second_factor(self, client, another_browser, invitation):
        agent, link = invitation()
        another_browser.get(link)
        seen = pyotp.TOTP(secret_shown(another_browser))
        first_login(client, link)
        with time_machine.travel(clock.now() + timedelta(seconds=90), tick=False):
            assert log_in_agent(another_browser, agent, code=seen.at(clock.now())).status_code == 422
            client.delete_cookie("agent")
            assert landing(log_in_agent(client, Agent.get_by_id(agent.id))) == "/agents"

    def test_nor_does_who_looked_on_the_computer_that_the_agent_uses_next(self, client, invitation):
        _, link = invitation()
        client.get(link)
        seen = secret_shown(client)
        client.get(link)
        assert secret_shown(client) != seen
        # A page that was left open on the first drawing leads to the second, once, and uses nothing up.
        answer = client.submit(
            "/agents/premiere-connexion",
            new_password=OWN_PASSWORD,
            confirmation=OWN_PASSWORD,
            code=pyotp.TOTP(seen).at(clock.now()),
        )
        assert answer.status_code == 422
        assert "visez de nouveau le dessin" in Page(answer).text
        assert first_login(client, link).status_code == 200

    def test_what_the_telephone_has_been_given_stays_good_after_a_mistake(self, client, invitation):
        _, link = invitation()
        client.get(link)
        given = secret_shown(client)
        for wrong in ({"code": "000000"}, {"code": code_shown(client), "confirmation": "autre chose que cela"}):
            fields = {"new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD} | wrong
            answer = client.submit("/agents/premiere-connexion", **fields)
            assert Page(answer).one("p > .copy").text == given
        fields = {"new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD, "code": code_shown(client)}
        assert client.submit("/agents/premiere-connexion", **fields).status_code == 200

    def test_a_browser_that_opened_the_link_before_the_portal_was_updated_is_shown_a_secret_too(
        self, client, invitation
    ):
        _, link = invitation()
        client.get(link)
        with client.session_transaction() as session:
            session.pop("factor_seed", None)
        fields = {"new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD, "code": code_shown(client)}
        assert client.submit("/agents/premiere-connexion", **fields).status_code == 200

    def test_what_was_shown_is_in_no_cookie_once_the_link_is_used_or_dead(self, client, app, invitation):
        agent, link = invitation()
        first_login(client, link)
        with client.session_transaction() as session:
            assert "factor_seed" not in session
        with app.app_context():
            link = public_link(agent.invite()).removeprefix("http://localhost")
        client.get(link)
        agent.disable()
        assert client.get("/agents/premiere-connexion").status_code == 410
        with client.session_transaction() as session:
            assert "factor_seed" not in session
            assert not session["invitation"]

    def test_the_link_ends_after_three_days_and_with_the_next_one(self, client, app, invitation):
        agent, link = invitation()
        with time_machine.travel(clock.now() + timedelta(hours=71), tick=False):
            client.get(link)
            assert client.get("/agents/premiere-connexion").status_code == 200
        with time_machine.travel(clock.now() + timedelta(hours=73), tick=False):
            client.get(link)
            assert client.get("/agents/premiere-connexion").status_code == 410
        with app.app_context():
            agent.invite()
        client.get(link)
        assert client.get("/agents/premiere-connexion").status_code == 410

    def test_a_browser_that_has_not_kept_the_link_sees_no_form_and_is_not_told_that_it_is_dead(
        self, client, another_browser, invitation
    ):
        _, link = invitation()
        client.get(link)
        fields = hidden_and_typed(client)
        answers = (
            another_browser.get("/agents/premiere-connexion"),
            another_browser.post("/agents/premiere-connexion", data=fields),
        )
        for answer in answers:
            assert answer.status_code == 400
            assert Page(answer).one("h1").text == "Ouvrez de nouveau le lien"
            assert "plus valable" not in Page(answer).text
        assert first_login(another_browser, link).status_code == 200

    def test_nor_is_the_link_that_has_served_said_to_be_lost(self, client, invitation):
        _, link = invitation()
        first_login(client, link)
        for way in ("/agents/premiere-connexion", link, "/agents/premiere-connexion"):
            answer = client.get(way, follow_redirects=True)
            assert answer.status_code == 410
            assert "Il a déjà servi" in Page(answer).text

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"code": "000000"}, "Ce n'est pas le code de votre téléphone"),
            ({"code": ""}, "Écrivez le code"),
            ({"confirmation": "autre chose que cela"}, "Les deux mots de passe ne sont pas les mêmes"),
            ({"new_password": "court", "confirmation": "court"}, "au moins 12 caractères"),
            ({"new_password": "agathe essai 1", "confirmation": "agathe essai 1"}, "est fait de votre nom"),
        ],
    )
    def test_what_will_not_do_is_said_and_uses_nothing_up(self, client, app, invitation, changes, said):
        _, link = invitation()
        answer = first_login(client, link, **changes)
        assert answer.status_code == 422
        assert said in Page(answer).text
        assert first_login(client, link).status_code == 200

    def test_no_secret_lies_in_the_store(self, client, app, invitation):
        _, link = invitation()
        codes = [tag.text for tag in Page(first_login(client, link)).soup.select(".codes li")]
        row = str(Agent.select().dicts().get()) + str(list(RecoveryCode.select().dicts()))
        with app.app_context():
            assert factor.secret_of(Agent.get()) not in row
        assert link.rpartition("/")[2] not in row
        assert not [code for code in codes if code in row or code.replace("-", "") in row]
        assert "$argon2id$" in row
