"""Whom to write to: the tenants whom no e-mail reaches, by the place where they live."""

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from peewee import JOIN, Expression, chunked, fn

from ophportal import clock
from ophportal.models import Account, Dwelling, Lease, PaperCode, Tenant
from ophportal.models.keys import name_words, reference_start

# SQLite takes 32 766 values a statement from 3.32 on.
BATCH = 10_000


class Recipient(NamedTuple):
    """A tenant, and the dwelling that the letter goes to."""

    tenant: Tenant
    dwelling: Dwelling


def unreachable(place: str, days: int) -> list[Recipient]:
    """The tenants with a running lease, no e-mail address, and no account in use or blocked; sorted by address.

    `place` is what their dwelling's address or reference must show, everybody's when empty. Who was printed a letter
    in the last `days` is left out.
    """
    letters = PaperCode.select().where(
        (PaperCode.tenant == Tenant.id) & (PaperCode.created_at > clock.now() - timedelta(days=days))
    )
    never_in = Account.activated_at.is_null() & Account.blocked_at.is_null()
    without = (Tenant.email_key == "") & never_in & ~fn.EXISTS(letters)
    found = (recipient for recipient in recipients(without) if lives_at(recipient.dwelling, place))
    return sorted(found, key=by_address)


def chosen(tenant_ids: Iterable[int]) -> list[Recipient]:
    """These tenants without those whose lease has ended or whose access is blocked; sorted by address."""
    found: list[Recipient] = []
    for some in chunked(tenant_ids, BATCH):
        found += recipients(Tenant.id.in_(some) & Account.blocked_at.is_null())
    return sorted(found, key=by_address)


def recipients(condition: Expression) -> Iterable[Recipient]:
    """The tenants who meet `condition` and have a running lease on a dwelling with a postal address."""
    query = (
        Lease.select(Lease, Tenant, Dwelling)
        .join_from(Lease, Tenant)
        .join_from(Lease, Dwelling)
        .join_from(Tenant, Account, JOIN.LEFT_OUTER, on=(Account.tenant == Tenant.id))
        .where(condition & Lease.is_current() & (Dwelling.address != "") & (Dwelling.city != ""))
        .order_by(Tenant.id, Lease.starts_on.asc(nulls="FIRST"), Lease.id)
    )
    for _, leases in groupby(query, key=lambda lease: lease.tenant_id):
        # Nobody has a letter-box in a garage.
        home = min(leases, key=lambda lease: lease.dwelling.annex_in_words != "")
        yield Recipient(home.tenant, home.dwelling)


def lives_at(dwelling: Dwelling, place: str) -> bool:
    """Whether each word of `place` begins one of the address's, or all of it begins the reference."""
    reference = reference_start(place)
    words = name_words(place)
    known = words_of(f"{dwelling.address} {dwelling.postal_code} {dwelling.city}")
    return all(any(one.startswith(word) for one in known) for word in words) or (
        reference != "" and reference_start(dwelling.reference).startswith(reference)
    )


@lru_cache(maxsize=2048)
def words_of(address: str) -> tuple[str, ...]:
    return tuple(name_words(address))


def by_address(recipient: Recipient) -> tuple[str, tuple[str, ...], str, int]:
    tenant, dwelling = recipient
    return dwelling.postal_code, words_of(dwelling.address), tenant.last_name, tenant.id
