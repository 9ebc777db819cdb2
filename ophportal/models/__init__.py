"""The nouns of the portal, one a file, with the rules and the queries that belong to them."""

from ophportal.models.access_request import AccessRequest, Outcome
from ophportal.models.account import Account
from ophportal.models.address_change import AddressChange
from ophportal.models.agent import Agent, AgentSession, RecoveryCode, Role
from ophportal.models.building_contact import BuildingContact
from ophportal.models.delivery_consent import DeliveryConsent
from ophportal.models.document import Document, DocumentKind
from ophportal.models.dwelling import Dwelling
from ophportal.models.job import Job, JobState
from ophportal.models.journal import Event, JournalEntry
from ophportal.models.lease import Lease
from ophportal.models.ledger_entry import LedgerEntry
from ophportal.models.outbox_message import MailState, OutboxMessage
from ophportal.models.paper_code import PaperCode
from ophportal.models.temporary_password import TemporaryPassword
from ophportal.models.tenant import Tenant
from ophportal.models.tenant_session import TenantSession
from ophportal.models.verification import Decision, Verification
from ophportal.models.withdrawal import Withdrawal

# In the order of their foreign keys: a table comes after those that it points at.
TABLES = (
    Tenant,
    Dwelling,
    BuildingContact,
    Lease,
    LedgerEntry,
    Document,
    Withdrawal,
    DeliveryConsent,
    Account,
    Agent,
    RecoveryCode,
    AgentSession,
    AccessRequest,
    TemporaryPassword,
    TenantSession,
    JournalEntry,
    Verification,
    PaperCode,
    AddressChange,
    Job,
    OutboxMessage,
)

__all__ = [
    "TABLES",
    "AccessRequest",
    "Account",
    "AddressChange",
    "Agent",
    "AgentSession",
    "BuildingContact",
    "Decision",
    "DeliveryConsent",
    "Document",
    "DocumentKind",
    "Dwelling",
    "Event",
    "Job",
    "JobState",
    "JournalEntry",
    "Lease",
    "LedgerEntry",
    "MailState",
    "OutboxMessage",
    "Outcome",
    "PaperCode",
    "RecoveryCode",
    "Role",
    "TemporaryPassword",
    "Tenant",
    "TenantSession",
    "Verification",
    "Withdrawal",
]
