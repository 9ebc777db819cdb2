"""The mail server was away. When it is back, what waits for a tenant goes to no address that is theirs no more."""

from datetime import timedelta

import pytest
import time_machine

from ophportal.addresses import confirm_change, confirmation_secret, record_address
from ophportal.cli.main import mails
from ophportal.clock import now, today
from ophportal.mailing import mail
from ophportal.models import AccessRequest, AddressChange, Lease, MailState, OutboxMessage, Tenant, Verification
from ophportal.models.outbox_message import LONGEST_DELAY
from ophportal.office import actions
from ophportal.outbox import deliver_due
from ophportal.posting import tell_tenant
from ophportal.retention import purge
from tests.address_changes import ask as ask_to_change
from tests.address_changes import changed
from tests.conftest import OWN_PASSWORD, log_in, request_code
from tests.contact_details import change
from tests.spaces import as_read

MISTAKEN, RIGHT, TYPED = "maria@exemple.test", "stella@exemple.test", "robin@exemple.test"


@pytest.fixture
def maria(client, make_account):
    account = make_account(email=MISTAKEN)
    log_in(client, account)
    OutboxMessage.delete().execute()  # what tells of that
    return account


@pytest.fixture
def agent(make_agent):
    return make_agent()


def change_password(client, maria, agent):
    new = "deux lunes rouges sur le toit"
    client.submit("/compte/mot-de-passe", current_password=OWN_PASSWORD, new_password=new, confirmation=new)


def change_telephone(client, maria, agent):
    change(client)


def enter_elsewhere(client, maria, agent):
    log_in(client.application.test_client(), maria)


def have_a_copy_made(client, maria, agent):
    tell_tenant("data_handed_over", maria.tenant)


def ask(client, maria, agent):
    request_code(client)


def ask_for_another(client, maria, agent):
    ask_to_change(client, TYPED)


def change_again(client, maria, agent):
    ask_to_change(client, "voleur@exemple.test")
    confirm_change(confirmation_secret(AddressChange.pending_of(maria.tenant).token))


def ask_with_another_address(client, maria, agent):
    request_code(client, email=TYPED)


def ask_while_blocked(client, maria, agent):
    actions.block(maria.tenant, agent, "un essai")
    request_code(client)


def be_refused(client, maria, agent):
    request_code(client, email=TYPED)
    deliver_due()
    actions.refuse(Verification.get(), agent, "Mme Maria Stella n'a rien demandé.")


CAUSES = {
    "credentials": ask,
    "other_address": ask_with_another_address,
    "access_blocked": ask_while_blocked,
    "password_changed": change_password,
    "phone_changed": change_telephone,
    "new_device": enter_elsewhere,
    "data_handed_over": have_a_copy_made,
    "request_refused": be_refused,
}


@pytest.fixture
def wait_for_mail(app, client, maria, agent, outbox, monkeypatch):
    """Does what causes a mail while the mail server is away, and has the worker try."""

    def away(_):
        raise ConnectionRefusedError

    def wait(cause):
        with app.app_context(), monkeypatch.context() as outage:
            outage.setattr(mail, "send", away)
            cause(client, maria, agent)
            outbox.deliver()
        assert OutboxMessage.backlog().failing

    return wait


def sent_an_hour_later(outbox):
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        outbox.deliver()
    return [(address, it.subject) for it in outbox.sent for address in it.recipients]


def correct(app, agent):
    with app.app_context():
        record_address(Tenant.get(), RIGHT, agent)


@pytest.mark.parametrize("name", CAUSES)
def test_once_it_is_corrected_the_mistaken_address_learns_that_alone(app, agent, outbox, wait_for_mail, name):
    wait_for_mail(CAUSES[name])
    correct(app, agent)
    assert sent_an_hour_later(outbox) == [(MISTAKEN, "Votre adresse e-mail est changée")]
    assert OutboxMessage.get(OutboxMessage.mail == name).state == MailState.NOTHING_TO_SEND


@pytest.mark.parametrize("name", CAUSES)
def test_an_address_that_is_written_otherwise_is_still_the_same(outbox, wait_for_mail, name):
    wait_for_mail(CAUSES[name])
    Tenant.update(email=MISTAKEN.upper()).execute()
    assert {address for address, _ in sent_an_hour_later(outbox)} == {MISTAKEN}
    assert OutboxMessage.get(OutboxMessage.mail == name).state == MailState.SENT


