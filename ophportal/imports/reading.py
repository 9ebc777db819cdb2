"""The lines of a table, read some at a time; after each lot, how far the reading is gets told."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from ophportal.formatting import counted
from ophportal.imports.files import TableFile
from ophportal.imports.files.cells import is_spoilt
from ophportal.imports.refusals import Refusals, UnreadableLineError

Line = TypeVar("Line")
# A line's number, and its cells in the order of the columns, as written.
Written = tuple[int, tuple[str, ...]]
# Lines held at once.
STEP = 250
# « Lef?vre », « Andr? », « ?visa »: the word around a « ? » that touches a letter, and is in no e-mail address.
LOST_ACCENT = re.compile(r"(?<!\S)(?=[^\s@]*(?:[^\W\d_]\?|\?[^\W\d_]))[^\s@]+(?!\S)")
EXAMPLES = 3
# An ERP may have some names spoilt in it; with more of the lines it is the file that is.
FEW_SPOILT, MOST_SPOILT = 3, 0.02
SPOILT_SHOWN = 10


def read(
    file: TableFile,
    read_line: Callable[[int, tuple[str, ...]], Line],
    refusals: Refusals,
    tell: Callable[[int], None],
) -> Iterator[Line]:
    """What `read_line` makes of each line that it can read; what is wrong with the others goes to `refusals`."""
    for written in in_steps(file, refusals, tell):
        yield from understood(written, read_line, refusals)


def in_steps(file: TableFile, refusals: Refusals, tell: Callable[[int], None]) -> Iterator[list[Written]]:
    """The file's lines, so many at a time."""
    refusals.columns = file.header.told
    lines = file.lines(refusals)
    tell(file.position())
    lost, spoilt = LostAccents(), SpoiltAccents()
    while some := list(islice(lines, STEP)):
        lost.look_at(some)
        spoilt.look_at(some)
        yield some
        tell(file.position())
    lost.tell(refusals)
    spoilt.tell(refusals)


class LostAccents:
    """Counts the lines where a system without accents wrote « ? » for a letter; the first different words of those."""

    def __init__(self) -> None:
        self.lines = 0
        self.first: dict[str, int] = {}

    def look_at(self, some: list[Written]) -> None:
        for line, cells in some:
            text = "\t".join(cells)
            if "?" in text and (found := LOST_ACCENT.search(text)):
                self.lines += 1
                if len(self.first) < EXAMPLES:
                    self.first.setdefault(found[0][:30], line)

    def tell(self, refusals: Refusals) -> None:
        if not self.lines:
            return
        said = told(self.lines, "un « ? » à la place d'une lettre", self.first.items())
        refusals.notice(f"{said} Si ce sont des accents perdus, demandez à l'ERP un export en UTF-8.")


class SpoiltAccents:
    """Counts the lines with « Ã© » or « \ufffd » for « é », of how many; the first cells of those."""

    def __init__(self) -> None:
        self.all_lines = self.lines = 0
        self.first: list[tuple[str, int]] = []

    def look_at(self, some: list[Written]) -> None:
        self.all_lines += len(some)
        for line, row in some:
            if not all(map(str.isascii, row)) and (found := next(filter(is_spoilt, row), None)):
                self.lines += 1
                if len(self.first) < SPOILT_SHOWN:
                    self.first.append((found.strip()[:30], line))

    def tell(self, refusals: Refusals) -> None:
        if not self.lines:
            return
        said = told(self.lines, "des accents abîmés", self.first)
        if self.lines > max(FEW_SPOILT, MOST_SPOILT * self.all_lines):
            mend = "Importez le fichier que l'ERP exporte, sans l'ouvrir dans un tableur ; s'il les abîme déjà,"
            refusals.add(None, f"{said} {mend} corrigez-les dans l'ERP.")
        else:
            kept = "Une lettre reconnue est remise, un texte sans sa lettre reste comme il est déjà enregistré."
            refusals.notice(f"{said} {kept} Corrigez-les dans l'ERP.")


def told(lines: int, what: str, first: Collection[tuple[str, int]]) -> str:
    """How many lines have `what`, and what the first of them say, each with its line."""
    examples = ", ".join(f"« {written} » (ligne {line})" for written, line in first)
    more = "…" if lines > len(first) else "."
    return f"{counted(lines, 'ligne a', 'lignes ont')} {what} : {examples}{more}"


def understood(
    written: Iterable[Written], read_line: Callable[[int, tuple[str, ...]], Line], refusals: Refusals
) -> Iterator[Line]:
    """What `read_line` makes of each line that it can read; what is wrong with the others goes to `refusals`."""
    for line, cells in written:
        try:
            yield read_line(line, cells)
        except UnreadableLineError as refused:
            for reason in refused.reasons:
                refusals.add(line, reason)
