"""A browser that has been inside an account is not shut out of it by what others fail at: which one, and until when."""

from datetime import timedelta
from itertools import count, islice

import pytest

from ophportal.models import Account, JournalEntry
from tests.access.failures import fail
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.office import code_and_password
from tests.page import Page


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
                _, mailed = code_and_password(outbox.deliver().body)
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
    assert "nouveau mot de passe" in outbox.deliver().subject
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


def test_a_copied_one_has_no_tries_of_its_own_and_opens_nothing(client, another_browser, make_account, outbox, clock):
    """What it gives: the tries of the browser that it was copied from, and a login that no mail tells of."""
    account = make_account()
    log_in(another_browser, account)
    another_browser.log_out()
    outbox.deliver()
    client.set_cookie("appareil", another_browser.get_cookie("appareil").value)
    assert landing(client.get("/compte")) == "/identification"
    fail(another_browser, account, 3)
    fail(client, account, 2)
    assert log_in(client, account).status_code == log_in(another_browser, account).status_code == 429
    clock.shift(timedelta(hours=1))
    assert landing(log_in(client, account)) == "/compte"
    assert outbox.deliver() is None


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
