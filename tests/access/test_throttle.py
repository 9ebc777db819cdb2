"""The doors' limits, counted in the journal."""

import re
from datetime import timedelta
from itertools import count, islice

import pytest

from ophportal.access.throttle import Throttled, wait_after
from ophportal.clock import now
from ophportal.models import AccessRequest, Account, JournalEntry, Outcome, Verification
from ophportal.passwords import paper_code
from ophportal.visitor import client_address
from tests.conftest import OWN_PASSWORD, landing, log_in, press, request_code
from tests.page import Page


def fail(client, account, times):
    for _ in range(times):
        log_in(client, account, "faux")


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


def test_too_many_requests_say_what_to_do_meanwhile(app, client, monkeypatch, clock, each_press_counts):
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 1)
    for path, typed in (
        ("/demander-un-code", {"name": "Paoli", "dwelling_reference": "1", "tenant_number": "2"}),
        ("/courrier-recu", {"letter_code": paper_code()}),
    ):
        for _ in range(2):
            answer = client.submit(path, email="maria@exemple.test", **typed)
        assert answer.status_code == 429
        text = Page(answer).text
        assert "Trop de demandes. Réessayez dans 60 minutes. Regardez d'abord vos e-mails" in text
        assert "Vous pouvez aussi appeler l'office." in text


@pytest.mark.parametrize("path", ["/demander-un-code", "/courrier-recu"])
def test_who_is_refused_for_their_neighbours_requests_reads_that(app, client, another_browser, monkeypatch, path):
    """At a library's computer, or on a telephone: they may have asked for nothing yet."""
    monkeypatch.setitem(app.config, "REQUESTS_ADDRESS", 1)
    request_code(another_browser, name="Voisin")
    typed = {"name": "Paoli", "dwelling_reference": "1", "tenant_number": "2", "letter_code": paper_code()}
    answer = client.submit(path, email="maria@exemple.test", **typed)
    page = Page(answer)
    assert answer.status_code == 429
    said = "Trop de demandes viennent de votre connexion à internet, de vous ou d'autres personnes."
    assert f"{said} Réessayez dans 60 minutes, ou avec une autre connexion." in page.text
    assert page.one(".summary ~ p a[href^='tel:']").text == app.config["OFFICE"]["phone"]


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


def test_a_browser_that_has_been_inside_is_not_shut_out_by_a_stranger(client, another_browser, make_account, clock):
    account = make_account()
    log_in(client, account)
    client.log_out()
    fail(another_browser, account, 8)
    assert log_in(another_browser, account).status_code == 429
    assert landing(log_in(client, account)) == "/compte"


class TestAfterAChangeOfPassword:
    """Who knew the old password keeps what cookies it gave them: they are no way in for guesses at the new one."""

    NEW = "deux lunes rouges sur le toit"

    @pytest.fixture(params=["in the account", "at the window", "forgotten"])
    def change(self, request, client, make_account, outbox, clock):
        """A function by which the tenant, in a browser that has been inside, changes the password."""
        account = make_account()
        log_in(client, account)
        to_new = {"new_password": self.NEW, "confirmation": self.NEW}

        def change():
            clock.shift(timedelta(seconds=1))
            if request.param == "in the account":
                client.submit("/compte/mot-de-passe", current_password=OWN_PASSWORD, **to_new)
                client.log_out()
            elif request.param == "at the window":
                client.log_out()
                of_mine = {"identifier": account.code, "current_password": OWN_PASSWORD}
                client.submit("/changer-mot-de-passe", **of_mine, **to_new)
            else:
                client.log_out()
                request_code(client)
                _, mailed = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
                log_in(client, account, mailed)
                client.submit("/compte/choisir-mot-de-passe", **to_new)
                client.log_out()
            return account

        return change

    def test_browsers_that_the_old_one_let_in_share_everybody_s_door(self, app, change, make_account, clock):
        account = Account.get()
        browsers = [app.test_client() for _ in range(4)]
        for browser in browsers:
            log_in(browser, account)
            browser.log_out()
        change()
        statuses = [log_in(browser, account, f"faux {n}").status_code for n in range(3) for browser in browsers]
        assert statuses == [422] * 5 + [429] * 7

    def test_and_are_told_of_by_mail_when_they_come_in(self, another_browser, change, outbox, clock):
        log_in(another_browser, Account.get())
        another_browser.log_out()
        account = change()
        outbox.deliver()
        assert landing(log_in(another_browser, account, self.NEW)) == "/compte"
        assert outbox.deliver().subject == "Connexion à votre compte depuis un nouvel appareil"

    def test_the_browser_that_changes_it_is_known_from_then_on(self, client, another_browser, change, outbox, clock):
        account = change()
        outbox.deliver()
        fail(another_browser, account, 8)
        assert landing(log_in(client, account, self.NEW)) == "/compte"
        assert outbox.deliver() is None


