"""A responsable sends the ERP's file: sees what it would do, and says yes or no."""

import csv
import errno
import io
from contextlib import suppress
from datetime import timedelta
from functools import partial
from unittest.mock import Mock

import pytest
import time_machine
from peewee import OperationalError
from werkzeug.datastructures import FileStorage

from ophportal import cli_imports, clock, documents, jobs
from ophportal.bodies import READERS
from ophportal.cli_french import Refusal
from ophportal.documents import path_of
from ophportal.formatting import date_and_time
from ophportal.imports import runs
from ophportal.imports.job import do_import
from ophportal.imports.kinds import KINDS
from ophportal.imports.reports import Count, ImportReport
from ophportal.imports.tenants import import_tenants
from ophportal.models import Account, Document, Event, Job, JobState, JournalEntry, Lease, LedgerEntry, Tenant
from ophportal.models.job import CLAIM, LEDGER_IMPORT
from ophportal.retention import purge
from ophportal.testing import TOKEN
from ophportal.wording import job_state
from tests.conftest import landing, press
from tests.documents import pdf, write_zip
from tests.page import Page
from tests.tenant_lines import HEADERS, MARIA, PAUL

LIST = "/agents/imports"
ROMARIN = MARIA | {"last_name": "ROMARIN", "first_names": "Anis", "birth_name": ""}


def test_what_the_command_has_refused_at_night_is_told_to_the_agents(app, manager_console, tmp_path):
    file = tmp_path / "nuit.csv"
    for lines in ([MARIA], [ROMARIN]):
        file.write_bytes(csv_of(*lines))
        with suppress(Refusal):
            cli_imports.attempt(runs.TENANTS, file, None, dry_run=False, sure=False)
    listed = Page(manager_console.get(LIST))
    assert "Locataires : nuit.csv" in listed.text
    page = Page(manager_console.get(listed.soup.select(f"main a[href^='{LIST}/']")[0]["href"]))
    assert "Le fichier est refusé Rien n'a été écrit. Voyez ci-dessous ce qui ne va pas." in page.text
    assert "passe de D'ANGELO-PAOLI Maria Stella à ROMARIN Anis, pour le même bail" in page.text
    assert "si le fichier est bon, envoyez-le dans « Imports » : la page demande de confirmer" in page.text
    with time_machine.travel(clock.now() + timedelta(days=2, minutes=1)):
        purge()
    assert "reasons" not in Job.get(Job.state == JobState.REFUSED).found


@pytest.fixture
def worker(app):
    """A function that does what is due, as the delivery process does."""

    def work():
        with app.app_context():
            while jobs.do_due():
                pass

    return work


def csv_of(*lines, headers=HEADERS):
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";")
    rows.writerow(headers.values())
    rows.writerows([line[field] for field in headers] for line in lines)
    return text.getvalue().encode()


def send(visitor, content, name="locataires.csv", **fields):
    token = TOKEN.search(visitor.get(LIST).text)[1]
    data = {"csrf_token": token, "kind": "import_tenants", "file": (io.BytesIO(content), name), **fields}
    return visitor.post(LIST, data=data, content_type="multipart/form-data")


def sent(visitor, *lines, **fields):
    """Where the import of these lines is told."""
    address = landing(send(visitor, csv_of(*lines), **fields))
    assert address.startswith(f"{LIST}/")
    return address


def confirm_twice(visitor, address):
    """Without the box that says « I am sure » it still waits to be confirmed."""
    press(visitor, address, f"{address}/confirmer")
    assert "Cochez la case" in Page(visitor.get(address)).text
    assert Job.get().state == JobState.TO_CONFIRM
    press(visitor, address, f"{address}/confirmer", sure="y")


def journalled():
    """What became of imports, by whom and of which, the oldest first."""
    of_imports = JournalEntry.event.startswith("import")
    entries = JournalEntry.select().where(of_imports).order_by(JournalEntry.id)
    return [(entry.event, entry.agent, entry.detail) for entry in entries]


def test_nothing_is_written_before_it_is_seen_and_confirmed(manager_console, worker):
    address = sent(manager_console, MARIA, PAUL)
    assert Page(manager_console.get(address)).one("progress")["value"] == "0"
    worker()
    page = Page(manager_console.get(address))
    assert page.title.startswith(f"Import des locataires du {date_and_time(Job.get().created_at)} – ")
    assert "Ce que l'import ferait" in page.text
    assert "Locataires 2 0 0" in page.text
    assert Tenant.select().count() == 0

    assert landing(press(manager_console, address, f"{address}/confirmer")) == address
    assert "Écriture" in Page(manager_console.get(address)).text
    worker()
    page = Page(manager_console.get(address))
    assert "C'est fait" in page.text
    assert Tenant.select().count() == 2
    which = f"Locataires, import n°\u00a0{Job.get().id}"
    assert journalled() == [
        (Event.IMPORT_CONFIRMED, manager_console.agent, which),
        (Event.IMPORTED, manager_console.agent, which),
    ]


