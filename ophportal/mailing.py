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

# Seconds that a whole conversation with the mail server may take.
TALK = 180.0
# Bytes that it may send in one, before TLS begins and again after: far more than all its replies take.
MOST_SAID = 100_000

IN_SEVEN_BITS = Charset("utf-8")
IN_SEVEN_BITS.body_encoding = QP


class PlainMessage(Message):
    """A mail that every server takes as it is, in short lines of ASCII.

    Flask-Mail sends eight bits a letter without asking whether the server takes them (RFC 6152), and lines as long as
    they come. A server on the way that has to convert them breaks the office's DKIM signature (RFC 6376, 5.3).
    """

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        return MIMEText(text or "", subtype, IN_SEVEN_BITS)  # type: ignore[arg-type] # typeshed: its name alone

    def _message(self) -> MIMEBase:
        """With the office's name before its address: lists of mails show the name only.

        Not in `sender`: servers are told that address as it is, and Flask-Mail would cut a name at its comma.
        """
        mail = super()._message()
        name = current_app.config["OFFICE"]["short_name"]
        mail.replace_header("From", str(Address(name, addr_spec=str(self.sender))))
        return mail


class Replies(io.BufferedReader):
    """The mail server's replies, in whole lines. A line without its end is no reply, and no yes (RFC 5321, 2.3.8).

    smtplib would take « 250 » and a hang-up for a 250, and would read a reply that never ends into memory.
    """

    left = MOST_SAID

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line; b"", as at the end of the connection, for a line that is cut and after `MOST_SAID` bytes."""
        line = super().readline(size)
        self.left -= len(line)
        return line if line.endswith(b"\n") and self.left > 0 else b""


class PatientSMTP(smtplib.SMTP):
    """smtplib's client, which hangs up after `TALK` seconds.

    A socket's time limit starts anew with each byte: a server that sends one now and then would hold it for ever.
    """

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        # A second handle on the same connection: `starttls` detaches the first.
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
        with suppress(OSError):  # the connection has ended already
            self.line.shutdown(socket.SHUT_RDWR)

    def data(self, msg: "ReadableBuffer | str") -> tuple[int, bytes]:
        """Send the mail, and wait longer for the server's last reply than for the others.

        It may be delivering meanwhile: hanging up too soon means that the mail is sent twice (RFC 5321, 4.5.3.2.6).
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
    """A connection to the mail server, with a time limit and a checked certificate."""

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
        """Say QUIT. The server's 250 came before: the mail has left, even if this fails (RFC 5321, 4.2.5)."""
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
        """Flask-Mail's state for this application, made from its settings at the first mail."""
        return app.extensions.get("mail") or self.init_app(app)


mail = PatientMail()
