"""A tenant changes their e-mail address: the new one confirms, the old one may undo, and whoever else is kept out."""

import logging
import re
from datetime import date, timedelta
from functools import partial

import pytest

from ophportal import clock, database
from ophportal.access import sessions
from ophportal.addresses import confirm_change, record_address, undo_change
from ophportal.models import AddressChange, Event, JournalEntry, Lease, OutboxMessage, Tenant
from ophportal.models.address_change import ChangeState
from ophportal.office import actions
from ophportal.retention import purge
from tests import stores
from tests.address_changes import (
    CHANGE,
    DEAD,
    NEW,
    NEW_PASSWORD,
    OFFICE_S,
    OLD,
    OTHER,
    PAGE,
    after,
    ask,
    changed,
    events,
    hidden_in,
    link_in,
    on_file,
    text_of,
    use,
)
from tests.conftest import OWN_PASSWORD, StrictVisitor, landing, log_in, press, request_code
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


class TestConfirming:
    def test_the_button_puts_the_new_address_on_file_and_tells_the_old_one(self, client, maria, outbox):
        ask(client)
        answer = use(client, link_in(outbox.deliver()))
        assert landing(answer) == PAGE
        text = text_of(client)
        assert "Votre adresse e-mail est changée." in text
        assert NEW in text
        told = outbox.deliver()
        assert told.recipients == [OLD]
        assert NEW not in told.body + told.html
        assert "Annulez le changement. Vous le pouvez jusqu'au" in told.body.replace("\u00a0", " ")
        entry = JournalEntry.get(JournalEntry.event == Event.EMAIL_CHANGED)
        assert (entry.tenant, entry.detail) == (maria.tenant, "par le locataire")

    def test_it_opens_without_a_session_and_lets_nobody_in(self, client, maria, outbox, another_browser):
        ask(client)
        link = link_in(outbox.deliver())
        assert landing(use(another_browser, link)) == "/identification"
        assert "Votre adresse e-mail est changée." in text_of(another_browser, "/identification")
        assert landing(another_browser.get("/compte")) == "/identification"
        assert on_file() == NEW

    def test_opening_the_link_changes_nothing_and_takes_the_secret_out_of_the_address(
        self, client, maria, outbox, another_browser
    ):
        ask(client)
        link = link_in(outbox.deliver())
        answer = another_browser.get(link)
        assert landing(answer) == "/confirmer-adresse"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert another_browser.get("/confirmer-adresse").status_code == 200
        assert another_browser.head(link).status_code == 303
        assert on_file() == OLD
        assert landing(use(another_browser, link)) == "/identification"

    @pytest.mark.parametrize("way", ["confirmer-adresse", "annuler-changement"])
    def test_a_made_up_link_puts_no_more_into_the_browser_than_a_good_one(self, another_browser, maria, way):
        answer = another_browser.get(f"/{way}/{'x' * 6000}")
        assert landing(answer) == f"/{way}"
        assert len(answer.headers["Set-Cookie"]) < 400
        assert DEAD in text_of(another_browser, f"/{way}")

    @pytest.mark.parametrize("way", ["confirmer-adresse", "annuler-changement"])
    def test_who_comes_without_the_link_is_not_told_that_it_is_dead(self, another_browser, maria, way):
        """A program that reads mails shows pages, too, and keeps no cookie of theirs."""
        answer = another_browser.get(f"/{way}")
        assert answer.status_code == 400
        assert Page(answer).one("h1").text == "Ouvrez de nouveau le lien de l'e-mail"
        assert DEAD not in Page(answer).text

    @pytest.mark.parametrize("behind", [".", ">", "%3E", ",", "%20", ")."])
    def test_what_a_mail_program_takes_along_behind_it_does_no_harm(
        self, client, maria, outbox, another_browser, behind
    ):
        ask(client)
        use(another_browser, link_in(outbox.deliver()) + behind)
        assert on_file() == NEW

    def test_a_neighbour_s_browser_is_not_led_into_the_neighbour_s_account(
        self, client, maria, outbox, another_browser, make_account
    ):
        ask(client)
        link = link_in(outbox.deliver())
        log_in(another_browser, make_account("ROSSI", "Paul", number="67890", reference="0123-04-057", email=OTHER))
        page = landing(another_browser.get(link))
        assert landing(press(another_browser, page, page)) == "/"
        assert f"L'office vous écrit maintenant à {NEW}." in text_of(another_browser, "/")
        assert Tenant.by_number("12345").email == NEW
        assert Tenant.by_number("67890").email == OTHER

    def test_a_couple_has_both_links_open_in_one_browser(self, client, maria, outbox, another_browser, make_account):
        """Each page's button confirms what that page shows, whichever link was opened last."""
        ask(client)
        link = link_in(outbox.deliver())
        husband = make_account("ROSSI", "Paul", number="67890", reference="0123-04-057", email=OTHER)
        log_in(another_browser, husband)
        outbox.deliver()  # what tells of a new device
        ask(another_browser, "paul@exemple.test")
        others = link_in(outbox.deliver())
        another_browser.get(link)
        fields = hidden_in(another_browser.get("/confirmer-adresse"))
        another_browser.get(others)
        another_browser.post("/confirmer-adresse", data=fields)
        assert Tenant.by_number("12345").email == NEW
        assert Tenant.by_number("67890").email == OTHER

    def test_the_link_works_once(self, client, maria, outbox, another_browser):
        ask(client)
        link = link_in(outbox.deliver())
        use(client, link)
        another_browser.get(link)
        assert landing(another_browser.get("/confirmer-adresse")) == "/identification"
        assert JournalEntry.select().where(JournalEntry.event == Event.EMAIL_CHANGED).count() == 1

    def test_who_opens_it_again_is_told_that_it_is_done(self, client, maria, outbox, another_browser):
        """Or comes back by « Précédent », or presses once more since the answer got lost."""
        ask(client)
        link = link_in(outbox.deliver())
        page = landing(client.get(link))
        fields = hidden_in(client.get(page))
        for again in (partial(client.post, page, data=fields),) * 2 + (partial(client.get, page),):
            assert landing(again()) == PAGE
            assert f"Votre adresse e-mail est changée. L'office vous écrit maintenant à {NEW}." in text_of(client)
        another_browser.get(link)
        assert landing(another_browser.get(page)) == "/identification"
        assert events().count(Event.EMAIL_CHANGED) == 1

    def test_but_not_once_another_address_is_on_file(self, client, maria, outbox):
        ask(client)
        link = link_in(outbox.deliver())
        use(client, link)
        outbox.deliver()
        changed(client, outbox, OTHER)
        assert DEAD in text_of(client, landing(client.get(link)))

    def test_nor_where_the_office_and_not_the_link_has_put_that_address_on_file(
        self, app, client, maria, make_agent, outbox
    ):
        ask(client)
        link = link_in(outbox.deliver())
        press(client, PAGE, f"{CHANGE}/abandonner")
        with app.app_context():
            record_address(maria.tenant, NEW, make_agent())
        assert DEAD in text_of(client, landing(client.get(link)))

    def test_nor_once_the_addresses_are_forgotten_and_the_tenant_has_none(self, client, maria, outbox, another_browser):
        """What is blank is no tenant's address, though none is on file either."""
        ask(client)
        link = link_in(outbox.deliver())
        use(client, link)
        Tenant.update(email="", email_key="").execute()
        with after(days=34):
            purge()
            assert DEAD in text_of(another_browser, landing(another_browser.get(link)))

    def test_a_page_that_was_left_open_sends_back_to_the_link(self, client, maria, outbox, another_browser):
        ask(client)
        link = link_in(outbox.deliver())
        page = landing(another_browser.get(link))
        answer = another_browser.post(page, data={"secret": link.rpartition("/")[2]})
        assert answer.status_code == 400
        assert "Ouvrez de nouveau le lien de l'e-mail" in Page(answer).text
        assert on_file() == OLD

    def test_two_browsers_at_once_confirm_once(self, app, client, maria, outbox):
        ask(client)
        secret = link_in(outbox.deliver()).rpartition("/")[2]

        def confirm():
            with app.app_context():
                return confirm_change(secret) is not None

        assert at_once(confirm, confirm) == [True, True]  # both are told
        assert OutboxMessage.select().where(OutboxMessage.mail == "email_changed").count() == 1

    @pytest.mark.usefixtures("clock")
    def test_it_is_good_for_a_day(self, client, maria, outbox, another_browser):
        ask(client)
        link = link_in(outbox.deliver())
        page = landing(another_browser.get(link))
        with after(hours=23, minutes=59):
            assert another_browser.get(page).status_code == 200
        with after(hours=24):
            assert another_browser.get(page).status_code == 410
            answer = another_browser.submit("/confirmer-adresse")
            assert answer.status_code in {400, 410}
        assert on_file() == OLD

    @pytest.mark.parametrize("secret", ["", "0" * 64, "x"])
    def test_a_made_up_secret_opens_nothing(self, app, maria, secret):
        with app.app_context():
            assert confirm_change(secret) is None
            assert undo_change(secret) is None

    def test_the_link_that_confirms_does_not_undo_nor_the_other_way_round(self, app, client, maria, outbox):
        ask(client)
        confirmation = link_in(outbox.deliver()).rpartition("/")[2]
        with app.app_context():
            assert confirm_change(confirmation)
            assert undo_change(confirmation) is None
            undo = link_in(outbox.deliver()).rpartition("/")[2]
            assert confirm_change(undo) is None
            assert undo_change(undo)

    @pytest.mark.usefixtures("clock")
    def test_a_password_chosen_at_that_very_instant_was_there_when_it_was_asked(self, client, maria, outbox):
        ask(client)
        assert AddressChange.get().created_at == maria.password_set_at
        use(client, link_in(outbox.deliver()))
        assert on_file() == NEW

    def test_who_had_no_address_gets_one_and_nobody_is_told(self, client, make_account, outbox):
        log_in(client, make_account(email=""))
        ask(client)
        use(client, link_in(outbox.deliver()))
        assert on_file() == NEW
        assert outbox.deliver() is None

    def test_the_new_address_gets_the_codes_from_now_on(self, client, maria, outbox, another_browser):
        changed(client, outbox)
        request_code(another_browser, email=NEW)
        assert outbox.deliver().recipients == [NEW]

    def test_a_code_mailed_to_the_old_address_opens_nothing_any_more(self, client, maria, outbox, another_browser):
        request_code(another_browser)
        _, mailed = code_and_password(outbox.deliver().body)
        changed(client, outbox)
        assert log_in(another_browser, maria, mailed).status_code == 422


