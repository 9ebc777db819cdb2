"""Importing the ledger file: what each lease was charged and what was paid, all or nothing.

A file may have a month or ten years. What it does not name stays, and nothing is ever removed: the ERP corrects a
mistake by a further entry, or under the identifier of the wrong one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ophportal.database import proxy, writing
from ophportal.imports.files import opened
from ophportal.imports.ledger import changes, line, watch
from ophportal.imports.ledger.balances import BalanceChange
from ophportal.imports.ledger.changes import LedgerChange
from ophportal.imports.ledger.columns import COLUMNS, read_line
from ophportal.imports.ledger.line import LedgerLine
from ophportal.imports.reading import read
from ophportal.imports.refusals import ImportRefused, Refusals
from ophportal.imports.reports import ImportReport, Sure
from ophportal.imports.temporary_tables import temporary
from ophportal.progress import Tell, say_nothing


def look_at_ledger(path: Path, progress: Tell = say_nothing) -> ImportReport:
    """What importing the ledger file at `path` would do. Nothing is written, and no other writer has to wait."""
    with reading(path, progress) as (lines, refusals, _):
        return plan(lines, refusals)


def import_ledger(path: Path, progress: Tell = say_nothing, *, sure: Sure = True) -> ImportReport:
    """Bring the ledger up to date with the file at `path`. Raises ImportRefused, the store untouched.

    Raises Unsure for doubts (`ImportReport.doubts`), unless somebody is `sure`.
    """
    # The lines are read and compared before the store is locked; all that changes or erases leases or entries waits
    # for this turn.
    with proxy.in_turn(), reading(path, progress) as (lines, refusals, tell):
        refusals.check()
        done = plan(lines, refusals)
        refusals.check()
        done.check(sure=sure)
        with writing():
            changes.write()
            tell(1)
    return done


def plan(lines: int, refusals: Refusals) -> ImportReport:
    """Work out what the file would change, by reading alone."""
    counted = changes.plan(refusals)
    watch.tell(counted, refusals)
    return ImportReport(lines, {"Écritures": counted}, **refusals.told())


@contextmanager
def reading(path: Path, progress: Tell) -> Iterator[tuple[int, Refusals, Callable[[float], None]]]:
    """How many lines the file has, what is wrong with them, and a function that tells how far the rest is.

    The lines that can be read are in the temporary table.
    """
    refusals = Refusals()
    with opened(path, COLUMNS) as file, temporary(LedgerLine, LedgerChange, BalanceChange):
        total = 2 * file.size
        stored = LedgerLine.load(read(file, read_line, refusals, lambda done: progress(done, total)))
        lines = stored + refusals.lines
        if not lines:
            raise ImportRefused.whole("le fichier ne contient aucune écriture")
        progress(total // 2, total)
        line.settle_lines(refusals)
        yield lines, refusals, lambda share: progress(int(total * (3 + share) / 4), total)
