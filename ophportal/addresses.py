"""Changing a tenant's e-mail address on file. It opens their account, so the address before it is always told.

A tenant who changes it confirms the new one by a link mailed there, and a link mailed to the old one undoes the change.
The links' secrets are derived from the secret key and the change's random token: no store holds them.
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

# Hexadecimal characters of a link's secret.
SECRET_LENGTH = 64


def record_address(
    tenant: Tenant, address: str, agent: Agent | None = None, change: AddressChange | None = None
) -> bool:
    """Put `address` on file; False, and nothing done, when it is there already.

    `change` is the tenant's own request where there was one; otherwise `agent` decided, or a letter's code proved it.
    The address before it gets a mail, which can undo a `change`. Temporary passwords that were mailed there are void
    by themselves (`TemporaryPassword.valid_for`).
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
    """Mail a confirmation link to `address`; an earlier link is void. Runs in the caller's transaction.

    The same request within `clock.PRESSED_TWICE` does nothing: its mail would void the first one's link. An address
    that another tenant has is treated alike, since the answer must not tell who is a tenant.
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
    """Put on file the new address of the link that carries `secret`; None when the link is not, or no longer, valid.

    A link that has done so already gives the same change again.
    """
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
    account = Account.get_or_open(tenant)
    TenantSession.end_all_of(account)
    TemporaryPassword.drop_unused(account)
    account.forget_password()


def confirmation_secret(token: str) -> str:
    """The secret of the link that confirms the change `token`."""
    return keyed("confirm address change", token).hex()


def undo_secret(token: str) -> str:
    """The secret of the link that undoes the change `token`."""
    return keyed("undo address change", token).hex()
