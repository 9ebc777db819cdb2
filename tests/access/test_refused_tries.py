"""What a refused try leaves in the journal: enough to tell the story, never enough to fill the disk."""

from datetime import timedelta

import pytest

from ophportal.codes import closed
from ophportal.models import Event, JournalEntry
from tests.conftest import OWN_PASSWORD, landing, log_in, log_in_agent, request_code


def refusals(event=Event.LOGIN_THROTTLED):
    """The doors of the refusals that were written down, the oldest first."""
    rows = JournalEntry.select().where(JournalEntry.event == event)
    return [entry.subject for entry in rows.order_by(JournalEntry.id)]


def try_code(browser, code):
    return browser.submit("/identification", identifier=code, password="faux").status_code


def shut(browser, code):
    assert [try_code(browser, code) for _ in range(5)] == [422] * 5


class TestAtADoor:
    def test_who_goes_on_all_the_same_is_written_down_once_a_minute(self, client, make_account, clock):
        account = make_account()
        shut(client, account.code)
        clock.shift(timedelta(seconds=61))
        assert try_code(client, account.code) == 422  # and so two minutes to wait
        statuses = []
        for _ in range(11):
            statuses += [log_in(client, account).status_code for _ in range(5)]
            clock.shift(timedelta(seconds=10))
        assert statuses == [429] * 55
        assert len(refusals()) == 2

    def test_nobody_waits_longer_for_it(self, client, make_account, clock):
        account = make_account()
        shut(client, account.code)
        assert {log_in(client, account).headers["Retry-After"] for _ in range(60)} == {"60"}
        clock.shift(timedelta(seconds=61))
        assert landing(log_in(client, account)) == "/compte"

    def test_it_is_so_where_nobody_has_that_code(self, client, clock):
        shut(client, "ZZZZ-ZZZZ")
        assert [try_code(client, "ZZZZ-ZZZZ") for _ in range(20)] == [429] * 20
        assert len(refusals()) == 1

    def test_it_is_so_at_the_agents(self, client, make_agent, clock):
        agent = make_agent()
        statuses = [log_in_agent(client, agent, code="000000").status_code for _ in range(25)]
        assert statuses == [422] * 5 + [429] * 20
        assert len(refusals()) == 1

    def test_each_door_and_each_place_is_told_apart(self, client, another_browser, clock):
        another_browser.environ_base["REMOTE_ADDR"] = "192.0.2.7"
        for code in ("ZZZZ-ZZZZ", "YYYY-YYYY"):
            shut(client, code)
            for browser in (client, another_browser, client, another_browser):
                assert try_code(browser, code) == 429
        first, second = dict.fromkeys(refusals())
        assert refusals() == [first, first, second, second]

    def test_ten_doors_a_minute_from_one_place_and_no_more(self, client, app, monkeypatch, clock):
        """A whole hostel is no more; who has shut hundreds of doors and knocks at each in turn is."""
        monkeypatch.setitem(app.config, "LOGIN_FAILURES", 1)
        codes = [f"ZZZZ-ZZ{n}" for n in range(10, 25)]
        assert [try_code(client, code) for code in codes * 3] == [422] * 15 + [429] * 30
        assert len(refusals()) == len(set(refusals())) == 10


class TestFromANetworkAddress:
    def test_one_that_has_tried_too_much_is_written_down_once_a_minute_whomever_it_names(
        self, client, app, monkeypatch, clock
    ):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 3)
        assert [try_code(client, f"ZZZZ-ZZ{n}") for n in range(10, 40)] == [422] * 3 + [429] * 27
        assert len(refusals()) == 1
        clock.shift(timedelta(seconds=61))
        assert [try_code(client, f"YYYY-YY{n}") for n in range(10, 40)] == [429] * 30
        assert len(refusals()) == 2

    def test_its_neighbours_are_written_down_as_before(self, client, another_browser, app, monkeypatch, clock):
        another_browser.environ_base["REMOTE_ADDR"] = "192.0.2.7"
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 3)
        for browser in (client, another_browser):
            assert [try_code(browser, f"ZZZZ-ZZ{n}") for n in range(10, 15)] == [422] * 3 + [429] * 2
        assert len(refusals()) == 2


class TestOfRequests:
    def test_the_same_again_and_again_is_written_down_once_a_minute(
        self, client, make_tenant, clock, each_press_counts
    ):
        make_tenant()
        statuses = [request_code(client).status_code for _ in range(25)]
        assert statuses == [303] * 5 + [429] * 20
        clock.shift(timedelta(seconds=61))
        assert request_code(client).headers["Retry-After"] == str(59 * 60)
        assert len(refusals(Event.REQUEST_THROTTLED)) == 2

    @pytest.mark.parametrize("path", ["/demander-un-code", "/courrier-recu"])
    def test_so_are_others_from_an_address_that_has_asked_too_much(self, client, app, monkeypatch, clock, path):
        monkeypatch.setitem(app.config, "REQUESTS_ADDRESS", 3)
        answers = [
            {"email": f"a{n}@exemple.test", "letter_code": closed(f"000000000{n}")}
            if path == "/courrier-recu"
            else {"name": "QUIDAM", "email": f"a{n}@exemple.test", "dwelling_reference": "1", "tenant_number": "2"}
            for n in range(10, 30)
        ]
        assert [client.submit(path, **each).status_code for each in answers] == [303] * 3 + [429] * 17
        assert len(refusals(Event.REQUEST_THROTTLED)) == 1

    def test_a_refused_login_and_a_refused_request_do_not_hide_each_other(
        self, client, make_account, clock, each_press_counts
    ):
        account = make_account()
        shut(client, account.code)
        for _ in range(6):
            request_code(client)
            log_in(client, account, OWN_PASSWORD)
        assert len(refusals()) == len(refusals(Event.REQUEST_THROTTLED)) == 1
