"""The commands, typed for real: an office is imported, served, and mails a tenant in."""

import errno
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import click
import pytest
from peewee import IntegrityError, OperationalError

import config
from ophportal import clock, database
from ophportal.cli import main
from ophportal.cli.french import Refusal, in_french
from ophportal.database import writing
from ophportal.faults import account
from ophportal.models import Event, JournalEntry, OutboxMessage
from ophportal.retention import JOURNAL_KEPT
from tests import stores
from tests.office import ROOT, Visit, ask_for_a_code, code_and_password, first_login, wait_until, write_tenant_file
from tests.old_stores import LEVELS, runner
from tests.spaces import as_read

# Ctrl-C, while the command's own modules are loaded.
PRESSED_EARLY = """
import runpy, sys

class Pressed:
    def find_spec(self, name, *_):
        if name == "ophportal.cli.main":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Pressed())
runpy.run_module("ophportal", run_name="__main__")
"""


@stores.once
def test_who_presses_ctrl_c_at_once_is_shown_no_traceback():
    done = subprocess.run([sys.executable, "-c", PRESSED_EARLY], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "Abandonné.\n")


@stores.once
@pytest.mark.parametrize(
    "words",
    [
        [],
        ["import"],
        ["import", "tenants"],
        ["serve"],
        ["deliver"],
        ["mails"],
        ["reset-passwords"],
        ["demo"],
        ["migrate"],
        ["check"],
        ["forget"],
        ["forget-tenant"],
        ["backup"],
        ["restore"],
        ["migrate-store"],
    ],
    ids=" ".join,
)
def test_every_command_explains_itself_in_french(office, words):
    result = office.run(*words, "--help", SECRET_KEY="")
    assert result.returncode == 0
    assert "Affiche cette aide." in result.stdout
    assert result.stdout.startswith("Usage\u00a0: ")
    assert "Options\u00a0:\n" in result.stdout
    assert not re.search(r"\w\.\.\.$", result.stdout, re.MULTILINE), "a summary that is cut"
    assert "metrics" not in result.stdout  # which « serve » alone has a use for


@stores.once
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["servir"], "n'existe pas"),
        (["serve", "--prot", "1"], "l'option « --prot » n'existe pas"),
        (["serve", "--port", "http"], "ne convient pas"),
        (["import", "tenants"], "il manque « FICHIER »"),
        (["forget"], "il manque « --ended-before »"),
        (["forget-tenant"], "il manque « NUMÉRO »"),
        (["migrate", "tout"], "trop d'arguments"),
    ],
)
def test_a_misused_command_says_so_in_french(office, words, said):
    result = office.run(*words)
    assert result.returncode == 2
    assert said in result.stderr
    assert result.stderr.startswith("Erreur :")


def test_serve_refuses_to_start_with_a_sentence_for_each_missing_setting(office):
    result = office.run("serve", SECRET_KEY="", BASE_URL="x", MAIL_SENDER="", MAIL_SERVER="")
    assert result.returncode == 1
    for name in ("SECRET_KEY", "BASE_URL", "MAIL_SENDER", "MAIL_SERVER"):
        assert f"OPHPORTAL_{name} " in result.stderr
    # Who has written them all, into a file that lies elsewhere, learns where it is looked for.
    assert result.stderr.splitlines()[-1] == f"  Ils se lisent dans l'environnement, ou dans {ROOT / '.env'}."
    assert "Traceback" not in result.stderr
    assert stores.is_postgresql() or not (office.folder / "office.sqlite").exists()


def test_the_settings_are_said_to_be_where_the_guide_has_them_written(monkeypatch, tmp_path):
    """`.env` lies beside the code, in the folder of one version, and is a link."""
    monkeypatch.setattr(config, "ROOT", tmp_path)
    monkeypatch.setenv("OPHPORTAL_CONFIG", "config.Production")
    (tmp_path / "ophportal.env").write_text("OPHPORTAL_SECRET_KEY=courte\n")
    (tmp_path / ".env").symlink_to(tmp_path / "ophportal.env")
    with pytest.raises(Refusal) as refusal:
        main.configured_app()
    assert refusal.value.lines[-1] == f"Ils se lisent dans l'environnement, ou dans {tmp_path / 'ophportal.env'}."


