"""The nouns of the portal, one a file, with the rules and the queries that belong to them."""

from ophportal.models.access_request import AccessRequest, Outcome
from ophportal.models.account import Account
from ophportal.models.dwelling import Dwelling
from ophportal.models.journal import Event, JournalEntry
from ophportal.models.lease import Lease
from ophportal.models.outbox_message import MailState, OutboxMessage
from ophportal.models.temporary_password import TemporaryPassword
from ophportal.models.tenant import Tenant
from ophportal.models.tenant_session import TenantSession

TABLES = (
    Tenant,
    Dwelling,
    Lease,
    Account,
    AccessRequest,
    TemporaryPassword,
    TenantSession,
    JournalEntry,
    OutboxMessage,
)

__all__ = [
    "TABLES",
    "AccessRequest",
    "Account",
    "Dwelling",
    "Event",
    "JournalEntry",
    "Lease",
    "MailState",
    "OutboxMessage",
    "Outcome",
    "TemporaryPassword",
    "Tenant",
    "TenantSession",
]
