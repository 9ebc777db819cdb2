"""A month as its receipt tells it: what was asked for it in the end, and what settled that.

An avis says what was asked on its day, and does not change. The receipt is made from the whole ledger: a rent that was
cancelled later, or asked again, counts in its own month, and only payments count as money received.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ophportal.models.named_months import month_of, months_named
from ophportal.models.nature import Nature, is_adjustment
from ophportal.models.rent_call import RentCall, calls_of, is_rent_of_month
from ophportal.models.statement import SETTLING, ZERO, Entry, is_asked, sum_of


class RentMonth(NamedTuple):
    """`asked` are the month's rent, charges, aids and what is asked with them, without the lines that were cancelled.

    By the whole ledger, payments settle `received` of its `total`, and other credits (aids, avoirs) `credited`.
    """

    call: RentCall
    asked: tuple[Entry, ...]
    received: Decimal = ZERO
    credited: Decimal = ZERO

    @property
    def month(self) -> date:
        return self.call.month

    @property
    def total(self) -> Decimal:
        return sum_of(self.asked)

    @property
    def unpaid(self) -> Decimal:
        return max(self.total, ZERO) - self.received - self.credited

    @property
    def is_sure(self) -> bool:
        """Whether its rents are certainly its own: none names another month or is asked on two days."""
        rents = {(entry.label, entry.date) for entry in self.asked if is_rent_of_month(entry)}
        names_another = any(months_named(*rent) - {self.month} for rent in rents)
        return not names_another and len({label for label, _ in rents}) == len(rents)

    def sum_of(self, nature: Nature) -> Decimal:
        """The sum of the asked entries of this nature."""
        return sum_of(entry for entry in self.asked if entry.nature is nature)


class Credit(NamedTuple):
    """An amount that settles debts; below zero where the bank has sent a payment back."""

    day: date
    amount: Decimal
    is_payment: bool


def rent_months_of(entries: Sequence[Entry]) -> list[RentMonth]:
    """The month of each call of a lease, in the order of the calls, from its entries in the order of their dates.

    The oldest credit settles the oldest debt (Code civil, art. 1342-10): what was owed before the ledger began, then
    month after month. What is asked after the last call is newer than these, and gets none of them.
    """
    calls = calls_of(entries)
    asked, avoirs = parted(calls, entries)
    months = [RentMonth(call, tuple(lines)) for call, lines in zip(calls, asked, strict=True)]
    opening = sum_of(entry for entry in entries if entry.nature is Nature.OPENING)
    credits = [
        Credit(date.min, max(-opening, ZERO), is_payment=False),
        *(Credit(month.call.called_on, max(-month.total, ZERO), is_payment=False) for month in months),
        *(Credit(entry.date, -entry.amount, is_payment=False) for entry in avoirs),
        *(Credit(entry.date, -entry.amount, is_payment=True) for entry in entries if entry.nature in SETTLING),
    ]
    kept, lacking = without_sent_back(sorted(credits, key=lambda credit: (credit.day, credit.amount < 0)))
    take(kept, max(opening, ZERO) + lacking)
    return [RentMonth(month.call, month.asked, *take(kept, month.total)) for month in months]


def parted(calls: Sequence[RentCall], entries: Iterable[Entry]) -> tuple[list[list[Entry]], list[Entry]]:
    """The entries asked for the month of each call; and the avoirs, which settle debts of any month.

    An entry of no month in particular goes to the month whose call asks for it; to none after the last call.
    """
    asked: list[list[Entry]] = [[] for _ in calls]
    avoirs: list[Entry] = []
    places: dict[date | None, int] = {call.month: place for place, call in enumerate(calls)}
    days = [call.called_on for call in calls]
    entries = [entry for entry in entries if is_asked(entry)]
    rents = {entry.date: month_of(entry.label, entry.date) for entry in entries if is_rent_of_month(entry)}
    for entry in entries:
        if undoes(entry):
            place = places.get(named_month(entry))
            newest_first = reversed(asked[: bisect_right(days, entry.date)])
            if undo(entry, newest_first if place is None else [asked[place]]):
                continue
        else:
            place = places.get(own_month(entry, rents), place_of_avis(entry, days))
        if place is not None:
            asked[place].append(entry)
        elif entry.amount < 0:
            avoirs.append(entry)
    return asked, avoirs


def place_of_avis(entry: Entry, days: Sequence[date]) -> int | None:
    """The index of the call that asks for `entry`; None after the last call, and for what is given back."""
    place = bisect_left(days, entry.date)
    return place if entry.amount > 0 and place < len(days) else None


def own_month(entry: Entry, rents: Mapping[date, date]) -> date | None:
    """The month that a rent is for, and the charges and aids beside it. `rents` are the months of rents, by day."""
    if entry.nature is Nature.OTHER or is_adjustment(entry.label):
        return None
    if is_rent_of_month(entry):
        return month_of(entry.label, entry.date)
    return named_month(entry) or rents.get(entry.date)


def named_month(entry: Entry) -> date | None:
    """The one month that its label names."""
    named = months_named(entry.label, entry.date)
    return next(iter(named)) if len(named) == 1 else None


def undoes(entry: Entry) -> bool:
    """Whether it cancels what was asked: « annulation loyer ». Charges given back once a year are an avoir instead."""
    is_charges = entry.nature is Nature.CHARGES and not is_adjustment(entry.label)
    return entry.amount < 0 and (entry.nature is Nature.RENT or is_charges)


def undo(entry: Entry, months: Iterable[list[Entry]]) -> bool:
    """Remove the lines that `entry` cancels, one or all of a call, from the first of `months` that has them.

    False when no month has lines of its amount.
    """
    for lines in months:
        alike = [[line] for line in lines if line.nature is entry.nature]
        call = [line for line in lines if line.nature in (Nature.RENT, Nature.CHARGES)]
        wholes = (call, lines) if entry.nature is Nature.RENT else ()
        for taken in (*alike, *wholes):
            if sum_of(taken) == -entry.amount:
                lines[:] = [line for line in lines if not any(line is one for one in taken)]
                return True
    return False


def without_sent_back(credits: Iterable[Credit]) -> tuple[deque[Credit], Decimal]:
    """The credits, oldest first, less what the bank has sent back, which is taken off the last payments before it.

    And what it sent back of payments from before the ledger: an old debt.
    """
    kept, sent_back = deque[Credit](), ZERO
    for credit in reversed(list(credits)):
        amount = credit.amount
        if credit.is_payment:
            amount, sent_back = max(amount - sent_back, ZERO), max(sent_back - amount, ZERO)
        kept.appendleft(credit._replace(amount=amount))
    return kept, sent_back


def take(credits: deque[Credit], due: Decimal) -> tuple[Decimal, Decimal]:
    """Use the oldest credits up for what is `due`; how much of it payments settle, and how much other credits do."""
    received, credited = ZERO, ZERO
    while credits and due > 0:
        credit = credits.popleft()
        part = min(credit.amount, due)
        due -= part
        if credit.is_payment:
            received += part
        else:
            credited += part
        if part < credit.amount:
            credits.appendleft(credit._replace(amount=credit.amount - part))
    return received, credited
