"""A rent call (échéance): what is asked of a tenant once a month, as the avis d'échéance tells it.

A ledger has entries and no avis. A month's call is made on the day of its first rent, which is the month's that its
label names, else of its day; it takes in everything entered since the call before: what was paid meanwhile, and what
is asked anew. So the avis of a month stays what it was, however much is paid after it, and each begins where the one
before ended.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ophportal.clock import months_before
from ophportal.models.named_months import month_of
from ophportal.models.nature import Nature, is_adjustment
from ophportal.models.statement import SETTLING, ZERO, Entry, is_asked, sum_of


class RentCall(NamedTuple):
    """The call of the month with this first day; amounts are above zero where the tenant owes them.

    `previous` is the balance that the call before ended with, or that the ledger says it begins with; `settled` are the
    payments since then, and those that came back; `lines` all the rest: rent, charges, aids.
    """

    month: date
    called_on: date
    previous: Decimal
    settled: tuple[Entry, ...]
    lines: tuple[Entry, ...]

    @property
    def total(self) -> Decimal:
        """The sum of `lines`: what the month asks for, less the aids."""
        return sum_of(self.lines)

    @property
    def settlement(self) -> Decimal:
        """The sum of `settled`: below zero where payments lessen what is owed."""
        return sum_of(self.settled)

    @property
    def net(self) -> Decimal:
        """What is to be paid: the ledger's balance on the day of the call."""
        return self.previous + self.settlement + self.total

    def due_on(self, due_day: int) -> date:
        return due_on(self.called_on, due_day)


def due_on(day: date, due_day: int) -> date:
    """The first `due_day` (1 to 28) of a month on or after `day`."""
    if day.day <= due_day:
        return day.replace(day=due_day)
    return months_before(day, -1).replace(day=due_day)


def calls_of(entries: Sequence[Entry]) -> list[RentCall]:
    """The calls of a lease, oldest first, from its entries in the order of their dates.

    What was entered after the last call belongs to the next one, which is not made yet.
    """
    calls: list[RentCall] = []
    waiting: list[Entry] = []
    balance = ZERO
    months = closing_days(entries)
    days = list(months)
    for entry in entries:
        if days and entry.date > days[0]:
            calls.append(call_on(days.pop(0), months, balance, waiting))
            balance, waiting = calls[-1].net, []
        waiting.append(entry)
    if days:
        calls.append(call_on(days[0], months, balance, waiting))
    return calls


def last_call_of(entries: Sequence[Entry], balance: Decimal) -> RentCall | None:
    """The newest of `calls_of`; None without a rent.

    From the last few months' entries, and the balance after them: what is older is in `previous`.
    """
    months = closing_days(entries)
    if not months:
        return None
    *earlier, last = months
    since = [entry for entry in entries if entry.date > earlier[-1]] if earlier else entries
    return call_on(last, months, balance - sum_of(since), [entry for entry in since if entry.date <= last])


def closing_days(entries: Iterable[Entry]) -> dict[date, date]:
    """The day of each month's first rent, oldest first, with the month; months without a rent have none.

    Of two months whose rents were entered on one day, it is the later one's.
    """
    days: dict[date, date] = {}
    for entry in entries:
        if is_rent_of_month(entry):
            days.setdefault(month_of(entry.label, entry.date), entry.date)
    return dict(sorted((day, month) for month, day in days.items()))


def is_rent_of_month(entry: Entry) -> bool:
    """Whether it asks for a month's rent: a « rappel » asks for more of one that had its call."""
    return entry.nature is Nature.RENT and entry.amount > 0 and not is_adjustment(entry.label)


def call_on(day: date, months: Mapping[date, date], previous: Decimal, entries: Iterable[Entry]) -> RentCall:
    entries = tuple(entries)
    return RentCall(
        month=months[day],
        called_on=day,
        previous=previous + sum_of(entry for entry in entries if entry.nature is Nature.OPENING),
        settled=tuple(entry for entry in entries if entry.nature in SETTLING),
        lines=tuple(entry for entry in entries if is_asked(entry)),
    )