def test_the_columns_that_nobody_reads_are_told_before_it_is_written(manager_console, worker):
    headers = "N° locataire;Nom;Réf. logement;Adresse (suite)"
    address = landing(send(manager_console, f"{headers}\n1;PAOLI;10;Bâtiment B\n".encode()))
    worker()
    page = Page(manager_console.get(address))
    assert "Colonnes laissées de côté : « Adresse (suite) »." in page.text
    assert "Colonnes absentes du fichier : « civilité », « prénoms »" in page.text
    press(manager_console, address, f"{address}/confirmer")
    worker()
    assert "suite" not in Page(manager_console.get(address)).text + Job.get().result


def test_the_fragment_asks_again_until_it_is_done(manager_console, worker):
    address = sent(manager_console, MARIA)
    fragment = Page(manager_console.get(address, headers={"HX-Request": "true"}))
    assert not fragment.is_whole
    assert fragment.one("#import")["data-hx-get"] == address
    worker()
    assert not Page(manager_console.get(address)).one("#import").has_attr("data-hx-get")


def test_a_refused_line_refuses_the_file_and_all_can_be_fetched(manager_console, worker):
    address = sent(manager_console, MARIA, PAUL | {"email": "paul"}, PAUL | {"last_name": "=1+1", "number": "3"})
    worker()
    page = Page(manager_console.get(address))
    assert "Le fichier est refusé" in page.text
    assert "3 lignes lues, dont 2 refusées." in page.text
    assert not page.soup.select("table.counts")
    assert "ligne 3 : « e-mail » n'est pas une adresse valable" in page.text
    assert not page.soup.select("form[action$='/confirmer']")
    answer = manager_console.get(f"{address}/rejets.csv")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert [(row["Ligne"], row["nom"]) for row in rows] == [("3", "ROSSI"), ("4", "'=1+1")]
    answer.close()
    assert Tenant.select().count() == 0


def test_each_download_of_them_is_journalled_with_who_of_which_and_how_many(manager_console, odile_console, worker):
    address = sent(manager_console, MARIA, PAUL | {"email": "paul"}, PAUL | {"number": ""})
    worker()
    for _ in range(2):
        odile_console.get(f"{address}/rejets.csv", buffered=True)
    which = f"Locataires, import n°\u00a0{Job.get().id}, 2 refus"
    assert journalled() == [(Event.IMPORT_REJECTS_DOWNLOADED, odile_console.agent, which)] * 2


def test_of_documents_too(manager_console, worker, tmp_path):
    content = write_zip(tmp_path / "x.zip", {"99_2026-03_avis.pdf": pdf()}).read_bytes()
    address = landing(send(manager_console, content, kind="import_documents"))
    worker()
    manager_console.get(f"{address}/rejets.csv", buffered=True)
    which = f"Documents, import n°\u00a0{Job.get().id}, 1 refus"
    assert journalled() == [(Event.IMPORT_REJECTS_DOWNLOADED, manager_console.agent, which)]


def test_a_file_that_is_none_is_refused_with_its_reason(manager_console, worker):
    address = landing(send(manager_console, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100))
    worker()
    assert "classeur ancien (.xls)" in Page(manager_console.get(address)).text


def test_what_is_wrong_with_the_whole_file_is_not_said_to_be_about_lines(manager_console, worker):
    address = landing(send(manager_console, b"Code;Ville\n1;Bastia\n"))
    worker()
    page = Page(manager_console.get(address))
    assert "Ce qui ne va pas il manque les colonnes « numéro locataire »" in page.text
    assert "ignes refusées" not in page.text
    assert not page.soup.select("a[href$='rejets.csv']")


@pytest.mark.parametrize(
    ("header", "sent_as", "is_like"),
    [
        ("N° locataire;Référence logement;Date;Libellé;Débit;Crédit", "import_tenants", "Écritures"),
        ("N° locataire;Nom;Email;Référence logement", LEDGER_IMPORT, "Locataires"),
        ("Référence;Rôle;Nom;Téléphone", "import_tenants", "Contacts des immeubles"),
    ],
)
def test_a_file_of_another_kind_is_told_from_one_that_lacks_a_column(manager_console, worker, header, sent_as, is_like):
    address = landing(send(manager_console, f"{header}\n{';' * header.count(';')}\n".encode(), kind=sent_as))
    worker()
    text = Page(manager_console.get(address)).text
    assert f"Ce qui ne va pas Ce fichier est celui des {is_like.lower()}. Choisissez « {is_like} »" in text
    assert "Rien n'a été écrit. Voyez ci-dessous ce qui ne va pas." in text
    assert "dans l'ERP" not in text
    assert "il manque" not in text


