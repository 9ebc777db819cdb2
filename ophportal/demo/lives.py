"""How the demo's tenants pay: the ordinary ways, drawn by dice, and the awkward lives, each with its oddity."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from ophportal.demo import households
from ophportal.demo.book import REJECT_FEE, Book, Call
from ophportal.demo.rents import Terms, capitals, to_the_cent

Life = Callable[[Book], None]
# A fifth of the households each.
WAYS = ("PRLV SEPA", "VIREMENT", "CHEQUE", "CARTE BANCAIRE INTERNET", "ESPECES GUICHET")
DEPOSIT = Decimal("352.00")
REPAIRS = Decimal("286.40")
OVERPAID = Decimal("20.00")
INSTALMENT = Decimal("50.00")


def terms(rent: str, charges: str, water: str, apl: str = "") -> Terms:
    asked = (("PROV. CHARGES", Decimal(charges)), ("PROV. EAU FROIDE", Decimal(water)))
    return Terms((("LOYER PRINCIPAL", Decimal(rent)),), asked, (("APL", -Decimal(apl)),) if apl else ())


# The figures of those whose stories ask for some.
TERMS = {
    households.LAURIER: terms("382.16", "58.40", "24.50", "96.00"),
    households.D_ANGELO_PAOLI: terms("405.72", "63.10", "31.00", "118.00"),
    households.FIGUIER: terms("476.90", "71.25", "35.00"),
}


def live(book: Book) -> None:
    """Fill the book: what was called each month, and what the tenant made of it."""
    life(book.line)(book)


def life(line: households.Line) -> Life:
    if line == households.FIGUIER_GARAGE:
        return pays_a_round_sum
    return AWKWARD.get(line.number, ordinary)


def ordinary(book: Book) -> None:
    """One way of paying, kept to; some pay late, some have had a bad month, a few have stopped paying."""
    way, dice = book.dice.choice(WAYS), book.dice
    is_late, months_owed = dice.random() < 0.15, dice.choice((0,) * 15 + (1, 2, 4))
    calls = book.calls()
    bad = dice.randrange(len(calls)) if way == WAYS[0] and len(calls) > 1 and dice.random() < 0.2 else None
    for place, call in enumerate(calls):
        day = paid_on(book, call, way, is_late=is_late)
        if place == bad:
            book.bounce(call)
            book.pay(call.due + timedelta(days=11), "CARTE BANCAIRE INTERNET", call.total + REJECT_FEE)
        elif place < len(calls) - months_owed:
            book.pay(day, way, call.total)


def paid_on(book: Book, call: Call, way: str, *, is_late: bool) -> date:
    """A direct debit goes on the day of the limit; people go some days before, or after when they are late."""
    if way == WAYS[0]:
        return call.due
    if is_late:
        return call.due + timedelta(days=book.dice.randint(3, 24))
    return max(call.day, call.due - timedelta(days=book.dice.randint(0, 6)))


def pays_all_but_the_last(book: Book) -> None:
    """Owes the last call, to the cent, whatever the day."""
    for call in book.calls()[:-1]:
        book.pay(call.in_time, "VIREMENT", call.total)


def pays_at_once(book: Book) -> None:
    """Owes nothing, whatever the day."""
    for call in book.calls():
        book.pay(book.soon_after(call), "CARTE BANCAIRE INTERNET", call.total)


def falls_behind(book: Book) -> None:
    """Two direct debits came back with their fees, a call went unpaid, then a plan: 50 € beside each call, twice.

    Owes the last call, the three unpaid ones and the fees, less the two instalments.
    """
    *paid, first, second, _unpaid, third, fourth, _last = book.calls()
    for call in paid:
        book.pay(call.due, "PRLV SEPA", call.total)
    for call in (first, second):
        book.bounce(call)
    for call in (third, fourth):
        book.pay(call.in_time, "VIREMENT", call.total)
        book.pay(call.in_time, "VIREMENT PLAN APUREMENT", INSTALMENT)


def pays_a_round_sum(book: Book) -> None:
    """A standing order, rounded up to the next five euros: each month leaves a little more in advance."""
    for call in book.calls():
        book.pay(book.soon_after(call), "VIREMENT", call.total // 5 * 5 + 5)


def pays_too_much_once(book: Book) -> None:
    """20,00 € in advance, since a cheque of nine months ago."""
    calls = book.calls()
    for call in calls:
        book.pay(book.soon_after(call), "CHEQUE", call.total + (OVERPAID if call is calls[-10] else 0))


def has_the_apl_adjusted(book: Book) -> None:
    """The CAF gives 96 € for months past, and three months later takes 64 of them back; owes the last call."""
    for call in book.calls({6: ("RAPPEL APL", Decimal("-96.00")), 3: ("INDU APL", Decimal("64.00"))})[:-1]:
        book.pay(call.in_time, "VIREMENT", call.total)


def is_helped_out(book: Book) -> None:
    """Two calls went unpaid, and the FSL has paid both since; owes the last call."""
    calls = book.calls()
    unpaid = calls[-10:-8]
    for call in calls[:-1]:
        if call not in unpaid:
            book.pay(call.in_time, "CHEQUE", call.total)
    book.enter(calls[-5].day, "AIDE FSL", -sum((call.total for call in unpaid), Decimal(0)))


def pays_in_two_halves(book: Book) -> None:
    """In cash, twice the same day, often twice the same sum; owes the last call."""
    for call in book.calls()[:-1]:
        half = to_the_cent(call.total / 2)
        book.pay(call.in_time, "ESPECES GUICHET", half)
        book.pay(call.in_time, "ESPECES GUICHET", call.total - half)


def was_called_twice(book: Book) -> None:
    """One month was called again the day after by mistake, and the mistake undone; owes the last call."""
    pays_all_but_the_last(book)
    day = book.times.months[-7]
    called = [
        entry for entry in book.entries if entry.date.replace(day=1) == day and entry.label.endswith(capitals(day))
    ]
    for entry in called:
        if not entry.label.startswith("VIREMENT"):
            book.enter(entry.date + timedelta(days=1), entry.label, entry.amount)
            book.enter(entry.date + timedelta(days=4), f"ANNULATION {entry.label}", -entry.amount)


def has_just_come(book: Book) -> None:
    """Came on a fifteenth: a part of the first month, and the deposit, paid on that day; owes the last call."""
    book.enter(book.starts_on, "DEPOT DE GARANTIE", DEPOSIT)
    book.enter(book.starts_on, "CHEQUE DEPOT DE GARANTIE", -DEPOSIT)
    pays_all_but_the_last(book)


def has_left(book: Book) -> None:
    """Went with a debt: the last two calls and some repairs, less the deposit."""
    for call in book.calls()[:-2]:
        book.pay(call.in_time, "VIREMENT", call.total)
    settled_on = book.ends_on + timedelta(days=30)
    book.enter(settled_on, "REPARATIONS LOCATIVES", REPAIRS)
    book.enter(settled_on, "RESTITUTION DEPOT DE GARANTIE", -DEPOSIT)


def has_no_ledger(book: Book) -> None:
    """The co-tenant's number bears what the dwelling is asked."""


AWKWARD: dict[str, Life] = {
    households.LAURIER.number: pays_all_but_the_last,
    households.D_ANGELO_PAOLI.number: falls_behind,
    households.FIGUIER.number: pays_at_once,
    "205002": pays_at_once,  # COLONNA D'ISTRIA
    "205003": is_helped_out,  # PAOLI née MARTIN
    "205004": has_the_apl_adjusted,  # SORBIER
    "205008": has_no_ledger,  # OSIER
    "L205010": pays_too_much_once,  # HOUX
    "L 00731": pays_in_two_halves,  # LIERRE
    "205013": was_called_twice,  # CŒURDORÉ
    "205015": has_just_come,  # NÉFLIER
    "205016": has_left,  # PLATANE
}
