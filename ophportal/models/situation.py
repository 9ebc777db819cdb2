"""Where a lease stands, as its tenant asks it: how much, until when, what was last called and last paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ophportal.clock import months_before
from ophportal.models.lease import Lease
from ophportal.models.ledger_entry import LedgerEntry
from ophportal.models.nature import Nature
from ophportal.models.rent_call import RentCall, calls_of, due_on
from ophportal.models.statement import ZERO
from ophportal.models.tenant import Tenant

# The first page looks no further back: the last call and the last payment are there, or are old news.
MONTHS_LOOKED_AT = 4


@dataclass(frozen=True)
class Situation:
    """`call` and `payment` are the last ones since `since`, None when there is none.

    `until` is when what is owed must be paid, None where nothing is; `overdue` is the part of the balance whose time
    has passed, at most the balance.
    """

    lease: Lease
    balance: Decimal
    since: date
    call: RentCall | None
    payment: LedgerEntry | None
    payment_came_back: bool
    until: date | None
    overdue: Decimal
    next_due: date | None


def situations_of(tenant: Tenant, today: date, due_day: int) -> list[Situation]:
    """A situation a lease: the running ones, then the ended ones that are not settled. Two queries."""
    since = months_before(today, MONTHS_LOOKED_AT)
    recent = LedgerEntry.recent_of(tenant, since)
    return [
        situation_of(lease, balance, [entry for entry in recent if entry.lease_id == lease.id], since, today, due_day)
        for lease, balance in LedgerEntry.balances_of(tenant)
    ]


def situation_of(
    lease: Lease, balance: Decimal, recent: Sequence[LedgerEntry], since: date, today: date, due_day: int
) -> Situation:
    calls = calls_of(recent)
    call = calls[-1] if calls else None
    until = call.due_on(due_day) if call and balance > 0 else None
    # What the last call asks for is late only once its day has passed; what was owed before it is late already.
    not_late_yet = max(call.total, ZERO) if call and until and until >= today else ZERO
    payment = next((entry for entry in reversed(recent) if entry.nature is Nature.PAYMENT), None)
    return Situation(
        lease=lease,
        balance=balance,
        since=since,
        call=call,
        payment=payment,
        payment_came_back=payment is not None and came_back(payment, recent),
        until=until,
        overdue=max(balance - not_late_yet, ZERO),
        next_due=due_on(today + timedelta(days=1), due_day) if lease.is_running else None,
    )


def came_back(payment: LedgerEntry, recent: Sequence[LedgerEntry]) -> bool:
    """Whether the bank has sent this payment back: a reversal of its amount stands after it."""
    after = (entry for entry in recent if (entry.date, entry.id) > (payment.date, payment.id))
    return any(entry.nature is Nature.REVERSAL and entry.debit == payment.credit for entry in after)
