"""The agents' door: a password and a telephone, and a session of their own."""

from datetime import timedelta

import pytest
import time_machine

from ophportal import clock
from ophportal.models import AgentSession, Event, Job, JournalEntry
from tests import stores
from tests.conftest import code_of_the_moment, landing, log_in, log_in_agent, press
from tests.console.proofs import fresh_recovery_codes
from tests.page import Page

UNRECOGNISED = "L'adresse, le mot de passe ou le code n'est pas le bon."


class TestIdentification:
    def test_all_three_open_the_console(self, client, make_agent):
        agent = make_agent()
        assert landing(log_in_agent(client, agent)) == "/agents"
        assert "Recherche" in Page(client.get("/agents")).one("h1").text
        entry = JournalEntry.get()
        assert (entry.event, entry.agent, entry.tenant) == (Event.LOGIN, agent, None)

    def test_one_answer_whatever_is_wrong(self, client, make_agent):
        agent = make_agent()
        wrong = ({"password": "pas celui-ci du tout"}, {"code": "000000"}, {"email": "x@office.exemple.test"})
        answers = [log_in_agent(client, agent, **change) for change in wrong]
        assert {answer.status_code for answer in answers} == {422}
        said = [Page(answer).one(".summary").text for answer in answers]
        assert len(set(said)) == 1
        assert UNRECOGNISED in said[0]
        assert client.get("/agents").status_code == 303

    def test_who_has_lost_the_password_or_the_telephone_reads_whom_to_ask(self, client, make_agent):
        refused = log_in_agent(client, make_agent(), password="pas celui-ci du tout")
        words = "Mot de passe oublié, ou téléphone perdu ? Un responsable, ou la personne qui tient le serveur"
        assert words in Page(refused).text

    def test_a_code_serves_once(self, client, another_browser, make_agent):
        agent = make_agent()
        log_in_agent(client, agent)
        refused = log_in_agent(another_browser, agent)
        assert refused.status_code == 422
        # All three are what they should be: who only reads them again will not get in.
        assert "Un code sert une seule fois : attendez le suivant" in Page(refused).text
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            assert landing(log_in_agent(another_browser, agent)) == "/agents"

    def test_a_recovery_code_serves_once(self, client, another_browser, app, make_agent):
        agent = make_agent()
        with app.app_context():
            code = fresh_recovery_codes(agent)[3]
        assert landing(log_in_agent(client, agent, code=code)) == "/agents"
        assert log_in_agent(another_browser, agent, code=code).status_code == 422

    def test_a_wrong_password_uses_no_code_up(self, client, app, make_agent):
        agent = make_agent()
        with app.app_context():
            code = fresh_recovery_codes(agent)[0]
        log_in_agent(client, agent, code=code, password="pas celui-ci du tout")
        assert landing(log_in_agent(client, agent, code=code)) == "/agents"

    @pytest.mark.parametrize(("forgiven", "too_much"), [(29, 95), (-29, -65)])
    def test_a_clock_half_a_minute_off_is_forgiven_and_no_more(self, client, app, make_agent, forgiven, too_much):
        agent = make_agent()
        code = code_of_the_moment(app, agent)
        with time_machine.travel(clock.now() + timedelta(seconds=too_much), tick=False):
            assert log_in_agent(client, agent, code=code).status_code == 422
        with time_machine.travel(clock.now() + timedelta(seconds=forgiven), tick=False):
            assert landing(log_in_agent(client, agent, code=code)) == "/agents"

    def test_guesses_are_throttled_and_a_browser_known_here_is_not(self, client, another_browser, app, make_agent):
        agent = make_agent()
        log_in_agent(client, agent)
        press(client, "/agents", "/agents/deconnexion")
        for _ in range(5):
            assert log_in_agent(another_browser, agent, code="000000").status_code == 422
        refused = log_in_agent(another_browser, agent)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) >= 60
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            assert landing(log_in_agent(client, agent)) == "/agents"

    @pytest.mark.parametrize("htmx", [False, True])
    def test_the_page_of_a_tab_that_another_tab_has_overtaken_leads_in(self, client, make_agent, htmx):
        """After lunch both of an agent's tabs show the login; its code serves once."""
        agent, other = make_agent(), make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
        token = Page(client.get("/agents/identification")).one("#connexion input[name=csrf_token]")["value"]
        log_in_agent(client, agent)
        client.htmx = htmx
        assert landing(log_in_agent(client, agent, csrf_token=token)) == "/agents"
        assert AgentSession.select().count() == 1
        # Nobody else is taken for who is in.
        assert log_in_agent(client, other, csrf_token=token).status_code == 400

    def test_an_invited_or_disabled_agent_does_not_enter(self, client, app, make_agent, invitation):
        invited, _ = invitation(email="neuf@office.exemple.test")
        assert log_in_agent(client, invited, password="").status_code == 422
        agent = make_agent()
        agent.disable()
        assert log_in_agent(client, agent).status_code == 422

    def test_a_tenant_s_way_in_opens_nothing_here(self, client, make_account):
        log_in(client, make_account())
        assert landing(client.get("/agents")) == "/agents/identification"


