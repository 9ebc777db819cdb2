"""A responsable sends the office's PDFs: sees what they would be, and says yes or no."""

import csv
import io

import pytest

from ophportal import jobs
from ophportal.documents import path_of
from ophportal.models import Document, Event, Job, JobState
from tests.conftest import landing, press
from tests.documents import pdf, write_zip
from tests.page import Page
from tests.tenant_lines import MARIA
from tests.uploads import LIST, csv_of, journalled, send


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
        assert "Documents Nouveaux : 1 Modifiés : 0 Inchangés : 0" in page.text
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
        answer = manager_console.get(f"{address}/rejets.csv")
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
        told = "c'est un ZIP, ou un classeur d'une autre sorte"
        assert told in Page(manager_console.get(address)).text