def test_abandoned_the_file_is_erased_and_nothing_written(manager_console, worker):
    address = sent(manager_console, MARIA)
    worker()
    folder = jobs.folder_of(Job.get())
    assert (folder / "fichier").stat().st_mode & 0o777 == 0o600
    assert landing(press(manager_console, address, f"{address}/abandonner")) == LIST
    assert not folder.exists()
    assert Tenant.select().count() == 0
    assert "abandonné" in Page(manager_console.get(address)).text


def test_once_written_the_file_is_erased_and_the_list_tells_who(manager_console, worker):
    address = sent(manager_console, MARIA)
    worker()
    press(manager_console, address, f"{address}/confirmer")
    worker()
    assert not (jobs.folder_of(Job.get())).exists()
    page = Page(manager_console.get(LIST))
    assert "locataires.csv" in page.text
    assert "Renée Essai" in page.text
    assert "fait" in page.text


class TestWhoDecides:
    """Renée sends the file, and Odile decides."""

    def test_who_confirms_is_in_the_journal_and_it_is_at_their_word_that_the_file_is_imported(
        self, manager_console, odile_console, worker
    ):
        address = sent(manager_console, MARIA)
        worker()
        press(odile_console, address, f"{address}/confirmer")
        assert [(event, agent) for event, agent, _ in journalled()] == [(Event.IMPORT_CONFIRMED, odile_console.agent)]
        worker()
        assert [(event, agent) for event, agent, _ in journalled()] == [
            (Event.IMPORT_CONFIRMED, odile_console.agent),
            (Event.IMPORTED, odile_console.agent),
        ]
        assert Job.get().agent == manager_console.agent

    def test_a_file_refused_meanwhile_was_confirmed_and_not_imported(
        self, manager_console, odile_console, worker, make_tenant
    ):
        make_tenant("ROSSI", number="2", reference="2", email="rossi@exemple.test")
        address = sent(manager_console, MARIA, PAUL | {"number": "2", "reference": "2"}, full="y")
        worker()
        make_tenant("LÉCA", number="77", reference="77", email="leca@exemple.test")
        press(odile_console, address, f"{address}/confirmer", sure="y")
        worker()
        assert Job.get().state == JobState.REFUSED
        assert [(event, agent) for event, agent, _ in journalled()] == [(Event.IMPORT_CONFIRMED, odile_console.agent)]

    def test_so_is_who_abandons(self, manager_console, odile_console, worker):
        address = sent(manager_console, MARIA)
        worker()
        press(odile_console, address, f"{address}/abandonner")
        which = f"Locataires, import n°\u00a0{Job.get().id}"
        assert journalled() == [(Event.IMPORT_DROPPED, odile_console.agent, which)]

    def test_who_comes_too_late_has_decided_nothing(self, manager_console, odile_console, worker):
        address = sent(manager_console, MARIA)
        worker()
        token = Page(odile_console.get(address)).soup.select_one("form input[name=csrf_token]")["value"]
        press(manager_console, address, f"{address}/confirmer")
        for answer in ("confirmer", "abandonner"):
            odile_console.post(f"{address}/{answer}", data={"csrf_token": token})
        worker()
        assert {agent for _, agent, _ in journalled()} == {manager_console.agent}

    def test_no_word_is_taken_that_cannot_be_written_down(self, manager_console, worker, monkeypatch):
        address = sent(manager_console, MARIA)
        worker()

        def fail(*_):
            raise OperationalError("disk I/O error")

        monkeypatch.setattr("ophportal.office.imports.journal", fail)
        for answer in ("confirmer", "abandonner"):
            assert press(manager_console, address, f"{address}/{answer}").status_code == 503
            assert Job.get().state == JobState.TO_CONFIRM


@pytest.mark.parametrize("state", JobState)
def test_an_import_of_which_nothing_is_known_yet_is_among_the_others(manager_console, state):
    """What waits to be looked at, or could not be, has no count of its lines."""
    Job.put("import_tenants", None, state=state, file="locataires.csv", full=False)
    assert "locataires.csv" in Page(manager_console.get(LIST)).text
    board = Page(manager_console.get("/agents/tableau-de-bord")).text
    assert f"{KINDS['import_tenants'].title} : {job_state(Job.get())}" in board


