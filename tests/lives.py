"""A tenant with rows in every table that leads to one."""

import io
from datetime import date
from decimal import Decimal

from ophportal import clock, documents
from ophportal.models import (
    AccessRequest,
    Account,
    AddressChange,
    Decision,
    DeliveryConsent,
    Document,
    DocumentKind,
    Event,
    JournalEntry,
    LedgerEntry,
    OutboxMessage,
    Outcome,
    PaperCode,
    TemporaryPassword,
    Verification,
    Withdrawal,
)
from tests.documents import pdf


def live(tenant, agent=None):
    """A tenant about whom each table has something to say."""
    lease = tenant.leases.get()
    account = Account.get_or_open(tenant)
    enter(lease, "2026-01-01", "Loyer janvier", "412.35")
    enter(lease, "2026-01-05", "Prélèvement", "-400.00")
    drop(tenant, f"avis de {tenant.last_name}", lease=lease)
    Withdrawal.withdraw(drop(tenant, f"retiré à {tenant.last_name}", period=date(2026, 2, 1)))
    DeliveryConsent.give(tenant, f"Accord de {tenant.last_name}")
    request = AccessRequest.create(
        **request_of(tenant),
        tenant=tenant,
        outcome=Outcome.OTHER_ADDRESS,
        letter_digest=f"letter-digest-{tenant.id}",
        settled_at=clock.now(),
        asked_by=agent,
    )
    verification = Verification.ask_for(request, tenant)
    verification.decide(Decision.REFUSED, agent, f"Raison pour {tenant.last_name}")
    TemporaryPassword.issue(account, request, f"temporary-digest-{tenant.id}")
    PaperCode.issue({tenant.id: f"paper-digest-{tenant.id}"}, agent)
    AddressChange.ask(
        tenant,
        f"neuf{tenant.id}@exemple.test",
        f"change-token-{tenant.id}",
        f"confirm-{tenant.id}",
        f"undo-{tenant.id}",
    )
    OutboxMessage.put("a@exemple.test", mail="other_address", tenant=tenant, recipient=tenant.email, claim="claim0001")
    JournalEntry.create(
        event=Event.BLOCKED,
        tenant=tenant,
        agent=agent,
        detail=f"Motif pour {tenant.last_name}",
    )


def request_of(tenant):
    """What the tenant types to ask for a code."""
    reference = tenant.leases.get().dwelling.reference
    typed = {"name": tenant.last_name, "email": tenant.email, "tenant_number": tenant.number}
    return typed | {"dwelling_reference": reference, "network_address": "192.0.2.7"}


def drop(tenant, words, *, kind=DocumentKind.AVIS, lease=None, period=date(2026, 3, 1)):
    """A document with these words in it, and its content."""
    content = documents.put(io.BytesIO(pdf(words)))
    return Document.create(tenant=tenant, lease=lease, period=period, kind=kind, title=kind.label, **content._asdict())


def enter(lease, day, label, amount):
    """An entry of the lease's ledger; `amount` above zero is a debit."""
    amount = Decimal(amount)
    debit, credit = max(amount, Decimal(0)), max(-amount, Decimal(0))
    return LedgerEntry.create(lease=lease, date=date.fromisoformat(day), label=label, debit=debit, credit=credit)
