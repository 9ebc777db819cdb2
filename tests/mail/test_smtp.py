"""The worker against a real SMTP server: what arrives logs in, and what goes wrong is not lost."""

import socket
from datetime import timedelta
from functools import partial
from itertools import pairwise
from unittest.mock import Mock

import pytest
import time_machine
from aiosmtpd.smtp import AuthResult
from peewee import OperationalError

from config import Config
from ophportal import emails, outbox
from ophportal import mailing as patient_mail
from ophportal.formatting import date_and_time
from ophportal.models import Account, Event, JournalEntry, MailState, OutboxMessage
from ophportal.models.outbox_message import CLAIM
from ophportal.passwords import temporary_password
from tests.conftest import landing, request_code
from tests.office import code_and_password
from tests.smtp import Postman, PostOffice, ScriptedServer, free_port, mail_through, self_signed


@pytest.fixture
def mailing(app, monkeypatch):
    """The portal, really mailing to the port given."""

    return partial(mail_through, app, monkeypatch)


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
    code, password = code_and_password(mail.get_body(("plain",)).get_content())
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
    assert only_message().last_error == "ce n'est pas un serveur de courrier, ou il raccroche"


def test_a_server_without_an_address_is_said_so(app, requested, mailing):
    mailing(25, server="smtp.invalid")
    deliver(app)
    assert only_message().last_error == "ce nom n'a pas d'adresse dans le DNS"


def test_a_mail_that_the_portal_cannot_write_is_said_to_be(app, requested, monkeypatch):
    monkeypatch.setitem(emails.WRITERS, "credentials", lambda _: {}["key"])
    deliver(app)
    assert only_message().state == MailState.WAITING
    assert only_message().last_error == "le portail n'a pas pu l'écrire (KeyError)"


def test_nothing_is_said_of_a_mail_that_the_store_kept_from_being_written(app, requested, monkeypatch):
    monkeypatch.setitem(emails.WRITERS, "credentials", Mock(side_effect=OperationalError("database is locked")))
    with pytest.raises(OperationalError):
        deliver(app)
    assert only_message().state == MailState.WAITING
    assert (only_message().attempts, only_message().last_error) == (1, "")


def test_the_time_for_a_whole_talk_ends_before_the_claim(app):
    every_address = timedelta(seconds=4 * Config.MAIL_TIMEOUT)  # a name with four addresses, none of which answers
    assert every_address + timedelta(seconds=patient_mail.TALK) < CLAIM


def drips_its_greeting(caller):
    caller.drip(b"220 ")


def drips_a_reply_without_end(caller):
    caller.greet()
    caller.obey_until(b"MAIL")
    caller.drip(b"250-a\r\n")


def drips_its_half_of_the_handshake(caller):
    caller.greet()
    caller.lines.readline()
    caller.say(b"250-hello", b"250 STARTTLS")
    caller.lines.readline()
    caller.say(b"220 go on")
    caller.drip(b"\x16\x03\x03\x3f\xff" + b"\0" * 1000)  # a TLS record of 16 KiB, RFC 8446, 5.1


def drips_after_the_mail(caller):
    caller.take_mail()
    caller.connection.sendall(b"250 ")
    caller.drip(b"a")


@pytest.mark.parametrize(
    "script",
    [drips_its_greeting, drips_a_reply_without_end, drips_its_half_of_the_handshake, drips_after_the_mail],
    ids=lambda script: script.__name__,
)
def test_a_server_that_sends_a_byte_now_and_then_is_hung_up_on(app, requested, mailing, monkeypatch, script):
    monkeypatch.setattr(patient_mail, "TALK", 1.0)
    with ScriptedServer(script) as server:
        mailing(server.port, tls=script is drips_its_half_of_the_handshake)
        deliver(app)
    assert only_message().state == MailState.WAITING
    assert only_message().attempts == len(server.callers) == 1


