"""The ledger file: what each lease was charged and what was paid, whole or not at all.

A file may bring a month or ten years: what the store has already is left as it is, and nothing is ever taken away. A
mistake is mended in the ERP by an entry of its own, or under the identifier of the wrong one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ophportal.database import proxy, writing
from ophportal.imports.files import opened
from ophportal.imports.ledger import line, watch
from ophportal.imports.ledger.columns import COLUMNS, read_line
from ophportal.imports.ledger.line import LedgerChange, LedgerLine
from ophportal.imports.ledger.watch import LeaseChange
from ophportal.imports.reading import read
from ophportal.imports.refusals import ImportRefused, Refusals
from ophportal.imports.reports import Count, ImportReport
from ophportal.imports.temporary_tables import temporary
from ophportal.progress import Tell, say_nothing


def look_at_ledger(path: Path, progress: Tell = say_nothing) -> ImportReport:
    """What importing the ledger file at `path` would do; nothing is written, and nobody waits for it."""
    with reading(path, progress) as (lines, refusals, _):
        counted = line.compare(refusals)
        return report(lines, counted, refusals)


def import_ledger(path: Path, progress: Tell = say_nothing, *, sure: bool = True) -> ImportReport:
    """Bring the ledger up to date with the file at `path`. Raises ImportRefused, the store untouched.

    What raises doubts (`ImportReport.doubts`) wants somebody who is `sure`, or raises Unsure.
    """
    # What the lines are, and change, is told before the store is locked: whoever else changes leases or entries, or
    # erases them, waits for this turn.
    with proxy.in_turn(), reading(path, progress) as (lines, refusals, tell):
        refusals.check()
        counted = line.compare(refusals)
        refusals.check()
        done = report(lines, counted, refusals)
        done.check(sure=sure)
        with writing():
            line.write()
            tell(1)
    return done


def report(lines: int, counted: Count, refusals: Refusals) -> ImportReport:
    """What the planned changes are, before they are made."""
    return ImportReport(
        lines,
        {"Écritures": counted},
        refused=refusals.refused(),
        notices=tuple(refusals.notices),
        columns=refusals.columns,
        amounts=watch.amounts(counted),
    )


@contextmanager
def reading(path: Path, progress: Tell) -> Iterator[tuple[int, Refusals, Callable[[float], None]]]:
    """How many lines the file has, what is wrong with them, and what tells how far the rest is.

    Those that can be read stand in the temporary table.
    """
    refusals = Refusals()
    with opened(path, COLUMNS) as file, temporary(LedgerLine, LedgerChange, LeaseChange):
        total = 2 * file.size
        stored = LedgerLine.load(read(file, read_line, refusals, lambda done: progress(done, total)))
        lines = stored + refusals.lines
        if not lines:
            raise ImportRefused.whole("le fichier ne contient aucune écriture")
        progress(total // 2, total)
        line.settle_lines(refusals)
        yield lines, refusals, lambda share: progress(int(total * (3 + share) / 4), total)
