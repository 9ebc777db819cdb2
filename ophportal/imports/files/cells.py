"""What a cell holds, and why it is refused: texts, e-mail addresses, dates. The reasons are in French."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from unicodedata import category, is_normalized, normalize

from ophportal import clock
from ophportal.email_address import is_bare_address
from ophportal.formatting import one_line
from ophportal.models.keys import number_key

LONGEST = 500
# What a spreadsheet takes for a formula when the cell begins with it.
FORMULA = ("=", "+", "@")
PASTE_VALUES = "dans le tableur, copiez la colonne, puis « Collage spécial », « Valeurs »"
# « ="0012345" »: the text that an ERP shields from a spreadsheet, which would take its zeros.
SHIELDED = re.compile(r'="([^"]*)"')
# « '0012345 »: a spreadsheet's sign that digits are a text. « 'T HOOFT » is a name.
TEXT_SIGN = re.compile(r"'(?=[+-]?\d)", re.ASCII)
# A local part that every rule book accepts; the others go through the validator, which takes 40 times longer.
PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9_-]+(?:[.+][A-Za-z0-9_-]+)*")
# The eight digits cannot be the day first: « 31122024 » would have a twentieth month. Machines tell their time, unless
# it is midnight, by Greenwich: « 2024-12-30T23:00:00Z » is the 31st in Paris, and so may « 30/12/2024 23:00 » be
# (`midnights`).
DATE = re.compile(
    r"(?:(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{2}|\d{4})"
    r"|(?P<iso>\d{4}-\d\d-\d\d|(?:19|20|99)\d\d(?:0[1-9]|1[0-2])\d\d|0{8}))"
    r"(?:T0?0:00(?::00(?:\.0+)?)?"
    r"| (?P<hour>[01]?\d|2[0-3]):(?P<rest>[0-5]\d(?::[0-5]\d(?:\.\d+)?)?))?",
    re.ASCII,
)
# Excel counts days from 30 December 1899 (its 29 February 1900 never was); five digits go from 1927 to 2173.
EXCEL_EPOCH = date(1899, 12, 30)
FIRST_YEAR = 1900
# What a spreadsheet shows where a formula failed.
SPREADSHEET_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|VALEUR!|DIV/0!|NAME\?|NOM\?|NULL!|NUL!|NUM!|NOMBRE!)", re.I)
# « Ã© », « Ã‰ », « â€™ », « Â° »: UTF-8 that was opened as Windows-1252, and saved. What follows « Ã » in Portuguese is
# a letter.
BEHIND = re.escape(bytes(range(0x80, 0xC0)).decode("cp1252", "ignore")) + "\u0080-\u009f"
MISREAD = re.compile(f"[ÃÅ][{BEHIND}]|Â[\u0080-\u00bf]|\u00e2\u20ac[{BEHIND}]")
# The sign of a letter that is lost.
LOST = "\ufffd"
# One of these is in all of those, and they are rare.
OF_SPOILT = f"ÃÅÂ\u20ac{LOST}"
# « 1,23E+11 », « 9E+05 », « 12345.0 »: digits are lost, or gained. Not « 9E05 », which is a flat.
SPREADSHEET_NUMBER = re.compile(r"\d+[.,]\d*E[+-]?\d+|\d+E\+\d+|\d+[.,]0", re.ASCII | re.I)
# What it makes of « 12-4 » or « 4-26 » in French and in English; in capitals, « MARS-12 » is a reference.
MONTHS = "janv|févr|mars|avr|mai|juin|juil|août|sept|oct|nov|déc|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
SPREADSHEET_DATE = re.compile(
    rf"(?:\d\d?-)?(?:{MONTHS})\.?-\d\d(?:\d\d)?|\d\d?-(?:{MONTHS})\.?"
    r"|(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])/(?:19|20)\d\d",
    re.ASCII,
)


class CellError(ValueError):
    """The message says why, in French."""


def plain(cells: Sequence[str]) -> bool:
    """Whether all the cells can be taken as they are: nothing to trim, nothing to refuse."""
    joined = f"|{'|'.join(cells)}|"
    return (
        joined.isprintable()
        and len(joined) <= LONGEST
        and " |" not in joined
        and "| " not in joined
        and "  " not in joined  # which `on_one_line` makes one of
        and "|@" not in joined
        and "|'" not in joined
        # Wherever they stand: one letter is found ten times as fast as two, and these are rare.
        and "=" not in joined
        and "+" not in joined
        and "#" not in joined
        and (joined.isascii() or (is_normalized("NFC", joined) and not any(sign in joined for sign in OF_SPOILT)))
    )


def text(cell: str, *, plus: bool = False) -> str:
    """The cell without the spaces around it, no-break ones included, and with its accents in their letters (NFC).

    Raises CellError for what is too long, invisible, or a spreadsheet's formula; `plus` lets a « + » begin it.
    """
    trimmed = cell.strip() if cell.isascii() else normalize("NFC", mended(cell).strip())
    if shielded := SHIELDED.fullmatch(trimmed):
        return text(shielded[1], plus=plus)
    trimmed = without_text_sign(trimmed)
    if len(trimmed) > LONGEST:
        raise CellError(f"compte {len(trimmed)} caractères, pour {LONGEST} au plus")
    if not trimmed.isprintable() and (hidden := next(filter(is_hidden, trimmed), "")):
        raise CellError(reason_of_hidden(hidden, trimmed))
    refuse_what_fails(trimmed)
    if trimmed.startswith(FORMULA) and not (plus and trimmed.startswith("+")):
        raise CellError(f"commence par « {trimmed[0]} », comme une formule de tableur (retirez ce signe)")
    return trimmed


def is_spoilt(cell: str) -> bool:
    """Whether accents were misread or lost on its way."""
    return not cell.isascii() and (LOST in cell or MISREAD.search(cell) is not None)


def mended(cell: str) -> str:
    """« LefÃ¨vre » as « Lefèvre »: what was misread tells which letter it was; what is lost tells nothing."""
    return MISREAD.sub(letter_again, cell)


def letter_again(found: re.Match[str]) -> str:
    return b"".join(sign.encode("latin-1" if sign <= "\xff" else "cp1252") for sign in found[0]).decode()


def whole(cell: str) -> str:
    """The cell. Raises CellError when a letter of it is lost: it could be another's number, or another entry."""
    if LOST in cell:
        raise CellError(f"a perdu un caractère : « {cell[:60]} » (corrigez-le dans l'ERP)")
    return cell


