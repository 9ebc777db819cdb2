"""A document that the office has taken back from its tenant, and that its next exports do not bring back."""

from peewee import DateField, ForeignKeyField, TextField

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField
from ophportal.models.document import Document
from ophportal.models.lease import Lease
from ophportal.models.tenant import Tenant


class Withdrawal(BaseModel):
    """A withdrawn document, with the fields of its `Document`, whose row is deleted. The purge erases the content."""

    tenant = ForeignKeyField(Tenant, backref="withdrawals", on_delete="CASCADE")
    tenant_id: int
    lease = ForeignKeyField(Lease, null=True, backref="withdrawals", on_delete="CASCADE")
    lease_id: int | None
    period = DateField()
    kind = TextField()
    title = TextField()
    digest = TextField()
    withdrawn_at = UtcDateTimeField(default=clock.now)

    @classmethod
    def withdraw(cls, document: Document) -> bool:
        """Take the document back, in the caller's transaction; False when it is gone, or an import has replaced it."""
        as_read = (Document.id == document.id) & (Document.digest == document.digest)
        if not Document.delete().where(as_read).execute():
            return False
        tenant, lease, period, kind, title = document.place
        cls.create(tenant=tenant, lease=lease, period=period, kind=kind, title=title, digest=document.digest)
        return True
