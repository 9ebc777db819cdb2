"""A tenant confirms their new e-mail address from its own mailbox, and what makes the link dead before that."""

from datetime import date
from functools import partial

import pytest

from ophportal.access import sessions
from ophportal.addresses import confirm_change, record_address, undo_change
from ophportal.models import AddressChange, Event, JournalEntry, Lease, OutboxMessage, Tenant
from ophportal.office import actions
from ophportal.retention import purge
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
from tests.conftest import OWN_PASSWORD, landing, log_in, press, request_code
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read
from tests.together import at_once


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
        assert "Annulez le changement. Vous le pouvez jusqu'au" in as_read(told.body)
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
