"""Two things at once, and things out of their time: what a password, a session or a limit is worth then."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from itsdangerous import URLSafeTimedSerializer

from ophportal import passwords
from ophportal.access import login, sessions
from ophportal.addresses import let_nobody_in
from ophportal.models import (
    AccessRequest,
    Account,
    Event,
    JournalEntry,
    Lease,
    OutboxMessage,
    TemporaryPassword,
    Tenant,
    TenantSession,
)
from ophportal.models.keys import email_key
from ophportal.office import actions
from ophportal.testing import TOKEN, Visitor
from tests.conftest import OWN_PASSWORD, StrictVisitor, landing, log_in, request_code
from tests.page import Page
from tests.together import at_once, meanwhile

NEW = "deux lunes rouges sur le toit"
OTHER = "trois nuages gris au galop"
UNRECOGNISED = "L'identifiant ou le mot de passe n'est pas le bon."


@pytest.fixture
def browsers(app):
    """A function that gives so many browsers."""
    return lambda count: [StrictVisitor(app, app.response_class) for _ in range(count)]


@pytest.fixture
def after_the_check(monkeypatch):
    """A function that has a deed done once, right after somebody's password was found right or wrong."""

    def arrange(deed: Callable[[], Any]) -> list[Any]:
        deeds, done = [deed], []
        check = login.verify_password

        def checked(password: str, stored: str) -> bool:
            verdict = check(password, stored)
            if deeds:
                done.append(meanwhile(deeds.pop()))
            return verdict

        monkeypatch.setattr(login, "verify_password", checked)
        return done

    return arrange


@pytest.fixture
def both_recognised(monkeypatch):
    """A function from which on the next two who try a temporary password go on together, once it was found good."""

    def arrange() -> None:
        both, valid_for = threading.Barrier(2, timeout=30), TemporaryPassword.valid_for

        def found(*given: Any) -> TemporaryPassword | None:
            temporary = valid_for(*given)
            with suppress(threading.BrokenBarrierError):
                both.wait()
            both.abort()
            return temporary

        monkeypatch.setattr(TemporaryPassword, "valid_for", found)

    return arrange


@pytest.fixture
def mailed(client, outbox):
    """A function that asks for the default tenant's code; gives the code and the temporary password of the mail."""

    def ask() -> tuple[str, str]:
        assert request_code(client).status_code == 303
        mail = outbox.deliver()
        assert mail is not None
        code, password = re.findall(r"^    (\S+)$", mail.body, re.MULTILINE)
        return code, password

    return ask


def try_in(browser: Visitor, identifier: str, password: str) -> int:
    return browser.submit("/identification", identifier=identifier, password=password).status_code


def another_last_letter(password: str) -> str:
    """The temporary password with its last letter mistyped, whichever letter that is."""
    return password[:-1] + next(letter for letter in passwords.LETTERS if letter != password[-1])


def change(browser: Visitor, identifier: str, current: str, new: str) -> Any:
    fields = {"identifier": identifier, "current_password": current, "new_password": new, "confirmation": new}
    return browser.submit("/changer-mot-de-passe", **fields)


def change_inside(browser: Visitor, current: str, new: str) -> Any:
    return browser.submit("/compte/mot-de-passe", current_password=current, new_password=new, confirmation=new)


def choose(browser: Visitor, new: str) -> Any:
    return browser.submit("/compte/choisir-mot-de-passe", new_password=new, confirmation=new)


def cookie(browser: Visitor) -> str:
    return browser.get_cookie("session").value


def opens(browser: Visitor, stolen: str) -> bool:
    """Whether the account opens to somebody who has this cookie."""
    browser.set_cookie("session", stolen)
    return landing_or_page(browser) != "/identification"


def landing_or_page(browser: Visitor) -> str:
    answer = browser.get("/compte")
    return landing(answer) if answer.status_code == 303 else "/compte"