def test_what_the_command_line_has_imported_waits_for_nobody_s_yes(manager_console, tmp_path):
    path = tmp_path / "locataires.csv"
    path.write_bytes(csv_of(MARIA))
    runs.note(runs.TENANTS, path.name, import_tenants(path))
    address = f"{LIST}/{Job.get().token}"
    token = TOKEN.search(manager_console.get(LIST).text)[1]
    answer = manager_console.post(f"{address}/confirmer", data={"csrf_token": token})
    assert landing(answer) == address
    assert "n'attend plus de réponse" in Page(manager_console.get(address)).text


def test_a_full_file_that_leaves_many_out_wants_a_second_yes(manager_console, worker, make_tenant):
    for number in range(2, 6):
        make_tenant("ROSSI", number=f"{number}", reference=f"{number}", email=f"r{number}@exemple.test")
    address = sent(manager_console, MARIA, full="y")
    worker()
    page = Page(manager_console.get(address))
    assert "4 baux en cours se terminent" in page.text
    assert "ROSSI Maria Stella, n° 2" in page.text
    confirm_twice(manager_console, address)
    worker()
    assert Lease.select().where(Lease.is_current()).count() == 1
    assert "4 baux en cours sont terminés" in Page(manager_console.get(address)).text


def test_a_file_that_moves_many_accounts_wants_a_second_yes(manager_console, worker, make_account):
    account = make_account(number=MARIA["number"], reference=MARIA["reference"])
    Lease.update(ends_on=clock.today() - timedelta(days=1)).execute()
    address = sent(manager_console, MARIA | {"email": "stella@exemple.test"})
    worker()
    page = Page(manager_console.get(address))
    assert "À regarder de près" in page.text
    assert "1 compte change d'adresse e-mail" in page.text
    assert "1 bail terminé reprend" in page.text
    confirm_twice(manager_console, address)
    worker()
    assert Tenant.get_by_id(account.tenant_id).email == "stella@exemple.test"
    assert "À regarder" not in Page(manager_console.get(address)).text


def test_of_what_is_not_written_nothing_is_told_to_change(manager_console, worker, make_account):
    """A refused file ends no lease, and there is nothing to abandon; once it is abandoned, neither."""
    make_account(number=MARIA["number"], reference=MARIA["reference"])
    make_account(number="77", reference="77")
    sound, moved = PAUL | {"number": "3"}, MARIA | {"email": "stella@exemple.test"}
    told = "1 bail en cours se termine"

    refused = sent(manager_console, moved, sound | {"email": "paul"}, full="y")
    looked_at = sent(manager_console, moved, sound, full="y")
    worker()
    text = Page(manager_console.get(looked_at)).text
    assert told in text
    assert "abandonnez, et exportez-le de nouveau" in text
    press(manager_console, looked_at, f"{looked_at}/abandonner")

    for address in (refused, looked_at):
        page = Page(manager_console.get(address))
        assert "2 lignes lues" in page.text
        assert not page.soup.select("table.counts")
        assert told not in page.text
        assert "À regarder de près" not in page.text


def test_no_more_leases_end_than_were_agreed_to(manager_console, worker, make_tenant):
    for number in range(2, 9):
        make_tenant("ROSSI", number=f"{number}", reference=f"{number}", email=f"r{number}@exemple.test")
    rossi = [
        MARIA | {"last_name": "ROSSI", "number": f"{number}", "reference": f"{number}", "email": ""}
        for number in range(3, 9)
    ]
    address = sent(manager_console, *rossi, full="y")
    worker()
    assert "1 bail en cours se termine" in Page(manager_console.get(address)).text
    make_tenant("LÉCA", number="77", reference="77", email="leca@exemple.test")

    press(manager_console, address, f"{address}/confirmer")
    worker()
    page = Page(manager_console.get(address))
    assert "baux qui se termineraient : 2, et non 1 comme quand le fichier a été regardé" in page.text
    assert Lease.select().where(Lease.is_current()).count() == 8
    assert Job.get().state == JobState.REFUSED


def test_a_number_that_changes_hands_is_pointed_out_and_wants_a_second_yes(manager_console, worker, make_tenant):
    make_tenant(number=MARIA["number"], reference=MARIA["reference"])
    address = sent(manager_console, ROMARIN)
    worker()
    text = Page(manager_console.get(address)).text
    assert "passe de D'ANGELO-PAOLI Maria Stella à ROMARIN Anis, pour un autre bail" in text
    assert "Numéros de locataire qui passent d'une personne à une autre : 1." in text
    confirm_twice(manager_console, address)
    worker()
    assert Tenant.by_number(MARIA["number"]).last_name == "ROMARIN"
    assert "passe de" not in Page(manager_console.get(address)).text


