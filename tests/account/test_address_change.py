"""A tenant changes their e-mail address: the new one confirms, the old one may undo, and whoever else is kept out."""

import logging
import re
from datetime import timedelta

import pytest

from ophportal import clock, database
from ophportal.addresses import confirm_change, record_address, undo_change
from ophportal.models import AddressChange, Event, Tenant
from ophportal.models.address_change import ChangeState
from ophportal.retention import purge
from tests import stores
from tests.address_changes import (
    CHANGE,
    DEAD,
    NEW,
    OFFICE_S,
    OLD,
    OTHER,
    PAGE,
    after,
    ask,
    changed,
    events,
    link_in,
    on_file,
    text_of,
    use,
)
from tests.conftest import StrictVisitor, landing, log_in, press, request_code
from tests.office import code_and_password
from tests.page import Page
from tests.together import at_once


class TestAsking:
    def test_one_that_was_asked_while_the_clock_ran_ahead_swallows_none(self, client, maria, outbox):
        ask(client)
        AddressChange.update(created_at=clock.now() + timedelta(days=7)).execute()
        outbox.deliver()
        ask(client)
        assert outbox.deliver().recipients == [NEW]

    def test_pressed_twice_the_first_mail_s_link_is_good(self, client, maria, outbox):
        ask(client)
        link = link_in(outbox.deliver())
        assert landing(ask(client)) == PAGE
        assert "Un e-mail part à votre nouvelle adresse." in text_of(client)
        assert outbox.deliver() is None
        use(client, link)
        assert on_file() == NEW

    @pytest.mark.parametrize("htmx", [False, True])
    def test_the_new_address_gets_a_link_and_nothing_changes_yet(self, client, maria, outbox, htmx):
        client.htmx = htmx
        assert landing(ask(client)) == PAGE
        client.htmx = False
        text = text_of(client)
        assert "Un e-mail part à votre nouvelle adresse." in text
        assert f"que l'office vous écrive à {NEW}" in text
        assert text.count("Ouvrez son lien, puis appuyez sur « Confirmer mon adresse ».") == 2
        assert on_file() == OLD
        mail = outbox.deliver()
        assert mail.recipients == [NEW]
        assert mail.subject == "Confirmez votre nouvelle adresse e-mail"
        assert Event.EMAIL_ASKED in events()

    def test_a_stranger_who_gets_it_by_mistake_learns_no_name(self, client, maria, outbox):
        ask(client)
        mail = outbox.deliver()
        for word in ("Maria", "ANGELO", OLD, maria.code, maria.tenant.number):
            assert word not in mail.body + mail.html

    def test_it_takes_the_own_password(self, client, maria, outbox):
        answer = ask(client, password="un mot de passe faux")
        page = Page(answer)
        assert answer.status_code == 422
        assert "Ce n'est pas votre mot de passe actuel." in page.text
        assert page.one("#email")["value"] == NEW
        assert "un mot de passe faux" not in answer.text
        assert outbox.deliver() is None
        assert not AddressChange.select().exists()

    def test_guesses_are_throttled_as_at_the_door(self, client, maria, app):
        answers = [ask(client, password="faux").status_code for _ in range(app.config["LOGIN_FAILURES"] + 1)]
        assert answers == [422] * app.config["LOGIN_FAILURES"] + [429]
        assert ask(client).status_code == 429
        assert not AddressChange.select().exists()

    def test_a_mailed_password_is_not_the_own_one_and_stays_good(self, client, maria, outbox, another_browser):
        request_code(another_browser)
        _, mailed = code_and_password(outbox.deliver().body)
        assert ask(client, password=mailed).status_code == 422
        assert outbox.deliver() is None
        assert landing(log_in(another_browser, maria, mailed)) == "/compte"

    def test_so_many_an_hour_and_no_more(self, client, maria, outbox):
        for number in range(5):
            assert landing(ask(client, f"essai{number}@exemple.test")) == PAGE
        answer = ask(client, "essai6@exemple.test")
        assert answer.status_code == 429
        assert "Trop d'essais. Réessayez dans 60 minutes." in Page(answer).text
        with after(minutes=61):
            log_in(client, maria)
            assert landing(ask(client)) == PAGE

    @pytest.mark.parametrize(
        ("typed", "said"),
        [("", "Écrivez votre adresse e-mail."), ("stella", "n'est pas complète"), (OLD.upper(), "C'est déjà")],
    )
    def test_what_is_no_new_address_is_said(self, client, maria, typed, said):
        answer = ask(client, typed)
        assert answer.status_code == 422
        assert said in Page(answer).text

    def test_the_answer_is_the_same_when_somebody_else_has_that_address(
        self, clock, client, maria, make_account, outbox
    ):
        make_account("ROSSI", "Paul", number="67890", reference="0123-04-057", email=NEW)
        ask(client)
        known = text_of(client), outbox.deliver()
        AddressChange.delete().execute()
        ask(client, OTHER)
        unknown = text_of(client), outbox.deliver()
        forget = re.compile(rf"{NEW}|{OTHER}|/confirmer-adresse/\w+")
        assert forget.sub("", known[0]) == forget.sub("", unknown[0])
        assert forget.sub("", known[1].body) == forget.sub("", unknown[1].body)

    def test_a_newer_one_replaces_the_older(self, client, maria, outbox):
        ask(client)
        older = link_in(outbox.deliver())
        ask(client, OTHER)
        newer = link_in(outbox.deliver())
        assert DEAD in text_of(client, landing(client.get(older)))
        use(client, newer)
        assert on_file() == OTHER

    def test_it_can_be_given_up(self, client, maria, outbox):
        ask(client)
        link = link_in(outbox.deliver())
        press(client, PAGE, f"{CHANGE}/abandonner")
        text = text_of(client)
        assert "Le changement est abandonné." in text
        assert NEW not in text
        assert client.get(landing(client.get(link))).status_code == 410

    def test_what_is_given_up_before_its_mail_left_is_not_mailed(self, client, maria, outbox):
        ask(client)
        press(client, PAGE, f"{CHANGE}/abandonner")
        assert outbox.deliver() is None

    @pytest.mark.usefixtures("clock")
    @pytest.mark.parametrize(("hours", "mails"), [(23, 1), (24, 0)])
    def test_a_link_that_would_be_dead_by_then_is_not_mailed(self, client, maria, outbox, hours, mails):
        """The mail server was away meanwhile."""
        ask(client)
        with after(hours=hours):
            outbox.deliver()
        assert len([mail for mail in outbox.sent if "/confirmer-adresse/" in mail.body]) == mails

    def test_two_at_once_leave_one(self, app, maria):
        browsers = [StrictVisitor(app, app.response_class) for _ in range(2)]
        for browser in browsers:
            log_in(browser, maria)
        at_once(lambda: ask(browsers[0], NEW), lambda: ask(browsers[1], OTHER))
        states = sorted(change.state for change in AddressChange.select())
        assert states == [ChangeState.DROPPED, ChangeState.PENDING]

    def test_no_secret_lies_in_the_store(self, client, maria, outbox):
        undo = changed(client, outbox)
        ask(client, OTHER)
        confirmation = link_in(outbox.deliver())
        content = stores.contents()
        for link in (undo, confirmation):
            secret = link.rpartition("/")[2]
            assert len(secret) == 64
            assert secret.encode() not in content


