"""`ophportal check`: each line when all is well, and when it is not."""

import fcntl
import json
import os
import re
import secrets
import shutil
import sys
from contextlib import ExitStack, closing
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine

import config
from ophportal import clock, database, documents, faults
from ophportal.checks import Check, Level, address, examine, machine, store
from ophportal.secret_key import mark_of_key
from tests import stores
from tests.lives import drop
from tests.stores import is_postgresql

OK, WARNING, ERROR = Level


@pytest.fixture
def another_store(app):
    """A function that puts the portal over a store of SQLite's at this path, for this test."""
    yield lambda path: database.bind(f"sqlite:///{path}")
    database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


@pytest.mark.usefixtures("another_store")
class TestSettings:
    def test_sound_ones_are_said_so(self, monkeypatch):
        monkeypatch.setattr(config, "office_environment", lambda: self.sound())
        [finding] = examine("config.Production", [])
        assert finding == (OK, "Réglages", "tous lus, aucun n'est refusé.")

    def sound(self, **changes):
        return {
            "SECRET_KEY": secrets.token_hex(32),
            "BASE_URL": "https://locataires.exemple.test",
            "MAIL_SERVER": "localhost",
            "MAIL_SENDER": "ne-pas-repondre@exemple.test",
            "DATABASE_URL": "sqlite:////nowhere/at/all.sqlite",
            **changes,
        }

    def test_each_that_is_refused_is_named_and_what_needs_no_such_setting_is_looked_at(self, monkeypatch):
        monkeypatch.setattr(config, "office_environment", lambda: self.sound(BASE_URL="x", MAIL_SENDER="y"))
        checks = [
            Check("Adresse", ("BASE_URL",), lambda: pytest.fail("asked")),
            Check("Port", ("MAIL_PORT",), lambda: [(OK, "bon")]),
        ]
        first, second, skipped, looked_at = examine("config.Production", checks)
        assert first.message.startswith("OPHPORTAL_BASE_URL n'est pas une adresse web")
        assert second.message.startswith("OPHPORTAL_MAIL_SENDER doit être une adresse")
        assert {first.level, second.level} == {ERROR}
        assert skipped == (WARNING, "Adresse", "vérification impossible, à cause de OPHPORTAL_BASE_URL.")
        assert looked_at == (OK, "Port", "bon")

    def test_a_check_that_fails_itself_stops_no_other_and_tells_no_secret(self, monkeypatch):
        monkeypatch.setattr(config, "office_environment", lambda: self.sound())
        checks = [Check("Un", (), lambda: {}["mot-de-passe"]), Check("Deux", (), lambda: [(OK, "bon")])]
        _, failed, after = examine("config.Production", checks)
        assert failed == (ERROR, "Un", "la vérification elle-même a échoué (KeyError).")
        assert after.level == OK

    def test_a_file_of_settings_that_this_account_may_not_read(self, monkeypatch):
        def refuse():
            raise PermissionError(13, "Permission denied", "/srv/.env")

        monkeypatch.setattr(config, "office_environment", refuse)
        [finding] = examine("config.Production", [])
        assert (finding.level, finding.message.split(" n'est")[0]) == (ERROR, "/srv/.env")

    def test_a_file_of_settings_in_another_encoding(self, monkeypatch, tmp_path):
        monkeypatch.setattr(config, "ROOT", tmp_path)
        (tmp_path / ".env").write_bytes("OPHPORTAL_OFFICE_NAME=L'été\n".encode("cp1252"))
        [finding] = examine("config.Production", [])
        assert finding.level == ERROR
        assert finding.message.startswith(f"{tmp_path / '.env'} n'est pas écrit en UTF-8")

    @pytest.fixture
    def examined(self, monkeypatch, tmp_path):
        """A function that examines an office on SQLite whose store has this lock beside it; pairs of level, message."""

        def examined(make_lock):
            path = tmp_path / "store.sqlite"
            make_lock(path.with_name("store.sqlite.lock"))
            monkeypatch.setattr(config, "office_environment", lambda: self.sound(DATABASE_URL=f"sqlite:///{path}"))
            checks = [Check("Base", ("DATABASE_URL",), lambda: pytest.fail("asked"))]
            _, first, skipped = examine("config.Production", checks)
            assert skipped.level == WARNING
            return first.level, first.subject, first.message

        return examined

    def test_a_store_that_is_being_restored(self, examined):
        with ExitStack() as held:

            def hold(lock):
                fcntl.flock(held.enter_context(lock.open("w")), fcntl.LOCK_EX)

            assert examined(hold) == (ERROR, "Base de données", "une restauration est en cours.")

    def test_a_store_that_has_moved(self, examined):
        level, _, said = examined(lambda lock: lock.write_text("Cette base a été déplacée vers PostgreSQL"))
        assert level == ERROR
        assert said.startswith("Cette base a été déplacée vers PostgreSQL. Pour y revenir")

    def test_a_store_whose_lock_cannot_be_opened(self, examined, tmp_path):
        level, _, said = examined(lambda lock: lock.symlink_to(lock))
        assert level == ERROR
        assert said.startswith(f"« {tmp_path / 'store.sqlite.lock'} » : ")

    def test_a_configuration_that_does_not_exist(self):
        [finding] = examine("config.Nulle", [])
        assert finding.level == ERROR
        assert "OPHPORTAL_CONFIG" in finding.message

    def test_a_store_whose_driver_is_not_installed(self, monkeypatch):
        monkeypatch.setattr(config, "office_environment", lambda: self.sound(DATABASE_URL="postgresql://localhost/x"))
        monkeypatch.setitem(sys.modules, "ophportal.store.postgresql", None)
        _, missing, skipped = examine("config.Production", [Check("Base", ("DATABASE_URL",), list)])
        assert (missing.level, skipped.level) == (ERROR, WARNING)
        assert "« make postgresql »" in missing.message


