"""A document (avis d'échéance, quittance…) that the office has dropped for a tenant: what it is, not what is in it.

Its content is a file (`ophportal.documents`), named by its SHA-256.
"""

import secrets
from datetime import date
from enum import StrEnum
from typing import Self

from peewee import JOIN, SQL, DateField, ForeignKeyField, IntegerField, Query, TextField

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField
from ophportal.models.dwelling import Dwelling
from ophportal.models.lease import Lease
from ophportal.models.tenant import Tenant
from ophportal.prepared import Prepared, given


class DocumentKind(StrEnum):
    AVIS = "avis"
    QUITTANCE = "quittance"
    RECU = "recu"
    REGULARISATION = "regularisation"
    ATTESTATION = "attestation"
    BAIL = "bail"
    COURRIER = "courrier"
    AUTRE = "autre"

    @property
    def label(self) -> str:
        """The title of a document of this kind that has none of its own."""
        return LABELS[self]


LABELS = {
    DocumentKind.AVIS: "Avis d'échéance",
    DocumentKind.QUITTANCE: "Quittance",
    DocumentKind.RECU: "Reçu",
    DocumentKind.REGULARISATION: "Régularisation des charges",
    DocumentKind.ATTESTATION: "Attestation",
    DocumentKind.BAIL: "Bail",
    DocumentKind.COURRIER: "Courrier",
    DocumentKind.AUTRE: "Document",
}
# The kinds shown only to tenants who have agreed to get them online (law 89-462 of 6 July 1989, art. 21).
RECEIPTS = (DocumentKind.QUITTANCE, DocumentKind.RECU)


class Document(BaseModel):
    """`period` is the first day of the month that it is about, `size` in bytes; `lease` NULL is about none, or several.

    A place (tenant, lease, period, kind, title) has one document: a corrected one takes it.
    """

    token = TextField(unique=True, default=lambda: secrets.token_hex(16))
    tenant = ForeignKeyField(Tenant, backref="documents", on_delete="CASCADE")
    tenant_id: int
    lease = ForeignKeyField(Lease, null=True, backref="documents", on_delete="CASCADE")
    lease_id: int | None
    period = DateField()
    kind = TextField()
    title = TextField()
    digest = TextField(index=True)
    size = IntegerField()
    added_at = UtcDateTimeField(default=clock.now)

    @property
    def place(self) -> tuple[int, int | None, date, str, str]:
        return (self.tenant_id, self.lease_id, self.period, self.kind, self.title)

    @classmethod
    def of_tenant(cls, tenant: Tenant) -> list[Self]:
        """The tenant's documents with their leases and dwellings, newest month first."""
        return OF_TENANT.all(cls, Lease, Dwelling, tenant=tenant.id)

    @classmethod
    def avis_of(cls, lease: Lease, month: date) -> Self | None:
        """The avis that the office has given for `lease`, or for no lease of its tenant's in particular, and the month
        of this first day; None when it has given none.
        """
        theirs = (cls.tenant == lease.tenant_id) & (cls.kind == DocumentKind.AVIS) & (cls.period == month)
        of_lease = cls.lease.is_null() | (cls.lease == lease)
        return cls.select().where(theirs & of_lease).order_by(cls.lease.is_null(), cls.id.desc()).first()

    @classmethod
    def one_of(cls, tenant: Tenant, token: str) -> Self | None:
        """The document of this token, if it is the tenant's."""
        return cls.get_or_none((cls.token == token) & (cls.tenant == tenant))


def of_tenant() -> Query:
    rows = Document.select(Document, Lease, Dwelling).join(Lease, JOIN.LEFT_OUTER).join(Dwelling, JOIN.LEFT_OUTER)
    mine = rows.where(Document.tenant == given("tenant"))
    return mine.order_by(Document.period.desc(), Document.title, Document.id.desc())


OF_TENANT = Prepared(of_tenant)

# COALESCE, since NULLs are distinct in a unique index: a place without a lease could have many documents.
Document.add_index(
    SQL(
        'CREATE UNIQUE INDEX "document_place" ON "document"'
        ' ("tenant_id", COALESCE("lease_id", 0), "period", "kind", "title")'
    )
)