@pytest.mark.slow
def test_serve_ends_though_a_visitor_never_ends_what_they_ask(office):
    """Their telephone has lost its network between the head of a form and its body."""
    office.serve("--no-deliver")
    head = f"POST /demander-un-code HTTP/1.1\r\nHost: 127.0.0.1:{office.port}\r\nContent-Length: 500\r\n\r\nnom="
    with socket.create_connection(("127.0.0.1", office.port)) as visitor:
        visitor.sendall(head.encode())
        wait_until(office.answers, "the server has not come to it")
        office.stop_serving()
    assert "Killing worker-1" in office.log()


def test_serve_refuses_a_port_that_is_taken(office):
    result = office.run("serve", "--port", str(office.post_office.port))
    assert result.returncode == 1
    assert "est déjà pris" in result.stderr
    assert "Traceback" not in result.stderr
    # An older version may be what listens there, over the same store.
    assert LEVELS[0] in office.run("migrate").stdout


@stores.on_sqlite
@pytest.mark.parametrize("command", ["serve", "deliver"])
def test_nothing_starts_on_a_store_that_it_could_not_write(office, app, monkeypatch, command):
    """SQLite reads it all the same: the probe was told « prêt », the pages opened, and nobody could enter."""
    office.run("migrate")
    for name, value in office.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(main, "start_server", lambda *_, **__: None)
    monkeypatch.setattr(main, "ends_well", lambda *_: True)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "office.sqlite")
    try:
        with pytest.raises(Refusal, match=r"Le portail ne démarre pas : .*office.sqlite ne se laisse pas écrire par"):
            main.cli.main([command], standalone_mode=False)
    finally:
        database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


def test_what_only_reads_leaves_a_store_as_an_older_version_needs_it(office):
    with closing(stores.peewee_of(office.store)) as store:
        runner(store).up(LEVELS[-2])
    file = write_tenant_file(office.folder / "locataires.csv", 1)
    forget = ["forget", "--ended-before", "01/01/2020", "--dry-run"]
    for words in (["agent", "list"], ["import", "tenants", file, "--dry-run"], forget):
        said = office.run(*words)
        assert said.returncode == 1
        assert said.stderr == f"Erreur : La base n'est pas à jour, il manque {LEVELS[-1]} : « ophportal migrate ».\n"
    assert office.run("migrate").stdout == f"Migrations appliquées : {LEVELS[-1]}\n"
    assert office.run("agent", "list").returncode == 0


def test_what_knows_the_newest_tables_alone_waits_until_the_store_has_them(office):
    """It took the oldest mail for its own, failed on it, and left it for minutes; the reason was a column's name."""
    with closing(stores.peewee_of(office.store)) as store:
        runner(store).up(LEVELS[-2])
    for words in (["deliver"], ["deliver", "--once"], ["mails"], ["reset-passwords", "--yes"]):
        said = office.run(*words)
        assert said.returncode == 1
        assert said.stderr == f"Erreur : La base n'est pas à jour, il manque {LEVELS[-1]} : « ophportal migrate ».\n"


def test_what_writes_leaves_a_newer_version_s_store_alone(office):
    office.run("migrate")
    with closing(stores.peewee_of(office.store)) as store:
        runner(store).History.create(name="9999_later")
    agent = ["agent", "create", "b.aulne@exemple.test", "B. Aulne"]
    file = ["import", "tenants", write_tenant_file(office.folder / "locataires.csv", 1)]
    void, forget = ["reset-passwords", "--yes"], ["forget-tenant", "1"]
    for words in (["serve"], ["deliver"], ["deliver", "--once"], ["migrate"], void, agent, file, forget):
        said = office.run(*words)
        assert said.returncode == 1
        assert said.stderr.startswith("Erreur : La base ne peut pas servir : elle vient d'une version plus récente")
        assert len(said.stderr.splitlines()) == 1


def test_a_store_that_is_not_made_yet_is_said_in_a_sentence(office):
    for words in (["mails"], ["reset-passwords", "--yes"], ["deliver", "--once"]):
        said = office.run(*words)
        assert said.returncode == 1
        assert said.stderr.startswith("Erreur : La base de données ne répond pas (")
        assert said.stderr.endswith("). Essayez « ophportal check ».\n")
        assert len(said.stderr.splitlines()) == 1


