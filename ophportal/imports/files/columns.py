"""The columns that an import looks for, known by their French headers however a file writes them; and their cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from ophportal.formatting import one_line
from ophportal.imports.files import cells
from ophportal.imports.refusals import ImportRefused, UnreadableLineError
from ophportal.models.keys import name_key

# Far beyond any export: to look for columns among a million cells takes minutes.
MOST_COLUMNS = 1000
# As many as a person reads.
MOST_QUOTED = 10


class Source(NamedTuple):
    """Where a column's cell comes from: a place in the line, or several, of whose cells `join` makes one."""

    places: tuple[int, ...]
    join: Callable[..., str] = str


# From the keys of a file's titles, and the places among them that bear the column's own: where its cell comes from.
Gather: TypeAlias = Callable[[Sequence[str], Sequence[int]], Source]


@dataclass(frozen=True)
class Column:
    """What is looked for: a field, its French title, and the other headers that mean the same.

    Without any of those, the first of `nearest` that is there stands for it.
    `gather` is for a cell that is made of several columns of the file.
    `is_number` refuses a cell that a spreadsheet took for a date, a time or a yes; `keeps_zeros` one that it took for a
    number, too, since the zeros in front are gone.
    `is_date` is one whose bare numbers are a spreadsheet's days.
    `trim` makes a text of a cell as written, and `check` what the field holds of that text; both raise CellError.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    gather: Gather | None = None
    required: bool = False
    is_number: bool = False
    keeps_zeros: bool = False
    is_date: bool = False
    trim: Callable[[str], str] = cells.text
    check: Callable[[str], Any] = str

    @cached_property
    def ranks(self) -> tuple[set[str], ...]:
        """The keys of its headers, the best ones first."""
        ranks = ((self.title,), self.aliases, *((header,) for header in self.nearest))
        return tuple({name_key(header) for header in headers} for headers in ranks)

    @cached_property
    def keys(self) -> set[str]:
        return set().union(*self.ranks)

    def places(self, folded: Sequence[str]) -> list[int]:
        """Where the best of its headers is; several places where none is better."""
        found = ([place for place, key in enumerate(folded) if key in keys] for keys in self.ranks)
        return next(filter(None, found), [])


class Header:
    """Where each of the columns is in a file that has these titles.

    `present` names the columns that are there, `sources` says where the cell of each comes from. Raises ImportRefused
    as `sources_of` does.
    """

    def __init__(self, titles: list[str], columns: Sequence[Column]):
        self.titles, self.columns, self.width = titles, columns, len(titles)
        self.sources = sources_of(titles, columns)
        self.present = frozenset(self.sources)
        self.pick = picker(columns, self.sources, self.width)

    @property
    def told(self) -> tuple[str, ...]:
        """The columns that nobody reads, and those that are not there, a sentence each."""
        read = {place for source in self.sources.values() for place in source.places}
        aside = [text for place, text in enumerate(self.titles) if place not in read and text.strip()]
        absent = [column.title for column in self.columns if column.name not in self.present]
        told = (("Colonnes laissées de côté", aside), ("Colonnes absentes du fichier", absent))
        return tuple(f"{which} : {quoted(texts)}." for which, texts in told if texts)

    def row(self, cells: list[str]) -> tuple[str, ...]:
        """The columns' own, in their order, of the cells of a line; empty for those that the file has not.

        A spreadsheet may drop the empty cells at the end of a line.
        """
        # One cell more than there are titles, empty: `picker` finds there the columns that the file has not.
        cells.extend([""] * (self.width + 1 - len(cells)))
        cells[self.width] = ""
        return self.pick(cells)

    def too_wide(self, cells: list[str]) -> str:
        """Why a line with these cells, more than there are titles, cannot stand."""
        return f"la ligne a {len(cells)} cellules, et l'en-tête {self.width} colonnes"


def sources_of(header: Sequence[str], columns: Sequence[Column]) -> dict[str, Source]:
    """Where each field's cell comes from.

    Raises ImportRefused for a required one that lacks, or one that is there twice, none of them better.
    """
    count = max((place for place, text in enumerate(header, 1) if text.strip()), default=0)
    if count > MOST_COLUMNS:
        raise ImportRefused.whole(f"le fichier a {count} colonnes, pour {MOST_COLUMNS} au plus")
    folded = [name_key(text) for text in header[:count]]
    sources: dict[str, Source] = {}
    for column in columns:
        found = column.places(folded)
        if len(found) > 1:
            doubles = quoted([header[place] for place in found])
            raise ImportRefused.whole(
                f"plusieurs colonnes pour « {column.title} » : {doubles} ; retirez du fichier celle qui ne sert pas"
            )
        source = column.gather(folded, found) if column.gather else Source(tuple(found))
        if source.places:
            sources[column.name] = source
    missing = [column.title for column in columns if column.required and column.name not in sources]
    if missing:
        lacks, elsewhere, its = "la colonne", "elle y est sous un autre titre", "sa"
        if len(missing) > 1:
            lacks, elsewhere, its = "les colonnes", "elles y sont sous d'autres titres", "leur"
        raise ImportRefused.whole(
            f"il manque {lacks} {quoted(missing)} ; "
            f"colonnes trouvées : {quoted([text for text in header if text.strip()])} ; "
            f"si {elsewhere}, écrivez {quoted(missing)} à {its} place"
        )
    return sources


def picker(
    columns: Sequence[Column], sources: dict[str, Source], empty: int
) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """What takes the cells of the columns, in their order, from those of a line, where that at `empty` says nothing."""
    pick = itemgetter(*(sources[it.name].places[0] if it.name in sources else empty for it in columns))
    found = [(place, sources[it.name]) for place, it in enumerate(columns) if it.name in sources]
    joined = [(place, *source) for place, source in found if len(source.places) > 1]
    if not joined:
        return pick

    def picked(cells: Sequence[str]) -> tuple[str, ...]:
        row = list(pick(cells))
        for place, places, join in joined:
            row[place] = join(*(cells[it] for it in places))
        return tuple(row)

    return picked


def places_under(folded: Sequence[str], *headers: str) -> tuple[int, ...]:
    """Where columns with these headers are, in the order of the headers."""
    keys = [name_key(header) for header in headers]
    return tuple(place for key in keys for place, it in enumerate(folded) if it == key)


def first_filled(*cells: str) -> str:
    """The first of the cells that says anything."""
    return next(filter(str.strip, cells), "")


def values_of(row: Sequence[str], columns: Sequence[Column]) -> list[Any]:
    """What the cells of a line say, by column. Raises UnreadableLineError with every reason at once."""
    are_plain = cells.plain(row)
    values, reasons = [], []
    for column, cell in zip(columns, row, strict=True):
        try:
            values.append(column.check(cell if are_plain else column.trim(cell)))
        except cells.CellError as refused:
            reasons.append(f"« {column.title} » {refused}")
    if reasons:
        raise UnreadableLineError(reasons)
    return values


def known_among(header: Sequence[str], columns: Sequence[Column]) -> int:
    """How many of its cells are headers of `columns`."""
    known = set().union(*(column.keys for column in columns))
    return sum(name_key(cell) in known for cell in header[:MOST_COLUMNS])


def quoted(texts: Sequence[str]) -> str:
    """« un », « deux » et 12 autres, none of them long."""
    first = ", ".join(f"« {one_line(text)[:40].rstrip()} »" for text in texts[:MOST_QUOTED])
    left = len(texts) - MOST_QUOTED
    return first if left <= 0 else f"{first} et {left} {'autre' if left == 1 else 'autres'}"