def without_text_sign(trimmed: str) -> str:
    return TEXT_SIGN.sub("", trimmed, count=1) if trimmed.startswith("'") else trimmed


def refuse_what_fails(trimmed: str) -> None:
    """Raise CellError for a spreadsheet's formula, or what it shows where one has failed."""
    if SPREADSHEET_ERROR.fullmatch(trimmed):
        mend = "corrigez-y la formule, ou videz la cellule"
        raise CellError(f"contient une erreur de tableur : « {trimmed} » ({mend})")
    if trimmed.startswith("="):
        raise CellError(f"commence par « = », comme une formule de tableur ({PASTE_VALUES})")


def on_one_line(cell: str) -> str:
    """As `text`, of a cell that may have several lines: they are put on one."""
    return text(" ".join(cell.split()))


def reason_of_hidden(hidden: str, written: str) -> str:
    if hidden not in "\r\n\t":
        return f"contient un caractère invisible (U+{ord(hidden):04X})"
    what = "une tabulation" if hidden == "\t" else "un retour à la ligne"
    shown = one_line(written)[:60]
    return f"contient {what} : « {shown} » (écrivez tout sur une ligne, sans tabulation)"


def is_hidden(character: str) -> bool:
    """Whether nothing shows of it: a control, a mark of direction… A space of any width is not hidden."""
    return not character.isprintable() and category(character) != "Zs"


def key(cell: str) -> str:
    """The comparable form of a tenant number or a dwelling reference, never empty. Raises CellError."""
    digits = cell.removeprefix("L").replace("-", "").lstrip("0")
    if digits.isdecimal() and digits.isascii():  # most are: the same key, in less time than a cache takes
        return digits
    return folded_key(cell)


@lru_cache(maxsize=4096)
def folded_key(cell: str) -> str:
    if not whole(cell):
        raise CellError("est vide")
    if SPREADSHEET_NUMBER.fullmatch(cell):
        raise CellError(f"a été abîmé par un tableur : « {cell[:60]} » (mettez la colonne au format texte)")
    if SPREADSHEET_DATE.fullmatch(cell):
        raise CellError(f"a été changé par un tableur : « {cell} » (mettez la colonne au format texte)")
    if not (found := number_key(cell)):
        raise CellError(f"ne désigne rien : « {cell[:60]} »")
    return found


