"""A ledger as its tenant reads it: line by line with the balance after each, month by month."""

import datetime
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple, Protocol

from ophportal.clock import months_before
from ophportal.models.nature import Nature

ZERO = Decimal("0.00")
SETTLING = (Nature.PAYMENT, Nature.REVERSAL)


class Entry(Protocol):
    """A ledger entry, as far as statements read it; `amount` is above zero where the tenant owes more by it."""

    @property
    def date(self) -> datetime.date: ...

    @property
    def label(self) -> str: ...

    @property
    def amount(self) -> Decimal: ...

    @property
    def nature(self) -> Nature: ...


class Line(NamedTuple):
    entry: Entry
    balance: Decimal  # after it


class Month(NamedTuple):
    """The lines of one month, oldest first, never none; `first_day` names it."""

    first_day: date
    lines: tuple[Line, ...]

    @property
    def paid(self) -> Decimal:
        """What was paid in it; below zero when the bank sent back more."""
        return -sum_of(line.entry for line in self.lines if line.entry.nature in SETTLING)

    @property
    def called(self) -> Decimal:
        """What was asked for in it, aids taken off; below zero when more was given back."""
        return sum_of(line.entry for line in self.lines if is_asked(line.entry))


def is_asked(entry: Entry) -> bool:
    """Whether a month asks for it, or takes it off: it is no payment, and no balance of before."""
    return entry.nature not in (*SETTLING, Nature.OPENING)


def sum_of(entries: Iterable[Entry]) -> Decimal:
    return sum((entry.amount for entry in entries), ZERO)


def lines_of(entries: Iterable[Entry]) -> list[Line]:
    """The entries, in their order, each with the balance after it."""
    lines, balance = [], ZERO
    for entry in entries:
        balance += entry.amount
        lines.append(Line(entry, balance))
    return lines


def months_of(lines: Iterable[Line]) -> list[Month]:
    """The months that have a line, oldest first. `lines` are in the order of their dates."""
    grouped = groupby(lines, key=lambda line: line.entry.date.replace(day=1))
    return [Month(first_day, tuple(group)) for first_day, group in grouped]


def last_months(months: Sequence[Month], today: date) -> list[tuple[date, Decimal, Decimal]]:
    """(first day, called, paid) of each of the twelve months that end with today's, oldest first."""
    known = {month.first_day: month for month in months}
    days = [months_before(today, ago) for ago in reversed(range(12))]
    return [(day, known[day].called, known[day].paid) if day in known else (day, ZERO, ZERO) for day in days]
