"""What an office wants to be told before a ledger file is written."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from peewee import JOIN, fn

from ophportal.database import rows_of
from ophportal.formatting import counted, euros, long_date, whole
from ophportal.imports.ledger.balances import balances_told_again, changed_leases
from ophportal.imports.ledger.changes import LedgerChange, changes, has_a_line, has_moved
from ophportal.imports.ledger.line import LedgerLine
from ophportal.imports.refusals import LineError, Refusals
from ophportal.imports.reports import FEW, SUSPICIOUS, Count
from ophportal.imports.temporary_tables import all_of
from ophportal.models import LedgerEntry
from ophportal.models.money import euros as in_euros
from ophportal.models.nature import usual_side

# Lines whose labels are read for the side that they stand on: columns that are crossed are so from the first line on.
LABELS_READ = 1000
# Entries, the last that came, that tell what is usual; fewer tell nothing.
LAST_READ, ENOUGH = 10_000, 100
# In euros: few offices' entries are of so much on average; their rents are some hundreds. With a ledger on file it is
# told by that one: garages that lost their decimal point stay below, and the rents of shops are above without.
LARGEST_ON_AVERAGE = 5000
TIMES_THE_USUAL = 20

ALIKE = (
    "Lignes déjà enregistrées, qui ne comptent pas une seconde fois : {}, d'abord la {}. Si c'est une autre écriture, "
    "égale et du même jour, importez un fichier qui contient les deux."
)
CROSSED = (
    "Des loyers sont au crédit ou des paiements au débit, et plus souvent que l'inverse. Les colonnes « débit » et "
    "« crédit » sont peut-être croisées, ou leurs signes inversés."
)
TOLD_AGAIN = (
    "Lignes qui répètent en un solde ou un total ce que d'autres écritures disent déjà : {}, d'abord la {}. Elles "
    "compteraient deux fois : retirez-les du fichier, ou demandez à l'ERP un export sans solde de départ ni total."
)
RELABELLED = (
    "Écritures nouvelles qui ont le bail, la date et le montant d'une autre, enregistrée sous un autre libellé : {} "
    "sur {}. Si ce sont les mêmes, elles compteraient deux fois : n'exportez que les mois qui manquent, ou gardez les "
    "libellés d'avant."
)
LARGE = "Une écriture est de {} en moyenne. La virgule des montants est peut-être perdue, ou ils sont en centimes."
CHANGED = (
    "Écritures enregistrées qui changent de montant : {} sur {}. Le fichier est peut-être ancien, ou ses colonnes "
    "décalées."
)
MOVED = (
    "Écritures enregistrées qui passent à un autre bail : {}, d'abord la {}. Si l'ERP a changé un numéro de locataire "
    "ou une référence de logement, ou mis un paiement au compte d'un autre, c'est juste ; si ses identifiants "
    "recommencent, retirez la colonne « identifiant »."
)
OLDER = (
    "Le fichier s'arrête au {}, change des montants, et des écritures plus récentes sont enregistrées. Il est "
    "peut-être plus ancien que le dernier importé."
)


def tell(count: Count, refusals: Refusals) -> None:
    """Tell `refusals` what the lines say in all, and what is odd about that and about their planned changes."""
    last = tell_sums(count.named, refusals)
    changed, by = changed_amounts() if count.updated else (0, 0)
    moved, first_moved = moved_entries() if count.updated else (0, None)
    leases = changed_leases(moved=bool(moved)) if count.created or changed or moved else 0
    if leases:
        refusals.fact("Le solde d'un bail change." if leases == 1 else f"Le solde de {whole(leases)} baux change.")
    if changed:
        change = counted(changed, "écriture change de montant", "écritures changent de montant")
        refusals.notice(f"{change}, de {shown(by)} en tout")
    if has_few_known(count) and (alike := list(alike_on_file())):
        refusals.notice(ALIKE.format(whole(len(alike)), alike[0]))
    if count.created:
        doubt_new(count.created, refusals)
    known = count.updated + count.unchanged
    if changed > max(FEW, SUSPICIOUS * known):
        refusals.doubt(CHANGED.format(whole(changed), whole(known)))
    if moved:
        refusals.doubt(MOVED.format(whole(moved), first_moved))
    # Corrections sent alone may be of any day.
    if last and 0 < changed < known and LedgerEntry.select().where(LedgerEntry.date > last).exists():
        refusals.doubt(OLDER.format(long_date(last)))


def tell_sums(lines: int, refusals: Refusals) -> date | None:
    """Tell what the lines say in all, and doubt their amounts where these are odd; the last day that they tell."""
    sums = (fn.SUM(LedgerLine.debit), fn.SUM(LedgerLine.credit), fn.MIN(LedgerLine.date), fn.MAX(LedgerLine.date))
    debit, credit, *days = row_of(LedgerLine.select(*sums))
    if debit is None:
        return None
    first, last = (date.fromisoformat(str(day)) for day in days)
    until = "" if first == last else f" au {long_date(last)}"
    refusals.fact(f"Débits : {shown(debit)}. Crédits : {shown(credit)}. Écritures du {long_date(first)}{until}.")
    if are_crossed():
        refusals.doubt(CROSSED)
    average = int(abs(debit) + abs(credit)) // lines
    if lines > FEW and average > (TIMES_THE_USUAL * usual_amount() or LARGEST_ON_AVERAGE * 100):
        refusals.doubt(LARGE.format(shown(average)))
    return last


def doubt_new(created: int, refusals: Refusals) -> None:
    """Doubt the new entries that say what others say already."""
    if again := list(balances_told_again()):
        refusals.doubt(TOLD_AGAIN.format(whole(len(again)), again[0]))
    if (alike := relabelled()) > max(FEW, SUSPICIOUS * created):
        refusals.doubt(RELABELLED.format(whole(alike), whole(created)))


def shown(cents: int) -> str:
    return euros(in_euros(int(cents)))


def usual_amount() -> int:
    """Of how many cents an entry on file is on average; 0 where there are too few."""
    last = LedgerEntry.select(LedgerEntry.debit, LedgerEntry.credit).order_by(LedgerEntry.id.desc()).limit(LAST_READ)
    sums = (fn.COUNT(last.c.debit), fn.SUM(fn.ABS(last.c.debit)), fn.SUM(fn.ABS(last.c.credit)))
    count, debit, credit = row_of(last.select_from(*sums))
    return (int(debit) + int(credit)) // count if count >= ENOUGH else 0


def changed_amounts() -> tuple[int, int]:
    """How many entries on file get another amount, and by how many cents in all, up or down."""
    raised = (LedgerLine.debit - LedgerLine.credit) - (LedgerEntry.debit - LedgerEntry.credit)
    lines = changes(JOIN.INNER).where(raised != 0)
    count, cents = row_of(lines.select(fn.COUNT(LedgerLine.line), fn.SUM(fn.ABS(raised))))
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


def has_few_known(count: Count) -> bool:
    """Whether the file tells hardly anything again: it goes on where the last one ended, and what it has in common with
    that one may be another entry.
    """
    return 0 < count.unchanged <= min(FEW, SUSPICIOUS * count.named)


def alike_on_file() -> Iterator[LineError]:
    """The lines, with their labels, that say without an identifier what an entry on file says."""
    is_known = LedgerLine.line.not_in(LedgerChange.select(LedgerChange.line))
    query = LedgerLine.select(LedgerLine.line, LedgerLine.label).where((LedgerLine.erp_id == "") & is_known)
    yield from (LineError(line, label) for line, label in rows_of(query.order_by(LedgerLine.line)))


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
