"""A ledger entry (écriture): what a lease was charged or what was paid on it, on a day."""

from decimal import Decimal
from typing import Any, Self

from peewee import DateField, ForeignKeyField, IntegerField, TextField

from ophportal.database import BaseModel
from ophportal.models.lease import Lease
from ophportal.models.money import MoneyField
from ophportal.models.nature import Nature, nature_of


class LedgerEntry(BaseModel):
    """`debit` is what the tenant owes more by it, `credit` what they owe less; one of them is zero.

    The ERP's own identifier (`erp_id`) tells an entry from all others. Where the ERP gives none, an entry is known by
    all that it says, and by which of such alike entries it is (`occurrence`, from 1).
    """

    lease = ForeignKeyField(Lease, backref="entries", on_delete="CASCADE")
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
