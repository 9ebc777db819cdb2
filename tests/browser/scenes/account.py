"""The tenant's account in the lives that tenants lead: its first page, the operations, the dwelling."""

from datetime import UTC, date, datetime

from ophportal.models import BuildingContact, Dwelling, Job, JobState, Lease
from ophportal.testing import add_lease
from tests.browser.scenes import scene
from tests.conftest import landing, log_in
from tests.lives import enter


def rents(lease, *months, paid=True):
    """A call a month, « 2026-03 », and its payment."""
    for month in months:
        enter(lease, f"{month}-01", "Loyer", "486.20")
        enter(lease, f"{month}-01", "Provision pour charges", "74.15")
        enter(lease, f"{month}-01", "APL", "-148.00")
        if paid:
            enter(lease, f"{month}-01", "Prélèvement", "-412.35")


def home_of(tenant):
    return tenant.leases.order_by(Lease.id).first()


def add_garage(tenant, **dates):
    garage = add_lease(tenant, "777-B", **{"starts_on": date(2021, 9, 1), **dates})
    Dwelling.update(kind="Garage", address="3 rue du Port").where(Dwelling.id == garage.dwelling_id).execute()
    return garage


@scene("account.home", "compte-accueil")
def greeted(client, make_account):
    return client.get(landing(log_in(client, make_account())))


@scene("account.home", "compte-sans-ecriture")
def nothing_imported(inside):
    return inside.get("/compte")


@scene("account.home", "compte-a-payer")
def owes_the_current_call(inside, app, monkeypatch):
    ways = "Virement : IBAN FR00 0000 0000, compte inventé|Chèque à l'ordre de l'office|Carte : à l'accueil"
    monkeypatch.setitem(app.config["OFFICE"], "payment", ways)
    monkeypatch.setitem(vars(app.jinja_env.globals["office"]), "payment_page", "https://paiement.exemple.test/")
    rents(home_of(inside.tenant), "2026-01", "2026-02")
    rents(home_of(inside.tenant), "2026-03", paid=False)
    job = Job.put("import_ledger", None, file="x.csv")
    done = datetime(2026, 3, 1, 21, 5, tzinfo=UTC)
    Job.update(state=JobState.DONE, finished_at=done).where(Job.id == job.id).execute()
    return inside.get("/compte")


@scene("account.home", "compte-en-retard")
def in_arrears(inside, app, monkeypatch):
    monkeypatch.setitem(vars(app.jinja_env.globals["office"]), "difficulty", "Appelez Loriot TISON au 04 65 71 00 02.")
    rents(home_of(inside.tenant), "2026-01", "2026-02", "2026-03", paid=False)
    return inside.get("/compte")


@scene("account.home", "compte-appele-d-avance")
def called_in_advance(inside):
    rents(home_of(inside.tenant), "2026-02", "2026-04", "2026-05", paid=False)
    return inside.get("/compte")


@scene("account.home", "compte-date-passee")
def too_late(inside):
    rents(home_of(inside.tenant), "2026-02", paid=False)
    return inside.get("/compte")


@scene("account.home", "compte-paiement-refuse")
def payment_came_back(inside):
    rents(home_of(inside.tenant), "2026-02")
    enter(home_of(inside.tenant), "2026-02-09", "Rejet de prélèvement", "412.35")
    return inside.get("/compte")


@scene("account.home", "compte-a-jour")
def up_to_date(inside):
    rents(home_of(inside.tenant), "2026-01", "2026-02", "2026-03")
    return inside.get("/compte")


@scene("account.home", "compte-en-avance")
def in_advance(inside):
    rents(home_of(inside.tenant), "2026-02")
    enter(home_of(inside.tenant), "2026-02-20", "Virement", "-50.00")
    return inside.get("/compte")


@scene("account.home", "compte-deux-baux")
def a_flat_and_a_garage(inside):
    rents(home_of(inside.tenant), "2026-03")
    enter(add_garage(inside.tenant), "2026-03-01", "Loyer garage", "48.00")
    return inside.get("/compte")


