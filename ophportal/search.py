"""Finding a tenant from whatever an agent has heard of them. Plain queries, until the index is there."""

from dataclasses import dataclass

from ophportal.models import Account, Dwelling, Lease, TemporaryPassword, Tenant
from ophportal.models.access_state import AccessState, access_state
from ophportal.models.keys import email_key, number_key


@dataclass(frozen=True)
class Found:
    """What a line of results shows; `dwelling` is the newest lease's."""

    tenant: Tenant
    dwelling: Dwelling | None
    state: AccessState


def find_tenants(typed: str, most: int = 20) -> list[Found]:
    """The tenants whose number, address or name begins with `typed`; the best first."""
    by_name = Tenant.last_name.startswith(typed)
    exact = (Tenant.number_key == number_key(typed)) | (Tenant.email_key == email_key(typed))
    return [found(tenant) for tenant in Tenant.select().where(exact | by_name).order_by(Tenant.last_name).limit(most)]


def found(tenant: Tenant) -> Found:
    account = Account.get_or_none(Account.tenant == tenant)
    temporary = TemporaryPassword.live_of(account) if account else None
    leases = Lease.all_of(tenant)
    return Found(tenant, leases[0].dwelling if leases else None, access_state(tenant, account, temporary))
