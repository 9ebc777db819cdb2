"""How the rest of the portal sends mail: it writes a row of the outbox, which the worker delivers."""

from typing import Any

from flask import current_app

from ophportal.models import Agent, OutboxMessage, Tenant


def post(mail: str = "", **fields: Any) -> None:
    """Put `mail` into the outbox, in the caller's transaction; the worker decides which mail a `request` gets."""
    OutboxMessage.put(current_app.config["MAIL_SENDER"], mail=mail, **fields)


def tell_tenant(mail: str, tenant: Tenant) -> None:
    """Post this mail to the tenant's address on file, if there is one."""
    if tenant.email:
        post(mail, tenant=tenant, recipient=tenant.email)


def tell_agent(mail: str, agent: Agent) -> None:
    post(mail, recipient=agent.email)
