"""The commands, typed for real: an office is backed up under load, and restored elsewhere."""

import json
import os
import re
import shutil
import signal
import time
from contextlib import contextmanager
from secrets import token_hex
from threading import Event as Stop

import pytest

from ophportal import database, store_use
from ophportal.backups.files import draft_folder, drafts_in
from ophportal.backups.manifest import MANIFEST
from ophportal.backups.voiding import Voided
from ophportal.cli.backup import refusing, to_give_again
from ophportal.cli.french import Refusal
from tests.backups.conftest import INSIDE, during, logging_in, members
from tests.conftest import OWN_PASSWORD
from tests.documents import pdf, write_folder
from tests.office import Office, Visit, first_login, wait_until, write_tenant_file
from tests.stores import connected, on_postgresql


@contextmanager
def writing_pairs(office):
    """Somebody who writes two entries at a time in one transaction, again and again; the pairs written.

    With a breath in between, as any other process takes: nobody queues for SQLite's lock, and who lets go of it just to
    take it again keeps a login out for longer than it waits.
    """
    stop, pairs = Stop(), []
    insert = (
        "INSERT INTO journal_entry (at, event, subject, network_address, detail)"
        " VALUES ('2026-11-25 10:00:00', 'login', '{}', '', '')"
    )

    def write():
        with connected(office.store) as store:
            while not stop.wait(0.01):
                pair = token_hex(8)
                store.execute("BEGIN")
                for _ in range(2):
                    store.execute(insert.format(pair))
                store.execute("COMMIT")
                pairs.append(pair)

    yield from during(write, stop, pairs)


@pytest.fixture
def office(tmp_path):
    (tmp_path / "first").mkdir()
    with Office(tmp_path / "first") as office:
        office.run("import", "tenants", write_tenant_file(tmp_path / "locataires.csv", 30))
        papers = write_folder(tmp_path / "papiers", {f"{n}_2026-11_avis.pdf": pdf(f"avis {n}") for n in range(1, 31)})
        office.run("import", "documents", papers)
        yield office


@pytest.fixture
def other_office(tmp_path):
    (tmp_path / "second").mkdir()
    with Office(tmp_path / "second") as office:
        yield office


def test_made_under_load_and_restored_elsewhere_its_tenants_log_in_and_nothing_is_half_there(
    office, other_office, tmp_path
):
    office.serve()
    code = first_login(office, Visit(office), 2, OWN_PASSWORD)
    backup = tmp_path / "backup.tar"
    with logging_in(office, code, OWN_PASSWORD) as logins, writing_pairs(office) as pairs:
        written, entered = len(pairs), len(logins)
        made = office.run("backup", backup)
        assert made.returncode == 0, made.stderr
        wait_until(lambda: len(pairs) > written and len(logins) > entered, "the backup stopped the portal")
    assert {*logins} == {INSIDE}, "a login was refused while the backup was made"

    restored = other_office.run("restore", backup)

    assert restored.returncode == 0, restored.stderr
    assert "30 locataires, 1 compte, 0 écriture, 30 documents" in restored.stdout
    with connected(other_office.store) as store:
        found = store.execute("SELECT count(*) FROM journal_entry WHERE at = '2026-11-25 10:00:00' GROUP BY subject")
        halves = [count for (count,) in found.fetchall()]
        kept = store.execute("SELECT count(*) FROM journal_entry").fetchone()[0]
    assert {*halves} == {2}
    assert written <= len(halves) <= len(pairs)
    assert json.loads(members(backup)[MANIFEST])["counts"]["journal_entry"] == kept
    other_office.serve()
    visit = Visit(other_office)
    assert "Votre compte locataire" in visit.submit("/identification", identifier=code, password=OWN_PASSWORD)
    [paper] = {*re.findall(r"/compte/documents/[0-9a-f]{32}", visit.open("/compte/documents"))}
    assert visit.open(paper) == pdf("avis 2").decode()


