"""What the office is told before a tenant file is written, and what tenants are told after it."""

from collections.abc import Iterator
from datetime import timedelta

from peewee import Expression

from ophportal import clock
from ophportal.database import rows_of
from ophportal.formatting import NO_BREAK, counted, whole
from ophportal.imports.refusals import MOST_SHOWN, LineError, Refusals
from ophportal.imports.reports import FEW, SUSPICIOUS, Count, Gone
from ophportal.imports.tenants.handover import Handover, put_aside
from ophportal.imports.tenants.line import LEASE, TenantLine
from ophportal.imports.tenants.match import Match
from ophportal.imports.tenants.rows import LeaseChange, TenantChange, has_new_email
from ophportal.models import Account, Dwelling, Event, JournalEntry, Lease, Tenant
from ophportal.posting import post

# A night ends one running lease in a thousand, a month one in a hundred; and whose lease ends can log in no more.
MOST_ENDED = 0.05

MANY_ENDED = "Baux en cours qui se terminent : {} sur {}. Le fichier est peut-être incomplet, ou ses dates décalées."
MANY_MOVED = (
    "Comptes qui changent d'adresse e-mail : {} sur {}. Une colonne est peut-être décalée, ou le fichier ancien."
)
MANY_ELSEWHERE = (
    "Logements dont le fichier donne plusieurs adresses : {} sur {}, d'abord {}. Elle n'est peut-être pas unique, "
    "comme un numéro de porte : le portail dirait à des inconnus qu'ils louent ensemble."
)
HANDED = "Numéros de locataire qui passent d'une personne à une autre : {}."


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


def tell_moved(refusals: Refusals) -> None:
    """Tell of the accounts whose address the planned change of the tenants replaces; doubt many of them."""
    accounts, all_accounts = sum(1 for _ in addresses_replaced()), Account.select().count()
    if accounts:
        refusals.notice(counted(accounts, "compte change d'adresse e-mail", "comptes changent d'adresse e-mail"))
    if accounts > SUSPICIOUS * all_accounts:
        refusals.doubt(MANY_MOVED.format(whole(accounts), whole(all_accounts)))


def tell_turned(told: frozenset[str], ended: int, running: int, refusals: Refusals) -> None:
    """Tell of the ended leases that the planned change of the leases makes run again, and of the running ones that it
    makes stop; doubt these where with the `ended` ones they are many of those `running`.

    `told` are the fields of leases that the file tells.
    """
    today = clock.today()
    starts_on, ends_on = (getattr(TenantLine if name in told else Lease, name) for name in LEASE.fields)
    runs = (starts_on.is_null() | (starts_on <= today)) & (ends_on.is_null() | (ends_on >= today))
    lines = LeaseChange.select().join(Lease, on=(Lease.id == LeaseChange.row)).switch(LeaseChange)
    lines = lines.join(TenantLine, on=(TenantLine.line == LeaseChange.line))
    if again := lines.where((Lease.ends_on < today) & runs).count():
        refusals.notice(counted(again, "bail terminé reprend", "baux terminés reprennent"))
    if stop := lines.where(Lease.is_current() & ~runs).count():
        one, several = "bail en cours se termine, d'après ses dates", "baux en cours se terminent, d'après leurs dates"
        refusals.notice(counted(stop, one, several))
    if ended + stop > min(SUSPICIOUS * running, max(FEW, MOST_ENDED * running)):
        refusals.doubt(MANY_ENDED.format(whole(ended + stop), whole(running)))


def tell_handed(refusals: Refusals) -> None:
    """Doubt the numbers that get another bearer."""
    if handed := Handover.select().count():
        refusals.doubt(HANDED.format(whole(handed)))


def tell_elsewhere(elsewhere: list[LineError], count: Count, refusals: Refusals) -> None:
    """Tell of the dwellings that lines tell at several addresses; of so many, that their references must be others',
    too.
    """
    if len(elsewhere) > SUSPICIOUS * count.named:
        refusals.doubt(MANY_ELSEWHERE.format(whole(len(elsewhere)), whole(count.named), elsewhere[0]))
    elif elsewhere:
        have = counted(len(elsewhere), "logement a", "logements ont")
        refusals.notice(f"{have} plusieurs adresses dans le fichier, d'abord {elsewhere[0]}")


def tell_old_addresses() -> None:
    """Tell each address that the planned change takes away from a tenant who has an account."""
    for tenant_id, old in list(addresses_replaced()):
        post("email_changed", tenant=tenant_id, recipient=old)
        JournalEntry.create(event=Event.EMAIL_CHANGED, tenant=tenant_id, detail="fichier de l'ERP")


def addresses_replaced() -> Iterator[tuple[int, str]]:
    query = (
        TenantChange.select(Tenant.id, Tenant.email)
        .join(Tenant, on=(Tenant.id == TenantChange.row))
        .join(Account, on=(Account.tenant == Tenant.id))
        .switch(TenantChange)
        .join(TenantLine, on=(TenantLine.line == TenantChange.line))
        .where((Tenant.email_key != "") & has_new_email() & (Tenant.email_key != TenantLine.email_key))
    )
    return rows_of(query)
