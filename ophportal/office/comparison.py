"""What was typed beside what is on file, and whether they are the same."""

from typing import NamedTuple

from ophportal.access.matching import is_name_of
from ophportal.models import AccessRequest, Lease, Tenant
from ophportal.models.keys import email_key, number_key


class Compared(NamedTuple):
    label: str
    typed: str
    on_file: str
    is_same: bool


def compared(request: AccessRequest, tenant: Tenant, leases: list[Lease]) -> list[Compared]:
    """The four answers, in the form's order, with the labels of the avis d'échéance."""
    reference = number_key(request.dwelling_reference)
    references = [lease.dwelling.reference for lease in leases]
    meant = [text for text in references if number_key(text) == reference]
    return [
        Compared("Nom", request.name, tenant.full_name, is_name_of(tenant, request.name)),
        Compared("Adresse e-mail", request.email, tenant.email, email_key(request.email) == tenant.email_key),
        Compared("Référence logement", request.dwelling_reference, ", ".join(meant or references), bool(meant)),
        Compared(
            "Numéro locataire",
            request.tenant_number,
            tenant.number,
            number_key(request.tenant_number) == tenant.number_key,
        ),
    ]