class TestRefusedWithNoAddressOnFile:
    @pytest.fixture(autouse=True)
    def _refused(self, maria, wait_for_mail):
        Tenant.update(email="", email_key="").execute()
        wait_for_mail(be_refused)

    def test_the_typed_address_is_told(self, outbox):
        assert [address for address, _ in sent_an_hour_later(outbox)] == [TYPED]

    def test_even_when_what_was_typed_is_forgotten_meanwhile(self, outbox):
        """The request had waited for a decision for longer than what is typed is kept."""
        AccessRequest.update(settled_at=now() - timedelta(days=31)).execute()
        purge()
        assert not AccessRequest.get().email
        assert [address for address, _ in sent_an_hour_later(outbox)] == [TYPED]

    def test_but_not_once_there_is_one(self, app, agent, outbox):
        correct(app, agent)
        assert sent_an_hour_later(outbox) == []


class TestWhatOpensNothingAnyMore:
    """A mail would promise until when its password or its link is good."""

    @pytest.fixture(params=["blocked", "lease ended"])
    def shut_out(self, request, maria, agent):
        def do():
            if request.param == "blocked":
                actions.block(maria.tenant, agent, "un essai")
            else:
                Lease.update(ends_on=today() - timedelta(days=1)).execute()

        return do

    def test_a_mailed_password_does_not_leave(self, outbox, wait_for_mail, shut_out):
        wait_for_mail(ask)
        shut_out()
        assert sent_an_hour_later(outbox) == []
        assert OutboxMessage.get().state == MailState.NOTHING_TO_SEND

    def test_nor_does_a_link_that_confirms_an_address(self, outbox, wait_for_mail, shut_out):
        wait_for_mail(ask_for_another)
        shut_out()
        assert sent_an_hour_later(outbox) == []

    def test_nor_after_the_password_was_changed(self, client, maria, agent, outbox, wait_for_mail):
        wait_for_mail(ask_for_another)
        change_password(client, maria, agent)
        assert sent_an_hour_later(outbox) == [(MISTAKEN, "Votre compte a un nouveau mot de passe")]

    def test_nor_once_the_office_has_put_another_on_file(self, app, agent, outbox, wait_for_mail):
        wait_for_mail(ask_for_another)
        correct(app, agent)
        assert sent_an_hour_later(outbox) == [(MISTAKEN, "Votre adresse e-mail est changée")]

    def test_nor_a_link_that_undoes_what_the_office_has_mended(self, app, client, maria, agent, outbox, wait_for_mail):
        """A thief has changed the address twice; the tenant has theirs again, and another password."""
        changed(client, outbox, TYPED)
        wait_for_mail(change_again)
        correct(app, agent)
        maria.choose_password("hash of another")
        assert (TYPED, "Votre adresse e-mail est changée") not in sent_an_hour_later(outbox)


class TestWhoWaitsGoesFirst:
    @pytest.fixture
    def notices(self, maria):
        """What an import that changes many addresses puts before everything else."""
        for number in range(3):
            old = f"{number}@exemple.test"
            OutboxMessage.put("x@exemple.test", mail="email_changed", tenant=maria.tenant, recipient=old)

    def first_sent(self, outbox):
        outbox.deliver()
        assert len(outbox.sent) == 4
        return outbox.sent[0].subject

    def test_a_code_that_was_asked_for(self, client, outbox, notices):
        request_code(client, email=MISTAKEN)
        assert self.first_sent(outbox) == "Votre code d'accès et votre mot de passe"

    def test_an_address_to_confirm(self, client, outbox, notices):
        ask_to_change(client, TYPED)
        assert self.first_sent(outbox) == "Confirmez votre nouvelle adresse e-mail"


class TestWrittenWhileTheClockRanAhead:
    @pytest.fixture(autouse=True)
    def _asked(self, client, make_tenant):
        make_tenant()
        with time_machine.travel(now() + timedelta(days=300), tick=False):
            request_code(client)

    def test_it_leaves_as_soon_as_the_clock_is_right(self, outbox):
        assert outbox.deliver().recipients == [MISTAKEN]

    def test_so_does_what_a_worker_held_that_died_meanwhile(self, outbox):
        with time_machine.travel(now() + timedelta(days=300), tick=False):
            OutboxMessage.claim_next()
        assert outbox.deliver().recipients == [MISTAKEN]

    def test_a_mail_that_was_put_off_for_an_hour_still_waits(self, outbox):
        OutboxMessage.update(due_at=now() + LONGEST_DELAY - timedelta(seconds=1)).execute()
        outbox.deliver()
        assert outbox.sent == []


def test_the_command_tells_when_in_the_words_of_the_console(app, make_tenant):
    with time_machine.travel("2026-11-26T13:05:00Z", tick=False):
        OutboxMessage.put("x@exemple.test", mail="password_changed", tenant=make_tenant(), recipient=RIGHT)
    OutboxMessage.update(last_error="451 greylisted").execute()
    said = as_read(app.test_cli_runner().invoke(mails).output)
    assert said.startswith("26/11/2026, 14 h 05  locataire 0012345  nouvel essai prévu  451 greylisted\n")
