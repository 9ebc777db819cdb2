"""The index of a folder of documents: a CSV that says of each file what its name does not."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO
from unicodedata import normalize

from ophportal.imports.documents import entry
from ophportal.imports.documents.entry import Entry
from ophportal.imports.documents.files import Files, UnreadableFileError, shown
from ophportal.imports.files import SAVE_AS, begins_as_zip, cells
from ophportal.imports.files.columns import Column, values_of
from ophportal.imports.files.csv_file import CsvFile
from ophportal.imports.reading import read
from ophportal.imports.refusals import ImportRefused, Refusals
from ophportal.imports.tenants.columns import BY_NAME

INDEX = "index.csv"
AS_WORKBOOK = {"index.xlsx", "index.xls", "index.xlsm", "index.ods"}
LARGEST = 32 << 20
SEVERAL = "peut être l'un de plusieurs fichiers : écrivez son chemin, avec ses majuscules"
COLUMNS = (
    Column("file", "fichier", ("nom du fichier", "nom fichier", "document", "pdf"), required=True, trim=str.strip),
    BY_NAME["number"],
    Column("month", "mois", ("période", "mois concerné", "échéance", "date"), required=True, check=entry.month),
    Column("kind", "type", ("type de document", "nature", "catégorie"), required=True, check=entry.kind),
    Column(
        "title",
        "titre",
        ("libellé", "intitulé", "objet"),
        trim=cells.on_one_line,
        check=entry.title,
    ),
    replace(BY_NAME["reference"], required=False, check=lambda cell: cells.key(cell) if cell else ""),
)


def index_among(files: Files) -> str | None:
    """The name of the index, wherever it lies; None without one. Raises ImportRefused for several, or a workbook."""
    found = [name for name in files.names if PurePosixPath(name).name.lower() == INDEX]
    if len(found) > 1:
        raise ImportRefused.whole(f"il y a plusieurs index : {', '.join(map(shown, found[:5]))}")
    workbook = next((name for name in files.names if PurePosixPath(name).name.lower() in AS_WORKBOOK), None)
    if workbook and not found:
        raise ImportRefused.whole(f"{shown(workbook)} : l'index est un CSV ; {SAVE_AS}, sous le nom {INDEX}")
    return found[0] if found else None


def entries_of(index: str, files: Files, refusals: Refusals) -> list[Entry]:
    """What the index says, line by line; lines that cannot stand, and files that it does not name, go to `refusals`."""
    finder = Finder(index, files)
    file, *others = COLUMNS
    columns = (replace(file, check=finder.find), *others)
    with tempfile.TemporaryFile() as copy:
        copy_to(copy, index, files)
        try:
            if begins_as_zip(copy):
                raise ImportRefused.whole(f"c'est un classeur ou un ZIP : {SAVE_AS}")
            # Kept in a variable: once collected, it would close the copy before we do, with a warning.
            table = CsvFile(copy, COLUMNS)
            lines = list(read(table, partial(read_line, columns), LinesOfIndex(refusals), lambda _: None))
        except ImportRefused as refused:
            raise ImportRefused.whole(f"{INDEX} : {refused}") from refused
    for name in finder.left():
        refusals.add(None, f"n'est pas dans {INDEX}", shown(name))
    return lines


class LinesOfIndex(Refusals):
    """Puts what is wrong with the index, or odd about it, among what is said of the files."""

    def __init__(self, of_files: Refusals):
        super().__init__()
        self.of_files = of_files

    def add(self, line: int | None, reason: str, file: str = "") -> None:
        if line is None:
            self.of_files.add(None, f"{INDEX} : {reason}")
        else:
            self.of_files.add(None, reason, label(line))

    def notice(self, sentence: str) -> None:
        self.of_files.notice(f"{INDEX} : {sentence}")


def copy_to(copy: BinaryIO, index: str, files: Files) -> None:
    """Bring the index where it can be read twice over. Raises ImportRefused."""
    try:
        with files.stream(index) as stream:
            while piece := stream.read(1 << 18):
                copy.write(piece)
                if copy.tell() > LARGEST:
                    raise ImportRefused.whole(f"{INDEX} dépasse {LARGEST >> 20} Mo")
    except UnreadableFileError as error:
        raise ImportRefused.whole(f"{INDEX} {error}") from error
    copy.seek(0)


class Finder:
    """Finds the files that an index names, by their paths from where it lies, or by their bare names.

    A Mac parts the accents of a file's name from their letters, and a spreadsheet does not. For Windows SCAN1.PDF is
    scan1.pdf: where no name is the very same, one that differs by its capitals alone will do.
    """

    def __init__(self, index: str, files: Files):
        self.names = set(files.names) - {index}
        self.folder = PurePosixPath(normalize("NFC", index)).parent
        # The files by each of the four keys of `keys_of`.
        self.tables: list[defaultdict[str, list[str]]] = [defaultdict(list) for _ in range(4)]
        for name in sorted(self.names):
            path = normalize("NFC", name)
            for table, key in zip(self.tables, keys_of(path, PurePosixPath(path).name), strict=True):
                table[key].append(name)
        self.asked: set[str] = set()

    def find(self, cell: str) -> str:
        """Raises CellError when it is not there: only what has been sent can be named, whatever a path says."""
        path = normalize("NFC", cells.given(cell)).replace("\\", "/")
        keys = keys_of(str(self.folder / path), path)
        found = next(filter(None, (table.get(key) for table, key in zip(self.tables, keys, strict=True))), [])
        if len(found) != 1:
            reason = SEVERAL if found else "n'est pas parmi les fichiers"
            raise cells.CellError(f"{reason} : « {shown(cell)} »")
        self.asked.add(found[0])
        return found[0]

    def left(self) -> Iterator[str]:
        return iter(sorted(self.names - self.asked))


def keys_of(path: str, name: str) -> tuple[str, ...]:
    """What a file with this path and bare name is looked for by, the surest first."""
    return path, name, path.casefold(), name.casefold()


def label(line: int) -> str:
    return f"{INDEX}, ligne {line}"


def read_line(columns: Sequence[Column], line: int, row: tuple[str, ...]) -> Entry:
    """What line `line` says. Raises UnreadableLineError."""
    file, number, month, kind, title, reference = values_of(row, columns)
    return Entry(label(line), file, number, month, kind, title or kind.label, reference)
