"""What all the papers share: typst, the text that its fonts can draw, and the office at the head of the sheet.

The templates are in `templates/letters`, which is all that typst may read. They get everything as data, never as source
text, and the fonts that typst brings along alone, so that a paper looks the same wherever it is made.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from flask import current_app

from ophportal import ROOT, clock, waiting_rooms
from ophportal.formatting import NO_BREAK, long_date, sentence, typography
from ophportal.models import Dwelling, Tenant
from ophportal.one_thread import OneThread

TEMPLATES = ROOT / "templates" / "letters"
STANDARD: Final = "ua-1"
# A name or a town that is longer is a mistake of the file.
LONGEST_LINE = 76
# Residence, building, stairs and street; the window holds as much, whatever the letters are.
LONGEST_ADDRESS = 200
LONGEST_OF_OFFICE = 300
# A word of more letters would leave the window: it breaks here, at a space of no width.
ENDLESS = re.compile(r"\S{20}")
# Drawn in place of a letter that no font has, for a person to mend by hand; PDF/UA-1 forbids a blank.
GAP = "□"
# In place of what is too long.
CUT = "…"
# Every letter up to here is in the fonts: Latin Extended-A and before, which write French, Corsican, Polish, Turkish.
LATIN = 0x17F
PROBE = b'#set document(title: "x")\n#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n#sys.inputs.letter'
# typst keeps what it has laid out for ten compilations, half a megabyte a letter.
COMPILATIONS_KEPT = 10
# One at a time: a compilation keeps a core to itself, and what it lays out in memory.
in_turn = OneThread("typesetting")


@cache
def engine() -> ModuleType:
    """typst, loaded for the first paper: most processes make none for days."""
    return import_module("typst")


class PaperNotMade(Exception):  # noqa: N818 - says what happened
    """The template does not compile, or a page has no room for what it tells.

    typst's own sentence can quote a name: what is told here is where in the template it was, and no more.
    """


def typeset(template: Path, given: Mapping[str, Any], now: datetime) -> bytes:
    """The PDF that `template` makes of `given`. Raises PaperNotMade."""
    try:
        return compiled(template.read_bytes(), {"given": json.dumps(given)}, now)
    except engine().TypstError as error:
        place = re.search(r"([\w.]+)\.typ:(\d+)", error.diagnostic)
        # What typst was given as bytes has a name of its own making.
        name = f"{place[1]}.typ" if place and (TEMPLATES / f"{place[1]}.typ").exists() else template.name
        failure = f"{name}, line {place[2] if place else 'unknown'}"
    raise PaperNotMade(failure)


def compiled(source: bytes, inputs: dict[str, str], now: datetime | None = None) -> bytes:
    with waiting_rooms.papers:
        return in_turn(
            engine().compile,
            source,
            root=TEMPLATES,
            ignore_system_fonts=True,
            sys_inputs=inputs,
            pdf_standards=STANDARD,
            timestamp=int(now.timestamp()) if now else None,
        )


def forget_layouts() -> None:
    """Give back the memory that the last compilations hold: a thousand letters would keep half a gigabyte."""
    for _ in range(COMPILATIONS_KEPT + 1):
        in_turn(engine().compile, b"")


def letterhead() -> dict[str, Any]:
    """The office, as the head of a sheet names it: `name`, and `lines` of address and telephone."""
    office = current_app.config["OFFICE"]
    lines = re.split(r",\s*(?=\d{5}\b)", of_office("address"))
    if office["phone"]:
        lines.append(typography(f"Téléphone : {phone()}"))
    return {"name": of_office("name"), "lines": [line for line in lines if line]}


def of_office(name: str) -> str:
    """A setting of the office, as a paper may print it."""
    return said_by_office(current_app.config["OFFICE"][name])


def said_by_office(text: str) -> str:
    """With the apostrophe of the papers' own text. What tells of people is as the ERP writes it, for La Poste too."""
    return in_print(typography(drawable(text, LONGEST_OF_OFFICE)))


def in_print(text: str) -> str:
    """The portal's own words, with the apostrophe of the papers' text."""
    return text.replace("'", "’")


def whom_to_call() -> str:
    if not phone():
        return "Demandez à l’office."
    hours = of_office("hours")
    return f"Appelez l’office au {phone()}." + (f" {sentence(hours)}" if hours else "")


def phone() -> str:
    return of_office("phone").replace(" ", NO_BREAK)


def place_and_date(day: date) -> str:
    """« Ajaccio, le 7 août 2024 »; the town is read in the office's address, after its postal code."""
    town = re.search(r"\b\d{5}\s+([^\d,]+)", current_app.config["OFFICE"]["address"])
    return f"{drawable(town[1])}, le {long_date(day)}" if town else f"Le {long_date(day)}"


def today_of(now: datetime) -> date:
    return now.astimezone(clock.here()).date()


def addressee_of(tenant: Tenant, dwelling: Dwelling) -> tuple[str, ...]:
    """What the window shows, three lines or fewer, of which a long one goes over to further ones."""
    # La Poste (NF Z 10-011): the last line in capitals.
    town = f"{dwelling.postal_code} {dwelling.city.upper()}"
    lines = (drawable(tenant.full_name), drawable(dwelling.address, LONGEST_ADDRESS), drawable(town))
    return tuple(line for line in lines if line)


def breakable(line: str) -> str:
    return ENDLESS.sub("\\g<0>\u200b", line)


def drawable(text: str, most: int = LONGEST_LINE) -> str:
    """`text` on one line, composed (NFC), without invisible marks, cut at `most`; `GAP` for what no font has."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    drawn = "".join(drawn_as(letter) for letter in line)
    return drawn if len(drawn) <= most else drawn[: most - 1] + CUT


def drawn_as(letter: str) -> str:
    if unicodedata.category(letter) == "Cf":
        return ""
    if letter.isprintable() and (ord(letter) <= LATIN or is_in_a_font(letter)):
        return letter
    return GAP


@lru_cache(maxsize=4096)
def is_in_a_font(letter: str) -> bool:
    """Asks typst, which does not list what its fonts hold but refuses to draw what they do not."""
    try:
        compiled(PROBE, {"letter": letter})
    except engine().TypstError:
        return False
    return True
