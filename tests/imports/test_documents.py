"""Documents by the folder and by the ZIP: each to its tenant, month and lease; all, or none."""

import csv
import errno
import os
import signal
import stat
import struct
import subprocess
import sys
import time
import unicodedata
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from ophportal import documents, faults
from ophportal.documents import is_kept, path_of
from ophportal.imports.documents import files as document_files
from ophportal.imports.documents import import_documents, look_at_documents, places
from ophportal.imports.documents.entry import entry_named, month
from ophportal.imports.files.cells import CellError
from ophportal.imports.refusals import ImportRefused, UnreadableLineError
from ophportal.imports.reports import Count
from ophportal.models import Document, Lease, Withdrawal
from ophportal.office.actions import withdraw_document
from ophportal.testing import add_lease
from tests import stores
from tests.documents import pdf, write_folder, write_zip
from tests.office import ROOT, write_tenant_file

NAME = "0012345_2026-03_avis.pdf"
NO_RIGHT = faults.reason_of(PermissionError(errno.EACCES, "Permission denied"))


@pytest.fixture
def tenant(make_tenant):
    return make_tenant()


@pytest.fixture(params=["folder", "zip"])
def pack(request, tmp_path):
    """A function that puts files, contents by name, into a folder or a ZIP, and gives its path."""

    def pack(files):
        if request.param == "folder":
            return write_folder(tmp_path / "papiers", files)
        return write_zip(tmp_path / "papiers.zip", files)

    return pack


@pytest.fixture
def zipped(tmp_path):
    return lambda files, **more: write_zip(tmp_path / "papiers.zip", files, **more)


def refused(path):
    """The reasons, in sentences with plain spaces; looking says the same as writing, and neither writes."""
    before = list(Document.select().tuples())
    with pytest.raises(ImportRefused) as caught:
        import_documents(path)
    reasons = [str(error).replace("\u00a0", " ") for error in caught.value.errors]
    try:
        looked = look_at_documents(path).refused
    except ImportRefused as whole:
        looked = whole
    assert [str(error).replace("\u00a0", " ") for error in looked.errors] == reasons
    assert list(Document.select().tuples()) == before
    return reasons


class TestBringingIn:
    def test_each_goes_to_its_tenant_month_and_lease(self, tenant, pack):
        path = pack({NAME: pdf("mars"), "sous/dossier/L 12-345_2026-02_Quittance.PDF": pdf("février")})
        assert look_at_documents(path).counts == {"Documents": Count(2, 0, 0)}
        assert Document.select().count() == 0
        assert import_documents(path).counts == {"Documents": Count(2, 0, 0)}
        newest, older = Document.of_tenant(tenant)
        assert (newest.period, newest.kind, newest.title) == (date(2026, 3, 1), "avis", "Avis d'échéance")
        assert (older.period, older.kind, older.lease) == (date(2026, 2, 1), "quittance", Lease.get())
        assert path_of(newest.digest).read_bytes() == pdf("mars")

    def test_the_same_again_changes_nothing_and_a_corrected_one_takes_the_place(self, tenant, pack):
        path = pack({NAME: pdf("mars")})
        import_documents(path)
        before = Document.get()
        assert import_documents(path).counts == {"Documents": Count(0, 0, 1)}
        assert Document.get().added_at == before.added_at
        path = pack({NAME: pdf("mars, corrigé")})
        assert look_at_documents(path).counts == {"Documents": Count(0, 1, 0)}
        assert import_documents(path).counts == {"Documents": Count(0, 1, 0)}
        after = Document.get()
        assert (after.id, after.token) == (before.id, before.token)
        assert after.added_at > before.added_at
        assert path_of(after.digest).read_bytes() == pdf("mars, corrigé")
        assert after.size == len(pdf("mars, corrigé"))

    def test_a_content_that_was_lost_is_there_again(self, tenant, pack):
        import_documents(pack({NAME: pdf("avis de mars")}))
        digest = Document.get().digest
        path_of(digest).unlink()
        assert import_documents(pack({NAME: pdf("avis de mars")})).counts == {"Documents": Count(0, 0, 1)}
        assert is_kept(digest)

    def test_of_several_leases_that_month_it_is_about_none_in_particular(self, tenant, pack):
        add_lease(tenant, "0999", date(2026, 2, 10), date(2026, 2, 20))
        import_documents(pack({f"12345_2026-0{number}_avis.pdf": pdf(str(number)) for number in (1, 2, 3)}))
        assert [document.lease for document in Document.of_tenant(tenant)] == [Lease.get(), None, Lease.get()]

    def test_the_same_file_stays_where_it_is_when_leases_have_come_since(self, tenant, pack):
        path = pack({NAME: pdf()})
        import_documents(path)
        add_lease(tenant, "0999", date(2026, 1, 1))
        assert import_documents(path).counts == {"Documents": Count(0, 0, 1)}
        assert Document.get().lease == Lease.get()

    def test_what_systems_leave_in_folders_is_passed_over(self, tenant, pack):
        left = {"__MACOSX/._x.pdf": b"x", ".DS_Store": b"x", "sous/Thumbs.db": b"x", "._avis.pdf": b"x"}
        assert import_documents(pack({NAME: pdf(), **left})).counts == {"Documents": Count(1, 0, 0)}

    def test_what_has_gone_to_a_tenant_goes_with_them(self, tenant, pack):
        import_documents(pack({NAME: pdf()}))
        tenant.delete_instance()
        assert Document.select().count() == 0


