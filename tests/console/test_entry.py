"""The agents' door: a one-time link, a password and a telephone, and a session of their own."""

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine

from ophportal import clock
from ophportal.formatting import NO_BREAK, date_and_time
from ophportal.models import Agent, AgentSession, Event, Job, JournalEntry, RecoveryCode
from ophportal.office import factor, recognition
from ophportal.office.entry import public_link
from tests import stores
from tests.conftest import OWN_PASSWORD, code_of_the_moment, landing, log_in, log_in_agent, press
from tests.console.proofs import code_shown, first_login, fresh_recovery_codes, secret_shown
from tests.page import Page

UNRECOGNISED = "L'adresse, le mot de passe ou le code n'est pas le bon."


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
            ({"new_password": "agathe essai 1", "confirmation": "agathe essai 1"}, "Il est fait de votre nom"),
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

    def test_a_code_serves_once(self, client, another_browser, make_agent):
        agent = make_agent()
        log_in_agent(client, agent)
        assert log_in_agent(another_browser, agent).status_code == 422
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
        assert "Vous êtes déconnecté." in Page(console.get(landing(answer))).text

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


class TestOwnAccess:
    def test_the_password_is_changed_and_other_devices_end(self, console, another_browser):
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            log_in_agent(another_browser, console.agent)
        with time_machine.travel(clock.now() + timedelta(seconds=62), tick=False):
            new = "deux lunes rouges sur le toit"
            answer = console.submit(
                "/agents/mon-acces/mot-de-passe",
                current_password=OWN_PASSWORD,
                code=code_of_the_moment(console.application, console.agent),
                new_password=new,
                confirmation=new,
            )
            assert landing(answer) == "/agents/mon-acces"
            assert console.get("/agents").status_code == 200
            assert another_browser.get("/agents").status_code == 303
        with time_machine.travel(clock.now() + timedelta(seconds=93), tick=False):
            assert log_in_agent(another_browser, console.agent).status_code == 422
        with time_machine.travel(clock.now() + timedelta(seconds=124), tick=False):
            assert landing(log_in_agent(another_browser, console.agent, password=new)) == "/agents"

    def test_it_is_told_since_when_to_them_and_to_the_responsable(self, clock, client, manager_console, make_agent):
        """A change that they did not make shows there too, long after its mail."""
        agent, new = make_agent("Ninon Essai", email="ninon@office.exemple.test"), "deux lunes rouges sur le toit"
        assert "mot de passe changé" not in Page(manager_console.get("/agents/agents")).text
        clock.shift(timedelta(days=3))
        log_in_agent(client, agent)
        clock.shift(timedelta(seconds=31))
        code = code_of_the_moment(client.application, agent)
        fields = {"current_password": OWN_PASSWORD, "code": code, "new_password": new, "confirmation": new}
        assert landing(client.submit("/agents/mon-acces/mot-de-passe", **fields)) == "/agents/mon-acces"
        changed = date_and_time(Agent.get_by_id(agent.id).password_set_at).replace(NO_BREAK, " ")
        assert f"Mot de passe choisi le {changed}" in Page(client.get("/agents/mon-acces")).text
        log_in_agent(manager_console, manager_console.agent)
        assert f"mot de passe changé le {changed}" in Page(manager_console.get("/agents/agents")).text

    def test_browsers_that_the_old_password_let_in_are_strangers(self, clock, console, app, outbox):
        """Each would be a fresh door to guess the new one; only the one that changed it is known from then on."""
        agent, new = console.agent, "deux lunes rouges sur le toit"
        browsers = [app.test_client() for _ in range(3)]
        for browser in browsers:
            clock.shift(timedelta(seconds=31))
            assert landing(log_in_agent(browser, agent)) == "/agents"
            press(browser, "/agents", "/agents/deconnexion")
        clock.shift(timedelta(seconds=31))
        code = code_of_the_moment(app, agent)
        fields = {"current_password": OWN_PASSWORD, "code": code, "new_password": new, "confirmation": new}
        assert landing(console.submit("/agents/mon-acces/mot-de-passe", **fields)) == "/agents/mon-acces"
        outbox.deliver()
        wrong = {"password": new, "code": "000000"}
        statuses = [log_in_agent(browser, agent, **wrong).status_code for _ in range(2) for browser in browsers]
        assert statuses == [422] * 5 + [429]
        press(console, "/agents", "/agents/deconnexion")
        clock.shift(timedelta(seconds=31))
        assert landing(log_in_agent(console, agent, password=new)) == "/agents"
        assert outbox.deliver() is None
        clock.shift(timedelta(hours=1))
        assert landing(log_in_agent(browsers[0], agent, password=new)) == "/agents"
        assert outbox.deliver().subject == "Connexion à la console depuis un nouvel appareil"

    @pytest.mark.parametrize("where", ["at the door", "inside"])
    def test_a_hash_under_newer_parameters_leaves_this_browser_known(self, clock, console, outbox, monkeypatch, where):
        agent, at_first = console.agent, Agent.get().password_hash
        outbox.deliver()
        with monkeypatch.context() as newer:
            newer.setattr(recognition, "needs_rehash", lambda _: True)
            clock.shift(timedelta(seconds=31))
            if where == "at the door":
                press(console, "/agents", "/agents/deconnexion")
                log_in_agent(console, agent)
            else:
                proofs = {"current_password": OWN_PASSWORD, "code": code_of_the_moment(console.application, agent)}
                console.submit("/agents/mon-acces/codes-de-secours", **proofs)
        assert Agent.get().password_hash != at_first
        press(console, "/agents", "/agents/deconnexion")
        clock.shift(timedelta(seconds=31))
        assert landing(log_in_agent(console, agent)) == "/agents"
        outbox.deliver()
        assert not [mail.subject for mail in outbox.sent if "nouvel appareil" in mail.subject]

    def test_the_new_password_is_kept_under_the_agent_s_address(self, console):
        """A password manager keeps a password under the name before it, and without one under none."""
        page = Page(console.get("/agents/mon-acces/mot-de-passe"))
        assert page.one("form [autocomplete=username][readonly]")["value"] == console.agent.email

    def test_nothing_changes_without_the_two_proofs(self, console):
        new = "deux lunes rouges sur le toit"
        for wrong in ({"code": "000000"}, {"current_password": "pas celui-ci du tout"}):
            fields = {"current_password": OWN_PASSWORD, "code": "000000", "new_password": new, "confirmation": new}
            answer = console.submit("/agents/mon-acces/mot-de-passe", **(fields | wrong))
            assert answer.status_code == 422
            assert "Le mot de passe actuel ou le code n'est pas le bon" in Page(answer).text
        assert console.submit("/agents/mon-acces/codes-de-secours", **fields).status_code == 422

    def test_it_lists_devices_and_logins_and_ends_the_other_devices(self, console, another_browser, make_agent):
        other = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
        log_in_agent(another_browser, console.agent, code="000000")
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            log_in_agent(another_browser, console.agent)
            page = Page(console.get("/agents/mon-acces"))
            assert page.text.count("Connecté le") == 2
            assert page.text.count("(cet appareil)") == 1
            assert [text in page.text for text in ("Essai de connexion refusé", "Connexion,")] == [True, True]
            action = "/agents/mon-acces/deconnecter-les-autres"
            assert landing(press(console, "/agents/mon-acces", action)) == "/agents/mon-acces"
            assert another_browser.get("/agents").status_code == 303
            assert console.get("/agents").status_code == 200
        with time_machine.travel(clock.now() + timedelta(seconds=62), tick=False):
            log_in_agent(another_browser, other)
            assert "Essai de connexion refusé" not in Page(another_browser.get("/agents/mon-acces")).text

    def test_no_failures_of_a_stranger_push_the_agent_s_own_logins_out(self, console, another_browser):
        with time_machine.travel(clock.now() - timedelta(hours=1), tick=False) as then:
            for _ in range(16):
                log_in_agent(another_browser, console.agent, code="000000")
                then.shift(timedelta(minutes=1))
        page = Page(console.get("/agents/mon-acces"))
        assert "Connexion," in page.text
        assert "16 essais refusés depuis le" in page.text
        assert "Voici les 5 derniers." in page.text

    def test_recovery_codes_are_renewed(self, console):
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            code = code_of_the_moment(console.application, console.agent)
            answer = console.submit("/agents/mon-acces/codes-de-secours", current_password=OWN_PASSWORD, code=code)
        assert len(Page(answer).soup.select(".codes li")) == 10
        assert "10" in Page(console.get("/agents/mon-acces")).text


