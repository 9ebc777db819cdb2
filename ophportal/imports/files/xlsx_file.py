"""An XLSX workbook, read row by row: the first visible sheet that has the columns asked for, or else a hidden one.

Cells come as the texts that a CSV would have: ISO dates, whole numbers without a point. What a spreadsheet has lost
(« 1,23E+15 », « #N/A », a formula) is refused by the cells' own checks, with its line.
"""

import math
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from ophportal.formatting import counted
from ophportal.imports.files.columns import Column, Header, known_among, quoted
from ophportal.imports.files.csv_file import HEADER_WITHIN
from ophportal.imports.files.xlsx_limits import check_size
from ophportal.imports.files.xlsx_rows import SheetRows
from ophportal.imports.refusals import ImportRefused, Refusals

# Beyond 15 digits Excel has lost the last ones.
EXACT = 10**15
# What a damaged or hostile workbook raises, by what is wrong in it; XML parsers raise kinds of SyntaxError.
DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, InvalidFileException, DefusedXmlException, SyntaxError,
    KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, NotImplementedError, OverflowError, OSError,
    RecursionError, RuntimeError, TokenizerError,
)  # fmt: skip
DAMAGED = "le classeur est abîmé, ou n'en est pas un : ouvrez-le dans le tableur et enregistrez-le en .xlsx"
# What a spreadsheet makes of « 12-04 » or of « vrai », and no one can tell any more what was typed.
CHANGED = (date, time, timedelta, bool)


class XlsxFile:
    """A `TableFile`: an open sheet, past its header."""

    def __init__(self, sheet: Any, header_row: int, titles: list[str], columns: Sequence[Column]):
        self.header, self.header_row = Header(titles, columns), header_row
        self.name, self.shows = sheet.title, not is_hidden(sheet)
        # The names of the other sheets that have the columns, and are not read.
        self.others: list[str] = []
        self.rows = SheetRows(sheet)
        self.size = self.rows.size
        sources = self.header.sources
        places = [(sources[it.name].places[0], it) for it in columns if it.name in sources]
        self.numbers = [(place, it) for place, it in places if it.is_number]
        # In a workbook that counts days from 1904, a number is refused as a date; cells of type date are right.
        is_of_1904 = sheet.parent.epoch == CALENDAR_MAC_1904
        self.dates = [(place, it) for place, it in places if it.is_date and is_of_1904]

    def position(self) -> int:
        return self.rows.position

    def lines(self, refusals: Refusals) -> Iterator[tuple[int, tuple[str, ...]]]:
        self.tell_which(refusals)
        header, width, number, hidden = self.header, self.header.width, self.header_row, 0
        try:
            for number, values in self.rows:
                if number <= self.header_row:
                    continue
                cells = [text_of(value) for value in values]
                if any(cell.strip() for cell in cells[width:]):
                    refusals.add(number, header.too_wide(cells))
                elif cells[:width] == header.titles:
                    pass  # some reports begin each page with it
                elif any(map(str.strip, cells)) and not self.refuse_changed(number, values, cells, refusals):
                    hidden += self.rows.is_hidden
                    yield number, header.row(cells)
        except DAMAGE:
            refusals.add(number + 1, DAMAGED)
        if hidden:
            are = counted(hidden, "ligne de la feuille est masquée", "lignes de la feuille sont masquées")
            read = "Elle est lue" if hidden == 1 else "Elles sont lues"
            refusals.notice(f"{are}, par un filtre peut-être. {read} comme les autres.")

    def tell_which(self, refusals: Refusals) -> None:
        """Say which sheet is read where somebody may expect another, or all of them."""
        name = quoted([self.name])
        if not self.shows:
            refusals.notice(f"La feuille {name} est lue ; elle est masquée dans le classeur.")
        if self.others:
            others = f"D'autres ont les mêmes colonnes : {quoted(self.others)}"
            mend = "pour les lire aussi, mettez leurs lignes sur elle"
            # No notice: at night, nobody reads those.
            refusals.doubt(f"Seule la feuille {name} est lue. {others} ; {mend}.")

    def refuse_changed(self, line: int, values: list[Any], cells: list[str], refusals: Refusals) -> bool:
        """Refuse a number or reference that the spreadsheet took for a date, a yes or a sum, and a date that is a
        number in a workbook that counts days from 1904; whether there is any.
        """
        changed = False
        for place, column in self.numbers:
            value = values[place] if place < len(values) else None
            if isinstance(value, CHANGED):
                said = "a été changé par un tableur"
            elif column.keeps_zeros and isinstance(value, int | float):
                said = "a peut-être perdu ses zéros"
            else:
                continue
            changed = True
            refusals.add(line, f"« {column.title} » {said} : « {cells[place]} » (mettez la colonne au format texte)")
        for place, column in self.dates:
            if place < len(values) and isinstance(values[place], int | float):
                changed = True
                of_1904 = "dans un classeur qui compte les jours depuis 1904 (mettez la colonne au format date)"
                refusals.add(line, f"« {column.title} » est un nombre, « {cells[place]} », {of_1904}")
        return changed


