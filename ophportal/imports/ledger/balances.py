"""What the planned changes of a ledger file do to the balances of leases."""

from collections.abc import Iterator
from typing import Any

from peewee import EXCLUDED, JOIN, BigIntegerField, Case, DateField, Expression, IntegerField, fn

from ophportal.database import BaseModel, rows_of
from ophportal.imports.ledger.changes import LedgerChange, changes, has_moved
from ophportal.imports.ledger.line import LedgerLine
from ophportal.imports.refusals import LineError
from ophportal.imports.temporary_tables import any_of, execute_in_steps
from ophportal.models import LedgerEntry
from ophportal.models.nature import Nature, is_total, nature_of
from ophportal.store import TEMPORARY

# Lines whose leases are sorted in memory.
SORTED_AT_ONCE = 20_000
# Parts of all words that tell a balance or a total, in letters that both stores know in either case.
OF_BALANCES = ("nouveau", "ran", "report", "sold", "repris", "tota", "cumul")


class BalanceChange(BaseModel):
    """By how many cents the planned changes raise a lease's balance, and the day of the first. A temporary table."""

    lease = IntegerField(primary_key=True)
    cents = BigIntegerField()
    first = DateField()

    class Meta:
        schema = TEMPORARY
        table_name = "import_balance_change"


def changed_leases(*, moved: bool) -> int:
    """How many leases have another balance by the planned changes, by which entries have `moved` from some."""
    first = fn.MIN(LedgerLine.date)
    told = (LedgerLine.lease, fn.SUM(raised_of_lease()), first)
    some = changes(JOIN.LEFT_OUTER).select(*told).group_by(LedgerLine.lease)
    some = some.where(LedgerLine.lease.is_null(False))
    left = changes(JOIN.INNER).select(LedgerEntry.lease, fn.SUM(LedgerEntry.credit - LedgerEntry.debit), first)
    left = left.where(has_moved()).group_by(LedgerEntry.lease)
    earlier = Case(None, [(EXCLUDED.first < BalanceChange.first, EXCLUDED.first)], BalanceChange.first)
    added = {BalanceChange.cents: BalanceChange.cents + EXCLUDED.cents, BalanceChange.first: earlier}

    def add(each: Any) -> None:
        execute_in_steps(
            LedgerChange.id,
            lambda these: BalanceChange.insert_from(each.where(these), BalanceChange._meta.sorted_fields).on_conflict(
                conflict_target=[BalanceChange.lease], update=added
            ),
            SORTED_AT_ONCE,
        )

    add(some)
    if moved:
        add(left)
    return BalanceChange.select().where(BalanceChange.cents != 0).count()


def balances_told_again() -> Iterator[LineError]:
    """The lines, with their labels, that bring as an entry what entries say already: a total, or what was owed before
    where the lease's entries from before are on file, or in the file.
    """
    earlier = LedgerEntry.select().where((LedgerEntry.lease == LedgerLine.lease) & (LedgerEntry.date < LedgerLine.date))
    is_later = (BalanceChange.first < LedgerLine.date) | fn.EXISTS(earlier)
    query = (
        LedgerChange.select(LedgerLine.line, LedgerLine.label, LedgerLine.credit, is_later)
        .join(LedgerLine, on=(LedgerLine.line == LedgerChange.line))
        .join(BalanceChange, on=(BalanceChange.lease == LedgerLine.lease))
        .where(LedgerChange.entry.is_null() & any_of([LedgerLine.label.contains(part) for part in OF_BALANCES]))
        .order_by(LedgerLine.line)
    )
    for line, label, credit, later in rows_of(query):
        if is_total(label) or (later and nature_of(label, is_credit=bool(credit)) is Nature.OPENING):
            yield LineError(line, label)


def raised_of_lease() -> Expression:
    """By how many cents a change raises the balance of its line's lease; one from another lease, by all that it is."""
    is_its_own = LedgerEntry.lease == LedgerLine.lease
    before = Case(None, [(is_its_own, LedgerEntry.debit - LedgerEntry.credit)], 0)
    return (LedgerLine.debit - LedgerLine.credit) - before