class TestColleagues:
    def test_a_responsable_lists_disables_and_lets_back_in(self, manager_console, make_agent, app, another_browser):
        agent = make_agent()
        log_in_agent(another_browser, agent)
        assert "Agathe Essai" in Page(manager_console.get("/agents/agents")).text

        disable = f"/agents/agents/{agent.id}/desactiver"
        assert Page(manager_console.get("/agents/agents")).one(f"a[href='{disable}']").text == "Désactiver Agathe Essai"
        assert "Agathe Essai" in Page(manager_console.get(disable)).title
        assert another_browser.get("/agents").status_code == 200
        press(manager_console, disable, disable)
        assert another_browser.get("/agents").status_code == 303
        assert landing(manager_console.get(disable)) == "/agents/agents"
        press(manager_console, "/agents/agents", f"/agents/agents/{agent.id}/reactiver")
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            assert landing(log_in_agent(another_browser, agent)) == "/agents"
        events = [entry.event for entry in JournalEntry.select().where(JournalEntry.agent == manager_console.agent)]
        assert events[1:] == [Event.AGENT_DISABLED, Event.AGENT_ENABLED]

    def test_a_new_link_replaces_password_telephone_and_sessions(self, manager_console, make_agent, app, client):
        agent = make_agent()
        log_in_agent(client, agent)
        asked = f"/agents/agents/{agent.id}/lien"
        assert Page(manager_console.get("/agents/agents")).one(f"a[href='{asked}']")
        assert agent.name in Page(manager_console.get(asked)).title
        proofs = {"current_password": OWN_PASSWORD, "code": "000000"}
        assert manager_console.submit(asked, **proofs).status_code == 422
        assert client.get("/agents").status_code == 200
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            proofs["code"] = code_of_the_moment(app, manager_console.agent)
            answer = manager_console.submit(asked, **proofs)
        link = re.search(r"http://localhost(/agents/invitation/\S+)", Page(answer).text)[1]
        assert client.get("/agents").status_code == 303
        agent = Agent.get_by_id(agent.id)
        assert log_in_agent(client, agent).status_code == 422
        assert first_login(client, link).status_code == 200

    def test_who_is_shut_out_gets_no_link_which_would_open_nothing(self, manager_console, make_agent):
        agent = make_agent()
        asked = f"/agents/agents/{agent.id}/lien"
        token = Page(manager_console.get(asked)).one("main input[name=csrf_token]")["value"]
        agent.disable()
        for answer in (
            manager_console.get(asked),
            manager_console.post(asked, data={"csrf_token": token}),
        ):
            assert answer.status_code == 404
            assert "Réactivez d'abord cet agent." in Page(answer).text

    def test_a_plain_agent_may_not(self, console, make_agent):
        other = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
        assert console.get("/agents/agents").status_code == 403
        token = Page(console.get("/agents")).soup.select("input[name=csrf_token]")[0]["value"]
        for verb in ("lien", "desactiver", "reactiver"):
            assert console.post(f"/agents/agents/{other.id}/{verb}", data={"csrf_token": token}).status_code == 403

    def test_nobody_locks_themselves_out(self, manager_console):
        token = Page(manager_console.get("/agents")).soup.select("input[name=csrf_token]")[0]["value"]
        own = f"/agents/agents/{manager_console.agent.id}"
        for verb in ("lien", "desactiver"):
            assert manager_console.get(f"{own}/{verb}").status_code == 404
            assert manager_console.post(f"{own}/{verb}", data={"csrf_token": token}).status_code == 404
        assert manager_console.get("/agents").status_code == 200
