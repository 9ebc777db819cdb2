"""What an agent does for a tenant. Each is journalled with who did it; none shows or chooses a password."""

from ophportal.addresses import record_address
from ophportal.database import writing
from ophportal.formatting import month_name
from ophportal.models import (
    AccessRequest,
    Account,
    AddressChange,
    Agent,
    Decision,
    Document,
    Event,
    JournalEntry,
    Lease,
    Tenant,
    TenantSession,
    Verification,
    Withdrawal,
)
from ophportal.posting import post


def may_enter(tenant: Tenant) -> bool:
    """Whether a code would let the tenant in: a lease of theirs runs, and the office has not blocked the access."""
    return Lease.has_current(tenant) and not Account.is_blocked(tenant)


def send_code(tenant: Tenant, agent: Agent) -> bool:
    """Write an access request for the tenant, with their data on file; the worker treats it like any other.

    A button pressed twice writes one: a second mail would void the first one's password. False, and nothing written,
    when no lease of theirs runs.
    """
    leases = Lease.current_of(tenant)
    if not leases:
        return False
    with writing():
        if AccessRequest.is_just_asked_by(agent, tenant):
            return True
        request = AccessRequest.create(
            name=tenant.last_name,
            email=tenant.email,
            dwelling_reference=leases[0].dwelling.reference,
            tenant_number=tenant.number,
            network_address="",
            asked_by=agent,
        )
        post(request=request)
        JournalEntry.create(event=Event.CODE_ASKED, tenant=tenant, agent=agent)
    return True


def end_sessions(tenant: Tenant, agent: Agent) -> None:
    """End every session of the tenant; nothing without an account, which has none."""
    with writing():
        if (account := Account.get_or_none(Account.tenant == tenant)) is not None:
            TenantSession.end_all_of(account)
            JournalEntry.create(event=Event.SESSIONS_ENDED, tenant=tenant, agent=agent)


def block(tenant: Tenant, agent: Agent, reason: str) -> None:
    """Block the account and end its sessions. A button pressed twice is journalled once."""
    noted = {"tenant": tenant, "agent": agent, "detail": reason}
    with writing():
        account = Account.get_or_open(tenant)
        if account.blocked_at and JournalEntry.has_just(Event.BLOCKED, **noted):
            return
        account.block()
        TenantSession.end_all_of(account)
        AddressChange.drop_pending(tenant)
        JournalEntry.create(event=Event.BLOCKED, **noted)


def unblock(tenant: Tenant, agent: Agent) -> None:
    with writing():
        if Account.is_blocked(tenant):
            Account.get(Account.tenant == tenant).unblock()
            JournalEntry.create(event=Event.UNBLOCKED, tenant=tenant, agent=agent)


def approve(verification: Verification, agent: Agent) -> bool:
    """Put the typed address on file and send the code there.

    False, and nothing done, when somebody has decided meanwhile, or the tenant may not enter any more.
    """
    tenant = verification.tenant
    with writing():
        if not may_enter(tenant) or not verification.decide(Decision.APPROVED, agent):
            return False
        record_address(tenant, verification.request.email, agent)
        JournalEntry.create(event=Event.VERIFICATION_APPROVED, tenant=tenant, agent=agent)
        send_code(tenant, agent)
    return True


def refuse(verification: Verification, agent: Agent, reason: str) -> bool:
    """Say no, and why: to the address on file, or to the typed one where there is none. False when decided meanwhile.

    Where another address is on file, the typed one still gets nothing (DESIGN 3).
    """
    with writing():
        if not verification.decide(Decision.REFUSED, agent, reason):
            return False
        tenant = verification.tenant
        post(
            "request_refused",
            tenant=tenant,
            verification=verification,
            recipient=tenant.email or verification.request.email,
        )
        JournalEntry.create(event=Event.VERIFICATION_REFUSED, tenant=tenant, agent=agent)
    return True


def withdraw_document(document: Document, agent: Agent) -> bool:
    """Withdraw a document that was wrong, or another tenant's. The purge erases its content.

    An import of the same content for the same place does not bring it back. False, and nothing done, when it is gone or
    replaced meanwhile.
    """
    with writing():
        if not Withdrawal.withdraw(document):
            return False
        JournalEntry.create(
            event=Event.DOCUMENT_WITHDRAWN,
            tenant=document.tenant_id,
            agent=agent,
            detail=f"{document.title}, {month_name(document.period)}",
        )
    return True