@stores.once
@pytest.mark.parametrize(
    ("words", "changes", "said"),
    [
        (
            ["migrate"],
            {"DATABASE_URL": "sqlite:////proc/x/y.sqlite"},
            "« /proc/x » : ce fichier ou ce dossier n'existe",
        ),
        (
            ["agent", "list"],
            {"DATA_FOLDER": "/etc/passwd"},
            "« /etc/passwd » : il y a là un fichier, et il faudrait un",
        ),
        (["mails"], {"DATABASE_URL": "sqlite:////proc/x/y.sqlite"}, "La base de données ne répond pas (unable to open"),
        (
            ["import", "tenants", "/etc/passwd"],
            {"DATABASE_URL": "sqlite:////proc/x.sqlite"},
            "« /proc/x.sqlite.lock » : ",
        ),
        (["mails"], {"CONFIG": "config.Nulle"}, "OPHPORTAL_CONFIG ne nomme aucune configuration"),
        (["mails"], {"CONFIG": "nulle.Part"}, "OPHPORTAL_CONFIG ne nomme aucune configuration"),
    ],
)
def test_a_store_that_cannot_be_is_said_in_a_sentence(office, words, changes, said):
    result = office.run(*words, **changes)
    assert result.returncode == 1
    assert result.stderr.startswith(f"Erreur : {said}")
    assert len(result.stderr.splitlines()) == 1


@stores.on_postgresql
def test_a_server_of_postgresql_that_is_stopped_is_said_in_a_sentence(office):
    for words in (["mails"], ["migrate"], ["import", "tenants", write_tenant_file(office.folder / "x.csv", 1)]):
        said = office.run(*words, DATABASE_URL=stores.NOWHERE[1])
        assert said.returncode == 1
        assert said.stderr.startswith("Erreur : La base de données ")
        assert len(said.stderr.splitlines()) == 1


def test_a_driver_that_is_not_installed_is_said_in_a_sentence(office, app, monkeypatch):
    for name, value in office.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OPHPORTAL_DATABASE_URL", stores.NOWHERE[1])
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "ophportal.store.postgresql", raising=False)
    with pytest.raises(Refusal, match="installez le pilote, « make postgresql »"):
        main.configured_app()


def test_settings_in_another_encoding_are_said_in_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(config, "ROOT", tmp_path)
    monkeypatch.setenv("OPHPORTAL_CONFIG", "config.Production")
    (tmp_path / ".env").write_bytes("OPHPORTAL_OFFICE_NAME=L'été\n".encode("cp1252"))
    with pytest.raises(Refusal) as refusal:
        main.configured_app()
    assert "n'est pas écrit en UTF-8" in refusal.value.lines[0]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.EACCES, "Permission denied", "/srv/.env"),
            f"« /srv/.env » : le compte {account()} n'y a pas droit",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "le disque est plein"),
        (OSError(errno.EFBIG, "File too large"), "ce fichier serait plus grand que ce disque ou ce compte n'en permet"),
        (OSError(errno.EROFS, "Read-only file system", "/srv/x"), "« /srv/x » : ce disque ne se laisse que lire"),
        (OSError(errno.EIO, "Input/output error", "/srv/x"), "« /srv/x » : Input/output error (EIO)"),
        (FileNotFoundError("static/x manque : lancez « make install »."), "static/x manque : lancez « make install »."),
        (
            OperationalError("disk\nDETAIL: who"),
            "La base de données ne répond pas (disk). Essayez « ophportal check ».",
        ),
    ],
)
def test_what_the_machine_refuses_a_command_is_said_in_a_sentence(monkeypatch, capsys, error, said):
    @click.command()
    def command():
        raise error

    monkeypatch.setattr(sys, "argv", ["ophportal"])
    with pytest.raises(SystemExit) as end:
        in_french(command)
    assert end.value.code == 1
    assert capsys.readouterr().err.startswith(f"Erreur : {said}")


def test_a_row_that_cannot_be_is_no_fault_of_the_store_s(monkeypatch):
    @click.command()
    def command():
        raise IntegrityError("UNIQUE")

    monkeypatch.setattr(sys, "argv", ["ophportal"])
    with pytest.raises(IntegrityError):
        in_french(command)


def test_migrate_says_what_it_did(office):
    assert "0001_initial" in office.run("migrate").stdout
    assert "la base est à jour" in office.run("migrate").stdout