class TestWithdrawn:
    """What the office has taken back from a tenant; it exports again and again what it exported before."""

    @pytest.fixture
    def withdrawn(self, tenant, pack, make_agent):
        """The path of a file that was brought in, and taken back."""
        path = pack({NAME: pdf("d'un autre")})
        import_documents(path)
        withdraw_document(Document.get(), make_agent())
        return path

    def test_the_same_file_does_not_bring_it_back_and_says_so(self, withdrawn):
        for look in (look_at_documents, import_documents):
            report = look(withdrawn)
            assert report.counts == {"Documents": Count(0, 0, 1)}
            (said,) = report.to_watch
            assert said.startswith(f"{NAME}\u00a0: retiré le ")
            assert said.endswith(", il ne revient pas")
        assert Document.select().count() == 0

    def test_nor_is_its_content_kept_once_more(self, withdrawn):
        path_of(Withdrawal.get().digest).unlink()
        import_documents(withdrawn)
        assert not is_kept(Withdrawal.get().digest)

    def test_another_content_takes_the_place_and_keeps_it(self, withdrawn, tmp_path):
        import_documents(write_folder(tmp_path / "corrigé", {NAME: pdf("le bon")}))
        assert path_of(Document.get().digest).read_bytes() == pdf("le bon")
        assert import_documents(withdrawn).counts == {"Documents": Count(0, 0, 1)}
        assert path_of(Document.get().digest).read_bytes() == pdf("le bon")

    def test_a_lease_that_has_begun_since_does_not_bring_it_back(self, tenant, withdrawn):
        add_lease(tenant, "0999", date(2026, 1, 1))
        assert import_documents(withdrawn).counts == {"Documents": Count(0, 0, 1)}

    def test_another_tenant_may_get_it_and_the_same_one_under_another_title(self, withdrawn, make_tenant, tmp_path):
        make_tenant("ROSSI", number="2", reference="2", email="")
        lines = "fichier;numéro locataire;mois;type;titre\na.pdf;2;2026-03;avis;\na.pdf;12345;2026-03;avis;Rendu\n"
        files = {"index.csv": lines.encode(), "a.pdf": pdf("d'un autre")}
        assert import_documents(write_folder(tmp_path / "index", files)).counts == {"Documents": Count(2, 0, 0)}

    def test_a_line_that_names_its_dwelling_does_not_bring_it_back_and_one_of_another_dwelling_may(
        self, tenant, withdrawn, tmp_path
    ):
        add_lease(tenant, "0999", date(2026, 1, 1))
        lines = "fichier;numéro locataire;mois;type;référence logement\n" + "".join(
            f"a.pdf;12345;2026-03;avis;{lease.dwelling.reference}\n" for lease in tenant.leases
        )
        files = {"index.csv": lines.encode(), "a.pdf": pdf("d'un autre")}
        assert import_documents(write_folder(tmp_path / "index", files)).counts == {"Documents": Count(1, 0, 1)}
        assert Document.get().lease.dwelling.reference == "0999"

    def test_of_many_the_first_are_told_by_their_names(self, withdrawn, monkeypatch):
        monkeypatch.setattr("ophportal.imports.documents.MOST_SHOWN", 0)
        assert look_at_documents(withdrawn).to_watch == ("… et d'autres documents retirés\u00a0: 1",)

    def test_it_goes_with_its_tenant(self, tenant, withdrawn):
        tenant.delete_instance()
        assert Withdrawal.select().count() == 0


