"""Where a lease stands, as its tenant asks it: how much, until when, what was last called and last paid."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from peewee import Query, fn

from ophportal.clock import months_before
from ophportal.models.dwelling import Dwelling
from ophportal.models.job import LEDGER_IMPORT, Job, JobState
from ophportal.models.lease import Lease
from ophportal.models.ledger_entry import LedgerEntry, ReadEntry
from ophportal.models.money import euros
from ophportal.models.nature import Nature
from ophportal.models.rent_call import RentCall, due_on, last_call_of
from ophportal.models.statement import ZERO
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given, instances

# The first page looks no further back: the last call and the last payment are there, or are old news.
MONTHS_LOOKED_AT = 4


@dataclass(frozen=True)
class Situation:
    """`call` and `payment` are the last ones since `since`, None when there is none; `as_of` is when the office last
    brought a ledger in.

    `until` is when what is owed must be paid, None where nothing is; `overdue` is the part of the balance whose time
    has passed, at most the balance.
    """

    lease: Lease
    balance: Decimal
    as_of: datetime | None
    since: date
    call: RentCall | None
    payment: ReadEntry | None
    payment_came_back: bool
    until: date | None
    overdue: Decimal
    next_due: date | None


def situations_of(tenant: Tenant, today: date, due_day: int) -> list[Situation]:
    """A situation a lease: the running ones, then the ended ones that are not settled. Two queries."""
    since = months_before(today, MONTHS_LOOKED_AT)
    entries: dict[int, list[ReadEntry]] = defaultdict(list)
    for entry in LedgerEntry.recent_of(tenant, since):
        entries[entry.lease_id].append(entry)
    return [situation_of(it, entries[it.lease.id], since, today, due_day) for it in standings_of(tenant)]


class Standing(NamedTuple):
    """A lease with its dwelling, its balance, and when the office last brought a ledger in."""

    lease: Lease
    balance: Decimal
    as_of: datetime | None


def standings_of(tenant: Tenant) -> list[Standing]:
    """Of the leases that run, the oldest first, then of the ended ones that are not settled. In one query."""
    standings = [standing_in(row) for row in STANDINGS.rows(tenant=tenant.id)]
    running = [standing for standing in standings if standing.lease.is_running]
    return running + [it for it in standings if not it.lease.is_running and it.balance]


def standing_in(row: Sequence[Any]) -> Standing:
    cents, as_of, *rest = row
    lease, dwelling = instances(rest, Lease, Dwelling)
    lease.__rel__["dwelling"] = dwelling
    return Standing(lease, euros(cents), Job.finished_at.python_value(as_of))


def standings() -> Query:
    entries = LedgerEntry.select(fn.COALESCE(fn.SUM(LedgerEntry.debit - LedgerEntry.credit), 0))
    ledger_import = (Job.kind == LEDGER_IMPORT) & (Job.state == JobState.DONE)
    return (
        Lease.select(
            entries.where(LedgerEntry.lease == Lease.id),
            Job.select(fn.MAX(Job.finished_at)).where(ledger_import),
            Lease,
            Dwelling,
        )
        .join(Dwelling)
        .where(Lease.tenant == given("tenant"))
        .order_by(Lease.starts_on, Lease.id)
    )


STANDINGS = Prepared(standings)


def situation_of(standing: Standing, recent: Sequence[ReadEntry], since: date, today: date, due_day: int) -> Situation:
    lease, balance, as_of = standing
    call = last_call_of(recent)
    until = call.due_on(due_day) if call and balance > 0 else None
    # What the last call asks for is late only once its day has passed; what was owed before it is late already.
    not_late_yet = max(call.total, ZERO) if call and until and until >= today else ZERO
    payment = next((entry for entry in reversed(recent) if entry.nature is Nature.PAYMENT), None)
    return Situation(
        lease=lease,
        balance=balance,
        as_of=as_of,
        since=since,
        call=call,
        payment=payment,
        payment_came_back=payment is not None and came_back(payment, recent),
        until=until,
        overdue=max(balance - not_late_yet, ZERO),
        next_due=due_on(today + timedelta(days=1), due_day) if lease.is_running else None,
    )


def came_back(payment: ReadEntry, recent: Sequence[ReadEntry]) -> bool:
    """Whether the bank has sent this payment back: a reversal of its amount stands after it."""
    after = (entry for entry in recent if (entry.date, entry.id) > (payment.date, payment.id))
    return any(entry.nature is Nature.REVERSAL and entry.debit == payment.credit for entry in after)
