"""Documents by the ZIP: what a hostile or damaged one may hold."""

import stat
import struct
import zipfile
from contextlib import suppress

import pytest

from ophportal.imports.documents import files as document_files
from ophportal.imports.documents import import_documents, look_at_documents
from ophportal.imports.refusals import ImportRefused
from ophportal.models import Document
from tests.documents import pdf, write_zip
from tests.imports.sent_documents import NAME, refused


class TestHostileZips:
    @pytest.mark.parametrize(
        "name",
        [
            "../0012345_2026-03_avis.pdf",
            "/0012345_2026-03_avis.pdf",
            "a/../../b_2026-03_avis.pdf",
            "..\\x.pdf",
            "C:\\x.pdf",
        ],
    )
    def test_a_name_that_leads_out_is_refused(self, tenant, zipped, name):
        (said,) = refused(zipped({name: pdf()}))
        assert said.endswith("a un nom qui mène hors du ZIP")

    def test_a_link_is_refused(self, tenant, tmp_path):
        link = zipfile.ZipInfo(NAME)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        assert refused(write_zip(tmp_path / "x.zip", {link: b"/etc/passwd"})) == [
            f"{NAME} : est un lien : mettez le fichier lui-même"
        ]

    def test_one_under_a_password_is_told(self, tenant, zipped):
        path = zipped({NAME: pdf()})
        edit(path, LOCAL, 6, "<H", 1)
        edit(path, CENTRAL, 8, "<H", 1)
        assert refused(path) == [f"{NAME} : est protégé par un mot de passe : faites le ZIP sans mot de passe"]

    @pytest.mark.parametrize("size", [10**9, 2**32 - 2])
    def test_what_is_in_a_file_counts_and_not_how_large_the_zip_says_it_is(self, tenant, zipped, size):
        path = zipped({NAME: pdf()})
        edit(path, LOCAL, 22, "<L", size)
        edit(path, CENTRAL, 24, "<L", size)
        import_documents(path)
        assert Document.get().size == len(pdf())

    @pytest.mark.parametrize("size", [0, 3, len(pdf()) - 1])
    def test_one_that_says_less_than_it_holds_is_refused(self, tenant, zipped, size):
        path = zipped({NAME: pdf()})
        edit(path, LOCAL, 22, "<L", size)
        edit(path, CENTRAL, 24, "<L", size)
        (said,) = refused(path)
        assert said.startswith(f"{NAME} : ")

    def test_one_whose_content_has_been_touched_is_refused(self, tenant, zipped):
        path = zipped({NAME: pdf()}, compression=zipfile.ZIP_STORED)
        path.write_bytes(path.read_bytes().replace(b"avis\n%%EOF", b"OVNI\n%%EOF"))
        assert refused(path) == [f"{NAME} : est abîmé dans le ZIP, ou n'a pas la taille qu'il dit"]

    def test_a_bomb_goes_off_at_25_mebibytes(self, tenant, zipped):
        reasons = refused(zipped({NAME: b"%PDF-1.7" + bytes(200 << 20), "0012345_2026-04_avis.pdf": bytes(100 << 20)}))
        assert reasons == [
            f"{NAME} : dépasse 25 Mo : réduisez-le, ou faites-en plusieurs",
            "0012345_2026-04_avis.pdf : n'est pas un PDF",
        ]

    def test_many_bombs_go_off_together(self, tenant, zipped, monkeypatch):
        monkeypatch.setattr(document_files, "MOST_READ", 10 << 20)
        files = {f"0012345_2026-{month:02d}_avis.pdf": b"%PDF-1.7" + bytes(3 << 20) + b"%%EOF" for month in range(1, 8)}
        assert refused(zipped(files)) == [
            "les documents sont trop grands tous ensemble : envoyez-les en plusieurs fois"
        ]

    def test_too_many_files_are_refused(self, tenant, pack, monkeypatch):
        monkeypatch.setattr(document_files, "MOST_FILES", 3)
        path = pack({f"0012345_2026-0{month}_avis.pdf": pdf() for month in range(1, 6)})
        assert refused(path) == ["il y a plus de 3 fichiers : envoyez-les en plusieurs fois"]

    @pytest.mark.parametrize("kind", ["plain", "zip64"])
    def test_a_directory_that_would_fill_the_memory_is_not_read(self, tenant, zipped, kind, monkeypatch):
        path = zipped({NAME: pdf()})
        if kind == "plain":
            edit(path, b"PK\x05\x06", 12, "<L", 2**31)
        else:
            content, end = path.read_bytes()[:-22], path.read_bytes()[-22:]
            record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
            locator = b"PK\x06\x07" + struct.pack("<LQL", 0, len(content), 1)
            path.write_bytes(content + record + locator + end)
        monkeypatch.setattr(zipfile, "ZipFile", None)
        assert refused(path) == ["le ZIP est abîmé, ou nomme trop de fichiers : envoyez-les en plusieurs fois"]

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_one_name_for_two_files_is_refused(self, tenant, tmp_path):
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(NAME, pdf("un"))
            archive.writestr(NAME, pdf("deux"))
        assert refused(path) == [f"{NAME} : est deux fois dans le ZIP"]

    @pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04", b"PK\x03\x04" + b"x" * 500, b"PK\x05\x06"])
    def test_what_is_no_zip_is_told(self, tenant, tmp_path, content):
        path = tmp_path / "papiers.zip"
        path.write_bytes(content)
        (said,) = refused(path)
        assert said.startswith(("ce n'est pas un ZIP", "le ZIP est abîmé"))

    def test_a_workbook_is_told_for_what_it_is_and_not_by_its_parts(self, tenant, zipped):
        """Whoever left « Documents » chosen, with the ERP's export."""
        parts = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", "docProps/app.xml": b"x"}
        assert refused(zipped(parts)) == [
            "c'est un classeur, et non un ZIP de documents : envoyez-le comme « Locataires », « Écritures » ou "
            "« Contacts des immeubles »"
        ]

    def test_one_that_is_cut_is_refused_wherever_it_is(self, tenant, zipped, tmp_path):
        whole = zipped({NAME: pdf(), "0012345_2026-04_avis.pdf": pdf("avril")}).read_bytes()
        for length in range(0, len(whole), 7):
            path = tmp_path / "cut.zip"
            path.write_bytes(whole[:length])
            assert refused(path)

    def test_bytes_changed_anywhere_are_never_a_fault(self, tenant, zipped, tmp_path):
        whole = zipped({NAME: pdf(), "index.csv": b"fichier;numero locataire;mois;type\n"}).read_bytes()
        path = tmp_path / "changed.zip"
        for place in range(len(whole)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
            with suppress(ImportRefused):
                assert look_at_documents(path).read <= 2


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def edit(path, mark, offset, form, value):
    """Write another number into the first of a ZIP's records that begin with `mark`."""
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, content.index(mark) + offset, value)
    path.write_bytes(content)