class TestSecrets:
    def test_no_log_tells_one_even_when_the_store_is_away(self, client, maria, outbox, caplog, monkeypatch):
        caplog.set_level(logging.DEBUG)
        logging.getLogger("peewee").setLevel(logging.INFO)  # its DEBUG tells every value, in tests alone
        undo = changed(client, outbox)
        ask(client, OTHER)
        confirmation = link_in(outbox.deliver())
        for link in (undo, confirmation):
            client.post(link)
            client.get(link + "/x")
            page = landing(client.get(link))
            database.proxy.execute_sql("ALTER TABLE address_change RENAME TO away")
            try:
                assert client.get(page).status_code in {500, 503}
            finally:
                database.proxy.execute_sql("ALTER TABLE away RENAME TO address_change")
        for name in ("pending_with", "undoable_with"):
            monkeypatch.setattr(AddressChange, name, lambda digest: 1 / 0)
        pages = [landing(client.get(link)) for link in (undo, confirmation)]
        assert [client.get(page).status_code for page in pages] == [500, 500]
        assert "ZeroDivisionError" in caplog.text
        for link in (undo, confirmation):
            assert link.rpartition("/")[2] not in caplog.text
        for address in (NEW, OTHER):
            assert address not in caplog.text


class TestAtOnce:
    """Whichever comes first, the office's word is what stays."""

    @pytest.mark.parametrize("deed", ["confirm", "undo"])
    def test_an_agent_and_a_link(self, app, client, maria, make_agent, outbox, deed):
        if deed == "confirm":
            ask(client)
            secret = link_in(outbox.deliver()).rpartition("/")[2]
        else:
            secret = changed(client, outbox).rpartition("/")[2]
        agent, before = make_agent(), Tenant.get()

        def correct():
            with app.app_context():
                record_address(before, OFFICE_S, agent)

        def press_the_button():
            with app.app_context():
                (confirm_change if deed == "confirm" else undo_change)(secret)

        at_once(correct, press_the_button)
        assert on_file() == OFFICE_S


def test_an_agent_s_word_is_told_without_a_link_to_undo_it(app, maria, make_agent, outbox):
    with app.app_context():
        record_address(maria.tenant, OFFICE_S, make_agent())
    mail = outbox.deliver()
    assert "annuler" not in mail.body + mail.html
    assert "Appelez tout de suite l'office au 04\u00a065\u00a071\u00a000\u00a000." in mail.body


def test_an_agent_at_the_same_moment_tells_the_address_that_is_on_file(app, client, maria, make_agent, outbox):
    before = Tenant.get()
    changed(client, outbox)
    with app.app_context():
        record_address(before, OFFICE_S, make_agent())
    assert outbox.deliver().recipients == [NEW]


class TestRetention:
    def test_addresses_are_kept_thirty_days_after_the_end(self, client, maria, outbox):
        changed(client, outbox)
        with after(days=32, hours=23):
            purge()
            assert AddressChange.get().old_email == OLD
        with after(days=33, hours=1):
            purge()
            change = AddressChange.get()
            assert {change.old_email, change.old_key, change.new_email, change.new_key} == {""}
            assert change.state == ChangeState.CONFIRMED
            assert purge() == 0

    def test_what_was_never_confirmed_too(self, client, maria, outbox):
        ask(client)
        outbox.deliver()
        with after(days=30, hours=23):
            purge()
            assert AddressChange.get().new_email == NEW
        with after(days=31, hours=1):
            purge()
            assert AddressChange.get().new_email == ""

    def test_what_was_given_up_ends_there_and_not_a_day_later(self, client, maria):
        ask(client)
        press(client, PAGE, f"{CHANGE}/abandonner")
        with after(days=30, hours=1):
            purge()
            assert AddressChange.get().new_email == ""
