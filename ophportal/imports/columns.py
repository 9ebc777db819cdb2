"""The columns that an import looks for, known by their French headers however a file writes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ophportal.imports.refusals import ImportRefused
from ophportal.models.keys import name_key


@dataclass(frozen=True)
class Column:
    """What is looked for: a field, its French title, and the other headers that mean the same.

    `is_number` is one that a spreadsheet must not have made anything else of.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    is_number: bool = False

    @property
    def keys(self) -> set[str]:
        return {name_key(header) for header in (self.title, *self.aliases)}


def places_of(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Where each field's column is. Raises ImportRefused for a required one that lacks, or one that is there twice."""
    places: dict[str, int] = {}
    for column in columns:
        found = [place for place, text in enumerate(header) if name_key(text) in column.keys]
        if len(found) > 1:
            doubles = " et ".join(f"« {header[place].strip()} »" for place in found)
            raise ImportRefused.whole(f"plusieurs colonnes pour « {column.title} » : {doubles}")
        if found:
            places[column.name] = found[0]
    missing = [column.title for column in columns if column.required and column.name not in places]
    if missing:
        raise ImportRefused.whole(
            f"il manque {'la colonne' if len(missing) == 1 else 'les colonnes'} {quoted(missing)} ; "
            f"colonnes trouvées : {quoted(text for text in header if text.strip())}"
        )
    return places


def known_among(header: Sequence[str], columns: Sequence[Column]) -> int:
    """How many of its cells are headers of `columns`."""
    known = set().union(*(column.keys for column in columns))
    return sum(name_key(cell) in known for cell in header)


def quoted(texts: Iterator[str] | Sequence[str]) -> str:
    """« un », « deux »."""
    return ", ".join(f"« {text.strip()[:40]} »" for text in texts)
