"""A responsable sends the ERP's file: sees what it would do, and says yes or no."""

import csv
import io
import shutil
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from peewee import OperationalError

from ophportal import clock, jobs
from ophportal.cli import imports
from ophportal.cli.french import Refusal
from ophportal.formatting import date_and_time
from ophportal.imports import runs
from ophportal.imports.job import do_import
from ophportal.imports.kinds import KINDS
from ophportal.imports.tenants import import_tenants
from ophportal.models import Agent, Event, Job, JobState, JournalEntry, LedgerEntry, Tenant
from ophportal.models.job import CLAIM, LEDGER_IMPORT
from ophportal.retention import purge
from ophportal.testing import TOKEN
from ophportal.wording import job_state
from tests.conftest import landing, press
from tests.documents import pdf, write_zip
from tests.page import Page
from tests.spaces import as_read
from tests.tenant_lines import MARIA, PAUL
from tests.uploads import LIST, ROMARIN, csv_of, journalled, send, sent


def test_what_the_command_has_refused_at_night_is_told_to_the_agents(app, manager_console, tmp_path):
    file = tmp_path / "nuit.csv"
    for lines in ([MARIA], [ROMARIN]):
        file.write_bytes(csv_of(*lines))
        with suppress(Refusal):
            imports.attempt(runs.TENANTS, file, None, dry_run=False, sure=False)
    listed = Page(manager_console.get(LIST))
    assert "Locataires : nuit.csv" in listed.text
    page = Page(manager_console.get(listed.soup.select(f"main a[href^='{LIST}/']")[0]["href"]))
    assert "Le fichier est refusé Rien n'a été écrit. Lisez « Ce qui ne va pas »." in page.text
    assert "passe de D'ANGELO-PAOLI Maria Stella à ROMARIN Anis, pour le même bail" in page.text
    assert "si le fichier est bon, envoyez-le dans « Imports » : la page demande de confirmer" in page.text
    with time_machine.travel(clock.now() + timedelta(days=2, minutes=1)):
        purge()
    assert "reasons" not in Job.get(Job.state == JobState.REFUSED).found


def test_nothing_is_written_before_it_is_seen_and_confirmed(manager_console, worker):
    address = sent(manager_console, MARIA, PAUL)
    assert Page(manager_console.get(address)).one("progress")["value"] == "0"
    worker()
    page = Page(manager_console.get(address))
    assert page.title.startswith(f"Import des locataires du {date_and_time(Job.get().created_at)} – ")
    assert "Ce que l'import ferait" in page.text
    assert "Locataires Nouveaux : 2 Modifiés : 0 Inchangés : 0" in page.text
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
        odile_console.get(f"{address}/rejets.csv")
    which = f"Locataires, import n°\u00a0{Job.get().id}, 2 refus"
    assert journalled() == [(Event.IMPORT_REJECTS_DOWNLOADED, odile_console.agent, which)] * 2


def test_of_documents_too(manager_console, worker, tmp_path):
    content = write_zip(tmp_path / "x.zip", {"99_2026-03_avis.pdf": pdf()}).read_bytes()
    address = landing(send(manager_console, content, kind="import_documents"))
    worker()
    manager_console.get(f"{address}/rejets.csv")
    which = f"Documents, import n°\u00a0{Job.get().id}, 1 refus"
    assert journalled() == [(Event.IMPORT_REJECTS_DOWNLOADED, manager_console.agent, which)]


def test_a_file_that_is_none_is_refused_with_its_reason(manager_console, worker):
    address = landing(send(manager_console, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100))
    worker()
    assert "classeur ancien (.xls)" in Page(manager_console.get(address)).text


def test_a_page_that_was_open_too_long_comes_back_without_the_file_and_asks_for_it(manager_console):
    answer = send(manager_console, csv_of(MARIA), csrf_token="")
    assert answer.status_code == 400
    assert "Rien n'est enregistré. Choisissez de nouveau le fichier, puis appuyez encore une fois" in Page(answer).text


