"""The columns of the file of buildings' contacts, and how one of its lines is read."""

from ophportal.imports.files import cells
from ophportal.imports.files.columns import Column, values_of
from ophportal.imports.refusals import UnreadableLineError
from ophportal.imports.tenants.columns import BY_NAME
from ophportal.models.keys import reference_start


def start(cell: str) -> str:
    """How references begin; an empty cell is for all of them. Raises CellError for one that says nothing."""
    if cell:
        cells.key(cell)
    return reference_start(cell)


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
        keeps_zeros=True,
        check=start,
    ),
    Column("role", "rôle", ("fonction", "qualité", "qui"), required=True, check=cells.given),
    Column("name", "nom", ("nom du contact", "contact", "nom et prénom", "prénom et nom")),
    Column(
        "phone",
        "téléphone",
        ("tél", "numéro de téléphone", "n° de téléphone"),
        BY_NAME["phone"].nearest,
        trim=cells.phone,
    ),
    Column("email", "e-mail", ("mail", "courriel", "mél", "adresse e-mail", "adresse mail"), check=cells.email),
    Column(
        "hours",
        "horaires",
        ("heures", "horaire", "disponibilité", "disponibilités"),
        trim=cells.on_one_line,
    ),
)  # fmt: skip


def read_line(line: int, row: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    """The line's number, and its cells as `COLUMNS` has them. Raises UnreadableLineError."""
    read = values_of(row, COLUMNS)
    _, _, _, phone, email, _ = read
    if not phone and not email:
        raise UnreadableLineError(["ni téléphone, ni e-mail : personne ne pourrait appeler"])
    return line, tuple(read)
