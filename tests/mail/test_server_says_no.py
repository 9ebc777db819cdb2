"""A mail server that says no: to this mail, which is then refused, or to any, which condemns none."""

from datetime import timedelta

import pytest
import time_machine
from aiosmtpd.smtp import AuthResult

from ophportal.models import Event, JournalEntry, MailState
from tests.mail.delivering import deliver, only_message
from tests.smtp import Postman, PostOffice, ScriptedServer


@pytest.mark.parametrize("reply", ["451 Requested action aborted", "421 Service not available"])
def test_a_passing_no_is_tried_again(app, requested, mailing, reply):
    with PostOffice(Postman(refuse_data=reply)) as office:
        mailing(office.port)
        deliver(app)
    message = only_message()
    assert message.state == MailState.WAITING
    assert message.last_error.startswith("SMTPDataError 4")


@pytest.mark.parametrize(
    "handler", [Postman(refuse_data="550 5.6.0 No"), Postman(refuse_recipient="550 5.1.1 No such user")]
)
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


@pytest.fixture
def refused_at(app, requested, mailing):
    """A function that tries the one mail at a server which says no to this verb; gives the mail."""

    def refused(verb, reply):
        def script(caller):
            caller.greet()
            caller.obey_until(verb)
            caller.say(reply)
            caller.obey_until(b"QUIT")

        with ScriptedServer(script) as server:
            mailing(server.port)
            deliver(app)
        return only_message()

    return refused


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        (b"MAIL", b"530 5.7.57 Client not authenticated to send mail"),
        (b"MAIL", b"550 Sender not allowed"),
        (b"MAIL", b"550 5.1.0 Address rejected"),
        (b"RCPT", b"530 Authentication required"),
        # As Exim says it: nothing tells a bad address from a relay that is closed to us.
        (b"RCPT", b"550 relay not permitted, please turn on SMTP Authentication"),
        (b"DATA", b"554 Transaction failed"),
        # About our login by their codes, whatever the status beside them.
        (b"RCPT", b"534 5.1.0 Authentication mechanism is too weak"),
        (b"DATA", b"538 5.6.0 Encryption required for this authentication"),
        (b"RCPT", b"554 5.7.1 Relay access denied"),
        (b"RCPT", b"550 5.1.8 Sender address rejected: Domain not found"),
        (b"DATA", b"550 5.4.5 Daily user sending limit exceeded"),
        (b"DATA", b"535 5.7.8 Log in anew"),
    ],
    ids=bytes.decode,
)
def test_a_no_that_any_mail_would_get_condemns_none(app, mailing, refused_at, verb, reply):
    message = refused_at(verb, reply)
    assert (message.state, message.attempts) == (MailState.WAITING, 1)
    assert reply.split()[0].decode() in message.last_error
    assert JournalEntry.select().where(JournalEntry.event == Event.MAIL_FAILED).count() == 0

    postman = Postman()
    with PostOffice(postman) as office, time_machine.travel(message.due_at + timedelta(seconds=1)):
        mailing(office.port)
        deliver(app)
    assert [mail["Message-ID"] for mail in postman.mails] == [message.message_id]


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        (b"RCPT", b"550 5.1.1 No such user"),
        (b"RCPT", b"550 5.1.10 Null MX"),
        (b"RCPT", b"552 5.2.2 Mailbox full"),
        (b"DATA", b"554 5.6.0 Content not accepted"),
    ],
    ids=bytes.decode,
)
def test_a_no_to_this_recipient_or_this_text_stops_there(refused_at, verb, reply):
    assert refused_at(verb, reply).state == MailState.REFUSED


def test_a_refused_login_condemns_no_mail(app, requested, mailing, caplog):
    def refuses(*_):
        return AuthResult(success=False, handled=False)

    postman = Postman()
    with PostOffice(postman, authenticator=refuses, auth_require_tls=False) as office:
        mailing(office.port, username="office", password="mail-secret")
        deliver(app)
    assert postman.mails == []
    assert only_message().state == MailState.WAITING
    assert only_message().last_error.startswith("SMTPAuthenticationError 535")
    assert "mail-secret" not in caplog.text + only_message().last_error


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        ((b"550-5.1.1 No such", b"550-5.1.1 user", b"550 5.1.1 here"), "550 5.1.1 No such 5.1.1 user 5.1.1 here"),
        ((b"550 5.1.1 bo\xeete \xe0 lettres\x1b[2J\tferm\xe9e",), "550 5.1.1 bo\N{REPLACEMENT CHARACTER}te"),
        ((b"553-5.1.3 " + b"long " * 300, b"553 5.1.3 enough"), "553 5.1.3 long long"),
    ],
    ids=["several lines", "not ASCII", "long"],
)
def test_an_odd_final_no_is_understood(app, requested, mailing, reply, kept):
    def refuses_the_recipient(caller):
        caller.greet()
        caller.obey_until(b"RCPT")
        caller.say(*reply)
        for _ in caller.lines:
            caller.say(b"250 yes")

    with ScriptedServer(refuses_the_recipient) as server:
        mailing(server.port)
        deliver(app)
    message = only_message()
    assert message.state == MailState.REFUSED
    assert message.last_error.startswith(f"SMTPRecipientsRefused {kept}")
    assert message.last_error.isprintable()
    assert len(message.last_error) < 250


@pytest.mark.parametrize(
    ("greeting", "kind"), [(b"554 go away", "SMTPConnectError 554 go away"), (b"what?", "SMTPConnectError")]
)
def test_a_greeting_that_says_no_condemns_no_mail(app, requested, mailing, greeting, kind):
    with ScriptedServer(lambda caller: caller.say(greeting)) as server:
        mailing(server.port)
        deliver(app)
    assert only_message().state == MailState.WAITING
    assert only_message().last_error.startswith(kind)
