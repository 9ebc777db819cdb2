"""The agents' door when two come at once, or when what was right a moment ago is no more."""

import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher

from ophportal import clock, passwords
from ophportal.models import (
    AccessRequest,
    Agent,
    AgentSession,
    Event,
    JournalEntry,
    RecoveryCode,
    Verification,
)
from ophportal.office import actions, recognition
from ophportal.office import agents as agents_views
from ophportal.office import entry as entry_views
from ophportal.passwords import hash_password, needs_rehash
from tests.conftest import OWN_PASSWORD, StrictVisitor, code_of_the_moment, landing, log_in_agent, request_code
from tests.console.proofs import first_login, fresh_recovery_codes
from tests.page import Page
from tests.together import at_once, meanwhile, once_after

NEW = "deux lunes rouges sur le toit"
OTHER = "trois nuages gris au galop"


# Who comes at once meets in the hash: it takes the time that it has in production.
pytestmark = pytest.mark.usefixtures("dear_hashes", "standing_clock")


@pytest.fixture
def after_the_check(monkeypatch):
    """A function that has a deed done once, right after somebody's password was found right or wrong."""
    return partial(once_after, monkeypatch, recognition, "verify_password")


@pytest.fixture
def while_hashing(monkeypatch):
    """A function that has a deed done while the new password of a form is being hashed by `views`."""

    def arrange(views: Any, deed: Callable[[], Any]) -> None:
        def hashed(password: str) -> str:
            meanwhile(deed)
            return hash_password(password)

        monkeypatch.setattr(views, "hash_password", hashed)

    return arrange


def change_password(browser: StrictVisitor, agent: Agent, new: str = NEW, code: str = "") -> Any:
    code = code or code_of_the_moment(browser.application, agent)
    fields = {"current_password": OWN_PASSWORD, "code": code, "new_password": new, "confirmation": new}
    return browser.submit("/agents/mon-acces/mot-de-passe", **fields)


class TestTwoAtOnce:
    def test_of_two_logins_with_one_code_of_the_telephone_one_gets_in(self, browsers, make_agent):
        agent = make_agent()
        answers = at_once(*[lambda browser=browser: log_in_agent(browser, agent) for browser in browsers(2)])
        first, second = sorted(answers, key=lambda answer: answer.status_code)
        assert landing(first) == "/agents"
        assert "pas le bon" in Page(second).one(".summary").text
        assert AgentSession.select().count() == 1

    def test_of_four_logins_with_one_recovery_code_one_gets_in(self, app, browsers, make_agent):
        agent = make_agent()
        with app.app_context():
            code = fresh_recovery_codes(agent)[0]
        answers = at_once(*[lambda browser=browser: log_in_agent(browser, agent, code=code) for browser in browsers(4)])
        assert Counter(answer.status_code for answer in answers) == {303: 1, 422: 3}
        assert AgentSession.select().count() == 1
        assert RecoveryCode.left(agent) == 9

    def test_of_two_uses_of_one_link_one_is_taken(self, browsers, invitation):
        agent, link = invitation()
        one, two = browsers(2)
        answers = at_once(lambda: first_login(one, link, NEW), lambda: first_login(two, link, OTHER))
        assert sorted(answer.status_code for answer in answers) == [200, 410]
        assert AgentSession.select().count() == 1
        assert RecoveryCode.left(agent) == 10
        assert JournalEntry.select().where(JournalEntry.event == Event.AGENT_ACTIVATED).count() == 1

    def test_twenty_guesses_at_once_are_checked_five_at_most(self, browsers, make_agent, monkeypatch):
        agent = make_agent()
        checked = []
        verify = recognition.verify_password
        monkeypatch.setattr(recognition, "verify_password", lambda *given: checked.append(given) or verify(*given))
        answers = at_once(
            *[lambda browser=browser: log_in_agent(browser, agent, code="000000") for browser in browsers(20)]
        )
        assert Counter(answer.status_code for answer in answers) == {422: 5, 429: 15}
        assert len(checked) == 5

    def test_of_two_presses_of_accepter_one_sends_a_code(self, app, client, make_agent, make_tenant, outbox):
        agent = make_agent()
        make_tenant()
        request_code(client, email="stella@exemple.test")
        outbox.deliver()
        its_id = Verification.get().id

        def approve() -> bool:
            with app.app_context():
                return actions.approve(Verification.get_by_id(its_id), agent)

        assert sorted(at_once(approve, approve)) == [False, True]
        assert AccessRequest.select().where(AccessRequest.asked_by == agent).count() == 1


