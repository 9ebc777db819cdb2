"""`ophportal migrate-store`: an office moves from SQLite to PostgreSQL while its portal serves, and loses nothing."""

import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from ophportal import documents
from ophportal.backups.moving import bring_documents
from tests.backups.conftest import INSIDE, logging_in
from tests.conftest import OWN_PASSWORD
from tests.documents import pdf, write_folder
from tests.office import ROOT, Visit, first_login, wait_until, write_tenant_file
from tests.stores import connected, new_store, on_postgresql

WAITS = "Cette commande attend"


@pytest.fixture
def office(office):
    """One on SQLite, whatever the other tests run on."""
    office.store = f"sqlite:///{office.folder / 'office.sqlite'}"
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 20))
    papers = {f"{n}_2026-11_avis.pdf": pdf(f"avis {n}") for n in range(1, 21)}
    office.run("import", "documents", write_folder(office.folder / "papiers", papers))
    return office


@pytest.fixture
def target(tmp_path):
    return new_store(tmp_path / "target")


def listen():
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def moving(office, target):
    """The command, from when it has copied all and waits for the portal to leave the old store."""
    command = [sys.executable, "-m", "ophportal", "migrate-store", target]
    with (
        (office.folder / "moving.log").open("wb") as log,
        # A shell's background passes a deaf ear for Ctrl-C on, all the way down; « nohup » one for a closed terminal.
        subprocess.Popen(
            command, cwd=ROOT, env=office.environment, stdout=log, stderr=log, preexec_fn=listen
        ) as process,
    ):
        try:
            wait_until(lambda: WAITS in said(office) or process.poll() is not None, "nothing is copied")
            yield process
        finally:
            process.kill()


def said(office):
    return (office.folder / "moving.log").read_text()


def counted(url, table):
    with connected(url) as store:
        return store.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@on_postgresql
def test_a_running_office_moves_and_nothing_that_was_answered_is_lost(office, target):
    office.serve()
    code = first_login(office, Visit(office), 2, OWN_PASSWORD)
    old, visit = office.store, Visit(office)
    visit.submit("/identification", identifier=code, password=OWN_PASSWORD)
    with moving(office, target) as process:
        with logging_in(office, code, OWN_PASSWORD) as logins:
            assert process.poll() is None, said(office)
            assert "20 locataires, 1 compte, 0 écriture, 20 documents" in said(office)
            assert f"Dans l'environnement, ou dans {ROOT / '.env'} :\n  OPHPORTAL_DATABASE_URL=" in said(office)
            # Whoever reads goes on; whoever would write is told to come back, since their writing would be lost.
            assert "Votre compte locataire" in visit.open("/compte")
        assert INSIDE not in logins, "a login was written to the store that is being left"
        copied = {table: counted(target, table) for table in ("tenant_session", "journal_entry")}
        assert copied == {table: counted(old, table) for table in copied}
        # What starts on the old store now is sent away: systemd may be quicker than the person who edits the setting.
        assert "Le passage de cette base à PostgreSQL" in office.run("mails").stderr
        office.stop_serving()
        assert process.wait(timeout=30) == 0, said(office)
    assert "L'office est sur PostgreSQL" in said(office)
    assert "Cette base a été déplacée vers PostgreSQL" in office.run("mails").stderr
    office.store = target
    office.serve()
    # They are logged in still, and everybody can write again.
    assert "Votre compte locataire" in visit.open("/compte")
    assert "Votre compte locataire" in Visit(office).submit("/identification", identifier=code, password=OWN_PASSWORD)
    assert counted(target, "journal_entry") > copied["journal_entry"]
    with connected(target) as store:
        digests = [digest for (digest,) in store.execute("SELECT digest FROM document").fetchall()]
    contents = {path.name for path in (office.folder / "documents" / target.rsplit("/")[-1]).glob("??/*")}
    assert contents == {*digests}


def test_the_documents_names_in_the_new_place_survive_a_power_cut(app, make_tenant, add_document, monkeypatch):
    """The old place is closed for good right after: its own file's fsync does not see to a new name."""
    add_document(make_tenant(), "novembre")
    sync_names, synced = documents.sync_names, {}

    def note(folder):
        sync_names(folder)
        synced[folder] = {path.name for path in folder.iterdir()}

    monkeypatch.setattr(documents, "sync_names", note)
    there = documents.folder().with_name("ailleurs")
    try:
        bring_documents("ailleurs")
        bring_documents("ailleurs")  # as after a move that was killed
        brought = [*there.glob("??/*")]
        assert len(brought) == 1
        for path in brought:
            assert path.name in synced[path.parent]
    finally:
        shutil.rmtree(there, ignore_errors=True)


