"""The mail server under TLS: it is who it says, or is told nothing."""

import pytest

from ophportal.models import MailState, OutboxMessage
from tests.mail.delivering import deliver, only_message
from tests.smtp import Postman, PostOffice, ScriptedServer, self_signed


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
