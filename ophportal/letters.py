"""The letters that bring tenants a one-time code, as tagged PDF (PDF/UA-1), a page a tenant.

The template is `templates/letters/access_code.typ`. It gets everything as data, never as source text, and the fonts
that typst brings along alone, so that a letter looks the same wherever it is made.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

import typst
from flask import current_app

from ophportal import ROOT, clock
from ophportal.formatting import NO_BREAK, long_date, typography
from ophportal.models import Dwelling, Tenant

TEMPLATE = ROOT / "templates" / "letters" / "access_code.typ"
STANDARD: Final = "ua-1"
# On every letter of a file alike: whoever lists the files of a folder learns no name.
TITLE = "Ouvrir votre compte locataire sur Internet"
# Longer, on two lines of the smallest size, an address is a mistake of the file.
LONGEST_LINE = 76
LONGEST_OF_OFFICE = 300
# A word of more letters would leave the window: it breaks here, at a space of no width.
ENDLESS = re.compile(r"\S{20}")
# Drawn in place of a letter that no font has, for a person to mend by hand; PDF/UA-1 forbids a blank.
GAP = "□"
# Every letter up to here is in the fonts: Latin Extended-A and before, which write French, Corsican, Polish, Turkish.
LATIN = 0x17F
PROBE = b'#set document(title: "x")\n#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n#sys.inputs.letter'
# typst keeps what it has laid out for ten compilations, half a megabyte a letter.
COMPILATIONS_KEPT = 10


class LetterNotMade(Exception):  # noqa: N818 - says what happened
    """The template does not compile, or a letter does not fit its page.

    typst's own sentence can quote a name: what is told here is where in the template it was, and no more.
    """


class Letter(NamedTuple):
    """One tenant's: `addressee` is what the window shows, three lines or fewer; `expires_at` is the code's end."""

    name: str
    addressee: tuple[str, ...]
    code: str
    expires_at: datetime

    @property
    def has_gaps(self) -> bool:
        """Whether a letter of the name or of the address could not be drawn."""
        return GAP in self.name + "".join(self.addressee)


def letter_to(tenant: Tenant, dwelling: Dwelling, code: str, expires_at: datetime) -> Letter:
    name = drawable(tenant.full_name)
    # La Poste (NF Z 10-011): the last line in capitals.
    town = f"{dwelling.postal_code} {dwelling.city.upper()}"
    lines = (name, drawable(dwelling.address), drawable(town))
    return Letter(name, tuple(line for line in lines if line), code, expires_at)


def make_letters(letters: Sequence[Letter]) -> bytes:
    """The PDF. Raises LetterNotMade."""
    now = clock.now()
    given = {
        **office_block(),
        "place_and_date": place_and_date(now),
        "letters": [page_of(letter) for letter in letters],
    }
    try:
        return compiled(TEMPLATE.read_bytes(), {"given": json.dumps(given)}, now)
    except typst.TypstError as error:
        place = re.search(r"\.typ:(\d+)", error.diagnostic)
        failure = f"{TEMPLATE.name}, line {place[1] if place else 'unknown'}"
    raise LetterNotMade(failure)


def forget_layouts() -> None:
    """Give back the memory that the last compilations hold: a thousand letters would keep half a gigabyte."""
    for _ in range(COMPILATIONS_KEPT + 1):
        typst.compile(b"")


def compiled(source: bytes, inputs: dict[str, str], now: datetime | None = None) -> bytes:
    return typst.compile(
        source,
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=STANDARD,
        timestamp=int(now.timestamp()) if now else None,
    )


def page_of(letter: Letter) -> dict[str, Any]:
    # The last whole day: the code ends at an hour of the next one.
    last_day = letter.expires_at.astimezone(clock.PARIS).date() - timedelta(days=1)
    return {
        "name": letter.name,
        "addressee": [ENDLESS.sub("\\g<0>\u200b", line) for line in letter.addressee],
        "code": letter.code,
        "valid_until": long_date(last_day),
    }


def office_block() -> dict[str, Any]:
    """What all the letters of an office share."""
    office = {
        name: typography(drawable(value, LONGEST_OF_OFFICE)) for name, value in current_app.config["OFFICE"].items()
    }
    phone = office["phone"].replace(" ", NO_BREAK)
    lines = re.split(r",\s*(?=\d{5}\b)", office["address"])
    if phone:
        lines.append(typography(f"Téléphone : {phone}"))
    help_line = f"Appelez l’office au {phone}. {office['hours'] and office['hours'] + '.'}" if phone else ""
    return {
        "title": TITLE,
        "office": {"name": office["name"], "lines": [line for line in lines if line]},
        "address": f"{current_app.config['BASE_URL']}/demander-un-code",
        "help": help_line.strip() or "Demandez à l’office.",
    }


def place_and_date(now: datetime) -> str:
    """« Ajaccio, le 7 août 2024 »; the town is read in the office's address, after its postal code."""
    date = long_date(now.astimezone(clock.PARIS).date())
    town = re.search(r"\b\d{5}\s+([^\d,]+)", current_app.config["OFFICE"]["address"])
    return f"{drawable(town[1])}, le {date}" if town else f"Le {date}"


def drawable(text: str, most: int = LONGEST_LINE) -> str:
    """`text` on one line, composed (NFC), without invisible marks, cut at `most`; `GAP` for what no font has."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    drawn = "".join(drawn_as(letter) for letter in line)
    return drawn if len(drawn) <= most else drawn[: most - 1] + "…"


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
    except typst.TypstError:
        return False
    return True
