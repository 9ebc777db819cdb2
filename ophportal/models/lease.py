"""A lease (bail): this tenant in this dwelling, from a day to a day. Co-tenants have one each on the same dwelling."""

from datetime import date
from typing import Self

from peewee import DateField, Expression, ForeignKeyField, ModelSelect, Query, Value

from ophportal import clock
from ophportal.database import BaseModel
from ophportal.models.dwelling import Dwelling
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given


class Lease(BaseModel):
    """`starts_on` and `ends_on` are both included; NULL means not known, and not ended."""

    tenant = ForeignKeyField(Tenant, backref="leases", on_delete="CASCADE")
    tenant_id: int  # Peewee's own: the key, without its row
    dwelling = ForeignKeyField(Dwelling, backref="leases", on_delete="CASCADE")
    dwelling_id: int
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)

    class Meta:
        indexes = ((("tenant", "dwelling"), True),)

    @classmethod
    def is_current(cls, day: date | Value | None = None) -> Expression:
        """The condition that a lease runs on `day`, or on the day that a prepared query is given; today when None."""
        day = day or clock.today()
        begun = cls.starts_on.is_null() | (cls.starts_on <= day)
        return begun & (cls.ends_on.is_null() | (cls.ends_on >= day))

    @classmethod
    def is_to_come(cls, day: Value) -> Expression:
        """The condition that a lease begins after the day that a prepared query is given; as `begins_on`."""
        return (cls.starts_on > day) & (cls.ends_on.is_null() | (cls.ends_on >= cls.starts_on))

    @classmethod
    def is_not_over(cls) -> Expression:
        """The condition that a lease runs today, or is to."""
        return cls.ends_on.is_null() | (cls.ends_on >= clock.today())

    @classmethod
    def current_of(cls, tenant: Tenant) -> list[Self]:
        """The tenant's running leases with their dwellings, oldest first."""
        return CURRENT_OF.all(cls, Dwelling, tenant=tenant.id, today=clock.today())

    @classmethod
    def all_of(cls, tenant: Tenant) -> list[Self]:
        """The tenant's leases with their dwellings, running and ended, newest first."""
        return ALL_OF.all(cls, Dwelling, tenant=tenant.id)

    @classmethod
    def running_first(cls, tenant: Tenant) -> list[Self]:
        """The tenant's leases with their dwellings: the running ones, the oldest first, since the garage came after the
        flat; then the others, the newest first.
        """
        running = cls.current_of(tenant)
        return [*running, *(lease for lease in cls.all_of(tenant) if lease not in running)]

    @classmethod
    def one_of(cls, tenant: Tenant, lease_id: int) -> Self | None:
        """The lease of this id with its dwelling, if it is the tenant's."""
        return ONE_OF.first(cls, Dwelling, tenant=tenant.id, lease=lease_id)

    @property
    def has_others(self) -> bool:
        """Whether its tenant has, or had, another lease beside it."""
        beside = (Lease.tenant == self.tenant_id) & (Lease.id != self.id)
        return Lease.select().where(beside).exists()

    def co_tenants(self) -> list[Tenant]:
        """The other tenants whose lease of the same dwelling runs; nobody beside a lease that does not."""
        if not self.is_running:
            return []
        beside = (Lease.dwelling == self.dwelling_id) & (Lease.tenant != self.tenant_id) & Lease.is_current()
        others = Tenant.select().join(Lease).where(beside)
        return list(others.order_by(Tenant.last_name, Tenant.first_names))

    @property
    def is_running(self) -> bool:
        """As `is_current`, of this row, today."""
        day = clock.today()
        return (self.starts_on is None or self.starts_on <= day) and (self.ends_on is None or self.ends_on >= day)

    @property
    def begins_on(self) -> date | None:
        """Its first day, if that is still to come; None when it has begun, or ends before it begins."""
        first, last = self.starts_on, self.ends_on
        if first is None or first <= clock.today() or (last is not None and last < first):
            return None
        return first

    @classmethod
    def has_current(cls, tenant: Tenant) -> bool:
        """Whether a lease of the tenant's runs today. Without one they may not log in."""
        return cls.select().where((cls.tenant == tenant) & cls.is_current()).exists()


def with_dwellings() -> "ModelSelect[Lease]":
    """The leases of the tenant that a prepared query is given, with their dwellings."""
    return Lease.select(Lease, Dwelling).join(Dwelling).where(Lease.tenant == given("tenant"))


def current_of() -> Query:
    running = with_dwellings().where(Lease.is_current(given("today")))
    return running.order_by(Lease.starts_on.asc(nulls="FIRST"), Lease.id)


def all_of() -> Query:
    return with_dwellings().order_by(Lease.ends_on.is_null(False), Lease.starts_on.desc(nulls="LAST"), Lease.id.desc())


ONE_OF = Prepared(lambda: with_dwellings().where(Lease.id == given("lease")))
CURRENT_OF = Prepared(current_of)
ALL_OF = Prepared(all_of)