@pytest.mark.parametrize("line", [b"250-and\r\n", b"250 and ", b"250-\0"], ids=["lines", "a line", "NUL"])
def test_a_server_that_never_stops_talking_is_hung_up_on(app, requested, mailing, line):
    too_much = range(1000)  # 64 KiB each: more than lies in the connection when nobody reads
    told = []

    def never_stops(caller):
        caller.greet()
        caller.obey_until(b"MAIL")
        for piece in too_much:
            caller.connection.sendall(line * (65_536 // len(line)))
            told.append(piece)

    with ScriptedServer(never_stops) as server:
        mailing(server.port)
        deliver(app)
    assert len(told) < len(too_much)
    assert only_message().state == MailState.WAITING
    assert only_message().last_error == "ce n'est pas un serveur de courrier, ou il raccroche"


# For how long a server may be silent that says all that it should before: on a busy machine it takes its time.
STEP = 2


def test_a_server_that_thinks_before_its_yes_gets_the_mail_once(app, requested, mailing):
    def thinks_longer_than_a_step(caller):
        caller.take_mail()
        caller.closing.wait(STEP + 0.5)
        caller.say(b"250 mine")
        caller.obey_until(b"QUIT")

    with ScriptedServer(thinks_longer_than_a_step) as server:
        mailing(server.port, timeout=STEP)
        deliver(app)
        assert not deliver(app)
    assert only_message().state == MailState.SENT


def test_a_server_that_falls_silent_after_its_yes_gets_the_mail_once(app, requested, mailing):
    def falls_silent(caller):
        caller.take_mail()
        caller.say(b"250 mine")
        caller.wait_for_the_end()

    with ScriptedServer(falls_silent) as server:
        mailing(server.port, timeout=STEP)
        deliver(app)
        assert not deliver(app)
    assert only_message().state == MailState.SENT


def hangs_up_at_once(caller):
    pass


def hangs_up_in_the_middle_of_data(caller):
    caller.greet()
    caller.obey_until(b"DATA")
    caller.say(b"354 go on")
    caller.connection.recv(20)


def hangs_up_before_its_yes(caller):
    caller.take_mail()


def hangs_up_after(said):
    """A server that takes the mail, and whose answer is cut after these bytes."""

    def hangs_up(caller):
        caller.take_mail()
        caller.connection.sendall(said)

    return pytest.param(hangs_up, id=repr(said))


@pytest.mark.parametrize(
    "script",
    [
        hangs_up_at_once,
        hangs_up_in_the_middle_of_data,
        hangs_up_before_its_yes,
        *map(hangs_up_after, [b"25", b"250", b"250 mine", b"250-mine\r\n", b"250-mine\r\n250 ye"]),
    ],
)
def test_a_hang_up_before_the_servers_yes_is_tried_again_with_the_same_mail(app, requested, mailing, script):
    with ScriptedServer(script) as server:
        mailing(server.port)
        deliver(app)
    message = only_message()
    assert message.state == MailState.WAITING

    postman = Postman()
    with PostOffice(postman) as office, time_machine.travel(message.due_at + timedelta(seconds=1)):
        mailing(office.port)
        deliver(app)
    assert [mail["Message-ID"] for mail in postman.mails] == [message.message_id]
    assert only_message().state == MailState.SENT


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
        assert only_message().last_error.startswith("son certificat est refusé : il est signé par lui-même")

        OutboxMessage.update(due_at=OutboxMessage.created_at).execute()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        deliver(app)
    assert len(postman.mails) == 1


def test_a_trusted_certificate_for_another_name_gets_nothing(app, requested, mailing, tmp_path, monkeypatch):
    context, certificate = self_signed(tmp_path, "autre.exemple.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    postman = Postman()
    with PostOffice(postman, tls_context=context) as office:
        mailing(office.port, tls=True, server="localhost")
        deliver(app)
    assert postman.mails == []
    assert only_message().state == MailState.WAITING
    assert only_message().last_error == "son certificat est refusé : il est fait pour un autre nom"


@pytest.mark.parametrize(
    ("offers", "answer"),
    [([b"250 hello"], b"502 what?"), ([b"250-hello", b"250 STARTTLS"], b"454 not now")],
    ids=["not offered", "refused"],
)
def test_without_tls_nothing_is_said_in_clear(app, requested, mailing, offers, answer):
    def speaks_in_clear(caller):
        caller.greet()
        caller.heard.append(caller.lines.readline())
        caller.say(*offers)
        for line in caller.lines:
            caller.heard.append(line)
            caller.say(answer)

    with ScriptedServer(speaks_in_clear) as server:
        mailing(server.port, tls=True, server="localhost", username="office", password="mail-secret")
        deliver(app)
    [caller] = server.callers
    assert {line.split()[0].upper() for line in caller.heard} <= {b"EHLO", b"STARTTLS", b"QUIT"}
    assert only_message().state == MailState.WAITING


def test_what_a_stranger_slips_in_before_tls_begins_is_not_heard(app, requested, mailing, tmp_path, monkeypatch):
    """RFC 3207, 4.2: it came in the same packet as the server's word, and would be read as its own once it is sure."""
    context, certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    def is_slipped_into(caller):
        caller.greet()
        caller.lines.readline()
        caller.say(b"250-hello", b"250 STARTTLS")
        caller.lines.readline()
        caller.say(b"220 go on", b"250 a stranger's")
        with context.wrap_socket(caller.connection, server_side=True) as secret, secret.makefile("rb") as caller.lines:
            caller.connection = secret
            caller.obey_until(b"DATA")
            caller.say(b"354 go on")
            caller.lines.readline()
            caller.say(b"451 the server's")

    with ScriptedServer(is_slipped_into) as server:
        mailing(server.port, tls=True, server="localhost")
        deliver(app)
    assert [line.split()[0].upper() for line in server.callers[0].heard] == [b"EHLO", b"MAIL", b"RCPT", b"DATA"]
    assert only_message().last_error.startswith("SMTPDataError 451")


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


def test_a_mail_whose_password_died_while_no_worker_was_there_is_given_up_aloud(app, requested, mailing, caplog):
    mailing(free_port())
    deliver(app)
    with time_machine.travel(only_message().give_up_at + timedelta(seconds=1)):
        postman = Postman()
        with PostOffice(postman) as office:
            mailing(office.port)
            deliver(app)
            assert not deliver(app)
    assert postman.mails == []
    assert only_message().state == MailState.GIVEN_UP
    assert only_message().last_error == "rien n'écoute sur ce port"
    assert JournalEntry.select().where(JournalEntry.event == Event.MAIL_FAILED).count() == 1
    assert "too late" in caplog.text


def test_a_request_that_waited_for_days_still_gets_a_password_that_lives(app, client, requested, mailing):
    postman = Postman()
    with PostOffice(postman) as office, time_machine.travel(only_message().give_up_at + timedelta(days=2)) as clock:
        mailing(free_port())
        deliver(app)  # the first try fails; the password has its whole life before it
        assert only_message().state == MailState.WAITING
        clock.shift(timedelta(hours=1))
        mailing(office.port)
        deliver(app)
        [mail] = postman.mails
        code, password = code_and_password(mail.get_body(("plain",)).get_content())
        assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"


def test_a_password_that_waited_for_the_mail_server_has_its_day_when_it_leaves(app, client, requested, mailing):
    mailing(free_port())
    deliver(app)
    postman = Postman()
    late = only_message().give_up_at - timedelta(minutes=35)
    with PostOffice(postman) as office, time_machine.travel(late, tick=False) as clock:
        mailing(office.port)
        deliver(app)
        text = postman.mails[0].get_body(("plain",)).get_content()
        assert f"une seule fois, jusqu'au {date_and_time(late + timedelta(hours=24))}." in text
        clock.shift(timedelta(hours=23))
        code, password = code_and_password(text)
        assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"


def test_a_password_that_has_arrived_and_served_is_not_mailed_again(app, client, requested, mailing):
    """The server took it and hung up before it said so."""
    mailing(free_port())
    deliver(app)
    with app.app_context():
        password = temporary_password(only_message().request.token)
    client.submit("/identification", identifier=Account.get().code, password=password)
    OutboxMessage.update(due_at=OutboxMessage.created_at).execute()
    postman = Postman()
    with PostOffice(postman) as office:
        mailing(office.port)
        deliver(app)
    assert postman.mails == []
    assert only_message().state == MailState.NOTHING_TO_SEND


def test_a_decision_that_writes_to_nobody_is_made_once(app, client, make_tenant, outbox, monkeypatch):
    make_tenant(email="")
    request_code(client)
    with monkeypatch.context() as dying:
        dying.setattr(OutboxMessage, "finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            outbox.deliver()
    OutboxMessage.update(claimed_until=OutboxMessage.created_at).execute()
    outbox.deliver()
    assert only_message().state == MailState.NOTHING_TO_SEND
    assert JournalEntry.select().where(JournalEntry.event == Event.REQUEST_SETTLED).count() == 1


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