class TestWhatVoidsAChange:
    """Between the question and the confirmation, the office's word and the tenant's own password come first."""

    @pytest.fixture
    def link(self, client, maria, outbox):
        ask(client)
        return link_in(outbox.deliver())

    def is_dead(self, visitor, link):
        page = landing(visitor.get(link))
        assert visitor.get(page).status_code == 410
        token = Page(visitor.get("/demander-un-code")).soup.select_one("input[name=csrf_token]")["value"]
        data = {"csrf_token": token, "secret": link.rpartition("/")[2]}
        assert visitor.post(page, data=data).status_code == 410
        assert Tenant.get().email != NEW

    def test_an_agent_corrects_the_address(self, app, maria, make_agent, link, another_browser):
        with app.app_context():
            record_address(maria.tenant, OFFICE_S, make_agent())
        self.is_dead(another_browser, link)
        assert on_file() == OFFICE_S

    def test_the_tenant_has_gone_back_to_the_address_from_which_it_led(self, client, outbox, link, another_browser):
        """It has done its work: who has that mailbox does not bring its address back, without the password."""
        use(client, link)
        outbox.deliver()
        changed(client, outbox, OLD)
        self.is_dead(another_browser, link)
        assert on_file() == OLD

    def test_the_lease_ends(self, link, another_browser):
        Lease.update(ends_on=date(2024, 1, 1)).execute()
        self.is_dead(another_browser, link)

    def test_the_account_is_blocked_even_when_it_is_open_again(self, app, maria, make_agent, link, another_browser):
        agent = make_agent()
        actions.block(maria.tenant, agent, "un essai")
        self.is_dead(another_browser, link)
        actions.unblock(maria.tenant, agent)
        self.is_dead(another_browser, link)

    def test_the_password_is_changed(self, client, link, another_browser, outbox):
        new = {"new_password": NEW_PASSWORD, "confirmation": NEW_PASSWORD}
        client.submit("/compte/mot-de-passe", current_password=OWN_PASSWORD, **new)
        self.is_dead(another_browser, link)
        assert NEW not in text_of(client)

    def test_the_password_is_forgotten_for_a_mailed_one(self, maria, link, another_browser, outbox):
        request_code(another_browser)
        _, mailed = code_and_password(outbox.deliver().body)
        log_in(another_browser, maria, mailed)
        self.is_dead(another_browser, link)

    def test_everything_is_voided(self, link, another_browser):
        sessions.void_everything()
        self.is_dead(another_browser, link)


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
