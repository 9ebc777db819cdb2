"""What the office is told before a tenant file is written, and what tenants are told after it."""

from collections.abc import Iterator
from datetime import timedelta

from peewee import Expression

from ophportal import clock
from ophportal.database import rows_of
from ophportal.formatting import NO_BREAK
from ophportal.imports.refusals import MOST_SHOWN
from ophportal.imports.reports import Gone, Moved
from ophportal.imports.tenants.handover import put_aside
from ophportal.imports.tenants.line import LEASE, TenantLine
from ophportal.imports.tenants.match import Match
from ophportal.imports.tenants.rows import Change, has_new_email
from ophportal.models import Account, Dwelling, Event, JournalEntry, Lease, Tenant
from ophportal.posting import post


def not_in_file() -> Gone:
    """The running leases and those to come that no line of the file is about; before the file's own are written.

    Without those of tenants who lose their number, which end whatever the file says.
    """
    running = Lease.select().where(Lease.is_not_over()).count()
    count = Lease.select().where(is_gone()).count()
    return Gone(count, running, first_gone() if count else ())


def first_gone() -> tuple[str, ...]:
    rows = Lease.select(Tenant.number, Tenant.last_name, Tenant.first_names, Dwelling.reference)
    query = rows.join(Tenant).switch(Lease).join(Dwelling).where(is_gone())
    found = rows_of(query.order_by(Tenant.last_name, Lease.id).limit(MOST_SHOWN))
    return tuple(f"{name} {first_names}, n°{NO_BREAK}{number}, {home}" for number, name, first_names, home in found)


def is_gone() -> Expression:
    spoken_of = Match.select(Match.lease).where(Match.lease.is_null(False))
    return Lease.is_not_over() & Lease.id.not_in(spoken_of) & Lease.tenant.not_in(put_aside())


def end_those() -> None:
    """End the leases that the file does not name, as of yesterday: their tenants can log in no more.

    One that has not begun then ends before it begins, and never runs.
    """
    Lease.update(ends_on=clock.today() - timedelta(days=1)).where(is_gone()).execute()


def moved_accounts() -> Moved:
    """The accounts whose address the planned change of the tenants replaces."""
    return Moved(sum(1 for _ in addresses_replaced()), Account.select().count())


def turned_leases(told: frozenset[str]) -> dict[str, int]:
    """How many ended leases the planned change of the leases makes run `again`, and how many running ones it makes
    `stop`. `told` are the fields of leases that the file tells.
    """
    today = clock.today()
    starts_on, ends_on = (getattr(TenantLine if name in told else Lease, name) for name in LEASE.fields)
    runs = (starts_on.is_null() | (starts_on <= today)) & (ends_on.is_null() | (ends_on >= today))
    lines = Change.select().join(Lease, on=(Lease.id == Change.row)).switch(Change)
    lines = lines.join(TenantLine, on=(TenantLine.line == Change.line))
    again, stop = (Lease.ends_on < today) & runs, Lease.is_current() & ~runs
    return {"again": lines.where(again).count(), "stop": lines.where(stop).count()}


def tell_old_addresses() -> None:
    """Tell each address that the planned change takes away from a tenant who has an account."""
    for tenant_id, old in list(addresses_replaced()):
        post("email_changed", tenant=tenant_id, recipient=old)
        JournalEntry.create(event=Event.EMAIL_CHANGED, tenant=tenant_id, detail="fichier de l'ERP")


def addresses_replaced() -> Iterator[tuple[int, str]]:
    query = (
        Change.select(Tenant.id, Tenant.email)
        .join(Tenant, on=(Tenant.id == Change.row))
        .join(Account, on=(Account.tenant == Tenant.id))
        .switch(Change)
        .join(TenantLine, on=(TenantLine.line == Change.line))
        .where((Tenant.email_key != "") & has_new_email() & (Tenant.email_key != TenantLine.email_key))
    )
    return rows_of(query)
