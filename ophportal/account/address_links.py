"""Where the links of the mails lead: confirm a new address, undo a change. They open without a session.

A link only moves its secret from the URL to the session, and a button does the work: mail scanners open links too. The
form carries the secret of its own page, since a couple may have both their links open in one browser. A link that has
done its work leads on as it did the first time: it may be opened again, or its first answer lost.
"""

from flask import Blueprint, Response, flash, render_template, request, session
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from ophportal.addresses import SECRET_LENGTH, confirm_change, undo_change
from ophportal.formatting import typography
from ophportal.htmx import go_to
from ophportal.models import AddressChange
from ophportal.models.session_row import digest_of

links = Blueprint("address_links", __name__)

CONFIRM = "/confirmer-adresse"
UNDO = "/annuler-changement"
CONFIRMED = "Votre adresse e-mail est changée. L'office vous écrit maintenant à {}."
RESTORED = (
    "L'office écrit de nouveau à l'ancienne adresse e-mail. Tous les appareils sont déconnectés, et le mot de passe ne "
    "marche plus. Demandez maintenant un nouveau mot de passe."
)
OFFICE_S_STAYS = (
    "Tous les appareils sont déconnectés, et le mot de passe ne marche plus. Depuis, l'office a enregistré une autre "
    "adresse e-mail : elle reste. C'est la vôtre ? Demandez un nouveau mot de passe. Sinon, appelez l'office."
)


@links.get("/confirmer-adresse/<secret>")
def open_confirmation(secret: str) -> Response:
    keep("confirm_address", secret)
    return go_to(CONFIRM)


@links.get("/confirmer-adresse")
def look_at_confirmation() -> Response:
    secret = session.get("confirm_address")
    if secret is None:
        return lost_link()
    if change := AddressChange.pending_with(digest_of(secret)):
        return Response(render_template("account/confirm_address.html", change=change, secret=secret))
    return confirmed(AddressChange.confirmed_with(digest_of(secret)))


@links.post("/confirmer-adresse")
def confirm() -> Response:
    return confirmed(confirm_change(request.form.get("secret", "")))


def confirmed(change: AddressChange | None) -> Response:
    if change is None:
        return dead_link()
    flash(CONFIRMED.format(change.new_email))
    if not current_user.is_authenticated:
        return go_to("/identification")
    # If somebody else is logged in here, « Mes coordonnées » would show another address than the message.
    return go_to("/compte/coordonnees" if current_user.tenant == change.tenant else "/")


@links.get("/annuler-changement/<secret>")
def open_undo(secret: str) -> Response:
    keep("undo_address", secret)
    return go_to(UNDO)


@links.get("/annuler-changement")
def look_at_undo() -> Response:
    secret = session.get("undo_address")
    if secret is None:
        return lost_link()
    if change := AddressChange.undoable_with(digest_of(secret)):
        return Response(render_template("account/undo_change.html", change=change, secret=secret))
    return undone(AddressChange.undone_with(digest_of(secret)))


@links.post("/annuler-changement")
def undo() -> Response:
    return undone(undo_change(request.form.get("secret", "")))


def undone(change: AddressChange | None) -> Response:
    if change is None:
        return dead_link()
    flash(typography(RESTORED if change.tenant.email_key == change.old_key else OFFICE_S_STAYS))
    return go_to("/mot-de-passe-oublie")


def keep(name: str, secret: str) -> None:
    """Keep the secret in the session, without the full stop or « > » that mail programs append to a link."""
    session[name] = secret[:SECRET_LENGTH]


def dead_link() -> Response:
    return Response(render_template("account/link_is_dead.html"), 410)


@links.errorhandler(CSRFError)
def lost_link(_error: CSRFError | None = None) -> Response:
    """The browser keeps no cookie, or the form's token is stale: the link itself may still be valid."""
    return Response(render_template("account/link_is_lost.html"), 400)