class TestNames:
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("avis", "avis"),
            ("AVIS", "avis"),
            ("Avis d'échéance", "avis"),
            ("avis-echeance", "avis"),
            ("avis_echeance", "avis"),
            ("Reçu", "recu"),
            ("Rec\u0327u", "recu"),
            ("régularisation de charges", "regularisation"),
            ("autre", "autre"),
        ],
    )
    def test_the_type_is_known_however_it_is_written(self, kind, expected):
        assert entry_named(f"dossier/0012345_2026-03_{kind}.pdf").kind == expected

    @pytest.mark.parametrize("number", ["0012345", "L0012345", "12 345", "12_345", "1-2345"])
    def test_the_number_is_known_however_it_is_written(self, number):
        assert entry_named(f"{number}_2026-03_avis.pdf").number == "12345"

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("avis.pdf", "ne s'appelle pas"),
            ("0012345_2026-03.pdf", "ne s'appelle pas"),
            ("0012345_2026-03_avis.txt", "ne s'appelle pas"),
            ("0012345_2026-03_.pdf", "ne s'appelle pas"),
            ("_2026-03_avis.pdf", "ne s'appelle pas"),
            ("0012345_2026-13_avis.pdf", "« mois » n'est pas un mois : « 2026-13 »"),
            ("0012345_2026-00_avis.pdf", "« mois » n'est pas un mois"),
            ("0012345_1826-03_avis.pdf", "« mois » n'est pas un mois"),
            ("0012345_9999-03_avis.pdf", "« mois » n'est pas un mois"),
            ("0012345_26-03_avis.pdf", "« mois » n'est pas un mois"),
            ("0012345_2026-03_facture.pdf", "« type » n'est pas connu : « facture »"),
            ("000_2026-03_avis.pdf", "« numéro » ne désigne rien"),
            ("=1+1_2026-03_avis.pdf", "« numéro » commence par « = »"),
            (f"{'_1' * 200}_avis.pdf", "« mois » n'est pas un mois"),
        ],
    )
    def test_a_name_that_says_something_else_is_refused_with_its_reason(self, name, reason):
        with pytest.raises(UnreadableLineError) as caught:
            entry_named(name)
        assert reason in str(caught.value)

    @pytest.mark.parametrize("cell", ["2026-03", "2026-3", "03/2026", "3/2026", "mars 2026", "MARS-2026", "31/03/2026"])
    def test_a_month_is_read_however_it_is_written(self, cell):
        assert month(cell) == date(2026, 3, 1)

    @pytest.mark.parametrize("cell", ["", "mars", "mars 26", "2026", "mars 2026 ou avril", "00/00/0000", "²⁰²⁶-03"])
    def test_and_what_is_none_is_refused(self, cell):
        with pytest.raises(CellError):
            month(cell)