@on_postgresql
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_given_up_before_the_restart_the_office_stays_where_it_was(office, target, told):
    """By Ctrl-C, or as a terminal is closed."""
    office.serve()
    code = first_login(office, Visit(office), 2, OWN_PASSWORD)
    with moving(office, target) as process:
        process.send_signal(told)
        assert process.wait(timeout=30) == 1
    assert "L'office n'a pas été déplacé" in said(office)
    assert "Votre compte locataire" in Visit(office).submit("/identification", identifier=code, password=OWN_PASSWORD)
    assert office.run("mails").returncode == 0


@on_postgresql
def test_killed_before_the_restart_it_is_not_said_to_be_done_and_begins_anew(office, target):
    """The portal writes on where it was, and what it writes is not in the copy."""
    office.serve()
    code = first_login(office, Visit(office), 2, OWN_PASSWORD)
    with moving(office, target) as process:
        process.kill()
        process.wait(timeout=30)
    assert "Votre compte locataire" in Visit(office).submit("/identification", identifier=code, password=OWN_PASSWORD)
    refusal = office.run("mails").stderr
    assert "n'est pas fini" in refusal
    assert "a été déplacée" not in refusal
    # The file itself stays: the portal that still runs holds it, and the next move has to see that.
    emptied = re.search(r"« truncate -s 0 (\S+) »", refusal)[1]
    subprocess.run(["truncate", "-s", "0", emptied], check=True)
    assert office.run("mails").returncode == 0
    again = new_store(office.folder / "again")
    with moving(office, again) as process:
        assert process.poll() is None, said(office)
        office.stop_serving()
        assert process.wait(timeout=30) == 0, said(office)
    assert counted(again, "journal_entry") > counted(target, "journal_entry")
    assert "Cette base a été déplacée vers PostgreSQL" in office.run("mails").stderr


@on_postgresql
def test_a_store_that_holds_something_is_not_written_over(office, target):
    assert office.run("import", "tenants", office.folder / "locataires.csv", DATABASE_URL=target).returncode == 0
    result = office.run("migrate-store", target)
    assert result.returncode == 1
    assert "la base d'arrivée n'est pas vide" in result.stderr
    assert office.run("mails").returncode == 0


def test_where_it_would_go_has_to_be_an_address_of_postgresql_s(office):
    """The same rule and the same words as for the settings."""
    for url in ("sqlite:////srv/other.sqlite", "postgresql://", "postgresql://u:motdepasse@[x", "x"):
        said = office.run("migrate-store", url)
        assert said.returncode == 1
        assert said.stderr == (
            "Erreur : L'office n'a pas été déplacé : l'adresse doit s'écrire comme "
            f"postgresql://utilisateur:motdepasse@hôte/base (lu : « {url.split('@')[-1]} »).\n"
        )


def test_it_does_not_go_where_the_portal_would_then_refuse_to_start(office):
    """A PostgreSQL on another machine, whose certificate nobody looks at: said before, and not once it has moved."""
    url = "postgresql://ophportal:motdepasse@base.invalid/ophportal"
    said = office.run("migrate-store", url)
    assert said.returncode == 1
    assert said.stderr.startswith("Erreur : L'office n'a pas été déplacé : l'adresse mène à une autre machine")
    assert "motdepasse" not in said.stderr
    accepted = office.run("migrate-store", url, DATABASE_UNVERIFIED="oui")
    assert accepted.returncode == 1
    assert "L'office n'a pas été déplacé" in accepted.stderr
    assert "mène à une autre machine" not in accepted.stderr


@pytest.mark.parametrize("typed", [False, True])
def test_where_it_would_go_has_to_answer(office, typed):
    """Typed, since what is on a command's line is read by every account of the machine, its password too."""
    url = "postgresql://ophportal:motdepasse@127.0.0.1:1/ophportal"
    nobody = office.run("migrate-store", typed=f"{url}\n") if typed else office.run("migrate-store", url)
    assert nobody.returncode == 1
    assert "L'office n'a pas été déplacé" in nobody.stderr
    assert "l'adresse doit s'écrire" not in nobody.stderr
    assert "motdepasse" not in nobody.stderr
    assert "Traceback" not in nobody.stderr
    assert office.run("mails").returncode == 0
