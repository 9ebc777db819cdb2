"""A CSV file as an ERP or a spreadsheet writes it, its columns known by their French headers.

Encoding, delimiter, and the headers' order, case and accents may be any: `lines` gives the cells of the columns asked
for, in the order asked for.
"""

import codecs
import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO

from ophportal.formatting import one_line
from ophportal.imports.files.columns import Column, Header, known_among
from ophportal.imports.refusals import ImportRefused, Refusals

DELIMITERS = ";,\t|"
CHUNK = 1 << 20
# Where a file ended for DOS: old programs still write it after the last line.
END_MARK = "\x1a"
# Above the header there may be a title, the day of the export…
HEADER_WITHIN = 20
CUT = (
    "la ligne a moins de cellules que l'en-tête, et le fichier ne finit pas par un retour à la ligne : il est "
    "peut-être coupé, exportez-le de nouveau"
)

UNENDED = (
    "Le fichier est peut-être coupé : sa dernière ligne ne finit pas comme les autres. Regardez dans l'ERP si elle est "
    "entière : « {} »"
)
# Signs of that line, of which the end tells.
MOST_QUOTED = 150
# « é », « â », « ä », « ç », « ê » and « ë » inside a word, « é » at its end, « è », as DOS writes them (code pages 437
# and 850); and « é » as a Mac did. Windows-1252 has low quotes, daggers and the like there, which stand in no word, and
# a « Š » and a « Ž », which no small letter stands before.
OF_DOS_OR_MAC = re.compile(rb"[A-Za-z](?:[\x82-\x84\x87-\x89][A-Za-z]|\x82)|[a-z][\x8a\x8e]")
READ_ELSEWHERE = (
    "demandez à l'ERP un export en UTF-8, ou ouvrez le fichier avec LibreOffice, qui demande le jeu de caractères, et "
    "enregistrez-le en UTF-8"
)


