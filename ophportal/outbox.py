"""The delivery worker: takes what must leave from the outbox table, and mails it (DESIGN 8)."""

import logging
import re
import smtplib
import time
from threading import Event as Stop

from flask import current_app
from flask_mail import Message
from peewee import OperationalError, PeeweeException
from werkzeug.utils import import_string

from ophportal import database, emails, faults
from ophportal.database import writing
from ophportal.formatting import one_line
from ophportal.logs import frames_of
from ophportal.mailing import mail
from ophportal.models import Event, JournalEntry, MailState, OutboxMessage
from ophportal.retention import clock_may_be_ahead, purge

logger = logging.getLogger(__name__)

# Seconds between two looks at an empty outbox: a mail leaves about this long after its request.
PAUSE = 1.0
# ... and after a store that does not answer.
PAUSE_AFTER_FAULT = 5.0
PURGE_EVERY = 3600.0
# What is erased does not come back: by then, NTP has set the clock of a machine that has just started.
FIRST_PURGE = 600.0
DAYS_IN_DOUBT = 7
NEVER = Stop()

# RFC 3463: the class, the subject and the detail of a refusal, in digits alone.
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
# Refusals that can be about a mail. One of the greeting, of our login or of our name is for the office to mend.
ABOUT_A_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
# RFC 3463: the recipient's address (5.1.7 and 5.1.8 are the sender's), their mailbox, what is written. The rest,
# relaying and quotas among it, would be said of any mail.
ABOUT_THIS_MAIL = re.compile(r"5\.(?:1\.(?![78]\b)|2\.|6\.)")
# RFC 4954, 6: log in, or better than that.
ABOUT_OUR_LOGIN = {530, 534, 535, 538}
# Said by a server that has not seen the mail yet: its words cannot repeat a password.
BEFORE_THE_MAIL = (
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPRecipientsRefused,
)


def run(stop: Stop) -> None:
    """Deliver until `stop` is set. A fault of the store is logged and waited out: the rows are still there.

    Raises NewerStoreError once a newer version has brought the store forward: the rest is for that version to do.
    """
    next_purge = None
    while not stop.is_set():
        try:
            database.pending_migrations()  # another host may have brought the store forward
            if next_purge is None:
                next_purge = time.monotonic() + until_first_purge()
            if time.monotonic() >= next_purge:
                # Set before the purge: if it fails, it waits an hour, and the mail does not wait for it.
                next_purge = time.monotonic() + PURGE_EVERY
                purge()
            pause = 0.0 if deliver_due(stop) else PAUSE
        except PeeweeException as error:
            said = faults.of_store(error)
            logger.error("the store does not answer; delivery goes on in %s s: %s", PAUSE_AFTER_FAULT, said)
            pause = PAUSE_AFTER_FAULT
        stop.wait(pause)


def until_first_purge() -> float:
    """Seconds. An office where nobody came for a month is rare, and may wait; `deliver --once` purges at a word."""
    if not clock_may_be_ahead():
        return FIRST_PURGE
    logger.warning(
        "the journal has no line of the last month: the clock may run ahead, and nothing is erased for %s days",
        DAYS_IN_DOUBT,
    )
    return DAYS_IN_DOUBT * 86400.0


def deliver_due(stop: Stop = NEVER) -> bool:
    """Deliver the oldest due message; False when none is due."""
    message = OutboxMessage.claim_next()
    if message is None:
        return False
    deliver(message, stop)
    return True


def deliver(message: OutboxMessage, stop: Stop = NEVER) -> None:
    """Try to send one message, and write down the result: sent, refused, given up, or due again later."""
    if message.is_too_late:
        give_up(message)
        return
    failure = None
    try:
        written = compose(message)
        if written is not None:
            mail.send(written)
    except PeeweeException:
        raise  # the store's fault, not the mail's: the claim runs out and the row is taken again
    except Exception as error:
        failure = error
    # Outside the handler: a fault of the store here must not log the server's words as its context.
    if failure is not None:
        conclude_failure(message, failure)
    elif written is None:
        message.finish(MailState.NOTHING_TO_SEND)
    else:
        conclude_success(message, stop)


def compose(message: OutboxMessage) -> Message | None:
    """The mail to send; decides first what an access request leads to. None when nothing is to be sent."""
    if message.request is not None and message.request.settled_at is None:
        # By its import path: the module is in the access room, which must not be imported from here.
        import_string(current_app.extensions["settle"])(message, message.request)
    return emails.write(message) if message.mail else None


def conclude_success(message: OutboxMessage, stop: Stop) -> None:
    """The mail has left, and leaves again unless that is written down: wait for the store as long as it takes."""
    while True:
        try:
            with writing():
                message.finish(MailState.SENT)
                JournalEntry.create(event=Event.MAIL_SENT, tenant=message.tenant, detail=message.mail)
        except OperationalError as error:
            said = faults.of_store(error)
            logger.error("mail %s has left, and the store does not take note: %s", message.id, said)
            if stop.wait(PAUSE_AFTER_FAULT):
                raise
        else:
            return


def conclude_failure(message: OutboxMessage, error: Exception) -> None:
    """Stop at the server's final no to this mail, try again later after anything else. The log tells no address."""
    code, said = reply_of(error)
    kind = type(error).__name__
    reason = why(error) if code is None else f"{kind} {code} {said}".rstrip()
    with writing():
        if isinstance(error, ABOUT_A_MAIL) and is_final(code, said):
            message.finish(MailState.REFUSED, reason)
        else:
            message.retry(reason)
        if message.state != MailState.WAITING:
            journal_failure(message, code)
    logger.warning("mail %s, try %s: %s %s -> %s", message.id, message.attempts, kind, code, message.state)
    if not isinstance(error, OSError | smtplib.SMTPException):
        logger.error("mail %s could not be written: %s\n%s", message.id, kind, frames_of(error))


def why(error: Exception) -> str:
    """The reason that agents read when no server replied. Of our own errors the type alone: texts can quote a mail."""
    if isinstance(error, OSError | smtplib.SMTPException):
        return faults.of_mail_server(error)
    return f"le portail n'a pas pu l'écrire ({type(error).__name__})"


def is_final(code: int | None, said: str) -> bool:
    """Whether this reply would be the same tomorrow, whatever the office mends, in the RFC's own words.

    A bare 550 may be about the recipient, or about who may send at all: it is asked again.
    """
    if code is None or not 500 <= code < 600 or code in ABOUT_OUR_LOGIN:
        return False
    status = STATUS.match(said)
    return status is not None and ABOUT_THIS_MAIL.match(status[0]) is not None


def give_up(message: OutboxMessage) -> None:
    """End a message whose time passed while no worker ran; the error of its last try is kept."""
    with writing():
        message.finish(MailState.GIVEN_UP, message.last_error)
        journal_failure(message)
    logger.warning("mail %s: too late -> %s", message.id, message.state)


def journal_failure(message: OutboxMessage, code: int | None = None) -> None:
    detail = f"{message.mail} {code or ''}".strip()
    JournalEntry.create(event=Event.MAIL_FAILED, tenant=message.tenant, detail=detail)


def reply_of(error: Exception) -> tuple[int | None, str]:
    """The server's code behind `error` and what can be kept of its words; (None, "") where it said nothing."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error  # type: ignore[assignment] # typeshed: bytes or str
    else:
        return None, ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    words = one_line(text)
    if isinstance(error, BEFORE_THE_MAIL):
        return code, words[:200]
    status = STATUS.match(words)
    return code, status[0] if status else ""