class TestTwoAtOnce:
    def test_of_two_uses_of_one_temporary_password_one_gets_in(self, browsers, make_tenant, mailed, both_recognised):
        make_tenant()
        code, temporary = mailed()
        both_recognised()

        answers = at_once(
            *[
                lambda browser=browser: browser.submit("/identification", identifier=code, password=temporary)
                for browser in browsers(2)
            ]
        )

        first, second = sorted(answers, key=lambda answer: answer.status_code)
        assert landing(first) == "/compte"
        assert second.status_code == 422
        assert UNRECOGNISED in Page(second).one(".summary").text
        assert TenantSession.select().count() == 1

    def test_of_eight_logins_with_it_one_gets_in(self, browsers, make_tenant, mailed):
        make_tenant()
        code, temporary = mailed()
        statuses = at_once(*[lambda browser=browser: try_in(browser, code, temporary) for browser in browsers(8)])
        assert Counter(statuses)[303] == 1
        assert set(statuses) <= {303, 422, 429}
        assert TenantSession.select().count() == 1

    def test_of_two_changes_with_it_one_is_made(self, browsers, make_tenant, mailed, both_recognised):
        make_tenant()
        code, temporary = mailed()
        both_recognised()
        one, two = browsers(2)

        answers = at_once(lambda: change(one, code, temporary, NEW), lambda: change(two, code, temporary, OTHER))

        first, second = sorted(answers, key=lambda answer: answer.status_code)
        assert landing(first) == "/identification"
        assert second.status_code == 422
        assert UNRECOGNISED in Page(second).one(".summary").text
        chosen, refused = (NEW, OTHER) if answers[0] is first else (OTHER, NEW)
        assert try_in(one, code, refused) == 422
        assert try_in(one, code, chosen) == 303

    def test_twenty_guesses_at_once_are_checked_five_at_most(self, browsers, make_account, monkeypatch):
        account = make_account()
        checked = []
        verify = login.verify_password
        monkeypatch.setattr(login, "verify_password", lambda *given: checked.append(given) or verify(*given))

        statuses = at_once(*[lambda browser=browser: try_in(browser, account.code, "faux") for browser in browsers(20)])

        assert Counter(statuses) == {422: 5, 429: 15}
        assert len(checked) == 5
        assert JournalEntry.select().where(JournalEntry.event == Event.LOGIN_THROTTLED).count() == 1

    def test_nor_more_when_nobody_has_that_code(self, browsers, app):
        statuses = at_once(*[lambda browser=browser: try_in(browser, "ZZZZ-ZZZZ", "faux") for browser in browsers(20)])
        assert Counter(statuses) == {422: 5, 429: 15}

    def test_of_twelve_requests_at_once_for_one_target_five_are_taken(self, browsers, make_tenant):
        make_tenant()
        statuses = at_once(*[lambda browser=browser: request_code(browser).status_code for browser in browsers(12)])
        assert Counter(statuses) == {303: 5, 429: 7}
        assert AccessRequest.select().count() == OutboxMessage.select().count() == 5
        assert JournalEntry.select().where(JournalEntry.event == Event.REQUEST_THROTTLED).count() == 1

    def test_of_two_changes_of_password_at_once_one_is_made(self, browsers, make_account):
        account = make_account()
        one, two = browsers(2)
        answers = at_once(
            lambda: change(one, account.code, OWN_PASSWORD, NEW), lambda: change(two, account.code, OWN_PASSWORD, OTHER)
        )
        assert sorted(answer.status_code for answer in answers) == [303, 422]
        refused = next(answer for answer in answers if answer.status_code == 422)
        assert UNRECOGNISED in Page(refused).one(".summary").text
        chosen = NEW if answers[0].status_code == 303 else OTHER
        opening = [word for word in (OWN_PASSWORD, NEW, OTHER) if try_in(one, account.code, word) == 303]
        assert opening == [chosen]

    def test_of_two_changes_from_inside_one_is_made_and_the_other_browser_is_out(self, browsers, make_account):
        account = make_account()
        one, two = browsers(2)
        log_in(one, account)
        log_in(two, account)

        answers = at_once(
            lambda: change_inside(one, OWN_PASSWORD, NEW), lambda: change_inside(two, OWN_PASSWORD, OTHER)
        )

        landings = [landing(answer) for answer in answers if answer.status_code == 303]
        assert landings.count("/compte") == 1
        assert TenantSession.select().count() == 1
        assert sorted([landing_or_page(one), landing_or_page(two)]) == ["/compte", "/identification"]

    def test_of_two_first_choices_at_once_one_is_made(self, browsers, make_tenant, mailed):
        make_tenant()
        code, temporary = mailed()
        one, two = browsers(2)
        assert try_in(one, code, temporary) == 303
        two.set_cookie("session", cookie(one))

        answers = at_once(lambda: choose(one, NEW), lambda: choose(two, OTHER))

        assert sorted(landing(answer) for answer in answers) == ["/compte", "/identification"]
        assert TenantSession.select().count() == 1
        assert sorted(try_in(browser, code, word) for browser, word in zip(browsers(2), (NEW, OTHER), strict=True)) == [
            303,
            422,
        ]

    def test_a_page_asked_for_during_a_logout_is_the_account_or_the_door(self, browsers, make_account):
        account = make_account()
        one, two = browsers(2)
        for _ in range(5):
            log_in(one, account)
            stolen = cookie(one)
            two.set_cookie("session", stolen)
            statuses = at_once(
                one.log_out,
                *[lambda path=path: two.get(path).status_code for path in ("/compte", "/compte/securite")],
            )[1:]
            assert set(statuses) <= {200, 303}
            assert not opens(two, stolen)

    def test_two_logouts_at_once_are_one(self, browsers, make_account):
        one, two = browsers(2)
        log_in(one, make_account())
        fields = {"csrf_token": TOKEN.search(one.get("/compte").text)[1]}
        two.set_cookie("session", cookie(one))
        presses = [lambda browser=browser: browser.post("/deconnexion", data=fields) for browser in (one, two)]
        assert [landing(answer) for answer in at_once(*presses)] == ["/", "/"]
        assert TenantSession.select().count() == 0


