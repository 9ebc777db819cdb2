"""The journal (journal des accès): what happened at the doors, and what the throttles count (DESIGN 7).

It holds no secret and no full unknown identifier: `subject` is a keyed digest.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from peewee import Expression, ForeignKeyField, Query, TextField, fn

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, in_steps
from ophportal.models.agent import Agent
from ophportal.models.claims import AHEAD
from ophportal.models.tenant import Tenant
from ophportal.prepared import OftenMade, Prepared, given


class Event(StrEnum):
    REQUEST = "request"
    REQUEST_SETTLED = "request_settled"
    REQUEST_THROTTLED = "request_throttled"
    LOGIN = "login"
    PASSWORD_PROVED = "password_proved"  # noqa: S105 - the right one, given to change it
    LOGIN_FAILED = "login_failed"
    LOGIN_THROTTLED = "login_throttled"
    LOGOUT = "logout"
    ACCOUNT_SWITCHED = "account_switched"  # into this account, from the other that one login had proved
    SESSIONS_ENDED = "sessions_ended"  # the tenant disconnected other devices
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event's name
    PHONE_CHANGED = "phone_changed"  # by the tenant
    EMAIL_ASKED = "email_asked"  # the tenant asked for another address, not confirmed yet
    EMAIL_UNDONE = "email_undone"  # the address before it came back
    MAIL_SENT = "mail_sent"
    MAIL_FAILED = "mail_failed"
    CONSENT_GIVEN = "consent_given"  # to receipts over the Internet alone
    CONSENT_WITHDRAWN = "consent_withdrawn"
    # What an agent did, or what was done at their word.
    RECORD_VIEWED = "record_viewed"
    CODE_ASKED = "code_asked"
    EMAIL_CHANGED = "email_changed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    VERIFICATION_APPROVED = "verification_approved"
    VERIFICATION_REFUSED = "verification_refused"
    LETTER_PRINTED = "letter_printed"
    LETTER_DOWNLOADED = "letter_downloaded"  # with many others; about a tenant, when by another than who printed it
    LETTER_USED = "letter_used"
    DATA_EXPORTED = "data_exported"  # the tenant took a copy of all that is held on them
    DATA_HANDED_OVER = "data_handed_over"  # a responsable made that copy; `detail` says why
    IMPORT_CONFIRMED = "import_confirmed"  # the agent's word, before the file is written
    IMPORT_DROPPED = "import_dropped"
    IMPORT_REJECTS_DOWNLOADED = "import_rejects_downloaded"  # the lines refused, with what they say of people
    IMPORTED = "imported"
    CONTACT_DETAILS_DOWNLOADED = "contact_details_downloaded"  # those that tenants changed, to carry into the ERP
    CONSENTS_DOWNLOADED = "consents_downloaded"  # whose receipts may go without paper
    DOCUMENT_WITHDRAWN = "document_withdrawn"
    TENANTS_FORGOTTEN = "tenants_forgotten"  # who had left, or one alone, by the command line; `detail` says how many
    EVERYTHING_VOIDED = "everything_voided"  # after a breach: every password and session
    AGENT_INVITED = "agent_invited"
    AGENT_ACTIVATED = "agent_activated"
    AGENT_DISABLED = "agent_disabled"
    AGENT_ENABLED = "agent_enabled"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    ACCESS_REFUSED = "access_refused"  # a page that is not for this agent's role


ENTERED = (Event.LOGIN, Event.ACCOUNT_SWITCHED)
PROOFS = (Event.LOGIN, Event.PASSWORD_PROVED)
REFUSED = (Event.LOGIN_FAILED, Event.LOGIN_THROTTLED)
# The last logins that are shown.
MOST_LOGINS = 10


class JournalEntry(OftenMade, BaseModel):
    at = UtcDateTimeField(default=clock.now, index=True)
    event = TextField()
    tenant = ForeignKeyField(Tenant, null=True, backref="journal", on_delete="SET NULL")
    subject = TextField(default="")  # whose door: a digest of the account or of the unknown identifier
    network_address = TextField(default="")
    detail = TextField(default="")
    # The agent who did it, if one did. No index of its own: (agent, at) serves as well.
    agent = ForeignKeyField(Agent, null=True, backref="journal", on_delete="SET NULL", index=False)

    class Meta:
        indexes = (
            (("subject", "event", "at"), False),
            (("network_address", "event", "at"), False),
            (("agent", "at"), False),
        )

    @classmethod
    def times(cls, condition: Expression, event: Event, since: datetime, most: int) -> list[datetime]:
        """The instants of the newest `most` entries of `event` that meet `condition` since `since`, newest first."""
        rows = (
            cls.select(cls.at)
            .where(condition & (cls.event == event) & cls.at.between(since, latest()))
            .order_by(cls.at.desc())
            .limit(most)
        )
        return [row.at for row in rows]

    @classmethod
    def phone_changed_at(cls, tenant: Tenant) -> datetime | None:
        """When `tenant` last changed their telephone; None once that is older than the journal."""
        changes = (cls.tenant == tenant) & (cls.event == Event.PHONE_CHANGED)
        return cls.select(fn.MAX(cls.at)).where(changes).scalar()

    @classmethod
    def device_of(cls, whose: Expression, entered_at: datetime) -> str:
        """The device of the last entry up to `entered_at` of `whose` entries; empty once the journal has lost it."""
        until_then = whose & cls.event.in_(ENTERED) & (cls.at <= entered_at)
        return next((entry.detail for entry in cls.newest(until_then, 1)), "")

    @classmethod
    def failures_at(cls, subject: str, since: datetime, most: int) -> list[datetime]:
        """The instants of the newest `most` failures at a door since `since` and its last success, newest first."""
        return instants(FAILURES_AT.rows(subject=subject, since=since, until=latest(), most=most))

    @classmethod
    def failures_from(cls, network_address: str, since: datetime, most: int) -> list[datetime]:
        """The instants of the newest `most` failures from this address since `since`, newest first."""
        return instants(FAILURES_FROM.rows(network_address=network_address, since=since, until=latest(), most=most))

    @classmethod
    def subjects_from(cls, network_address: str, event: Event, since: datetime, most: int) -> list[str]:
        """The doors of at most `most` entries of `event` from this address after `since`."""
        here = (cls.network_address == network_address) & (cls.event == event) & (cls.at > since)
        return [row.subject for row in cls.select(cls.subject).where(here).limit(most)]

    @classmethod
    def count_since(cls, since: datetime) -> dict[str, int]:
        """How often each event has happened since then."""
        query: Any = cls.select(cls.event, fn.COUNT(cls.id)).where(cls.at >= since).group_by(cls.event)
        return dict(query.tuples())

    @classmethod
    def newest_before(cls, moment: datetime) -> datetime | None:
        """The instant of the last entry before then; None when there is none."""
        return cls.select(fn.MAX(cls.at)).where(cls.at < moment).scalar()

    @classmethod
    def purge(cls, before: datetime) -> int:
        """Erase the entries older than `before`; how many."""
        return in_steps(cls.delete().where(cls.at < before))

    @classmethod
    def last_logins(cls, tenant: Tenant) -> list[Self]:
        """The newest entries of `tenant` into the account, newest first."""
        return cls.newest((cls.tenant == tenant) & cls.event.in_(ENTERED), MOST_LOGINS)

    @classmethod
    def last_logins_of_agent(cls, agent: Agent) -> list[Self]:
        """The newest logins of `agent`, newest first."""
        return cls.newest((cls.agent == agent) & (cls.event == Event.LOGIN), MOST_LOGINS)

    @classmethod
    def refusals_at(cls, subjects: Iterable[str], most: int = 5) -> "Refusals":
        """The tries refused at these doors, told apart from other events: strangers can make any number of them."""
        refused = cls.subject.in_(list(subjects)) & cls.event.in_(REFUSED)
        newest = cls.newest(refused, most)
        if len(newest) < most:
            return Refusals(newest, len(newest), None)
        counted: Any = cls.select(fn.COUNT(cls.id), fn.MIN(cls.at)).where(refused)
        return Refusals(newest, *counted.tuples().get())

    @classmethod
    def newest(cls, condition: Expression, most: int) -> list[Self]:
        return list(cls.select().where(condition).order_by(cls.at.desc(), cls.id.desc()).limit(most))

    @classmethod
    def last_entered_of(cls, tenants: Iterable[Tenant]) -> int | None:
        """The id of the one of `tenants` who entered their account last; None when none has."""
        entered = cls.tenant.in_(list(tenants)) & cls.event.in_(ENTERED)
        return cls.select(cls.tenant).where(entered).order_by(cls.at.desc(), cls.id.desc()).scalar()

    @classmethod
    def has_just(cls, event: Event, **about: Any) -> bool:
        """Whether such an entry was just written (`clock.PRESSED_TWICE`); `about` are its fields and their values."""
        return cls.select().where((cls.event == event) & clock.is_just_now(cls.at)).filter(**about).exists()

    @classmethod
    def last_before(cls, moment: datetime, event: Event, tenant: Tenant) -> int:
        """The id of the last of these entries about the tenant before then; 0 when there is none."""
        before = (cls.event == event) & (cls.tenant == tenant) & (cls.at <= moment)
        return cls.select(fn.MAX(cls.id)).where(before).scalar() or 0

    def becomes(self, event: Event, tenant: Tenant | None, detail: str = "", agent: Agent | None = None) -> None:
        """Write the outcome of a try that was journalled as failed ahead of it. `subject` is set by the caller."""
        self.event = event
        self.tenant = tenant
        self.detail = detail
        self.agent = agent
        BECOMES.rows(id=self.id, **{name: self.__data__.get(name) for name in OF_OUTCOME})


class Refusals(NamedTuple):
    """The newest refused tries, newest first; how many there are in all, and, where those are more, since when."""

    newest: list[JournalEntry]
    total: int
    since: datetime | None

    @property
    def are_more(self) -> bool:
        return self.total > len(self.newest)


def instants(rows: Iterable[Sequence[Any]]) -> list[datetime]:
    return [at for (kept,) in rows if (at := JournalEntry.at.python_value(kept))]


def latest() -> datetime:
    """Entries later than this were written while the clock ran ahead; counted, they would close a door until then."""
    return clock.now() + AHEAD


def failures(condition: Expression) -> Query:
    row = JournalEntry
    counted = row.at.between(given("since", row.at.db_value), given("until", row.at.db_value))
    return (
        row.select(row.at)
        .where(condition & (row.event == Event.LOGIN_FAILED) & counted)
        .order_by(row.at.desc())
        # A number that is bound to LIMIT itself makes SQLite plan the query anew, each time.
        .limit(given("most") + 0)
    )


def failures_at() -> Query:
    row, proof = JournalEntry, JournalEntry.alias()
    last_proof = proof.select(fn.MAX(proof.id)).where(
        (proof.subject == given("subject")) & proof.event.in_(PROOFS) & (proof.at >= given("since", row.at.db_value))
    )
    # By id and not by time: two entries may bear one instant.
    return failures((row.subject == given("subject")) & (row.id > fn.COALESCE(last_proof, 0)))


FAILURES_AT = Prepared(failures_at)
FAILURES_FROM = Prepared(lambda: failures(JournalEntry.network_address == given("network_address")))

# What `JournalEntry.becomes` writes.
OF_OUTCOME = ("event", "tenant", "subject", "detail", "agent")
BECOMES = Prepared(
    lambda: JournalEntry.update({name: given(name) for name in OF_OUTCOME}).where(JournalEntry.id == given("id"))
)
