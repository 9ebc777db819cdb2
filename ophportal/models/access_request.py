"""An access request (demande de code d'accès): what somebody typed, and what the worker made of it."""

import secrets
from datetime import datetime
from enum import StrEnum

from peewee import Expression, ForeignKeyField, ModelSelect, TextField

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, in_steps
from ophportal.models.agent import Agent
from ophportal.models.tenant import Tenant


class Outcome(StrEnum):
    """What became of a request; the lines of the table in DESIGN (3)."""

    PENDING = "pending"
    CREDENTIALS_SENT = "credentials_sent"  # all four match: code and temporary password to the address on file
    OTHER_ADDRESS = "other_address"  # another address is on file: it is told, an agent verifies
    NO_ADDRESS = "no_address"  # no address is on file: an agent verifies
    NO_MATCH = "no_match"  # no match, but the typed address is on file: it is told
    UNKNOWN = "unknown"  # nothing matches: journal only
    TOO_MANY = "too_many"  # as often as may be in an hour, requests have had the address on file told this: no mail
    BLOCKED = "blocked"  # all match, and the office has blocked the access: the address on file is told


class AccessRequest(BaseModel):
    """The four fields as typed. `token` is the random id from which the temporary password is derived (DESIGN 4).

    An agent who sends a code asks for it in the tenant's stead (`asked_by`); who got a letter gives its code instead
    of the four fields (`letter_digest`). Whoever asks, one way leads to a password.
    """

    token = TextField(unique=True, default=lambda: secrets.token_hex(32))
    name = TextField()
    email = TextField()
    dwelling_reference = TextField()
    tenant_number = TextField()
    network_address = TextField()
    created_at = UtcDateTimeField(default=clock.now)
    outcome = TextField(default=Outcome.PENDING)
    tenant = ForeignKeyField(Tenant, null=True, backref="access_requests", on_delete="SET NULL")
    settled_at = UtcDateTimeField(null=True, index=True)
    asked_by = ForeignKeyField(Agent, null=True, backref="access_requests", on_delete="SET NULL")
    asked_by_id: int | None  # Peewee's own: the key, without its row
    letter_digest = TextField(default="")

    @classmethod
    def has_old_details(cls, settled_before: datetime, but: ModelSelect) -> Expression:
        """The condition: settled before then, with what people typed not blanked yet; not those that `but` selects."""
        # Who gives a letter's code gives no name.
        return (cls.settled_at < settled_before) & (cls.email != "") & cls.id.not_in(but)

    @classmethod
    def forget_details(cls, of_these: Expression) -> int:
        """Blank what people typed; their outcome stays, to count."""
        typed = (cls.name, cls.email, cls.dwelling_reference, cls.tenant_number, cls.network_address)
        return in_steps(cls.update(dict.fromkeys(typed, "")).where(of_these))

    @classmethod
    def asked_for(cls, tenant: Tenant, since: datetime):  # type: ignore[no-untyped-def] # peewee's ModelSelect
        """The query of the requests that agents made for this tenant's present address since then, newest first."""
        same = (cls.tenant_number == tenant.number) & (cls.email == tenant.email) & cls.asked_by.is_null(False)
        return cls.select().where(same & (cls.created_at > since)).order_by(cls.created_at.desc())

    @classmethod
    def is_just_asked_by(cls, agent: Agent, tenant: Tenant) -> bool:
        """Whether the agent's button was just pressed for this tenant (`clock.PRESSED_TWICE`)."""
        just_now = (cls.asked_by == agent) & clock.is_just_now(cls.created_at)
        return cls.asked_for(tenant, clock.a_moment_ago()).where(just_now).exists()

    def settle(self, outcome: Outcome, tenant: Tenant | None) -> None:
        self.outcome = outcome
        self.tenant = tenant
        self.settled_at = clock.now()
        self.save(only=[AccessRequest.outcome, AccessRequest.tenant, AccessRequest.settled_at])
