"""Mes données: what the portal holds on the tenant, for how long, and a copy of it all (RGPD, art. 15)."""

from flask import Response, flash
from flask_login import current_user

from ophportal.access import sessions
from ophportal.access.login import doors_of, shared_doors_of
from ophportal.account.frames import render_framed
from ophportal.account.room import account, current_tenant
from ophportal.downloads import closed_on_error
from ophportal.htmx import go_to
from ophportal.models import Event, Lease

OWN_DATA = "/compte/donnees"


@account.get("/donnees")
def own_data() -> bytes:
    from ophportal.own_data.parts import PARTS

    return render_framed("account/own_data.html", parts=PARTS)


@account.post("/donnees/copie")
def download_own_data() -> Response:
    """The copy, as a file to keep. A POST: it is work, and it is journalled."""
    from ophportal.own_data.download import BUSY, BusyError, download_of
    from ophportal.own_data.person import Person

    tenant, mine = current_tenant(), current_user.account
    person = Person(tenant, mine, leases=Lease.all_of(tenant), doors=doors_of(mine), shared_doors=shared_doors_of(mine))
    try:
        answer = download_of(person, "mes-donnees")
    except BusyError:
        flash(BUSY)
        return go_to(OWN_DATA)
    with closed_on_error(answer):
        sessions.note(Event.DATA_EXPORTED)
    return answer
