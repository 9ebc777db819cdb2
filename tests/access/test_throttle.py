"""The limits of the tenants' door, counted in the journal."""

from datetime import timedelta

import pytest

from ophportal.access.throttle import Throttled, wait_after
from ophportal.clock import now
from ophportal.models import AccessRequest
from ophportal.visitor import client_address
from tests.access.failures import fail
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.office import code_and_password
from tests.page import Page


def test_five_failures_in_a_quarter_of_an_hour_make_wait(client, make_account, clock):
    account = make_account()
    fail(client, account, 5)
    answer = log_in(client, account)
    page = Page(answer)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert "Trop d'essais. Réessayez dans 1 minute. « Mot de passe oublié » marche dès maintenant." in page.text
    assert page.one(".summary + p a")["href"] == "/mot-de-passe-oublie"

    clock.shift(timedelta(seconds=61))
    assert landing(log_in(client, account)) == "/compte"


def test_each_further_failure_doubles_the_wait(client, make_account, clock):
    account = make_account()
    fail(client, account, 5)
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        answer = log_in(client, account)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(minutes * 60))
        clock.shift(timedelta(minutes=minutes, seconds=1))
        assert log_in(client, account, "faux").status_code == 422


def test_slow_mistakes_make_nobody_wait(client, make_account, clock):
    account = make_account()
    for _ in range(12):
        fail(client, account, 1)
        clock.shift(timedelta(minutes=4))
    assert landing(log_in(client, account)) == "/compte"


def test_what_failed_while_the_clock_ran_ahead_shuts_no_door_once_it_is_right(
    client, another_browser, make_account, clock, each_press_counts
):
    """Who fails five times at a clock of next week would wait until next week."""
    account = make_account()
    clock.shift(timedelta(days=7))
    fail(client, account, 5)
    for _ in range(5):
        request_code(client)
    assert request_code(client).status_code == 429
    clock.shift(-timedelta(days=7))
    assert request_code(another_browser).status_code == 303
    assert AccessRequest.select().count() == 6, "what is asked now was taken for what was asked next week"
    assert landing(log_in(another_browser, account)) == "/compte"


def test_a_success_wipes_the_slate(client, another_browser, make_account, clock):
    account = make_account()
    fail(client, account, 4)
    assert landing(log_in(client, account)) == "/compte"
    client.log_out()
    clock.shift(timedelta(seconds=1))
    client.delete_cookie("appareil")
    fail(client, account, 4)
    assert landing(log_in(client, account)) == "/compte"


def test_an_unknown_account_throttles_as_a_known_one(client, make_account, clock):
    account = make_account()
    fail(client, account, 5)
    known = log_in(client, account)
    for _ in range(5):
        client.submit("/identification", identifier="ZZZZ-ZZZZ", password="faux")
    unknown = client.submit("/identification", identifier="zzzz zzzz", password="faux")
    assert (unknown.status_code, unknown.headers["Retry-After"]) == (known.status_code, known.headers["Retry-After"])


def test_the_code_and_the_address_are_one_door(client, make_account, clock):
    account = make_account()
    fail(client, account, 5)
    answer = client.submit("/identification", identifier="maria@exemple.test", password=OWN_PASSWORD)
    assert answer.status_code == 429


def test_one_network_address_cannot_try_every_account(client, app, monkeypatch, clock):
    monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 3)
    for n in range(3):
        client.submit("/identification", identifier=f"AAAA-AAA{n}", password="faux")
    assert client.submit("/identification", identifier="BBBB-BBBB", password="faux").status_code == 429
    clock.shift(timedelta(minutes=16))
    assert client.submit("/identification", identifier="BBBB-BBBB", password="faux").status_code == 422


def test_twenty_five_failures_a_day_however_slow_make_wait_until_the_morrow(client, make_account, clock):
    account = make_account()
    for _ in range(25):
        assert log_in(client, account, "faux").status_code == 422
        clock.shift(timedelta(minutes=10))
    answer = log_in(client, account)
    assert answer.status_code == 429
    assert "Réessayez dans 20 heures." in Page(answer).text
    clock.shift(timedelta(minutes=1191))
    assert landing(log_in(client, account)) == "/compte"


@pytest.fixture
def limits(app, monkeypatch):
    """A function that sets so many failures in a quarter of an hour, and so many a day."""

    def put(burst, day):
        allowed = {"LOGIN_FAILURES": burst, "LOGIN_FAILURES_DAY": day, "LOGIN_FAILURES_ADDRESS": 1000}
        for name, value in allowed.items():
            monkeypatch.setitem(app.config, name, value)

    return put


def test_a_generous_limit_is_one_too_and_waits_then_double(client, make_account, clock, limits):
    limits(burst=70, day=1000)
    account = make_account()
    fail(client, account, 70)
    for minutes in (1, 2, 4):
        answer = log_in(client, account)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (429, str(minutes * 60))
        clock.shift(timedelta(minutes=minutes, seconds=1))
        assert log_in(client, account, "faux").status_code == 422


def test_so_is_a_generous_limit_of_a_day(client, make_account, clock, limits):
    limits(burst=5, day=70)
    account = make_account()
    for _ in range(70):
        assert log_in(client, account, "faux").status_code == 422
        clock.shift(timedelta(minutes=5))
    answer = log_in(client, account)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str((24 * 60 - 70 * 5) * 60)  # until the first of them is a day old


def test_a_mailed_password_opens_a_door_that_strangers_hold_shut(client, another_browser, make_account, outbox, clock):
    account = make_account()
    fail(another_browser, account, 6)
    request_code(client)
    _, password = code_and_password(outbox.deliver().body)
    assert log_in(client, account).status_code == 429
    assert landing(log_in(client, account, password)) == "/compte"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_a_household_s_billions_of_ipv6_addresses_count_as_one(app, address, counted):
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert client_address() == counted


@pytest.mark.parametrize(("seconds", "minutes"), [(0.2, 1), (60, 1), (60.9, 2), (61, 2), (3600, 60)])
def test_who_waits_as_long_as_told_has_waited_long_enough(seconds, minutes):
    assert Throttled(timedelta(seconds=seconds)).minutes == minutes


def test_no_wait_before_the_limit_and_none_after_it_has_passed():
    instant = now()
    burst = [instant - timedelta(minutes=n) for n in range(4)]
    assert wait_after(burst, 5, 25, instant) == timedelta(0)
    assert wait_after([], 5, 25, instant) == timedelta(0)
    old = [instant - timedelta(hours=3, minutes=n) for n in range(5)]
    assert wait_after(old, 5, 25, instant) == timedelta(0)
