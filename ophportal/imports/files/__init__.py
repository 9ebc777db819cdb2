"""The file that an office brings, whatever it was saved as: what it holds decides, never its name."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from ophportal.imports.files.columns import Column, Header
from ophportal.imports.files.csv_file import CsvFile
from ophportal.imports.refusals import ImportRefused, Refusals

ZIP = b"PK\x03\x04"
# What every .xlsx has in it, of all that are ZIPs (ECMA-376, part 2).
CONTENT_TYPES = "[Content_Types].xml"
# The container of .xls files, and of workbooks under a password (MS-CFB, 2.2).
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# How what is no table begins, what it is, and what to do about it.
SAVE_AS = "enregistrez-le au format « CSV UTF-8 »"
SEND_TABLE = "envoyez l'export de l'ERP, en CSV ou en .xlsx"
OTHERS = {
    OLE: (
        "c'est un classeur ancien (.xls) ou protégé par un mot de passe : enregistrez-le en .xlsx sans mot de passe, "
        "ou en « CSV UTF-8 »"
    ),
    b"\xff\xfe": f"c'est du texte en UTF-16 : {SAVE_AS}",
    b"\xfe\xff": f"c'est du texte en UTF-16 : {SAVE_AS}",
    b"%PDF": f"c'est un PDF : {SEND_TABLE}",
    b"\x89PNG": f"c'est une image : {SEND_TABLE}",
    b"\xff\xd8\xff": f"c'est une image : {SEND_TABLE}",
    # What many programs call .xls, and Excel opens as if it was.
    b"<": (
        "c'est une page HTML ou XML, sous le nom d'un classeur peut-être : ouvrez-la dans le tableur et enregistrez-la "
        "en .xlsx, ou au format « CSV UTF-8 »"
    ),
}


class TableFile(Protocol):
    """An open file, past its header. `size` and `position` are in one unit of no meaning, for a progress bar."""

    header: Header
    size: int

    def position(self) -> int: ...

    def lines(self, refusals: Refusals) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Each line that holds something: its number, and its cells in the order of the columns, as texts."""


@contextmanager
def opened(path: Path, columns: Sequence[Column]) -> Iterator[TableFile]:
    """The CSV or XLSX file at `path`. Raises ImportRefused when it cannot be read, or lacks a required column."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise ImportRefused.whole(f"le fichier {path.name} est introuvable, ou ne peut pas être lu") from error
    with stream:
        if not begins_as_zip(stream):
            yield CsvFile(stream, columns)
            return
        # Its library weighs on every process that never reads a workbook: loaded at first use.
        from ophportal.imports.files.xlsx_file import workbook

        with workbook(stream, columns) as file:
            yield file


def begins_as_zip(stream: BinaryIO) -> bool:
    """Whether it may be a workbook, and no CSV. Raises ImportRefused for what is neither."""
    start = stream.read(16).removeprefix(BOM_UTF8).lstrip()
    stream.seek(0)
    for beginning, reason in OTHERS.items():
        if start.startswith(beginning):
            raise ImportRefused.whole(reason)
    return start.startswith(ZIP)


def has_columns(path: Path, columns: Sequence[Column]) -> bool:
    """Whether it can be read, and has each required column."""
    try:
        with opened(path, columns) as file:
            return bool(file.header.present)
    except ImportRefused:
        return False
