"""Two accounts by one e-mail address: the guesses at either add up."""

from datetime import timedelta

import pytest

from ophportal.models import Event, JournalEntry
from tests.access.shared_address import OTHER_PASSWORD, enter
from tests.conftest import OWN_PASSWORD, StrictVisitor, landing, log_in
from tests.page import Page


@pytest.mark.usefixtures("clock")
class TestThrottle:
    def test_five_failures_shut_the_address_and_leave_the_codes(self, client, another_browser, make_pair):
        violette, narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        assert [enter(another_browser, "faux").status_code for _ in range(6)] == [422] * 5 + [429]
        assert enter(client).status_code == 429
        assert landing(log_in(client, violette)) == "/compte"
        assert landing(log_in(another_browser, narcisse, OTHER_PASSWORD)) == "/compte"

    def test_a_failure_is_one_row_that_both_see(self, client, make_pair):
        accounts = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        enter(client, "faux")
        assert JournalEntry.select().where(JournalEntry.event == Event.LOGIN_FAILED).count() == 1
        for account, password in zip(accounts, (OWN_PASSWORD, OTHER_PASSWORD), strict=True):
            log_in(client, account, password)
            assert Page(client.get("/compte/securite")).text.count("Essai refusé avec une adresse e-mail") == 1
            client.log_out()

    def test_neither_sees_from_where_the_other_may_have_failed(self, client, another_browser, make_pair):
        violette, _narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        another_browser.environ_base["REMOTE_ADDR"] = "203.0.113.7"
        enter(another_browser, "faux")
        another_browser.environ_base["REMOTE_ADDR"] = "203.0.113.8"
        log_in(another_browser, violette, "faux")
        log_in(client, violette)
        page = Page(client.get("/compte/securite"))
        at_her_code, at_the_address = page.soup.select("main ul.rows")[2].select("li")
        assert "Essai refusé, depuis l'adresse IP 203.0.113.8" in at_her_code.text
        assert at_the_address.text.endswith("Essai refusé avec une adresse e-mail qui sert à deux comptes")
        assert "203.0.113.7" not in page.text

    def test_a_neighbour_does_not_see_it(self, client, make_pair, make_account):
        neighbour = make_account()
        make_pair()
        enter(client, "faux")
        log_in(client, neighbour)
        assert "Essai refusé" not in Page(client.get("/compte/securite")).text

    def test_who_holds_one_wipes_out_no_guess_at_the_other(self, app, make_pair):
        """Guess, log in with one's own password, guess again: the guesses add up all the same."""
        make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        browser, statuses = StrictVisitor(app, app.response_class), []
        for _ in range(4):
            statuses += [enter(browser, "deviné").status_code for _ in range(2)]
            if enter(browser, OTHER_PASSWORD).status_code == 303:
                browser.log_out()
        assert statuses == [422] * 5 + [429] * 3

    def test_nor_do_fresh_browsers_that_know_one_make_fresh_doors(self, app, make_pair):
        _, narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        statuses = []
        for _ in range(4):
            browser = StrictVisitor(app, app.response_class)
            assert landing(log_in(browser, narcisse, OTHER_PASSWORD)) == "/compte"
            browser.log_out()
            statuses += [enter(browser, "deviné").status_code for _ in range(2)]
        assert statuses == [422] * 5 + [429] * 3

    def test_a_device_that_was_in_both_has_its_own_way_in(self, client, another_browser, make_pair):
        violette, narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        for account, password in ((violette, OWN_PASSWORD), (narcisse, OTHER_PASSWORD)):
            log_in(client, account, password)
            client.log_out()
        for _ in range(6):
            enter(another_browser, "faux")
        assert landing(enter(client)) == "/compte"

    def test_a_day_of_slow_guesses_ends_as_at_any_door(self, app, make_pair, monkeypatch, clock):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 1000)
        make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        browser = StrictVisitor(app, app.response_class)
        statuses = []
        for _ in range(27):
            statuses.append(enter(browser, "deviné").status_code)
            clock.shift(timedelta(minutes=20))
        assert statuses == [422] * 25 + [429] * 2
