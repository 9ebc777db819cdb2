"""A tenant's record (dossier) as an agent reads it."""

from datetime import timedelta
from typing import NamedTuple

from peewee import JOIN

from ophportal import clock
from ophportal.access.login import account_door, shared_door
from ophportal.models import (
    Account,
    Agent,
    Document,
    Event,
    JournalEntry,
    Lease,
    OutboxMessage,
    PaperCode,
    TemporaryPassword,
    Tenant,
    TenantSession,
    Verification,
)
from ophportal.models.access_state import AccessState, access_state

MOST_ENTRIES, MOST_MAILS = 50, 20
# Turning back to a record within the hour is one look at it.
ONE_LOOK = timedelta(hours=1)


class Record(NamedTuple):
    """`journal` and `mails` are the newest first; `temporary` is the live temporary password's row."""

    tenant: Tenant
    account: Account | None
    state: AccessState
    temporary: TemporaryPassword | None
    leases: list[Lease]
    documents: list[Document]
    sessions: list[TenantSession]
    journal: list[JournalEntry]
    mails: list[OutboxMessage]
    verifications: list[Verification]
    letter: PaperCode | None

    @property
    def may_enter(self) -> bool:
        return self.state not in {AccessState.ENDED, AccessState.BLOCKED}


def record_of(tenant: Tenant) -> Record:
    account = Account.get_or_none(Account.tenant == tenant)
    temporary = TemporaryPassword.live_of(account) if account else None
    return Record(
        tenant=tenant,
        account=account,
        state=access_state(Lease.has_current(tenant), account, temporary),
        temporary=temporary,
        leases=Lease.all_of(tenant),
        documents=Document.of_tenant(tenant),
        sessions=TenantSession.running_of(account) if account else [],
        journal=journal_of(tenant, account),
        mails=OutboxMessage.newest_of(tenant, MOST_MAILS),
        verifications=list(Verification.pending().where(Verification.tenant == tenant)),
        letter=PaperCode.newest_of(tenant),
    )


def journal_of(tenant: Tenant, account: Account | None) -> list[JournalEntry]:
    """The newest entries about the tenant, failures at the account's common doors among them."""
    about = JournalEntry.tenant == tenant
    if account is not None:
        doors = [account_door(account.id, ""), shared_door(tenant.email_key, "")]
        at_door = JournalEntry.subject.in_(doors)
        about |= at_door & JournalEntry.event.in_([Event.LOGIN_FAILED, Event.LOGIN_THROTTLED])
    query = JournalEntry.select(JournalEntry, Agent).join(Agent, JOIN.LEFT_OUTER).where(about)
    return list(query.order_by(JournalEntry.at.desc(), JournalEntry.id.desc()).limit(MOST_ENTRIES))


def note_look(tenant: Tenant, agent: Agent) -> None:
    """Journal that `agent` has read this record (CNIL 2021-122: who consulted what), once an hour."""
    looks = (
        (JournalEntry.tenant == tenant)
        & (JournalEntry.agent == agent)
        & (JournalEntry.event == Event.RECORD_VIEWED)
        & (JournalEntry.at > clock.now() - ONE_LOOK)
    )
    if not JournalEntry.select().where(looks).exists():
        JournalEntry.create(event=Event.RECORD_VIEWED, tenant=tenant, agent=agent)
