"""The agents' console: tenants found, their records, and what an agent does for them."""

from datetime import date, timedelta

import time_machine

from ophportal.clock import now
from ophportal.imports.documents import import_documents
from ophportal.models import Account, Event, JournalEntry
from ophportal.testing import add_lease
from tests.browser.scenes import scene
from tests.browser.scenes.console import after
from tests.conftest import OWN_PASSWORD, log_in, press, request_code
from tests.documents import pdf, write_zip

LONG_ADDRESS = "maria.stella.dangelo.paoli.leca@messagerie.exemple.test"


def record(visitor, tenant):
    return visitor.get(f"/agents/locataires/{tenant.id}")


def done(visitor, tenant, verb, **fields):
    """The record, after the button of this name on it."""
    here = f"/agents/locataires/{tenant.id}"
    return after(visitor, press(visitor, here, f"{here}/{verb}", **fields))


def many(make_tenant, count):
    for n in range(count):
        make_tenant("ROSSI", "Paul", number=f"{n}", reference=f"R-{n:03d}", email=f"rossi.{n}@exemple.test")


def search(visitor, typed):
    return press(visitor, "/agents", "/agents/recherche", q=typed)


@scene("office.home", "agents-recherche")
def nothing_searched(console):
    return console.get("/agents")


@scene("office.search", "agents-recherche-trouvee")
def found(console, make_account, make_tenant):
    make_account(email=LONG_ADDRESS, phone="04 65 71 12 34", civility="Mme")
    make_tenant("D'ANGELO", "Paul", number="2", reference="2", email="", ends_on=date(2020, 1, 1))
    Account.get_or_open(make_tenant("D'ANGELO", "Anis", number="3", reference="3", email="anis@exemple.test")).block()
    return search(console, "d'angelo")


@scene("office.search", "agents-recherche-personne")
def nobody_found(console):
    return search(console, "zzz")


@scene("office.search", "agents-recherche-trop")
def too_many_found(console, make_tenant):
    many(make_tenant, 27)
    return search(console, "rossi")


@scene("office.tenant", "agents-dossier-actif")
def active(console, client, make_account, outbox):
    """Somebody in: mails, a refused password, two leases, a letter, and a look by an agent."""
    account = make_account(email=LONG_ADDRESS, phone="04 65 71 12 34", civility="Mme", birth_name="LÉCA")
    add_lease(account.tenant, "777-B", date(2011, 5, 1), date(2019, 4, 30))
    request_code(client, email=LONG_ADDRESS)
    outbox.deliver()
    log_in(client, account, "pas celui-ci du tout")
    log_in(client, account)
    here = f"/agents/locataires/{account.tenant.id}"
    press(console, here, f"{here}/courrier")
    return record(console, account.tenant)


@scene("office.tenant", "agents-dossier-essais-refuses")
def many_failures(console, client, make_account):
    account = make_account()
    for minutes in range(12, 0, -1):
        with time_machine.travel(now() - timedelta(minutes=minutes)):
            log_in(client, account, "pas celui-ci du tout")
    return record(console, account.tenant)


@scene("office.journal", "agents-journal")
def older_lines(console, make_account):
    """The second page of three."""
    tenant = make_account().tenant
    for day in range(110):
        JournalEntry.create(event=Event.CODE_ASKED, tenant=tenant, agent=console.agent, at=now() - timedelta(days=day))
    return console.get(f"/agents/locataires/{tenant.id}/journal/2")


@scene("office.journal", "agents-journal-vide")
def nothing_yet(console, make_tenant):
    return console.get(f"/agents/locataires/{make_tenant().id}/journal/1")


@scene("office.tenant", "agents-dossier-jamais-active")
def never_in(console, make_tenant):
    return record(console, make_tenant())


@scene("office.tenant", "agents-dossier-sans-adresse")
def without_address(console, make_tenant):
    return record(console, make_tenant(email=""))


@scene("office.tenant", "agents-dossier-bail-termine")
def lease_ended(console, make_tenant):
    return record(console, make_tenant(ends_on=date(2020, 2, 1)))


@scene("office.tenant", "agents-dossier-bail-a-venir")
def lease_to_come(console, make_tenant):
    return record(console, make_tenant(starts_on=date(2026, 4, 1)))