def test_a_folder_keeps_those_of_the_last_days(office, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    first = office.run("backup", "--keep", "30", folder)
    [made] = folder.iterdir()
    assert str(made) in first.stdout
    stamp = made.name.rsplit("-")[-1]
    old, *spared = [made.with_name(made.name.replace(stamp, f"202001{day:02}T013000Z.tar")) for day in range(1, 5)]
    for path in (old, *spared):
        shutil.copy(made, path)
    made.unlink()
    second = office.run("backup", "--keep", "30", folder)
    assert f"plus de 30 jours effacée : {old.name}" in second.stdout
    # A clock that was wrong once has not cost the office its last backups.
    assert {*folder.iterdir()} > {*spared}
    assert len(list(folder.iterdir())) == 4
    assert "demande un dossier" in office.run("backup", "--keep", "30", folder / "x.tar").stderr
    max(folder.iterdir()).unlink()  # or the next may have its name, within one second
    shutil.copy(spared[0], old)
    assert f"plus de 1 jour effacée : {old.name}" in office.run("backup", "--keep", "1", folder).stdout


def test_documents_that_are_lacking_fail_the_command_and_keep_the_old_backups(office, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    office.run("backup", folder)
    [made] = folder.iterdir()
    old = made.with_name(made.name.replace(made.name.rsplit("-")[-1], "20200101T013000Z.tar"))
    made.rename(old)
    [lost, *_] = (office.folder / "documents").rglob("??/*")
    lost.unlink()
    result = office.run("backup", "--keep", "30", folder)
    assert result.returncode == 1
    assert lost.name in result.stderr
    assert "Sauvegarde faite" in result.stdout
    assert old.exists()


def test_a_store_that_is_there_is_replaced_only_by_force(office, tmp_path):
    backup = tmp_path / "backup.tar"
    office.run("backup", backup)
    refused = office.run("restore", backup)
    assert refused.returncode == 1
    assert "Une base est déjà là : 30 locataires, 0 compte, 0 écriture, 30 documents, la dernière activité le" in (
        refused.stderr
    )
    forced = office.run("restore", backup, "--force")
    assert forced.returncode == 0, forced.stderr
    assert "Ce qui était là est gardé" in forced.stdout


@pytest.fixture
def default_signals():
    kinds = signal.SIGTERM, signal.SIGHUP
    before = [signal.signal(kind, signal.SIG_DFL) for kind in kinds]
    yield
    for kind, handler in zip(kinds, before, strict=True):
        signal.signal(kind, handler)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_by_systemd_or_a_closed_terminal_it_leaves_no_copy_of_the_office(app, told, default_signals):
    """A draft is the whole office, in clear, and would lie there for a day."""

    def make_a_backup_and_be_told():
        with refusing("La sauvegarde n'est pas faite"), draft_folder(database.folder()):
            assert drafts_in(database.folder())
            os.kill(os.getpid(), told)
            time.sleep(10)  # what is told is heard before

    with pytest.raises(Refusal, match="La sauvegarde n'est pas faite : arrêté avant la fin"):
        make_a_backup_and_be_told()
    assert not drafts_in(database.folder())


def test_what_was_told_to_outlive_its_terminal_does(default_signals):
    """By « nohup »."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with refusing("La sauvegarde n'est pas faite"):
        os.kill(os.getpid(), signal.SIGHUP)


def test_what_has_to_be_given_again_is_said(office, tmp_path):
    office.run("agent", "create", "agathe@office.exemple.test", "Agathe Essai")
    office.run("backup", tmp_path / "backup.tar")
    restored = office.run("restore", tmp_path / "backup.tar", "--force")
    assert "Liens d'agents qui ne valent plus rien : 1 ; donnez-en d'autres (ophportal agent reset)." in restored.stdout
    assert restored.stdout.count("ne valent plus rien") == 1
    assert to_give_again(Voided(passwords=3, letters=2, changes=1)) == [
        "Mots de passe provisoires qui ne valent plus rien : 3 ; ces locataires doivent demander un nouveau code.",
        "Courriers avec un code qui ne valent plus rien : 2 ; imprimez-les de nouveau.",
        "Changements d'adresse e-mail à confirmer qui ne valent plus rien : 1 ; ces locataires doivent les redemander.",
    ]
    assert to_give_again(Voided()) == []


def test_what_the_office_has_closed_since_is_open_again_and_that_is_said(office, tmp_path):
    """An agent who had left a week before could enter again, and nobody thought of it."""
    office.run("agent", "create", "b.aulne@exemple.test", "B. Aulne")
    backup = tmp_path / "backup.tar"
    office.run("backup", backup)
    office.run("agent", "disable", "b.aulne@exemple.test")
    assert "désactivé" in office.run("agent", "list").stdout
    restored = office.run("restore", backup, "--force")
    assert "désactivé" not in office.run("agent", "list").stdout
    assert (
        "Ce que l'office a fermé depuis est rouvert : agents désactivés, accès bloqués, documents retirés. Refermez-le."
    ) in restored.stdout.splitlines()
    assert "Les mots de passe et les adresses e-mail sont ceux d'alors." in restored.stdout.splitlines()


def test_a_portal_that_runs_is_not_replaced_under_its_feet(office, tmp_path):
    backup = tmp_path / "backup.tar"
    office.run("backup", backup)
    office.serve("--no-deliver")
    # On PostgreSQL, who has not asked the store for anything yet has nothing of it.
    assert "prêt" in Visit(office).open("/sante")
    refused = office.run("restore", backup, "--force")
    assert refused.returncode == 1
    assert "le portail est en service. Arrêtez-le d'abord" in refused.stderr
    assert "Identification" in Visit(office).open("/identification")
    office.stop_serving()
    restored = office.run("restore", backup, "--force")
    assert restored.returncode == 0, restored.stderr


def test_nobody_opens_a_store_that_is_being_replaced(office, go):
    """The other way round: whoever starts in the middle of a restoration is sent away."""
    database.bind(office.store, str(office.folder))
    with store_use.alone():
        assert "une restauration est en cours" in office.run("mails").stderr
    assert office.run("mails").returncode == 0


@on_postgresql
def test_an_office_goes_from_sqlite_to_postgresql_by_a_backup_and_back(office, tmp_path):
    first, second = tmp_path / "first.tar", tmp_path / "second.tar"
    office.run("backup", first)
    small = {"DATABASE_URL": f"sqlite:///{tmp_path}/small/office.sqlite", "DATA_FOLDER": f"{tmp_path}/small"}
    assert office.run("restore", first, **small).returncode == 0
    assert office.run("backup", second, **small).returncode == 0
    assert office.run("restore", second, "--force").returncode == 0
    counts = [json.loads(members(path)[MANIFEST])["counts"] for path in (first, second)]
    assert counts[0] == counts[1]