@pytest.mark.parametrize("is_seen", [False, True])
def test_one_whose_file_has_gone_is_to_be_sent_again(manager_console, worker, is_seen):
    """As after a backup is restored, which holds the row and not the file."""
    address = sent(manager_console, MARIA)
    if is_seen:
        worker()
    shutil.rmtree(jobs.folder_of(Job.get()))
    if is_seen:
        press(manager_console, address, f"{address}/confirmer")
    worker()
    page = Page(manager_console.get(address))
    assert "le fichier envoyé n'est plus sur ce serveur : envoyez-le de nouveau" in as_read(page.text)
    assert Job.get().state == JobState.REFUSED


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
    assert "Rien n'a été écrit. Lisez « Ce qui ne va pas »." in text
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
    (row,) = Page(manager_console.get(LIST)).soup.select("main .rows li")
    assert "locataires.csv" in row.text
    assert row.text.rstrip().endswith("Renée Essai · fait · 1 ligne")


def test_once_who_brought_it_has_been_erased_it_is_not_said_to_be_the_server_s(manager_console, odile_console, worker):
    sent(odile_console, MARIA)
    worker()
    Agent.get(Agent.email.startswith("odile")).delete_instance()
    Job.get().forget()
    assert ", un agent parti ·" in Page(manager_console.get(LIST)).text
    assert ", un agent parti ·" in Page(manager_console.get("/agents/tableau-de-bord")).text


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


class TestNight:
    """What the command line imported while nobody was there to read it."""

    @pytest.fixture
    def page(self, manager_console, tmp_path):
        """A function that imports such lines at night, and gives the import's page of the morning."""

        def page(*lines):
            path = tmp_path / "locataires.csv"
            path.write_bytes(csv_of(*lines))
            runs.note(runs.TENANTS, path.name, import_tenants(path))
            return Page(manager_console.get(f"{LIST}/{Job.newest((runs.TENANTS.name,))[0].token}"))

        return page

    def test_in_the_morning_an_agent_reads_what_is_to_be_watched(self, page):
        read = page(MARIA | {"last_name": "D'ANGELO L\ufffdCA"})
        assert "1 ligne a des accents abîmés" in read.text
        assert "« --yes »" not in read.text
        assert "importez le bon" in read.text

    def test_nobody_is_kept_by_name_whom_the_page_does_not_show(self, page, make_tenant):
        make_tenant("ROSSI", number="7", reference="7")
        page(MARIA)
        (job,) = Job.newest((runs.TENANTS.name,))
        assert job.found["gone"] == 1
        assert "ROSSI" not in job.result

    def test_and_what_it_was_told_to_be_sure_of_beforehand(self, page, manager_console):
        page(MARIA)
        somebody_else = {"last_name": "ROMARIN", "first_names": "Olive", "birth_name": ""}
        read = page(MARIA | somebody_else)
        assert "Personne n'a lu ceci avant l'import" in read.text
        assert "Numéros de locataire qui passent d'une personne à une autre : 1." in read.text
        assert "à ROMARIN Olive, pour le même bail" in read.text
        for where in (LIST, "/agents/tableau-de-bord"):
            assert Page(manager_console.get(where)).text.count("· à regarder de près") == 1


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


def test_confirmed_twice_or_too_late_it_is_written_once(manager_console, worker):
    address = sent(manager_console, MARIA)
    worker()
    token = Page(manager_console.get(address)).soup.select("form input[name=csrf_token]")[0]["value"]
    for _ in range(2):
        manager_console.post(f"{address}/confirmer", data={"csrf_token": token})
    # Pressed twice, it is what was asked that is told; in another tab, later, that it comes too late.
    assert "n'attend plus de réponse" not in Page(manager_console.get(address)).text
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        manager_console.post(f"{address}/confirmer", data={"csrf_token": token})
        assert "n'attend plus de réponse" in Page(manager_console.get(address)).text
    worker()
    manager_console.post(f"{address}/abandonner", data={"csrf_token": token})
    assert Job.get().state == JobState.DONE


def test_dropped_twice_it_is_told_to_be_dropped(manager_console, worker):
    address = sent(manager_console, MARIA)
    worker()
    token = Page(manager_console.get(address)).soup.select("form input[name=csrf_token]")[0]["value"]
    for _ in range(2):
        assert landing(manager_console.post(f"{address}/abandonner", data={"csrf_token": token})) == LIST
        assert "L'import est abandonné" in Page(manager_console.get(LIST)).text
    assert JournalEntry.select().where(JournalEntry.event == Event.IMPORT_DROPPED).count() == 1


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