class TestSecretKey:
    def test_one_drawn_at_random_is_right_each_time(self, look):
        for key in (*(secrets.token_hex(32) for _ in range(5)), "vQ3-Jx0kTn_8sZrYbW2uGd7LhPa5CeMf"):
            [(level, said)] = look(address.secret_key, SECRET_KEY=key)
            assert level == OK
            assert said.endswith("sans suite ni mot reconnu.")

    def test_one_of_an_example_is_everybody_s(self, look):
        for known in (config.Development, config.Testing):
            [(level, _)] = look(address.secret_key, SECRET_KEY=known.defaults["SECRET_KEY"])
            assert level == ERROR

    @pytest.mark.parametrize("key", ["bonjour les locataires bonjour les locataires", "0123456789abcdef" * 3])
    def test_one_of_words_or_of_a_row_of_letters_can_be_guessed(self, look, key):
        [(level, said)] = look(address.secret_key, SECRET_KEY=key)
        assert level == WARNING
        assert key not in said


class TestStore:
    def test_one_that_answers_and_is_up_to_date(self, look):
        answers, is_up_to_date, *of_a_server = look(store.store)
        assert (answers, is_up_to_date) == ((OK, "elle répond."), (OK, "elle est à jour."))
        assert of_a_server == ([(OK, "son horloge et celle-ci disent la même heure.")] if is_postgresql() else [])

    def test_one_that_is_not_there_is_not_made(self, look, another_store, tmp_path):
        path = tmp_path / "store.sqlite"
        another_store(path)
        [(level, said)] = look(store.store, DATABASE_URL=f"sqlite:///{path}")
        [(delivery, _)] = look(store.delivery, DATABASE_URL=f"sqlite:///{path}")
        assert (level, delivery) == (ERROR, WARNING)
        assert "« ophportal migrate » la crée" in said
        assert not path.exists()

    @stores.on_sqlite
    @pytest.mark.parametrize("name", ["file", "folder"])
    def test_one_that_can_only_be_read(self, look, monkeypatch, name):
        path = database.store_path() if name == "file" else database.store_path().parent
        monkeypatch.setattr(os, "access", lambda asked, _mode: asked != path)
        _, (level, said), _ = look(store.store)
        assert (level, said.split(" ne se")[0]) == (ERROR, str(path))

    def test_one_that_is_no_store(self, look, another_store, tmp_path):
        path = tmp_path / "store.sqlite"
        path.write_text("no database " * 100)
        another_store(path)
        [(level, said)] = look(store.store, DATABASE_URL=f"sqlite:///{path}")
        [(delivery, _)] = look(store.delivery, DATABASE_URL=f"sqlite:///{path}")
        assert (level, delivery) == (ERROR, WARNING)
        assert said == "elle ne répond pas (file is not a database)."

    @pytest.mark.usefixtures("newer_version")
    def test_one_that_is_behind(self, look):
        _, (level, said), *_ = look(store.store)
        assert level == ERROR
        assert "il manque 9999_tomorrow : « ophportal migrate »" in said

    @pytest.mark.usefixtures("older_version")
    def test_one_that_a_newer_version_has_changed(self, look):
        [(level, said)] = look(store.store)
        assert level == ERROR
        assert "elle vient d'une version plus récente du portail (9999_later)" in said


