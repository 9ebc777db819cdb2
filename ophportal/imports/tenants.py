"""The tenant file: tenants, dwellings and leases, from the ERP's CSV to the store, whole or not at all.

The lines are read, checked and compared in a temporary table first; the store is locked only for the few statements
that bring it up to date. Credentials are in other tables, which no import writes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ophportal.database import writing
from ophportal.imports.csv_file import CsvFile, opened
from ophportal.imports.refusals import ImportRefused, Refusals
from ophportal.imports.tenant_columns import COLUMNS, UnreadableLineError, read_line
from ophportal.imports.tenant_conflicts import settle_lines
from ophportal.imports.tenant_line import Repeat, TenantLine, temporary
from ophportal.imports.tenant_rows import Change, Count, write_dwellings, write_leases, write_tenants

Progress = Callable[[int, int], None]
# Lines read between two calls of `progress`.
STEP = 1000


@dataclass(frozen=True)
class ImportReport:
    """`lines` is how many the file has, but for its header and its blank ones."""

    lines: int
    tenants: Count
    dwellings: Count
    leases: Count


def import_tenants(path: Path, progress: Progress | None = None) -> ImportReport:
    """Bring the store up to date with the tenant file at `path`. Who is not in it stays as they are.

    `progress(done, total)` is told now and then how far the work is, in units of no meaning. Raises ImportRefused,
    the store untouched, when anything at all is wrong with the file.
    """
    refusals = Refusals()
    tell = progress or (lambda done, total: None)
    with opened(path, COLUMNS) as file, temporary(TenantLine, Repeat, Change):
        # Writing takes about as long as reading: it counts for as many bytes again.
        total = 2 * file.size
        lines = TenantLine.load(read(file, refusals, lambda done: tell(done, total)))
        if not lines and not refusals.total:
            raise ImportRefused.whole("le fichier ne contient aucun locataire")
        settle_lines(refusals)
        refusals.check()
        with writing():
            tell(total * 5 // 8, total)
            tenants = write_tenants(file.present, refusals)
            tell(total * 6 // 8, total)
            dwellings = write_dwellings(file.present, refusals)
            refusals.check()
            tell(total * 7 // 8, total)
            leases = write_leases(file.present)
            tell(total, total)
    return ImportReport(lines, tenants, dwellings, leases)


def read(file: CsvFile, refusals: Refusals, tell: Callable[[int], None]) -> Iterator[tuple[Any, ...]]:
    """The values of each line that can be read; what is wrong with the others goes to `refusals`."""
    for count, (line, cells) in enumerate(file.lines(refusals)):
        if count % STEP == 0:
            tell(file.position())
        try:
            yield read_line(line, cells)
        except UnreadableLineError as refused:
            for reason in refused.reasons:
                refusals.add(line, reason)
