"""Flask-Mail with what its 0.10 lacks: seven bits, time limits, real certificate checks, a calm farewell."""

import io
import smtplib
import socket
import ssl
from contextlib import suppress
from email.charset import QP, Charset
from email.headerregistry import Address
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from threading import Timer
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_mail import Connection, Mail, Message

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# Seconds that one talk with the mail server may take in all, whatever its steps.
TALK = 180.0
# Bytes that it may say in one, before and after TLS begins: far more than all its replies are together.
MOST_SAID = 100_000

IN_SEVEN_BITS = Charset("utf-8")
IN_SEVEN_BITS.body_encoding = QP


class PlainMessage(Message):
    """A mail that every server takes as it is, in short lines of ASCII.

    Flask-Mail sends eight bits a letter without asking whether the server takes them (RFC 6152), and lines as long as
    they come. Who has to mend that on the way breaks the signature by which the office is known (RFC 6376, 5.3).
    """

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        return MIMEText(text or "", subtype, IN_SEVEN_BITS)  # type: ignore[arg-type] # typeshed: its name alone

    def _message(self) -> MIMEBase:
        """With the office's name before its address: in a list of mails the name is all that is shown.

        Here alone: the servers are told the bare address, and Flask-Mail would take a comma in a name for its end.
        """
        mail = super()._message()
        name = current_app.config["OFFICE"]["short_name"]
        mail.replace_header("From", str(Address(name, addr_spec=str(self.sender))))
        return mail


class Replies(io.BufferedReader):
    """What the mail server says, in whole lines. One cut before its end is no reply, and no yes (RFC 5321, 2.3.8).

    smtplib would take « 250 » and a hang-up for a 250, and keep the lines of a reply without end.
    """

    left = MOST_SAID

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line; b"" as at the connection's end where it is cut, or where too much has been said."""
        line = super().readline(size)
        self.left -= len(line)
        return line if line.endswith(b"\n") and self.left > 0 else b""


class PatientSMTP(smtplib.SMTP):
    """smtplib's client, which hangs up after `TALK` seconds.

    A socket's time limit starts anew with each byte: a server that sends one now and then would hold it for ever.
    """

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        # A second handle on the same connection: TLS takes the first one away.
        self.line = sock.dup()
        self.hang_up = Timer(TALK, self.cut)
        self.hang_up.daemon = True
        self.hang_up.start()
        return sock

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = Replies(self.sock.makefile("rb", buffering=0))
        return super().getreply()

    def cut(self) -> None:
        with suppress(OSError):  # it has ended by itself
            self.line.shutdown(socket.SHUT_RDWR)

    def data(self, msg: "ReadableBuffer | str") -> tuple[int, bytes]:
        """Send the mail, and wait for the server's yes longer than for its other answers.

        It may be delivering meanwhile: who goes too soon sends the mail again (RFC 5321, 4.5.3.2.6).
        """
        self.wait_at_most(TALK)
        reply = super().data(msg)
        self.wait_at_most(self.timeout)
        return reply

    def wait_at_most(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def close(self) -> None:
        self.hang_up.cancel()
        self.line.close()
        super().close()


class PatientConnection(Connection):
    """A connection to the mail server that never waits for ever and never trusts a stranger's certificate."""

    def configure_host(self) -> smtplib.SMTP:
        """An open connection, under TLS and logged in as configured. Raises OSError or `smtplib.SMTPException`."""
        mail = self.mail
        host = PatientSMTP(mail.server, mail.port, timeout=current_app.config["MAIL_TIMEOUT"])
        try:
            if mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(self, *failure: Any) -> None:
        """Say goodbye. The server's 250 came before: whatever goes wrong now, the mail has left (RFC 5321, 4.2.5)."""
        if self.host is None:
            return
        try:
            self.host.quit()
        except (OSError, smtplib.SMTPException):
            self.host.close()


class PatientMail(Mail):
    """Flask-Mail's `Mail`, opening patient connections; bound to the application by its first mail.

    Processes that serve pages send none, and do not load it.
    """

    def connect(self) -> Connection:
        return PatientConnection(self.bound_to(current_app))

    def bound_to(self, app: Flask) -> Any:
        """How mail leaves this application, as its settings say."""
        return app.extensions.get("mail") or self.init_app(app)


mail = PatientMail()
