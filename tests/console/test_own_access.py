"""« Mon accès » and « Agents »: what agents change of their own access, and a responsable of a colleague's."""

import re
from datetime import timedelta

import pytest
import time_machine

from ophportal import clock
from ophportal.formatting import date_and_time
from ophportal.models import Agent, Event, JournalEntry
from ophportal.office import agents, recognition
from ophportal.passwords import hash_password
from tests.conftest import OWN_PASSWORD, code_of_the_moment, landing, log_in_agent, press
from tests.console.proofs import first_login
from tests.page import Page
from tests.spaces import as_read
from tests.together import once_after


def fields_of(visitor, path):
    """What the list of agents sends to `path`."""
    inputs = Page(visitor.get("/agents/agents")).soup.select(f"form[action='{path}'] input")
    return {field["name"]: field["value"] for field in inputs}


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
        changed = as_read(date_and_time(Agent.get_by_id(agent.id).password_set_at))
        assert f"Mot de passe choisi le {changed}" in Page(client.get("/agents/mon-acces")).text
        log_in_agent(manager_console, manager_console.agent)
        assert f"mot de passe changé le {changed}" in Page(manager_console.get("/agents/agents")).text

    def test_the_one_chosen_at_the_first_login_is_told_too_and_a_hash_made_anew_changes_nothing(
        self, clock, client, invitation
    ):
        agent, link = invitation()
        first_login(client, link)
        chosen = as_read(date_and_time(Agent.get_by_id(agent.id).activated_at))
        clock.shift(timedelta(minutes=2))
        Agent.get_by_id(agent.id).rehash(hash_password(OWN_PASSWORD))
        log_in_agent(client, agent)
        assert f"Mot de passe choisi le {chosen}" in Page(client.get("/agents/mon-acces")).text

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

    def test_the_code_that_has_just_let_them_in_is_refused_and_the_next_one_asked_for(self, console):
        code = code_of_the_moment(console.application, console.agent)
        answer = console.submit("/agents/mon-acces/codes-de-secours", current_password=OWN_PASSWORD, code=code)
        assert answer.status_code == 422
        assert "Un code sert une seule fois : attendez le suivant" in Page(answer).text

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
        assert "Codes de secours qui restent 10" in Page(console.get("/agents/mon-acces")).text


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

    @pytest.mark.parametrize("is_first", [True, False])
    def test_a_list_of_before_does_not_let_back_in_whom_another_responsable_has_shut_out_since(
        self, manager_console, make_agent, clock, monkeypatch, is_first
    ):
        """Nor where the other one comes between, as this one's turn to write is waited for."""
        agent = make_agent()
        agent.disable()
        path = f"/agents/agents/{agent.id}/reactiver"
        on_the_older_page = fields_of(manager_console, path)
        clock.shift(timedelta(minutes=5))

        def shut_out_again():
            agent.enable()
            agent.disable()

        if is_first:
            shut_out_again()
        else:
            once_after(monkeypatch, agents, "colleague_or_404", shut_out_again)
        manager_console.post(path, data=on_the_older_page)

        assert Agent.get_by_id(agent.id).disabled_at is not None
        shown = Page(manager_console.get("/agents/agents")).text
        assert "Agathe Essai a été désactivé de nouveau depuis que vous avez ouvert cette page" in shown
        press(manager_console, "/agents/agents", path)
        assert Agent.get_by_id(agent.id).disabled_at is None

    def test_a_button_that_is_pressed_twice_lets_back_in_and_says_so(self, manager_console, make_agent):
        agent = make_agent()
        agent.disable()
        path = f"/agents/agents/{agent.id}/reactiver"
        fields = fields_of(manager_console, path)
        for _ in range(2):
            assert landing(manager_console.post(path, data=fields)) == "/agents/agents"
            assert "Agathe Essai peut entrer de nouveau." in Page(manager_console.get("/agents/agents")).text

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