@scene("account.home", "compte-bail-termine")
def a_lease_that_ended_in_debt(inside):
    enter(add_garage(inside.tenant, ends_on=date(2025, 1, 31)), "2025-01-01", "Loyer garage", "96.00")
    return inside.get("/compte")


@scene("account.home", "compte-bail-a-venir")
def a_deposit_on_a_lease_to_come(inside):
    enter(add_garage(inside.tenant, starts_on=date(2026, 4, 1)), "2026-03-01", "Dépôt de garantie", "48.00")
    return inside.get("/compte")


@scene("account.operations", "operations-aucune")
def no_entries(inside):
    return inside.get("/compte/operations")


@scene("account.operations", "operations-une-annee")
def one_year(inside):
    lease = home_of(inside.tenant)
    rents(lease, "2026-01", "2026-02")
    enter(lease, "2026-02-09", "Rejet de prélèvement", "412.35")
    enter(lease, "2026-02-09", "Frais de rejet", "5.00")
    enter(lease, "2026-02-20", "Règlement par carte bancaire au guichet", "-1000.00")
    return inside.get("/compte/operations")


@scene("account.operations", "operations-libelle-de-banque")
def a_label_as_banks_write_them(inside):
    label = "VIREMENT/REF:FR7630006000011234567890189/SCT-INST/20260921-XYZ-000000000000000000000000000000000000001"
    enter(home_of(inside.tenant), "2026-02-20", label, "-412.35")
    return inside.get("/compte/operations")


def two_years(inside):
    lease = home_of(inside.tenant)
    rents(lease, *(f"2025-{month:02}" for month in range(3, 13)), "2026-01", "2026-02")
    rents(lease, "2026-03", paid=False)
    return f"/compte/baux/{lease.id}/operations"


@scene("account.lease_operations", "operations-annee-d-avant")
def the_year_before(inside):
    return inside.get(f"{two_years(inside)}?annee=2025")


@scene("account.lease_operations", "operations-toutes")
def all_years(inside):
    return inside.get(f"{two_years(inside)}?annee=toutes")


@scene("account.lease_operations", "operations-annee-absente", status=404)
def a_year_that_there_is_not(inside):
    return inside.get(f"{two_years(inside)}?annee=1999")


@scene("account.operations", "operations-de-deux-baux")
def operations_of_two_leases(inside):
    two_years(inside)
    enter(add_garage(inside.tenant, ends_on=date(2026, 1, 31)), "2026-01-01", "Loyer garage", "48.00")
    return inside.get("/compte/operations")


@scene("account.dwelling", "logement-sans-contact")
def no_contacts(inside):
    return inside.get("/compte/logement")


@scene("account.dwelling", "logement-contacts")
def whom_to_call(inside, make_tenant):
    make_tenant("ROSSI", "Paul", number="9876543", email="paul@exemple.test", civility="M.")
    Dwelling.update(kind="T3").execute()
    contacts = (
        (
            "0123",
            "Gardien",
            "Loriot TISON",
            "06 39 98 02 01",
            "loriot@exemple.test",
            "En semaine, 8 h à 12 h",
        ),
        ("0123", "Chargé de secteur", "", "voir l'affiche du hall", "secteur@exemple.test", ""),
        ("", "Astreinte", "", "04 65 71 00 09", "", "La nuit, le week-end et les jours fériés"),
    )
    for place, (start, role, name, phone, email, hours) in enumerate(contacts):
        more = {"name": name, "phone": phone, "email": email, "hours": hours}
        BuildingContact.create(start=start, role=role, place=place, **more)
    return inside.get("/compte/logement")


@scene("account.dwelling", "logement-trois-baux")
def a_flat_a_garage_and_what_was_left(inside):
    add_garage(inside.tenant, ends_on=date(2026, 6, 30))
    add_lease(inside.tenant, "999-D", date(2001, 3, 1), date(2019, 12, 31))
    Dwelling.update(address="", postal_code="", city="").where(Dwelling.reference == "999-D").execute()
    return inside.get("/compte/logement")
