"""A tenant's account: the access code and the tenant's own password. No import ever writes here."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, Self

from peewee import Expression, ForeignKeyField, IntegrityError, Query, TextField, Value, fn

from ophportal import clock
from ophportal.codes import code_letters, grouped
from ophportal.database import BaseModel, UtcDateTimeField, writing
from ophportal.models.keys import code_key, email_key
from ophportal.models.lease import Lease
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given

CODE_LENGTH = 8

# The id of no account: it stands in where the same work must be done as for an account.
NOBODY = 0


class OwnPassword(NamedTuple):
    """`since` is when it was chosen, as the store writes it: it tells an account's passwords apart."""

    hash: str
    since: str


NO_PASSWORD = OwnPassword("", "")


class Account(BaseModel):
    """`code` is stored as shown (« 7K2M-94QF »), `code_key` as compared; `password_hash` is Argon2id or empty."""

    tenant = ForeignKeyField(Tenant, backref="accounts", unique=True, on_delete="CASCADE")
    tenant_id: int  # Peewee's own: the key, without its row
    code = TextField()
    code_key = TextField(unique=True)
    password_hash = TextField(default="")
    password_set_at = UtcDateTimeField(null=True)
    created_at = UtcDateTimeField(default=clock.now)
    activated_at = UtcDateTimeField(null=True)  # when the tenant first chose a password
    blocked_at = UtcDateTimeField(null=True)  # the office lets nobody in, whatever they prove

    @classmethod
    def get_or_open(cls, tenant: Tenant) -> Self:
        """The tenant's account, opened with a fresh code when there is none. The code then stays for good."""
        if (account := cls.get_or_none(cls.tenant == tenant)) is not None:
            return account
        code = grouped(code_letters(secrets.token_bytes(CODE_LENGTH), CODE_LENGTH))
        try:
            with writing():
                return cls.create(tenant=tenant, code=code, code_key=code_key(code))
        except IntegrityError:  # another worker opened it first, or the code was taken
            return cls.get_or_open(tenant)

    @classmethod
    def ids_named_by(cls, identifier: str) -> tuple[int, ...]:
        """The ids of the accounts that `identifier` names: one for a code as people type it, two for an address.

        Always so many: NOBODY stands in the place of each that is not there, whose tenant's every lease has ended, or
        that the office has blocked. An address that more than two accounts share names nobody.
        """
        if "@" not in identifier:
            [(_, first, _)] = NAMED_BY_CODE.rows(key=code_key(identifier), today=clock.today())
            return (first or NOBODY,)
        [(count, first, second)] = NAMED_BY_ADDRESS.rows(key=email_key(identifier), today=clock.today())
        return (first if count in {1, 2} else NOBODY, second if count == 2 else NOBODY)

    @classmethod
    def passwords_of(cls, account_ids: Sequence[int]) -> dict[int, OwnPassword]:
        """The own passwords of these one or two accounts, by id; NO_PASSWORD for NOBODY.

        No models are built: the time that takes would tell whether there is an account.
        """
        found = PASSWORDS_OF.rows(first=account_ids[0], last=account_ids[-1])
        return dict.fromkeys(account_ids, NO_PASSWORD) | {
            row[0]: OwnPassword(row[1], version_of(row[2])) for row in found
        }

    @classmethod
    def may_be_entered(cls, day: date | Value | None = None) -> Expression:
        """The condition, in a query of tenants too, that a lease of theirs runs on `day` and that nothing blocks it.

        `day` is as `Lease.is_current` takes it.
        """
        current = Lease.select().where((Lease.tenant == Tenant.id) & Lease.is_current(day))
        return cls.blocked_at.is_null() & fn.EXISTS(current)

    @classmethod
    def is_blocked(cls, tenant: Tenant) -> bool:
        return cls.select().where((cls.tenant == tenant) & cls.blocked_at.is_null(False)).exists()

    @classmethod
    def with_tenant(cls, account_id: int) -> Self | None:
        """The account and its tenant, in one query; None for NOBODY."""
        return WITH_TENANT.first(cls, Tenant, id=account_id)

    @classmethod
    def forget_all_passwords(cls) -> int:
        """Void every tenant's own password; how many there were."""
        return cls.update(password_hash="").where(cls.password_hash != "").execute()

    @property
    def password_since(self) -> str:
        """As `OwnPassword.since`."""
        return version_of(Account.password_set_at.db_value(self.password_set_at))

    def choose_password(self, password_hash: str) -> None:
        self.password_hash = password_hash
        self.password_set_at = clock.now()
        self.activated_at = self.activated_at or self.password_set_at
        self.save(only=[Account.password_hash, Account.password_set_at, Account.activated_at])

    def is_unchanged(self) -> bool:
        """Whether the password is still what was read, and nobody has blocked the account: a hash takes some time."""
        return bool(UNCHANGED.rows(id=self.id, password_hash=self.password_hash))

    def rehash(self, password_hash: str) -> None:
        """The same password under newer parameters, unless it has been replaced meanwhile."""
        with writing():
            if self.is_unchanged():
                self.password_hash = password_hash
                self.save(only=[Account.password_hash])

    def block(self) -> None:
        self.blocked_at = clock.now()
        self.save(only=[Account.blocked_at])

    def unblock(self) -> None:
        self.blocked_at = None
        self.save(only=[Account.blocked_at])

    def forget_password(self) -> None:
        """Void the tenant's own password. A mailed one does this when it is used, and no sooner (DESIGN 4)."""
        self.password_hash = ""
        self.save(only=[Account.password_hash])


def named_where(condition: Expression) -> Query:
    """The query of how many accounts meet `condition`, and the lowest and highest of their ids.

    It answers one row in any case: the time of a further row would tell how many accounts there are.
    """
    counted = Account.select(fn.COUNT(Account.id), fn.MIN(Account.id), fn.MAX(Account.id)).join(Tenant)
    return counted.where(condition & Account.may_be_entered(given("today")))


def version_of(set_at: Any) -> str:
    """The instant of a password as the store writes it: PostgreSQL without the zeros at its end, SQLite with them."""
    return str(set_at).rstrip("0")


def passwords_of() -> Query:
    named = Account.id.in_([given("first"), given("last")])
    return Account.select(Account.id, Account.password_hash, Account.password_set_at).where(named)


NAMED_BY_CODE = Prepared(lambda: named_where(Account.code_key == given("key")))
NAMED_BY_ADDRESS = Prepared(lambda: named_where(Tenant.email_key == given("key")))
PASSWORDS_OF = Prepared(passwords_of)
UNCHANGED = Prepared(
    lambda: Account.select(Account.id).where(
        (Account.id == given("id")) & (Account.password_hash == given("password_hash")) & Account.blocked_at.is_null()
    )
)
WITH_TENANT = Prepared(lambda: Account.select(Account, Tenant).join(Tenant).where(Account.id == given("id")))
