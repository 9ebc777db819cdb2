"""Whoever holds the address that was on file before takes the account back from a thief."""

from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ophportal.access import sessions
from ophportal.addresses import (
    ask_for_change,
    confirm_change,
    confirmation_secret,
    record_address,
    undo_change,
    undo_secret,
)
from ophportal.clock import now
from ophportal.models import (
    Account,
    AddressChange,
    Event,
    Lease,
    OutboxMessage,
    TemporaryPassword,
    Tenant,
    TenantSession,
)
from ophportal.models.address_change import ChangeState
from ophportal.passwords import hash_password
from ophportal.retention import purge
from tests.address_changes import (
    CALL_AT_ONCE,
    DEAD,
    NEW,
    NEW_PASSWORD,
    OFFICE_S,
    OLD,
    OTHER,
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
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.office import code_and_password
from tests.page import Page
from tests.together import at_once


class TestUndoing:
    def test_the_old_address_comes_back_and_everybody_is_out(self, client, maria, outbox, another_browser):
        undo = changed(client, outbox)
        told = text_of(another_browser, landing(another_browser.get(undo)))
        assert f"L'office écrira de nouveau à l'adresse {OLD} ." in told
        request_code(another_browser, email=NEW)
        _, mailed = code_and_password(outbox.deliver().body)

        assert landing(use(another_browser, undo)) == "/mot-de-passe-oublie"

        text = text_of(another_browser, "/mot-de-passe-oublie")
        assert "L'office écrit de nouveau à l'ancienne adresse e-mail. Tous les appareils sont déconnectés" in text
        assert "Demandez maintenant un nouveau mot de passe." in text
        assert on_file() == OLD
        assert landing(client.get("/compte")) == "/identification"
        assert not TenantSession.select().exists()
        assert Account.get().password_hash == ""
        assert not TemporaryPassword.select().exists()
        for password in (OWN_PASSWORD, mailed):
            assert log_in(another_browser, maria, password).status_code == 422
        told = outbox.deliver()
        assert (told.recipients, told.subject) == ([NEW], "Le changement d'adresse e-mail est annulé")
        assert OLD not in told.body + told.html
        assert events().count(Event.EMAIL_UNDONE) == 1

    def test_the_owner_then_comes_back_by_a_new_code(self, client, maria, outbox, another_browser):
        use(another_browser, changed(client, outbox))
        outbox.deliver()
        request_code(another_browser, "/mot-de-passe-oublie")
        mail = outbox.deliver()
        assert mail.recipients == [OLD]
        _, mailed = code_and_password(mail.body)
        assert landing(log_in(another_browser, maria, mailed)) == "/compte"

    def test_opening_the_link_changes_nothing(self, client, maria, outbox, another_browser):
        undo = changed(client, outbox)
        assert landing(another_browser.get(undo)) == "/annuler-changement"
        assert NEW not in Page(another_browser.get("/annuler-changement")).text
        assert on_file() == NEW
        assert client.get("/compte").status_code == 200

    def test_it_works_once(self, client, maria, outbox, another_browser):
        undo = changed(client, outbox)
        use(another_browser, undo)
        assert landing(client.get(landing(client.get(undo)))) == "/mot-de-passe-oublie"
        assert events().count(Event.EMAIL_UNDONE) == 1

    def test_who_opens_it_again_is_told_what_is_left_to_do_until_it_is_done(
        self, client, maria, outbox, another_browser
    ):
        undo = changed(client, outbox)
        use(another_browser, undo)
        outbox.deliver()
        another_browser.get("/mot-de-passe-oublie")
        assert landing(another_browser.get("/annuler-changement")) == "/mot-de-passe-oublie"
        assert "Demandez maintenant un nouveau mot de passe." in text_of(another_browser, "/mot-de-passe-oublie")

        request_code(another_browser)
        _, mailed = code_and_password(outbox.deliver().body)
        log_in(another_browser, maria, mailed)
        another_browser.submit("/compte/choisir-mot-de-passe", new_password=NEW_PASSWORD, confirmation=NEW_PASSWORD)
        assert DEAD in text_of(another_browser, landing(another_browser.get(undo)))

    def test_two_browsers_at_once_undo_once(self, app, client, maria, outbox):
        secret = changed(client, outbox).rpartition("/")[2]

        def undo():
            with app.app_context():
                return undo_change(secret) is not None

        assert at_once(undo, undo) == [True, True]  # both are told
        assert events().count(Event.EMAIL_UNDONE) == 1

    @pytest.mark.parametrize("late", [False, True])
    def test_a_link_that_would_be_dead_is_not_mailed(self, app, client, maria, outbox, late):
        """The mail server was away meanwhile: another browser has undone it, or its days have passed."""
        ask(client)
        use(client, link_in(outbox.deliver()))
        change = AddressChange.get()
        if not late:
            with app.app_context():
                assert undo_change(undo_secret(change.token))
            OutboxMessage.update(due_at=now()).where(OutboxMessage.mail == "email_changed").execute()
        with after(hours=72 if late else 0):
            outbox.deliver()
        assert [mail.recipients for mail in outbox.sent if "/annuler-changement/" in mail.body] == []

    @pytest.mark.usefixtures("clock")
    def test_it_is_good_for_three_days(self, client, maria, outbox, another_browser):
        undo = changed(client, outbox)
        page = landing(another_browser.get(undo))
        with after(hours=71, minutes=59):
            assert another_browser.get(page).status_code == 200
        with after(hours=72):
            assert another_browser.get(page).status_code == 410

    @pytest.mark.parametrize("trouble", ["blocked", "ended"])
    def test_it_works_for_who_may_not_enter(self, app, client, maria, outbox, another_browser, trouble):
        undo = changed(client, outbox)
        if trouble == "blocked":
            maria.block()
        else:
            Lease.update(ends_on=date(2024, 1, 1)).execute()
        use(another_browser, undo)
        assert on_file() == OLD
        assert Account.get().password_hash == ""

    def test_who_changes_twice_does_not_win(self, client, maria, outbox, another_browser):
        first = changed(client, outbox)
        second = changed(client, outbox, OTHER)
        text = text_of(another_browser, landing(another_browser.get(first)))
        assert f"L'office écrira de nouveau à l'adresse {OLD}" in text
        use(another_browser, first)
        assert on_file() == OLD
        assert outbox.deliver().recipients == [OTHER]
        # Nor by undoing their own second one afterwards, or at the same time.
        assert another_browser.get(landing(another_browser.get(second))).status_code == 410
        assert on_file() == OLD
        assert {change.state for change in AddressChange.select()} == {ChangeState.UNDONE}

    def test_nor_does_who_undoes_their_second_change_first(self, client, maria, outbox, another_browser):
        first = changed(client, outbox)
        second = changed(client, outbox, OTHER)
        use(another_browser, second)
        assert on_file() == NEW
        use(another_browser, first)
        assert on_file() == OLD

    def test_both_at_once_end_at_the_first_address(self, app, client, maria, outbox):
        first, second = changed(client, outbox), changed(client, outbox, OTHER)

        def undo(link):
            with app.app_context():
                undo_change(link.rpartition("/")[2])

        at_once(lambda: undo(first), lambda: undo(second))
        assert on_file() == OLD

    def test_nor_does_who_has_a_third_one_waiting(self, client, maria, outbox, another_browser):
        first = changed(client, outbox)
        ask(client, OTHER)
        waiting = link_in(outbox.deliver())
        use(another_browser, first)
        assert client.get(landing(client.get(waiting))).status_code == 410
        assert on_file() == OLD
        assert [change.state for change in AddressChange.select()] == [ChangeState.UNDONE, ChangeState.DROPPED]

    def test_nor_does_who_goes_back_and_forth(self, client, maria, outbox, another_browser):
        first = changed(client, outbox)
        changed(client, outbox, OLD)
        use(another_browser, first)
        assert on_file() == OLD
        assert "L'office écrit toujours à cette adresse-ci." in outbox.deliver().body

    def test_what_an_agent_put_on_file_meanwhile_stays(self, app, client, maria, make_agent, outbox, another_browser):
        undo = changed(client, outbox)
        with app.app_context():
            record_address(maria.tenant, OFFICE_S, make_agent())
        outbox.deliver()
        stays = "Depuis, l'office a enregistré une autre adresse e-mail : elle reste."
        before = text_of(another_browser, landing(another_browser.get(undo)))
        assert stays in before
        assert OLD not in before
        use(another_browser, undo)
        assert stays in text_of(another_browser, "/mot-de-passe-oublie")
        assert on_file() == OFFICE_S
        # Whoever knew the password is out all the same.
        assert Account.get().password_hash == ""
        told = outbox.deliver()
        assert told.recipients == [OFFICE_S]
        assert "L'office écrit toujours à cette adresse-ci." in told.body
        assert "http://localhost/mot-de-passe-oublie" in told.body

    def test_who_opens_that_link_again_is_told_the_same(self, app, client, maria, make_agent, outbox, another_browser):
        """Or comes back by « Précédent », or presses once more since the answer got lost."""
        first, second = changed(client, outbox), changed(client, outbox, OTHER)
        with app.app_context():
            record_address(maria.tenant, OFFICE_S, make_agent())
        page = landing(another_browser.get(first))
        fields = hidden_in(another_browser.get(page))
        for again in (partial(another_browser.post, page, data=fields),) * 2 + (partial(another_browser.get, page),):
            assert landing(again()) == "/mot-de-passe-oublie"
            assert "elle reste. C'est la vôtre ?" in text_of(another_browser, "/mot-de-passe-oublie")
        assert events().count(Event.EMAIL_UNDONE) == 1
        # Until the tenant has another password.
        maria.choose_password("hash of another")
        for link in (first, second):
            assert another_browser.get(landing(another_browser.get(link))).status_code == 410

    def test_what_followed_an_agent_s_word_is_no_part_of_the_first_change(
        self, app, client, maria, make_agent, outbox, another_browser
    ):
        first = changed(client, outbox)
        with app.app_context():
            record_address(maria.tenant, OFFICE_S, make_agent())
        outbox.deliver()
        second = changed(client, outbox, OTHER)
        use(another_browser, first)
        assert on_file() == OTHER
        use(another_browser, second)
        assert on_file() == OFFICE_S


def test_a_neighbour_who_goes_on_from_that_address_is_no_part_of_it(
    app, client, maria, make_account, outbox, another_browser
):
    """A couple shares it for a while: what one undoes is not the other's."""
    undo = changed(client, outbox)
    neighbour = make_account("ROSSI", "Paul", number="67890", reference="0123-04-057", email=NEW)
    with app.app_context():
        ask_for_change(neighbour.tenant, OTHER, "")
        theirs = AddressChange.pending_of(neighbour.tenant)
        assert confirm_change(confirmation_secret(theirs.token))
    use(another_browser, undo)
    assert [tenant.email for tenant in Tenant.select().order_by(Tenant.id)] == [OLD, OTHER]
    assert AddressChange.get_by_id(theirs.id).state == ChangeState.CONFIRMED


class TestWhatNeverUndidIt:
    """A link is told to have done its work by that alone: whatever else may look alike, it is dead."""

    def is_dead(self, visitor, link):
        assert DEAD in text_of(visitor, landing(visitor.get(link)))

    def test_its_days_have_passed_and_the_password_went_by_another_way(
        self, app, client, maria, make_agent, outbox, another_browser
    ):
        undo = changed(client, outbox)
        with app.app_context():
            record_address(maria.tenant, OFFICE_S, make_agent())
        with after(hours=73):
            sessions.void_everything()
            self.is_dead(another_browser, undo)

    def test_the_tenant_has_come_back_and_changed_again(self, client, maria, outbox, another_browser):
        """No office has put that address on file."""
        undo = changed(client, outbox)
        use(another_browser, undo)
        maria.choose_password(hash_password(OWN_PASSWORD))
        log_in(client, maria)
        outbox.deliver()
        changed(client, outbox, OTHER)
        sessions.void_everything()
        self.is_dead(another_browser, undo)

    def test_but_an_address_that_a_neighbour_has_changed_is_as_good_as_any(
        self, app, client, maria, make_agent, make_tenant, outbox, another_browser
    ):
        undo = changed(client, outbox)
        neighbour = make_tenant("ROSSI", "Paul", number="67890", reference="0123-04-057", email=OFFICE_S)
        AddressChange.ask(neighbour, OTHER, "token", "digest", "other digest")
        with app.app_context():
            record_address(maria.tenant, OFFICE_S, make_agent())
        use(another_browser, undo)
        assert landing(another_browser.get(landing(another_browser.get(undo)))) == "/mot-de-passe-oublie"
        assert "Depuis, l'office a enregistré une autre adresse" in text_of(another_browser, "/mot-de-passe-oublie")

    def test_once_its_addresses_are_forgotten(self, client, maria, outbox, another_browser):
        undo = changed(client, outbox)
        use(another_browser, undo)
        with after(days=31):
            purge()
            self.is_dead(another_browser, undo)

    def test_who_had_no_address_has_none_to_go_back_to(self, app, client, make_account, outbox):
        log_in(client, make_account(email=""))
        ask(client)
        use(client, link_in(outbox.deliver()))
        with app.app_context():
            assert undo_change(undo_secret(AddressChange.get().token)) is None
        assert on_file() == NEW


class TestOnceTheOfficeHasMended:
    """A thief has led the address from one mailbox of theirs to the next, and in each lies a link; the office puts the
    tenant's own on file again."""

    @pytest.fixture
    def neighbour(self, maria, make_account):
        """Has a password, and has changed to the address that is the tenant's, too: it says nothing of the tenant's."""
        account = make_account("ROSSI", "Paul", number="67890", reference="0123-04-057", email=OTHER)
        AddressChange.ask(account.tenant, OLD, "token", "digest", "other digest").confirm()

    @pytest.fixture
    def links(self, app, client, maria, neighbour, make_agent, outbox):
        """The tenant's link, then the thief's."""
        found = [changed(client, outbox, f"voleur{number}@exemple.test") for number in range(4)]
        with app.app_context():
            record_address(maria.tenant, OLD, make_agent())
        outbox.deliver()
        return found

    @pytest.fixture
    def tenant(self, links, maria, another_browser, outbox):
        """The browser of the tenant, who has another password by now."""
        request_code(another_browser)
        _, mailed = code_and_password(outbox.deliver().body)
        log_in(another_browser, maria, mailed)
        another_browser.submit("/compte/choisir-mot-de-passe", new_password=NEW_PASSWORD, confirmation=NEW_PASSWORD)
        return another_browser

    def test_the_links_that_are_left_put_nobody_out_who_has_another_password(self, client, maria, links, tenant):
        for link in links[1:]:
            assert DEAD in text_of(client, landing(client.get(link)))
            assert CALL_AT_ONCE in text_of(client, landing(client.get(link)))
        assert tenant.get("/compte").status_code == 200
        assert landing(log_in(client, maria, NEW_PASSWORD)) == "/compte"
        assert Tenant.get_by_id(maria.tenant.id).email == OLD

    def test_nor_who_has_just_entered_by_a_mailed_one(self, client, maria, links, another_browser, outbox):
        request_code(another_browser)
        _, mailed = code_and_password(outbox.deliver().body)
        log_in(another_browser, maria, mailed)
        assert client.get(landing(client.get(links[1]))).status_code == 410
        assert "Choisissez votre mot de passe" in text_of(another_browser, "/compte/choisir-mot-de-passe")

    def test_until_then_any_of_them_puts_out_whoever_knew_the_password(self, client, maria, links):
        use(client, links[1])
        assert Account.get_by_id(maria.id).password_hash == ""
        assert Tenant.get_by_id(maria.tenant.id).email == OLD

    def test_the_tenant_s_own_does_even_when_the_thief_has_chosen_another_one(self, client, maria, links):
        new = {"new_password": NEW_PASSWORD, "confirmation": NEW_PASSWORD}
        client.submit("/compte/mot-de-passe", current_password=OWN_PASSWORD, **new)
        use(client, links[0])
        assert landing(client.get("/compte")) == "/identification"
        assert Account.get_by_id(maria.id).password_hash == ""
        assert Tenant.get_by_id(maria.tenant.id).email == OLD


# What a thief who is inside does next: another address, by its number, or an undo of one of their own, by its own.
deeds = st.lists(st.tuples(st.sampled_from(["change", "undo"]), st.integers(0, 3)), max_size=6)


@settings(max_examples=60)
@given(deeds)
def test_whatever_a_thief_does_next_the_first_owner_undoes_it_all(app, make_tenant, deeds):
    for table in (Account, Lease, Tenant):
        table.delete().execute()
    account = Account.get_or_open(make_tenant())
    account.choose_password("hash of the owner's")
    with app.app_context():
        links = [taken("voleur@exemple.test")]
        for deed, number in deeds:
            if deed == "undo":
                undo_change(links[1:][number % len(links[1:])] if links[1:] else "")
                # And with a code mailed to the address that they hold, a new password.
                account.choose_password("hash of theirs")
            elif Tenant.get().email != (address := f"voleur{number}@exemple.test"):
                links.append(taken(address))

        assert undo_change(links[0])
        assert on_file() == OLD
        assert Account.get().password_hash == ""
        assert not AddressChange.select().where(AddressChange.state == ChangeState.PENDING).exists()
        # The first tells that it is done already, and does no more.
        told = [undo_change(link) is not None for link in links]
        assert told == [True] + [False] * (len(links) - 1)
        assert on_file() == OLD


def taken(address):
    """Have the tenant's address changed to `address`; the secret that undoes it."""
    ask_for_change(Tenant.get(), address, "")
    change = AddressChange.get(AddressChange.state == ChangeState.PENDING)
    assert confirm_change(confirmation_secret(change.token))
    return undo_secret(change.token)
