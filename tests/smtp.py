"""A real SMTP server in this process, for tests; well-behaved, or misbehaving as told."""

import socket
import ssl
import subprocess
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from ophportal.mailing import mail

held_ports: list[socket.socket] = []


class Postman:
    """An aiosmtpd handler that keeps what it gets. `refuse_data` and `refuse_recipient` are replies to give instead."""

    def __init__(self, refuse_data: str = "", refuse_recipient: str = ""):
        self.refuse_data = refuse_data
        self.refuse_recipient = refuse_recipient
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse_data:
            return self.refuse_data
        mail = message_from_bytes(envelope.content, policy=default)
        self.mails.append(mail)
        return "250 OK"


class PostOffice(Controller):
    """The server, on a free port of 127.0.0.1; `with PostOffice(handler) as office:`."""

    def __init__(self, handler: Any, **options: Any):
        # A busy machine takes its time to begin another thread.
        super().__init__(handler, hostname="127.0.0.1", port=free_port(), ready_timeout=30, **options)

    def __enter__(self) -> "PostOffice":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Caller:
    """One connection to a `ScriptedServer`, as its script sees it; `heard` keeps the commands that came."""

    def __init__(self, connection: socket.socket, closing: Event):
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.closing = closing
        self.heard: list[bytes] = []

    def say(self, *lines: bytes) -> None:
        self.connection.sendall(b"".join(line + b"\r\n" for line in lines))

    def greet(self) -> None:
        self.say(b"220 ready")

    def obey_until(self, verb: bytes) -> None:
        """Say yes to every command before `verb`, which waits for its answer."""
        for line in self.lines:
            self.heard.append(line.rstrip())
            if line.upper().startswith(verb):
                return
            self.say(b"250 yes")
        raise ConnectionAbortedError(f"{verb!r} never came")

    def take_mail(self) -> EmailMessage:
        """All that comes before the 250, which waits to be said."""
        self.greet()
        self.obey_until(b"DATA")
        self.say(b"354 go on")
        return message_from_bytes(b"".join(iter(self.lines.readline, b".\r\n")), policy=default)

    def drip(self, letters: bytes, pause: float = 0.1, most: float = 10) -> None:
        """Send `letters` again and again, one each `pause` seconds: for ever, were it not for `most`."""
        for count in range(round(most / pause)):
            self.connection.sendall(letters[count % len(letters) :][:1])
            if self.closing.wait(pause):
                return
        raise AssertionError("nobody hangs up")

    def wait_for_the_end(self) -> None:
        """Say nothing until the test is over."""
        self.closing.wait(10)


class ScriptedServer:
    """A server that treats each caller as `script` says, then hangs up."""

    def __init__(self, script: Callable[[Caller], None]):
        self.script = script
        self.callers: list[Caller] = []
        self.closing = Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.thread = Thread(target=self.answer, name="scripted-server")

    def __enter__(self) -> "ScriptedServer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def answer(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:  # shut down
                return
            caller = Caller(connection, self.closing)
            self.callers.append(caller)
            with connection, caller.lines:
                try:
                    self.script(caller)
                except OSError:  # the caller hung up first
                    continue


def mail_through(
    app: Flask, monkeypatch: pytest.MonkeyPatch, port: int, *, tls: bool = False, timeout: float = 5.0, **more: Any
) -> None:
    """Make the portal really mail, to `port`; `more` are other fields of Flask-Mail's state."""
    fields = {"suppress": False, "server": "127.0.0.1", "port": port, "use_tls": tls, **more}
    for name, value in fields.items():
        monkeypatch.setattr(mail.bound_to(app), name, value)
    monkeypatch.setitem(app.config, "MAIL_TIMEOUT", timeout)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on, and that nobody else is given before the tests end.

    It stays bound: by SO_REUSEADDR, which every server here sets too, the one that is meant to may listen on it.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    held_ports.append(probe)
    return int(probe.getsockname()[1])


def self_signed(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context with a certificate for `name`, and the file to trust it by."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