@contextmanager
def workbook(stream: BinaryIO, columns: Sequence[Column]) -> Iterator[XlsxFile]:
    """The sheet to read of the workbook in `stream`. Raises ImportRefused for one that cannot be read."""
    with warnings.catch_warnings():
        # What openpyxl will not carry over into a workbook that nobody writes.
        warnings.filterwarnings("ignore", module=r"openpyxl\.")
        try:
            check_size(stream)
            book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        except DAMAGE as error:
            raise ImportRefused.whole(DAMAGED) from error
        try:
            yield sheet_with(book.worksheets, columns)
        finally:
            book.close()


def sheet_with(sheets: Sequence[Any], columns: Sequence[Column]) -> XlsxFile:
    """The first sheet with the required columns, of those that show, or else of the hidden ones.

    Raises ImportRefused, about the first that holds anything.
    """
    found: list[XlsxFile] = []
    first: ImportRefused | None = None
    for sheet in sorted(sheets, key=is_hidden):
        if is_hidden(sheet) and found and found[0].shows:
            break
        try:
            if (file := below_header(sheet, columns)) is not None:
                found.append(file)
        except ImportRefused as refused:
            first = first or refused
        except DAMAGE as error:
            if not found:
                raise ImportRefused.whole(DAMAGED) from error
    if not found:
        raise first or ImportRefused.whole("le fichier est vide")
    found[0].others = [file.name for file in found[1:]]
    return found[0]


def is_hidden(sheet: Any) -> bool:
    return bool(sheet.sheet_state != "visible")


def below_header(sheet: Any, columns: Sequence[Column]) -> XlsxFile | None:
    """The sheet past the first of its upper rows with the columns; None when it is empty.

    Raises ImportRefused, about the likeliest row.
    """
    refusals: list[tuple[int, ImportRefused]] = []
    for number, header in islice(written_rows(sheet), HEADER_WITHIN):
        try:
            return XlsxFile(sheet, number, header, columns)
        except ImportRefused as refused:
            refusals.append((known_among(header, columns), refused))
    if not refusals:
        return None
    raise max(refusals, key=lambda found: found[0])[1]


def written_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, as texts, without the empty cells at their ends."""
    for number, values in SheetRows(sheet):
        cells = [text_of(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield number, cells


def text_of(value: Any) -> str:
    """What a CSV would say of this cell."""
    match value:
        case None:
            return ""
        case str():
            # « _x000D_ » is how OOXML writes what XML cannot hold (ECMA-376, 22.9.2.19).
            return unescape(value) if "_x" in value else value
        case bool():
            return "VRAI" if value else "FAUX"
        case int():
            return str(value) if abs(value) < EXACT else f"{value:.6E}"
        case float():
            return text_of_number(value) if math.isfinite(value) else "#NUM!"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
        case date():
            return value.isoformat()
    return str(value)


def text_of_number(value: float) -> str:
    """« 12345 » for 12345.0, « 1234.56 » for 1234.5600000000001: fifteen digits are all that Excel knows."""
    if value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    text = f"{value:.15g}"
    return text if "e" not in text else f"{value:.6E}"
