"""The ledger file's columns, and how one of its lines is read."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from ophportal.imports.files import cells
from ophportal.imports.files.amounts import MINUS, amount
from ophportal.imports.files.columns import Column, Source, places_under, values_of
from ophportal.imports.refusals import ImportRefused, UnreadableLineError
from ophportal.imports.tenants.columns import ABOUT_NOBODY, BY_NAME, is_about_nobody
from ophportal.models.keys import name_key
from ophportal.models.money import cents

APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u2032\uff07", "'"))


def date_given(cell: str) -> str:
    read = cells.near_date(cells.given(cell))
    if read is None:
        raise cells.CellError("est vide")
    return read


@lru_cache(maxsize=4096)
def label(cell: str) -> str:
    """The label with typewriters' apostrophes: which one is written changes with who saves the file."""
    return cells.whole(cells.given(cell)).translate(APOSTROPHES)


def identifier(cell: str) -> str:
    """The entry's identifier; of digits alone, without the zeros that a spreadsheet takes away. Empty for none.

    Not the key, which forgives more: « 1-23 » and « 12-3 » are two entries.
    """
    if not cell:
        return ""
    key = cells.key(cell)
    return key if cell.isdecimal() else cell


def in_euros(title: str) -> tuple[str, ...]:
    return tuple(f"{title} {unit}" for unit in ("EUR", "euros", "en euros", "en EUR", "en €"))


# Where one column has the amounts, and another says on which side each stands.
AMOUNT = ("montant", "montant écriture", *in_euros("montant"), "mt", "mnt")
SIDE = ("sens", "sens (D/C)", "sens écriture", "D/C", "débit/crédit")
NO_SIDE = (
    "la colonne « Montant » ne dit pas ce qui est demandé et ce qui est payé : demandez à l'ERP deux colonnes, "
    "« débit » et « crédit », ou une colonne « sens » (D ou C)"
)
DEBIT, CREDIT = {"d", "db", "debit", "debiteur"}, {"c", "cr", "credit", "crediteur"}


def on_its_side(folded: Sequence[str], own: Sequence[int], *, sides: set[str]) -> Source:
    """The amounts of one side: its column, or the amounts that a column of sides says to be its."""
    amounts, told = places_under(folded, *AMOUNT)[:1], places_under(folded, *SIDE)[:1]
    if own or not amounts:
        return Source(tuple(own))
    if not told:
        raise ImportRefused.whole(NO_SIDE)

    def join(written: str, side: str) -> str:
        key = name_key(side)
        # A payment of « -500 » on the side of credits is one, or undoes one: no two ERPs agree.
        if (key not in DEBIT | CREDIT and written.strip()) or "-" in written.translate(MINUS):
            return f"{written} (sens : {side})"  # which is no amount
        return written if key in sides else ""

    return Source((*amounts, *told), join)


def of_amounts(name: str, title: str, aliases: tuple[str, ...], sides: set[str]) -> Column:
    aliases = (*aliases, *in_euros(title))
    shortened = tuple(f"{amount} {title}" for amount in ("mt", "mnt"))
    gather = partial(on_its_side, sides=sides)
    return Column(name, title, aliases, shortened, gather=gather, required=True, trim=str, check=amount)


# In the order in which `read_line` takes them.
COLUMNS = (
    BY_NAME["number"],
    BY_NAME["reference"],
    Column(
        "date",
        "date",
        ("date écriture", "date de l'écriture", "date opération", "date comptable", "le", "date mouvement"),
        ("date d'écriture", "date d'opération", "date du mouvement", "date mvt"),
        required=True,
        is_date=True,
        check=date_given,
    ),
    Column(
        "label",
        "libellé",
        ("intitulé", "désignation", "libellé écriture", "libellé opération", "nature", "motif"),
        ("libellé mouvement", "libellé mvt", "lib", "lib écriture"),
        required=True,
        trim=cells.on_one_line,
        check=label,
    ),
    of_amounts("debit", "débit", ("montant débit", "débits", "appelé", "dû"), DEBIT),
    of_amounts("credit", "crédit", ("montant crédit", "crédits", "réglé", "payé"), CREDIT),
    # Not « n° pièce »: pieces are numbered anew each year, and one piece may hold several entries.
    Column(
        "erp_id",
        "identifiant",
        ("identifiant écriture", "n° écriture", "numéro écriture", "id"),
        is_number=True,
        check=identifier,
    ),
)  # fmt: skip


def read_line(line: int, row: tuple[str, ...]) -> tuple[Any, ...]:
    """The values of a `LedgerLine`, in its order, from the cells of line `line`. Raises UnreadableLineError."""
    if is_about_nobody(*row[:2]):
        raise UnreadableLineError([ABOUT_NOBODY])
    number_key, reference_key, date, told, debit, credit, erp_id = values_of(row, COLUMNS)
    if debit is None and credit is None:
        raise UnreadableLineError(["ni débit, ni crédit"])
    if debit and credit:
        raise UnreadableLineError(["un débit et un crédit à la fois : faites-en deux lignes"])
    zero = Decimal(0)
    return (line, number_key, reference_key, date, told, cents(debit or zero), cents(credit or zero), erp_id, None, 1)
