"""A tenant (locataire), as the office's ERP knows them. Imports write this table; credentials live in `Account`."""

from typing import Self

from peewee import OP, Expression, Field, Function, StringExpression, TextField, fn

from ophportal.database import BaseModel
from ophportal.models.keys import email_key, number_key
from ophportal.telephone import is_same_number

# What marks the number of a tenant whose number the ERP has given to somebody else: « 0012345-ANCIEN-17 », where 17 is
# the row's id.
OLD = "ANCIEN"


class Tenant(BaseModel):
    """One person with a tenant number. Absent texts are empty strings, never NULL."""

    number = TextField()  # as printed on the avis d'échéance
    number_key = TextField(unique=True)
    civility = TextField(default="")
    last_name = TextField()
    birth_name = TextField(default="")
    first_names = TextField(default="")
    email = TextField(default="")
    email_key = TextField(default="", index=True)
    phone = TextField(default="")
    # What the ERP said last: the tenant or an agent may have given the portal something else since.
    erp_email_key = TextField(default="")
    erp_phone = TextField(default="")
    # What was on file before the last change made here. It may come back in the ERP's file, where an agent had carried
    # it, and is then no news. Blanked once the ERP says something that is.
    replaced_email_key = TextField(default="")
    replaced_phone = TextField(default="")

    @property
    def full_name(self) -> str:
        """« Mme Maria Stella D'ANGELO-PAOLI »."""
        return " ".join(filter(None, (self.civility, self.first_names, self.last_name)))

    @property
    def has_own_phone(self) -> bool:
        """Whether the number on file is not the ERP's: the tenant has given, changed or erased it."""
        return not is_same_number(self.phone, self.erp_phone)

    def change_email(self, address: str, replaced_key: str) -> None:
        """Put `address` on file; `replaced_key` is the key of the address that was there."""
        self.email = address
        self.email_key = email_key(address)
        self.replaced_email_key = replaced_key
        self.save(only=[Tenant.email, Tenant.email_key, Tenant.replaced_email_key])

    def change_phone(self, number: str) -> None:
        """Put `number` on file, empty for none."""
        self.replaced_phone = self.phone
        self.phone = number
        self.save(only=[Tenant.phone, Tenant.replaced_phone])

    @classmethod
    def by_number(cls, typed: str) -> Self | None:
        return cls.get_or_none(cls.number_key == number_key(typed))

    @classmethod
    def number_of_old(cls, number: Field, mark: str = "") -> Expression:
        """The expression of `number` (or its key) with the mark of a lost number; `mark` separates the parts."""
        return number.concat(cls.mark_of_old(mark))

    @classmethod
    def key_before(cls) -> Function:
        """The expression of a lost number's key, without the mark."""
        return fn.REPLACE(cls.number_key, cls.mark_of_old(), "")

    @classmethod
    def mark_of_old(cls, mark: str = "") -> Expression:
        return StringExpression(f"{mark}{OLD}{mark}", OP.CONCAT, cls.id.cast("text"))

    @classmethod
    def is_old(cls) -> Expression:
        """The condition that a tenant has lost their number to somebody else."""
        return cls.number_key.contains(OLD)

    @classmethod
    def with_email(cls, typed: str) -> list[Self]:
        """Everyone whose address on file is `typed`; nobody for an empty one."""
        key = email_key(typed)
        return list(cls.select().where(cls.email_key == key)) if key else []

    def others_with(self, typed: str) -> int:
        """How many other tenants have this address on file: one household, or a stranger's."""
        return sum(tenant.id != self.id for tenant in Tenant.with_email(typed))