def test_an_import_tells_what_it_did_and_twice_changes_nothing(office):
    file = write_tenant_file(office.folder / "locataires.csv", 2368)
    first = office.run("import", "tenants", file)
    assert first.returncode == 0
    assert "Lignes lues : 2368" in first.stdout
    assert "Locataires : 2368 en plus, 0 avec un changement, 0 sans changement" in first.stdout
    again = office.run("import", "tenants", file)
    assert again.returncode == 0
    assert "Baux : 0 en plus, 0 avec un changement, 2368 sans changement" in again.stdout
    assert stores.ask(office.store, "SELECT count(*) FROM tenant") == [(2368,)]
    assert stores.ask(office.store, "SELECT count(*) FROM lease") == [(2368,)]


def test_a_refused_import_numbers_its_lines_and_writes_nothing(office):
    file = office.folder / "locataires.csv"
    file.write_text("N° locataire;Nom;Réf. logement\n1;PAOLI;10\n;ROSSI;11\n3;;12\n")
    result = office.run("import", "tenants", file)
    assert result.returncode == 1
    assert "Rien n'a été importé." in result.stderr
    assert "ligne 3" in result.stderr
    assert "ligne 4" in result.stderr
    assert stores.ask(office.store, "SELECT count(*) FROM tenant") == [(0,)]


def test_a_file_that_is_not_there_is_said_to_be_missing(office):
    result = office.run("import", "tenants", "nulle-part.csv")
    assert result.returncode == 1
    assert "n'existe pas" in result.stderr


def test_an_office_of_2368_households_mails_a_tenant_in(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 2368))
    office.serve()
    visit = Visit(office)

    page = visit.submit(
        "/demander-un-code",
        name="essai bcde olive",
        email="LOCATAIRE1234@exemple.test",
        dwelling_reference="1234 a",
        tenant_number="1234",
    )
    assert "LOCATAIRE1234@exemple.test" in page
    mail = office.next_mail("locataire1234@exemple.test")
    assert f"{office.url}/identification" in mail
    code, password = code_and_password(mail)

    page = visit.submit("/identification", identifier=code.lower(), password=password.upper())
    assert "Choisissez votre mot de passe" in page
    own = "quatre chèvres bleues dansent"
    page = visit.submit("/compte/choisir-mot-de-passe", new_password=own, confirmation=own)
    assert "Vous êtes maintenant connecté à votre compte locataire" in page
    assert "ESSAI-BCDE" in page
    assert "votre mot de passe" in office.next_mail("locataire1234@exemple.test").lower()

    # Neither who they are nor what they typed is in the log.
    for secret in (password, own, "exemple.test", code):
        assert secret not in office.log()


def test_mail_can_be_delivered_beside_a_server_that_does_not(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    office.serve("--no-deliver")
    ask_for_a_code(Visit(office), 2)
    assert office.postman.mails == []
    result = office.run("deliver", "--once")
    assert "Messages traités : 1" in as_read(result.stdout)
    assert "Votre" in office.next_mail("locataire2@exemple.test")


def test_who_has_mail_delivered_now_and_then_has_what_is_old_erased_too(app):
    """Without a lasting worker, what the tenants are told is erased would stay for ever."""
    JournalEntry.create(event=Event.LOGIN, at=clock.now() - JOURNAL_KEPT - timedelta(days=1))
    app.test_cli_runner().invoke(main.deliver, ["--once"])
    assert JournalEntry.select().count() == 0


def processes_of(office):
    """The pids whose environment carries this office's store."""
    mark = office.store.encode()
    found = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                with open(f"/proc/{entry.name}/environ", "rb") as environ:
                    if mark in environ.read():
                        found.add(int(entry.name))
            except OSError:
                continue
    return found


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc to see which processes are left")
def test_a_worker_that_dies_is_replaced_and_nothing_outlives_the_server(office):
    office.serve()
    wait_until(lambda: len(delivery_workers(office)) == 1, "no delivery worker")
    [first] = delivery_workers(office)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: delivery_workers(office) - {first}, "the delivery worker is not replaced")
    office.stop_serving()
    wait_until(lambda: not processes_of(office), "a process outlives the server")


def delivery_workers(office):
    found = set()
    for pid in processes_of(office):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                if b"deliver" in line.read():
                    found.add(pid)
        except OSError:
            continue
    return found