class TestOvertaken:
    """Three proofs that were right a moment ago, when the session should open."""

    @pytest.mark.parametrize("what", ["another password", "disabled", "invited again"])
    def test_a_login_opens_nothing(self, client, make_agent, after_the_check, what):
        agent = make_agent()
        deeds = {
            "another password": lambda: Agent.update(password_hash=hash_password(NEW)).execute(),
            "disabled": lambda: Agent.get_by_id(agent.id).disable(),
            "invited again": lambda: Agent.get_by_id(agent.id).invite(),
        }
        after_the_check(deeds[what])
        answer = log_in_agent(client, agent)
        assert answer.status_code == 422
        assert "pas le bon" in Page(answer).one(".summary").text
        assert AgentSession.select().count() == 0
        assert client.get("/agents").status_code == 303
        assert [entry.event for entry in JournalEntry.select()] == [Event.LOGIN_FAILED]

    def test_disabled_meanwhile_and_back_again_no_session_was_left_waiting(self, client, make_agent, after_the_check):
        agent = make_agent()
        after_the_check(lambda: Agent.get_by_id(agent.id).disable())
        log_in_agent(client, agent)
        Agent.get_by_id(agent.id).enable()
        assert client.get("/agents").status_code == 303

    @pytest.mark.parametrize("what", ["disable", "invite"])
    def test_a_change_of_password_changes_nothing(self, console, while_hashing, what):
        while_hashing(agents_views, lambda: getattr(Agent.get_by_id(console.agent.id), what)())
        with time_machine.travel(clock.now().timestamp() + 31, tick=False):
            answer = change_password(console, console.agent)
        assert answer.status_code == 422
        agent = Agent.get_by_id(console.agent.id)
        assert agent.password_hash == ("" if what == "invite" else console.agent.password_hash)
        assert AgentSession.select().count() == 0

    def test_of_two_changes_the_one_that_comes_second_changes_nothing(
        self, app, console, make_agent, browsers, while_hashing
    ):
        with app.app_context():
            code = fresh_recovery_codes(console.agent)[0]
        (thief,) = browsers(1)
        log_in_agent(thief, console.agent, code=code)
        with app.app_context():
            code = fresh_recovery_codes(console.agent)[0]
        with time_machine.travel(clock.now().timestamp() + 31, tick=False):
            overtaking = Agent.get_by_id(console.agent.id)
            while_hashing(agents_views, lambda: overtaking.choose_password(hash_password(NEW)))
            assert change_password(thief, console.agent, OTHER, code).status_code == 422
        assert Agent.get_by_id(console.agent.id).password_hash == overtaking.password_hash

    def test_new_recovery_codes_are_not_given_to_who_has_been_invited_again(self, console, after_the_check):
        agent = Agent.get_by_id(console.agent.id)
        with time_machine.travel(clock.now().timestamp() + 31, tick=False):
            after_the_check(lambda: Agent.get_by_id(agent.id).invite())
            code = code_of_the_moment(console.application, agent)
            answer = console.submit("/agents/mon-acces/codes-de-secours", current_password=OWN_PASSWORD, code=code)
        assert answer.status_code == 422
        assert RecoveryCode.left(agent) == 0

    @pytest.mark.parametrize("what", ["disable", "invite"])
    def test_a_first_login_opens_nothing(self, client, invitation, while_hashing, what):
        agent, link = invitation()
        while_hashing(entry_views, lambda: getattr(Agent.get_by_id(agent.id), what)())
        assert first_login(client, link).status_code == 410
        assert AgentSession.select().count() == RecoveryCode.select().count() == 0
        assert not Agent.get_by_id(agent.id).password_hash

    def test_a_link_given_to_who_is_being_disabled_lets_nobody_back_in(self, make_agent):
        agent = make_agent()
        as_read = Agent.get_by_id(agent.id)
        agent.disable()
        token = as_read.invite()
        assert Agent.get_by_id(agent.id).disabled_at is not None
        assert Agent.invited_by(token) is None


