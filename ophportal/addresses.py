"""A tenant's e-mail address on file: the root of their access, so whoever had it before is told."""

from flask import current_app

from ophportal.database import writing
from ophportal.models import Agent, Event, JournalEntry, OutboxMessage, Tenant
from ophportal.models.keys import email_key


def record_address(tenant: Tenant, address: str, agent: Agent | None = None) -> bool:
    """Put `address` on file, at the word of `agent` or of the tenant; False when it is there already.

    The address before it is told that it is so no more. Temporary passwords that went to it are void by themselves
    (`TemporaryPassword.valid_for`).
    """
    if tenant.email_key == email_key(address):
        return False
    with writing():
        if tenant.email:
            OutboxMessage.put(
                current_app.config["MAIL_SENDER"], mail="email_changed", tenant=tenant, recipient=tenant.email
            )
        tenant.email = address
        tenant.email_key = email_key(address)
        tenant.save(only=[Tenant.email, Tenant.email_key])
        JournalEntry.create(event=Event.EMAIL_CHANGED, tenant=tenant, agent=agent)
    return True
