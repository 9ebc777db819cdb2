"""The agents' console: the requests that wait for a person, and what becomes of them."""

from datetime import date

from ophportal.models import AccessRequest, Event, JournalEntry, Lease, Tenant, Verification
from tests.browser.scenes import scene
from tests.browser.scenes.console import after
from tests.conftest import at_work, press, request_code

LIST = "/agents/a-verifier"


def asked(client, make_tenant, outbox, typed="stella@exemple.test", **tenant):
    """Maria has asked with another address than the one on file; what waits."""
    make_tenant(phone="04 65 71 12 34", civility="Mme", **tenant)
    request_code(client, email=typed)
    outbox.deliver()
    return Verification.get()


def opened(visitor, it):
    return after(visitor, press(visitor, LIST, f"{LIST}/{it.id}/ouvrir"))


def change_number(it, **numbers):
    """What the tenant told the portal, beside what the ERP says."""
    Tenant.update(**numbers).execute()
    JournalEntry.create(event=Event.PHONE_CHANGED, tenant=it.tenant)


def decided(visitor, it, verb, **fields):
    opened(visitor, it)
    return press(visitor, f"{LIST}/{it.id}", f"{LIST}/{it.id}/{verb}", **fields)


@scene("office.verifications", "agents-a-verifier-rien")
def nothing_waits(console):
    return console.get(LIST)


@scene("office.verifications", "agents-a-verifier")
def some_wait(console, client, make_tenant, make_agent, outbox, app):
    """One that nobody has opened, one that this agent has, and one that a colleague has."""
    colleague = at_work(app, make_agent("Barnabé Essai", email="barnabe@office.exemple.test"))
    opened(console, asked(client, make_tenant, outbox))
    for n, name in enumerate(("ROSSI", "FUSAIN"), 2):
        make_tenant(name, "Paul", number=f"{n}", reference=f"{n}", email="")
        request_code(client, name=name, tenant_number=f"{n}", dwelling_reference=f"{n}")
        outbox.deliver()
    opened(colleague, Verification.select().order_by(Verification.id.desc()).get())
    return console.get(LIST)


@scene("office.verifications", "agents-a-verifier-page-2")
def more_than_a_page_wait(console, make_tenant):
    for n in range(1, 104):
        who = {"name": f"NOM{n}", "dwelling_reference": f"{n}", "tenant_number": f"{n}"}
        request = AccessRequest.create(email="stella@exemple.test", network_address="", **who)
        Verification.create(request=request, tenant=make_tenant(f"NOM{n}", number=f"{n}", reference=f"{n}"))
    return console.get(f"{LIST}/page/2")


@scene("office.verification", "agents-demande-a-ouvrir")
def not_opened(console, client, make_tenant, outbox):
    return console.get(f"{LIST}/{asked(client, make_tenant, outbox).id}")


@scene("office.verification", "agents-demande-lettre-rare")
def address_that_imitates(console, client, make_tenant, outbox):
    return opened(console, asked(client, make_tenant, outbox, typed="maria@ex\u0435mple.test"))


@scene("office.verification", "agents-demande-ouverte")
def mine(console, client, make_tenant, outbox):
    make_tenant("ROSSI", "Paul", number="2", reference="2", email="stella@exemple.test")
    return opened(console, asked(client, make_tenant, outbox))


@scene("office.verification", "agents-demande-telephone-change")
def number_changed(console, client, make_tenant, outbox):
    it = asked(client, make_tenant, outbox)
    change_number(it, phone="06 39 98 12 34")
    return console.get(f"{LIST}/{it.id}")


@scene("office.verification", "agents-demande-telephone-donne")
def number_given(console, client, make_tenant, outbox):
    it = asked(client, make_tenant, outbox)
    change_number(it, phone="06 39 98 12 34", erp_phone="")
    return console.get(f"{LIST}/{it.id}")


@scene("office.verification", "agents-demande-prise")
def a_colleague_s(console, client, make_tenant, make_agent, outbox, app):
    it = asked(client, make_tenant, outbox)
    opened(at_work(app, make_agent("Barnabé Essai", email="barnabe@office.exemple.test")), it)
    return console.get(f"{LIST}/{it.id}")


@scene("office.verification", "agents-demande-bail-termine")
def lease_over(console, client, make_tenant, outbox):
    it = asked(client, make_tenant, outbox)
    Lease.update(ends_on=date(2021, 1, 1)).execute()
    return opened(console, it)


@scene("office.refuse_verification", "agents-demande-sans-raison", status=422)
def refused_without_reason(console, client, make_tenant, outbox):
    return decided(console, asked(client, make_tenant, outbox), "refuser")


@scene("office.verifications", "agents-demande-refusee")
def refused(console, client, make_tenant, outbox):
    it = asked(client, make_tenant, outbox)
    return after(console, decided(console, it, "refuser", reason="Nous ne vous avons pas au téléphone"))


@scene("office.verifications", "agents-demande-acceptee")
def accepted(console, client, make_tenant, outbox):
    return after(console, decided(console, asked(client, make_tenant, outbox, email=""), "accepter"))
