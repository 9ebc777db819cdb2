"""What must leave by mail, as a row written with what caused it (DESIGN 8). The table is the truth."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self

from peewee import JOIN, SQL, Case, ForeignKeyField, TextField, fn

from ophportal import clock
from ophportal.database import UtcDateTimeField, in_steps, writing
from ophportal.models.access_request import AccessRequest
from ophportal.models.address_change import AddressChange
from ophportal.models.claims import AHEAD, Claimed, is_ahead, is_free
from ophportal.models.temporary_password import LIFETIME, TemporaryPassword
from ophportal.models.tenant import Tenant
from ophportal.models.verification import Verification
from ophportal.prepared import OftenMade

# Longer than the slowest talk with a mail server (`mailing.TALK`, and MAIL_TIMEOUT for each of its addresses), so
# that a claim ends before its work only when the worker is dead.
CLAIM = timedelta(minutes=5)
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = AHEAD

# The one mail, beside the answers to requests, that somebody waits for with the page open.
CONFIRMATION = "confirm_address"


# The condition that somebody waits for a mail. Written out, without parameters: an index has the same condition.
AWAITED = SQL(f"(state = 'waiting' AND (request_id IS NOT NULL OR mail = '{CONFIRMATION}'))")

# That its address has not been blanked yet; likewise.
ADDRESSED = SQL("recipient <> ''")


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    NOTHING_TO_SEND = "nothing_to_send"
    REFUSED = "refused"  # the mail server said no for good, to this one
    GIVEN_UP = "given_up"  # the last try came too late


class Backlog(NamedTuple):
    """How many mails wait to leave, and how many of them failed at their last try; an instant is None without any."""

    waiting: int
    failing: int
    due_since: datetime | None  # of the one that should have been tried first
    oldest: datetime | None
    ahead: int  # put off for longer than any delay: the clock ran ahead
    held: int  # that a worker is at

    @property
    def left_alone_since(self) -> datetime | None:
        """`due_since`, or None while a worker is sending: mails that wait behind a slow server are not left alone."""
        return None if self.held else self.due_since

    @property
    def untried(self) -> int:
        return self.waiting - self.failing


def message_id_from(address: str) -> str:
    """A Message-ID that no other mail has; `address` gives its domain (RFC 5322)."""
    return f"<{secrets.token_hex(16)}@{address.rpartition('@')[2]}>"


class OutboxMessage(OftenMade, Claimed):
    """`mail` names a function of `ophportal.emails`; empty until the worker has settled `request`."""

    message_id = TextField(unique=True)
    mail = TextField(default="")
    request = ForeignKeyField(AccessRequest, null=True, unique=True, on_delete="CASCADE")
    request_id: int | None  # Peewee's own: the key, without its row
    tenant = ForeignKeyField(Tenant, null=True, backref="mails", on_delete="SET NULL")
    recipient = TextField(default="")
    state = TextField(default=MailState.WAITING)
    created_at = UtcDateTimeField(default=clock.now)
    due_at = UtcDateTimeField(default=clock.now)
    give_up_at = UtcDateTimeField(default=lambda: clock.now() + LIFETIME)
    last_error = TextField(default="")
    finished_at = UtcDateTimeField(null=True)
    verification = ForeignKeyField(Verification, null=True, backref="mails", on_delete="CASCADE")
    address_change = ForeignKeyField(AddressChange, null=True, backref="mails", on_delete="CASCADE")

    class Meta:
        indexes = ((("state", "due_at"), False),)

    @classmethod
    def put(cls, sender: str, **fields: Any) -> Self:
        """A row for the worker, in the caller's transaction; `sender` is the address that the mail comes from."""
        return cls.create(message_id=message_id_from(sender), **fields)

    @classmethod
    def claim_next(cls) -> Self | None:
        """The oldest due message, taken for this worker alone until it is settled or `CLAIM` has passed.

        Those that somebody waits for go first: an import may have put hundreds of others before them.
        """
        now = clock.now()
        due = (cls.due_at <= now) | is_ahead(cls.due_at, now)
        waiting = cls.select().where((cls.state == MailState.WAITING) & due & is_free(cls.claimed_until, now))
        waiting = waiting.order_by(cls.due_at, cls.id)
        with writing():
            message = waiting.where(AWAITED).first() or waiting.first()
            if message is not None:
                message.take(until=now + CLAIM)
        return message

    @classmethod
    def forget_recipients(cls, finished_before: datetime) -> int:
        """Blank the addresses of mails that ended before then; that they left or failed stays."""
        old = cls.finished_at < finished_before
        return in_steps(cls.update(recipient="", last_error="").where(old & ADDRESSED))

    @classmethod
    def not_delivered(cls, most: int) -> tuple[list[Self], int]:
        """The newest `most` mails that failed, for good or so far, with their tenants; how many more there are."""
        failed = cls.state.in_([MailState.REFUSED, MailState.GIVEN_UP])
        waiting = (cls.state == MailState.WAITING) & (cls.last_error != "")
        query = cls.select(cls, Tenant).join(Tenant, JOIN.LEFT_OUTER).where(failed | waiting)
        shown = list(query.order_by(cls.created_at.desc()).limit(most))
        return shown, query.count() - len(shown) if len(shown) == most else 0

    @classmethod
    def backlog(cls) -> Backlog:
        now = clock.now()
        conditions = (cls.last_error != "", is_ahead(cls.due_at, now), ~is_free(cls.claimed_until, now))
        counts = [fn.COUNT(Case(None, [(those, 1)])) for those in conditions]
        query: Any = cls.select(fn.COUNT(cls.id), fn.MIN(cls.due_at), fn.MIN(cls.created_at), *counts)
        found = query.where(cls.state == MailState.WAITING).tuples().get()
        waiting, next_due, oldest, failing, ahead, held = found
        return Backlog(waiting, failing, next_due if next_due and next_due <= now else None, oldest, ahead, held)

    @classmethod
    def refused_since(cls, then: datetime) -> int:
        return cls.select().where((cls.state == MailState.REFUSED) & (cls.finished_at >= then)).count()

    @classmethod
    def newest_of(cls, tenant: Tenant, most: int) -> list[Self]:
        """The newest mails to `tenant`, newest first."""
        return list(cls.select().where((cls.tenant == tenant) & (cls.mail != "")).order_by(cls.id.desc()).limit(most))

    @classmethod
    def with_passwords(cls, passwords: Iterable[TemporaryPassword]) -> dict[int, Self]:
        """The mail of each of these passwords, by the account that it opens."""
        accounts = {password.request_id: password.account_id for password in passwords}
        mails = cls.select().where(cls.request.in_([*accounts])) if accounts else ()
        return {accounts[mail.request_id]: mail for mail in mails}

    @classmethod
    def count_of_requests(cls, mail: str, recipient: str, since: datetime) -> int:
        """How many of this mail the requests settled since then have brought to this address."""
        to_them = (cls.mail == mail) & (cls.recipient == recipient)
        return cls.select().join(AccessRequest).where(to_them & (AccessRequest.settled_at >= since)).count()

    def address_to(self, mail: str, recipient: str, tenant: Tenant | None) -> None:
        """Decide what it says and to whom; a retry finds the decision made. Its password lives from now on.

        In a store of before, it is decided anew with another password: mailboxes would take it for the mail that they
        have had, and drop it.
        """
        self.message_id = message_id_from(self.message_id.strip("<>"))
        self.mail = mail
        self.recipient = recipient
        self.tenant = tenant
        self.give_up_at = clock.now() + LIFETIME
        it = OutboxMessage
        self.save(only=[it.message_id, it.mail, it.recipient, it.tenant, it.give_up_at])

    def finish(self, state: MailState, error: str = "") -> None:
        self.change(state=state, last_error=error, finished_at=clock.now(), claimed_until=None)

    def retry(self, error: str) -> None:
        """Try again after a delay that doubles each time, or give up when that would be too late."""
        delay = min(FIRST_DELAY * 2 ** min(self.attempts - 1, 20), LONGEST_DELAY)
        due_at = clock.now() + delay
        if due_at > self.give_up_at:
            self.finish(MailState.GIVEN_UP, error)
        else:
            self.change(due_at=due_at, last_error=error, claimed_until=None)

    @property
    def is_too_late(self) -> bool:
        """Whether what it says is past its time; what is not decided yet never is."""
        return bool(self.mail) and clock.now() > self.give_up_at


# The first column is always the same: it makes SQLite prefer this index to the one of all mails.
OutboxMessage.add_index(
    OutboxMessage.index(OutboxMessage.state, OutboxMessage.due_at, where=AWAITED, name="outbox_message_awaited")
)
# Of all those that ever left, the last month's: what the purge looks for each hour.
OutboxMessage.add_index(
    OutboxMessage.index(OutboxMessage.finished_at, where=ADDRESSED, name="outbox_message_addressed")
)