@pytest.mark.parametrize(
    ("url", "levels"),
    [
        ("postgresql://ophportal:secret@127.0.0.1/ophportal", []),
        ("postgresql:///ophportal?host=/run/postgresql", []),
        ("postgresql://%2Frun%2Fpostgresql/ophportal", []),
        ("postgresql://ophportal:secret@base.exemple.test/ophportal?sslmode=verify-full&sslrootcert=/x.pem", [OK]),
        ("postgresql://ophportal:secret@base.exemple.test/ophportal", [WARNING]),
        ("postgresql://ophportal:secret@base.exemple.test/ophportal?sslmode=require", [WARNING]),
        ("postgresql:///ophportal?host=base.exemple.test", [WARNING]),
    ],
)
def test_a_store_on_another_machine_is_reached_by_tls_that_looks_at_its_certificate(url, levels):
    """What PostgreSQL's library does unless it is told otherwise can be read, and led elsewhere, on the way."""
    found = list(store.way_to(url))
    assert [level for level, _ in found] == levels
    assert "secret" not in "".join(said for _, said in found)


@stores.on_postgresql
class TestStoreOfSeveralHosts:
    """Whose mails and jobs are taken by the clock of each, and whose connections are of one server."""

    @pytest.mark.parametrize(
        ("seconds", "level", "told"),
        [
            (-300, ERROR, "de retard sur celle de la base, et des e-mails peuvent partir deux fois : "),
            (-10, WARNING, "de retard sur celle de la base : "),
            (10, WARNING, "d'avance sur celle de la base : "),
            (300, ERROR, "d'avance sur celle de la base, et des e-mails peuvent partir deux fois : "),
        ],
    )
    def test_a_clock_that_differs_from_the_store_s(self, look, seconds, level, told):
        with time_machine.travel(clock.now() + timedelta(seconds=seconds)):
            *_, (found, said) = look(store.store)
        assert found == level
        assert re.match(rf"l'horloge de ce serveur a \d+ secondes {told}", said)

    def test_a_host_with_another_secret_key(self, app, look):
        """It refuses the cookies, the links and the agents' codes that this one gave, and this one its own."""
        url, ours = app.config["DATABASE_URL"], mark_of_key(app.config["SECRET_KEY"])
        another = mark_of_key("a key that somebody has drawn for one host alone")
        database.bind(url, app.config["DATA_FOLDER"], ours)
        with closing(database.store_at(url, "", ours)) as alike, closing(database.store_at(url, "", another)) as other:
            alike.connect()
            assert all(level == OK for level, _ in look(store.store))
            other.connect()
            [(level, said)] = [finding for finding in look(store.store) if finding[0] != OK]
        assert level == ERROR
        assert said.startswith("un serveur s'en sert avec une autre clé secrète : ")
        assert "127.0.0.1" in said
        assert all(level == OK for level, _ in look(store.store))

    def test_a_host_that_an_update_has_left_out(self, app, look):
        """Its pages go on serving, by rules that the store has outgrown: no answer of theirs tells so."""
        url, ours = app.config["DATABASE_URL"], mark_of_key(app.config["SECRET_KEY"])
        database.bind(url, app.config["DATA_FOLDER"], ours)
        older, as_old_as_can_be = (f"ophportal {ours} 0019", f"ophportal {ours}")
        for name in (older, as_old_as_can_be):
            with closing(database.store_at(url, "", ours)) as left_out:
                left_out.execute_sql(f"SET application_name = '{name}'")
                [(level, said)] = [finding for finding in look(store.store) if finding[0] != OK]
            assert level == ERROR
            assert said.startswith("un serveur s'en sert avec une version d'avant : 127.0.0.1.")
        with closing(database.store_at(url, "", ours)) as ahead:
            ahead.execute_sql(f"SET application_name = 'ophportal {ours} 9999'")
            assert all(level == OK for level, _ in look(store.store))

    def test_nor_is_it_told_before_this_one_has_brought_the_store_forward(self, app, look, monkeypatch):
        url, ours = app.config["DATABASE_URL"], mark_of_key(app.config["SECRET_KEY"])
        database.bind(url, app.config["DATA_FOLDER"], ours)
        monkeypatch.setattr(database, "pending_migrations", lambda: ["9999_next"])
        with closing(database.store_at(url, "", ours)) as serving:
            serving.execute_sql(f"SET application_name = 'ophportal {ours} 0019'")
            [said] = [said for level, said in look(store.store) if level != OK]
        assert said == "elle n'est pas à jour, il manque 9999_next : « ophportal migrate »."

    def test_connections_that_become_few(self, look, monkeypatch):
        assert all(level == OK for level, _ in look(store.store))
        monkeypatch.setattr(store, "FEW", 1000)
        [said] = [said for level, said in look(store.store) if level == WARNING]
        assert "augmentez « max_connections »" in said
        # PostgreSQL takes 100 by default, and keeps three for whoever mends it; this test has one.
        assert 0 < int(re.search(r"libres pour tous les serveurs : (\d+)", said)[1]) <= 96