class TestOvertaken:
    """A password that was right a moment ago, and is no more when it should open something."""

    def test_a_login_that_a_change_of_password_overtakes_opens_nothing(self, browsers, make_account, after_the_check):
        account = make_account()
        thief, tenant = browsers(2)
        log_in(tenant, account)
        changed = after_the_check(lambda: change_inside(tenant, OWN_PASSWORD, NEW))

        assert try_in(thief, account.code, OWN_PASSWORD) == 422

        assert landing(changed[0]) == "/compte"
        assert landing_or_page(thief) == "/identification"
        assert TenantSession.select().count() == 1

    def test_nor_does_one_that_the_temporary_password_overtakes(self, browsers, make_account, mailed, after_the_check):
        account = make_account()
        code, temporary = mailed()
        thief, tenant = browsers(2)
        after_the_check(lambda: try_in(tenant, code, temporary))
        assert try_in(thief, account.code, OWN_PASSWORD) == 422
        assert TenantSession.select().count() == 1

    def test_nor_does_one_that_the_office_s_block_overtakes(self, client, make_account, mailed, after_the_check):
        account = make_account()
        code, temporary = mailed()
        for word in (OWN_PASSWORD, temporary):
            after_the_check(lambda: Account.get_by_id(account.id).block())
            assert try_in(client, code, word) == 422
            assert TenantSession.select().count() == 0
            Account.get_by_id(account.id).unblock()
        assert try_in(client, code, temporary) == 303

    def test_a_change_that_another_overtakes_changes_nothing(self, browsers, make_account, after_the_check):
        account = make_account()
        thief, tenant = browsers(2)
        after_the_check(lambda: change(tenant, account.code, OWN_PASSWORD, NEW))
        assert change(thief, account.code, OWN_PASSWORD, OTHER).status_code == 422
        assert try_in(thief, account.code, OTHER) == 422
        assert try_in(tenant, account.code, NEW) == 303

    def test_a_first_choice_that_the_session_s_end_overtakes_is_none(self, browsers, make_account, mailed, monkeypatch):
        """As by a tenant who takes a change of address back: whoever came in by it was stored for good, and inside.

        There is no own password whose change could tell.
        """
        account = make_account()
        code, temporary = mailed()
        thief, tenant = browsers(2)
        assert try_in(thief, code, temporary) == 303
        hashing = sessions.hash_password
        monkeypatch.setattr(
            sessions, "hash_password", lambda word: (hashing(word), TenantSession.end_all_of(account))[0]
        )

        assert landing(choose(thief, NEW)) == "/identification"

        assert landing_or_page(thief) == "/identification"
        assert try_in(tenant, code, NEW) == 422
        assert TenantSession.select().count() == 0

    def test_a_hash_renewed_at_login_does_not_bring_an_old_password_back(
        self, browsers, make_account, after_the_check, monkeypatch
    ):
        account = make_account()
        thief, tenant = browsers(2)
        monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
        after_the_check(lambda: change(tenant, account.code, OWN_PASSWORD, NEW))
        assert try_in(thief, account.code, OWN_PASSWORD) == 422
        assert try_in(thief, account.code, OWN_PASSWORD) == 422
        assert try_in(tenant, account.code, NEW) == 303


