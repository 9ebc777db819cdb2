"""Half a year of life in the demo's office, so that the console has something to show: all of it invented."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from ophportal import clock
from ophportal.addresses import record_address
from ophportal.database import writing
from ophportal.demo import households
from ophportal.models import (
    AccessRequest,
    Account,
    Agent,
    Dwelling,
    Event,
    JournalEntry,
    Lease,
    MailState,
    Outcome,
    Tenant,
)
from ophportal.office import actions
from ophportal.posting import post

WEEKS = 26
# Of the tenants with an address, so many have an account; the guests of the demo are left to the visitor.
ACTIVATED = 0.55
# Outcomes besides the good one, with how many there were in the half-year.
ODD_OUTCOMES = ((Outcome.NO_MATCH, 14), (Outcome.UNKNOWN, 9), (Outcome.OTHER_ADDRESS, 6))
MAIL_FAULTS = ("SMTPRecipientsRefused 550 5.1.1 mailbox unknown", "SMTPRecipientsRefused 552 5.2.2 mailbox full")
# From asking for a code to choosing a password.
FIRST_LOGIN = timedelta(minutes=9)
# Who waits for an agent when the demo starts: a tenant's number, and the address that they write from.
WAITING = (
    ("205008", "osier.prune@exemple.test"),
    ("205012", "perle.gentiane@exemple.test"),
    ("205004", "capucine.nouvelle@exemple.test"),
)
# One of those, and the number that they gave the portal three days before: who calls back should take the ERP's.
CHANGED_NUMBER = ("205008", "06 39 98 58 05")


def live() -> None:
    """Write half a year of requests, mails and logins; then what waits for the agents today, by the real way."""
    dice = Random("ophportal")  # noqa: S311 - invented lives, no secret
    guests = {line.number for line in households.GUESTS}
    everybody = [tenant for tenant in Tenant.select().order_by(Tenant.id) if tenant.number not in guests]
    reachable = [tenant for tenant in everybody if tenant.email and Lease.has_current(tenant)]
    active = dice.sample(reachable, int(len(reachable) * ACTIVATED))
    with writing():
        for tenant in active:
            activate(tenant, some_day(dice))
        for outcome, times in ODD_OUTCOMES:
            for tenant in dice.sample(reachable, times):
                ask(tenant, some_day(dice), outcome)
        for tenant, fault in zip(dice.sample(reachable, 5), MAIL_FAULTS * 3, strict=False):
            fail_to_mail(tenant, clock.now() - timedelta(days=dice.randint(0, 20)), fault)
    work_at_the_office(dice, active)
    give_another_number(*CHANGED_NUMBER)
    for number, address in WAITING:
        wait_for_an_agent(number, address)


def some_day(dice: Random) -> datetime:
    """A working hour in the half-year, long enough ago for a first login; more and more as the portal gets known."""
    days = WEEKS * 7
    ago = days - days * max(dice.random(), dice.random())
    day = clock.now() - timedelta(days=ago)
    return min(day.replace(hour=dice.randint(7, 18), minute=dice.randint(0, 59)), clock.now() - FIRST_LOGIN)


def activate(tenant: Tenant, when: datetime) -> None:
    """They asked for a code, got it, chose a password; nobody knows which, not even this file."""
    ask(tenant, when, Outcome.CREDENTIALS_SENT)
    account = Account.get_or_open(tenant)
    moments = {"created_at": when, "activated_at": when, "password_set_at": when}
    Account.update(password_hash="!", **moments).where(Account.id == account.id).execute()  # noqa: S106
    for event in (Event.LOGIN, Event.PASSWORD_CHANGED):
        JournalEntry.create(event=event, tenant=tenant, at=when + FIRST_LOGIN, network_address="192.0.2.7")


def ask(tenant: Tenant, when: datetime, outcome: Outcome) -> None:
    """A request of long ago, settled; what was typed is forgotten, as the rules want."""
    concerned = tenant if outcome is not Outcome.UNKNOWN else None
    request = AccessRequest.create(
        **dict.fromkeys(("name", "email", "dwelling_reference", "tenant_number", "network_address"), ""),
        created_at=when,
        settled_at=when,
        outcome=outcome,
        tenant=concerned,
    )
    JournalEntry.create(event=Event.REQUEST_SETTLED, tenant=concerned, detail=outcome, at=when)
    if outcome is Outcome.CREDENTIALS_SENT:
        put_mail(tenant, "credentials", when, state=MailState.SENT, request=request)


def fail_to_mail(tenant: Tenant, when: datetime, fault: str) -> None:
    put_mail(tenant, "password_changed", when, state=MailState.REFUSED, recipient=tenant.email, last_error=fault)
    JournalEntry.create(event=Event.MAIL_FAILED, tenant=tenant, detail="password_changed 550", at=when)


def put_mail(tenant: Tenant, mail: str, when: datetime, **fields: Any) -> None:
    post(
        mail,
        tenant=tenant,
        attempts=1,
        created_at=when,
        due_at=when,
        finished_at=when + timedelta(seconds=3),
        **fields,
    )


def work_at_the_office(dice: Random, active: list[Tenant]) -> None:
    """What the agents have done for some tenants."""
    manager, agent = Agent.select().order_by(Agent.id)
    actions.block(dice.choice(active), manager, "Départ signalé, clés rendues")
    waiting = [number for number, _ in WAITING]
    unreachable = Tenant.select().where((Tenant.email == "") & Tenant.number.not_in(waiting)).order_by(Tenant.id)
    for tenant in unreachable[:3]:
        record_address(tenant, households.email_of(tenant.first_names, tenant.last_name), agent)


def give_another_number(number: str, phone: str) -> None:
    tenant = Tenant.by_number(number)
    if tenant is None:
        return
    when = clock.now() - timedelta(days=3)
    tenant.phone = phone
    with writing():
        tenant.save(only=[Tenant.phone])
        JournalEntry.create(event=Event.PHONE_CHANGED, tenant=tenant, at=when, network_address="192.0.2.7")
        put_mail(tenant, "phone_changed", when, state=MailState.SENT, recipient=tenant.email)


def wait_for_an_agent(number: str, address: str) -> None:
    """A request that the worker will leave to a person."""
    tenant = Tenant.by_number(number)
    lease = Lease.select(Lease, Dwelling).join(Dwelling).where(Lease.tenant == tenant).first()
    if tenant is None or lease is None:
        return
    with writing():
        request = AccessRequest.create(
            name=tenant.last_name.title(),
            email=address,
            dwelling_reference=lease.dwelling.reference,
            tenant_number=tenant.number,
            network_address="192.0.2.31",
        )
        post(request=request)
