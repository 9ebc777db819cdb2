"""An agent of the office: who they are, what they may do, and the three things that let them in."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from peewee import ForeignKeyField, IntegerField, IntegrityError, TextField

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, writing
from ophportal.models.keys import email_key
from ophportal.models.session_row import SessionRow, digest_of

INVITATION = timedelta(hours=72)


def fresh_seed() -> str:
    return secrets.token_hex(32)


class Role(StrEnum):
    AGENT = "agent"
    MANAGER = "manager"  # responsable: also imports files and looks after the other agents


class Agent(BaseModel):
    """`factor_seed` is a random id from which, with the secret key, the second factor is derived: a thief of the
    database finds no secret of it. `factor_step` is the last time step used, so that no code serves twice.
    """

    email = TextField()
    email_key = TextField(unique=True)
    name = TextField()
    role = TextField(default=Role.AGENT)
    password_hash = TextField(default="")
    password_set_at = UtcDateTimeField(null=True)
    factor_seed = TextField(default=fresh_seed)
    factor_step = IntegerField(default=0)
    invitation_digest = TextField(default="", index=True)
    invitation_expires_at = UtcDateTimeField(null=True)
    created_at = UtcDateTimeField(default=clock.now)
    activated_at = UtcDateTimeField(null=True)
    disabled_at = UtcDateTimeField(null=True)

    @classmethod
    def enlist(cls, email: str, name: str, role: Role) -> Self | None:
        """A new agent, who cannot enter before an invitation is used; None when the address is an agent's already."""
        try:
            with writing():
                return cls.create(email=email, email_key=email_key(email), name=name, role=role)
        except IntegrityError:
            return None

    @classmethod
    def with_email(cls, typed: str) -> Self | None:
        return cls.get_or_none(cls.email_key == email_key(typed))

    @classmethod
    def has_manager(cls) -> bool:
        """Whether some responsable can enter now."""
        may_enter = (cls.password_hash != "") & cls.activated_at.is_null(False) & cls.disabled_at.is_null()
        return cls.select().where((cls.role == Role.MANAGER) & may_enter).exists()

    @classmethod
    def invited_by(cls, token: str) -> Self | None:
        """The agent whose one-time link carries `token`; None once it was used, replaced, or is too old."""
        invited = (cls.invitation_digest == digest_of(token)) & (cls.invitation_expires_at > clock.now())
        return cls.select().where(invited & cls.disabled_at.is_null()).first() if token else None

    @classmethod
    def just_activated_with(cls, factor_seed: str) -> Self | None:
        """The agent whose first login, a moment ago, was from the browser that had drawn this seed."""
        just_now = (cls.factor_seed == factor_seed) & (cls.activated_at > clock.a_moment_ago())
        return cls.select().where(just_now & cls.disabled_at.is_null()).first() if factor_seed else None

    @classmethod
    def forget_all_passwords(cls) -> int:
        """Void every agent's password and one-time link; how many passwords there were. Each needs a new link."""
        cls.update(invitation_digest="").where(cls.invitation_digest != "").execute()
        return cls.update(password_hash="").where(cls.password_hash != "").execute()

    @classmethod
    def purge(cls, disabled_before: datetime) -> int:
        """Erase the agents shut out before then, how many it was; what they did stays, and names nobody."""
        return cls.delete().where(cls.disabled_at < disabled_before).execute()

    @property
    def is_manager(self) -> bool:
        return self.role == Role.MANAGER

    @property
    def is_active(self) -> bool:
        """Whether their address, password and code can open the console."""
        return bool(self.password_hash) and self.activated_at is not None and self.disabled_at is None

    def is_unchanged(self) -> bool:
        """Whether what lets them in is still what was read: a hash takes long enough for it to be replaced."""
        same = (Agent.password_hash == self.password_hash) & (Agent.factor_seed == self.factor_seed)
        return Agent.select().where((Agent.id == self.id) & same & Agent.disabled_at.is_null()).exists()

    def choose_password(self, password_hash: str) -> None:
        self.password_set_at = clock.now()
        self.password_hash = password_hash
        self.save(only=[Agent.password_hash, Agent.password_set_at])

    def rehash(self, password_hash: str) -> None:
        """The same password under newer parameters, unless it has been replaced meanwhile."""
        with writing():
            if self.is_unchanged():
                self.password_hash = password_hash
                self.save(only=[Agent.password_hash])

    def invite(self, token: str = "") -> str:
        """Void every way in, an earlier one-time link too; the token of the new link, `token` where it is given."""
        token = token or secrets.token_urlsafe(32)
        with writing():
            AgentSession.end_all_of(self)
            RecoveryCode.delete().where(RecoveryCode.agent == self).execute()
            self.password_hash = ""
            self.activated_at = None
            self.factor_seed = fresh_seed()
            self.factor_step = 0
            self.invitation_digest = digest_of(token)
            self.invitation_expires_at = clock.now() + INVITATION
            # Not the whole row: somebody may have disabled them since it was read.
            self.save(only=WAYS_IN)
        return token

    def accept(self, token: str, password_hash: str, step: int) -> bool:
        """Use the one-time link up and store the `factor_seed` of this instance; False when a parallel visit did."""
        now = clock.now()
        accepted = Agent.update(
            password_hash=password_hash,
            password_set_at=now,
            factor_seed=self.factor_seed,
            factor_step=step,
            activated_at=now,
            invitation_digest="",
            invitation_expires_at=None,
        ).where((Agent.id == self.id) & (Agent.invitation_digest == digest_of(token)))
        self.password_hash = password_hash
        return accepted.execute() == 1

    def take_step(self, step: int) -> bool:
        """Use the second factor's code of this time step; False when it, or a later one, has served (RFC 6238, 5.2)."""
        taken = Agent.update(factor_step=step).where((Agent.id == self.id) & (Agent.factor_step < step))
        return taken.execute() == 1

    def disable(self) -> None:
        with writing():
            AgentSession.end_all_of(self)
            self.disabled_at = clock.now()
            self.invitation_digest = ""
            self.save(only=[Agent.disabled_at, Agent.invitation_digest])

    def enable(self) -> None:
        self.disabled_at = None
        self.save(only=[Agent.disabled_at])


