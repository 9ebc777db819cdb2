"""What the papers of a tenant's account have in common: whose they are, and rows of amounts."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ophportal import clock
from ophportal.formatting import MONTHS, NO_BREAK, euros, short_date
from ophportal.models import Lease, Tenant
from ophportal.models.nature import Nature
from ophportal.models.statement import Entry
from ophportal.papers.typesetting import (
    addressee_of,
    breakable,
    drawable,
    letterhead,
    place_and_date,
    today_of,
    typeset,
)

# A label goes over to further lines; past so many letters it is a mistake of the file.
LONGEST_LABEL = 200
# In the order in which a paper tells them.
NATURES = {
    Nature.RENT: "Loyer",
    Nature.CHARGES: "Charges",
    Nature.AID: "Aides au logement (APL…)",
    Nature.OTHER: "Autres sommes",
}


def make_paper(
    template: Path, title: str, tenant: Tenant, lease: Lease, day: date | None = None, **content: Any
) -> bytes:
    """The PDF, dated of `day` (today when None). Raises PaperNotMade."""
    now = clock.now()
    given = {
        "title": title,
        "office": letterhead(),
        "addressee": [breakable(line) for line in addressee_of(tenant, lease.dwelling)],
        "references": references(tenant, lease),
        "place_and_date": place_and_date(day or today_of(now)),
        **content,
    }
    return typeset(template, given, now)


def references(tenant: Tenant, lease: Lease) -> list[tuple[str, str]]:
    """Under the very names that the request for a code has: tenants copy them from here."""
    return [
        ("Votre numéro locataire", breakable(drawable(tenant.number))),
        ("Votre référence logement", breakable(drawable(lease.dwelling.reference))),
    ]


def line_of(entry: Entry) -> dict[str, str]:
    return {"date": short_date(entry.date), "label": label_of(entry), "amount": euros(entry.amount)}


def label_of(entry: Entry) -> str:
    return breakable(drawable(entry.label, LONGEST_LABEL))


def row(label: str, amount: Decimal) -> dict[str, str]:
    return {"label": label, "amount": euros(amount)}


def group_of(title: str, entries: Iterable[Entry]) -> dict[str, Any]:
    return {"title": title, "lines": [line_of(entry) for entry in entries]}


def of_month(month: date) -> str:
    """« de mars 2026 », « d'avril 2026 »."""
    name = MONTHS[month.month - 1]
    return f"{'d’' if name[0] in 'ao' else 'de '}{name}{NO_BREAK}{month.year}"
