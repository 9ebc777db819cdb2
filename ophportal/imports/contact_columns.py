"""The columns of the file of buildings' contacts, and how one of its lines is read."""

from collections.abc import Callable
from functools import partial

from ophportal.imports import cells
from ophportal.imports.columns import Column
from ophportal.imports.reading import UnreadableLineError
from ophportal.models.keys import reference_start

# In the order in which `read_line` takes them.
COLUMNS = (
    Column(
        "start",
        "référence (début)",
        (
            "début de référence", "début de la référence", "début référence", "référence", "réf", "réf (début)",
            "référence logement", "réf logement", "référence logement (début)",
        ),
        required=True,
        is_number=True,
    ),
    Column("role", "rôle", ("fonction", "qualité", "qui"), required=True),
    Column("name", "nom", ("nom du contact", "contact", "nom et prénom", "prénom et nom")),
    Column("phone", "téléphone", ("tél", "numéro de téléphone", "n° de téléphone")),
    Column("email", "e-mail", ("mail", "courriel", "mél", "adresse e-mail", "adresse mail")),
    Column("hours", "horaires", ("heures", "horaire", "disponibilité", "disponibilités")),
)  # fmt: skip


def start(cell: str) -> str:
    """How references begin; an empty cell is for all of them. Raises CellError for one that says nothing."""
    if cell:
        cells.key(cell)
    return reference_start(cell)


# A trimmed text in every cell; hours may be written on several lines, and a telephone begin with +33.
TEXTS: tuple[Callable[[str], str], ...] = (
    cells.text,
    cells.text,
    cells.text,
    partial(cells.text, plus=True),
    cells.text,
    partial(cells.text, several_lines=True),
)
CHECKS: tuple[Callable[[str], str], ...] = (start, cells.given, str, str, cells.email, str)


def read_line(line: int, row: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """The line's number, and its cells as `COLUMNS` has them. Raises UnreadableLineError."""
    read, reasons = [], []
    for column, trim, check, cell in zip(COLUMNS, TEXTS, CHECKS, row, strict=True):
        try:
            read.append(check(trim(cell)))
        except cells.CellError as refused:
            reasons.append(f"« {column.title} » {refused}")
    if reasons:
        raise UnreadableLineError(reasons)
    _, _, _, phone, email, _ = read
    if not phone and not email:
        raise UnreadableLineError(["ni téléphone, ni e-mail : personne ne pourrait appeler"])
    return line, tuple(read)
