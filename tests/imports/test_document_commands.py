"""Documents by the command line, typed for real."""

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import stores
from tests.documents import pdf, write_folder, write_zip
from tests.office import ROOT, write_tenant_file


class TestCommands:
    """`ophportal import documents …`, typed for real."""

    @pytest.fixture
    def office(self, office):
        office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 5000))
        return office

    def files(self, count):
        return {f"avis/L{n:07d}_2026-03_avis.pdf": pdf(f"avis {n}") for n in range(1, count + 1)}

    def test_it_is_looked_at_then_written_then_changes_nothing(self, office):
        folder = write_folder(office.folder / "papiers", self.files(3))
        looked = office.run("import", "documents", folder, "--dry-run")
        assert "Essai : rien n'a été écrit." in looked.stdout
        assert "Documents lus : 3" in looked.stdout
        assert "Documents : 3 en plus, 0 avec un changement, 0 sans changement" in looked.stdout
        assert not (office.folder / "documents").exists()
        written = office.run("import", "documents", folder)
        assert written.returncode == 0, written.stderr
        assert "Documents : 3 en plus, 0 avec un changement, 0 sans changement" in written.stdout
        again = office.run("import", "documents", write_zip(office.folder / "papiers.zip", self.files(3)))
        assert "Documents : 0 en plus, 0 avec un changement, 3 sans changement" in again.stdout
        done = "SELECT count(*) FROM job WHERE kind = 'import_documents' AND state = 'done'"
        assert stores.one(office.store, done) == 2

    def test_the_refused_can_be_kept_as_a_table(self, office):
        folder = write_folder(office.folder / "papiers", {"L1_2026-03_avis.pdf": b"x", "-.txt": b"x"})
        rejects = office.folder / "refus.csv"
        said = office.run("import", "documents", folder, "--rejects", rejects)
        assert said.returncode == 1
        assert "L1_2026-03_avis.pdf\u00a0: n'est pas un PDF" in said.stderr
        with rejects.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=";"))
        assert rows == [
            ["Fichier", "Raison"],
            ["'-.txt", "ne s'appelle pas <numéro>_<AAAA-MM>_<type>.pdf"],
            ["L1_2026-03_avis.pdf", "n'est pas un PDF"],
        ]

    def test_what_is_not_there_is_told(self, office):
        said = office.run("import", "documents", office.folder / "nulle-part")
        assert said.returncode == 1
        assert "n'existe pas" in said.stderr
        assert office.run("import", "ledger", office.folder).returncode == 1

    def test_five_thousand_are_brought_in_killed_in_the_middle_or_not(self, office):
        path = write_zip(office.folder / "papiers.zip", self.files(5000))
        command = [sys.executable, "-m", "ophportal", "import", "documents", str(path)]
        kept = office.folder / "documents" / Path(office.store).stem
        with subprocess.Popen(command, cwd=ROOT, env=office.environment, stdout=subprocess.DEVNULL) as running:
            while running.poll() is None and not any(kept.glob("??/*")):
                time.sleep(0.001)
            running.kill()
        assert running.returncode == -signal.SIGKILL
        assert stores.one(office.store, "SELECT count(*) FROM document") == 0
        assert 0 < len(list(kept.glob("??/*"))) < 5000

        written = office.run("import", "documents", path)
        assert "Documents : 5000 en plus, 0 avec un changement, 0 sans changement" in written.stdout, written.stderr
        rows = stores.ask(office.store, "SELECT number, digest FROM document JOIN tenant ON tenant.id = tenant_id")
        assert len(rows) == 5000
        for number, digest in rows:
            assert (kept / digest[:2] / digest).read_bytes() == pdf(f"avis {int(number[1:])}")
