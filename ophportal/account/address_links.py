"""Where the links of the mails lead: confirm a new address, undo a change. They open without a session.

A link only takes its secret out of the address, and a button does the work: mail scanners open links too.
"""

from flask import Blueprint, Response, flash, render_template, session
from flask_login import current_user

from ophportal.addresses import confirm_change, undo_change
from ophportal.formatting import typography
from ophportal.htmx import go_to
from ophportal.models import AddressChange
from ophportal.models.session_row import digest_of

links = Blueprint("address_links", __name__)

CONFIRM = "/confirmer-adresse"
UNDO = "/annuler-changement"
CONFIRMED = "Votre adresse e-mail est changée. L'office vous écrit maintenant à la nouvelle."
RESTORED = (
    "L'office écrit de nouveau à l'ancienne adresse e-mail. Tous les appareils sont déconnectés, et le mot de passe ne "
    "marche plus. Demandez maintenant un nouveau mot de passe."
)
OFFICE_S_STAYS = (
    "Tous les appareils sont déconnectés, et le mot de passe ne marche plus. L'office a enregistré depuis une autre "
    "adresse e-mail : elle reste. Appelez l'office si ce n'est pas la vôtre, ou demandez un nouveau mot de passe."
)


@links.get("/confirmer-adresse/<secret>")
def open_confirmation(secret: str) -> Response:
    keep("confirm_address", secret, AddressChange.pending_with(digest_of(secret)))
    return go_to(CONFIRM)


@links.get("/confirmer-adresse")
def look_at_confirmation() -> Response:
    change = AddressChange.pending_with(digest_of(session.get("confirm_address", "")))
    return dead_link() if change is None else page("account/confirm_address.html", change)


@links.post("/confirmer-adresse")
def confirm() -> Response:
    change = confirm_change(session.pop("confirm_address", ""))
    if change is None:
        return dead_link()
    flash(CONFIRMED)
    is_theirs = current_user.is_authenticated and current_user.tenant == change.tenant
    return go_to("/compte/coordonnees" if is_theirs else "/identification")


@links.get("/annuler-changement/<secret>")
def open_undo(secret: str) -> Response:
    keep("undo_address", secret, AddressChange.undoable_with(digest_of(secret)))
    return go_to(UNDO)


@links.get("/annuler-changement")
def look_at_undo() -> Response:
    change = AddressChange.undoable_with(digest_of(session.get("undo_address", "")))
    return dead_link() if change is None else page("account/undo_change.html", change)


@links.post("/annuler-changement")
def undo() -> Response:
    change = undo_change(session.pop("undo_address", ""))
    if change is None:
        return dead_link()
    flash(typography(RESTORED if change.tenant.email_key == change.old_key else OFFICE_S_STAYS))
    return go_to("/mot-de-passe-oublie")


def keep(name: str, secret: str, change: AddressChange | None) -> None:
    """Keep the secret for the page that follows, where it leads to a `change`; what leads nowhere fills no cookie."""
    if change is None:
        session.pop(name, None)
    else:
        session[name] = secret


def page(template: str, change: AddressChange) -> Response:
    return Response(render_template(template, change=change))


def dead_link() -> Response:
    return Response(render_template("account/link_is_dead.html"), 410)
