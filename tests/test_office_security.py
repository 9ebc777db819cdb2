"""The agents' door, tried by people who should not pass it."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from argon2 import PasswordHasher

from ophportal import clock, passwords, wording
from ophportal.emails import WRITERS
from ophportal.models import Agent, AgentSession, Event, JobState, JournalEntry, MailState, Outcome, RecoveryCode, Role
from ophportal.models.access_state import AccessState
from ophportal.office import factor, recognition
from ophportal.office.entry import public_link
from ophportal.testing import TOKEN, Visitor
from tests.conftest import OWN_PASSWORD, StrictVisitor, code_of_the_moment, landing, log_in_agent, press
from tests.page import Page
from tests.test_races import at_once, meanwhile
from tests.test_uniform_answers import check_same, facts, hasher  # noqa: F401 - fixtures

DOOR = "/agents/identification"


def knock(visitor, email, password, code):
    return visitor.submit(DOOR, email=email, password=password, code=code)


@pytest.fixture
def browsers(app):
    return lambda count: [StrictVisitor(app, app.response_class) for _ in range(count)]


def test_an_unknown_address_costs_the_same_queries_and_rows(app, facts, make_agent, browsers):  # noqa: F811
    agent = make_agent()
    invited = Agent.enlist("invite@office.exemple.test", "Invité Essai", Role.AGENT)
    disabled = make_agent("Désactivée Essai", email="sortie@office.exemple.test")
    disabled.disable()
    tries = {
        "unknown": ("person@office.exemple.test", OWN_PASSWORD, "123456"),
        "wrong password": (agent.email, "pas celui-ci du tout", "123456"),
        "wrong password, right code": (agent.email, "pas celui-ci du tout", code_of_the_moment(app, agent)),
        "right password, wrong code": (agent.email, OWN_PASSWORD, "000000"),
        "invited": (invited.email, OWN_PASSWORD, "123456"),
        "disabled": (disabled.email, OWN_PASSWORD, code_of_the_moment(app, disabled)),
    }
    told = {}
    for who, typed in tries.items():
        (browser,) = browsers(1)
        told[who] = facts(lambda browser=browser, typed=typed: knock(browser, *typed), *typed)
    assert told["unknown"]["status"].startswith("422")
    check_same(told)


def test_what_was_typed_but_for_the_address_is_not_said_back(client, make_agent):
    answer = knock(client, make_agent().email, "un mot de passe bien à moi", "314159")
    assert "un mot de passe bien" not in answer.text
    assert "314159" not in answer.text
    assert Page(answer).one("#password").get("value") is None


@pytest.mark.parametrize("form", [DOOR, "/agents/premiere-connexion"])
@pytest.mark.parametrize("typed", ["\0", "e\u0301" * 400, "x" * 30_000, "'; DROP TABLE agent; --", "🦀" * 50])
def test_odd_answers_are_refused_or_wrong_and_nothing_breaks(client, app, form, typed):
    agent = Agent.enlist("neuf@office.exemple.test", "Neuf Essai", Role.AGENT)
    with app.app_context():
        client.get(public_link(agent.invite()).removeprefix("http://localhost"))
    fields = dict.fromkeys(("email", "password", "code", "new_password", "confirmation"), typed)
    assert client.submit(form, **fields).status_code in {422, 413}


def test_a_planted_cookie_opens_nothing(client, make_agent):
    make_agent()
    for planted in ("", "x", "a" * 3000, "' OR 1=1 --"):
        client.set_cookie("agent", planted)
        assert landing(client.get("/agents")) == DOOR


def test_a_cookie_known_before_the_login_is_not_promoted(client, make_agent, another_browser):
    client.set_cookie("agent", "plante")
    log_in_agent(client, make_agent())
    assert client.get_cookie("agent").value != "plante"
    another_browser.set_cookie("agent", "plante")
    assert another_browser.get("/agents").status_code == 303


def test_under_tls_the_agents_cookie_is_locked_to_this_host(app, make_agent, monkeypatch):
    monkeypatch.setitem(app.config, "COOKIE_PREFIX", "__Host-")
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)
    visitor = Visitor(app, app.response_class)
    visitor.environ_base["wsgi.url_scheme"] = "https"
    answer = log_in_agent(visitor, make_agent())
    (cookie,) = [value for value in answer.headers.getlist("Set-Cookie") if value.startswith("__Host-agent=")]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=strict"} <= attributes
    assert not [part for part in attributes if part.startswith(("domain", "max-age", "expires"))]


def test_a_refused_page_leaves_a_line_in_the_journal(console):
    console.get("/agents/agents")
    entry = JournalEntry.get(JournalEntry.event == Event.ACCESS_REFUSED)
    assert (entry.agent, entry.detail) == (console.agent, "office.agents")


def test_nothing_of_the_console_is_kept_by_a_browser(console):
    for address in ("/agents", "/agents/a-verifier", "/agents/tableau-de-bord", "/agents/tableau-de-bord/demandes.csv"):
        assert console.get(address).headers["Cache-Control"] == "no-store", address


def test_the_one_time_link_leaves_its_secret_in_no_log_and_no_address(client, app, caplog):
    agent = Agent.enlist("neuf@office.exemple.test", "Neuf Essai", Role.AGENT)
    with app.app_context():
        link = public_link(agent.invite()).removeprefix("http://localhost")
    token = link.rpartition("/")[2]
    with caplog.at_level("DEBUG"):
        answer = client.get(link)
        page = client.get(landing(answer))
    assert token not in answer.headers["Location"] + page.text
    assert token not in "".join(record.getMessage() for record in caplog.records if record.name != "peewee")
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_disabled_agent_is_out_at_the_next_page(console):
    console.agent.disable()
    assert landing(console.get("/agents")) == DOOR
    assert AgentSession.select().count() == 0


class TestRaces:
    @pytest.fixture
    def after_the_check(self, monkeypatch):
        """A function that has a deed done once, right after an agent's password was found right or wrong."""

        def arrange(deed):
            deeds, check = [deed], recognition.verify_password

            def checked(password, stored):
                verdict = check(password, stored)
                if deeds:
                    meanwhile(deeds.pop())
                return verdict

            monkeypatch.setattr(recognition, "verify_password", checked)

        return arrange

    @pytest.fixture
    def together(self, monkeypatch):
        """A function from which on the next two proofs are used at the same time."""

        def arrange():
            both, find = threading.Barrier(2, timeout=30), factor.proof_in

            def found(agent, typed):
                proof = find(agent, typed)
                with suppress(threading.BrokenBarrierError):
                    both.wait()
                both.abort()
                return proof

            monkeypatch.setattr(factor, "proof_in", found)

        return arrange

    def test_one_code_opens_one_session(self, app, make_agent, browsers, together):
        agent = make_agent()
        code = code_of_the_moment(app, agent)
        together()
        statuses = at_once(
            *[lambda it=it: knock(it, agent.email, OWN_PASSWORD, code).status_code for it in browsers(2)]
        )
        assert sorted(statuses) == [303, 422]
        assert AgentSession.select().count() == 1

    def test_one_recovery_code_opens_one_session(self, app, make_agent, browsers, together):
        agent = make_agent()
        with app.app_context():
            code = factor.fresh_recovery_codes(agent)[0]
        together()
        statuses = at_once(
            *[lambda it=it: knock(it, agent.email, OWN_PASSWORD, code).status_code for it in browsers(2)]
        )
        assert sorted(statuses) == [303, 422]
        assert RecoveryCode.left(agent) == 9

    def test_an_agent_disabled_in_the_middle_of_a_login_does_not_enter(self, client, make_agent, after_the_check):
        agent = make_agent()
        after_the_check(lambda: Agent.get_by_id(agent.id).disable())
        assert log_in_agent(client, agent).status_code == 422
        assert AgentSession.select().count() == 0

    def test_a_new_link_in_the_middle_of_a_login_keeps_the_old_password_out(self, client, make_agent, after_the_check):
        agent = make_agent()
        after_the_check(lambda: Agent.get_by_id(agent.id).invite())
        assert log_in_agent(client, agent).status_code == 422
        assert AgentSession.select().count() == 0

    def test_two_visits_of_one_link_make_one_agent(self, app, browsers):
        agent = Agent.enlist("neuf@office.exemple.test", "Neuf Essai", Role.AGENT)
        with app.app_context():
            link = public_link(agent.invite()).removeprefix("http://localhost")
        agent = Agent.get_by_id(agent.id)
        both = browsers(2)
        fields = []
        for place, visitor in enumerate(both):
            visitor.get(link)
            token = TOKEN.search(visitor.get("/agents/premiere-connexion").text)[1]
            own = f"quatre chèvres bleues numéro {place}"
            code = code_of_the_moment(app, agent)
            fields.append({"csrf_token": token, "new_password": own, "confirmation": own, "code": code})
        statuses = at_once(
            *[
                lambda visitor=visitor, data=data: visitor.post("/agents/premiere-connexion", data=data).status_code
                for visitor, data in zip(both, fields, strict=True)
            ]
        )
        assert sorted(statuses) == [200, 410]
        assert AgentSession.select().count() == 1

    def test_a_hash_of_older_parameters_is_renewed(self, client, make_agent, monkeypatch):
        agent = make_agent()
        old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(OWN_PASSWORD)
        Agent.update(password_hash=old).where(Agent.id == agent.id).execute()
        assert landing(log_in_agent(client, Agent.get_by_id(agent.id))) == "/agents"
        assert not passwords.needs_rehash(Agent.get_by_id(agent.id).password_hash)


def test_a_stranger_s_failures_do_not_keep_a_known_browser_out_nor_a_colleague(client, app, make_agent, browsers):
    agent, colleague = make_agent(), make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
    log_in_agent(client, agent)
    press(client, "/agents", "/agents/deconnexion")
    stranger, other = browsers(2)
    for _ in range(7):
        knock(stranger, agent.email, "pas celui-ci du tout", "000000")
    with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
        assert landing(log_in_agent(client, agent)) == "/agents"
        assert landing(log_in_agent(other, colleague)) == "/agents"


def test_everything_that_can_be_told_has_its_words(app):
    assert set(wording.EVENTS) == set(Event)
    assert set(wording.OUTCOMES) == set(Outcome)
    assert set(wording.MAILS) == set(WRITERS)
    assert set(wording.MAIL_STATES) | {MailState.WAITING} == set(MailState) == set(wording.MAIL_STATES_COUNTED)
    assert set(wording.ACCESS) == set(AccessState)
    assert set(wording.JOB_STATES) == set(JobState)
    assert set(wording.ROLES) == set(Role)
