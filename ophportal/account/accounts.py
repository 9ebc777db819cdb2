"""Plusieurs comptes: the two accounts of one person, told apart, and the way from one to the other."""

from flask import Response, abort, flash, make_response, request
from flask_login import current_user

from ophportal.access import sessions
from ophportal.account.frames import render_framed
from ophportal.account.room import HOME, account, row_id
from ophportal.database import writing
from ophportal.htmx import go_to
from ophportal.models import Lease
from ophportal.wanted import wanted_or


@account.get("/comptes")
def choose_account() -> Response:
    """The open account and the other that the same login proved; home, when there is no other."""
    other = current_user.other_account()
    if other is None:
        return go_to(HOME)
    cards = [(one, Lease.current_of(one.tenant)) for one in (current_user.account, other)]
    return make_response(render_framed("account/choose_account.html", cards=cards))


@account.post("/comptes")
def open_account() -> Response:
    """Open one of the two; 404 for any other, or when the second may not be opened any more."""
    chosen = request.form.get("account", 0, row_id)
    if chosen != current_user.account.id:
        with writing():
            other = current_user.other_account()
            if other is None or other.id != chosen:
                abort(404)
            sessions.switch(other)
    flash(sessions.CONNECTED)
    return go_to(wanted_or(HOME))