class TestDocuments:
    def test_each_has_its_file(self, look, make_tenant):
        drop(make_tenant(), "avis de mars")
        assert look(store.papers) == [(OK, "chacun a son fichier.")]

    def test_an_office_that_drops_none_has_none_to_lose(self, look):
        assert look(store.papers) == [(OK, "chacun a son fichier.")]

    def test_those_whose_file_is_lost_are_counted_and_named_to_nobody(self, look, make_tenant):
        tenant = make_tenant()
        drop(tenant, "avis de mars")
        lost = [
            drop(tenant, "avis d'avril", period=date(2026, 4, 1)),
            drop(tenant, "avis de mai", period=date(2026, 5, 1)),
        ]
        for document in lost:
            documents.path_of(document.digest).unlink()
        ((level, said),) = look(store.papers)
        assert level is ERROR
        assert said.startswith("2 fichiers manquent dans ")
        assert said.endswith("remettez ce dossier d'une sauvegarde, ou importez ces documents de nouveau.")
        assert tenant.number not in said

    def test_a_store_that_is_not_there_is_not_looked_into(self, look, another_store, tmp_path):
        another_store(tmp_path / "absent.sqlite")
        assert look(store.papers, DATABASE_URL=f"sqlite:///{tmp_path / 'absent.sqlite'}") == [
            (WARNING, "vérification impossible, faute de base.")
        ]