def test_nobody_is_sure_of_what_the_page_did_not_tell(manager_console, worker, make_tenant):
    address = sent(manager_console, ROMARIN)
    worker()
    make_tenant(number=MARIA["number"], reference=MARIA["reference"])
    press(manager_console, address, f"{address}/confirmer", sure="y")
    worker()
    text = Page(manager_console.get(address)).text
    assert "Le fichier est refusé" in text
    assert "passe de D'ANGELO-PAOLI Maria Stella à ROMARIN Anis" in text
    assert "le portail a changé depuis que le fichier a été regardé" in text
    assert Tenant.by_number(MARIA["number"]).last_name == "D'ANGELO-PAOLI"


def test_a_ledger_is_sent_the_same_way(manager_console, worker, make_account):
    make_account()
    content = (
        "N° locataire;Réf. logement;Date;Libellé;Débit;Crédit\n12345;0123-04-056;01/11/2026;Loyer;412,35;\n".encode()
    )
    address = landing(send(manager_console, content, kind="import_ledger"))
    worker()
    press(manager_console, address, f"{address}/confirmer")
    worker()
    assert str(LedgerEntry.get().debit) == "412.35"


def test_a_ledger_tells_its_sums_and_crossed_columns_want_a_second_yes(manager_console, worker, make_account):
    make_account()
    lines = "12345;0123-04-056;01/11/2026;Loyer;;412,35\n12345;0123-04-056;05/11/2026;Virement;400;\n"
    content = f"N° locataire;Réf. logement;Date;Libellé;Débit;Crédit\n{lines}".encode()
    address = landing(send(manager_console, content, kind="import_ledger"))
    worker()
    text = Page(manager_console.get(address)).text
    assert "Débits : 400,00 €. Crédits : 412,35 €. Écritures du 1er novembre 2026 au 5 novembre 2026." in text
    assert "Le solde d'un bail change." in text
    assert "Les colonnes « débit » et « crédit » sont peut-être croisées." in text
    confirm_twice(manager_console, address)
    worker()
    assert LedgerEntry.select().count() == 2


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (
            "import_ledger",
            "N° locataire;Réf. logement;Date;Libellé;Débit;Crédit\n12345;0123-04-056;01/11/2026;Virement;;1 234",
        ),
        ("import_tenants", "N° locataire;Nom;Réf. logement\n12345;D'ANGELO;0123-04-056"),
        ("import_contacts", "Référence;Rôle;Nom;Téléphone\n0123;Gardien;Loriot TISON;06 39"),
    ],
)
def test_a_file_without_an_end_is_pointed_out_before_and_enters(manager_console, worker, make_account, kind, lines):
    make_account()
    address = landing(send(manager_console, lines.encode(), kind=kind))
    worker()
    page = Page(manager_console.get(address))
    last = lines.split("\n")[-1].replace(";", "; ").strip()
    assert (
        f"sa dernière ligne ne finit pas comme les autres. Regardez dans l'ERP si elle est entière : « {last} »"
        in page.text
    )
    press(manager_console, address, f"{address}/confirmer")
    worker()
    assert Job.get().state == JobState.DONE
    assert "1 234" not in Job.get().result


