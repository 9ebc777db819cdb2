"""Mes données: what the portal holds on the tenant, for how long, and a copy of it all (RGPD, art. 15)."""

import os

from flask import Response, flash, send_file
from flask_login import current_user

from ophportal import clock, waiting_rooms
from ophportal.access import sessions
from ophportal.access.login import doors_of, shared_doors_of
from ophportal.account.frames import render_framed
from ophportal.account.room import account, current_tenant
from ophportal.downloads import closed_on_error
from ophportal.htmx import go_to
from ophportal.models import Event, Lease

OWN_DATA = "/compte/donnees"
BUSY = "Le portail prépare déjà une autre copie. Réessayez dans une minute."


@account.get("/donnees")
def own_data() -> bytes:
    from ophportal.own_data.parts import PARTS

    return render_framed("account/own_data.html", parts=PARTS)


@account.post("/donnees/copie")
def download_own_data() -> Response:
    """The copy, as a file to keep. A POST: it is work, and it is journalled."""
    from ophportal.own_data.archive import BusyError, copy_of
    from ophportal.own_data.person import Person

    tenant, mine = current_tenant(), current_user.account
    try:
        file = copy_of(
            Person(tenant, mine, leases=Lease.all_of(tenant), doors=doors_of(mine), shared_doors=shared_doors_of(mine))
        )
    except BusyError:
        flash(BUSY)
        return go_to(OWN_DATA)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    name = f"mes-donnees-{clock.today().isoformat()}.zip"
    archive = send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)
    answer = waiting_rooms.sent_from(waiting_rooms.copies, archive, size)
    with closed_on_error(answer):
        sessions.note(Event.DATA_EXPORTED)
    return answer
