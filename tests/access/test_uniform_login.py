"""Nobody learns who has an account by logging in, nor by changing a password: one answer, and one work behind it."""

import re

import pytest
import time_machine

from ophportal.models import JournalEntry
from tests.access.uniform_answers import (
    HASHES,
    NEW,
    OTHER_PASSWORD,
    WITH_CODE,
    by_code_or_address,
    check_same,
    every_browser,
    poster,
    with_and_without_htmx,
)
from tests.conftest import OWN_PASSWORD


class TestLogin:
    @by_code_or_address
    @every_browser
    @pytest.mark.parametrize("password", ["faux", "bkdf-mwrt-hzcx-npgs", "x" * 5000, ""])
    def test_a_wrong_password_gets_one_answer(self, people, facts, browser, attribute, kinds, htmx, how, password):
        told = {}
        for kind in kinds:
            identifier = getattr(people[kind], attribute)
            fields = {"identifier": identifier, "password": password, "remember": "y"}
            deed = poster(browser(how, identifier), "/identification", fields, htmx=htmx)
            told[kind] = facts(deed, identifier)

        check_same(told)
        assert told["known"]["status"].startswith("422")
        assert told["known"]["hashes"] == (HASHES[attribute] if 0 < len(password) <= 512 else [])

    @pytest.mark.parametrize("kind", ["ended", "without password", "of three"])
    def test_nor_does_the_right_one_tell_where_it_opens_nothing(self, people, facts, browser, kind):
        told = {}
        for each in ("unknown", kind):
            fields = {"identifier": people[each].email, "password": OWN_PASSWORD}
            deed = poster(browser("fresh", ""), "/identification", fields, htmx=False)
            told[each] = facts(deed, people[each].email)
        check_same(told)

    @pytest.mark.parametrize("kind", ["known", "of two", "without account"])
    @pytest.mark.parametrize("right", [OWN_PASSWORD, OTHER_PASSWORD])
    def test_an_address_costs_two_hashes_a_code_one_whichever_is_right(self, people, facts, browser, kind, right):
        for identifier, hashes in ((people[kind].email, 2), (people[kind].code, 1)):
            deed = poster(
                browser("fresh", ""), "/identification", {"identifier": identifier, "password": right}, htmx=False
            )
            assert facts(deed, identifier)["hashes"] == ["verify"] * hashes

    def test_each_of_two_gets_in_at_one_price(self, people, facts, browser):
        """Who is inside may be known by the time: yet the first and the second of an address look the same."""
        told = {}
        for right in (OWN_PASSWORD, OTHER_PASSWORD):
            fields = {"identifier": people["of two"].email, "password": right}
            told[right] = facts(
                poster(browser("fresh", ""), "/identification", fields, htmx=False), fields["identifier"]
            )
        first, second = told.values()
        for each in (first, second):
            each["statements"] = [re.sub(r'(?<=SAVEPOINT ")\w+', "", statement) for statement in each["statements"]]
        for fact in ("status", "statements", "hashes", "rows"):
            assert first[fact] == second[fact], fact
        assert [each["journal"][0][0] for each in (first, second)] == ["login", "login"]

    @by_code_or_address
    @every_browser
    def test_so_does_who_has_tried_too_often(self, people, facts, browser, attribute, kinds, htmx, how):
        told, again = {}, {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind in kinds:
                identifier = getattr(people[kind], attribute)
                visitor = browser(how, identifier)
                for _ in range(5):
                    visitor.submit("/identification", identifier=identifier, password="faux")
                fields = {"identifier": identifier, "password": OWN_PASSWORD, "remember": "y"}
                deed = poster(visitor, "/identification", fields, htmx=htmx)
                told[kind], again[kind] = facts(deed, identifier), facts(deed, identifier)

        check_same(told)
        check_same(again)
        assert [each["known"]["rows"]["JournalEntry"] for each in (told, again)] == [1, 0]
        assert told["known"]["status"].startswith("429")
        assert ("Retry-After", "60") in told["known"]["headers"]
        assert "Réessayez dans 1\u00a0minute." in told["known"]["body"]
        assert told["known"]["hashes"] == []

    @by_code_or_address
    @every_browser
    def test_so_does_who_comes_from_where_too_many_failed(
        self, people, facts, browser, app, monkeypatch, attribute, kinds, htmx, how
    ):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 1)
        told, again = {}, {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind in kinds:
                identifier = getattr(people[kind], attribute)
                visitor = browser(how, identifier)
                visitor.submit("/identification", identifier="YYYY-YYYY", password="faux")
                fields = {"identifier": identifier, "password": OWN_PASSWORD, "remember": "y"}
                deed = poster(visitor, "/identification", fields, htmx=htmx)
                told[kind], again[kind] = facts(deed, identifier), facts(deed, identifier)
                JournalEntry.delete().execute()

        check_same(told)
        check_same(again)
        assert told["known"]["status"].startswith("429")
        assert told["known"]["hashes"] == []
        assert [each["known"]["rows"]["JournalEntry"] for each in (told, again)] == [1, 0]

    def test_the_wait_grows_alike(self, people, facts, browser, app, monkeypatch):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 1000)
        waits = {}
        for kind in WITH_CODE:
            with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
                visitor, waits[kind] = browser("fresh", ""), []
                for _ in range(20):
                    answer = visitor.submit("/identification", identifier=people[kind].code, password="faux")
                    waits[kind].append(answer.headers.get("Retry-After"))
                    clock.shift(40 * len(waits[kind]))
            JournalEntry.delete().execute()
        assert all(each == waits["unknown"] for each in waits.values())
        assert len(set(waits["unknown"])) > 3


