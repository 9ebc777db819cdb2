"""What an office wants to be told before a ledger file is written."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from peewee import EXCLUDED, JOIN, BigIntegerField, Case, DateField, Expression, IntegerField, fn

from ophportal.database import BaseModel, rows_of
from ophportal.imports.ledger.line import LedgerChange, LedgerLine, has_a_line, has_moved
from ophportal.imports.refusals import LineError
from ophportal.imports.reports import FEW, SUSPICIOUS, Amounts, Count
from ophportal.imports.temporary_tables import all_of, any_of, execute_in_steps
from ophportal.models import LedgerEntry
from ophportal.models.nature import Nature, is_total, nature_of, usual_side
from ophportal.store import TEMPORARY

# Lines whose labels are read for the side that they stand on: columns that are crossed are so from the first line on.
LABELS_READ = 1000
# Lines whose leases are sorted in memory.
SORTED_AT_ONCE = 20_000
# Entries, the last that came, that tell what is usual; fewer tell nothing.
LAST_READ, ENOUGH = 10_000, 100
# Parts of all words that tell a balance or a total, in letters that both stores know in either case.
OF_BALANCES = ("nouveau", "ran", "report", "sold", "repris", "tota", "cumul")


class LeaseChange(BaseModel):
    """By how many cents the planned changes raise a lease's balance, and the day of the first. A temporary table."""

    lease = IntegerField(primary_key=True)
    cents = BigIntegerField()
    first = DateField()

    class Meta:
        schema = TEMPORARY
        table_name = "import_lease_change"


def amounts(counted: Count) -> Amounts:
    """What the lines say in all, and what their planned changes do to amounts and balances."""
    debit, credit, first, last = row_of(
        LedgerLine.select(
            fn.SUM(LedgerLine.debit), fn.SUM(LedgerLine.credit), fn.MIN(LedgerLine.date), fn.MAX(LedgerLine.date)
        )
    )
    changed, by = changed_amounts() if counted.updated else (0, 0)
    later = LedgerEntry.select().where(LedgerEntry.date > last)
    moved, first_moved = moved_entries() if counted.updated else (0, None)
    leases = changed_leases(moved=bool(moved)) if counted.created or changed or moved else 0
    told_again = list(balances_told_again()) if counted.created else []
    alike = list(alike_on_file()) if has_few_known(counted) else []
    return Amounts(
        debit=int(debit or 0),
        credit=int(credit or 0),
        first=as_date(first),
        last=as_date(last),
        usual=usual_amount(),
        created=counted.created,
        relabelled=relabelled() if counted.created else 0,
        known=counted.updated + counted.unchanged,
        changed=changed,
        by=by,
        leases=leases,
        moved=moved,
        first_moved=first_moved,
        told_again=len(told_again),
        first_again=next(iter(told_again), None),
        alike=len(alike),
        first_alike=next(iter(alike), None),
        is_older=bool(changed) and later.exists(),
        is_crossed=are_crossed(),
    )


def usual_amount() -> int:
    """Of how many cents an entry on file is on average; 0 where there are too few."""
    last = LedgerEntry.select(LedgerEntry.debit, LedgerEntry.credit).order_by(LedgerEntry.id.desc()).limit(LAST_READ)
    sums = (fn.COUNT(last.c.debit), fn.SUM(fn.ABS(last.c.debit)), fn.SUM(fn.ABS(last.c.credit)))
    count, debit, credit = row_of(last.select_from(*sums))
    return (int(debit) + int(credit)) // count if count >= ENOUGH else 0


def changed_amounts() -> tuple[int, int]:
    """How many entries on file get another amount, and by how many cents in all, up or down."""
    lines = changes(JOIN.INNER).where(raised() != 0)
    count, cents = row_of(lines.select(fn.COUNT(LedgerLine.line), fn.SUM(fn.ABS(raised()))))
    return count, int(cents or 0)


def moved_entries() -> tuple[int, LineError | None]:
    """How many entries on file get another lease, and the first line that says so, with its label."""
    lines = changes(JOIN.INNER).where(has_moved())
    (count,) = row_of(lines.select(fn.COUNT(LedgerLine.line)))
    if not count:
        return 0, None
    line, label = row_of(lines.select(LedgerLine.line, LedgerLine.label).order_by(LedgerLine.line).limit(1))
    return int(count), LineError(line, label)


def relabelled() -> int:
    """How many new entries have the lease, the day and the amounts of one on file that no line of the file is about.

    Under its own label each would be that one: an ERP that words its labels anew tells all of a year once more.
    """
    told = [getattr(LedgerEntry, name) == getattr(LedgerLine, name) for name in ("lease", "date", "debit", "credit")]
    query = (
        LedgerChange.select(fn.COUNT(LedgerLine.line.distinct()))
        .join(LedgerLine, on=(LedgerLine.line == LedgerChange.line))
        .join(LedgerEntry, on=all_of(told))
        .where(LedgerChange.entry.is_null() & ~has_a_line())
    )
    (count,) = row_of(query)
    return int(count)


