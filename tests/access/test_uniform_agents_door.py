"""Nobody learns who is an agent: one answer for everybody, and one work behind it."""

import pytest
import time_machine

from ophportal.models import Agent, Role
from tests.access.uniform_answers import check_same, every_browser, poster, with_and_without_htmx
from tests.conftest import OWN_PASSWORD, code_of_the_moment

AGENTS = ("unknown", "known", "responsable", "invited", "disabled")


class TestAgentsDoor:
    """Nor who is an agent, nor which of the three proofs was wrong."""

    @pytest.fixture
    @staticmethod
    def agents(make_agent) -> dict[str, str]:
        """The address of one agent of each kind, all of one length."""
        addresses = {kind: f"a{digit}@office.exemple.test" for digit, kind in enumerate(AGENTS)}
        make_agent("Agathe Essai", email=addresses["known"])
        make_agent("Renée Essai", email=addresses["responsable"], role=Role.MANAGER)
        make_agent("Denis Essai", email=addresses["disabled"]).disable()
        invited = Agent.enlist(addresses["invited"], "Ninon Essai", Role.AGENT)
        assert invited is not None
        invited.invite()
        return addresses

    @pytest.fixture
    @staticmethod
    def code(app):
        """A function that gives what the telephone of the agent of this address shows, or a code of nobody's."""

        def code(email: str) -> str:
            agent = Agent.with_email(email)
            return code_of_the_moment(app, agent) if agent else "123456"

        return code

    @staticmethod
    def fields(email: str, password: str, code: str) -> dict[str, str]:
        return {"email": email, "password": password, "code": code}

    @every_browser
    @pytest.mark.parametrize("password", ["faux", "x" * 5000, ""])
    @pytest.mark.parametrize("right_code", [False, True])
    def test_a_wrong_password_gets_one_answer(self, agents, code, facts, browser, how, htmx, password, right_code):
        told = {}
        for kind, email in agents.items():
            typed = code(email) if right_code else "000000"
            visitor = browser("of another tenant" if how == "of another tenant" else "fresh", "")
            deed = poster(visitor, "/agents/identification", self.fields(email, password, typed), htmx=htmx)
            told[kind] = facts(deed, email, typed)
        check_same(told)
        assert told["known"]["status"].startswith("422")
        assert told["known"]["hashes"] == (["verify"] if password == "faux" else [])

    @with_and_without_htmx
    def test_the_right_one_is_not_told_from_a_wrong_one(self, agents, code, facts, browser, htmx):
        told = {}
        for kind, email in agents.items():
            for what, password in (("wrong", "faux"), ("right", OWN_PASSWORD)):
                fields = self.fields(email, password, "000000")
                deed = poster(browser("fresh", ""), "/agents/identification", fields, htmx=htmx)
                told[f"{what} {kind}"] = facts(deed, email)
        check_same(told)
        assert told["right known"]["status"].startswith("422")

    @pytest.mark.parametrize("kind", ["invited", "disabled"])
    def test_nor_do_all_three_tell_where_they_open_nothing(self, agents, code, facts, browser, kind):
        told = {}
        for each in ("unknown", kind):
            email = agents[each]
            fields = self.fields(email, OWN_PASSWORD, code(email))
            told[each] = facts(poster(browser("fresh", ""), "/agents/identification", fields, htmx=False), email)
        check_same(told)

    @with_and_without_htmx
    def test_so_does_who_has_tried_too_often(self, agents, code, facts, browser, htmx):
        told = {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind, email in agents.items():
                visitor = browser("fresh", "")
                for _ in range(5):
                    visitor.submit("/agents/identification", **self.fields(email, "faux", "000000"))
                fields = self.fields(email, OWN_PASSWORD, code(email))
                told[kind] = facts(poster(visitor, "/agents/identification", fields, htmx=htmx), email)
        check_same(told)
        assert told["known"]["status"].startswith("429")
        assert told["known"]["hashes"] == []
        assert not [statement for statement in told["known"]["statements"] if '"agent" AS' in statement]

    def test_a_dead_link_does_not_tell_whose_it_was(self, app, agents, facts, browser):
        told = {}
        tokens = {"nobody's": "x" * 43, "used": Agent.with_email(agents["invited"]).invite()}
        Agent.update(invitation_digest="").execute()
        for whose, token in tokens.items():
            visitor = browser("fresh", "")
            told[whose] = facts(lambda visitor=visitor, token=token: visitor.get(f"/agents/invitation/{token}"))
            told[whose] |= {"then": facts(lambda visitor=visitor: visitor.get("/agents/premiere-connexion"))}
        check_same(told)
