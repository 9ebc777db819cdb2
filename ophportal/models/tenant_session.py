"""A tenant's session, as a row: the cookie only names it, so ending the row ends the session (DESIGN 6)."""

import hashlib
import secrets
from datetime import timedelta
from typing import Self

from flask_login import UserMixin
from peewee import BooleanField, Expression, ForeignKeyField, TextField, fn

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField
from ophportal.models.account import Account
from ophportal.models.lease import Lease
from ophportal.models.tenant import Tenant

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# A page view moves `last_seen_at` only when it is older than this: reading pages should not write rows.
SEEN_STEP = timedelta(minutes=1)


def digest_of(token: str) -> str:
    """What the store keeps of a token: a thief of the database finds no cookie in it."""
    return hashlib.sha256(token.encode()).hexdigest()


class TenantSession(UserMixin, BaseModel):
    """`must_choose` holds back everything but the choice of a password, after a temporary one let the tenant in."""

    account = ForeignKeyField(Account, backref="sessions", on_delete="CASCADE")
    token_digest = TextField(unique=True)
    created_at = UtcDateTimeField(default=clock.now)
    last_seen_at = UtcDateTimeField(default=clock.now)
    must_choose = BooleanField(default=False)
    device = TextField(default="")  # the User-Agent, for the tenant to recognise their devices
    network_address = TextField(default="")

    token: str = ""  # the cookie's side, in memory for the length of a request

    @classmethod
    def open(cls, account: Account, *, must_choose: bool, device: str, network_address: str) -> Self:
        token = secrets.token_urlsafe(32)
        session = cls.create(
            account=account,
            token_digest=digest_of(token),
            must_choose=must_choose,
            device=device[:200],
            network_address=network_address,
        )
        session.token = token
        return session

    @classmethod
    def named_by(cls, token: str) -> Self | None:
        """The running session of this cookie with its account and tenant, in one query; None when it has ended.

        It ends with the tenant's last lease, too.
        """
        now = clock.now()
        current = Lease.select().where((Lease.tenant == Tenant.id) & Lease.is_current())
        session = (
            cls.select(cls, Account, Tenant)
            .join(Account)
            .join(Tenant)
            .where((cls.token_digest == digest_of(token)) & cls.is_running() & fn.EXISTS(current))
            .first()
        )
        if session is None:
            return None
        session.token = token
        if session.last_seen_at < now - SEEN_STEP:
            session.last_seen_at = now
            session.save(only=[cls.last_seen_at])
        return session

    @property
    def tenant(self) -> Tenant:
        return self.account.tenant

    def get_id(self) -> str:
        """What Flask-Login puts into the cookie."""
        return self.token

    def end(self) -> None:
        self.delete_instance()

    @classmethod
    def running_of(cls, account: Account) -> list[Self]:
        """The account's running sessions, the most recently seen first."""
        return list(cls.select().where((cls.account == account) & cls.is_running()).order_by(cls.last_seen_at.desc()))

    @classmethod
    def is_running(cls) -> Expression:
        now = clock.now()
        return (cls.last_seen_at > now - IDLE) & (cls.created_at > now - LONGEST)

    @classmethod
    def purge_ended(cls) -> int:
        return cls.delete().where(~cls.is_running()).execute()

    @classmethod
    def end_one_of(cls, account: Account, session_id: int) -> bool:
        """End one session if it is the account's; False otherwise."""
        return cls.delete().where((cls.account == account) & (cls.id == session_id)).execute() == 1

    @classmethod
    def end_all_of(cls, account: Account, but: Self | None = None) -> int:
        """End the account's sessions, all or all but one; how many ended."""
        ending = cls.delete().where(cls.account == account)
        if but is not None:
            ending = ending.where(cls.id != but.id)
        return ending.execute()
