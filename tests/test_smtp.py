"""The worker against a real SMTP server: what arrives logs in, and what goes wrong is not lost."""

import re
import socket
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine

from ophportal import outbox
from ophportal.models import Event, JournalEntry, MailState, OutboxMessage
from tests.conftest import landing, request_code
from tests.smtp import Postman, PostOffice, free_port, self_signed


@pytest.fixture
def mailing(app, monkeypatch):
    """The portal, really mailing to the port given."""

    def mail_to(port, *, tls=False, timeout=5.0, server="127.0.0.1"):
        state = app.extensions["mail"]
        for name, value in {"suppress": False, "server": server, "port": port, "use_tls": tls}.items():
            monkeypatch.setattr(state, name, value)
        monkeypatch.setitem(app.config, "MAIL_TIMEOUT", timeout)

    return mail_to


@pytest.fixture
def requested(client, make_tenant):
    make_tenant()
    request_code(client)


def deliver(app):
    with app.app_context():
        return outbox.deliver_due()


def only_message():
    return OutboxMessage.get()


def test_a_real_mail_carries_a_code_and_a_password_that_log_in(app, client, requested, mailing):
    postman = Postman()
    with PostOffice(postman) as office:
        mailing(office.port)
        assert deliver(app)
        assert not deliver(app)

    [mail] = postman.mails
    text = mail.get_body(("plain",)).get_content()
    code, password = re.findall(r"^    (\S+)\s*$", text, re.MULTILINE)
    assert mail["To"] == "maria@exemple.test"
    assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"
    assert only_message().state == MailState.SENT
    assert JournalEntry.get(JournalEntry.event == Event.MAIL_SENT).tenant is not None


def test_a_refused_port_is_tried_again_later_with_the_same_mail(app, requested, mailing):
    mailing(free_port())
    assert deliver(app)
    message = only_message()
    assert (message.state, message.attempts) == (MailState.WAITING, 1)
    assert not deliver(app)

    postman = Postman()
    with PostOffice(postman) as office, time_machine.travel(message.due_at + timedelta(seconds=1)):
        mailing(office.port)
        assert deliver(app)
    assert postman.mails[0]["Message-ID"] == message.message_id
    assert only_message().state == MailState.SENT


@pytest.mark.parametrize("reply", ["451 Requested action aborted", "421 Service not available"])
def test_a_passing_no_is_tried_again(app, requested, mailing, reply):
    with PostOffice(Postman(refuse_data=reply)) as office:
        mailing(office.port)
        deliver(app)
    message = only_message()
    assert message.state == MailState.WAITING
    assert message.last_error.startswith("SMTPDataError 4")


@pytest.mark.parametrize("handler", [Postman(refuse_data="550 No"), Postman(refuse_recipient="550 No such user")])
def test_a_final_no_stops_there_and_is_shown(app, requested, mailing, handler, caplog):
    with PostOffice(handler) as office:
        mailing(office.port)
        deliver(app)
        assert not deliver(app)
    assert only_message().state == MailState.REFUSED
    assert "550" in only_message().last_error
    assert JournalEntry.select().where(JournalEntry.event == Event.MAIL_FAILED).count() == 1
    assert "550" in caplog.text
    assert "maria@exemple.test" not in caplog.text


def test_delays_grow_until_the_password_would_be_dead(app, requested, mailing):
    delays = []
    mailing(free_port())
    with time_machine.travel(only_message().due_at, tick=False) as clock:
        for _ in range(60):
            if not deliver(app):
                break
            message = only_message()
            if message.state != MailState.WAITING:
                break
            delays.append(message.due_at - message.created_at)
            clock.move_to(message.due_at)
    gaps = [later - earlier for earlier, later in pairwise(delays)]
    assert gaps[:5] == [timedelta(seconds=s) for s in (20, 40, 80, 160, 320)]
    assert max(gaps) == timedelta(hours=1)
    assert delays[-1] <= timedelta(hours=24)
    assert only_message().state == MailState.GIVEN_UP


def test_a_silent_server_holds_the_worker_no_longer_than_its_time_limit(app, requested, mailing):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailing(silent.getsockname()[1], timeout=0.3)
        deliver(app)
    assert only_message().state == MailState.WAITING
    assert only_message().last_error == "SMTPServerDisconnected"


class HangsUpAfterData(Postman):
    """Says 250, then hangs up instead of waiting for QUIT."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        reply = await super().handle_DATA(server, session, envelope)
        await server.push(reply)
        server.transport.close()
        return reply


def test_a_hang_up_after_the_servers_yes_sends_no_second_mail(app, requested, mailing):
    handler = HangsUpAfterData()
    with PostOffice(handler) as office:
        mailing(office.port)
        deliver(app)
        assert not deliver(app)
    assert len(handler.mails) == 1
    assert only_message().state == MailState.SENT


def test_the_servers_certificate_is_checked(app, requested, mailing, tmp_path, monkeypatch):
    context, certificate = self_signed(tmp_path)
    postman = Postman()
    with PostOffice(postman, tls_context=context, require_starttls=True) as office:
        mailing(office.port, tls=True, server="localhost")
        deliver(app)
        assert postman.mails == []
        assert "SSLCertVerificationError" in only_message().last_error

        OutboxMessage.update(due_at=OutboxMessage.created_at).execute()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        deliver(app)
    assert len(postman.mails) == 1


def test_a_worker_that_died_leaves_its_claim_to_the_next_after_a_while(app, requested, outbox):
    with time_machine.travel("2027-01-01 10:00+01:00", tick=False) as clock:
        OutboxMessage.update(give_up_at=only_message().give_up_at + timedelta(days=400)).execute()
        assert OutboxMessage.claim_next() is not None  # ... and dies here
        assert outbox.deliver() is None
        clock.shift(timedelta(minutes=6))
        assert outbox.deliver() is not None


def test_a_slow_worker_does_not_overwrite_the_one_that_took_over(app, requested):
    slow = OutboxMessage.claim_next()
    OutboxMessage.update(claimed_until=slow.created_at).execute()
    quick = OutboxMessage.claim_next()
    quick.finish(MailState.SENT)
    slow.retry("too late")
    assert only_message().state == MailState.SENT


def test_a_mail_that_cannot_be_written_does_not_stop_the_others(app, requested, outbox, monkeypatch, caplog):
    from ophportal import emails

    def fail(_message):
        raise KeyError("a template's fault")

    monkeypatch.setitem(emails.WRITERS, "credentials", fail)
    assert outbox.deliver() is None
    assert only_message().state == MailState.WAITING
    assert "could not be written" in caplog.text