def test_a_stranger_who_changes_it_at_the_window_is_one_still(client, make_account, outbox):
    account, new = make_account(), "deux lunes rouges sur le toit"
    fields = {"current_password": OWN_PASSWORD, "new_password": new, "confirmation": new}
    client.submit("/changer-mot-de-passe", identifier=account.code, **fields)
    log_in(client, account, new)
    assert "nouvel appareil" in outbox.deliver().subject


def test_a_browser_that_knows_two_accounts_is_known_to_the_other_still(client, make_account, outbox, clock):
    account, other = make_account(), make_account("MÉLÈZE", number="77", reference="77", email="iris@exemple.test")
    for each in (other, account):
        log_in(client, each)
        client.log_out()
    outbox.deliver()
    log_in(client, account)
    new = "deux lunes rouges sur le toit"
    client.submit("/compte/mot-de-passe", current_password=OWN_PASSWORD, new_password=new, confirmation=new)
    client.log_out()
    assert "changé" in outbox.deliver().subject
    log_in(client, other)
    assert outbox.deliver() is None


def test_however_often_a_browser_enters_one_account_it_is_known_to_the_other(client, make_account, outbox, clock):
    account, other = make_account(), make_account("MÉLÈZE", number="77", reference="77", email="iris@exemple.test")
    for each in (other, *[account] * 6):
        log_in(client, each)
        client.log_out()
    outbox.deliver()
    log_in(client, other)
    assert outbox.deliver() is None


def test_a_browser_of_many_accounts_forgets_the_oldest_and_its_cookie_does_not_grow(client, make_account):
    """No browser keeps a cookie of more than 4 096 bytes, and the portal would forget them all."""
    lengths = []
    for n in range(7):
        log_in(client, make_account("MÉLÈZE", number=f"{n}7", reference=f"{n}7", email=f"iris{n}@exemple.test"))
        lengths.append(len(client.get_cookie("appareil").value))
        client.log_out()
    assert lengths[3] < lengths[4] == lengths[5] == lengths[6]


def test_a_forged_device_cookie_is_worth_nothing(client, another_browser, make_account, clock):
    account = make_account()
    log_in(another_browser, account)
    client.set_cookie("appareil", another_browser.get_cookie("appareil").value + "x")
    fail(client, account, 5)
    assert log_in(client, account).status_code == 429


def test_one_network_address_cannot_try_every_account(client, app, monkeypatch, clock):
    monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 3)
    for n in range(3):
        client.submit("/identification", identifier=f"AAAA-AAA{n}", password="faux")
    assert client.submit("/identification", identifier="BBBB-BBBB", password="faux").status_code == 429
    clock.shift(timedelta(minutes=16))
    assert client.submit("/identification", identifier="BBBB-BBBB", password="faux").status_code == 422


