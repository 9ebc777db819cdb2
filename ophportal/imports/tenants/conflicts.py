"""Several lines about one tenant, one dwelling or one lease: they complete each other, or contradict each other."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from ophportal.imports.refusals import LineError, Refusals
from ophportal.imports.tenants.line import DWELLING, LEASE, TENANT, Noun, TenantLine
from ophportal.models.keys import name_key, name_words

Line = dict[str, Any]
TWO_PEOPLE = (
    "le numéro locataire {} désigne deux personnes : si elles louent ensemble, ne gardez qu'une ligne ; sinon, l'un "
    "des deux numéros est faux"
)


class Standing:
    """What the lines about one noun say together so far, and the line where each value was read."""

    def __init__(self, first: Line):
        self.values = dict(first)
        self.lines = dict.fromkeys(first, first["line"])
        self.has_news = False

    def take(self, values: Line, line: int) -> None:
        self.values |= values
        self.lines |= dict.fromkeys(values, line)
        self.has_news = self.has_news or bool(values)


def settle_lines(refusals: Refusals) -> list[LineError]:
    """Bring into the first line of each tenant, dwelling and lease what their other lines add to it.

    A contradiction goes to `refusals`, with the numbers of both lines. Returns the first line of each dwelling that
    tells it at another address than the lines above.
    """
    elsewhere: dict[str, LineError] = {}

    def completed_dwelling(standing: Line, other: Line) -> Line:
        if is_elsewhere(standing, other):
            told = LineError(other["line"], f"la référence {other['reference']}")
            elsewhere.setdefault(standing["reference"], told)
        return completion(standing, other)

    for noun, contradiction, addition in (
        (TENANT, tenant_contradiction, completion),
        (DWELLING, dwelling_contradiction, completed_dwelling),
        (LEASE, lease_contradiction, later_period),
    ):
        TenantLine.correct(noun.fields, settled(noun, contradiction, addition, refusals))
    return [*elsewhere.values()]


def settled(
    noun: Noun,
    contradiction: Callable[[Line, Line], tuple[str, str] | None],
    addition: Callable[[Line, Line], Line],
    refusals: Refusals,
) -> Iterator[Line]:
    """The first line about each `noun`, completed by the others; only where they add something.

    `contradiction` gives the field and the reason why a line cannot stand with those above it; `addition` gives
    the values that it brings when it can.
    """
    for first_line, pairs in groupby(TenantLine.that_differ(noun), lambda pair: pair[0]["line"]):
        standing = None
        for first, other in pairs:
            standing = standing or Standing(first)
            if found := contradiction(standing.values, other):
                field, reason = found
                refusals.add(other["line"], f"{reason} (lignes {standing.lines[field]} et {other['line']})")
            else:
                standing.take(addition(standing.values, other), other["line"])
        if standing is not None and standing.has_news:
            yield standing.values | {"line": first_line}


def completion(standing: Line, other: Line) -> Line:
    """What `other` says that no line above does; where both speak, the one above stands."""
    return {name: value for name, value in other.items() if value and not standing[name]}


def later_period(standing: Line, other: Line) -> Line:
    """Of two periods that do not meet, the later one stands."""
    return other if follows(other, standing) else {}


def tenant_contradiction(one: Line, other: Line) -> tuple[str, str] | None:
    number = other["number"]
    if apart(printed, one["number"], number):
        return "number", f"les numéros locataire {one['number']} et {number} se confondent"
    if apart(name_key, one["last_name"], other["last_name"]):
        return "last_name", TWO_PEOPLE.format(number)
    if one["first_names"] and other["first_names"] and strangers(one["first_names"], other["first_names"]):
        return "first_names", TWO_PEOPLE.format(number)
    if one["email"] and other["email"] and one["email_key"] != other["email_key"]:
        return "email", f"le locataire {number} a deux adresses e-mail différentes"
    return None


def dwelling_contradiction(one: Line, other: Line) -> tuple[str, str] | None:
    if apart(printed, one["reference"], other["reference"]):
        return "reference", f"les références logement {one['reference']} et {other['reference']} se confondent"
    return None


def is_elsewhere(one: Line, other: Line) -> bool:
    """Whether two lines about a dwelling tell another postal code, or another first number in the address."""
    numbers = [re.search(r"\d+", line["address"]) for line in (one, other)]
    here, there = (found and found[0] for found in numbers)
    codes = one["postal_code"], other["postal_code"]
    return (all(codes) and codes[0] != codes[1]) or bool(here and there and here != there)


def lease_contradiction(one: Line, other: Line) -> tuple[str, str] | None:
    if follows(one, other) or follows(other, one):
        return None
    return "starts_on", "le même locataire a deux baux du même logement, dont les dates se recoupent"


def follows(later: Line, earlier: Line) -> bool:
    return bool(later["starts_on"] and earlier["ends_on"] and earlier["ends_on"] < later["starts_on"])


def apart(fold: Callable[[str], str], one: str, other: str) -> bool:
    return one != other and fold(one) != fold(other)


def strangers(first_names: str, others: str) -> bool:
    """Whether no first name is common to both: « Maria » and « Maria Stella » may be one person."""
    return first_names != others and set(name_words(first_names)).isdisjoint(name_words(others))


def printed(text: str) -> str:
    """A number or reference with the places of its separators: « 1-23 » and « 12-3 » have one key, and differ here.

    Case, spaces, zeros at the front and a « L » before the number are forgiven, as in the key.
    """
    compact = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    return re.sub(r"^(?:L(?=-*\d))?[-0]*", "", re.sub(r"[\W_]+", "-", compact)).rstrip("-")
