"""Who a request is about. Forgives how people write names and numbers, never a wrong digit (DESIGN 3)."""

import re

from ophportal.models import AccessRequest, Dwelling, Lease, Tenant
from ophportal.models.keys import name_words, number_key, without_civility

# How an ERP writes two names into one cell: « PAOLI née MARTIN », « MARTIN épouse PAOLI », « MARTIN ép. PAOLI ».
BETWEEN_NAMES = r"(?i)\b(?:née|nee|né|épouse|epouse|ép|ep|veuve|vve)\b|[()/]"


def matching_tenant(request: AccessRequest) -> Tenant | None:
    """The tenant with this number, this name and a current lease on this dwelling."""
    tenant = (
        Tenant.select()
        .join(Lease)
        .join(Dwelling)
        .where(
            (Tenant.number_key == number_key(request.tenant_number))
            & (Dwelling.reference_key == number_key(request.dwelling_reference))
            & Lease.is_current()
        )
        .first()
    )
    return tenant if tenant is not None and is_name_of(tenant, request.name) else None


def is_name_of(tenant: Tenant, typed: str) -> bool:
    """Whether `typed` is the family name (birth or married), alone or with first names before or after it."""
    typed_key = "".join(without_civility(name_words(typed)))
    # A compound first name may be typed whole or in part: « Marie-Ange », « Marie », « Ange ».
    first_names = name_words(tenant.first_names)
    return any(
        (typed_key.startswith(name) and is_made_of(typed_key[len(name) :], first_names))
        or (typed_key.endswith(name) and is_made_of(typed_key[: -len(name)], first_names))
        for name in family_names(tenant)
    )


def family_names(tenant: Tenant) -> set[str]:
    """The keys of the names a tenant goes by; « PAOLI née MARTIN » gives three: each, and both together."""
    written = tenant.last_name
    parts = [*re.split(BETWEEN_NAMES, written), written, re.sub(BETWEEN_NAMES, " ", written), tenant.birth_name]
    return {"".join(without_civility(name_words(part))) for part in parts} - {""}


def is_made_of(text: str, parts: list[str]) -> bool:
    """Whether `text` is some of `parts` set end to end, each used once at most, in any order; true of no text."""
    if not text:
        return True
    return any(
        text.startswith(part) and is_made_of(text[len(part) :], parts[:index] + parts[index + 1 :])
        for index, part in enumerate(parts)
    )
