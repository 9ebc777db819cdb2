"""What a workbook may hold: what would fill the memory or the day is refused before it is unpacked."""

import re
import zipfile
from typing import BinaryIO

from defusedxml.ElementTree import fromstring

from ophportal.imports.files import CONTENT_TYPES
from ophportal.imports.files.xlsx_rows import LONGEST_ROW
from ophportal.imports.refusals import ImportRefused

# A million rows of fourteen cells take about this much unpacked; a bomb takes a thousand times its size.
LARGEST_UNPACKED = 2 << 30
# openpyxl reads sheets row by row, and keeps all the rest in memory, the shared texts above all, whatever the part that
# holds them is called: what is larger than this comes as CSV.
LARGEST_IN_MEMORY = 64 << 20
# Of the styles, the names and the like it builds thirty times as much.
LARGEST_OTHER = 4 << 20
SHEETS = re.compile(r"/?xl/worksheets/[^/]+\.xml")
MOST_RATIO = 200
NO_WORKBOOK = (
    "c'est un ZIP, ou un classeur d'une autre sorte (.ods) : ouvrez-le dans le tableur et enregistrez-le en .xlsx ; "
    "d'un ZIP, sortez d'abord le fichier, et s'il contient des PDF, envoyez-le comme « Documents »"
)


def check_size(stream: BinaryIO) -> None:
    """Refuse what would fill the memory or the day, before it is unpacked."""
    with zipfile.ZipFile(stream) as archive:
        parts = archive.infolist()
        if all(part.filename != CONTENT_TYPES for part in parts):
            raise ImportRefused.whole(NO_WORKBOOK)
        packed = sum(part.compress_size for part in parts)
        unpacked = sum(part.file_size for part in parts)
        in_memory = sum(part.file_size for part in parts if not SHEETS.fullmatch(part.filename))
        is_bomb = unpacked > 1 << 20 and unpacked > MOST_RATIO * packed
        is_large = unpacked > LARGEST_UNPACKED or in_memory > LARGEST_IN_MEMORY
        if is_bomb or is_large or not are_bearable(archive, parts):
            raise ImportRefused.whole("le classeur est trop grand : enregistrez-le au format « CSV UTF-8 »")
    stream.seek(0)


def are_bearable(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> bool:
    """Whether each part is small, or is one of those that openpyxl can read when they are not."""
    if archive.getinfo(CONTENT_TYPES).file_size > LARGEST_OTHER:
        return False
    texts = shared_texts(archive.read(CONTENT_TYPES))
    return not any(SHEETS.fullmatch(name) for name in texts) and all(
        part.file_size <= LARGEST_OTHER
        or part.filename in texts
        or not part.filename.endswith((".xml", ".rels"))
        or (SHEETS.fullmatch(part.filename) and begins_with_rows(archive, part))
        for part in parts
    )


def shared_texts(content_types: bytes) -> set[str]:
    """The names of the parts that hold the texts which cells share."""
    return {
        it.get("PartName", "").removeprefix("/")
        for it in fromstring(content_types)
        if "sharedStrings" in it.get("ContentType", "")
    }


def begins_with_rows(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """What stands in a sheet above its rows is read whole."""
    with archive.open(part) as sheet:
        return b"sheetData" in sheet.read(LONGEST_ROW)
