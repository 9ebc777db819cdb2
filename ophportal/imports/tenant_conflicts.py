"""Several lines about one tenant, one dwelling or one lease: they complete each other, or contradict each other."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from ophportal.imports.refusals import Refusals
from ophportal.imports.tenant_line import (
    DWELLING_FIELDS,
    DWELLING_KEY,
    LEASE_FIELDS,
    LEASE_KEY,
    TENANT_FIELDS,
    TENANT_KEY,
    TenantLine,
)
from ophportal.models.keys import name_key, name_words

Line = dict[str, Any]


class Standing:
    """What the lines of one key say together so far, and the line where each value was read."""

    def __init__(self, first: Line):
        self.values = dict(first)
        self.lines = dict.fromkeys(first, first["line"])
        self.has_news = False

    def take(self, values: Line, line: int) -> None:
        self.values |= values
        self.lines |= dict.fromkeys(values, line)
        self.has_news = self.has_news or bool(values)


def settle_lines(refusals: Refusals) -> None:
    """Bring into the first line of each tenant, dwelling and lease what their other lines add to it.

    A contradiction goes to `refusals`, with the numbers of both lines.
    """
    for key, fields, contradiction, addition in (
        (TENANT_KEY, TENANT_FIELDS, tenant_contradiction, completion),
        (DWELLING_KEY, DWELLING_FIELDS, dwelling_contradiction, completion),
        (LEASE_KEY, LEASE_FIELDS, lease_contradiction, later_period),
    ):
        TenantLine.correct(fields, settled(key, fields, contradiction, addition, refusals))


def settled(
    key: tuple[str, ...],
    fields: tuple[str, ...],
    contradiction: Callable[[Line, Line], tuple[str, str] | None],
    addition: Callable[[Line, Line], Line],
    refusals: Refusals,
) -> Iterator[Line]:
    """What the lines of each `key` say together in `fields`, under the number of the first, where they differ.

    `contradiction` gives the field and the reason why a line cannot stand with those above it; `addition` gives
    the values that it brings when it can.
    """
    for first_line, pairs in groupby(TenantLine.that_differ(key, fields), lambda pair: pair[0]["line"]):
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
    """What `other` says; where both speak, the line further down is taken for the newer."""
    return {name: value for name, value in other.items() if name != "line" and value and value != standing[name]}


def later_period(standing: Line, other: Line) -> Line:
    """Of two periods that do not meet, the later one stands."""
    return other if follows(other, standing) else {}


def tenant_contradiction(one: Line, other: Line) -> tuple[str, str] | None:
    if printed(one["number"]) != printed(other["number"]):
        return "number", f"les numéros locataire {one['number']} et {other['number']} se confondent"
    if name_key(one["last_name"]) != name_key(other["last_name"]):
        return "last_name", f"le numéro locataire {other['number']} désigne deux personnes"
    first_names, others = set(name_words(one["first_names"])), set(name_words(other["first_names"]))
    if first_names and others and not first_names & others:
        return "first_names", f"le numéro locataire {other['number']} désigne deux personnes"
    if one["email"] and other["email"] and one["email_key"] != other["email_key"]:
        return "email", f"le locataire {other['number']} a deux adresses e-mail différentes"
    return None


def dwelling_contradiction(one: Line, other: Line) -> tuple[str, str] | None:
    if printed(one["reference"]) != printed(other["reference"]):
        return "reference", f"les références logement {one['reference']} et {other['reference']} se confondent"
    return None


def lease_contradiction(one: Line, other: Line) -> tuple[str, str] | None:
    if follows(one, other) or follows(other, one):
        return None
    return "starts_on", "le même locataire a deux baux du même logement, dont les dates se recoupent"


def follows(later: Line, earlier: Line) -> bool:
    return bool(later["starts_on"] and earlier["ends_on"] and earlier["ends_on"] < later["starts_on"])


def printed(text: str) -> str:
    """A number or reference with the places of its separators: « 1-23 » and « 12-3 » have one key, and differ here.

    Case, spaces, zeros at the front and a « L » before the number are forgiven, as in the key.
    """
    compact = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    return re.sub(r"^(?:L(?=-*\d))?[-0]*", "", re.sub(r"[\W_]+", "-", compact)).rstrip("-")
