"""Amounts as French ERPs and spreadsheets write them, read as `Decimal` euros to the cent."""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from ophportal.imports.files.cells import CellError, refuse_what_fails, without_text_sign

LARGEST = Decimal("999999999.99")
# Minus signs that texts bring along: the hyphen, the typographic ones, the mathematical one.
MINUS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"))
# Before or behind, never in the middle: « 12€50 » is not 1 250.
CURRENCY = re.compile(r"^(?:€|EUR(?:OS?)?) *| *(?:€|EUR(?:OS?)?)$", re.IGNORECASE)
PLAIN = re.compile(r"(\d+)(?:[.,](\d{1,2}))?", re.ASCII)
# « 1,8E-12 »: what is left of a sum that comes to nothing; « 4,1235E+07 ».
SHORTENED = re.compile(r"\d+(?:[.,]\d+)?E([+-])\d+", re.ASCII | re.I)
# « 1 234,56 », « 1.234,56 », « 1,234.56 »: one mark between the thousands, another before the cents.
GROUPED = re.compile(r"(\d{1,3}(?:([ .,'])\d{3})(?:\2\d{3})*)(?:(?!\2)[.,](\d{1,2}))?", re.ASCII)


@lru_cache(maxsize=16384)
def amount(cell: str) -> Decimal | None:
    """« 1 234,56 € », « -12 », « 12,50- » as Decimal; None for an empty cell. Raises CellError.

    « 1,234 » alone is refused: a thousand and some for one writer, one and a bit for another.
    """
    text = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in cell.translate(MINUS))
    refuse_what_fails(text.strip())
    text, currencies = CURRENCY.subn("", without_text_sign(text.strip()), count=1)
    if not text:
        if cell.strip():
            raise CellError(f"n'est pas un montant : « {cell.strip()[:30]} »")
        return None
    if text == "-":
        return None  # « -   € »: nothing, in the format of a spreadsheet for accounts
    negative, digits = signed(text, cell)
    value = read(digits if currencies else CURRENCY.sub("", digits, count=1), cell)
    if value > LARGEST:
        raise CellError(f"est trop grand : « {cell.strip()[:30]} »")
    return -value if negative else value


def signed(text: str, cell: str) -> tuple[bool, str]:
    """Whether a minus stands before or behind, and what is left without it."""
    if text.startswith("(") and text.endswith(")"):
        # Below zero, as accountants write it; but in a column of debits few mean to.
        raise CellError(
            f"est entre parenthèses : « {cell.strip()[:30]} » (en moins, écrivez-le -{text[1:-1].strip()[:30]})"
        )
    before, behind = text.startswith("-"), text.endswith("-")
    if before and behind:
        raise CellError(f"a deux signes moins : « {cell.strip()[:30]} »")
    bare = text.removeprefix("-") if before else text.removeprefix("+").removesuffix("-")
    return before or behind, bare.strip()


def read(digits: str, cell: str) -> Decimal:
    if found := PLAIN.fullmatch(digits):
        return Decimal(f"{found[1]}.{found[2] or 0}")
    if (found := GROUPED.fullmatch(digits)) and not is_ambiguous(digits):
        return Decimal(f"{re.sub(r'[^0-9]', '', found[1])}.{found[3] or 0}")
    if is_ambiguous(digits):
        raise CellError(f"peut se lire de deux façons : « {cell.strip()[:30]} » (écrivez-le comme 1234,00)")
    if re.fullmatch(r"[\d ]+[.,]\d{3,}", digits, re.ASCII):
        raise CellError(f"a plus de deux chiffres après la virgule : « {cell.strip()[:30]} » (arrondissez au centime)")
    if found := SHORTENED.fullmatch(digits):
        mend = "écrivez 0,00, s'il n'y a rien" if found[1] == "-" else "écrivez-le en entier, comme 1234,56"
        raise CellError(f"est abrégé par un tableur : « {cell.strip()[:30]} » ({mend})")
    raise CellError(f"n'est pas un montant : « {cell.strip()[:30]} » (écrivez-le comme 1234,56)")


def is_ambiguous(digits: str) -> bool:
    """« 1,234 » and « 1.234 »: a lone mark with three digits behind and one to three before."""
    return re.fullmatch(r"\d{1,3}[.,]\d{3}", digits, re.ASCII) is not None
