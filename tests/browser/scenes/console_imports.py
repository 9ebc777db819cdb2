"""The agents' console: the ERP's files, looked at first, written on a responsable's word."""

from datetime import timedelta

from ophportal import clock
from ophportal.models import Job, JobState
from ophportal.retention import purge
from tests.browser.scenes import scene
from tests.browser.scenes.console import after, so_far
from tests.conftest import landing, press, work
from tests.documents import pdf, write_zip
from tests.tenant_lines import MARIA, PAUL
from tests.uploads import LIST, ROMARIN, csv_of, send

MANY_REFUSED = [MARIA, *(PAUL | {"number": f"{n}", "email": "paul", "last_name": ""} for n in range(1, 21))]
LEDGER = "N° locataire;Réf. logement;Date;Libellé;Débit;Crédit\n12345;0123-04-056;01/02/2026;Loyer;{};\n"
CONTACTS = "Référence (début);Rôle;Nom;Téléphone;E-mail;Horaires\n0123;Gardien;;06 39 98 02 01;{};Le matin\n"


def sent(visitor, content, kind="tenants", **fields):
    """Where the import of this file is told."""
    return landing(send(visitor, content, kind=f"import_{kind}", **fields))


def looked_at(visitor, content, kind="tenants", **fields):
    address = sent(visitor, content, kind, **fields)
    work(visitor.application)
    return visitor.get(address)


def written(visitor, content, kind="tenants", **fields):
    address = looked_at(visitor, content, kind, **fields).request.path
    press(visitor, address, f"{address}/confirmer")
    work(visitor.application)
    return visitor.get(address)


@scene("office.imports", "agents-imports-aucun")
def none_yet(manager_console):
    return manager_console.get(LIST)


@scene("office.imports", "agents-imports")
def some(manager_console):
    written(manager_console, csv_of(MARIA, PAUL))
    looked_at(manager_console, csv_of(*MANY_REFUSED), name="export-du-patrimoine-et-des-locataires-de-fevrier-2026.csv")
    looked_at(manager_console, csv_of(MARIA))
    return manager_console.get(LIST)


@scene("office.imports", "agents-imports-sans-fichier", status=422)
def no_file(manager_console):
    return manager_console.submit(LIST, kind="import_tenants")


@scene("office.imports", "agents-imports-trop-grand", status=413)
def too_large(manager_console, monkeypatch):
    monkeypatch.setattr("ophportal.office.imports.LARGEST", 1000)
    return send(manager_console, b"x" * 5000)


@scene("office.one_import", "agents-import-lecture")
def being_read(manager_console):
    address = sent(manager_console, csv_of(MARIA, PAUL))
    so_far(1, 3)
    return manager_console.get(address)


@scene("office.one_import", "agents-import-interrompu-par-la-base")
def cut_short_by_the_store(manager_console):
    """Another import has the turn, or the store is full: it is taken again until it is done."""
    address = sent(manager_console, csv_of(MARIA, PAUL))
    Job.claim_next().give_back()
    so_far(1, 3)
    return manager_console.get(address)


@scene("office.one_import", "agents-import-ecriture")
def being_written(manager_console):
    address = looked_at(manager_console, csv_of(MARIA, PAUL)).request.path
    return after(manager_console, press(manager_console, address, f"{address}/confirmer"))


@scene("office.one_import", "agents-import-apercu-locataires")
def tenants_to_confirm(manager_console, make_account, make_tenant):
    """A full file: additions, a number that changes hands, and more leases that end than one would think."""
    make_account()
    for n in range(2, 8):
        make_tenant("ROSSI", "Paul", number=f"{n}", reference=f"{n}", email="")
    return looked_at(manager_console, csv_of(ROMARIN, PAUL), full="y")


@scene("office.confirm_import", "agents-import-pas-sur", status=422)
def not_sure(manager_console, make_account, make_tenant):
    address = tenants_to_confirm(manager_console, make_account, make_tenant).request.path
    return press(manager_console, address, f"{address}/confirmer")


@scene("office.one_import", "agents-import-refuse-locataires")
def tenants_refused(manager_console):
    return looked_at(manager_console, csv_of(*MANY_REFUSED))


