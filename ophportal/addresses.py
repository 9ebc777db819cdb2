"""A tenant's e-mail address on file: the root of their access, so whoever had it before is told.

A tenant who changes it confirms the new one by a link sent there, and whoever holds the old one may undo it by a link
sent to it. The links' secrets are derived from the secret key and the change's random token: no store holds them.
"""

import secrets

from ophportal import clock
from ophportal.database import writing
from ophportal.models import (
    Account,
    AddressChange,
    Agent,
    Event,
    JournalEntry,
    TemporaryPassword,
    Tenant,
    TenantSession,
)
from ophportal.models.keys import email_key
from ophportal.models.session_row import digest_of
from ophportal.posting import post
from ophportal.secret_key import keyed

# Of a link's secret: hexadecimal characters.
SECRET_LENGTH = 64


def record_address(
    tenant: Tenant, address: str, agent: Agent | None = None, change: AddressChange | None = None
) -> bool:
    """Put `address` on file, at the word of `agent` or of the tenant; False when it is there already.

    The address before it is told that it is so no more, and how to undo that where the tenant asked for the `change`.
    Temporary passwords that went to it are void by themselves (`TemporaryPassword.valid_for`).
    """
    with writing():
        on_file = Tenant.get_by_id(tenant.id)
        if on_file.email_key == email_key(address):
            return False
        if on_file.email:
            post("email_changed", tenant=tenant, recipient=on_file.email, address_change=change)
        tenant.change_email(address, on_file.email_key)
        detail = "par le locataire" if change else ""
        JournalEntry.create(event=Event.EMAIL_CHANGED, tenant=tenant, agent=agent, detail=detail)
    return True


def ask_for_change(tenant: Tenant, address: str, network_address: str) -> None:
    """Send the new address a link that confirms it; the link before it is void. For the caller's transaction.

    Pressed twice, it is asked once: the second mail would void the link of the first. The same is done whoever else has
    that address: nobody learns here who is a tenant.
    """
    pending = AddressChange.pending_of(tenant)
    if pending and pending.new_email == address and clock.is_just_now(pending.created_at):
        return
    token = secrets.token_hex(32)
    change = AddressChange.ask(
        tenant, address, token, digest_of(confirmation_secret(token)), digest_of(undo_secret(token))
    )
    post("confirm_address", tenant=tenant, recipient=address, address_change=change)
    JournalEntry.create(event=Event.EMAIL_ASKED, tenant=tenant, network_address=network_address)


def confirm_change(secret: str) -> AddressChange | None:
    """Put on file the address whose link carries `secret`, if it is not there by this link; None when that is dead."""
    with writing():
        change = AddressChange.pending_with(digest_of(secret))
        if change is None:
            return AddressChange.confirmed_with(digest_of(secret))
        change.confirm()
        record_address(change.tenant, change.new_email, change=change)
    return change


def undo_change(secret: str) -> AddressChange | None:
    """Undo the change whose link carries `secret`, and those that went on from it; None when that link is dead.

    Whoever knew the password is out: it is forgotten, and every session ends. The address from before comes back,
    unless the office has put another on file meanwhile: that one stays. What is undone by this link already is left.
    """
    with writing():
        change = AddressChange.undoable_with(digest_of(secret))
        if change is None:
            return AddressChange.undone_with(digest_of(secret))
        tenant = change.tenant
        chain = change.with_what_followed()
        for one in chain:
            one.undo()
        AddressChange.drop_pending(tenant)
        let_nobody_in(tenant)
        on_file = tenant.email
        if tenant.email_key == chain[-1].new_key:
            tenant.change_email(change.old_email, tenant.email_key)
        post("change_undone", tenant=tenant, recipient=on_file, address_change=change)
        JournalEntry.create(event=Event.EMAIL_UNDONE, tenant=tenant)
    return change


def let_nobody_in(tenant: Tenant) -> None:
    """End every session, forget the own password, void the mailed ones."""
    account = Account.of(tenant)
    TenantSession.end_all_of(account)
    TemporaryPassword.drop_unused(account)
    account.forget_password()


def confirmation_secret(token: str) -> str:
    """The secret of the link that confirms the change `token`."""
    return keyed("confirm address change", token).hex()


def undo_secret(token: str) -> str:
    """The secret of the link that undoes the change `token`."""
    return keyed("undo address change", token).hex()
