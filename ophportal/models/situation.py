"""Where a lease stands, as its tenant asks it: how much, until when, what was last called and last paid."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from peewee import Case, Query, fn

from ophportal.clock import months_before
from ophportal.models.dwelling import Dwelling
from ophportal.models.job import LEDGER_IMPORT, Job
from ophportal.models.lease import Lease
from ophportal.models.ledger_entry import LedgerEntry, ReadEntry
from ophportal.models.money import euros
from ophportal.models.nature import Nature, folded, words
from ophportal.models.rent_call import RentCall, due_on, last_call_of
from ophportal.models.statement import ZERO, Entry, is_asked, sum_of
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given

# The first page looks no further back: the last call and the last payment are there, or are old news.
MONTHS_LOOKED_AT = 4
# By what way a payment came, as labels shorten it.
WAYS = (
    r"(?P<debit>prel\w*|prl\w*|pvts?)|(?P<transfer>virements?|virts?|vir)|(?P<cheque>cheques?|chqs?)|"
    r"(?P<card>cb|cartes?|tele\w+)|(?P<slip>tip|tup)|(?P<cash>especes|numeraire)"
)


class Standing(NamedTuple):
    """A lease, its dwelling as a card names it, its balance, and when the office last brought new entries in.

    `begins_on` is its first day where that is to come. The balance is None where there is no entry: what is owed is not
    known here, and may be anything.
    """

    lease_id: int
    is_running: bool
    reference: str
    kind: str
    address: str
    begins_on: date | None
    balance: Decimal | None
    as_of: datetime | None


class Due(NamedTuple):
    """A part of what is owed, and the day until which it may be paid."""

    day: date
    amount: Decimal


class Situation(NamedTuple):
    """`call` and `payment` are the last ones since `since`, None when there is none.

    What the call asks for must be paid by `asked_by`. What is owed now is in `coming`, the soonest first, but for
    `late`: its day has passed. Where all is late, the newest of it was due on `was_due`, None when that was before
    `since`.
    """

    standing: Standing
    since: date
    call: RentCall | None
    payment: Entry | None
    payment_came_back: bool
    asked_by: date | None
    coming: list[Due]
    late: Decimal
    was_due: date | None
    next_due: date | None


def situations_of(tenant: Tenant, today: date, due_day: int) -> list[Situation]:
    """A situation a lease: the running ones, then the others that are not settled. Two queries."""
    since = months_before(today, MONTHS_LOOKED_AT)
    by_lease = groupby(LedgerEntry.recent_of(tenant, since), attrgetter("lease_id"))
    entries = {lease_id: list(its) for lease_id, its in by_lease}
    return [situation_of(it, entries.get(it.lease_id, []), since, today, due_day) for it in standings_of(tenant, today)]


def standings_of(tenant: Tenant, today: date) -> list[Standing]:
    """Of the leases that run, the oldest first, then of the others that are not settled. In one query."""
    standings = [standing_in(*row) for row in STANDINGS.rows(tenant=tenant.id, today=today)]
    running = [standing for standing in standings if standing.is_running]
    return running + [it for it in standings if not it.is_running and it.balance]


def standing_in(begins_on: Any, cents: int | None, as_of: Any, *lease: Any) -> Standing:
    balance = None if cents is None else euros(cents)
    read = Lease.starts_on.python_value(begins_on), balance, Job.finished_at.python_value(as_of)
    return Standing._make((*lease, *read))


def standings() -> Query:
    entries = LedgerEntry.select(fn.SUM(LedgerEntry.debit - LedgerEntry.credit))
    ledger_import = (Job.kind == LEDGER_IMPORT) & Job.with_news()
    return (
        Lease.select(
            Case(None, [(Lease.is_to_come(given("today")), Lease.starts_on)]),
            entries.where(LedgerEntry.lease == Lease.id),
            Job.select(fn.MAX(Job.finished_at)).where(ledger_import),
            Lease.id,
            Lease.is_current(given("today")),
            Dwelling.reference,
            Dwelling.kind,
            Dwelling.address,
        )
        .join(Dwelling)
        .where(Lease.tenant == given("tenant"))
        .order_by(Lease.starts_on.asc(nulls="FIRST"), Lease.id)
    )


STANDINGS = Prepared(standings)


def situation_of(standing: Standing, recent: Sequence[ReadEntry], since: date, today: date, due_day: int) -> Situation:
    balance = standing.balance or ZERO
    call = last_call_of(recent, balance)
    dues = dues_of(balance, recent, due_day)
    coming = [due for due in dues if due.day >= today]
    payment, came_back = last_payment_in(recent)
    asked_by = call.due_on(due_day) if call else None
    # Where nothing is owed, what the last call asks for is paid: the next date is after its own.
    settled_until = max(today, asked_by) if asked_by and balance <= 0 else today
    return Situation(
        standing=standing,
        since=since,
        call=call,
        payment=payment,
        payment_came_back=came_back,
        asked_by=asked_by,
        coming=coming,
        late=max(balance, ZERO) - sum((due.amount for due in coming), ZERO),
        was_due=dues[-1].day if dues and not coming else None,
        next_due=due_on(settled_until + timedelta(days=1), due_day) if standing.is_running else None,
    )


def dues_of(balance: Decimal, recent: Sequence[ReadEntry], due_day: int) -> list[Due]:
    """What is owed of the recent entries, by the day on which it is due, the soonest first.

    It lies on the newest, since payments settle the oldest debt first (`rent_month.py`): an aid too, but one of the
    same day, which is of the same call. A payment that came back is no new debt: what it had settled is owed again.
    """
    dues: dict[date, Decimal] = {}
    for day, entries in groupby(reversed(recent), attrgetter("date")):
        if balance <= 0:
            break
        asked = sum_of(entry for entry in entries if is_asked(entry))
        if (part := min(asked, balance)) > 0:
            until = due_on(day, due_day)
            dues[until] = dues.get(until, ZERO) + part
            balance -= part
    return [Due(*due) for due in reversed(dues.items())]


def last_payment_in(recent: Iterable[Entry]) -> tuple[Entry | None, bool]:
    """The last payment, and whether the bank has sent it back."""
    last: Entry | None = None
    standing: list[Entry] = []
    for entry in recent:
        if entry.nature is Nature.PAYMENT:
            last = entry
            standing.append(entry)
        elif entry.nature is Nature.REVERSAL and (undone := undone_by(entry, standing)):
            standing.remove(undone)
    return last, last is not None and last not in standing


def undone_by(reversal: Entry, payments: Iterable[Entry]) -> Entry | None:
    """The newest payment of its amount that came the way which it names; else of those where one of both names none."""
    way = way_of(reversal.label)
    same = [payment for payment in payments if payment.amount == -reversal.amount]
    by_it = [payment for payment in same if way and way_of(payment.label) == way]
    maybe = [payment for payment in same if not (way and way_of(payment.label))]
    return next(reversed(by_it or maybe), None)


def way_of(label: str) -> str | None:
    found = words(WAYS).search(folded(label))
    return found and found.lastgroup