class TestDocuments:
    def zipped(self, tmp_path, files):
        return write_zip(tmp_path / "x.zip", files).read_bytes()

    def sent(self, visitor, content):
        return landing(send(visitor, content, "avis-mars.zip", kind="import_documents"))

    def test_a_zip_is_looked_at_first_and_written_once_confirmed(self, manager_console, worker, make_account, tmp_path):
        make_account()
        address = self.sent(manager_console, self.zipped(tmp_path, {"avis/0012345_2026-03_avis.pdf": pdf("de mars")}))
        worker()
        page = Page(manager_console.get(address))
        assert "Import des documents" in page.text
        assert "Documents 1 0 0" in page.text
        assert "1 document lu" in page.text
        assert Document.select().count() == 0
        press(manager_console, address, f"{address}/confirmer")
        worker()
        assert "C'est fait" in Page(manager_console.get(address)).text
        assert path_of(Document.get().digest).read_bytes() == pdf("de mars")
        assert journalled()[-1] == (
            Event.IMPORTED,
            manager_console.agent,
            f"Documents, import n°\u00a0{Job.get().id}",
        )
        assert not (jobs.folder_of(Job.get())).exists()
        assert "Documents : avis-mars.zip" in Page(manager_console.get(LIST)).text

    def test_one_that_cannot_stand_is_refused_file_by_file(self, manager_console, worker, make_account, tmp_path):
        make_account()
        files = {"0012345_2026-03_avis.pdf": pdf(), "99_2026-03_avis.pdf": pdf(), "0012345_2026-04_avis.pdf": b"MZ"}
        address = self.sent(manager_console, self.zipped(tmp_path, files))
        worker()
        page = Page(manager_console.get(address))
        assert "3 documents lus, dont 2 refusés." in page.text
        assert "0012345_2026-04_avis.pdf : n'est pas un PDF" in page.text
        answer = manager_console.get(f"{address}/rejets.csv", buffered=True)
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
        assert rows[1:] == [
            ["0012345_2026-04_avis.pdf", "n'est pas un PDF"],
            ["99_2026-03_avis.pdf", "aucun locataire n'a ce numéro\u00a0: importez d'abord le fichier des locataires"],
        ]
        assert Document.select().count() == 0

    def test_what_changed_since_it_was_seen_refuses_it_all(self, manager_console, worker, make_account, tmp_path):
        account = make_account()
        address = self.sent(manager_console, self.zipped(tmp_path, {"0012345_2026-03_avis.pdf": pdf()}))
        worker()
        account.tenant.delete_instance()
        press(manager_console, address, f"{address}/confirmer")
        worker()
        assert Job.get().state == JobState.REFUSED
        assert "aucun locataire n'a ce numéro" in Page(manager_console.get(address)).text

    @pytest.mark.parametrize("content", [pdf(), b"", csv_of(MARIA)])
    def test_what_is_no_zip_is_told(self, manager_console, worker, content):
        address = self.sent(manager_console, content)
        worker()
        assert "ce n'est pas un ZIP" in Page(manager_console.get(address)).text

    def test_a_zip_of_documents_is_no_table(self, manager_console, worker, tmp_path):
        content = self.zipped(tmp_path, {"0012345_2026-03_avis.pdf": pdf()})
        address = landing(send(manager_console, content, kind="import_tenants"))
        worker()
        assert "le classeur est abîmé, ou n'en est pas un" in Page(manager_console.get(address)).text


def test_confirmed_twice_or_too_late_it_is_written_once(manager_console, worker):
    address = sent(manager_console, MARIA)
    worker()
    token = Page(manager_console.get(address)).soup.select("form input[name=csrf_token]")[0]["value"]
    for _ in range(2):
        manager_console.post(f"{address}/confirmer", data={"csrf_token": token})
    assert "n'attend plus de réponse" in Page(manager_console.get(address)).text
    worker()
    manager_console.post(f"{address}/abandonner", data={"csrf_token": token})
    assert Job.get().state == JobState.DONE


class TestTwoWorkers:
    """The second has taken what the first is still in the middle of, whose claim had run out."""

    @pytest.fixture
    def claimed_twice(self, app):
        """A function that gives the first worker's work, and the second's."""

        def work_of(job):
            with app.app_context():
                do_import(job, jobs.Noted(job))

        def claim():
            first = Job.claim_next()
            with time_machine.travel(clock.now() + CLAIM + timedelta(seconds=1), tick=False):
                second = Job.claim_next()
            return partial(work_of, first), partial(work_of, second)

        return claim

    def test_what_the_first_has_written_is_not_told_to_be_refused(self, manager_console, worker, claimed_twice):
        address = sent(manager_console, MARIA, PAUL)
        worker()
        press(manager_console, address, f"{address}/confirmer")
        first, second = claimed_twice()
        first()
        assert Tenant.select().count() == 2
        assert Job.get().state == JobState.CONFIRMED
        second()
        page = Page(manager_console.get(address))
        assert "C'est fait" in page.text
        assert Tenant.select().count() == 2
        assert JournalEntry.select().where(JournalEntry.event == Event.IMPORTED).count() == 1
        assert not (jobs.folder_of(Job.get())).exists()

    def test_what_the_first_cannot_have_stand_is_refused_for_its_reasons(self, manager_console, worker, claimed_twice):
        address = sent(manager_console, PAUL | {"email": "paul"})
        first, second = claimed_twice()
        first()
        assert Job.get().state == JobState.WAITING
        second()
        assert "« e-mail » n'est pas une adresse valable" in Page(manager_console.get(address)).text
        assert [path.name for path in jobs.folder_of(Job.get()).glob("fichier")] == []

    def test_the_file_goes_even_when_the_second_dies(self, manager_console, worker, claimed_twice):
        address = sent(manager_console, MARIA)
        worker()
        press(manager_console, address, f"{address}/confirmer")
        first, _ = claimed_twice()
        first()
        with time_machine.travel(clock.now() + 3 * CLAIM, tick=False):
            worker()
        assert Job.get().state == JobState.FAILED
        with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
            purge()
        assert not (jobs.folder_of(Job.get())).exists()


