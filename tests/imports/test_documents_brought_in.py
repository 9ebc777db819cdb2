"""Documents by the folder and by the ZIP: each to its tenant, month and lease; all, or none."""

import errno
from datetime import date

import pytest

from ophportal import documents
from ophportal.documents import is_kept, path_of
from ophportal.imports.documents import import_documents, look_at_documents, places
from ophportal.imports.reports import Count
from ophportal.models import Document, Lease, Withdrawal
from ophportal.office.actions import withdraw_document
from ophportal.testing import add_lease
from tests.documents import pdf, write_folder
from tests.imports.sent_documents import NAME, refused


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
        real = places.find_places
        calls = []

        def find_then_sweep(entries, refusals):
            counted = real(entries, refusals)
            calls.append(counted)
            if len(calls) == 2:
                path_of(entries[0].content.digest).unlink()
            return counted

        monkeypatch.setattr(places, "find_places", find_then_sweep)
        import_documents(path)
        assert is_kept(Document.get().digest)
