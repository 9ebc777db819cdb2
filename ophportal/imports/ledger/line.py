"""The lines of the ledger file being imported, in a temporary table, and whose they are."""

from collections.abc import Iterable
from typing import Any

from peewee import SQL, BigIntegerField, Case, DateField, Expression, IntegerField, ModelSelect, TextField, chunked, fn

from ophportal.database import BaseModel, proxy, rows_of
from ophportal.imports.refusals import Refusals
from ophportal.imports.temporary_tables import all_of, execute_in_steps
from ophportal.models import Dwelling, Lease, LedgerEntry, Tenant
from ophportal.store import TEMPORARY

STORED_AT_ONCE = 1000


class LedgerLine(BaseModel):
    """One line, read and checked; amounts in cents. `lease` and `occurrence` are found once all the lines are there."""

    line = IntegerField(primary_key=True)
    number_key = TextField()
    reference_key = TextField()
    date = DateField()
    label = TextField()
    debit = BigIntegerField()
    credit = BigIntegerField()
    erp_id = TextField()
    lease = IntegerField(null=True)
    occurrence = IntegerField()

    class Meta:
        schema = TEMPORARY
        table_name = "import_ledger_line"
        # From the first line on: made of a million lines at once, an index is sorted in memory.
        indexes = ((("erp_id", "lease"), False),)

    @classmethod
    def load(cls, rows: Iterable[tuple[Any, ...]]) -> int:
        """Store the lines, their values in the order of the fields; how many there are."""
        # Read outside the transaction, since the progress is written to the store meanwhile (`jobs.Noted`).
        for some in chunked(rows, STORED_AT_ONCE):
            with proxy.atomic():
                cls.fill(some)
        proxy.look_at(cls)
        return cls.select().count()


# A literal: SQLite cannot tell from a bound value that a partial index will do.
NOTHING = SQL("''")
# The fields that tell entries without an identifier apart; in an entry with one they may change.
TOLD = ("lease", "date", "label", "debit", "credit")


def settle_lines(refusals: Refusals) -> None:
    """Find each line's lease, and which of several alike lines it is; what has no lease goes to `refusals`."""
    leases = leases_of(LedgerLine.number_key)
    execute_in_steps(LedgerLine.line, lambda these: LedgerLine.update(lease=leases).where(these))
    proxy.look_at(LedgerLine)
    if Tenant.select().where(Tenant.is_old()).exists():
        give_back_to_old()
        leave_with_old()
    refuse_strangers(refusals)
    refuse_repeats(refusals)
    count_alike()


def leases_of(number_key: Any) -> "ModelSelect[Any]":
    """The leases on a line's dwelling of the tenant with this number's key: one, or none."""
    leases = Lease.select(Lease.id).join(Tenant).switch(Lease).join(Dwelling)
    return leases.where((Tenant.number_key == number_key) & (Dwelling.reference_key == LedgerLine.reference_key))


def give_back_to_old() -> None:
    """Give lines without a lease, or older than it, to the tenant who had their number before.

    The ERP goes on writing that number on what was entered before it was given to somebody else.
    """
    begun = Lease.starts_on.is_null() | (Lease.starts_on <= LedgerLine.date)
    theirs = leases_of(Tenant.number_of_old(LedgerLine.number_key))
    # The last that has begun; a deposit is paid before any has: then the first to begin.
    last_begun = Case(None, [(begun, Lease.starts_on)]).desc(nulls="LAST")
    theirs = theirs.order_by(Case(None, [(begun, 0)], 1), last_begun, Lease.starts_on, Lease.id.desc()).limit(1)
    younger = Lease.select().where((Lease.id == LedgerLine.lease) & (Lease.starts_on > LedgerLine.date))
    to_find = LedgerLine.lease.is_null() | fn.EXISTS(younger)
    found = fn.COALESCE(theirs, LedgerLine.lease)
    execute_in_steps(LedgerLine.line, lambda these: LedgerLine.update(lease=found).where(these & to_find))


def leave_with_old() -> None:
    """Leave entries on file with the tenant who had the line's number before, whatever their date.

    One that was entered late may be younger than the lease of the tenant who has number and dwelling now.
    """
    once_theirs = LedgerLine.number_key.in_(Tenant.select(Tenant.key_before()).where(Tenant.is_old()))
    count_alike(("number_key", "reference_key", *TOLD[1:]), once_theirs)
    of_old = leases_of(Tenant.number_of_old(LedgerLine.number_key)).switch(Lease).join(LedgerEntry)
    for which, same in ((LedgerLine.erp_id != "", same_id()), (LedgerLine.erp_id == "", same_told(TOLD[1:]))):
        found = fn.COALESCE(of_old.where(same).limit(1), LedgerLine.lease)
        LedgerLine.update(lease=found).where(which & once_theirs).execute()
    # They are counted anew, lease by lease.
    LedgerLine.update(occurrence=1).where(LedgerLine.occurrence > 1).execute()


def refuse_strangers(refusals: Refusals) -> None:
    known = Tenant.select().where(Tenant.number_key == LedgerLine.number_key)
    query = LedgerLine.select(LedgerLine.line, fn.EXISTS(known)).where(LedgerLine.lease.is_null())
    for line, is_known in rows_of(query.order_by(LedgerLine.line)):
        missing = "ce locataire n'a pas de bail de ce logement" if is_known else "aucun locataire n'a ce numéro"
        refusals.add(line, f"{missing} : importez d'abord le fichier des locataires")


def refuse_repeats(refusals: Refusals) -> None:
    """Refuse an identifier that several lines have."""
    other = LedgerLine.alias()
    firsts = other.select(fn.MIN(other.line)).where(other.erp_id == LedgerLine.erp_id)
    again = (LedgerLine.erp_id != "") & (LedgerLine.line != firsts)
    query = LedgerLine.select(LedgerLine.line, LedgerLine.erp_id, firsts).where(again)
    for line, erp_id, first in rows_of(query.order_by(LedgerLine.line)):
        refusals.add(line, f"l'identifiant {erp_id} est déjà celui de la ligne {first}")


def count_alike(told: Iterable[str] = TOLD, among: Any = True) -> None:
    """Number equal lines without an identifier: two of them are two entries, the first and the second of their kind."""
    alike = [getattr(LedgerLine, name) for name in told]
    place = fn.ROW_NUMBER().over(partition_by=alike, order_by=[LedgerLine.line])
    numbered = LedgerLine.select(LedgerLine.line, place.alias("place")).where((LedgerLine.erp_id == "") & among)
    LedgerLine.update(occurrence=numbered.c.place).from_(numbered).where(
        (LedgerLine.line == numbered.c.line) & (numbered.c.place > 1)
    ).execute()


def same_told(names: Iterable[str], line: Any = LedgerLine) -> Expression:
    """The condition that an entry without an identifier is the line's, both telling the same under these names."""
    same = [getattr(LedgerEntry, name) == getattr(line, name) for name in (*names, "occurrence")]
    return all_of([LedgerEntry.erp_id == NOTHING, *same])


def same_id(line: Any = LedgerLine) -> Expression:
    return (LedgerEntry.erp_id != NOTHING) & (LedgerEntry.erp_id == line.erp_id)
