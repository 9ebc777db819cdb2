"""Whose data are told, and how a value of the store is."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ophportal import clock
from ophportal.models import Account, JournalEntry, Lease, Tenant
from ophportal.models.keys import email_key, number_key

AN_AGENT = "un agent de l'office"
NOT_YOURS = "(autre que dans votre dossier)"
MAY_BE_OF_THE_OTHER = "(essai avec une adresse e-mail qui sert à deux comptes)"


class Person(NamedTuple):
    """A tenant, with their account if they have ever asked for one.

    `doors` are the digests by which the journal knows who tries to enter this account; `shared_doors` those of them
    that another account may share.
    """

    tenant: Tenant
    account: Account | None
    doors: list[str]
    leases: list[Lease]
    shared_doors: list[str]

    def own_email(self, typed: str) -> str:
        """`typed` when it is the tenant's; another one may be somebody else's (RGPD, art. 15.4)."""
        return typed if email_key(typed) in {"", self.tenant.email_key} else NOT_YOURS

    def own_number(self, typed: str) -> str:
        return typed if number_key(typed) in {"", self.tenant.number_key} else NOT_YOURS

    def own_reference(self, typed: str) -> str:
        own = {lease.dwelling.reference_key for lease in self.leases}
        return typed if number_key(typed) in {"", *own} else NOT_YOURS

    def own_network_address(self, entry: JournalEntry) -> str:
        """The network address of an entry, unless the other account's tenant may have made the try."""
        return MAY_BE_OF_THE_OTHER if entry.subject in self.shared_doors else entry.network_address


def plain(value: Any) -> Any:
    """The value as JSON has it: euros as « 412.35 », an instant with its zone."""
    match value:
        case Decimal():
            return f"{value:.2f}"
        case datetime():
            return value.astimezone(clock.here()).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case None | str() | bool() | int():
            return value
    raise TypeError(f"no way to tell a {type(value).__name__}")