@scene("office.one_import", "agents-import-fait-locataires")
def tenants_done(manager_console, make_tenant):
    make_tenant("ROSSI", "Paul", number="0067890", reference="0123-04-057")
    return written(manager_console, csv_of(MARIA, PAUL))


@scene("office.one_import", "agents-import-apercu-ecritures")
def ledger_to_confirm(manager_console, make_tenant):
    make_tenant()
    return looked_at(manager_console, LEDGER.format("412,35").encode(), "ledger", name="ecritures.csv")


@scene("office.one_import", "agents-import-ecritures-a-verifier")
def ledger_to_be_sure_of(manager_console, make_tenant):
    """Its columns are crossed, and its last line may be cut."""
    make_tenant()
    rows = "12345;0123-04-056;01/02/2026;Loyer;;412,35\n12345;0123-04-056;05/02/2026;Prélèvement;412,35;"
    content = f"N° locataire;Réf. logement;Date;Libellé;Débit;Crédit\n{rows}".encode()
    return looked_at(manager_console, content, "ledger", name="ecritures.csv")


@scene("office.one_import", "agents-import-refuse-ecritures")
def ledger_refused(manager_console, make_tenant):
    make_tenant()
    return looked_at(manager_console, LEDGER.format("beaucoup").encode(), "ledger", name="ecritures.csv")


@scene("office.one_import", "agents-import-apercu-documents")
def documents_to_confirm(manager_console, make_tenant, tmp_path):
    make_tenant()
    content = write_zip(tmp_path / "x.zip", {"0012345_2026-03_avis.pdf": pdf()}).read_bytes()
    return looked_at(manager_console, content, "documents", name="avis-mars.zip")


@scene("office.one_import", "agents-import-refuse-documents")
def documents_refused(manager_console, make_tenant, tmp_path):
    make_tenant()
    files = {"0012345_2026-03_avis.pdf": b"MZ", "99_2026-03_avis.pdf": pdf()}
    content = write_zip(tmp_path / "x.zip", files).read_bytes()
    return looked_at(manager_console, content, "documents", name="avis-mars.zip")


@scene("office.one_import", "agents-import-apercu-contacts")
def contacts_to_confirm(manager_console, make_tenant):
    make_tenant()
    written(manager_console, CONTACTS.format("").encode(), "contacts", name="contacts.csv")
    return looked_at(manager_console, CONTACTS.format("gardien@exemple.test").encode(), "contacts", name="contacts.csv")


@scene("office.one_import", "agents-import-refuse-contacts")
def contacts_refused(manager_console, make_tenant):
    make_tenant()
    return looked_at(manager_console, CONTACTS.format("gardien").encode(), "contacts", name="contacts.csv")


@scene("office.one_import", "agents-import-illisible")
def unreadable(manager_console):
    return looked_at(manager_console, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, name="locataires.xls")


@scene("office.one_import", "agents-import-interrompu")
def failed(manager_console):
    address = sent(manager_console, csv_of(MARIA))
    Job.update(state=JobState.FAILED).execute()
    return manager_console.get(address)


@scene("office.one_import", "agents-import-pas-arrive")
def cut_short(manager_console):
    address = sent(manager_console, csv_of(MARIA))
    Job.update(state=JobState.ARRIVING).execute()
    return manager_console.get(address)


@scene("office.one_import", "agents-import-sans-reponse")
def unanswered(manager_console):
    address = looked_at(manager_console, csv_of(MARIA)).request.path
    Job.update(created_at=clock.now() - timedelta(days=3)).execute()
    purge()
    return manager_console.get(address)


@scene("office.one_import", "agents-import-abandonne")
def dropped(manager_console):
    address = looked_at(manager_console, csv_of(MARIA)).request.path
    press(manager_console, address, f"{address}/abandonner")
    return manager_console.get(address)


@scene("office.imports", "agents-imports-apres-abandon")
def after_dropping(manager_console):
    address = looked_at(manager_console, csv_of(MARIA)).request.path
    return after(manager_console, press(manager_console, address, f"{address}/abandonner"))