WAYS_IN = [
    Agent.password_hash,
    Agent.activated_at,
    Agent.factor_seed,
    Agent.factor_step,
    Agent.invitation_digest,
    Agent.invitation_expires_at,
]

# No agent: it stands in for an unknown address, so that the same work is done as for a known one.
NOBODY = Agent(id=0)


class RecoveryCode(BaseModel):
    """One of the codes that stand in, once each, for a lost second factor; known by its keyed digest alone."""

    agent = ForeignKeyField(Agent, backref="recovery_codes", on_delete="CASCADE")
    digest = TextField(index=True)

    @classmethod
    def renew(cls, agent: Agent, digests: list[str]) -> None:
        with writing():
            cls.delete().where(cls.agent == agent).execute()
            cls.insert_many([(agent.id, digest) for digest in digests], [cls.agent, cls.digest]).execute()

    @classmethod
    def are(cls, agent: Agent, digests: list[str]) -> bool:
        """Whether the agent's codes are these, and none has served."""
        return {row.digest for row in cls.select().where(cls.agent == agent)} == set(digests)

    @classmethod
    def is_good(cls, agent: Agent, digest: str) -> bool:
        return cls.select().where((cls.agent == agent) & (cls.digest == digest)).exists()

    @classmethod
    def use(cls, agent: Agent, digest: str) -> bool:
        """Take its one login; False when there is no such code, or a parallel login took it."""
        return cls.delete().where((cls.agent == agent) & (cls.digest == digest)).execute() == 1

    @classmethod
    def left(cls, agent: Agent) -> int:
        return cls.select().where(cls.agent == agent).count()


class AgentSession(SessionRow):
    """Shorter than a tenant's: an agent's screen shows everybody's file."""

    IDLE = timedelta(minutes=15)
    LONGEST = timedelta(hours=9)  # a day's work

    agent = ForeignKeyField(Agent, backref="sessions", on_delete="CASCADE")

    @classmethod
    def running_of(cls, agent: Agent) -> list[Self]:
        """The agent's running sessions, the most recently seen first."""
        return list(cls.select().where((cls.agent == agent) & cls.is_running()).order_by(cls.last_seen_at.desc()))

    @classmethod
    def named_by(cls, token: str) -> Self | None:
        """The running session of this cookie with its agent, in one query; None when it has ended."""
        session = (
            cls.select(cls, Agent)
            .join(Agent)
            .where((cls.token_digest == digest_of(token)) & cls.is_running() & Agent.disabled_at.is_null())
            .first()
        )
        if session is not None:
            session.token = token
        return session

    @classmethod
    def end_all_of(cls, agent: Agent, but: Self | None = None) -> None:
        """End the agent's sessions, all or all but one."""
        others = cls.id != (but.id if but is not None else None)
        cls.delete().where((cls.agent == agent) & others).execute()
