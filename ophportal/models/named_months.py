"""The months that a label names: « Loyer mars 2026 », « LOYER 03/2026 », « Échéance du 01/03 »."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache

from ophportal.clock import months_before
from ophportal.models.nature import folded

# As `folded` leaves them, January first.
NAMES = (
    "janvier|janv|jan", "fevrier|fevr|fev", "mars", "avril|avr", "mai", "juin",
    "juillet|juil", "aout", "septembre|sept", "octobre|oct", "novembre|nov", "decembre|dec",
)  # fmt: skip
# « Rue du 8 mai 1945 » names none.
WORDS = rf"""
    (?P<street>\b(?:rue|avenue|av|boulevard|bd|place|square|cite|quai|cours|residence|res|champ)\b
        (?:\ (?:du|de|des|la))*(?:\ \d+)?\ (?:{"|".join(NAMES)})\b)
    | \b(?:{"|".join(f"(?P<m{number}>{name})" for number, name in enumerate(NAMES, 1))})\b(?:\ (?P<year>20\d\d)\b)?
"""
TWO = r"0[1-9]|1[0-2]"
# « 12/36 rue du Port » are two houses; « 03/26 résidence du Port » is a month.
HOUSES = r"(?!,?\s*(?:rue|av|avenue|bd|boulevard|quai|cours|chemin|route|impasse|all[ée]es?)\b)"
FIGURES = (
    rf"(?<!\d)(?P<month>{TWO}|[1-9](?=[/.-]))[/.-]?(?P<year>20\d\d)(?!\d)",
    rf"(?<!\d)(?P<year>20\d\d)[/.-](?P<month>{TWO})(?!\d)",
    rf"(?<!\d)\d\d?/(?P<month>{TWO})/(?P<year>[23]\d)(?!\d)",
    rf"(?<![\d/])(?P<month>{TWO})/(?P<year>[23]\d)(?![\d/]){HOUSES}",
    rf"\b(?:du|au) \d\d?/(?P<month>{TWO})(?![\d/])(?P<year>)",
)
# A rent is entered no sooner than in the month before its own, and no later than in the second after it.
SOONEST, LATEST = -1, 2


@lru_cache(maxsize=4096)
def month_of(label: str, day: date) -> date:
    """The first day of the month that an entry of `day` is about: of those that it names, the nearest; else `day`'s.

    One that is too far away tells something else, as the day on which a lease began.
    """
    own = day.replace(day=1)
    near = [month for month in months_named(label, day) if SOONEST <= months_between(month, own) <= LATEST]
    return min(near, key=lambda month: (abs(months_between(month, own)), month), default=own)


def months_named(label: str, day: date) -> frozenset[date]:
    """The first days of the months that `label` names; one that has no year is the nearest to `day` of its name."""
    return frozenset(date(year, month, 1) if year else nearest(month, day) for month, year in told_in(label))


def nearest(month: int, day: date) -> date:
    ago = (day.month - month) % 12
    return months_before(day, ago if ago < 6 else ago - 12)


def months_between(month: date, later: date) -> int:
    return (later.year - month.year) * 12 + later.month - month.month


@lru_cache(maxsize=4096)
def told_in(label: str) -> frozenset[tuple[int, int | None]]:
    """Each month that it names, 1 to 12, with its year where it tells one."""
    return frozenset((*told_in_words(folded(label)), *told_in_figures(label.casefold())))


def told_in_words(text: str) -> Iterator[tuple[int, int | None]]:
    for found in compiled(WORDS).finditer(text):
        if not found["street"]:
            number = next(number for number in range(1, 13) if found[f"m{number}"])
            yield number, int(found["year"]) if found["year"] else None


def told_in_figures(text: str) -> Iterator[tuple[int, int | None]]:
    for pattern in FIGURES:
        for found in compiled(pattern).finditer(text):
            year = found["year"]
            yield int(found["month"]), 2000 + int(year[-2:]) if year else None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """When first asked for, as `nature.words`."""
    return re.compile(pattern, re.VERBOSE if pattern is WORDS else 0)
