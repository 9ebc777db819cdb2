"""French on screen: dates, times, and the no-break spaces that French typography wants."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

from flask import Flask
from jinja2 import StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from ophportal import __version__, clock
from ophportal.models.money import CENT
from ophportal.telephone import dialled

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
NO_BREAK = "\u00a0"
MINUS = "\u2212"
INSIDE_QUOTES = re.compile(r"(?<=«) | (?=»)|(?<=[Nn]°) | (?=[:;!?€%](?:\W|$))")
# French numbers, and foreign ones that begin with +; no part of an IBAN, no figures of a drawing or of a style sheet.
TELEPHONE = re.compile(
    r"(?<!\w)("
    r"0[1-9](?:[ \u00a0.]?\d\d){4}|0[ \u00a0]?\d{3}[ \u00a0]\d{3}[ \u00a0]\d{3}|"
    r"\+33[ \u00a0]?(?:\(0\))?[1-9](?:[ \u00a0.]?\d\d){4}|\+\d{8,15}|\+\d{1,3}(?:[ \u00a0](?:\(0\))?\d{1,3}){3,}"
    r")(?!\w|[ \u00a0]\d{3})"
)
HOURS = re.compile(r"(?<=\d) (?=h(?:\W|$))|(?<=\d[ \u00a0]h) (?=\d\d)")


def window_date(day: date) -> str:
    """The date as the login window shows it: « Mercredi 07 Août »."""
    return f"{DAYS[day.weekday()].capitalize()} {day.day:02d} {MONTHS[day.month - 1].capitalize()}"


def long_date(day: date) -> str:
    """« 7 août 2024 », « 1er août 2024 »."""
    return f"{'1er' if day.day == 1 else day.day}{NO_BREAK}{MONTHS[day.month - 1]} {day.year}"


def hour(instant: datetime) -> str:
    """An aware instant as a clock at the office shows it: « 14 h 05 »."""
    there = instant.astimezone(clock.here())
    return f"{there.hour}{NO_BREAK}h{NO_BREAK}{there.minute:02d}"


def date_and_time(instant: datetime) -> str:
    """An aware instant as the office reads it: « mercredi 7 août 2024 à 14 h 05 »."""
    there = instant.astimezone(clock.here())
    return f"{DAYS[there.weekday()]} {long_date(there)} à {hour(there)}"


def moment(instant: datetime) -> str:
    """An aware instant as the office reads it, short, for tables: « 07/08/2024, 14 h 05 »."""
    there = instant.astimezone(clock.here())
    return f"{there:%d/%m/%Y}, {hour(there)}"


def span(time: timedelta) -> str:
    """« 12 mois » for a year, « 30 jours », « 24 heures »: whole hours, or days from two on."""
    if time == timedelta(days=365):
        return f"12{NO_BREAK}mois"
    hours = int(time.total_seconds()) // 3600
    return f"{hours}{NO_BREAK}heures" if time < timedelta(days=2) else f"{hours // 24}{NO_BREAK}jours"


def euros(amount: Decimal) -> str:
    """« 1\u00a0234,56\u00a0€ »; a minus sign (U+2212) before what is below zero, and none before zero."""
    if amount != amount.quantize(CENT):
        raise ValueError("money is shown to the cent, and this is finer")
    figures = f"{abs(amount):,.2f}".replace(",", NO_BREAK).replace(".", ",")
    return f"{MINUS if amount < 0 else ''}{figures}{NO_BREAK}€"


def owed(balance: Decimal) -> str:
    """What a balance means to a tenant: « Vous devez 412,35 € »."""
    if balance > 0:
        return f"Vous devez {euros(balance)}"
    return f"Vous avez {euros(-balance)} d'avance" if balance < 0 else "Votre compte est à jour"


def whole(number: int) -> str:
    """« 2\u00a0368 »: a count."""
    return f"{number:,}".replace(",", NO_BREAK)


def counted(number: int, one: str, several: str) -> str:
    """« 0 bail », « 1 bail », « 2 baux »."""
    return f"{whole(number)} {one if number < 2 else several}"


def short_date(day: date) -> str:
    """« 07/08/2024 », for tables."""
    return f"{day:%d/%m/%Y}"


def month_name(day: date) -> str:
    """« août 2024 »."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def file_size(size: int) -> str:
    """Bytes as a person counts them: « 84 ko », « 1,2 Mo »."""
    if size < 999_500:
        return f"{max(1, round(size / 1000))}{NO_BREAK}ko"
    return f"{size / 1_000_000:.1f}{NO_BREAK}Mo".replace(".", ",")


def of_whom(name: str, apostrophe: str = "'") -> str:
    """« de Mme Olive Laurier », and of who has no title « d'Olive Laurier ».

    An « h » or a « y » is left alone: in French it depends on the name.
    """
    first = unicodedata.normalize("NFD", name)[:1].lower()
    return f"d{apostrophe}{name}" if first and first in "aeiouœæ" else f"de {name}"


def parted(setting: str) -> list[str]:
    """The sentences of a setting that parts them by « | »."""
    return [sentence.strip() for sentence in setting.split("|") if sentence.strip()]


def sentence(text: str) -> str:
    """`text` with a full stop, where it has no end of its own."""
    return text if text.endswith((".", "…", "!", "?")) else f"{text}."


def typography(text: str) -> str:
    """`text` with the no-break spaces of French: in « quotes », before : ; ! ? € %, after n°, in hours and numbers."""
    whole = TELEPHONE.sub(lambda number: number[0].replace(" ", NO_BREAK), text)
    return HOURS.sub(NO_BREAK, INSIDE_QUOTES.sub(NO_BREAK, whole))


def telephones_apart(text: str) -> list[str]:
    """What `text` says, a telephone number, what it says then, and so on: every second one is a number."""
    return TELEPHONE.split(text)


def one_line(text: str) -> str:
    """`text` with one space for whatever does not show in it, line ends and spaces of other kinds among it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


class FrenchTypography(Extension):
    """Sets the no-break spaces in the templates' own text as they are compiled, so that authors type plain ones."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type in {"data", "string"}:
                yield Token(token.lineno, token.type, typography(token.value))
            else:
                yield token


def init_app(app: Flask) -> None:
    """Teach the templates French, and who the office is; a misspelt variable is an error, not a blank."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.add_extension(FrenchTypography)
    app.jinja_env.filters.update(
        window_date=window_date,
        long_date=long_date,
        date_and_time=date_and_time,
        hour=hour,
        moment=moment,
        euros=euros,
        owed=owed,
        whole=whole,
        short_date=short_date,
        month_name=month_name,
        of_whom=of_whom,
        file_size=file_size,
        sentence=sentence,
        typography=typography,
        dialled=dialled,
        telephones_apart=telephones_apart,
    )
    office = SimpleNamespace(**{name: typography(value) for name, value in app.config["OFFICE"].items()})
    app.jinja_env.globals.update(
        office=office, counted=counted, demo=app.config["DEMO"], version=__version__, today=clock.today
    )
