"""`ophportal import …`, typed for real: looking first, full files, refused lines, the ledger."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from ophportal.cli import backup, imports
from ophportal.cli.french import Refusal
from ophportal.faults import account
from ophportal.imports import runs
from ophportal.store import LOCK_TIMEOUT
from tests import stores
from tests.office import ROOT, households, write_tenant_file
from tests.tenant_lines import MARIA


def write_ledger(path, *lines):
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(("N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit"))
        rows.writerows(lines)
    return path


def test_a_dry_run_says_what_would_change_and_writes_nothing(office):
    file = write_tenant_file(office.folder / "locataires.csv", 20)
    said = office.run("import", "tenants", file, "--dry-run")
    assert said.returncode == 0, said.stderr
    assert "Essai : rien n'a été écrit." in said.stdout
    assert "Locataires : 20 en plus, 0 avec un changement, 0 sans changement" in said.stdout
    assert stores.one(office.store, "SELECT count(*) FROM tenant") == 0


def test_who_stops_an_import_is_told_that_nothing_of_it_is_there(app, tmp_path):
    def press_ctrl_c(*_):
        raise KeyboardInterrupt

    file = write_tenant_file(tmp_path / "locataires.csv", 1)
    with app.app_context(), pytest.raises(Refusal, match="Rien n'a été importé : arrêté avant la fin"):
        imports.attempt(replace(runs.TENANTS, write=press_ctrl_c), file, None, dry_run=False)


def test_the_columns_that_nobody_reads_are_told(office):
    file = office.folder / "locataires.csv"
    file.write_text("N° locataire;Nom;Réf. logement;Solde\n1;PAOLI;10;0\n", encoding="utf-8")
    told = "Colonnes laissées de côté\u00a0: «\u00a0Solde\u00a0».\nColonnes absentes du fichier\u00a0:"
    for said in (office.run("import", "tenants", file, "--dry-run"), office.run("import", "tenants", file)):
        assert told in said.stdout


def test_a_full_file_ends_the_leases_that_it_leaves_out_and_asks_when_they_are_many(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 20))
    most = write_tenant_file(office.folder / "presque.csv", 18)
    few = write_tenant_file(office.folder / "partie.csv", 5)
    running = "SELECT count(*) FROM lease WHERE ends_on IS NULL"

    kept = office.run("import", "tenants", most)
    assert "laissés comme ils sont : 2" in kept.stdout
    looked = office.run("import", "tenants", most, "--full", "--dry-run")
    assert "n°\u00a0L0000020" in looked.stdout
    assert stores.one(office.store, running) == 20

    ended = office.run("import", "tenants", most, "--full")
    assert "Baux terminés parce qu'ils ne sont pas dans le fichier : 2" in ended.stdout
    assert stores.one(office.store, running) == 18

    refused = office.run("import", "tenants", few, "--full")
    assert refused.returncode == 1
    assert "Baux en cours qui se terminent\u00a0: 13 sur 18." in refused.stderr
    assert "ajoutez --yes" in refused.stderr
    assert stores.one(office.store, running) == 18
    assert office.run("import", "tenants", few, "--full", "--yes").returncode == 0
    assert stores.one(office.store, running) == 5


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_refused_lines_are_written_to_a_file_when_asked(office, dry_run):
    file = office.folder / "locataires.csv"
    file.write_text("N° locataire;Nom;Réf. logement\n1;PAOLI;10\n;ROSSI;11\n3;=1+1;12\n", encoding="utf-8")
    rejects = office.folder / "rejets.csv"
    said = office.run("import", "tenants", file, "--rejects", rejects, *dry_run)
    assert said.returncode == 1
    assert "Rien n'a été importé." in said.stderr
    with rejects.open(encoding="utf-8-sig", newline="") as lines:
        assert [(row["Ligne"], row["nom"]) for row in csv.DictReader(lines, delimiter=";")] == [
            ("3", "ROSSI"),
            ("4", "'=1+1"),
        ]
    assert stores.one(office.store, "SELECT count(*) FROM tenant") == 0


def test_what_is_there_and_no_file_is_not_said_to_be_missing(office):
    for words in (
        ["import", "tenants", office.folder],
        ["import", "tenants", "/dev/null"],
        ["import", "documents", "/dev/null"],
    ):
        said = office.run(*words)
        assert (said.returncode, said.stderr) == (1, f"Erreur : « {words[-1]} » n'est pas un fichier.\n")
    missing = office.folder / "nulle-part.csv"
    assert office.run("import", "tenants", missing).stderr == f"Erreur : Le fichier « {missing} » n'existe pas.\n"
    assert f"{office.folder} : ce n'est pas un fichier." in office.run("restore", office.folder).stderr


def test_a_file_of_rejects_that_cannot_be_written_is_said_before_anything_is_read(office):
    file = write_tenant_file(office.folder / "locataires.csv", 3)
    before = file.read_bytes()
    for rejects in (file, office.folder / "nulle-part" / "rejets.csv", office.folder):
        said = office.run("import", "tenants", file, "--rejects", rejects)
        assert said.returncode != 0
        assert said.stderr.startswith("Erreur :")
        assert "Traceback" not in said.stderr
    assert file.read_bytes() == before
    assert stores.is_postgresql() or not (office.folder / "office.sqlite").exists()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (imports.import_group, ["tenants"]),
        (imports.import_group, ["documents"]),
        (backup.restore_command, []),
        (backup.restore_command, ["sauvegarde.tar", "--identity"]),
    ],
)
@pytest.mark.parametrize("kind", ["fichier", "dossier"])
def test_a_file_that_the_account_cannot_read_is_said_to_be(app, tmp_path, monkeypatch, command, words, kind):
    path = tmp_path / "x"
    path.mkdir() if kind == "dossier" else path.touch()
    monkeypatch.setattr(os, "access", lambda asked, mode, **_: str(asked) != str(path) or mode != os.R_OK)
    said = app.test_cli_runner().invoke(command, [*words, str(path)])
    assert said.exit_code == 1
    assert said.output.startswith(f"Erreur : Le {kind} « {path} » n'est pas lisible par le compte {account()}")


def test_rejects_are_for_who_asked_for_them_alone(office):
    file = office.folder / "locataires.csv"
    file.write_text("N° locataire;Nom;Réf. logement\n;ROSSI;11\n", encoding="utf-8")
    office.run("import", "tenants", file, "--rejects", office.folder / "rejets.csv")
    assert (office.folder / "rejets.csv").stat().st_mode & 0o777 == 0o600


def test_a_dry_run_waits_for_nobody_who_writes(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    with stores.held(office.store):
        for kind, file in (
            ("tenants", write_tenant_file(office.folder / "plus.csv", 5)),
            ("ledger", write_ledger(office.folder / "e.csv", ("L0000001", "0001-A", "01/11/2026", "Loyer", "1", ""))),
        ):
            said = office.run("import", kind, file, "--dry-run")
            assert said.returncode == 0, said.stderr
            assert "Essai : rien n'a été écrit." in said.stdout


@pytest.mark.slow
def test_an_import_waits_for_another_one_longer_than_a_page_would(office):
    file = write_tenant_file(office.folder / "locataires.csv", 3)
    office.run("migrate")
    with stores.held(office.store) as other:
        command = [sys.executable, "-m", "ophportal", "import", "tenants", str(file)]
        with subprocess.Popen(command, cwd=ROOT, env=office.environment, stdout=subprocess.PIPE, text=True) as waiting:
            time.sleep(LOCK_TIMEOUT + 2)
            assert waiting.poll() is None
            other.execute("COMMIT")
            assert "Locataires : 3 en plus" in waiting.communicate()[0]
    assert waiting.returncode == 0


def test_a_store_that_stays_busy_is_said_in_a_sentence(app, tenant_file, monkeypatch):
    with monkeypatch.context() as impatient:
        impatient.setattr(imports, "TURN_PATIENCE", 0)
        with stores.held(), pytest.raises(Refusal, match="occupée"):
            imports.attempt(runs.TENANTS, tenant_file(MARIA), None, dry_run=False)
    assert stores.patience() == LOCK_TIMEOUT
    assert imports.attempt(runs.TENANTS, tenant_file(MARIA), None, dry_run=False).counts["Baux"].created == 1


def test_a_number_that_changes_hands_is_told_and_wants_a_second_yes(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    file = office.folder / "autres.csv"
    file.write_text("N° locataire;Nom;Réf. logement\n1;ROMARIN;0001-A\n", encoding="utf-8")
    told = "le n°\u00a0L0000001 passe de ESSAI-B Prune Olive à ROMARIN, pour le même bail"
    assert told in office.run("import", "tenants", file, "--dry-run").stdout
    refused = office.run("import", "tenants", file)
    assert refused.returncode == 1
    assert told in refused.stderr
    assert "ajoutez --yes" in refused.stderr
    ((kind, state, found),) = stores.ask(office.store, "SELECT kind, state, result FROM job WHERE state <> 'done'")
    assert (kind, state) == ("import_tenants", "refused")
    assert any(told in reason for reason in json.loads(found)["reasons"])
    said = office.run("import", "tenants", file, "--yes").stdout
    assert told in said
    assert "Confirmé par --yes\u00a0: Numéros de locataire qui passent d'une personne à une autre" in said
    assert stores.one(office.store, "SELECT count(*) FROM tenant WHERE last_name = 'ROMARIN'") == 1


def test_addresses_that_move_are_told_and_many_want_a_second_yes(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    with stores.connected(office.store) as store:
        store.execute(
            "INSERT INTO account (tenant_id, code, code_key, password_hash, created_at)"
            " SELECT id, '7K2M-94QF', '7K2M94QF', '', '2026-11-24' FROM tenant LIMIT 1"
        )
    file = office.folder / "autres.csv"
    file.write_text("N° locataire;Nom;Réf. logement;E-mail\n1;ESSAI-B;0001-A;autre@exemple.test\n", encoding="utf-8")
    told = "Attention\u00a0: 1 compte change d'adresse e-mail"
    assert told in office.run("import", "tenants", file, "--dry-run").stdout
    refused = office.run("import", "tenants", file)
    assert refused.returncode == 1
    assert "ajoutez --yes" in refused.stderr
    said = office.run("import", "tenants", file, "--yes")
    assert said.returncode == 0, said.stderr
    assert told in said.stdout


def test_a_ledger_is_imported_twice_and_changes_nothing_the_second_time(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    lines = [
        (home["N° locataire"], home["Réf. logement"], "01/11/2026", "Loyer", "1\u202f234,56 €", "")
        for home in households(3)
    ]
    file = write_ledger(office.folder / "ecritures.csv", *lines)
    assert (
        "Écritures : 3 en plus, 0 avec un changement, 0 sans changement" in office.run("import", "ledger", file).stdout
    )
    assert (
        "Écritures : 0 en plus, 0 avec un changement, 3 sans changement" in office.run("import", "ledger", file).stdout
    )
    assert stores.one(office.store, "SELECT sum(debit) FROM ledger_entry") == 3 * 123456


def test_a_ledger_whose_columns_are_crossed_wants_a_second_yes(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    lines = [(home["N° locataire"], home["Réf. logement"], "01/11/2026", "Loyer", "", "400") for home in households(3)]
    file = write_ledger(office.folder / "ecritures.csv", *lines)
    looked = office.run("import", "ledger", file, "--dry-run")
    assert "Débits\u00a0: 0,00\u00a0€. Crédits\u00a0: 1\u00a0200,00\u00a0€." in looked.stdout
    assert "Le solde de 3 baux change." in looked.stdout
    assert "Des loyers sont au crédit" in looked.stdout
    refused = office.run("import", "ledger", file)
    assert refused.returncode == 1
    assert "Des loyers sont au crédit" in refused.stderr
    assert "ajoutez --yes" in refused.stderr
    assert office.run("import", "ledger", file, "--yes").returncode == 0


def test_a_ledger_of_strangers_is_refused(office):
    file = write_ledger(office.folder / "ecritures.csv", ("1", "1", "01/11/2026", "Loyer", "1", ""))
    said = office.run("import", "ledger", file, "--dry-run")
    assert said.returncode == 1
    assert "aucun locataire n'a ce numéro" in said.stderr
    assert "Lignes refusées : 1" in said.stdout


def test_what_the_command_imports_is_noted_for_the_console(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    assert stores.one(office.store, "SELECT count(*) FROM job WHERE kind = 'import_tenants' AND state = 'done'") == 1
    assert stores.one(office.store, "SELECT count(*) FROM journal_entry WHERE event = 'imported'") == 1


def test_an_import_killed_while_it_writes_leaves_the_old_data_whole(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 50))
    many = write_tenant_file(office.folder / "beaucoup.csv", 30_000)
    command = [sys.executable, "-m", "ophportal", "import", "tenants", str(many)]
    with subprocess.Popen(command, cwd=ROOT, env=office.environment, stdout=subprocess.DEVNULL) as running:
        while running.poll() is None and not stores.is_being_written(office.store):
            time.sleep(0.001)  # a commit takes some milliseconds
        running.kill()
    assert running.returncode == -signal.SIGKILL
    assert stores.one(office.store, "SELECT count(*) FROM tenant") == 50
    assert stores.one(office.store, "SELECT count(*) FROM lease WHERE id NOT IN (SELECT id FROM lease LIMIT 50)") == 0
    assert (
        "Locataires : 29950 en plus, 0 avec un changement, 50 sans changement"
        in office.run("import", "tenants", many).stdout
    )


def test_a_ledger_killed_while_it_is_written_leaves_nothing_of_it(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 50))
    lines = (
        (home["N° locataire"], home["Réf. logement"], "01/11/2026", f"Facture {n}", "10", "")
        for n in range(600)
        for home in households(50)
    )
    many = write_ledger(office.folder / "ecritures.csv", *lines)
    command = [sys.executable, "-m", "ophportal", "import", "ledger", str(many), "--yes"]
    with subprocess.Popen(command, cwd=ROOT, env=office.environment, stdout=subprocess.DEVNULL) as running:
        while running.poll() is None and not stores.is_being_written(office.store):
            time.sleep(0.001)
        running.kill()
    assert running.returncode == -signal.SIGKILL
    assert stores.one(office.store, "SELECT count(*) FROM ledger_entry") == 0
    assert stores.one(office.store, "SELECT count(*) FROM job WHERE kind = 'import_ledger'") == 0
    again = office.run("import", "ledger", many, "--yes")
    assert "Écritures : 30000 en plus, 0 avec un changement, 0 sans changement" in again.stdout
    assert not list(office.folder.glob("import-*"))
