"""A change of e-mail address that a tenant asked for: confirmed from the new one, undone from the old one."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from peewee import Expression, ForeignKeyField, Function, Query, TextField, fn

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, in_steps
from ophportal.models.account import Account
from ophportal.models.keys import email_key
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given

TO_CONFIRM = timedelta(hours=24)
TO_UNDO = timedelta(hours=72)


class ChangeState(StrEnum):
    PENDING = "pending"  # waits for the new address to confirm it, until `ends_at`
    DROPPED = "dropped"  # given up, or replaced by a newer one
    CONFIRMED = "confirmed"  # the new address is on file; the old one may undo it, until `ends_at`
    UNDONE = "undone"


class AddressChange(BaseModel):
    """`token` is the random id from which both links' secrets are derived (`ophportal.addresses`); the digests are all
    that the store knows of them.
    """

    tenant = ForeignKeyField(Tenant, backref="address_changes", on_delete="CASCADE")
    tenant_id: int  # Peewee's own: the key, without its row
    token = TextField(unique=True)
    confirm_digest = TextField(index=True)
    undo_digest = TextField(index=True)
    old_email = TextField()  # on file when it was asked; empty when there was none
    old_key = TextField()
    new_email = TextField()
    new_key = TextField()
    state = TextField(default=ChangeState.PENDING)
    created_at = UtcDateTimeField(default=clock.now)
    ends_at = UtcDateTimeField(default=lambda: clock.now() + TO_CONFIRM)

    @classmethod
    def ask(cls, tenant: Tenant, address: str, token: str, confirm_digest: str, undo_digest: str) -> Self:
        """A fresh one; the tenant's pending one, if any, is dropped: the store has one a tenant."""
        cls.drop_pending(tenant)
        return cls.create(
            tenant=tenant,
            token=token,
            confirm_digest=confirm_digest,
            undo_digest=undo_digest,
            old_email=tenant.email,
            old_key=tenant.email_key,
            new_email=address,
            new_key=email_key(address),
        )

    @classmethod
    def pending_with(cls, digest: str) -> Self | None:
        """The change, with its tenant, that the link of this digest can confirm now."""
        return PENDING_WITH.first(cls, Tenant, digest=digest, now=clock.now(), today=clock.today())

    @classmethod
    def pending_of(cls, tenant: Tenant) -> Self | None:
        """The tenant's change that can be confirmed now."""
        return PENDING_OF.first(cls, Tenant, tenant=tenant.id, now=clock.now(), today=clock.today())

    @classmethod
    def confirmed_with(cls, digest: str) -> Self | None:
        """The change, with its tenant, that the link of this digest has confirmed; its address is on file still."""
        told = (cls.state == ChangeState.CONFIRMED) & (cls.new_key == Tenant.email_key) & (cls.new_key != "")
        return cls.select(cls, Tenant).join(Tenant).where((cls.confirm_digest == digest) & told).first()

    @classmethod
    def undoable_with(cls, digest: str) -> Self | None:
        """The confirmed change, with its tenant, that the link of this digest can undo now.

        Whether or not the tenant may enter: who blocked or ended the access had no need to know of the thief.
        """
        found = cls.select(cls, Tenant).join(Tenant).where((cls.undo_digest == digest) & cls._is_undoable())
        change = found.first()
        return None if change is None or change.was_mended_since() else change

    @classmethod
    def undone_with(cls, digest: str) -> Self | None:
        """The change, with its tenant, that the link of this digest has undone: for who opens the link again.

        As long as the old address is on file, or one that the office has put there, and until the tenant has chosen
        a new password.
        """
        other = cls.alias()
        known = (other.tenant == Tenant.id) & Tenant.email_key.in_([other.old_key, other.new_key])
        stays = (cls.old_key == Tenant.email_key) | ~fn.EXISTS(other.select().where(known))
        told = (cls.state == ChangeState.UNDONE) & stays & (cls.old_key != "")
        return (
            cls.select(cls, Tenant)
            .join(Tenant)
            .join(Account, on=(Account.tenant == Tenant.id))
            .where((cls.undo_digest == digest) & told & (Account.password_hash == ""))
            .first()
        )

    @classmethod
    def is_in_doubt(cls) -> Function:
        """Whether the tenant's address on file can still be undone from the one before it: for a query of tenants."""
        on_file = (cls.tenant == Tenant.id) & (cls.new_key == Tenant.email_key)
        return fn.EXISTS(cls.select().where(cls._is_undoable() & on_file))

    @classmethod
    def _is_undoable(cls) -> Expression:
        return (cls.state == ChangeState.CONFIRMED) & (cls.ends_at > clock.now()) & (cls.old_key != "")

    @classmethod
    def drop_pending(cls, tenant: Tenant) -> None:
        """Void what waits for its confirmation."""
        pending = (cls.tenant == tenant) & (cls.state == ChangeState.PENDING)
        cls.update(state=ChangeState.DROPPED, ends_at=clock.now()).where(pending).execute()

    @classmethod
    def forget_addresses(cls, ended_before: datetime) -> int:
        """Blank the addresses of changes that ended before then; that there was one stays."""
        still_there = (cls.ends_at < ended_before) & (cls.new_email != "")
        addresses = (cls.old_email, cls.old_key, cls.new_email, cls.new_key)
        return in_steps(cls.update(dict.fromkeys(addresses, "")).where(still_there))

    def with_what_followed(self) -> "list[AddressChange]":
        """This confirmed change and those that went on from where it led, in their order.

        A link is missing where somebody else changed the address between two of them.
        """
        later = (AddressChange.tenant == self.tenant_id) & (AddressChange.id > self.id)
        chain: list[AddressChange] = [self]
        query = AddressChange.select().where(later & (AddressChange.state == ChangeState.CONFIRMED))
        for change in query.order_by(AddressChange.id):
            if change.old_key == chain[-1].new_key:
                chain.append(change)
        return chain

    def leads_back(self) -> bool:
        """Whether undoing this brings the old address back. One that the office has put on file since stays."""
        return self.tenant.email_key in {self.old_key, self.with_what_followed()[-1].new_key}

    def was_mended_since(self) -> bool:
        """Whether the office has put another address on file since, and the password has changed: the link is dead.

        Never so for the first change of a chain, whose link went to the mailbox that was the tenant's before: it can
        always log everybody out. The links of later changes went where the changes led, perhaps to a thief.
        """
        last = self.with_what_followed()[-1]
        if self.tenant.email_key == last.new_key or not self.goes_on_from_another():
            return False
        theirs = (Account.tenant == self.tenant_id) & has_the_password_of(last.created_at)
        return not Account.select().where(theirs).exists()

    def goes_on_from_another(self) -> bool:
        """Whether the tenant had changed to the address that this one changes, and that was not undone."""
        before = (AddressChange.tenant == self.tenant_id) & (AddressChange.id < self.id)
        led_here = (AddressChange.new_key == self.old_key) & (AddressChange.state == ChangeState.CONFIRMED)
        return AddressChange.select().where(before & led_here).exists()

    def confirm(self) -> None:
        self._become(ChangeState.CONFIRMED, clock.now() + TO_UNDO)

    def undo(self) -> None:
        self._become(ChangeState.UNDONE, clock.now())

    def _become(self, state: ChangeState, ends_at: datetime) -> None:
        self.state = state
        self.ends_at = ends_at
        self.save(only=[AddressChange.state, AddressChange.ends_at])


def has_the_password_of(moment: datetime | UtcDateTimeField) -> Expression:
    """The condition that an account has a password of the tenant's own, and had it at that moment."""
    return (Account.password_hash != "") & (Account.password_set_at <= moment)


def pending(condition: Expression) -> Query:
    """What waits, and can still be confirmed.

    The office's later word stands, an agent's or the ERP's: who asked must have known the address on file. And what a
    stolen password asked for ends with that password.
    """
    row = AddressChange
    return (
        row.select(row, Tenant)
        .join(Tenant)
        .join(Account, on=(Account.tenant == Tenant.id))
        .where(
            condition
            & (row.state == ChangeState.PENDING)
            & (row.ends_at > given("now", row.ends_at.db_value))
            & (row.old_key == Tenant.email_key)
            & has_the_password_of(row.created_at)
            & Account.may_be_entered(given("today"))
        )
    )


PENDING_WITH = Prepared(lambda: pending(AddressChange.confirm_digest == given("digest")))
PENDING_OF = Prepared(lambda: pending(AddressChange.tenant == given("tenant")))

AddressChange.add_index(
    AddressChange.index(
        AddressChange.tenant,
        unique=True,
        where=AddressChange.state == ChangeState.PENDING,
        name="address_change_pending",
    )
)
