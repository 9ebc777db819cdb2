"""A tenant's consent to get their receipts over the Internet alone (law 89-462 of 6 July 1989, art. 21): given in so
many words, and taken back at any time.
"""

from typing import Self

from peewee import ForeignKeyField, IntegrityError, Query, TextField

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, writing
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given


class DeliveryConsent(BaseModel):
    """A row for each time that it was given; `wording` is what the tenant agreed to, as they read it."""

    tenant = ForeignKeyField(Tenant, backref="consents", on_delete="CASCADE")
    wording = TextField()
    given_at = UtcDateTimeField(default=clock.now)
    withdrawn_at = UtcDateTimeField(null=True)

    @classmethod
    def of(cls, tenant: Tenant) -> Self | None:
        """The consent in force; None when there is none."""
        return IN_FORCE_OF.first(cls, tenant=tenant.id)

    @classmethod
    def all_in_force(cls) -> list[Self]:
        """The consents in force, each with its tenant, by name."""
        in_force = cls.select(cls, Tenant).join(Tenant).where(cls.withdrawn_at.is_null())
        return list(in_force.order_by(Tenant.last_name, Tenant.first_names, Tenant.id))

    @classmethod
    def withdrawn_of(cls, tenant: Tenant) -> list[Self]:
        """The consents that `tenant` has given and taken back, newest first."""
        withdrawn = (cls.tenant == tenant) & cls.withdrawn_at.is_null(False)
        return list(cls.select().where(withdrawn).order_by(cls.given_at.desc(), cls.id.desc()))

    @classmethod
    def give(cls, tenant: Tenant, wording: str) -> bool:
        """False when it is in force already: the store has one a tenant."""
        try:
            with writing():
                cls.create(tenant=tenant, wording=wording)
        except IntegrityError:
            return False
        return True

    @classmethod
    def withdraw(cls, tenant: Tenant) -> bool:
        """False when there was none."""
        in_force = (cls.tenant == tenant) & cls.withdrawn_at.is_null()
        return cls.update(withdrawn_at=clock.now()).where(in_force).execute() == 1


DeliveryConsent.add_index(
    DeliveryConsent.index(
        DeliveryConsent.tenant,
        unique=True,
        where=DeliveryConsent.withdrawn_at.is_null(),
        name="delivery_consent_in_force",
    )
)


def in_force_of() -> Query:
    row = DeliveryConsent
    return row.select().where((row.tenant == given("tenant")) & row.withdrawn_at.is_null())


IN_FORCE_OF = Prepared(in_force_of)
