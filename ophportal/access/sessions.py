"""Entering and leaving: the cookie names a row, and the row is the session (DESIGN 6)."""

from datetime import datetime
from typing import Any

from flask import Response, flash, request, session
from flask_login import current_user, login_user

from ophportal import clock
from ophportal.access.login import Recognised, admit, know_this_device, this_device, this_form
from ophportal.database import writing
from ophportal.extensions import login_manager
from ophportal.htmx import go_to
from ophportal.models import (
    Account,
    Agent,
    AgentSession,
    Event,
    JournalEntry,
    TemporaryPassword,
    TenantSession,
)
from ophportal.passwords import hash_password, verify_password
from ophportal.posting import tell_tenant
from ophportal.secret_key import keyed, keyed_digest
from ophportal.session_end import session_is_over
from ophportal.signatures import TOKEN, begin_form_tokens
from ophportal.visitor import client_address, client_device
from ophportal.wanted import WANTED

IDENTIFICATION = "/identification"
CONNECTED = "Vous êtes maintenant connecté à votre compte locataire"


@login_manager.user_loader
def running_session(token: str) -> TenantSession | None:
    return TenantSession.named_by(token)


@login_manager.unauthorized_handler
def ask_to_identify() -> Response:
    """Lead to « Identification » as a whole page: after the end of a session, htmx must not swap the login form in."""
    was_in = "_user_id" in session
    if was_in:
        session.clear()
    # Another tab may have shown the message already; but a POST from this one is lost, and must say so.
    if was_in or request.method == "POST":
        flash(session_is_over())
    return go_to(IDENTIFICATION)


def let_in(recognised: Recognised) -> bool:
    """Open a session for who has just been recognised; False when `admit` says so.

    Some people press every button twice. The browser then drops the first answer with its cookie, and the second
    request may even be served first. So both answers open the same session: a mailed password would be used up by the
    first, and the second would open nothing.
    """
    account, temporary, _, other = recognised
    by_mail, is_known, form = temporary is not None, bool(this_device(account)), this_form()
    with writing():
        first = TenantSession.of_first_press(account, form, by_mail=by_mail)
        device = f"{client_device()}, bouton pressé deux fois" if first else client_device()
        if not admit(recognised, device=device, again=first is not None):
            return False
        opened_at = first.created_at if first else clock.now()
        token = token_drawn_here(account, opened_at)
        if first:
            first.account, first.token = account, token
            hold(first)
            return True
        if by_mail:
            # They may have asked for it because somebody else is in: so at once, before another password is chosen.
            TenantSession.end_all_of(account)
        beside = other if other is not None and other.is_unchanged() else None
        enter(account, must_choose=by_mail, also_proved=beside, form_digest=form, created_at=opened_at, token=token)
        # No mail after a mailed password: who used it reads the mailbox, and knows.
        if not by_mail and not is_known:
            tell_tenant("new_device", account.tenant)
    return True


def token_drawn_here(account: Account, opened_at: datetime) -> str:
    """The token of the session that this browser's form opens: the same for a second press, new for every form.

    It is derived from the secret key and from the form's token secret, which is in the browser's cookie alone: neither
    a thief of the store nor one of the key can compute it.
    """
    return keyed("session", session[TOKEN], str(account.id), opened_at.isoformat()).hex()


def switch(other: Account) -> None:
    """Switch to `other`, whose password was right at the same login; in the caller's transaction.

    A new session under a fresh token takes the place of the present one. It ends twelve hours after the login.
    """
    is_known = bool(this_device(other))
    enter(other, also_proved=current_user.account, created_at=current_user.created_at)
    JournalEntry.create(
        event=Event.ACCOUNT_SWITCHED, tenant=other.tenant, detail=client_device(), network_address=client_address()
    )
    if not is_known:
        tell_tenant("new_device", other.tenant)


def enter(account: Account, **fields: Any) -> None:
    """Open a session, under a fresh token if `fields` has none, and end the one that the browser held.

    `fields` are further fields of the row: `must_choose`, `also_proved`, `form_digest`, `created_at`.
    """
    if current_user.is_authenticated:
        current_user.end()
    hold(TenantSession.start(account=account, device=client_device(), network_address=client_address(), **fields))


def hold(row: TenantSession) -> None:
    """Put this session into the browser's cookie, emptied but for the wanted page (against session fixation)."""
    wanted = session.get(WANTED)
    session.clear()
    if wanted:
        session[WANTED] = wanted
    login_user(row)
    begin_form_tokens(str(row.account_id))
    know_this_device(row.account)


def leave() -> None:
    """End the session here and in the store, so that a copied cookie opens nothing."""
    if current_user.is_authenticated:
        with writing():
            note(Event.LOGOUT)
            current_user.end()
    session.clear()


def replace_password(account: Account, password: str, *, proved: Recognised | None = None, stay: bool = False) -> bool:
    """Give the account its new password, end every session of the old one, and tell the tenant by mail.

    `proved` comes from the old password, and is admitted in the same transaction: a fault in between would leave a
    mailed password used up and no new one. With `stay` this browser gets a new session. Other browsers are
    no longer known devices. False, and nothing done, when the account's password is not the one that `account` was read
    with, or when the session that should go on has been ended, by an agent or by an undone change of address (which an
    account without a password of its own would not show).
    """
    # Before the transaction: a slow hash would hold every other writer up.
    password_hash, was_known = hash_password(password), bool(this_device(account))
    with writing():
        if stay and not current_user.is_there():
            return False
        if not (admit(proved, Event.PASSWORD_PROVED) if proved else account.is_unchanged()):
            return False
        account.choose_password(password_hash)
        TenantSession.end_all_of(account)
        JournalEntry.create(
            event=Event.PASSWORD_CHANGED,
            tenant=account.tenant,
            subject=form_of(account.id),
            network_address=client_address(),
        )
        tell_tenant("password_changed", account.tenant)
        if stay:
            enter(account)
        elif was_known:
            know_this_device(account)
    return True


def has_just_replaced(identifier: str, password: str) -> bool:
    """Whether this browser's form has just given the account that `identifier` names this very password.

    Its button was pressed twice. Whoever has not sent that form learns nothing, and costs no slow hash.
    """
    named = Account.ids_named_by(identifier)
    changed = [one for one in named if JournalEntry.has_just(Event.PASSWORD_CHANGED, subject=form_of(one))]
    return any(verify_password(password, Account.passwords_of([one])[one].hash) for one in changed)


def form_of(account_id: int) -> str:
    """The digest of the form that this browser has open, as one about this account."""
    return keyed_digest("form", this_form(), str(account_id))


def void_everything() -> tuple[int, int]:
    """After a breach, void every password and end every session; how many tenants' and agents' passwords it was."""
    with writing():
        TemporaryPassword.delete().execute()
        TenantSession.delete().execute()
        AgentSession.delete().execute()
        JournalEntry.create(event=Event.EVERYTHING_VOIDED)
        return Account.forget_all_passwords(), Agent.forget_all_passwords()


def note(event: Event) -> None:
    """Journal an event of the tenant who is logged in."""
    JournalEntry.create(event=event, tenant=current_user.tenant, network_address=client_address())
