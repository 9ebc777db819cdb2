"""A ledger entry (écriture): what a lease was charged or what was paid on it, on a day."""

import datetime
from decimal import Decimal
from typing import Any, Self

from peewee import JOIN, DateField, ForeignKeyField, IntegerField, TextField, fn

from ophportal.database import BaseModel
from ophportal.models.dwelling import Dwelling
from ophportal.models.lease import Lease
from ophportal.models.money import MoneyField, euros
from ophportal.models.nature import Nature, nature_of
from ophportal.models.tenant import Tenant


class LedgerEntry(BaseModel):
    """`debit` is what the tenant owes more by it, `credit` what they owe less; one of them is zero.

    The ERP's own identifier (`erp_id`) tells an entry from all others. Where the ERP gives none, an entry is known by
    all that it says, and by which of such alike entries it is (`occurrence`, from 1).
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

    @property
    def nature(self) -> Nature:
        return nature_of(self.label, is_credit=self.credit > 0)

    @property
    def amount(self) -> Decimal:
        """What it adds to the balance: above zero, the tenant owes more."""
        return self.debit - self.credit

    @classmethod
    def of(cls, lease: Lease) -> list[Self]:
        """The whole ledger of `lease`, in the order in which its running balance is told."""
        return list(cls.select().where(cls.lease == lease).order_by(cls.date, cls.id))

    @classmethod
    def balances_of(cls, tenant: Tenant) -> list[tuple[Lease, Decimal]]:
        """Each lease of `tenant` with its dwelling and its balance: the running ones, and the ended ones that are not
        settled. In one query; the running ones first, oldest first.
        """
        balance = fn.COALESCE(fn.SUM(cls.debit - cls.credit), 0)
        leases = (
            Lease.select(Lease, Dwelling, balance.converter(euros).alias("balance"))
            .join(Dwelling)
            .switch(Lease)
            .join(cls, JOIN.LEFT_OUTER)
            .where(Lease.tenant == tenant)
            .group_by(Lease, Dwelling)
            .having(Lease.is_current() | (balance != 0))
            .order_by(Lease.is_current().desc(), Lease.starts_on, Lease.id)
        )
        return [(lease, lease.balance) for lease in leases]  # type: ignore[attr-defined] # the alias

    @classmethod
    def recent_of(cls, tenant: Tenant, since: datetime.date) -> list[Self]:
        """What was entered on any lease of `tenant` on or after `since`, in the order of the running balance."""
        leases = Lease.select(Lease.id).where(Lease.tenant == tenant)
        return list(cls.select().where(cls.lease.in_(leases) & (cls.date >= since)).order_by(cls.date, cls.id))


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
