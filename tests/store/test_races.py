"""Two things at once: what a password, a session or a limit is worth then."""

from collections import Counter
from functools import partial

import pytest
from argon2 import PasswordHasher

from ophportal import database, passwords
from ophportal.access import login, sessions
from ophportal.addresses import record_address
from ophportal.models import AccessRequest, Account, Event, JournalEntry, OutboxMessage, TenantSession
from ophportal.testing import TOKEN
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.doors import change, change_inside, choose, cookie, landing_or_page, opens, try_in
from tests.page import Page
from tests.together import at_once, once_after

NEW = "deux lunes rouges sur le toit"
OTHER = "trois nuages gris au galop"
UNRECOGNISED = "L'identifiant ou le mot de passe n'est pas le bon."


# Who comes at once meets in the hash: it takes the time that it has in production.
pytestmark = pytest.mark.usefixtures("dear_hashes")


@pytest.fixture
def after_the_check(monkeypatch):
    """A function that has a deed done once, right after somebody's password was found right or wrong."""
    return partial(once_after, monkeypatch, login, "verify_password")


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

    def test_nobody_else_s_try_comes_between_the_count_and_what_is_written(self, client, make_account, monkeypatch):
        counted, failures_at = [], JournalEntry.failures_at

        def count(*given):
            counted.append(database.proxy.in_transaction())
            return failures_at(*given)

        monkeypatch.setattr(JournalEntry, "failures_at", count)
        assert try_in(client, make_account().code, "faux") == 422
        assert counted == [True]

    def test_nor_more_when_nobody_has_that_code(self, browsers, app):
        statuses = at_once(*[lambda browser=browser: try_in(browser, "ZZZZ-ZZZZ", "faux") for browser in browsers(20)])
        assert Counter(statuses) == {422: 5, 429: 15}

    def test_of_twelve_requests_at_once_for_one_target_five_are_taken(self, browsers, make_tenant, each_press_counts):
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

    def test_nor_does_one_with_a_mailed_password_whose_mailbox_the_office_takes_off_the_file(
        self, app, client, make_tenant, mailed, after_the_check
    ):
        tenant = make_tenant()
        code, temporary = mailed()

        def correct_address():
            with app.app_context():
                record_address(tenant, "autre@exemple.test")

        after_the_check(correct_address)
        assert try_in(client, code, temporary) == 422
        assert TenantSession.select().count() == 0

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