class TestTemporaryPassword:
    """One login, twenty-four hours, for the address that it went to; and nobody is locked out by it."""

    @pytest.fixture
    @staticmethod
    def clock():
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
            yield clock

    def test_it_is_good_for_one_login(self, client, another_browser, make_tenant, mailed):
        make_tenant()
        code, temporary = mailed()
        assert try_in(client, code, temporary) == 303
        assert try_in(another_browser, code, temporary) == 422
        assert landing(choose(client, NEW)) == "/compte"
        assert try_in(another_browser, code, temporary) == 422

    def test_it_is_not_used_up_by_somebody_who_mistypes(self, client, make_tenant, mailed):
        make_tenant()
        code, temporary = mailed()
        assert try_in(client, code, another_last_letter(temporary)) == 422
        assert try_in(client, "ZZZZ-ZZZZ", temporary) == 422
        assert try_in(client, code, temporary) == 303

    @pytest.mark.parametrize(("minutes", "status"), [(24 * 60 - 1, 303), (24 * 60, 422), (24 * 60 + 1, 422)])
    def test_it_is_good_for_twenty_four_hours(self, client, make_tenant, mailed, clock, minutes, status):
        make_tenant()
        code, temporary = mailed()
        clock.shift(timedelta(minutes=minutes))
        assert try_in(client, code, temporary) == status

    def test_a_newer_one_makes_it_void(self, client, another_browser, make_tenant, mailed):
        make_tenant()
        code, older = mailed()
        _, newer = mailed()
        assert older != newer
        assert try_in(client, code, older) == 422
        assert try_in(client, code, newer) == 303
        assert try_in(another_browser, code, older) == 422

    def test_a_change_of_address_makes_it_void_and_back_again(self, client, make_tenant, mailed):
        tenant = make_tenant()
        code, temporary = mailed()
        put_address(tenant, "autre@exemple.test")
        assert try_in(client, code, temporary) == 422
        put_address(tenant, "")
        assert try_in(client, code, temporary) == 422
        put_address(tenant, "maria@exemple.test")
        assert try_in(client, code, temporary) == 303

    def test_the_same_address_written_otherwise_keeps_it(self, client, make_tenant, mailed):
        tenant = make_tenant()
        code, temporary = mailed()
        put_address(tenant, "Maria@Exemple.test")
        Tenant.update(phone="04 65 71 00 01").execute()
        assert try_in(client, code, temporary) == 303

    def test_the_end_of_the_last_lease_makes_it_void(self, client, make_tenant, mailed, clock):
        make_tenant()
        code, temporary = mailed()
        Lease.update(ends_on=date(2026, 3, 1)).execute()
        assert try_in(client, code, temporary) == 422
        Lease.update(ends_on=date(2026, 3, 2)).execute()
        assert try_in(client, code, temporary) == 303

    def test_it_opens_the_account_of_its_own_tenant_alone(self, client, make_tenant, make_account, mailed):
        other = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test")
        make_tenant()
        code, temporary = mailed()
        assert try_in(client, other.code, temporary) == 422
        assert try_in(client, "ange@exemple.test", temporary) == 422
        assert try_in(client, code, temporary) == 303

    def test_what_the_store_knows_of_it_opens_nothing(self, client, make_tenant, mailed):
        make_tenant()
        code, _ = mailed()
        for secret in (TemporaryPassword.get().digest, AccessRequest.get().token):
            assert try_in(client, code, secret) == 422

    def test_the_own_password_goes_on_working_until_it_is_used(self, client, another_browser, make_account, mailed):
        account = make_account()
        code, temporary = mailed()
        assert try_in(another_browser, code, OWN_PASSWORD) == 303
        another_browser.log_out()
        assert try_in(client, code, temporary) == 303
        assert try_in(another_browser, account.code, OWN_PASSWORD) == 422

    def test_asking_for_codes_locks_nobody_out(self, client, another_browser, make_account, mailed, outbox):
        account = make_account()
        log_in(another_browser, account)
        for _ in range(5):
            mailed()
        assert request_code(client).status_code == 429
        assert landing_or_page(another_browser) == "/compte"
        another_browser.log_out()
        assert log_in(another_browser, account).status_code == 303

    def test_a_tenant_who_closes_the_browser_before_choosing_asks_again(
        self, client, another_browser, make_tenant, mailed
    ):
        make_tenant()
        code, temporary = mailed()
        assert try_in(another_browser, code, temporary) == 303
        again, fresh = mailed()
        assert again == code
        assert try_in(client, code, fresh) == 303
        assert landing(choose(client, NEW)) == "/compte"
        # Whoever held the first of them is out.
        assert landing_or_page(another_browser) == "/identification"