class TestIndex:
    HEADER = "Nom du fichier;N° locataire;Période;Type de document;Libellé;Réf. logement\n"

    def index(self, *lines):
        return (self.HEADER + "\n".join(lines)).encode("cp1252")

    def test_it_says_what_the_names_do_not(self, tenant, pack):
        garage = add_lease(tenant, "0999", date(2020, 1, 1))
        files = {
            "lot/a.pdf": pdf("a"),
            "lot/sous/b.pdf": pdf("b"),
            "lot/Index.csv": self.index(
                "a.pdf;0012345;mars 2026;avis d'échéance;Avis du garage;0999",
                "sous\\b.pdf;0012345;03/2026;courrier;Travaux de l'été;",
            ),
        }
        assert import_documents(pack(files)).counts == {"Documents": Count(2, 0, 0)}
        first, second = Document.of_tenant(tenant)
        assert (first.title, first.lease) == ("Avis du garage", garage)
        assert (second.title, second.kind, second.lease) == ("Travaux de l'été", "courrier", None)

    def test_one_file_may_be_several_tenants_and_a_bare_name_is_enough(self, tenant, make_tenant, pack):
        make_tenant("ROSSI", number="2", reference="2", email="")
        lines = self.index("reglement.pdf;12345;2026-03;courrier;;", "reglement.pdf;2;2026-03;courrier;;")
        import_documents(pack({"index.csv": lines, "sous/reglement.pdf": pdf()}))
        assert {document.digest for document in Document.select()} == {Document.get().digest}
        assert Document.select().count() == 2

    def test_what_does_not_agree_is_told_line_by_line(self, tenant, pack):
        lines = self.index(
            "a.pdf;12345;2026-03;avis;;",
            "absent.pdf;12345;2026-03;quittance;;",
            "../../etc/passwd;12345;2026-03;bail;;",
            "a.pdf;99;2026-04;avis;;",
            "a.pdf;12345;2026-04;avis;;0404",
            "a.pdf;;hier;rien;=1+1;",
            "a.pdf;12345;2026-03;avis;;",
        )
        reasons = refused(pack({"index.csv": lines, "a.pdf": pdf(), "b.pdf": pdf()}))
        assert reasons == [
            "index.csv, ligne 3 : « fichier » n'est pas parmi les fichiers : « absent.pdf »",
            "index.csv, ligne 4 : « fichier » n'est pas parmi les fichiers : « ../../etc/passwd »",
            "index.csv, ligne 7 : « numéro locataire » est vide",
            "index.csv, ligne 7 : « mois » n'est pas un mois : « hier » (écrivez-le comme 2026-03)",
            "index.csv, ligne 7 : « type » n'est pas connu : « rien » (écrivez avis, quittance, recu, regularisation, "
            "attestation, bail, courrier, autre)",
            "index.csv, ligne 7 : « titre » commence par « = », comme une formule de tableur",
            "b.pdf : n'est pas dans index.csv",
            "index.csv, ligne 5 : aucun locataire n'a ce numéro : importez d'abord le fichier des locataires",
            "index.csv, ligne 6 : ce locataire n'a pas de bail de ce logement",
            "index.csv, ligne 8 : est le même document que index.csv, ligne 2 : même locataire, même mois, même type, "
            "même titre",
        ]

    @pytest.mark.parametrize(
        ("index", "reason"),
        [
            (b"fichier;type\na.pdf;avis\n", "index.csv : il manque les colonnes « numéro locataire », « mois »"),
            (b"", "index.csv : le fichier est vide"),
            (b"\0\0", "index.csv : ce n'est ni un CSV, ni un classeur"),
        ],
    )
    def test_an_index_that_is_none_is_refused(self, tenant, pack, index, reason):
        (said,) = refused(pack({"index.csv": index, "a.pdf": pdf()}))
        assert said.startswith(reason)

    def test_a_name_that_a_mac_has_written_is_the_one_in_the_index(self, tenant, pack):
        lines = self.index("Reçu/Été.pdf;12345;2026-03;courrier;;", "Noël.pdf;12345;2026-04;courrier;;")
        apart = {unicodedata.normalize("NFD", name): pdf(name) for name in ("Reçu/Été.pdf", "sous/Noël.pdf")}
        report = import_documents(pack({"index.csv": lines} | apart))
        assert report.counts["Documents"].created == 2

    def test_two_are_one_too_many(self, tenant, pack):
        (said,) = refused(pack({"index.csv": b"x", "b/index.csv": b"x"}))
        assert said == "il y a plusieurs index : b/index.csv, index.csv"


