"""The one-time code of a letter, for a tenant whose e-mail address the office does not know."""

from datetime import datetime, timedelta
from typing import Self

from peewee import ForeignKeyField, TextField

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, in_steps
from ophportal.models.agent import Agent
from ophportal.models.tenant import Tenant

# Time for the post, for the holidays, and for somebody to come by and help.
LIFETIME = timedelta(days=60)


class PaperCode(BaseModel):
    """`digest` is a keyed hash of the random code, which lies nowhere but on paper."""

    tenant = ForeignKeyField(Tenant, backref="paper_codes", on_delete="CASCADE")
    digest = TextField(unique=True)
    printed_by = ForeignKeyField(Agent, null=True, backref="paper_codes", on_delete="SET NULL")
    created_at = UtcDateTimeField(default=clock.now)
    expires_at = UtcDateTimeField(default=lambda: clock.now() + LIFETIME)
    used_at = UtcDateTimeField(null=True)

    @classmethod
    def issue(cls, digests: dict[int, str], agent: Agent | None) -> None:
        """Fresh ones, for tenants by their ids. The newest letter alone is valid: the codes before it are dropped."""
        cls.delete().where(cls.tenant.in_(list(digests)) & cls.used_at.is_null()).execute()
        fresh = [{"tenant": tenant, "digest": digest, "printed_by": agent} for tenant, digest in digests.items()]
        cls.insert_many(fresh).execute()

    @classmethod
    def valid_with(cls, digest: str) -> Self | None:
        """The live code with this digest, with its tenant; None once used, replaced or expired."""
        live = (cls.digest == digest) & cls.used_at.is_null() & (cls.expires_at > clock.now())
        return cls.select(cls, Tenant).join(Tenant).where(live).first() if digest else None

    @classmethod
    def newest_of(cls, tenant: Tenant) -> Self | None:
        """The code of the tenant's last letter that is not out of date, used or not."""
        current = (cls.tenant == tenant) & (cls.expires_at > clock.now())
        return cls.select().where(current).order_by(cls.id.desc()).first()

    @classmethod
    def count_since(cls, instant: datetime, tenant_ids: list[int]) -> int:
        """How many of these tenants have a letter of after that instant."""
        return cls.select().where((cls.created_at > instant) & cls.tenant.in_(tenant_ids)).count()

    @classmethod
    def purge(cls, expired_before: datetime) -> int:
        return in_steps(cls.delete().where(cls.expires_at < expired_before))

    def use(self) -> bool:
        """Take its one use. False when a parallel request took it first."""
        still_unused = (PaperCode.id == self.id) & PaperCode.used_at.is_null()
        return PaperCode.update(used_at=clock.now()).where(still_unused).execute() == 1
