"""The demo's letter box: each mail that the portal sends becomes a file, and is shown at `/demo/courrier`.

The delivery worker writes and the web workers read: the folder is what these processes share.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from flask import Flask, current_app
from flask_mail import Message, email_dispatched

from ophportal.drafts import draft_in, keep_as

# When the mail was first sent, in UTC, and a digest of its Message-ID.
NAME = re.compile(r"(\d{8}T\d{12})Z-[0-9a-f]{32}", re.ASCII)
TIME = "%Y%m%dT%H%M%S%f"
# The list is read again at each look: it shows so many, the older ones keep their addresses.
MOST_LISTED = 100


@dataclass(frozen=True)
class KeptMail:
    """A mail as read from its file. `sent_at` is aware; `html` is empty when the mail has no such part."""

    name: str
    sent_at: datetime
    sender: str
    recipient: str
    subject: str
    text: str
    html: str

    @property
    def paragraphs(self) -> list[list[str]]:
        """The text cut at its empty lines, each paragraph in lines."""
        return [part.splitlines() for part in re.split(r"\n\s*\n", self.text.strip("\n")) if part.strip()]


def keep_mails(app: Flask) -> None:
    """Keep what this application sends, and no other's: the signal is one for the whole process."""
    email_dispatched.connect(keep, sender=app, weak=False)


def keep(app: Flask, message: Message, **_: object) -> None:
    """Write the mail whole or not at all; sent again after a crash, it replaces itself."""
    path = folder_of(app)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256(message.msgId.encode()).hexdigest()[:32]
    before = next(path.glob(f"*Z-{digest}.eml"), None)
    final = before or path / f"{datetime.now(UTC).strftime(TIME)}Z-{digest}.eml"
    with draft_in(path, prefix=".") as draft:
        draft.write(message.as_bytes())
        keep_as(final, draft)


def kept_mails() -> list[KeptMail]:
    """The newest mails, newest first."""
    names = sorted((path.stem for path in folder_of(current_app).glob("*.eml")), reverse=True)
    return [mail for name in names[:MOST_LISTED] if (mail := kept_mail(name)) is not None]


def kept_mail(name: str) -> KeptMail | None:
    """The mail of this name; None when there is none, and for a name that could lead out of the folder."""
    if (shape := NAME.fullmatch(name)) is None:
        return None
    try:
        content = (folder_of(current_app) / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    mail = message_from_bytes(content, policy=policy.default)
    return KeptMail(
        name=name,
        sent_at=datetime.strptime(shape[1], TIME).replace(tzinfo=UTC),
        sender=str(mail["From"]),
        recipient=str(mail["To"]),
        subject=str(mail["Subject"]),
        text=body(mail, "plain"),
        html=body(mail, "html"),
    )


def body(mail: EmailMessage, kind: str) -> str:
    """The body of this kind (`plain`, `html`), empty when there is none."""
    part = mail.get_body((kind,))
    return "" if part is None else str(part.get_content())


def folder_of(app: Flask) -> Path:
    return Path(app.config["DEMO_MAIL_FOLDER"])