def test_an_upload_that_a_full_disk_cuts_short_is_told_so_and_leaves_nothing_of_it_behind(manager_console, monkeypatch):
    def save(uploaded, path):
        path.write_bytes(uploaded.stream.read(100))
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(FileStorage, "save", save)
        answer = send(manager_console, csv_of(MARIA))
    page = Page(answer)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert page.one("h1").text == "Le portail manque de place"
    assert "donnez ce numéro à la personne qui tient le serveur" in page.text
    assert not jobs.folder_of(Job.get()).exists()
    assert "Rien n'a été écrit. Envoyez-le de nouveau." in Page(manager_console.get(f"{LIST}/{Job.get().token}")).text


def test_a_disk_that_is_full_is_told_and_the_file_is_not_blamed(
    manager_console, worker, make_tenant, tmp_path, monkeypatch
):
    make_tenant()
    content = write_zip(tmp_path / "avis.zip", {"0012345_2026-03_avis.pdf": pdf()}).read_bytes()
    address = landing(send(manager_console, content, "avis.zip", kind="import_documents"))
    worker()
    press(manager_console, address, f"{address}/confirmer")
    monkeypatch.setattr(documents, "put", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    worker()
    text = Page(manager_console.get(address)).text
    assert "L'import s'est interrompu" in text
    assert "le disque du portail est plein : prévenez la personne qui tient le serveur" in text
    assert "Corrigez-le" not in text
    assert Document.select().count() == 0


def test_what_is_left_alone_is_forgotten_after_two_days(manager_console, worker):
    sent(manager_console, PAUL | {"email": "paul"})
    worker()
    folder = jobs.folder_of(Job.get())
    assert "paul" in Job.get().result
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        purge()
    assert not folder.exists()
    assert "paul" not in Job.get().result
    assert Job.get().found["rejected"] == 1


def test_what_nobody_has_answered_by_then_can_be_confirmed_no_more(manager_console, worker):
    """Its file is gone, and what raised doubts too."""
    address = sent(manager_console, MARIA)
    worker()
    token = Page(manager_console.get(address)).soup.select_one("form input[name=csrf_token]")["value"]
    Job.update(created_at=clock.now() - timedelta(days=3)).execute()
    purge()
    page = Page(manager_console.get(address))
    assert "L'import a attendu trop longtemps" in page.text
    assert "Envoyez-le de nouveau." in page.text
    assert not page.soup.select("main form")
    manager_console.post(f"{address}/confirmer", data={"csrf_token": token})
    assert "n'attend plus de réponse" in Page(manager_console.get(address)).text
    worker()
    assert Job.get().state == JobState.DROPPED
    assert journalled() == []


class TestNameOfTheFile:
    """« impayés ROSSI.csv » names people too."""

    NAME = "impayés ROSSI.csv"

    @pytest.fixture
    @staticmethod
    def told(manager_console):
        """A function that gives what the list, the import's own page and the figures to take away say."""

        def told():
            addresses = [LIST, f"{LIST}/{Job.get().token}", "/agents/tableau-de-bord/imports.csv"]
            return [manager_console.get(address).text for address in addresses]

        return told

    @staticmethod
    def forget():
        """Two days pass; those who look stay logged in."""
        Job.update(finished_at=clock.now() - timedelta(days=3)).execute()
        purge()

    @pytest.mark.parametrize("kind", ["import_tenants", "import_documents"])
    def test_it_goes_after_two_days_and_the_rest_stays(self, manager_console, worker, told, kind):
        send(manager_console, b"PK", kind=kind, name=self.NAME, full="y")
        worker()
        assert all(self.NAME in text for text in told())

        self.forget()

        assert "ROSSI" not in Job.get().parameters
        assert Job.get().given["full"]
        listed, page, figures = told()
        assert "ROSSI" not in listed + page + figures
        row = Page(manager_console.get(LIST)).one(".rows li").text
        assert row.startswith(KINDS[kind].title)
        assert "Renée Essai · refusé" in row
        assert Page(manager_console.get(f"{LIST}/{Job.get().token}")).one("h1 + p").text.startswith("Le ")

    def test_and_with_an_import_that_is_abandoned(self, manager_console, odile_console, worker, told):
        address = landing(send(manager_console, csv_of(MARIA), name=self.NAME))
        worker()
        press(odile_console, address, f"{address}/abandonner")
        assert "ROSSI" not in "".join(told())
        assert Job.get().answered_by == odile_console.agent

    def test_so_does_that_of_a_file_given_on_the_server(self, told):
        runs.note(runs.TENANTS, self.NAME, ImportReport(3, {"Locataires": Count(3, 0, 0)}))
        assert all(self.NAME in text for text in told())
        self.forget()
        assert "ROSSI" not in Job.get().parameters + "".join(told())


def test_a_file_that_breaks_off_while_it_arrives_is_forgotten_with_its_row(manager_console, worker, monkeypatch):
    def break_off(self, *args):
        raise OSError("no space left on device")

    monkeypatch.setattr("werkzeug.datastructures.FileStorage.save", break_off)
    assert send(manager_console, csv_of(MARIA)).status_code == 500
    job = Job.get()
    worker()
    assert Job.get().state == JobState.ARRIVING
    assert "pas arrivé en entier" in Page(manager_console.get(f"{LIST}/{job.token}")).text
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        purge()
    assert not (jobs.folder_of(job)).exists()


def test_what_has_been_forgotten_is_not_forgotten_again(manager_console, worker):
    sent(manager_console, PAUL | {"email": "paul"})
    worker()
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        purge()
        assert Job.to_forget(before=clock.now()) == []


@pytest.mark.parametrize("fields", [{"kind": "tout"}, {"file": (io.BytesIO(b""), "")}, {"file": "du texte"}])
def test_an_incomplete_form_is_told_so(manager_console, fields):
    token = TOKEN.search(manager_console.get(LIST).text)[1]
    data = {"csrf_token": token, "kind": "import_tenants", "file": (io.BytesIO(b"x"), "x.csv"), **fields}
    answer = manager_console.post(LIST, data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert Job.select().count() == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\Users\\locataires.csv", "a" * 300, "x\u202ecsv.exe", "\0"])
def test_what_the_file_is_called_leads_nowhere(manager_console, worker, name):
    address = landing(send(manager_console, csv_of(MARIA), name=name))
    worker()
    assert "Ce que l'import ferait" in Page(manager_console.get(address)).text
    assert [path.name for path in jobs.folder_of(Job.get()).iterdir() if path.name != "progress"] == ["fichier"]


class TestSending:
    def test_a_file_larger_than_any_form_is_taken(self, manager_console, worker):
        lines = [PAUL | {"number": str(n), "reference": str(n)} for n in range(1, 2500)]
        address = sent(manager_console, *lines)
        worker()
        assert "2 499 lignes lues" in Page(manager_console.get(address)).text

    def test_one_that_is_too_large_is_refused(self, manager_console, monkeypatch):
        monkeypatch.setattr("ophportal.office.imports.LARGEST", 1000)
        token = TOKEN.search(manager_console.get(LIST).text)[1]
        data = {"csrf_token": token, "kind": "import_tenants", "file": (io.BytesIO(b"x" * 5000), "x.csv")}
        answer = manager_console.post(LIST, data=data, content_type="multipart/form-data")
        assert answer.status_code == 413
        text = Page(answer).text
        assert "Ce fichier dépasse 256 Mo. Faites plusieurs fichiers ZIP, et envoyez-les l'un après l'autre." in text
        assert Job.select().count() == 0

    @pytest.mark.parametrize("who", ["stranger", "agent"])
    def test_nobody_else_has_their_file_read(self, client, console, who):
        visitor = {"stranger": client, "agent": console}[who]
        body = Unread()
        sending = {
            "wsgi.input": body,
            "CONTENT_LENGTH": str(10**9),
            "CONTENT_TYPE": "multipart/form-data; boundary=x",
        }
        answer = visitor.post(LIST, environ_overrides=sending)
        assert answer.status_code == (303 if who == "stranger" else 403)
        assert body.reads == 0

    def test_a_form_without_its_token_is_refused(self, manager_console):
        data = {"kind": "import_tenants", "file": (io.BytesIO(csv_of(MARIA)), "x.csv")}
        assert manager_console.post(LIST, data=data, content_type="multipart/form-data").status_code == 400
        assert Job.select().count() == 0

    def test_it_holds_one_of_the_readers_places(self, manager_console, app, monkeypatch):
        readers = app.extensions["whole_bodies"].readers
        for _ in range(READERS):
            assert readers.acquire(blocking=False)
        try:
            assert send(manager_console, csv_of(MARIA)).status_code == 503
        finally:
            for _ in range(READERS):
                readers.release()
        assert send(manager_console, csv_of(MARIA)).status_code == 303

    def test_tenants_and_their_passwords_stay_as_they_were(self, manager_console, worker, make_account):
        account = make_account()
        address = sent(manager_console, MARIA, PAUL)
        worker()
        press(manager_console, address, f"{address}/confirmer")
        worker()
        assert Account.get_by_id(account.id).password_hash == account.password_hash


class Unread(io.RawIOBase):
    """A body that tells how often it was read."""

    reads = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self.reads += 1
        return 0
