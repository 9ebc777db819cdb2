"""À vérifier: an access request that DESIGN (3) leaves to a person, and what that person decided."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from peewee import JOIN, Expression, ForeignKeyField, TextField, fn

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, in_steps, writing
from ophportal.models.access_request import AccessRequest
from ophportal.models.agent import Agent
from ophportal.models.keys import email_key
from ophportal.models.tenant import Tenant

# An agent who opened a request and went to lunch holds it no longer than this.
HELD = timedelta(minutes=30)


class Decision(StrEnum):
    PENDING = ""
    APPROVED = "approved"
    REFUSED = "refused"


class Verification(BaseModel):
    request = ForeignKeyField(AccessRequest, backref="verifications", unique=True, on_delete="CASCADE")
    tenant = ForeignKeyField(Tenant, backref="verifications", on_delete="CASCADE")
    created_at = UtcDateTimeField(default=clock.now)
    opened_by = ForeignKeyField(Agent, null=True, backref="opened", on_delete="SET NULL")
    opened_at = UtcDateTimeField(null=True)
    decision = TextField(default=Decision.PENDING)
    reason = TextField(default="")
    decided_by = ForeignKeyField(Agent, null=True, backref="decided", on_delete="SET NULL")
    decided_at = UtcDateTimeField(null=True, index=True)

    @classmethod
    def ask_for(cls, request: AccessRequest, tenant: Tenant) -> Self:
        """Have an agent decide on `request`. A pending one with the same address is updated: it stays one line."""
        for older in cls.pending().where(cls.tenant == tenant):
            if email_key(older.request.email) == email_key(request.email):
                older.request = request
                older.save(only=[cls.request])
                return older
        return cls.create(request=request, tenant=tenant)

    @classmethod
    def pending(cls):  # type: ignore[no-untyped-def] # peewee's ModelSelect
        """The query of the pending ones, oldest first, with request, tenant and the agent who has opened them."""
        return (
            cls.select(cls, AccessRequest, Tenant, Agent)
            .join_from(cls, AccessRequest)
            .join_from(cls, Tenant)
            .join_from(cls, Agent, JOIN.LEFT_OUTER, on=(cls.opened_by == Agent.id))
            .where(cls.decision == Decision.PENDING)
            .order_by(cls.created_at, cls.id)
        )

    @classmethod
    def pending_count(cls) -> int:
        return cls.select().where(cls.decision == Decision.PENDING).count()

    def count_older(self) -> int:
        """How many pending ones are older than this one, which may itself be decided by now."""
        older = (Verification.created_at < self.created_at) | (
            (Verification.created_at == self.created_at) & (Verification.id < self.id)
        )
        return Verification.select().where((Verification.decision == Decision.PENDING) & older).count()

    @classmethod
    def requests_waiting(cls, since: datetime):  # type: ignore[no-untyped-def] # peewee's ModelSelect
        """The query of the requests that have waited for a decision since then or later."""
        return cls.select(cls.request).where((cls.decision == Decision.PENDING) & (cls.created_at >= since))

    @property
    def holder(self) -> Agent | None:
        """The agent who has it open, for half an hour at most, and while the office has not shut them out."""
        is_held = self.opened_at is not None and self.opened_at > clock.now() - HELD
        return self.opened_by if is_held and self.opened_by and self.opened_by.disabled_at is None else None

    def open_for(self, agent: Agent) -> bool:
        """Mark it as opened by `agent`; False when another one has it open."""
        free = (
            Verification.opened_by.is_null()
            | (Verification.opened_by == agent)
            | (Verification.opened_at < clock.now() - HELD)
            | Verification.opened_by.in_(Agent.select(Agent.id).where(Agent.disabled_at.is_null(False)))
        )
        now = clock.now()
        opened = Verification.update(opened_by=agent, opened_at=now).where(
            (Verification.id == self.id) & (Verification.decision == Decision.PENDING) & free
        )
        if opened.execute() == 0:
            return False
        self.opened_by, self.opened_at = agent, now
        return True

    def leave(self, agent: Agent) -> None:
        """Hand it back undecided."""
        held = (Verification.id == self.id) & (Verification.opened_by == agent)
        Verification.update(opened_by=None, opened_at=None).where(held).execute()

    def decide(self, decision: Decision, agent: Agent | None, reason: str = "") -> bool:
        """Decide it once; False when somebody has."""
        with writing():
            decided = Verification.update(
                decision=decision, decided_by=agent, decided_at=clock.now(), reason=reason
            ).where((Verification.id == self.id) & (Verification.decision == Decision.PENDING))
            return decided.execute() == 1

    @classmethod
    def just_decided(cls, verification_id: int, decision: Decision, agent: Agent) -> Self | None:
        """The one of this id, if the agent has just decided it so: the button was pressed twice."""
        just_so = (cls.decision == decision) & clock.is_just_now(cls.decided_at)
        return cls.get_or_none((cls.id == verification_id) & (cls.decided_by == agent) & just_so)

    @classmethod
    def drop_pending(cls, of_these: Expression) -> int:
        """Drop those that wait for a decision on these requests, whose details are about to be forgotten: there will be
        nothing left to accept.
        """
        # Not by `in_`: SQLite would look each of a step's rows up once for each request.
        theirs = AccessRequest.select().where((AccessRequest.id == cls.request) & of_these)
        return in_steps(cls.delete().where((cls.decision == Decision.PENDING) & fn.EXISTS(theirs)))

    @classmethod
    def forget_reasons(cls, decided_before: datetime) -> int:
        return in_steps(cls.update(reason="").where((cls.decided_at < decided_before) & (cls.reason != "")))