def changed_leases(*, moved: bool) -> int:
    """How many leases have another balance by the planned changes, by which entries have `moved` from some."""
    LeaseChange.delete().execute()
    first = fn.MIN(LedgerLine.date)
    told = (LedgerLine.lease, fn.SUM(raised_of_lease()), first)
    some = changes(JOIN.LEFT_OUTER).select(*told).group_by(LedgerLine.lease)
    some = some.where(LedgerLine.lease.is_null(False))
    left = changes(JOIN.INNER).select(LedgerEntry.lease, fn.SUM(LedgerEntry.credit - LedgerEntry.debit), first)
    left = left.where(has_moved()).group_by(LedgerEntry.lease)
    earlier = Case(None, [(EXCLUDED.first < LeaseChange.first, EXCLUDED.first)], LeaseChange.first)
    added = {LeaseChange.cents: LeaseChange.cents + EXCLUDED.cents, LeaseChange.first: earlier}

    def add(each: Any) -> None:
        execute_in_steps(
            LedgerChange.id,
            lambda these: LeaseChange.insert_from(each.where(these), LeaseChange._meta.sorted_fields).on_conflict(
                conflict_target=[LeaseChange.lease], update=added
            ),
            SORTED_AT_ONCE,
        )

    add(some)
    if moved:
        add(left)
    return LeaseChange.select().where(LeaseChange.cents != 0).count()


def balances_told_again() -> Iterator[LineError]:
    """The lines, with their labels, that bring as an entry what entries say already: a total, or what was owed before
    where the lease's entries from before are on file, or in the file.
    """
    earlier = LedgerEntry.select().where((LedgerEntry.lease == LedgerLine.lease) & (LedgerEntry.date < LedgerLine.date))
    is_later = (LeaseChange.first < LedgerLine.date) | fn.EXISTS(earlier)
    query = (
        LedgerChange.select(LedgerLine.line, LedgerLine.label, LedgerLine.credit, is_later)
        .join(LedgerLine, on=(LedgerLine.line == LedgerChange.line))
        .join(LeaseChange, on=(LeaseChange.lease == LedgerLine.lease))
        .where(LedgerChange.entry.is_null() & any_of([LedgerLine.label.contains(part) for part in OF_BALANCES]))
        .order_by(LedgerLine.line)
    )
    for line, label, credit, later in rows_of(query):
        if is_total(label) or (later and nature_of(label, is_credit=bool(credit)) is Nature.OPENING):
            yield LineError(line, label)


def has_few_known(counted: Count) -> bool:
    """Whether the file tells hardly anything again: it goes on where the last one ended, and what it has in common with
    that one may be another entry.
    """
    return 0 < counted.unchanged <= min(FEW, SUSPICIOUS * (counted.created + counted.updated + counted.unchanged))


def alike_on_file() -> Iterator[LineError]:
    """The lines, with their labels, that say without an identifier what an entry on file says."""
    is_known = LedgerLine.line.not_in(LedgerChange.select(LedgerChange.line))
    query = LedgerLine.select(LedgerLine.line, LedgerLine.label).where((LedgerLine.erp_id == "") & is_known)
    yield from (LineError(line, label) for line, label in rows_of(query.order_by(LedgerLine.line)))


def changes(join: str) -> Any:
    """The planned changes with their lines, and the entries that they change."""
    lines = LedgerChange.select().join(LedgerLine, on=(LedgerLine.line == LedgerChange.line)).switch(LedgerChange)
    return lines.join(LedgerEntry, join, on=(LedgerEntry.id == LedgerChange.entry))


def raised() -> Expression:
    """By how many cents a change raises the balance."""
    before = fn.COALESCE(LedgerEntry.debit - LedgerEntry.credit, 0)
    return (LedgerLine.debit - LedgerLine.credit) - before


def raised_of_lease() -> Expression:
    """As `raised`, of the balance of the line's own lease: an entry that comes from another raises it by all it is."""
    is_its_own = LedgerEntry.lease == LedgerLine.lease
    before = Case(None, [(is_its_own, LedgerEntry.debit - LedgerEntry.credit)], 0)
    return (LedgerLine.debit - LedgerLine.credit) - before


def are_crossed() -> bool:
    """Whether more of the first rents and payments stand on the other side than on their own; not by one alone."""
    usual = [is_usual for is_usual in sides() if is_usual is not None]
    return usual.count(False) > max(usual.count(True), 1)


def sides() -> Iterator[bool | None]:
    """Of each of the first lines, whether it stands where its label belongs; None where the label does not tell."""
    # A payment below zero among the debits is a credit, and the other way round: see `LedgerEntry`.
    query = LedgerLine.select(LedgerLine.label, LedgerLine.credit > LedgerLine.debit)
    query = query.where(LedgerLine.debit != LedgerLine.credit)
    for label, is_credit in rows_of(query.order_by(LedgerLine.line).limit(LABELS_READ)):
        side = usual_side(label)
        yield (side == ("credit" if is_credit else "debit")) if side else None


def row_of(query: Any) -> tuple[Any, ...]:
    """Its one row, as the store gives it: cents stay cents."""
    return tuple(next(rows_of(query)))


def as_date(value: Any) -> date | None:
    return date.fromisoformat(str(value)) if value else None