def put_address(tenant: Tenant, email: str) -> None:
    Tenant.update(email=email, email_key=email_key(email)).where(Tenant.id == tenant.id).execute()


class TestFixation:
    """A cookie is worth what it was worth when it was given, and never more."""

    def test_a_cookie_from_before_the_login_stays_a_stranger_s(self, client, another_browser, make_account):
        client.get("/identification")
        before = cookie(client)
        log_in(client, make_account())
        assert not opens(another_browser, before)
        assert cookie(client) != before

    def test_a_planted_cookie_is_not_promoted(self, client, another_browser, make_account):
        another_browser.get("/identification")
        planted = cookie(another_browser)
        client.set_cookie("session", planted)
        log_in(client, make_account())
        assert landing_or_page(client) == "/compte"
        assert not opens(another_browser, planted)

    def test_nor_does_the_token_that_its_planter_knows_work_inside(self, client, another_browser, make_account):
        known = TOKEN.search(another_browser.get("/identification").text)[1]
        client.set_cookie("session", cookie(another_browser))
        log_in(client, make_account())
        assert client.post("/deconnexion", data={"csrf_token": known}).status_code == 400

    def test_who_logs_in_over_a_planted_session_is_in_their_own_account(self, client, another_browser, make_account):
        thief = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test")
        tenant = make_account()
        log_in(another_browser, thief)
        planted = cookie(another_browser)
        token = TOKEN.search(client.get("/identification").text)[1]
        with client.session_transaction() as session, another_browser.session_transaction() as theirs:
            session["_user_id"] = theirs["_user_id"]

        data = {"csrf_token": token, "identifier": tenant.code, "password": OWN_PASSWORD}
        assert landing(client.post("/identification", data=data)) == "/compte"

        assert "D'ANGELO-PAOLI" in Page(client.get("/compte")).text
        assert not opens(another_browser, planted)
        assert TenantSession.get().account == tenant

    def test_a_second_login_in_one_browser_ends_the_first_session(self, client, another_browser, make_account):
        account = make_account()
        log_in(client, account)
        first = cookie(client)
        token = TOKEN.search(client.get("/compte/mot-de-passe").text)[1]
        data = {"csrf_token": token, "identifier": account.code, "password": OWN_PASSWORD}
        assert landing(client.post("/identification", data=data)) == "/compte"
        assert not opens(another_browser, first)
        assert landing_or_page(client) == "/compte"

    def test_the_session_of_a_temporary_password_ends_with_the_choice(
        self, client, another_browser, make_tenant, mailed
    ):
        make_tenant()
        code, temporary = mailed()
        try_in(client, code, temporary)
        before = cookie(client)
        assert opens(another_browser, before)
        choose(client, NEW)
        assert not opens(another_browser, before)

    def test_a_forged_cookie_opens_nothing(self, app, client, another_browser, make_account):
        log_in(client, make_account())
        row = TenantSession.get()
        with client.session_transaction() as session:
            token = session["_user_id"]
        ours = app.session_interface.get_signing_serializer(app)
        theirs = URLSafeTimedSerializer("another key", salt="cookie-session")
        digest = row.token_digest
        forged = [
            theirs.dumps({"_user_id": token}),
            "x" + ours.dumps({"_user_id": token}),
            ours.dumps({"_user_id": token}).rpartition(".")[0],
            # Signed even so: the row's id, its digest and a stranger's token name no session.
            *[ours.dumps({"_user_id": wrong}) for wrong in (str(row.id), "1", "", digest, token + "x", token.upper())],
        ]
        for each in forged:
            assert not opens(another_browser, each), each
        assert opens(another_browser, ours.dumps({"_user_id": token}))

    def test_one_tenant_s_session_acts_for_nobody_else(self, client, another_browser, make_account):
        mine = make_account()
        theirs = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test", password=OTHER)
        log_in(another_browser, theirs, OTHER)
        log_in(client, mine)
        # Neither their password nor their code typed into my forms touches them.
        assert change_inside(client, OTHER, NEW).status_code == 422
        fields = {"identifier": theirs.code, "account": theirs.id, "tenant": theirs.tenant.id, "_user_id": theirs.id}
        answer = client.submit(
            "/compte/mot-de-passe", current_password=OWN_PASSWORD, new_password=NEW, confirmation=NEW, **fields
        )
        assert landing(answer) == "/compte"
        assert landing_or_page(another_browser) == "/compte"
        another_browser.log_out()
        client.log_out()
        assert try_in(another_browser, theirs.code, OTHER) == 303
        assert try_in(client, mine.code, NEW) == 303
        assert Account.select().count() == 2