class TestResponsables:
    """Both are past the door when one of them shuts the other out."""

    @pytest.fixture
    @staticmethod
    def past_the_door(monkeypatch):
        """A function that has a deed done by each request on a colleague, once it is let in."""

        def arrange(deed: Callable[[], Any]) -> None:
            find = agents_views.colleague_or_404

            def found(agent_id: int) -> Agent:
                deed()
                return find(agent_id)

            monkeypatch.setattr(agents_views, "colleague_or_404", found)

        return arrange

    @staticmethod
    def ready_to_press(console: StrictVisitor, page: str, path: str) -> Callable[..., Any]:
        """What presses the button, on a page that was opened before the others did anything."""
        token = Page(console.get(page)).one("main input[name=csrf_token]")["value"]
        return lambda **fields: console.post(path, data={"csrf_token": token, **fields})

    @staticmethod
    def is_told_that_their_session_is_over(console: StrictVisitor, answer: Any) -> bool:
        return "Votre session est terminée" in Page(console.get(landing(answer))).text

    def test_of_two_who_disable_each_other_one_is_left(self, manager_console, odile_console, past_the_door):
        consoles = [manager_console, odile_console]
        paths = [f"/agents/agents/{console.agent.id}/desactiver" for console in reversed(consoles)]
        presses = [self.ready_to_press(console, path, path) for console, path in zip(consoles, paths, strict=True)]
        past_the_door(threading.Barrier(2, timeout=30).wait)

        answers = at_once(*presses)

        left = Agent.get(Agent.disabled_at.is_null())
        shut_out = next(console for console in consoles if console.agent != left)
        assert landing(answers[1 - consoles.index(shut_out)]) == "/agents/agents"
        assert self.is_told_that_their_session_is_over(shut_out, answers[consoles.index(shut_out)])
        entry = JournalEntry.get(JournalEntry.event == Event.AGENT_DISABLED)
        assert (entry.agent, entry.detail) == (left, shut_out.agent.name)

    def test_who_is_shut_out_lets_nobody_back_in(self, manager_console, make_agent, past_the_door):
        colleague = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
        colleague.disable()
        enable = self.ready_to_press(manager_console, "/agents/agents", f"/agents/agents/{colleague.id}/reactiver")
        past_the_door(lambda: meanwhile(Agent.get_by_id(manager_console.agent.id).disable))

        assert self.is_told_that_their_session_is_over(manager_console, enable())
        assert Agent.get_by_id(colleague.id).disabled_at is not None
        assert not JournalEntry.select().where(JournalEntry.event == Event.AGENT_ENABLED).exists()

    def test_nor_gives_a_colleague_s_access_away(self, manager_console, make_agent, after_the_check, standing_clock):
        colleague = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
        path = f"/agents/agents/{colleague.id}/lien"
        give_link = self.ready_to_press(manager_console, path, path)
        standing_clock.shift(31)
        code = code_of_the_moment(manager_console.application, manager_console.agent)
        after_the_check(Agent.get_by_id(manager_console.agent.id).disable)

        answer = give_link(current_password=OWN_PASSWORD, code=code)

        assert self.is_told_that_their_session_is_over(manager_console, answer)
        assert Agent.get_by_id(colleague.id).is_active
        assert not JournalEntry.select().where(JournalEntry.event == Event.AGENT_INVITED).exists()


class TestNewerHash:
    @pytest.fixture(autouse=True)
    @staticmethod
    def newer_parameters(dear_hashes, make_agent, monkeypatch):
        make_agent()
        monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))

    def test_the_hash_is_renewed_at_login(self, client):
        assert landing(log_in_agent(client, Agent.get())) == "/agents"
        assert not needs_rehash(Agent.get().password_hash)

    def test_it_does_not_bring_an_old_password_back(self, client, after_the_check):
        new = hash_password(NEW)
        after_the_check(lambda: Agent.update(password_hash=new).execute())
        assert log_in_agent(client, Agent.get()).status_code == 422
        assert Agent.get().password_hash == new

    def test_nor_is_it_renewed_for_who_has_the_password_alone(self, client):
        log_in_agent(client, Agent.get(), code="000000")
        assert needs_rehash(Agent.get().password_hash)