class TestMachine:
    @pytest.mark.parametrize(("told", "level"), [("yes", OK), ("no", WARNING), ("", WARNING)])
    def test_the_clock_is_what_the_system_says_of_it(self, look, tmp_path, monkeypatch, told, level):
        command = tmp_path / "timedatectl"
        command.write_text(f"#!/bin/sh\ntest $2 = --property=NTPSynchronized && echo {told}\n")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        [(found, said)] = look(machine.clock)
        assert found == level
        assert "timedatectl" in said

    def test_without_timedatectl_the_clock_is_nobody_s_word(self, look, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        [(level, said)] = look(machine.clock)
        assert level == WARNING
        assert "non vérifiée" in said

    @pytest.mark.parametrize(("free", "level"), [(20e9, OK), (0.8e9, WARNING), (0.1e9, ERROR)])
    def test_the_disk_has_room(self, look, monkeypatch, free, level):
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
        [(found, said)] = look(machine.disk)
        assert found == level
        assert f"{free / 1e9:.1f} Go".replace(".", ",") in said

    def test_so_has_the_store_s_own_when_the_files_are_elsewhere(self, look, sqlite, tmp_path, monkeypatch):
        url, elsewhere = sqlite, tmp_path / "elsewhere"
        elsewhere.mkdir()
        database.bind(url, str(elsewhere))
        assert [level for level, _ in look(machine.disk, DATABASE_URL=url)] == [OK], "they are of one disk"
        monkeypatch.setattr(machine, "disk_of", lambda folder: folder.name)
        monkeypatch.setattr(shutil, "disk_usage", lambda it: SimpleNamespace(free=20e9 if it == elsewhere else 1e8))
        assert [(level, said.split(" : ")[0]) for level, said in look(machine.disk, DATABASE_URL=url)] == [
            (OK, f"20,0 Go libres pour {elsewhere}."),
            (ERROR, f"0,1 Go libres pour {tmp_path}"),
        ]

    @pytest.fixture
    def sqlite(self, another_store, tmp_path, monkeypatch):
        """An office on SQLite, with its documents and its settings: what they are in, and the URL of its store."""
        monkeypatch.setattr(config, "ROOT", tmp_path)
        (tmp_path / ".env").touch(mode=0o640)
        another_store(tmp_path / "store.sqlite")
        database.migrate()
        documents.made(documents.folder())
        return f"sqlite:///{tmp_path / 'store.sqlite'}"

    def test_files_are_the_portal_s_alone(self, look, sqlite):
        [(level, said)] = look(machine.files, DATABASE_URL=sqlite)
        assert level == OK
        assert {".env", "store", "store.sqlite"} <= set(said.rstrip(".").split(" : ")[1].split(", "))

    def test_one_that_cannot_be_written_is_named(self, look, sqlite, monkeypatch):
        """A folder that hosts share, say, under another number of the account: no import and no upload would arrive."""
        shut = documents.folder()
        monkeypatch.setattr(os, "access", lambda asked, _mode: asked != shut)
        said = [said for level, said in look(machine.files, DATABASE_URL=sqlite) if level == ERROR]
        assert said == [f"{shut} ne se laisse pas écrire par le compte {faults.account()} : rendez-lui ce droit."]

    def test_so_is_where_one_would_be_made(self, look, sqlite, tmp_path, monkeypatch):
        database.bind(sqlite, str(tmp_path / "partage" / "ophportal"))
        monkeypatch.setattr(os, "access", lambda asked, _mode: asked != tmp_path)
        assert [level for level, _ in look(machine.files, DATABASE_URL=sqlite)] == [ERROR, OK]

    def test_one_that_others_can_read_is_named(self, look, sqlite):
        for path in (config.ROOT / ".env", database.store_path(), documents.folder()):
            mode = path.stat().st_mode
            path.chmod(mode | 0o005)
            [(level, said)] = look(machine.files, DATABASE_URL=sqlite)
            assert (level, said.split(" : ")[1]) == (ERROR, f"« chmod -R o= {path} ».")
            path.chmod(mode)
        assert look(machine.files, DATABASE_URL=sqlite)[0][0] == OK


class TestCommand:
    def test_an_office_in_order_is_told_so_line_by_line(self, office):
        office.run("migrate")
        office.serve()
        told = office.run("check")
        lines = [line.split(maxsplit=1) for line in told.stdout.splitlines()]
        assert told.returncode == 1, told.stdout  # a trial without TLS, whose sender is of no domain
        assert {label for label, _ in lines} == {"OK", "ATTENTION"}
        said = {line.split(" : ")[0] for _, line in lines}
        assert said == {
            "Réglages", "Clé secrète", "Adresse du portail", "Mandataires", "Base de données", "Documents", "Livraison",
            "Imports",
            "Serveur de courrier", "Expéditeur", "Horloge", "Disque", "Fichiers", "Mesures",
        }  # fmt: skip
        assert told.stderr == ""

    def test_broken_settings_are_named_and_the_rest_is_looked_at(self, office):
        path = office.folder / "nothing.sqlite"
        told = office.run(
            "check", "--json", DATABASE_URL=f"sqlite:///{path}", SECRET_KEY="", BASE_URL="nulle part", MAIL_PORT="x"
        )
        assert told.returncode == 2
        found = json.loads(told.stdout)
        assert [line["message"].split()[0] for line in found if line["sujet"] == "Réglages"] == [
            "OPHPORTAL_SECRET_KEY",
            "OPHPORTAL_BASE_URL",
            "OPHPORTAL_MAIL_PORT",
        ]
        by_subject = {line["sujet"]: line for line in found}
        assert by_subject["Serveur de courrier"]["message"].endswith("à cause de OPHPORTAL_MAIL_PORT.")
        assert by_subject["Disque"]["niveau"] == "OK"
        assert "n'existe pas" in by_subject["Base de données"]["message"]
        assert not list(office.folder.glob("nothing*"))

    @pytest.mark.parametrize("words", [[], ["--json"]])
    def test_a_fault_of_its_own_is_an_error_too(self, office, words):
        told = office.run("check", *words, CONFIG="config")  # a module, which makes no settings
        assert told.returncode == 2
        assert "Vérification" in told.stdout
        assert "TypeError" in told.stderr
        if words:
            [found] = json.loads(told.stdout)
            assert found["niveau"] == "ERREUR"

    def test_no_line_tells_a_secret(self, office):
        told = office.run("check", MAIL_USERNAME="office", MAIL_PASSWORD="mot-de-passe-du-courrier")
        assert "mot-de-passe-du-courrier" not in told.stdout + told.stderr
        assert office.environment["OPHPORTAL_SECRET_KEY"] not in told.stdout + told.stderr