class TestPressedTwice:
    """« Valider », twice: the browser gives the first answer up, and with it the session's cookie."""

    @pytest.fixture
    @staticmethod
    def clock():
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
            yield clock

    @pytest.fixture
    def press(self):
        """A function that fills the form of Identification in; gives one that presses its button, as often as wanted.

        Each press sends what the browser held when the page came.
        """

        def fill_in(browser: Visitor, identifier: str, password: str) -> Callable[[], Any]:
            token = TOKEN.search(browser.get("/identification").text)[1]
            fields = {"csrf_token": token, "identifier": identifier, "password": password}
            before = cookie(browser)

            def press() -> Any:
                browser.set_cookie("session", before)
                browser.delete_cookie("appareil")
                return browser.post("/identification", data=fields)

            return press

        return fill_in

    def test_the_second_answer_opens_the_account_with_the_mailed_password(
        self, client, make_account, mailed, clock, press
    ):
        make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        assert landing(valider()) == "/compte"
        clock.shift(timedelta(seconds=29))

        assert landing(valider()) == "/compte"

        assert landing(client.get("/compte")) == "/compte/choisir-mot-de-passe"
        assert TenantSession.select().count() == 1
        assert landing(choose(client, NEW)) == "/compte"
        client.log_out()
        assert try_in(client, code, NEW) == 303

    def test_so_it_does_when_both_presses_arrive_at_once(self, app, make_account, mailed, both_recognised):
        make_account()
        code, temporary = mailed()
        one, two = (StrictVisitor(app, app.response_class) for _ in range(2))
        fields = {"csrf_token": TOKEN.search(one.get("/identification").text)[1]}
        two.set_cookie("session", cookie(one))
        fields |= {"identifier": code, "password": temporary}
        both_recognised()

        answers = at_once(*[lambda each=each: each.post("/identification", data=fields) for each in (one, two)])

        assert [landing(answer) for answer in answers] == ["/compte", "/compte"]
        assert TenantSession.select().count() == 1
        assert sorted(landing_or_page(each) for each in (one, two)) == [
            "/compte/choisir-mot-de-passe",
            "/identification",
        ]

    def test_so_does_a_third_press(self, client, make_account, mailed, press):
        make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        assert [landing(valider()) for _ in range(3)] == ["/compte"] * 3
        assert TenantSession.select().count() == 1

    def test_the_session_of_the_first_press_ends(self, client, another_browser, make_account, mailed, press):
        make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        valider()
        first = cookie(client)
        valider()
        assert not opens(another_browser, first)

    def test_another_browser_is_refused_as_ever(self, client, another_browser, make_account, mailed, press):
        make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        valider()
        assert try_in(another_browser, code, temporary) == 422
        # The refusal has taken nothing from who was first.
        assert landing(valider()) == "/compte"

    def test_so_is_the_same_one_half_a_minute_later(self, client, make_account, mailed, clock, press):
        make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        valider()
        clock.shift(timedelta(seconds=31))
        assert valider().status_code == 422

    def test_presses_do_not_draw_that_half_minute_out(self, client, make_account, mailed, clock, press):
        make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        for seconds in (0, 20, 20):
            clock.shift(timedelta(seconds=seconds))
            answer = valider()
        assert answer.status_code == 422

    @pytest.mark.parametrize("how", ["blocked", "chosen", "taken back", "disconnected"])
    def test_nothing_opens_once_the_first_press_s_session_has_ended(
        self, app, client, another_browser, make_account, mailed, press, how
    ):
        account = make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        valider()
        another_browser.set_cookie("session", cookie(client))
        deeds = {
            "blocked": lambda: actions.block(account.tenant, None, "Doute"),
            "chosen": lambda: choose(another_browser, NEW),
            "taken back": lambda: let_nobody_in(account.tenant),
            "disconnected": lambda: actions.end_sessions(account.tenant, None),
        }
        with app.app_context():
            deeds[how]()
        sessions_left = TenantSession.select().count()
        assert valider().status_code == 422
        assert TenantSession.select().count() == sessions_left

    def test_the_own_password_is_forgotten_at_the_first_press(
        self, client, another_browser, make_account, mailed, press
    ):
        """Who says that it is lost may mean that it is stolen: an entry that is abandoned does not bring it back."""
        account = make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        for _ in range(2):
            valider()
            assert try_in(another_browser, account.code, OWN_PASSWORD) == 422

    def test_with_the_own_password_too_one_session_is_left_and_one_mail_tells_of_it(
        self, client, make_account, outbox, press
    ):
        valider = press(client, make_account().code, OWN_PASSWORD)
        assert [landing(valider()) for _ in range(2)] == ["/compte"] * 2
        assert TenantSession.select().count() == 1
        assert OutboxMessage.select().where(OutboxMessage.mail == "new_device").count() == 1

    @pytest.mark.parametrize("mailed_one", [True, False], ids=["mailed", "own"])
    def test_the_journal_says_that_the_button_was_pressed_twice(self, client, make_account, mailed, press, mailed_one):
        account = make_account()
        _, temporary = mailed()
        valider = press(client, account.code, temporary if mailed_one else OWN_PASSWORD)
        valider()
        valider()
        logins = JournalEntry.select().where(JournalEntry.event == Event.LOGIN).order_by(JournalEntry.id)
        assert ["pressé deux fois" in entry.detail for entry in logins] == [False, True]
        assert not JournalEntry.select().where(JournalEntry.event == Event.LOGIN_FAILED).exists()

    def test_a_second_press_that_comes_with_the_first_one_s_cookie_goes_into_the_account(
        self, client, make_account, mailed
    ):
        """The first answer has arrived, and the page that it leads to not yet."""
        make_account()
        code, temporary = mailed()
        token = TOKEN.search(client.get("/identification").text)[1]
        fields = {"csrf_token": token, "identifier": code, "password": temporary}
        assert landing(client.post("/identification", data=fields)) == "/compte"
        assert landing(client.post("/identification", data=fields)) == "/compte"
        assert landing(choose(client, NEW)) == "/compte"

    @pytest.mark.parametrize("first_choice", [True, False], ids=["chosen", "changed"])
    def test_a_password_that_two_presses_have_changed_is_not_said_to_be_lost(
        self, client, make_account, mailed, first_choice
    ):
        """The second one comes with the session that the first has ended."""
        code, temporary = make_account().code, mailed()[1]
        try_in(client, code, temporary if first_choice else OWN_PASSWORD)
        path = "/compte/choisir-mot-de-passe" if first_choice else "/compte/mot-de-passe"
        fields = {"new_password": NEW, "confirmation": NEW, "current_password": OWN_PASSWORD}
        fields["csrf_token"] = Page(client.get(path)).one("main input[name=csrf_token]")["value"]
        held = cookie(client)
        client.post(path, data=fields)
        client.set_cookie("session", held)

        assert landing(client.post(path, data=fields)) == "/identification"

        said = Page(client.get("/identification")).text
        assert "votre nouveau mot de passe est peut-être déjà enregistré : essayez-le d'abord" in said
        assert "n'a pas été enregistré" not in said
        assert try_in(client, code, NEW) == 303

    def test_somebody_else_s_press_is_not_taken_for_a_second_one(self, client, make_account):
        account = make_account()
        other = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test", password=OTHER)
        token = TOKEN.search(client.get("/identification").text)[1]
        log_in(client, account)
        fields = {"csrf_token": token, "identifier": other.code, "password": OTHER}
        assert client.post("/identification", data=fields).status_code == 400
