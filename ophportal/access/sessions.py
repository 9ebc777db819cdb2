"""Entering and leaving: the cookie names a row, and the row is the session (DESIGN 6)."""

from flask import Response, current_app, flash, request, session
from flask_login import current_user, login_user

from ophportal.access import cookies
from ophportal.database import writing
from ophportal.devices import device_name
from ophportal.extensions import login_manager
from ophportal.htmx import go_to
from ophportal.models import Account, Event, JournalEntry, OutboxMessage, TenantSession
from ophportal.passwords import hash_password

IDENTIFICATION = "/identification"
CONNECTED = "Vous êtes maintenant connecté à votre compte locataire"


@login_manager.user_loader
def running_session(token: str) -> TenantSession | None:
    return TenantSession.named_by(token)


@login_manager.unauthorized_handler
def ask_to_identify() -> Response:
    """To Identification as a whole page: an ended session must not paint the login form inside a fragment."""
    if "_user_id" in session:
        session.clear()
        flash("Votre session est terminée. Identifiez-vous de nouveau.")
    return go_to(IDENTIFICATION)


def enter(account: Account, *, must_choose: bool = False) -> None:
    """Open a session under a fresh token; whatever the browser held before is forgotten (no fixation)."""
    session.clear()
    row = TenantSession.open(
        account, must_choose=must_choose, device=request.user_agent.string, network_address=client_address()
    )
    login_user(row)
    cookies.know_device(account)


def leave() -> None:
    """End the session here and in the store, so that a copied cookie opens nothing."""
    if current_user.is_authenticated:
        JournalEntry.create(event=Event.LOGOUT, tenant=current_user.tenant, network_address=client_address())
        current_user.end()
    session.clear()


def replace_password(account: Account, password: str) -> None:
    """Give the account its new password, end every session of the old one, and tell the tenant by mail."""
    password_hash = hash_password(password)
    with writing():
        account.choose_password(password_hash)
        TenantSession.end_all_of(account)
        JournalEntry.create(event=Event.PASSWORD_CHANGED, tenant=account.tenant, network_address=client_address())
        if account.tenant.email:
            OutboxMessage.put(
                current_app.config["MAIL_SENDER"],
                mail="password_changed",
                tenant=account.tenant,
                recipient=account.tenant.email,
            )


def client_device() -> str:
    """What the visitor's device calls itself, in words."""
    return device_name(request.user_agent.string)


def client_address() -> str:
    """The network address that the request comes from, as far as the configured proxies vouch for it."""
    return request.remote_addr or ""
