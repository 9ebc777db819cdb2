"""The file that a responsable sends: how it arrives, how large it may be, and when it is forgotten."""

import errno
import io
from datetime import timedelta
from unittest.mock import Mock

import pytest
import time_machine
from werkzeug.datastructures import FileStorage

from ophportal import clock, documents, jobs
from ophportal.bodies import READERS
from ophportal.imports import runs
from ophportal.imports.kinds import KINDS
from ophportal.imports.reports import Count, ImportReport
from ophportal.models import Account, Document, Job, JobState
from ophportal.retention import purge
from ophportal.testing import TOKEN
from tests.conftest import landing, press
from tests.documents import pdf, write_zip
from tests.page import Page
from tests.tenant_lines import MARIA, PAUL
from tests.uploads import LIST, csv_of, journalled, send, sent


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
