"""A tenant's record (dossier) as an agent reads it."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from peewee import JOIN

from ophportal import clock
from ophportal.access.login import account_door, shared_door
from ophportal.models import (
    Account,
    Agent,
    DeliveryConsent,
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
from ophportal.models.journal import Refusals

MOST_ENTRIES, MOST_REFUSALS, MOST_MAILS = 50, 10, 20
# Opening a record again within this time is journalled as the same look.
ONE_LOOK = timedelta(hours=1)


class JournalPage(NamedTuple):
    """A page of what happened to a tenant, newest first: its `number` (1, 2…), and whether older entries follow."""

    number: int
    entries: list[JournalEntry]
    has_older: bool


class Record(NamedTuple):
    """`journal` is its first page, `mails` are the newest first; `temporary` is the live temporary password's row, and
    `password_mail` what carries it."""

    tenant: Tenant
    account: Account | None
    state: AccessState
    temporary: TemporaryPassword | None
    password_mail: OutboxMessage | None
    leases: list[Lease]
    documents: list[Document]
    sessions: list[TenantSession]
    journal: JournalPage
    refusals: Refusals
    mails: list[OutboxMessage]
    verifications: list[Verification]
    letter: PaperCode | None
    phone_changed_at: datetime | None
    consent: DeliveryConsent | None

    @property
    def may_enter(self) -> bool:
        return self.state not in {AccessState.ENDED, AccessState.TO_COME, AccessState.BLOCKED}

    @property
    def begins_on(self) -> date:
        """The first day of the earliest lease to come; for the state TO_COME."""
        return min(lease.begins_on for lease in self.leases if lease.begins_on)


def record_of(tenant: Tenant) -> Record:
    account = Account.get_or_none(Account.tenant == tenant)
    temporary = TemporaryPassword.live_of(account) if account else None
    mail = OutboxMessage.with_passwords([temporary]).get(temporary.account_id) if temporary else None
    leases = Lease.running_first(tenant)
    return Record(
        tenant=tenant,
        account=account,
        state=access_state(leases, account, mail),
        temporary=temporary,
        password_mail=mail,
        leases=leases,
        documents=Document.of_tenant(tenant),
        sessions=TenantSession.running_of(account) if account else [],
        journal=journal_of(tenant),
        refusals=JournalEntry.refusals_at(common_doors(tenant, account), MOST_REFUSALS),
        mails=OutboxMessage.newest_of(tenant, MOST_MAILS),
        verifications=list(Verification.pending().where(Verification.tenant == tenant)),
        letter=PaperCode.newest_of(tenant),
        phone_changed_at=JournalEntry.phone_changed_at(tenant),
        consent=DeliveryConsent.of(tenant),
    )


def journal_of(tenant: Tenant, number: int = 1) -> JournalPage:
    """A page of the journal about the tenant; it is empty beyond the oldest."""
    query = JournalEntry.select(JournalEntry, Agent).join(Agent, JOIN.LEFT_OUTER).where(JournalEntry.tenant == tenant)
    query = query.order_by(JournalEntry.at.desc(), JournalEntry.id.desc())
    found = list(query.offset((number - 1) * MOST_ENTRIES).limit(MOST_ENTRIES + 1))
    return JournalPage(number, found[:MOST_ENTRIES], has_older=len(found) > MOST_ENTRIES)


def common_doors(tenant: Tenant, account: Account | None) -> list[str]:
    """The doors of the account for browsers that are not known; none without an account."""
    return [account_door(account.id, ""), shared_door(tenant.email_key, "")] if account else []


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