class TestSession:
    def test_it_ends_after_a_quarter_of_an_hour_unused(self, console):
        with time_machine.travel(clock.now() + timedelta(minutes=14), tick=False):
            assert console.get("/agents").status_code == 200
        with time_machine.travel(clock.now() + timedelta(minutes=30), tick=False):
            assert landing(console.get("/agents")) == "/agents/identification"
            assert "Votre session est terminée" in console.get("/agents/identification").text

    def test_what_is_sent_after_it_was_told_in_another_tab_is_not_lost_without_a_word(self, console, make_tenant):
        address = f"/agents/locataires/{make_tenant().id}/adresse"
        token = Page(console.get(address)).one("main input[name=csrf_token]")["value"]
        console.post("/agents/deconnexion", data={"csrf_token": token})
        console.get("/agents/identification")  # where « vous êtes déconnecté » is said
        answer = console.post(address, data={"csrf_token": token, "email": "nouvelle@exemple.test"})
        assert "Ce que vous venez d'envoyer n'a pas été enregistré." in Page(console.get(landing(answer))).text

    @pytest.mark.parametrize("waiting", ["import", "letters"])
    def test_a_page_that_comes_round_by_itself_does_not_put_its_end_off(self, manager_console, waiting):
        """Its job waits, for a worker that is away, and nobody is there."""
        start = clock.now()
        if waiting == "import":
            job = Job.put("import_tenants", manager_console.agent, file="locataires.csv", full=False)
            address = f"/agents/imports/{job.token}"
        else:
            address = f"/agents/courriers/{Job.put('letters', manager_console.agent, tenants=[]).id}"
        for minute in range(14):
            with time_machine.travel(start + timedelta(minutes=minute), tick=False):
                answer = manager_console.get(address, headers={"HX-Request": "true"})
                assert Page(answer).one("[data-hx-trigger='every 1s']")["data-hx-get"] == address
        with time_machine.travel(start + timedelta(minutes=16), tick=False):
            # The whole page is left: the door is not painted where the progress was.
            answer = manager_console.get(address, headers={"HX-Request": "true"})
            assert (answer.headers["HX-Redirect"], answer.text) == ("/agents/identification", "")
            assert "Votre session est terminée" in manager_console.get("/agents/identification").text

    def test_whoever_comes_to_look_at_it_does(self, manager_console):
        start = clock.now()
        address = f"/agents/courriers/{Job.put('letters', manager_console.agent, tenants=[]).id}"
        for minutes in (14, 28, 42):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                assert manager_console.get(address).status_code == 200

    def test_it_ends_after_nine_hours_in_any_case(self, console):
        start = clock.now()
        for minutes in range(10, 540, 10):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                assert console.get("/agents").status_code == 200
        with time_machine.travel(start + timedelta(minutes=541), tick=False):
            assert console.get("/agents").status_code == 303

    def test_logging_out_ends_it_on_the_server(self, console):
        cookie = console.get_cookie("agent").value
        assert landing(press(console, "/agents", "/agents/deconnexion")) == "/agents/identification"
        console.set_cookie("agent", cookie)
        assert console.get("/agents").status_code == 303
        assert AgentSession.select().count() == 0

    def test_the_tokens_of_an_agent_s_forms_are_nobody_s_afterwards(self, console):
        token = Page(console.get("/agents/mon-acces")).soup.select("input[name=csrf_token]")[0]["value"]
        press(console, "/agents", "/agents/deconnexion")
        Page(console.get("/agents/identification"))  # which makes the visitor's own
        assert console.post("/agents/identification", data={"csrf_token": token}).status_code == 400

    def test_who_logs_out_again_from_another_tab_reads_that_they_are_out(self, console):
        token = Page(console.get("/agents/mon-acces")).soup.select("input[name=csrf_token]")[0]["value"]
        press(console, "/agents", "/agents/deconnexion")
        console.get("/agents/identification")  # where the first tab is told
        answer = console.post("/agents/deconnexion", data={"csrf_token": token})
        assert "Cet appareil est déconnecté." in Page(console.get(landing(answer))).text

    def test_a_tenant_and_an_agent_in_one_browser_keep_apart(self, client, make_account, make_agent):
        log_in(client, make_account())
        log_in_agent(client, make_agent())
        assert client.get("/compte").status_code == 200
        press(client, "/agents", "/agents/deconnexion")
        assert client.get("/compte").status_code == 200
        assert client.get("/agents").status_code == 303

    def test_its_cookie_is_no_other_site_s_and_goes_with_the_browser(self, client, make_agent):
        answer = log_in_agent(client, make_agent())
        cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("agent="))
        assert "SameSite=Strict" in cookie
        assert "HttpOnly" in cookie
        assert "Max-Age" not in cookie

    def test_it_is_put_off_with_and_without_htmx(self, console):
        page = Page(console.get("/agents"))
        data = {"csrf_token": page.one("#session input")["value"]}
        assert landing(console.post("/agents/prolonger", data=data)) == "/agents"
        answer = console.post("/agents/prolonger", data=data, headers={"HX-Request": "true"})
        assert Page(answer).one("form#session")["data-room"] == "/agents"
        assert page.one("form#session")["data-seconds"] == "900"

    def test_who_puts_it_off_while_the_store_is_busy_waits_until_that_is_noted(self, console):
        token = Page(console.get("/agents")).one("#session input")["value"]
        with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False), stores.held_for(0.3):
            answer = console.post("/agents/prolonger", data={"csrf_token": token}, headers={"HX-Request": "true"})
            assert Page(answer).one("#session")["data-seconds"] == "900"

    def test_a_new_login_in_the_same_browser_ends_the_old_one(self, console):
        before = console.get_cookie("agent").value
        token = Page(console.get("/agents")).soup.select("input[name=csrf_token]")[0]["value"]
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            assert landing(log_in_agent(console, console.agent, csrf_token=token)) == "/agents"
        assert console.get_cookie("agent").value != before
        assert AgentSession.select().count() == 1
