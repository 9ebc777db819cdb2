"""The agents' console: letters with a code, chosen, being made, and ready."""

from datetime import date

from ophportal import jobs
from ophportal.models import Account, Job, Lease
from ophportal.office import printing
from ophportal.papers import access_code
from tests.browser.scenes import scene
from tests.browser.scenes.console import after, so_far
from tests.conftest import press, work
from tests.console.letters import print_chosen
from tests.page import Page

LIST = "/agents/courriers"


def households(make_tenant, count):
    """Tenants without an e-mail address."""
    return [
        make_tenant("ROSSI", "Paul", number=f"1{n:05d}", reference=f"R-{n:03d}", email="") for n in range(1, count + 1)
    ]


@scene("office.letters", "agents-courriers-personne")
def nobody_to_write_to(console):
    return console.get(LIST)


@scene("office.letters", "agents-courriers")
def to_choose(console, make_tenant):
    households(make_tenant, 12)
    return console.get(LIST)


@scene("office.select_letters", "agents-courriers-filtres")
def filtered(console, make_tenant, app):
    """After a first printing, and with fewer lines than there are tenants."""
    print_chosen(console, households(make_tenant, 4)[:2])
    work(app)
    return console.submit(LIST, place="rue des lilas", days="0")


@scene("office.print_many", "agents-courriers-rien-de-coche", status=422)
def nothing_ticked(console, make_tenant):
    households(make_tenant, 2)
    return press(console, LIST, f"{LIST}/imprimer", place="", days="30")


@scene("office.print_many", "agents-courriers-liste-depassee", status=422)
def some_are_gone(console, make_tenant):
    tenants = households(make_tenant, 4)
    Account.get_or_open(tenants[0]).block()
    form = Page(console.get(LIST)).one(f"form[action='{LIST}/imprimer']")
    kept = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    return console.post(f"{LIST}/imprimer", data={**kept, "tenant": [each.id for each in tenants[:3]]})


@scene("office.select_letters", "agents-courriers-jours-refuses", status=422)
def too_many_days(console, make_tenant):
    households(make_tenant, 2)
    return console.submit(LIST, place="", days="9999")


@scene("office.letters_job", "agents-impression-en-cours")
def being_made(console, make_tenant):
    address = print_chosen(console, households(make_tenant, 5))
    so_far(2, 5)
    return console.get(address)


@scene("office.letters_job", "agents-impression-prete")
def ready(console, make_tenant, app, monkeypatch):
    """In several files; some are left out, one has a name that no font writes, one has a newer letter."""
    monkeypatch.setattr(printing, "LOT", 2)
    tenants = households(make_tenant, 5)
    tenants.append(make_tenant("😀", "Anis", number="7", reference="7", email=""))
    address = print_chosen(console, tenants)
    Account.get_or_open(tenants[0]).block()
    Lease.update(ends_on=date(2020, 1, 1)).where(Lease.tenant == tenants[1]).execute()
    work(app)
    here = f"/agents/locataires/{tenants[2].id}"
    press(console, here, f"{here}/courrier")
    return console.get(address)


@scene("office.letters_job", "agents-impression-d-une-liste-filtree")
def made_of_a_filtered_list(console, make_tenant, app):
    (tenant,) = households(make_tenant, 1)
    printed = press(console, LIST, f"{LIST}/imprimer", place="rue des lilas", days="30", tenant=str(tenant.id))
    work(app)
    return after(console, printed)


@scene("office.letters_job", "agents-impression-sans-courrier")
def none_left(console, make_tenant, app):
    (tenant,) = households(make_tenant, 1)
    address = print_chosen(console, [tenant])
    Account.get_or_open(tenant).block()
    work(app)
    return console.get(address)


@scene("office.letters_job", "agents-impression-echouee")
def failed(console, make_tenant, app, monkeypatch):
    monkeypatch.setattr(access_code, "make_letters", None)
    address = print_chosen(console, households(make_tenant, 1))
    work(app)
    return console.get(address)


@scene("office.letters_job", "agents-impression-effacee")
def erased(console, make_tenant, app):
    address = print_chosen(console, households(make_tenant, 2))
    work(app)
    jobs.forget_files(Job.get())
    return console.get(address)