class TestRefusing:
    def test_all_reasons_at_once_a_line_a_file_and_nothing_is_written(self, tenant, pack):
        path = pack(
            {
                NAME: pdf(),
                "0012345_2026-04_avis.pdf": b"MZ executable",
                "0012345_2026-05_avis.pdf": pdf()[:-6],
                "0012345_2026-06_avis.pdf": b"",
                "99_2026-03_avis.pdf": pdf(),
                "lisez-moi.txt": b"bonjour",
                "sous/L12345_2026-03_AVIS.pdf": pdf("autre"),
            }
        )
        assert sorted(refused(path)) == [
            "0012345_2026-04_avis.pdf : n'est pas un PDF",
            "0012345_2026-05_avis.pdf : n'est pas un PDF entier : sa fin manque",
            "0012345_2026-06_avis.pdf : est vide",
            "99_2026-03_avis.pdf : aucun locataire n'a ce numéro : importez d'abord le fichier des locataires",
            "lisez-moi.txt : ne s'appelle pas <numéro>_<AAAA-MM>_<type>.pdf",
            "sous/L12345_2026-03_AVIS.pdf : est le même document que 0012345_2026-03_avis.pdf : même locataire, "
            "même mois, même type, même titre",
        ]
        assert look_at_documents(path).rejected == 6

    def test_nothing_at_all_is_no_import(self, tenant, pack):
        assert refused(pack({".DS_Store": b"x"})) == ["il n'y a aucun document"]

    def test_a_disk_that_is_full_is_no_fault_of_the_file_and_nothing_is_written_nor_left(
        self, tenant, pack, monkeypatch
    ):
        put, kept = documents.put, []

        def fill(stream):
            if kept:
                raise OSError(errno.ENOSPC, "No space left on device")
            kept.append(put(stream))
            return kept[0]

        monkeypatch.setattr(documents, "put", fill)
        path = pack({NAME: pdf("gardé"), "0012345_2026-04_avis.pdf": pdf("jamais gardé")})
        with pytest.raises(OSError, match="No space left"):
            import_documents(path)
        assert Document.select().count() == 0
        assert not is_kept(kept[0].digest)

    def test_what_the_purge_takes_for_a_stray_meanwhile_is_put_back(self, tenant, pack, monkeypatch):
        """A content that an older row named, and that goes between its being kept and its row."""
        path = pack({NAME: pdf("presque balayé")})
        real = places.settle
        calls = []

        def settle_then_sweep(entries, refusals):
            counted = real(entries, refusals)
            calls.append(counted)
            if len(calls) == 2:
                path_of(entries[0].content.digest).unlink()
            return counted

        monkeypatch.setattr(places, "settle", settle_then_sweep)
        import_documents(path)
        assert is_kept(Document.get().digest)


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
        settle = places.settle

        def settle_then_change(entries, refusals):
            path.write_bytes(pdf("après"))
            return settle(entries, refusals)

        monkeypatch.setattr(places, "settle", settle_then_change)
        with pytest.raises(ImportRefused, match="a changé pendant l'import"):
            import_documents(folder)
        assert Document.select().count() == 0


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
        assert reasons == [f"{NAME} : dépasse 25 Mo", "0012345_2026-04_avis.pdf : n'est pas un PDF"]

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
        assert one(office, "SELECT count(*) FROM job WHERE kind = 'import_documents' AND state = 'done'") == 2

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
        assert one(office, "SELECT count(*) FROM document") == 0
        assert 0 < len(list(kept.glob("??/*"))) < 5000

        written = office.run("import", "documents", path)
        assert "Documents : 5000 en plus, 0 avec un changement, 0 sans changement" in written.stdout, written.stderr
        rows = stores.ask(office.store, "SELECT number, digest FROM document JOIN tenant ON tenant.id = tenant_id")
        assert len(rows) == 5000
        for number, digest in rows:
            assert (kept / digest[:2] / digest).read_bytes() == pdf(f"avis {int(number[1:])}")


def one(office, query):
    ((number,),) = stores.ask(office.store, query)
    return number
