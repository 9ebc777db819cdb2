"""The letters that bring tenants a one-time code, a page a tenant."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app

from ophportal import clock
from ophportal.formatting import long_date
from ophportal.models import Dwelling, Tenant
from ophportal.papers.typesetting import (
    CUT,
    GAP,
    TEMPLATES,
    addressee_of,
    breakable,
    drawable,
    letterhead,
    place_and_date,
    today_of,
    typeset,
    whom_to_call,
)

TEMPLATE = TEMPLATES / "access_code.typ"
# On every letter of a file alike: whoever lists the files of a folder learns no name.
TITLE = "Ouvrir votre compte locataire sur internet"


class Letter(NamedTuple):
    """One tenant's: `addressee` is what the window shows, three lines or fewer; `expires_at` is the code's end."""

    name: str
    addressee: tuple[str, ...]
    code: str
    expires_at: datetime

    @property
    def has_gaps(self) -> bool:
        """Whether a letter of the name or of the address could not be drawn, or the end of one had no room."""
        return any(GAP in line or line.endswith(CUT) for line in (self.name, *self.addressee))


def letter_to(tenant: Tenant, dwelling: Dwelling, code: str, expires_at: datetime) -> Letter:
    return Letter(drawable(tenant.full_name), addressee_of(tenant, dwelling), code, expires_at)


def make_letters(letters: Sequence[Letter]) -> bytes:
    """The PDF. Raises PaperNotMade."""
    now = clock.now()
    given = {
        "title": TITLE,
        "office": letterhead(),
        "place_and_date": place_and_date(today_of(now)),
        "address": f"{current_app.config['BASE_URL']}/demander-un-code",
        "help": whom_to_call(),
        "letters": [page_of(letter) for letter in letters],
    }
    return typeset(TEMPLATE, given, now)


def page_of(letter: Letter) -> dict[str, Any]:
    # The last whole day: the code ends at an hour of the next one.
    last_day = today_of(letter.expires_at) - timedelta(days=1)
    return {
        "name": letter.name,
        "addressee": [breakable(line) for line in letter.addressee],
        "code": letter.code,
        "valid_until": long_date(last_day),
    }
