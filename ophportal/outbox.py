"""The delivery worker: takes what must leave from the outbox table, and mails it (DESIGN 8)."""

import logging
import smtplib
import time
from collections.abc import Callable
from threading import Event as Stop

from flask import Flask, current_app
from flask_mail import Message
from peewee import PeeweeException

from ophportal import emails
from ophportal.extensions import mail
from ophportal.models import AccessRequest, Event, JournalEntry, MailState, OutboxMessage
from ophportal.retention import purge

logger = logging.getLogger(__name__)

# Seconds between two looks at an empty outbox: a mail leaves about this long after its request.
PAUSE = 1.0
# ... and after a store that does not answer.
PAUSE_AFTER_FAULT = 5.0
PURGE_EVERY = 3600.0


def init_app(app: Flask, settle: Callable[[OutboxMessage, AccessRequest], None]) -> None:
    """`settle` decides what a row that carries an access request leads to; it lives in the access room."""
    app.extensions["settle"] = settle


def run(stop: Stop) -> None:
    """Deliver until `stop` is set. A fault of the store is logged and waited out: the rows are still there."""
    next_purge = 0.0
    while not stop.is_set():
        try:
            if time.monotonic() >= next_purge:
                purge()
                next_purge = time.monotonic() + PURGE_EVERY
            pause = 0.0 if deliver_due() else PAUSE
        except PeeweeException:
            logger.exception("the store does not answer; delivery goes on in %s s", PAUSE_AFTER_FAULT)
            pause = PAUSE_AFTER_FAULT
        stop.wait(pause)


def deliver_due() -> bool:
    """Deliver the oldest due message; False when none is due."""
    message = OutboxMessage.claim_next()
    if message is None:
        return False
    deliver(message)
    return True


def deliver(message: OutboxMessage) -> None:
    """One try at one message, whose end is always written down: sent, refused, or due again later."""
    try:
        written = compose(message)
        if written is None:
            message.finish(MailState.NOTHING_TO_SEND)
            return
        mail.send(written)
    except PeeweeException:
        raise  # the store's fault, not the mail's: the claim runs out and the row is taken again
    except Exception as error:
        conclude_failure(message, error)
    else:
        message.finish(MailState.SENT)
        JournalEntry.create(event=Event.MAIL_SENT, tenant=message.tenant, detail=message.mail)


def compose(message: OutboxMessage) -> Message | None:
    """The mail to send; decides first what an access request leads to. None when nothing is to be sent."""
    if message.request is not None and not message.mail:
        current_app.extensions["settle"](message, message.request)
    return emails.write(message) if message.mail else None


def conclude_failure(message: OutboxMessage, error: Exception) -> None:
    """Stop at the server's final no, try again later after anything else. The log tells no address."""
    code, said = reply_of(error)
    kind = type(error).__name__
    reason = f"{kind} {code or ''} {said}".strip()
    if code is not None and 500 <= code < 600 and is_about_the_mail(error):
        message.finish(MailState.REFUSED, reason)
    else:
        message.retry(reason)
    logger.warning(
        "mail %s, try %s: %s %s -> %s", message.id, message.attempts, type(error).__name__, code, message.state
    )
    if not isinstance(error, OSError | smtplib.SMTPException):
        logger.error("mail %s could not be written", message.id, exc_info=error)
    if message.state in {MailState.REFUSED, MailState.GIVEN_UP}:
        JournalEntry.create(
            event=Event.MAIL_FAILED, tenant=message.tenant, detail=f"{message.mail} {code or ''}".strip()
        )


def reply_of(error: Exception) -> tuple[int | None, str]:
    """The server's code and words behind `error`; (None, "") where it said nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error  # type: ignore[assignment] # typeshed: bytes or str
    else:
        return None, ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return code, text[:200]


def is_about_the_mail(error: Exception) -> bool:
    """Whether a 5xx condemns this mail; one about the greeting or our login is the office's to mend meanwhile."""
    kinds = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
    return isinstance(error, kinds)
