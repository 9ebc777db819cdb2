"""What the lines of a ledger file change in the ledger: the plan, then the change itself."""

from datetime import date
from typing import Any

from peewee import JOIN, Expression, IntegerField, fn

from ophportal.database import BaseModel, proxy, rows_of
from ophportal.formatting import short_date
from ophportal.imports.ledger.line import NOTHING, TOLD, LedgerLine, same_id, same_told
from ophportal.imports.refusals import Refusals
from ophportal.imports.reports import Count
from ophportal.imports.temporary_tables import all_of, any_of, execute_in_steps
from ophportal.models import LedgerEntry
from ophportal.store import TEMPORARY


class LedgerChange(BaseModel):
    """A line that brings something new, and the entry that it changes: NULL when it makes one.

    Their keys follow the leases, and a lease's the lines: written in this order, entries fill the pages of an index one
    after the other, where in the file's each page would be read and written again for each month.
    """

    line = IntegerField()
    entry = IntegerField(null=True)

    class Meta:
        schema = TEMPORARY
        table_name = "import_ledger_change"


def plan(refusals: Refusals) -> Count:
    """Work out which entries the lines make and which they change, by reading alone.

    Those that cannot stand beside what is on file go to `refusals`.
    """
    is_new = LedgerEntry.id.is_null()
    told_otherwise = [getattr(LedgerEntry, name) != getattr(LedgerLine, name) for name in TOLD]
    plan_lines(LedgerLine.erp_id == "", same_told(TOLD), is_new)
    plan_lines(LedgerLine.erp_id != "", same_id(), is_new | any_of(told_otherwise))
    proxy.look_at(LedgerChange)
    refuse_doubles(refusals)
    refuse_reused(refusals)
    created = LedgerChange.select().where(LedgerChange.entry.is_null()).count()
    updated = LedgerChange.select().where(LedgerChange.entry.is_null(False)).count()
    return Count(created, updated, LedgerLine.select().count() - created - updated)


def plan_lines(which: Expression, same: Expression, brings_news: Expression) -> None:
    lines = LedgerLine.select(LedgerLine.line, LedgerEntry.id).join(LedgerEntry, JOIN.LEFT_OUTER, on=same)
    lines = lines.where(which & brings_news).order_by(LedgerLine.lease, LedgerLine.line)
    LedgerChange.insert_from(lines, [LedgerChange.line, LedgerChange.entry]).execute()


def has_a_line() -> Expression:
    """The condition that some line of the file is about the entry."""
    other = LedgerLine.alias()
    told = (other.erp_id == "") & same_told(TOLD, other)
    return fn.EXISTS(other.select().where(same_id(other))) | fn.EXISTS(other.select().where(told))


def refuse_doubles(refusals: Refusals) -> None:
    """Refuse lines that would count twice: an ERP may send entries again with an identifier added, lost or changed.

    An entry on file that another line of the file is about does not count.
    """
    told = [getattr(LedgerEntry, name) == getattr(LedgerLine, name) for name in TOLD]
    known_by_an_id = (LedgerLine.erp_id != "") | (LedgerEntry.erp_id != NOTHING)
    query = (
        LedgerLine.select(LedgerLine.line, LedgerLine.erp_id, fn.MAX(LedgerEntry.erp_id))
        .join(LedgerChange, on=(LedgerChange.line == LedgerLine.line))
        .switch(LedgerLine)
        .join(LedgerEntry, on=all_of(told))
        .where(LedgerChange.entry.is_null() & known_by_an_id & ~has_a_line())
        .group_by(LedgerLine.line, LedgerLine.erp_id)
        .order_by(LedgerLine.line)
    )
    for line, new_id, erp_id in rows_of(query):
        known = f"sous l'identifiant {erp_id}" if erp_id else "sans identifiant"
        advice = " (si ce sont deux écritures, mettez les deux dans le fichier)" if new_id and erp_id else ""
        refusals.add(line, f"cette écriture est déjà enregistrée {known} : elle compterait deux fois{advice}")


def refuse_reused(refusals: Refusals) -> None:
    """Refuse an identifier that is on file for another day and another label, or for another lease: it is used again.

    An ERP corrects the amount of an entry, its date or its label, and not the last two at once. Or its lease alone, as
    when it gives a tenant another number: `watch` asks somebody.
    """
    is_told_otherwise = any_of([getattr(LedgerEntry, name) != getattr(LedgerLine, name) for name in TOLD[1:]])
    is_elsewhere = has_moved() & is_told_otherwise
    is_another = (LedgerEntry.date != LedgerLine.date) & (LedgerEntry.label != LedgerLine.label)
    query = (
        LedgerLine.select(LedgerLine.line, LedgerLine.erp_id, is_elsewhere, LedgerEntry.label, LedgerEntry.date)
        .join(LedgerChange, on=(LedgerChange.line == LedgerLine.line))
        .join(LedgerEntry, on=(LedgerEntry.id == LedgerChange.entry))
        .where(is_elsewhere | is_another)
        .order_by(LedgerLine.line)
    )
    for line, erp_id, elsewhere, label, day in rows_of(query):
        whose = "d'un autre bail" if elsewhere else "d'une autre écriture"
        known = f"{label}, {short_date(date.fromisoformat(str(day)))}"
        advice = "si les numéros recommencent, par exemple chaque année, retirez la colonne « identifiant »"
        refusals.add(line, f"l'identifiant {erp_id} est déjà celui {whose} ({known}) : {advice}")


def has_moved() -> Expression:
    """The condition that the line has an entry on file under another lease."""
    return LedgerEntry.lease != LedgerLine.lease


def changes(join: str) -> Any:
    """The planned changes with their lines, and the entries that they change."""
    lines = LedgerChange.select().join(LedgerLine, on=(LedgerLine.line == LedgerChange.line)).switch(LedgerChange)
    return lines.join(LedgerEntry, join, on=(LedgerEntry.id == LedgerChange.entry))


def write() -> None:
    """Make the planned changes."""
    names = (*TOLD, "erp_id", "occurrence")
    lines = LedgerLine.select(*(getattr(LedgerLine, name) for name in names)).join(
        LedgerChange, on=(LedgerChange.line == LedgerLine.line)
    )
    # A lease's in the order of the file: entries of one day are shown in the order of their keys. In steps, since
    # SQLite keeps until a statement's end each page that it changes as it was before, some builds of it in memory.
    new = lines.where(LedgerChange.entry.is_null()).order_by(LedgerChange.id)
    into = [getattr(LedgerEntry, name) for name in names]
    execute_in_steps(LedgerChange.id, lambda these: LedgerEntry.insert_from(new.where(these), into))
    mended = {getattr(LedgerEntry, name): getattr(LedgerLine, name) for name in TOLD}
    ours = (LedgerChange.entry == LedgerEntry.id) & (LedgerChange.line == LedgerLine.line)
    # SQLite holds in memory all that one statement updates from other tables.
    is_change = LedgerChange.entry.is_null(False)
    execute_in_steps(
        LedgerChange.id,
        lambda these: LedgerEntry.update(mended).from_(LedgerChange, LedgerLine).where(is_change & ours & these),
    )
    proxy.look_at(LedgerEntry)