class TestChangeOfPassword:
    @by_code_or_address
    @every_browser
    @pytest.mark.parametrize(
        "new",
        [NEW, "bref", "motdepasse123", "NOMBNOMBNOMB", "p1@exemple.test"],
        ids=["good", "short", "common", "their name", "their address"],
    )
    def test_a_wrong_password_gets_one_answer(self, people, facts, browser, attribute, kinds, htmx, how, new):
        told = {}
        for kind in kinds:
            identifier = getattr(people[kind], attribute)
            fields = {
                "identifier": identifier, "current_password": "faux", "new_password": new, "confirmation": new
            }  # fmt: skip
            deed = poster(browser(how, identifier), "/changer-mot-de-passe", fields, htmx=htmx)
            told[kind] = facts(deed, identifier)

        check_same(told)
        assert told["known"]["status"].startswith("422")
        assert new not in told["known"]["body"]

    @by_code_or_address
    @with_and_without_htmx
    def test_so_does_who_has_tried_too_often(self, people, facts, browser, attribute, kinds, htmx):
        told = {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind in kinds:
                identifier = getattr(people[kind], attribute)
                visitor = browser("fresh", "")
                fields = {"identifier": identifier, "new_password": NEW, "confirmation": NEW}
                for _ in range(5):
                    visitor.submit("/changer-mot-de-passe", current_password="faux", **fields)
                fields["current_password"] = OWN_PASSWORD
                told[kind] = facts(poster(visitor, "/changer-mot-de-passe", fields, htmx=htmx), identifier)

        check_same(told)
        assert told["known"]["status"].startswith("429")

    def test_the_login_and_the_change_are_one_door_for_everybody(self, people, browser):
        for kind in WITH_CODE:
            visitor, identifier = browser("fresh", ""), people[kind].code
            for _ in range(5):
                visitor.submit("/identification", identifier=identifier, password="faux")
            answer = visitor.submit(
                "/changer-mot-de-passe",
                identifier=identifier, current_password="faux", new_password=NEW, confirmation=NEW,
            )  # fmt: skip
            assert answer.status_code == 429, kind


def test_the_comparison_would_see_a_difference(people, facts, browser):
    """The other tests here are worth what this one is: a right password and a wrong one do not look the same."""
    told = {}
    for password in ("faux", OWN_PASSWORD):
        fields = {"identifier": people["known"].code, "password": password}
        told[password] = facts(
            poster(browser("fresh", ""), "/identification", fields, htmx=False), fields["identifier"]
        )
    assert [name for name in told["faux"] if told["faux"][name] != told[OWN_PASSWORD][name]] == [
        "status", "headers", "body", "statements", "rows", "journal",
    ]  # fmt: skip
