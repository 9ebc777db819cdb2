"""The ledger file's columns, and how one of its lines is read."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from ophportal.imports import cells
from ophportal.imports.amounts import amount
from ophportal.imports.columns import Column
from ophportal.imports.reading import UnreadableLineError
from ophportal.imports.tenant_columns import COLUMNS as TENANT_COLUMNS
from ophportal.models.money import cents

BY_NAME = {column.name: column for column in TENANT_COLUMNS}

# In the order in which `read_line` takes them.
COLUMNS = (
    BY_NAME["number"],
    BY_NAME["reference"],
    Column(
        "date",
        "date",
        ("date écriture", "date de l'écriture", "date opération", "date comptable", "le", "date mouvement"),
        required=True,
    ),
    Column(
        "label",
        "libellé",
        ("intitulé", "désignation", "libellé écriture", "libellé opération", "nature", "motif"),
        required=True,
    ),
    Column("debit", "débit", ("montant débit", "débits", "appelé", "dû"), required=True),
    Column("credit", "crédit", ("montant crédit", "crédits", "réglé", "payé"), required=True),
    Column(
        "erp_id",
        "identifiant",
        ("identifiant écriture", "n° écriture", "numéro écriture", "n° pièce", "numéro de pièce", "id"),
        is_number=True,
    ),
)  # fmt: skip


def date_given(cell: str) -> str:
    read = cells.iso_date(cells.given(cell))
    if read is None:
        raise cells.CellError("est vide")
    return read


# A trimmed text in every cell but the amounts'; a label may be written on several lines.
TEXTS: tuple[Callable[[str], str], ...] = (
    cells.text,
    cells.text,
    cells.text,
    partial(cells.text, several_lines=True),
    str,
    str,
    cells.text,
)
CHECKS: tuple[Callable[[str], Any], ...] = (cells.key, cells.key, date_given, cells.given, amount, amount, str)


def read_line(line: int, row: tuple[str, ...]) -> tuple[Any, ...]:
    """The values of a `LedgerLine`, in its order, from the cells of line `line`. Raises UnreadableLineError."""
    are_plain = cells.plain(row)
    read, reasons = [], []
    for column, trim, check, cell in zip(COLUMNS, TEXTS, CHECKS, row, strict=True):
        try:
            read.append(check(cell if are_plain else trim(cell)))
        except cells.CellError as refused:
            reasons.append(f"« {column.title} » {refused}")
    if reasons:
        raise UnreadableLineError(reasons)
    number_key, reference_key, date, label, debit, credit, erp_id = read
    if debit is None and credit is None:
        raise UnreadableLineError(["ni débit, ni crédit"])
    if debit and credit:
        raise UnreadableLineError(["un débit et un crédit à la fois : faites-en deux lignes"])
    zero = Decimal(0)
    return (line, number_key, reference_key, date, label, cents(debit or zero), cents(credit or zero), erp_id, None, 1)