class TestBehindOneAddress:
    """A hostel's Wi-Fi, a mobile operator: one person's failures must not shut out all who have been inside."""

    @pytest.fixture(autouse=True)
    @staticmethod
    def few_failures(app, monkeypatch, clock):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 3)

    @pytest.fixture
    def neighbour(self, another_browser):
        """A function by which somebody at the same address fails there until nobody unknown may try."""
        numbers = count()

        def fail_everywhere():
            for n in islice(numbers, 4):
                answer = another_browser.submit("/identification", identifier=f"AAAA-{n:04d}", password="faux")
            assert answer.status_code == 429

        return fail_everywhere

    @pytest.mark.parametrize("identifier", ["code", "email"])
    def test_a_browser_that_has_been_inside_is_not_shut_out(
        self, client, another_browser, neighbour, make_account, identifier
    ):
        account = make_account()
        known_by = {"code": account.code, "email": account.tenant.email}[identifier]
        log_in(client, account)
        client.log_out()
        neighbour()
        assert log_in(another_browser, account).status_code == 429
        answer = client.submit("/identification", identifier=known_by, password=OWN_PASSWORD)
        assert landing(answer) == "/compte"

    def test_who_has_not_reads_that_it_may_be_others(self, client, neighbour, make_account):
        neighbour()
        text = Page(log_in(client, make_account())).text
        assert "Trop d'essais viennent de votre connexion à internet, de vous ou d'autres personnes." in text
        assert "Réessayez dans 15 minutes, ou avec une autre connexion. « Mot de passe oublié » marche" in text

    def test_but_of_a_door_that_stays_shut_longer_anywhere_they_do_not(self, app, client, monkeypatch, make_account):
        account = make_account()
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_DAY", 3)
        fail(client, account, 3)
        assert "Trop d'essais. Réessayez dans 24 heures. «" in Page(log_in(client, account)).text

    def test_nor_who_is_inside_from_changing_their_password(self, client, neighbour, make_account):
        log_in(client, make_account())
        neighbour()
        new = "deux lunes rouges sur le toit"
        fields = {"current_password": OWN_PASSWORD, "new_password": new, "confirmation": new}
        assert landing(client.submit("/compte/mot-de-passe", **fields)) == "/compte"

    def test_it_may_fail_there_as_often_as_anywhere(self, client, neighbour, make_account, clock):
        account = make_account()
        log_in(client, account)
        client.log_out()
        clock.shift(timedelta(seconds=1))
        neighbour()
        assert [log_in(client, account, "faux").status_code for _ in range(6)] == [422] * 5 + [429]
        assert log_in(client, account).headers["Retry-After"] == "60"

    def test_and_so_often_a_day(self, client, neighbour, make_account, clock, app, monkeypatch):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_DAY", 6)
        account = make_account()
        log_in(client, account)
        client.log_out()
        statuses = []
        for _ in range(8):
            clock.shift(timedelta(minutes=20))
            neighbour()
            statuses.append(log_in(client, account, "faux").status_code)
        assert statuses == [422] * 6 + [429] * 2

    def test_it_is_known_to_no_other_account(self, client, neighbour, make_account):
        account, other = make_account(), make_account("MÉLÈZE", number="77", reference="77", email="iris@exemple.test")
        log_in(client, account)
        client.log_out()
        neighbour()
        assert log_in(client, other).status_code == 429
        assert client.submit("/identification", identifier="ZZZZ-ZZZZ", password="faux").status_code == 429

    def test_nor_once_the_password_is_another(self, client, app, neighbour, make_account, clock):
        account, elsewhere = make_account(), app.test_client()
        for browser in (client, elsewhere):
            log_in(browser, account)
        clock.shift(timedelta(seconds=1))
        new = "deux lunes rouges sur le toit"
        fields = {"current_password": OWN_PASSWORD, "new_password": new, "confirmation": new}
        elsewhere.submit("/compte/mot-de-passe", **fields)
        neighbour()
        assert log_in(client, account, new).status_code == 429

    def test_nor_to_one_of_two_by_the_address_that_both_share(self, client, neighbour, make_account):
        """It has a door of its own there once it was let into both."""
        account, other = make_account(), make_account("MÉLÈZE", number="77", reference="77")
        by_address = {"identifier": account.tenant.email, "password": OWN_PASSWORD}
        log_in(client, account)
        client.log_out()
        neighbour()
        assert client.submit("/identification", **by_address).status_code == 429
        JournalEntry.delete().execute()
        log_in(client, other)
        client.log_out()
        neighbour()
        assert landing(client.submit("/identification", **by_address)) == "/compte/comptes"


def test_the_same_request_five_times_an_hour(client, make_tenant, clock, each_press_counts):
    make_tenant()
    for name in ("D'Angelo-Paoli", "d angelo paoli", "DANGELO PAOLI", "D'Angelo-Paoli", "D'Angelo-Paoli"):
        assert landing(request_code(client, name=name)) == "/code-envoye"
        clock.shift(timedelta(minutes=5))
    answer = request_code(client)
    page = Page(answer)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2100"
    assert "Réessayez dans 35 minutes." in page.text
    assert page.one("#email")["value"] == "maria@exemple.test"
    assert AccessRequest.select().count() == 5
    clock.shift(timedelta(minutes=36))
    assert landing(request_code(client)) == "/code-envoye"


