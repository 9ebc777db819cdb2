"""The temporary password of a mail: known by its digest alone, good for 24 hours and one login (DESIGN 4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from peewee import ForeignKeyField, Query, TextField, fn

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, in_steps
from ophportal.models.access_request import AccessRequest
from ophportal.models.account import Account
from ophportal.models.tenant import Tenant
from ophportal.models.tenant_session import TenantSession
from ophportal.prepared import Prepared, given

LIFETIME = timedelta(hours=24)
# A mail of the evening is read in the morning.
TIME_TO_READ = timedelta(hours=12)


class TemporaryPassword(BaseModel):
    """`digest` is a keyed hash; 68 random bits under it need no slow one. `sent_to` is the e-mail key it went to."""

    account = ForeignKeyField(Account, backref="temporary_passwords", on_delete="CASCADE")
    account_id: int  # Peewee's own: the key, without its row
    request = ForeignKeyField(AccessRequest, null=True, unique=True, on_delete="SET NULL")
    request_id: int | None
    digest = TextField(index=True)
    sent_to = TextField()
    created_at = UtcDateTimeField(default=clock.now)
    expires_at = UtcDateTimeField(default=lambda: clock.now() + LIFETIME)
    used_at = UtcDateTimeField(null=True)

    @classmethod
    def issue(cls, account: Account, request: AccessRequest, digest: str) -> Self:
        """A fresh one for the tenant's address on file. The newest alone is valid: those before it are dropped."""
        cls.drop_unused(account)
        return cls.create(account=account, request=request, digest=digest, sent_to=account.tenant.email_key)

    @classmethod
    def drop_unused(cls, account: Account) -> None:
        """Void what has been mailed and not used."""
        cls.delete().where((cls.account == account) & cls.used_at.is_null()).execute()

    @classmethod
    def of_request(cls, request: AccessRequest | None) -> Self | None:
        """The one that this request led to; None when it led to none, or to one that a newer has replaced."""
        return (
            cls.select(cls, Account, AccessRequest)
            .join_from(cls, Account)
            .join_from(cls, AccessRequest)
            .where(cls.request == request)
            .first()
        )

    @classmethod
    def valid_for(cls, account_ids: Sequence[int], digest: str, form_digest: str) -> Self | None:
        """The live password with this digest, of one of these one or two accounts.

        None once expired, when the address on file has moved on, or once used; but what this very form has opened with
        it a moment ago may be taken again, as long as it is there (`TenantSession.of_first_press`).
        """
        return VALID_FOR.first(
            cls,
            first=account_ids[0],
            last=account_ids[-1],
            digest=digest,
            form_digest=form_digest,
            now=clock.now(),
            pressed_since=clock.a_moment_ago(),
        )

    @classmethod
    def live_of(cls, account: Account) -> Self | None:
        """The account's password that would still let in: the newest of those that `valid_for` finds."""
        return cls.live_by_account([account.id]).get(account.id)

    @classmethod
    def live_by_account(cls, account_ids: Sequence[int]) -> dict[int, Self]:
        """`live_of` each of these accounts that has one, by its id."""
        live = cls.used_at.is_null() & (cls.expires_at > clock.now()) & (cls.sent_to == Tenant.email_key)
        rows = cls.select().join(Account).join(Tenant).where(cls.account.in_(account_ids) & live).order_by(cls.id)
        return {row.account_id: row for row in rows}

    @classmethod
    def was_issued(cls, account: Account, digest: str) -> bool:
        """Whether this is one of the account's, used or not."""
        return cls.select().where((cls.account == account) & (cls.digest == digest)).exists()

    @classmethod
    def purge(cls, expired_before: datetime) -> int:
        return in_steps(cls.delete().where(cls.expires_at < expired_before))

    def last_until_read(self) -> None:
        """Start its 24 hours anew if less than `TIME_TO_READ` is left: its mail has waited, and leaves now."""
        if self.expires_at < clock.now() + TIME_TO_READ:
            self.expires_at = clock.now() + LIFETIME
            self.save(only=[TemporaryPassword.expires_at])

    def use(self) -> bool:
        """Take its one login. False when a parallel login took it first, or the address on file has just moved on."""
        row = TemporaryPassword
        on_file = Tenant.select(Tenant.email_key).join(Account).where(Account.id == row.account)
        still_good = (row.id == self.id) & row.used_at.is_null() & (row.sent_to == on_file)
        return row.update(used_at=clock.now()).where(still_good).execute() == 1


def valid_for() -> Query:
    row, opened = TemporaryPassword, TenantSession
    since = given("pressed_since", row.used_at.db_value)
    first_press = opened.select().where(
        (opened.account == row.account) & opened.must_choose & opened.opened_by(given("form_digest"), since=since)
    )
    return (
        row.select()
        .join(Account)
        .join(Tenant)
        .where(
            row.account.in_([given("first"), given("last")])
            & (row.digest == given("digest"))
            & (row.used_at.is_null() | ((row.used_at > since) & fn.EXISTS(first_press)))
            & (row.expires_at > given("now", row.expires_at.db_value))
            & (row.sent_to == Tenant.email_key)
        )
    )


VALID_FOR = Prepared(valid_for)
