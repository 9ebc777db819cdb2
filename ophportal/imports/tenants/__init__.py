"""Importing the tenant file: tenants, dwellings and leases, all or nothing.

The lines are read, checked and compared in a temporary table first, by reading alone: that is the preview. The store is
locked only for the few statements that bring it up to date. Credentials are in other tables, which no import writes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ophportal.database import proxy, writing
from ophportal.imports.files import TableFile, opened
from ophportal.imports.refusals import ImportRefused, Refusals
from ophportal.imports.reports import Gone, ImportReport, Sure
from ophportal.imports.temporary_tables import temporary
from ophportal.imports.tenants import watch
from ophportal.imports.tenants.columns import COLUMNS
from ophportal.imports.tenants.conflicts import settle_lines
from ophportal.imports.tenants.handover import Handover, put_them_aside, reopen
from ophportal.imports.tenants.line import LineKey, Repeat, TenantLine
from ophportal.imports.tenants.match import Match, load
from ophportal.imports.tenants.rows import (
    DwellingChange,
    LeaseChange,
    TenantChange,
    keep_spellings,
    keep_whole_texts,
    plan_dwellings,
    plan_leases,
    plan_tenants,
    write_dwellings,
    write_leases,
    write_tenants,
)
from ophportal.models import Dwelling, Lease, Tenant
from ophportal.progress import Tell, say_nothing

MORE_ENDED = (
    "baux qui se termineraient : {}, et non {} comme quand le fichier a été regardé ; le portail a changé depuis, "
    "envoyez de nouveau le fichier pour le regarder"
)


class Reading:
    """A tenant file, `full` or not, whose lines stand in the temporary table, checked and compared with each other."""

    def __init__(self, file: TableFile, tell: Callable[[int], None], *, full: bool):
        self.full = full
        self.present = file.header.present
        # A full file without a column for the end tells that no lease has ended: so the right one opens again those
        # that a wrong one has ended.
        self.told_of_leases = self.present | {"ends_on"} if full else self.present
        self.refusals = Refusals()
        self.lines = load(file, self.refusals, tell) + self.refusals.lines
        if not self.lines:
            raise ImportRefused.whole("le fichier ne contient aucun locataire")
        self.elsewhere = settle_lines(self.refusals)

    def plan(self) -> ImportReport:
        """Work out what the file would change, by reading alone."""
        self.match()
        tenants = plan_tenants(self.present, self.refusals)
        dwellings = plan_dwellings(self.present, self.refusals)
        leases = plan_leases(self.told_of_leases)
        gone = watch.not_in_file()
        if self.refusals.total:
            # A refused line is about somebody too, and nobody knows about whom.
            gone = Gone(running=gone.running)
        ended = gone.count if self.full else 0
        watch.tell_moved(self.refusals)
        watch.tell_turned(self.told_of_leases, ended, gone.running, self.refusals)
        watch.tell_handed(self.refusals)
        watch.tell_elsewhere(self.elsewhere, dwellings, self.refusals)
        counts = {"Locataires": tenants, "Logements": dwellings, "Baux": leases}
        warnings = Handover.sentences()
        return ImportReport(self.lines, counts, gone=gone, ended=ended, warnings=warnings, **self.refusals.told())

    def write(self, tell: Callable[[float], None], *, most_ended: int | None, sure: Sure) -> ImportReport:
        """Make the changes, in the caller's transaction. Raises ImportRefused when a line cannot stand."""
        tell(0)
        report = self.plan()
        self.refusals.check()
        if most_ended is not None and report.ended > most_ended:
            raise ImportRefused.whole(MORE_ENDED.format(report.ended, most_ended))
        report.check(sure=sure)
        watch.tell_old_addresses()
        put_them_aside()
        write_tenants(self.present)
        tell(1 / 3)
        write_dwellings(self.present)
        tell(2 / 3)
        if self.full:
            # Before the file's own new leases are there, which match none on file.
            watch.end_those()
        if "ends_on" not in self.told_of_leases:
            reopen()
        write_leases(self.told_of_leases)
        for table in (Tenant, Dwelling, Lease):
            proxy.look_at(table)
        tell(1)
        return report

    def match(self) -> None:
        """Find the rows that the lines are about, and the numbers that belong to somebody else now."""
        Match.find()
        keep_whole_texts()
        Handover.find()
        if "phone" in self.present:
            keep_spellings()


def look_at_tenants(path: Path, progress: Tell = say_nothing, *, full: bool = False) -> ImportReport:
    """What importing the tenant file at `path` would do. Nothing is written, and no other writer has to wait.

    Raises ImportRefused only for a file that cannot be read at all; refused lines are in the report.
    """
    with reading(path, progress, full=full) as (file_read, _):
        return file_read.plan()


def import_tenants(
    path: Path,
    progress: Tell = say_nothing,
    *,
    full: bool = False,
    most_ended: int | None = None,
    sure: Sure = True,
) -> ImportReport:
    """Bring the store up to date with the tenant file at `path`.

    Tenants who are not in it stay as they are, unless it is `full`: then their leases end, at most `most_ended` of them
    where a person has agreed to that number. Raises Unsure for doubts (`ImportReport.doubts`), unless somebody is
    `sure`; and ImportRefused, with the store untouched, when anything is wrong with the file.
    """
    # Lines that say what is on file are found before the store is locked: no other import may change it meanwhile.
    with proxy.in_turn(), reading(path, progress, full=full) as (file_read, tell):
        file_read.refusals.check()
        with writing():
            return file_read.write(tell, most_ended=most_ended, sure=sure)


@contextmanager
def reading(path: Path, progress: Tell, *, full: bool) -> Iterator[tuple[Reading, Callable[[float], None]]]:
    """The file's lines, read and checked; and a function that tells how far the rest is, as a share of it."""
    changes = (TenantChange, DwellingChange, LeaseChange)
    with opened(path, COLUMNS) as file, temporary(TenantLine, LineKey, Repeat, Match, Handover, *changes):
        # Writing takes about as long as reading, settling the lines among it: it counts for as many bytes again.
        total = 2 * file.size
        found = Reading(file, lambda done: progress(done, total), full=full)
        yield found, lambda share: progress(int(total * (5 + 3 * share) / 8), total)