def phone(cell: str) -> str:
    """A telephone number as `text`, which may begin with « + »."""
    trimmed = whole(text(cell, plus=True))
    # Without its « + », the line could be a plain one, whose cells nobody trims.
    if "+" in trimmed and SPREADSHEET_NUMBER.fullmatch(trimmed):
        raise CellError(f"a été abîmé par un tableur : « {trimmed[:60]} » (mettez la colonne au format texte)")
    return trimmed


def postal_code(cell: str) -> str:
    """A French postal code, with the zero that a spreadsheet takes from « 06000 »."""
    return f"0{cell}" if len(cell) == 4 and cell.isdecimal() else cell


def national(cell: str) -> str:
    """A telephone number, with the zero that a spreadsheet takes from « 0639981234 »."""
    return f"0{cell}" if len(cell) == 9 and cell.isdecimal() and cell[0] != "0" else cell


def given(cell: str) -> str:
    """The cell. Raises CellError when it is empty."""
    if not cell:
        raise CellError("est vide")
    return cell


def email(cell: str) -> str:
    """One bare e-mail address, or an empty text. Raises CellError."""
    local_part, _, domain = cell.rpartition("@")
    if not cell or (
        PLAIN_LOCAL_PART.fullmatch(local_part) and len(local_part) <= 64 and len(cell) <= 254 and is_mail_domain(domain)
    ):
        return cell
    if re.search(r"[;,\s]", cell) and cell.count("@") > 1:
        raise CellError(f"contient plusieurs adresses : « {cell[:60]} » (gardez-en une seule)")
    if not is_bare_address(cell):
        raise CellError(f"n'est pas une adresse valable : « {cell[:60]} »")
    return cell


@lru_cache(maxsize=4096)
def is_mail_domain(domain: str) -> bool:
    return is_bare_address(f"x@{domain}")


@lru_cache(maxsize=4096)
def iso_date(cell: str) -> str | None:
    """« 31/12/2024 10:22 », « 31.12.2024 », « 20241231 » or Excel's « 45657 » as « 2024-12-31 »; None for no date.

    « 00/00/0000 » is no date either, as ERPs write it. Raises CellError.
    """
    if not cell:
        return None
    if re.fullmatch(r"[1-9]\d{4}", cell, re.ASCII):
        return (EXCEL_EPOCH + timedelta(days=int(cell))).isoformat()
    if (found := DATE.fullmatch(cell)) is None or may_be_midnight(found["hour"], found["rest"]):
        raise CellError(f"n'est pas une date : « {cell[:30]} » (écrivez-la comme 31/12/2024)")
    if found["iso"]:
        digits = found["iso"].replace("-", "")
        year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    elif len(found["year"]) == 2:
        raise CellError(f"a une année à deux chiffres : « {cell} » (mettez la colonne au format 31/12/2024)")
    else:
        year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    if year == month == day == 0:
        return None
    try:
        read = date(year, month, day)
    except ValueError:
        raise CellError(f"n'existe pas dans le calendrier : « {cell} »") from None
    if read.year < FIRST_YEAR:
        raise CellError(f"est d'avant {FIRST_YEAR} : « {cell} »")
    return read.isoformat()


def may_be_midnight(hour: str | None, rest: str | None) -> bool:
    """Whether this time of the day, « 23 » and « 00:00 », may be the office's midnight, told by Greenwich."""
    return rest is not None and not rest.strip("0:.") and int(hour or 0) in midnights(clock.zone)


@cache
def midnights(zone: str) -> set[int]:
    """The hours, by Greenwich and on the day before, at which the days of a zone begin: 22 and 23 for Paris; none for
    the Antilles, whose days begin on the same day.
    """
    offsets = (datetime(2024, month, 1, tzinfo=clock.zone_of(zone)).utcoffset() or timedelta() for month in (1, 7))
    return {24 - offset // timedelta(hours=1) for offset in offsets if offset > timedelta()}


@lru_cache(maxsize=4096)
def near_date(cell: str) -> str | None:
    """As `iso_date`. Raises CellError, too, for a date after `last_year`."""
    read = iso_date(cell)
    if read and int(read[:4]) > last_year():
        raise CellError(f"est après {last_year()} : « {cell} »")
    return read


def last_year() -> int:
    """The last one that what is entered today can be about: next year's rents are called in December."""
    return clock.today().year + 1
