"""A mail server that is silent, that drips or that hangs up: each mail leaves once, and the worker is not held."""

import socket
from datetime import timedelta

import pytest
import time_machine

from config import Config
from ophportal import mailing as patient_mail
from ophportal.models import MailState
from ophportal.models.outbox_message import CLAIM
from tests.mail.delivering import deliver, only_message
from tests.smtp import Postman, PostOffice, ScriptedServer


def test_a_silent_server_holds_the_worker_no_longer_than_its_time_limit(app, requested, mailing):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailing(silent.getsockname()[1], timeout=0.3)
        deliver(app)
    assert only_message().state == MailState.WAITING
    assert only_message().last_error == "ce n'est pas un serveur de courrier, ou il raccroche"


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
