"""A ledger entry (écriture): what a lease was charged or what was paid on it, on a day."""

import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self

from peewee import DateField, ForeignKeyField, IntegerField, ModelSelect, Query, TextField

from ophportal.database import BaseModel
from ophportal.models.lease import Lease
from ophportal.models.money import MoneyField, euros
from ophportal.models.nature import Nature, nature_of
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given


class LedgerEntry(BaseModel):
    """`debit` is what the tenant owes more by it, `credit` what they owe less; one of them is zero.
    Some ERPs write a credit as a debit below zero, and the other way round: its sign (`amount`) tells what an entry is.

    The ERP's own identifier (`erp_id`) tells an entry from all others; of digits alone, it is kept without the zeros at
    its front. Where the ERP gives none, an entry is known by all that it says, and by which of such alike entries it is
    (`occurrence`, from 1).
    """

    lease = ForeignKeyField(Lease, backref="entries", on_delete="CASCADE")
    lease_id: int  # Peewee's own: the key, without its row
    date = DateField()
    label = TextField()
    debit = MoneyField()
    credit = MoneyField()
    erp_id = TextField(default="")
    occurrence = IntegerField(default=1)

    class Meta:
        indexes = ((("lease", "date"), False),)

    @classmethod
    def of(cls, lease: Lease) -> list[Self]:
        """The whole ledger of `lease` with all that the store holds, in the order of the running balance."""
        return list(cls.select().where(cls.lease == lease).order_by(cls.date, cls.id))

    @classmethod
    def whole_of(cls, lease: Lease) -> list["ReadEntry"]:
        """The whole ledger of `lease`, in the order in which its running balance is told."""
        return [read_entry(*row) for row in WHOLE_OF.rows(lease=lease.id)]

    @classmethod
    def recent_of(cls, tenant: Tenant, since: datetime.date) -> list["ReadEntry"]:
        """What was entered for `tenant` on or after `since`: lease by lease, in the order of the running balance."""
        return [read_entry(*row) for row in RECENT_OF.rows(tenant=tenant.id, since=since)]

    @property
    def nature(self) -> Nature:
        return nature_of(self.label, is_credit=self.amount < 0)

    @property
    def amount(self) -> Decimal:
        """What it adds to the balance: above zero, the tenant owes more."""
        return self.debit - self.credit


class ReadEntry(NamedTuple):
    """An entry as pages only read it: some make a hundred, and rows of Peewee's take longer at each look at them."""

    lease_id: int
    date: datetime.date
    label: str
    amount: Decimal
    nature: Nature


def read_entry(lease_id: int, day: str, label: str, cents: int) -> ReadEntry:
    """An entry from its row."""
    nature = nature_of(label, is_credit=cents < 0)
    return ReadEntry(lease_id, datetime.date.fromisoformat(day), label, euros(cents), nature)


def read() -> "ModelSelect[LedgerEntry]":
    """What a page reads of entries, in the order of the running balance."""
    entry = LedgerEntry
    columns = entry.select(entry.lease, entry.date, entry.label, entry.debit - entry.credit)
    return columns.order_by(entry.lease, entry.date, entry.id)


def recent_of() -> Query:
    # Found by its leases' ids, each lease's entries come in the order of the index, and need no sorting.
    leases = Lease.select(Lease.id).where(Lease.tenant == given("tenant"))
    return read().where(LedgerEntry.lease.in_(leases) & (LedgerEntry.date >= given("since")))


WHOLE_OF = Prepared(lambda: read().where(LedgerEntry.lease == given("lease")))
RECENT_OF = Prepared(recent_of)


def unique_index(name: str, *fields: Any, where: Any) -> None:
    LedgerEntry.add_index(LedgerEntry.index(*fields, unique=True, where=where, name=name))


unique_index("ledger_entry_erp_id", LedgerEntry.erp_id, where=(LedgerEntry.erp_id != ""))
unique_index(
    "ledger_entry_told",
    LedgerEntry.lease,
    LedgerEntry.date,
    LedgerEntry.label,
    LedgerEntry.debit,
    LedgerEntry.credit,
    LedgerEntry.occurrence,
    where=(LedgerEntry.erp_id == ""),
)
