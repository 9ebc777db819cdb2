"""Documents by the folder: what in it is no plain file, cannot be read or changes meanwhile."""

import errno
import os

import pytest

from ophportal import faults
from ophportal.imports.documents import files as document_files
from ophportal.imports.documents import import_documents, places
from ophportal.imports.refusals import ImportRefused
from ophportal.models import Document
from tests.documents import pdf, write_folder
from tests.imports.sent_documents import NAME, refused

NO_RIGHT = faults.reason_of(PermissionError(errno.EACCES, "Permission denied"))


class TestFolders:
    @pytest.fixture
    def folder(self, tenant, tmp_path):
        return write_folder(tmp_path / "papiers", {NAME: pdf()})

    def test_links_are_not_followed(self, folder, tmp_path):
        secret = tmp_path / "secret.pdf"
        secret.write_bytes(pdf("à personne"))
        (folder / "0012345_2026-04_avis.pdf").symlink_to(secret)
        (folder / "sous").symlink_to(tmp_path, target_is_directory=True)
        assert sorted(refused(folder)) == [
            "0012345_2026-04_avis.pdf : est un lien : mettez le fichier lui-même",
            "sous : est un lien : mettez le fichier lui-même",
        ]

    def test_a_pipe_is_not_waited_for(self, folder):
        os.mkfifo(folder / "0012345_2026-04_avis.pdf")
        assert refused(folder) == ["0012345_2026-04_avis.pdf : n'est pas un fichier"]

    def test_a_folder_that_cannot_be_read_is_told(self, folder, monkeypatch):
        scandir = os.scandir

        def forbid(path):
            if str(path).endswith("fermé"):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        (folder / "fermé").mkdir()
        monkeypatch.setattr(os, "scandir", forbid)
        assert refused(folder) == [f"le dossier fermé ne peut pas être lu ({NO_RIGHT})"]

    def test_nor_a_file(self, folder, monkeypatch):
        def forbid(path, *args):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(document_files, "open", forbid, raising=False)
        assert refused(folder) == [f"{NAME} : ne peut pas être lu ({NO_RIGHT})"]

    def test_a_name_that_no_text_can_hold_is_shown_as_it_can_be(self, folder):
        (folder / os.fsdecode(b"0012345_2026-04_re\xe7u.pdf")).write_bytes(pdf())
        (said,) = refused(folder)
        assert said.startswith("0012345_2026-04_re?u.pdf : « type » n'est pas connu : « re?u »")

    def test_a_file_that_changes_meanwhile_is_told_and_nothing_is_written(self, folder, monkeypatch):
        path = folder / NAME
        path.write_bytes(pdf("avant"))
        find_places = places.find_places

        def find_then_change(entries, refusals):
            path.write_bytes(pdf("après"))
            return find_places(entries, refusals)

        monkeypatch.setattr(places, "find_places", find_then_change)
        with pytest.raises(ImportRefused, match="a changé pendant l'import"):
            import_documents(folder)
        assert Document.select().count() == 0
