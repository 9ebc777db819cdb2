"""A ledger entry (écriture): what a lease was charged or what was paid on it, on a day."""

import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self

from peewee import DateField, ForeignKeyField, IntegerField, Query, TextField

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
        """The whole ledger of `lease`, in the order in which its running balance is told."""
        return list(cls.select().where(cls.lease == lease).order_by(cls.date, cls.id))

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
    """An entry as a page only reads it: the home of the account makes twenty, and rows of Peewee's take longer."""

    lease_id: int
    date: datetime.date
    label: str
    debit: Decimal
    credit: Decimal
    amount: Decimal
    nature: Nature


def read_entry(lease_id: int, day: str, label: str, debit: int, credit: int) -> ReadEntry:
    """An entry from its row."""
    amounts = euros(debit), euros(credit), euros(debit - credit)
    return ReadEntry(
        lease_id, datetime.date.fromisoformat(day), label, *amounts, nature_of(label, is_credit=debit < credit)
    )


def recent_of() -> Query:
    entry = LedgerEntry
    # Found by its leases' ids, each lease's entries come in the order of the index, and need no sorting.
    leases = Lease.select(Lease.id).where(Lease.tenant == given("tenant"))
    return (
        entry.select(entry.lease, entry.date, entry.label, entry.debit, entry.credit)
        .where(entry.lease.in_(leases) & (entry.date >= given("since")))
        .order_by(entry.lease, entry.date, entry.id)
    )


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
