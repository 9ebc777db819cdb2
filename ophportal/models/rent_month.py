"""A month as its receipt tells it: what was asked for it in the end, and what settled that.

An avis tells what was asked on a day, and stays. A receipt tells what came of it: a rent that was undone afterwards, or
asked anew, counts in its own month, and of all that settles it only payments are money received.
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
    """`asked` is its rent, its charges and all that is asked with them, its own aids and what was undone taken off.

    As of the whole ledger, payments settle `received` of its `total`, and other credits (aids, avoirs) `credited`.
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
        """Whether its rents are surely its own: none names another month, nor is asked for again on another day."""
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

    The oldest debt is settled first (Code civil, art. 1342-10), by the oldest credit: what was owed before the ledger
    began, then month after month. What is asked since the last call is newer than all of them.
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
    """What is asked for the month of each call, and the avoirs: credits that settle whatever is owed.

    What is of no month in particular is asked with the month of its avis; since the last call, with none yet.
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
    """Whether it takes back what was asked: « annulation loyer ». Charges given back once a year are an avoir."""
    is_charges = entry.nature is Nature.CHARGES and not is_adjustment(entry.label)
    return entry.amount < 0 and (entry.nature is Nature.RENT or is_charges)


def undo(entry: Entry, months: Iterable[list[Entry]]) -> bool:
    """Takes out of the first of `months` where they stand the lines that `entry` takes back: one, or all of a call.

    False where none comes to its amount.
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
    """The credits in their order without what the bank has sent back: of each, the last payments before it.

    And what it sent back of payments that the ledger does not tell, which is an old debt.
    """
    kept, sent_back = deque[Credit](), ZERO
    for credit in reversed(list(credits)):
        amount = credit.amount
        if credit.is_payment:
            amount, sent_back = max(amount - sent_back, ZERO), max(sent_back - amount, ZERO)
        kept.appendleft(credit._replace(amount=amount))
    return kept, sent_back


def take(credits: deque[Credit], due: Decimal) -> tuple[Decimal, Decimal]:
    """Takes the oldest credits for what is `due`, as far as they go: what payments settle of it, and what others do."""
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