@scene("office.tenant", "agents-dossier-documents")
def with_documents(manager_console, make_tenant, tmp_path, app):
    tenant = make_tenant()
    files = {f"0012345_2026-0{month}_{kind}.pdf": pdf() for month in (1, 2) for kind in ("avis", "quittance")}
    with app.app_context():
        import_documents(write_zip(tmp_path / "x.zip", files))
    return record(manager_console, tenant)


def to_withdraw(make_tenant, tmp_path, app):
    """Where a tenant's one document is taken back."""
    tenant = make_tenant()
    with app.app_context():
        import_documents(write_zip(tmp_path / "x.zip", {"0012345_2026-01_avis.pdf": pdf()}))
    return f"/agents/locataires/{tenant.id}/documents/{tenant.documents.get().token}/retirer"


@scene("office.withdraw_document", "agents-retirer-un-document")
def withdrawing(manager_console, make_tenant, tmp_path, app):
    return manager_console.get(to_withdraw(make_tenant, tmp_path, app))


@scene("office.tenant", "agents-document-retire")
def document_withdrawn(manager_console, make_tenant, tmp_path, app):
    withdraw = to_withdraw(make_tenant, tmp_path, app)
    return after(manager_console, press(manager_console, withdraw, withdraw))


@scene("office.tenant", "agents-code-envoye")
def code_sent(console, make_tenant):
    return done(console, make_tenant(), "code")


@scene("office.correct_address", "agents-adresse")
def address(console, make_tenant):
    return console.get(f"/agents/locataires/{make_tenant().id}/adresse")


@scene("office.correct_address", "agents-adresse-vide", status=422)
def no_address_typed(console, make_tenant):
    return console.submit(f"/agents/locataires/{make_tenant().id}/adresse")


@scene("office.correct_address", "agents-adresse-de-plusieurs", status=422)
def address_of_others(console, make_tenant):
    for n in range(2):
        make_tenant("ROSSI", "Paul", number=f"2{n}", reference=f"2{n}", email="paul@exemple.test")
    return console.submit(f"/agents/locataires/{make_tenant().id}/adresse", email="paul@exemple.test")


@scene("office.correct_address", "agents-adresse-changee-par-un-collegue", status=422)
def address_that_a_colleague_has_corrected(console, make_tenant):
    path = f"/agents/locataires/{make_tenant().id}/adresse"
    return console.submit(path, email="nouvelle@exemple.test", on_file="avant@exemple.test")


@scene("office.correct_address", "agents-adresse-invalide", status=422)
def unfit_address(console, make_tenant):
    return console.submit(f"/agents/locataires/{make_tenant(email='').id}/adresse", email="maria")


@scene("office.tenant", "agents-adresse-corrigee")
def address_corrected(console, make_tenant):
    tenant = make_tenant()
    return after(console, console.submit(f"/agents/locataires/{tenant.id}/adresse", email="stella@exemple.test"))


@scene("office.block", "agents-bloquer")
def block(console, make_tenant):
    return console.get(f"/agents/locataires/{make_tenant().id}/bloquer")


@scene("office.block", "agents-bloquer-sans-raison", status=422)
def block_without_reason(console, make_tenant):
    return console.submit(f"/agents/locataires/{make_tenant().id}/bloquer")


@scene("office.hand_data_over", "agents-copie-des-donnees")
def hand_data_over(manager_console, make_tenant):
    return manager_console.get(f"/agents/locataires/{make_tenant().id}/donnees")


@scene("office.hand_data_over", "agents-copie-des-donnees-mauvais-code", status=422)
def data_with_a_wrong_code(manager_console, make_tenant):
    path = f"/agents/locataires/{make_tenant().id}/donnees"
    return manager_console.submit(path, reason="Demande écrite", current_password=OWN_PASSWORD, code="000000")


@scene("office.tenant", "agents-dossier-bloque")
def blocked(console, make_account):
    tenant = make_account().tenant
    return after(
        console, console.submit(f"/agents/locataires/{tenant.id}/bloquer", reason="Départ signalé, clés rendues")
    )


@scene("office.tenant", "agents-dossier-debloque")
def unblocked(console, make_account):
    account = make_account()
    account.block()
    return done(console, account.tenant, "debloquer")
