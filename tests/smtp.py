"""A real SMTP server in this process, for tests; well-behaved, or misbehaving as told."""

import socket
import ssl
import subprocess
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


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
        super().__init__(handler, hostname="127.0.0.1", port=free_port(), **options)

    def __enter__(self) -> "PostOffice":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
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
