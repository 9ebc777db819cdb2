"""The ledger of one of the demo's leases while it is written: what was called, and what came of it."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from ophportal.clock import month_end, months_before
from ophportal.demo import rents
from ophportal.demo.households import Line, day_of
from ophportal.models.nature import Nature, nature_of
from ophportal.models.rent_call import due_on

MONTHS = 18
REJECT_FEE = Decimal("3.80")


class Entry(NamedTuple):
    """`amount` is above zero for a debit, below for a credit."""

    date: date
    label: str
    amount: Decimal

    @property
    def nature(self) -> Nature:
        return nature_of(self.label, is_credit=self.amount < 0)


class Call(NamedTuple):
    day: date
    due: date
    total: Decimal

    @property
    def in_time(self) -> date:
        """Two days before the limit, or at once."""
        return max(self.day, self.due - timedelta(days=2))


class Times(NamedTuple):
    """The day that the ledger is made on, and the portal's own DUE_DAY."""

    today: date
    due_day: int

    @property
    def months(self) -> list[date]:
        """The first days of the months that are told, this one the last."""
        return [months_before(self.today, ago) for ago in reversed(range(MONTHS))]

    @property
    def call_day(self) -> int:
        """The day of the month that the office calls rents on: the last of three whose limit has not passed today.

        So whoever tries the demo, on whatever day, meets tenants who have something to pay and time to do it.
        """
        days = (day for day in (1, self.due_day + 1, 20) if day <= self.today.day)
        return max(day for day in days if due_on(self.today.replace(day=day), self.due_day) >= self.today)


class Book:
    """One lease's entries up to today. What is said of later days is not entered."""

    def __init__(self, line: Line, times: Times, terms: rents.Terms | None = None):
        self.line = line
        self.times = times
        self.dice = Random(f"{line.number} {line.home.reference}")  # noqa: S311 - invented lives, no secret
        self.terms = terms or rents.terms_of(line.home, self.dice)
        self.entries: list[Entry] = []
        self.starts_on, self.ends_on = day_of(line.starts_on), day_of(line.ends_on) if line.ends_on else date.max

    def enter(self, day: date, label: str, amount: Decimal) -> None:
        if day <= self.times.today:
            self.entries.append(Entry(day, label, amount))

    def call(self, month: date, *more: rents.Item) -> Call | None:
        """Enter what the month that begins on `month` is asked, with `more`; None where the lease did not run."""
        last = month_end(month)
        first_day, last_day = max(month, self.starts_on), min(last, self.ends_on)
        day = max(first_day, min(month.replace(day=min(self.times.call_day, last.day)), last_day))
        if first_day > last_day or day > self.times.today:
            return None
        items = [*self.terms.month(first_day, last_day), *more]
        if month.month == rents.REGULARISATION_MONTH and self.starts_on <= date(month.year - 1, 1, 1):
            items += self.terms.regularisation(month.year - 1, Random(f"{self.line.number} {month.year}"))  # noqa: S311
        for label, amount in items:
            self.enter(day, label, amount)
        return Call(day, due_on(day, self.times.due_day), sum((amount for _, amount in items), Decimal(0)))

    def calls(self, more: dict[int, rents.Item] | None = None) -> list[Call]:
        """Enter every month's call; those that were made, oldest first. `more` is by how many months ago."""
        more, months = more or {}, self.times.months
        items = ([more[ago]] if ago in more else [] for ago in reversed(range(MONTHS)))
        return [call for month, some in zip(months, items, strict=True) if (call := self.call(month, *some))]

    def soon_after(self, call: Call) -> date:
        """The day after, or today: a payment on the very day would be on the avis already."""
        return min(call.day + timedelta(days=1), self.times.today)

    def pay(self, day: date, label: str, amount: Decimal) -> None:
        """Enter a payment; nobody pays a call that asks for nothing."""
        if amount > 0:
            self.enter(day, label, -amount)

    def bounce(self, call: Call) -> None:
        """A direct debit that the bank sends back after four days, and what the office asks for the trouble."""
        self.pay(call.due, "PRLV SEPA", call.total)
        self.enter(call.due + timedelta(days=4), "REJET PRLV PROVISION INSUFFISANTE", call.total)
        self.enter(call.due + timedelta(days=4), "FRAIS DE REJET", REJECT_FEE)

    def in_order(self) -> list[Entry]:
        return sorted(self.entries, key=lambda entry: entry.date)
