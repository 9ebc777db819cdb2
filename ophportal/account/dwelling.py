"""Mon logement: where the tenant lives, with whom, and whom to call."""

from typing import NamedTuple, Self

from ophportal.account.frames import render_framed
from ophportal.account.room import account, current_tenant
from ophportal.formatting import typography
from ophportal.models import BuildingContact, Dwelling, Lease, Tenant


class Home(NamedTuple):
    """A lease, as its card tells it."""

    lease: Lease
    co_tenants: list[Tenant]
    contacts: list[BuildingContact]

    @classmethod
    def of(cls, lease: Lease) -> Self:
        """For a lease that does not run: no co-tenants, and no contacts of a building."""
        contacts = BuildingContact.of(lease.dwelling) if lease.is_running else []
        return cls(lease, lease.co_tenants(), contacts)

    @property
    def kind(self) -> str:
        return rooms_in_words(self.lease.dwelling)


@account.get("/logement")
def dwelling() -> bytes:
    leases = Lease.running_first(current_tenant())
    return render_framed("account/dwelling.html", homes=[Home.of(lease) for lease in leases])


def rooms_in_words(dwelling: Dwelling) -> str:
    """« T3 : 3 pièces principales »; what says no number of rooms, or none, as it is: « Garage », « T0 »."""
    if not dwelling.rooms:
        return dwelling.kind.strip()
    rooms = "1 pièce principale" if dwelling.rooms == 1 else f"{dwelling.rooms} pièces principales"
    return typography(f"{dwelling.kind.strip()} : {rooms}")
