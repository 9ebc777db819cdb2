"""Sécurité: the tenant's sessions, last logins and password."""

from flask import Response, abort, flash, request
from flask_login import current_user

from ophportal.access import sessions
from ophportal.access.forms import OwnPasswordForm
from ophportal.access.login import doors_of, shared_doors_of
from ophportal.account.frames import render_framed
from ophportal.account.proof import recognise_again
from ophportal.account.room import HOME, account, row_id
from ophportal.database import writing
from ophportal.forms import NewPasswordForm
from ophportal.htmx import go_to, page_or_fragment
from ophportal.models import Event, JournalEntry, TenantSession
from ophportal.session_end import put_off_on_demand
from ophportal.wanted import wanted_or

SECURITY = "/compte/securite"


@account.route("/prolonger", methods=["GET", "POST"])
def extend_session() -> Response:
    return put_off_on_demand(current_user, "account/session.html", HOME)


@account.get("/securite")
def security() -> bytes:
    mine = current_user.account
    return render_framed(
        "account/security.html",
        current_id=current_user.id,
        mine=mine,
        sessions=TenantSession.running_of(mine),
        password_set_at=mine.password_set_at,
        logins=JournalEntry.last_logins(mine.tenant),
        refusals=JournalEntry.refusals_at(doors_of(mine)),
        shared_doors=shared_doors_of(mine),
    )


@account.post("/securite/deconnecter")
def end_session() -> Response:
    """End one of the tenant's own sessions. Pressed twice, or once it has ended by itself, it is over all the same.

    Anybody else's gets that answer, too, and is not touched.
    """
    session_id = request.form.get("session", 0, row_id) or abort(404)
    with writing():
        if TenantSession.end_one_of(current_user.account, session_id):
            sessions.note(Event.SESSIONS_ENDED)
    flash("L'appareil est déconnecté.")
    return go_to(SECURITY)


@account.post("/securite/deconnecter-les-autres")
def end_other_sessions() -> Response:
    with writing():
        TenantSession.end_all_of(current_user.account, but=current_user)
        sessions.note(Event.SESSIONS_ENDED)
    flash("Les autres appareils sont déconnectés.")
    return go_to(SECURITY)


@account.route("/choisir-mot-de-passe", methods=["GET", "POST"])
def choose_password() -> Response:
    """After a temporary password, the tenant's own: before anything else."""
    if not current_user.must_choose:
        return go_to(HOME)
    form = NewPasswordForm()
    if not form.validate_on_submit() or not form.is_fit(current_user.account):
        return page_or_fragment("account/choose_password.html", form.status, form=form)
    if not sessions.replace_password(current_user.account, form.new_password.data, stay=True):
        return sessions.ask_to_identify()  # another browser was first, and that ended this session
    flash(sessions.CONNECTED)
    return go_to(wanted_or(HOME))


@account.route("/mot-de-passe", methods=["GET", "POST"])
def change_password() -> Response:
    form = OwnPasswordForm()
    template = "account/change_password.html"
    if not form.validate_on_submit() or not form.is_fit(current_user.account):
        return page_or_fragment(template, form.status, form=form)
    proved = recognise_again(form, template)
    if isinstance(proved, Response):
        return proved
    if not sessions.replace_password(proved.account, form.new_password.data, proved=proved, stay=True):
        return sessions.ask_to_identify()
    flash("Votre mot de passe est changé. Vos autres appareils sont déconnectés.")
    return go_to(HOME)