def test_a_refused_mail_is_shown_to_the_office(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    assert "Tous les e-mails sont partis." in office.run("mails").stdout
    office.serve("--no-deliver")
    ask_for_a_code(Visit(office), 2)
    office.postman.refuse_recipient = "550 5.1.1 Adresse inconnue"
    logged = json.loads(office.run("deliver", "--once").stderr)
    assert (logged["level"], logged["logger"]) == ("WARNING", "ophportal.outbox")
    assert logged["message"].startswith("mail 1")
    shown = office.run("mails").stdout
    assert "locataire L0000002" in shown
    assert "refusé par le serveur de courrier" in shown
    assert "550" in shown


def test_mails_that_nobody_tries_are_not_said_to_have_left(app):
    def shown():
        return app.test_cli_runner().invoke(main.mails).output

    OutboxMessage.put("x@exemple.test", mail="no_match")
    assert shown() == "1 e-mail attend un premier essai, aucun en retard.\n"
    OutboxMessage.put("x@exemple.test", mail="no_match")
    OutboxMessage.put("x@exemple.test", mail="no_match", last_error="SMTPDataError 451")
    first, last = shown().splitlines()
    assert "nouvel essai prévu" in first
    assert last == "2 e-mails attendent un premier essai, aucun en retard."


def test_mails_that_a_worker_is_at_are_not_said_to_be_nobody_s(app):
    """As « check » tells them."""

    def shown():
        return app.test_cli_runner().invoke(main.mails).output

    with writing():
        for _ in range(2):
            OutboxMessage.put("x@exemple.test", mail="no_match", due_at=clock.now() - timedelta(minutes=25))
    late = "2 e-mails attendent un premier essai, le plus ancien depuis 25 minutes ; "
    assert shown() == f"{late}personne ne s'en occupe : lancez « ophportal serve », ou « ophportal deliver ».\n"
    OutboxMessage.claim_next()
    assert shown() == f"{late}le serveur de courrier les prend un à un.\n"


@pytest.mark.parametrize(("left_out", "said"), [(0, "SMTPDataError 451"), (1, "… et 1 autre"), (3, "… et 3 autres")])
def test_mails_past_those_that_are_shown_are_counted(app, left_out, said):
    with writing():
        for _ in range(main.MOST_SHOWN + left_out):
            OutboxMessage.put("x@exemple.test", mail="no_match", last_error="SMTPDataError 451")
    shown = app.test_cli_runner().invoke(main.mails).output.splitlines()
    assert len(shown) == main.MOST_SHOWN + bool(left_out)
    assert shown[-1].endswith(said)


def test_after_a_breach_every_password_is_forgotten_and_every_session_ends(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    office.serve()
    own, visit = "quatre chèvres bleues dansent", Visit(office)
    code = first_login(office, visit, 2, own)

    refused = office.run("reset-passwords")
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert "Votre compte locataire" in visit.open("/compte")

    assert "Comptes concernés : 1" in office.run("reset-passwords", "--yes").stdout
    assert "Identification" in visit.open("/compte")
    assert "pas le bon" in visit.submit("/identification", identifier=code, password=own)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make the mistake")
def test_root_does_nothing_in_the_folders_of_the_portal_s_own_account(office):
    """It may write there, and the portal could not read what it leaves: documents that no tenant can open."""
    documents = office.folder / "documents"
    documents.mkdir()
    os.chown(documents, 65534, -1)
    file = write_tenant_file(office.folder / "locataires.csv", 1)

    refused = office.run("import", "tenants", file)

    assert refused.returncode == 1
    assert "Le portail ne démarre pas" in refused.stderr
    assert f"{documents} est au compte nobody" in refused.stderr
    # To look does no harm.
    assert "est au compte nobody" not in office.run("check").stdout
    os.chown(documents, 0, -1)
    assert office.run("import", "tenants", file).returncode == 0


def test_a_progress_bar_shows_on_a_terminal_and_nowhere_else(office):
    file = write_tenant_file(office.folder / "locataires.csv", 50)
    assert "Lecture du fichier" not in office.run("import", "tenants", file).stderr

    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "ophportal", "import", "tenants", str(file)]
    subprocess.run(command, cwd=ROOT, env=office.environment, stdout=subprocess.DEVNULL, stderr=theirs, check=True)
    os.close(theirs)
    assert "Lecture du fichier" in os.read(terminal, 10_000).decode()
    os.close(terminal)