STRANGERS = {
    "knows the address": [{"tenant_number": f"77{n}", "name": "Quidam"} for n in range(9)],
    "knows the number": [{"email": f"autre{n}@exemple.test", "name": "Quidam"} for n in range(9)],
    "knows the avis": [{"email": f"autre{n}@exemple.test"} for n in range(9)],
    "knows all but the dwelling": [{"dwelling_reference": f"77-{n}"} for n in range(9)],
    "knows all but the name": [{"name": f"Quidam {letter}"} for letter in "abcdefghi"],
}


@pytest.mark.parametrize("guesses", STRANGERS.values(), ids=STRANGERS)
def test_no_stranger_s_requests_keep_a_tenant_from_theirs(
    client, another_browser, make_account, outbox, clock, guesses
):
    """Nor their failures at the door, since what the tenant is mailed opens it all the same."""
    account = make_account()
    fail(another_browser, account, 6)
    for guess in guesses:
        assert landing(request_code(another_browser, **guess)) == "/code-envoye"
    outbox.deliver()
    assert landing(request_code(client)) == "/code-envoye"
    _, password = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
    assert landing(log_in(client, account, password)) == "/compte"


TOLD = {
    "no match": [{"tenant_number": f"77{n}"} for n in range(4)],
    "another address": [{"email": f"autre{n}@exemple.test"} for n in range(4)],
    "all four": [
        {"name": name}
        for name in ("D'Angelo-Paoli", "Maria D'Angelo-Paoli", "D'Angelo-Paoli Maria", "Mme D'Angelo-Paoli")
    ],
}


@pytest.mark.parametrize("requests", TOLD.values(), ids=TOLD)
def test_an_address_on_file_is_told_the_same_so_often_an_hour(
    client, make_tenant, outbox, app, monkeypatch, clock, requests
):
    """However the answers are written, and from however many networks they come."""
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 2)
    make_tenant()
    for answers in requests:
        request_code(client, **answers)
    outbox.deliver()
    assert [mail.recipients for mail in outbox.sent] == [["maria@exemple.test"]] * 2
    first, second, *others = [request.outcome for request in AccessRequest.select().order_by(AccessRequest.id)]
    assert first == second
    assert others == [first if first == Outcome.OTHER_ADDRESS else Outcome.TOO_MANY] * 2
    clock.shift(timedelta(minutes=61))
    request_code(client, **requests[0])
    outbox.deliver()
    assert len(outbox.sent) == 3


def test_however_many_strangers_ask_an_agent_sees_the_tenant_s_own_request(
    client, make_tenant, outbox, app, monkeypatch
):
    """Who knows the avis could keep a new address of the tenant's from the agents, hour by hour."""
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 2)
    make_tenant()
    for address in ("autre0@exemple.test", "autre1@exemple.test", "stella@exemple.test"):
        request_code(client, email=address)
    outbox.deliver()
    assert len(outbox.sent) == 2
    assert [it.request.email for it in Verification.pending()][-1] == "stella@exemple.test"


def test_what_strangers_ask_for_does_not_use_up_the_agent_s_codes(
    client, console, make_tenant, outbox, app, monkeypatch, each_press_counts
):
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 2)
    tenant = make_tenant()
    for _ in range(3):
        request_code(client)
    outbox.deliver()
    assert len(outbox.sent) == 2
    press(console, f"/agents/locataires/{tenant.id}", f"/agents/locataires/{tenant.id}/code")
    assert "vous envoie un code d" in outbox.deliver().body


def test_twenty_requests_an_hour_from_one_network_address(client, clock):
    for n in range(20):
        request_code(client, email=f"a{n}@exemple.test", tenant_number=f"5{n}")
    assert request_code(client, email="z@exemple.test", tenant_number="9").status_code == 429


def test_a_stranger_s_header_does_not_change_the_network_address(client, app, monkeypatch, clock):
    monkeypatch.setitem(app.config, "REQUESTS_ADDRESS", 2)
    for n in range(3):
        page = client.get("/demander-un-code")
        token = Page(page).one("input[name=csrf_token]")["value"]
        answer = client.post(
            "/demander-un-code",
            data={"csrf_token": token, "name": "x", "email": f"a{n}@exemple.test", "dwelling_reference": "1",
                  "tenant_number": f"5{n}"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
        )  # fmt: skip
    assert answer.status_code == 429


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
    _, password = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
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