class CsvFile:
    """A `TableFile` whose `size` is in bytes."""

    def __init__(self, stream: BinaryIO, columns: Sequence[Column]):
        self.size = os.fstat(stream.fileno()).st_size
        self.stream = stream
        # Kept here: the reader lets go of it after the last line, which would close the stream.
        self.text = io.TextIOWrapper(stream, encoding_of(stream), newline="")
        upper = list(islice(self.text, HEADER_WITHIN))
        self.lines_above = likeliest_header(upper, columns)
        first, *rest = upper[self.lines_above :]
        self.delimiter = delimiter_of(first, columns)
        lines: Iterator[str] = chain([first], rest, self.text)
        self.is_ended = ends_with_a_line(stream)
        if not self.is_ended:
            lines = self.noting_ends(lines)
        self.reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        try:
            titles = next(self.reader)
        except csv.Error as error:
            raise ImportRefused.whole(csv_reason(error), self.lines_above + 1) from error
        if len(titles) < 2:
            raise ImportRefused.whole(
                "les colonnes ne sont séparées ni par « ; », ni par « , », ni par « | », ni par une tabulation ; "
                f"première ligne : « {titles[0].strip()[:60]} » ; demandez à l'ERP l'un d'eux, ou un classeur .xlsx"
            )
        self.header = Header(titles, columns)

    def position(self) -> int:
        """How many bytes have been read, near enough for a progress bar."""
        return self.stream.tell()

    def noting_ends(self, lines: Iterable[str]) -> Iterator[str]:
        """The physical lines, noting the newest, and whether it has a line end: the file's last lacks it.

        What is an END_MARK alone is no line.
        """
        for line in lines:
            if line.strip(END_MARK):
                self.newest, self.is_ended = line, line[-1] in "\r\n"
                yield line

    def lines(self, refusals: Refusals) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Each line that holds something: its number, and its cells in the order of the columns, as written.

        The number is that of the physical line where it begins, 1 being the file's first. What is not CSV goes
        to `refusals`; after a quote that is never closed there is no telling lines apart, so reading stops.
        """
        reader, header, width = self.reader, self.header, self.header.width
        line = self.lines_above + reader.line_num + 1
        try:
            for cells in reader:
                if cells == header.titles:
                    pass  # some reports begin each page with it
                elif len(cells) > width and any(map(str.strip, cells[width:])):
                    refusals.add(line, header.too_wide(cells))
                elif len(cells) < width and not self.is_ended and any(map(str.strip, cells)):
                    refusals.add(line, CUT)
                elif any(map(str.strip, cells)):
                    yield line, header.row(cells)
                line = self.lines_above + reader.line_num + 1
        except csv.Error as error:
            refusals.add(line, csv_reason(error))
        if not self.is_ended:
            # Some ERPs never end it: a line that has all its cells is no reason to refuse.
            refusals.notice(UNENDED.format(tail(self.newest)))


def tail(line: str) -> str:
    """Its end, as it can be shown: with a space after each cell, where a telephone may go on on the next line."""
    shown = one_line(line.replace(";", "; "))
    return shown if len(shown) <= MOST_QUOTED else f"…{shown[-MOST_QUOTED:]}"


def ends_with_a_line(stream: BinaryIO) -> bool:
    """Whether the last line is whole, as most files' is: these are read without a look at each line.

    The stream is left where it is.
    """
    place = stream.tell()
    stream.seek(-1, os.SEEK_END)
    last = stream.read(1)
    stream.seek(place)
    return last in b"\r\n"


def encoding_of(stream: BinaryIO) -> str:
    """UTF-8 when the whole of `stream` is, else Windows-1252. Raises ImportRefused when it is neither.

    The stream is read from its start, in pieces, and left there.
    """
    marked = stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf_8 = True
    while chunk := stream.read(CHUNK):
        if b"\0" in chunk:
            raise ImportRefused.whole(
                "ce n'est ni un CSV, ni un classeur .xlsx entier : le fichier est abîmé, ou d'une autre sorte ; "
                "ouvrez-le dans le tableur et enregistrez-le en .xlsx ou au format « CSV UTF-8 »"
            )
        if len(chunk) == CHUNK and not re.search(rb"[\r\n]", chunk):
            raise ImportRefused.whole(
                "le fichier n'est pas un CSV : une de ses lignes dépasse un million de caractères"
            )
        try:
            is_utf_8 = is_utf_8 and decoder.decode(chunk) is not None
        except UnicodeDecodeError:
            is_utf_8 = False
    # The file may end in the middle of a letter.
    is_utf_8 = is_utf_8 and not decoder.getstate()[0]
    stream.seek(0)
    if not is_utf_8:
        check_windows_1252(stream, marked)
        stream.seek(0)
    return "utf-8-sig" if is_utf_8 else "cp1252"


def check_windows_1252(stream: BinaryIO, marked: bool) -> None:
    """Raise ImportRefused for what would spoil accents if it was taken for it: a damaged UTF-8 file, DOS's, a Mac's."""
    odd_line, meant_as_utf_8 = 0, marked
    for number, line in enumerate(stream, 1):
        if line.isascii():
            continue
        if decodes(line, "utf-8"):
            # No French word gives such bytes in Windows-1252: « é » would have to be « Ã© ».
            meant_as_utf_8 = True
        elif OF_DOS_OR_MAC.search(line):
            reason = f"les accents sont ceux de DOS ou d'un ancien Mac ; {READ_ELSEWHERE}"
            raise ImportRefused.whole(reason, number)
        elif decodes(line, "cp1252"):
            odd_line = odd_line or number
        else:
            reason = f"un caractère n'est ni de l'UTF-8 ni du Windows-1252 ; {READ_ELSEWHERE}"
            raise ImportRefused.whole(reason, number)
    if meant_as_utf_8:
        reason = "le fichier mélange l'UTF-8 et autre chose, ou il est coupé : exportez-le de nouveau"
        raise ImportRefused.whole(reason, odd_line)


def decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def likeliest_header(upper: Sequence[str], columns: Sequence[Column]) -> int:
    """How many of the upper lines stand above the one that makes the most columns known, or else has the most.

    Raises ImportRefused when nothing is written in any.
    """
    written = [above for above, line in enumerate(upper) if line.strip().strip(END_MARK)]
    if not written:
        raise ImportRefused.whole("le fichier est vide")
    return max(written, key=lambda above: max(worth(upper[above], delimiter, columns) for delimiter in DELIMITERS))


def delimiter_of(header: str, columns: Sequence[Column]) -> str:
    return max(DELIMITERS, key=lambda delimiter: worth(header, delimiter, columns))


def worth(line: str, delimiter: str, columns: Sequence[Column]) -> tuple[int, int]:
    """How many columns the line makes known as a header, and how many it has; none where it is no CSV."""
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return 0, 0
    return known_among(cells, columns), len(cells)


def csv_reason(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"une cellule dépasse {csv.field_size_limit()} caractères : un guillemet n'est sans doute pas refermé"
    return "les guillemets sont mal placés, ou ne sont pas refermés"
