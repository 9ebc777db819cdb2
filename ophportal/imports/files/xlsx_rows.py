"""The rows of a workbook's sheet, one at a time and none of them kept.

openpyxl's own read-only sheets fill the gaps between rows (one numbered two thousand million takes the day), pass over
rows that come out of order without a word, and hold the height of each: hence its parser alone.
"""

from collections.abc import Iterator
from typing import IO, Any

from openpyxl.worksheet._reader import WorkSheetParser

# 16 384 columns of texts take less; what openpyxl builds of it takes thirty times as much.
LONGEST_ROW = 4 << 20
# Excel's own last row.
LAST_ROW = 1 << 20


class Metered:
    """A part of the workbook, read no further than LONGEST_ROW beyond the last row that was found in it."""

    def __init__(self, part: IO[bytes]):
        self.part = part
        self.position = 0
        self.last_row = 0

    def read(self, size: int = -1) -> bytes:
        data = self.part.read(size)
        self.position += len(data)
        if self.position - self.last_row > LONGEST_ROW:
            raise ValueError("a row without end")
        return data


class SheetRows:
    """The rows of one of openpyxl's read-only sheets; `size` and `position` are in bytes."""

    def __init__(self, sheet: Any):
        self.sheet = sheet
        self.size = sheet.parent._archive.getinfo(sheet._worksheet_path).file_size
        self.position = 0
        # Whether the row given last does not show, by a filter or by hand.
        self.is_hidden = False

    def __iter__(self) -> Iterator[tuple[int, list[Any]]]:
        """Each row that has cells: its number, and their values, None for those that are not there.

        A formula comes as its text, « = » first. Raises what openpyxl and its XML parser raise, ValueError among it.
        """
        sheet, book = self.sheet, self.sheet.parent
        with book._archive.open(sheet._worksheet_path) as part:
            metered = Metered(part)
            parser = WorkSheetParser(
                metered,
                sheet._shared_strings,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            before = 0
            for number, cells in parser.parse():
                if not before < number <= LAST_ROW:
                    raise ValueError("rows out of order")
                before, self.position = number, metered.position
                metered.last_row = metered.position
                self.is_hidden = any(it.get("hidden") in {"1", "true"} for it in parser.row_dimensions.values())
                parser.row_dimensions.clear()
                if cells:
                    yield number, values_of(cells)


def values_of(cells: list[dict[str, Any]]) -> list[Any]:
    values: list[Any] = [None] * max(cell["column"] for cell in cells)
    for cell in cells:
        values[cell["column"] - 1] = formula_of(cell["value"]) if cell["data_type"] == "f" else cell["value"]
    return values


def formula_of(value: Any) -> str:
    """Those of arrays and of data tables come as objects."""
    return value if isinstance(value, str) else str(getattr(value, "text", None) or "=")
