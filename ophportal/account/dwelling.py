"""Mon logement: where the tenant lives, with whom, and whom to call."""

import re
from typing import NamedTuple, Self

from ophportal.account.frames import render_framed
from ophportal.account.room import account, current_tenant
from ophportal.formatting import typography
from ophportal.models import BuildingContact, Lease, Tenant

# « T3 », « T1bis », « F4 duplex »: how many main rooms, and what an ERP adds to it.
ROOMS = r"(?i)[TF]\s?(?P<rooms>\d)(?!\d).*"


class Home(NamedTuple):
    """A lease, as its card tells it."""

    lease: Lease
    co_tenants: list[Tenant]
    contacts: list[BuildingContact]

    @classmethod
    def of(cls, lease: Lease) -> Self:
        """Who has left has no building any more: nobody beside them, and the office alone to call."""
        contacts = BuildingContact.of(lease.dwelling) if lease.is_running else []
        return cls(lease, lease.co_tenants(), contacts)

    @property
    def kind(self) -> str:
        return rooms_in_words(self.lease.dwelling.kind)


@account.get("/logement")
def dwelling() -> bytes:
    leases = Lease.running_first(current_tenant())
    return render_framed("account/dwelling.html", homes=[Home.of(lease) for lease in leases])


def rooms_in_words(kind: str) -> str:
    """« T3 : 3 pièces principales »; what says no number of rooms, as it is: « Garage »."""
    if (found := re.fullmatch(ROOMS, kind.strip())) is None or found["rooms"] == "0":
        return kind.strip()
    rooms = "1 pièce principale" if found["rooms"] == "1" else f"{found['rooms']} pièces principales"
    return typography(f"{kind.strip()} : {rooms}")
