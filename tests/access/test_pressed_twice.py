"""« Valider », pressed twice: the browser gives the first answer up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ophportal.addresses import let_nobody_in
from ophportal.models import Event, JournalEntry, OutboxMessage, TenantSession
from ophportal.office import actions
from ophportal.testing import TOKEN, Visitor
from tests.conftest import OWN_PASSWORD, StrictVisitor, landing, log_in
from tests.doors import choose, cookie, landing_or_page, opens, try_in
from tests.page import Page
from tests.together import at_once

NEW = "deux lunes rouges sur le toit"
OTHER = "trois nuages gris au galop"


class TestPressedTwice:
    """« Valider », twice: the browser gives the first answer up, and with it the session's cookie."""

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
        assert [landing_or_page(each) for each in (one, two)] == ["/compte/choisir-mot-de-passe"] * 2

    def test_so_does_a_third_press(self, client, make_account, mailed, press):
        make_account()
        code, temporary = mailed()
        valider = press(client, code, temporary)
        assert [landing(valider()) for _ in range(3)] == ["/compte"] * 3
        assert TenantSession.select().count() == 1

    @pytest.mark.parametrize("mailed_one", [True, False], ids=["mailed", "own"])
    def test_the_press_that_the_browser_gave_up_may_come_last(
        self, client, make_account, mailed, clock, press, mailed_one
    ):
        """As by two workers: the second press was faster, and the browser follows its answer."""
        account = make_account()
        _, temporary = mailed()
        valider = press(client, account.code, temporary if mailed_one else OWN_PASSWORD)
        valider()
        followed = cookie(client)
        clock.shift(timedelta(seconds=3))
        valider()

        client.set_cookie("session", followed)

        assert landing_or_page(client) == ("/compte/choisir-mot-de-passe" if mailed_one else "/compte")
        assert TenantSession.select().count() == 1

    def test_each_login_by_one_form_is_another_session(self, client, another_browser, make_account, press):
        """Who copied the cookie of one that was ended opens nothing by the next."""
        account = make_account()
        valider = press(client, account.code, OWN_PASSWORD)
        valider()
        ended = cookie(client)
        client.log_out()
        valider()
        assert landing_or_page(client) == "/compte"
        assert not opens(another_browser, ended)

    def test_two_browsers_let_in_at_one_moment_hold_two_sessions(
        self, client, another_browser, make_account, clock, press
    ):
        account = make_account()
        for browser in (client, another_browser):
            assert landing(press(browser, account.code, OWN_PASSWORD)()) == "/compte"
        assert [landing_or_page(each) for each in (client, another_browser)] == ["/compte"] * 2
        assert TenantSession.select().count() == 2

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

    def test_nor_is_one_with_another_password_or_for_another_account(
        self, client, another_browser, make_account, mailed, clock
    ):
        """By one form, whose first answers the browser gave up: an own password, a mailed one, a household's other."""
        account = make_account()
        other = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test", password=OTHER)
        code, temporary = mailed()
        fields = {"csrf_token": TOKEN.search(client.get("/identification").text)[1]}
        before = cookie(client)

        def valider(identifier: str, password: str) -> Any:
            client.set_cookie("session", before)
            typed = {"identifier": identifier, "password": password}
            return landing(client.post("/identification", data=fields | typed))

        assert valider(code, OWN_PASSWORD) == "/compte"
        assert valider(other.code, OTHER) == "/compte"
        assert "PAOLI" in Page(client.get("/compte")).text
        assert {row.account for row in TenantSession} == {account, other}

        assert valider(code, temporary) == "/compte"
        assert landing_or_page(client) == "/compte/choisir-mot-de-passe"
        assert try_in(another_browser, code, temporary) == 422  # its one login is used up

    def test_somebody_else_s_press_is_not_taken_for_a_second_one(self, client, make_account):
        account = make_account()
        other = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test", password=OTHER)
        token = TOKEN.search(client.get("/identification").text)[1]
        log_in(client, account)
        fields = {"csrf_token": token, "identifier": other.code, "password": OTHER}
        assert client.post("/identification", data=fields).status_code == 400
