"""A lease (bail): this tenant in this dwelling, from a day to a day. Co-tenants have one each on the same dwelling."""

from datetime import date
from typing import Self

from peewee import DateField, Expression, ForeignKeyField, Value

from ophportal import clock
from ophportal.database import BaseModel
from ophportal.models.dwelling import Dwelling
from ophportal.models.tenant import Tenant


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
        return list(
            cls.select(cls, Dwelling)
            .join(Dwelling)
            .where((cls.tenant == tenant) & cls.is_current())
            .order_by(cls.starts_on.asc(nulls="FIRST"), cls.id)
        )

    @classmethod
    def all_of(cls, tenant: Tenant) -> list[Self]:
        """The tenant's leases with their dwellings, running and ended, newest first."""
        leases = cls.select(cls, Dwelling).join(Dwelling).where(cls.tenant == tenant)
        return list(leases.order_by(cls.ends_on.is_null(False), cls.starts_on.desc(nulls="LAST"), cls.id.desc()))

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
        mine = (cls.id == lease_id) & (cls.tenant == tenant)
        return cls.select(cls, Dwelling).join(Dwelling).where(mine).first()

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
        """Its first day where that is to come; None where it has begun, or was ended before it could."""
        first, last = self.starts_on, self.ends_on
        if first is None or first <= clock.today() or (last is not None and last < first):
            return None
        return first

    @classmethod
    def has_current(cls, tenant: Tenant) -> bool:
        """Whether a lease of the tenant's runs today: who has none may not enter, blocked or not."""
        return cls.select().where((cls.tenant == tenant) & cls.is_current()).exists()
