"""The office's figures: how many tenants have come in, what became of requests and mails."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from peewee import Case, Field, fn

from ophportal import clock
from ophportal.formatting import month_name
from ophportal.models import AccessRequest, Account, Lease, MailState, OutboxMessage, Outcome

MONTHS_SHOWN = 12


class Month(NamedTuple):
    """A month as the office has it: [`start`, `end`), two aware instants in UTC."""

    label: str
    start: datetime
    end: datetime


class Share(NamedTuple):
    """How many tenants with a running lease there are, and how many of them have activated their account."""

    activated: int
    tenants: int

    @property
    def words(self) -> str:
        """« 34 % », rounded down: all is all, and somebody is not nobody."""
        percent = 100 * self.activated // self.tenants if self.tenants else 0
        return "moins de 1\u00a0%" if self.activated and not percent else f"{percent}\u00a0%"


def last_months() -> list[Month]:
    """The last `MONTHS_SHOWN` months up to the present one, oldest first."""
    today = clock.today()
    firsts = [clock.months_before(today, ago) for ago in range(MONTHS_SHOWN - 1, -2, -1)]
    return [
        Month(month_name(first), midnight(first), midnight(following))
        for first, following in itertools.pairwise(firsts)
    ]


def midnight(day: date) -> datetime:
    """When the day begins where the office is, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=clock.here()).astimezone(UTC)


def by_month(instant: Field, months: Sequence[Month]) -> list[object]:
    """The expressions that count the rows whose `instant` lies in each month."""
    inside = [(instant >= month.start) & (instant < month.end) for month in months]
    return [fn.COALESCE(fn.SUM(Case(None, [(condition, 1)], 0)), 0) for condition in inside]


def activations(months: Sequence[Month]) -> list[int]:
    """How many accounts were activated in each month."""
    since = Account.activated_at >= months[0].start
    query: Any = Account.select(*by_month(Account.activated_at, months)).where(since).tuples()
    return list(query.get())


def activated_share() -> Share:
    """Of the tenants with a running lease, how many have activated their account."""
    # Counted on leases: from the tenants' side the query took ten times as long.
    running: Any = Lease.select(fn.COUNT(Lease.tenant.distinct())).where(Lease.is_current())
    activated = running.join(Account, on=(Account.tenant == Lease.tenant)).where(Account.activated_at.is_null(False))
    return Share(activated.scalar(), running.scalar())


def requests_by_outcome(months: Sequence[Month]) -> dict[Outcome, list[int]]:
    """For each outcome that there was, how many requests had it in each month."""
    query: Any = (
        AccessRequest.select(AccessRequest.outcome, *by_month(AccessRequest.created_at, months))
        .where(AccessRequest.created_at >= months[0].start)
        .group_by(AccessRequest.outcome)
    )
    found = {outcome: list(counts) for outcome, *counts in query.tuples()}
    return {outcome: found[outcome] for outcome in Outcome if outcome in found}


def mails_by_state(since: datetime) -> dict[MailState, int]:
    # A mail is never due before it is created: so the index on (state, due_at) narrows the search.
    recent = OutboxMessage.state.in_(list(MailState)) & (OutboxMessage.due_at >= since)
    query: Any = (
        OutboxMessage.select(OutboxMessage.state, fn.COUNT(OutboxMessage.id))
        .where(recent & (OutboxMessage.created_at >= since) & (OutboxMessage.mail != ""))
        .group_by(OutboxMessage.state)
    )
    found = dict(query.tuples())
    return {state: found[state] for state in MailState if state in found}
