"""Whose each document is, of which month and of what type: by its name, or by an index beside it."""

import unicodedata
from datetime import date

import pytest

from ophportal.imports.documents import import_documents
from ophportal.imports.documents.entry import entry_named, month
from ophportal.imports.files.cells import PASTE_VALUES, CellError
from ophportal.imports.refusals import UnreadableLineError
from ophportal.imports.reports import Count
from ophportal.models import Document
from ophportal.testing import add_lease
from tests.documents import pdf
from tests.imports.sent_documents import refused


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
            f"index.csv, ligne 7 : « titre » commence par « = », comme une formule de tableur ({PASTE_VALUES})",
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
            ("fichier;mois".encode("utf-16"), "index.csv : c'est du texte en UTF-16 : enregistrez-le au format « CSV"),
            (b"PK\x03\x04", "index.csv : c'est un classeur ou un ZIP : enregistrez-le au format « CSV UTF-8 »"),
        ],
    )
    def test_an_index_that_is_none_is_refused(self, tenant, pack, index, reason):
        (said,) = refused(pack({"index.csv": index, "a.pdf": pdf()}))
        assert said.startswith(reason)

    @pytest.mark.parametrize("name", ["index.xlsx", "Index.xls", "lot/index.ods"])
    def test_one_that_is_a_workbook_is_told_how_to_be_saved(self, tenant, pack, name):
        assert refused(pack({name: b"PK", "a.pdf": pdf()})) == [
            f"{name} : l'index est un CSV ; enregistrez-le au format « CSV UTF-8 », sous le nom index.csv"
        ]

    def test_a_name_that_a_mac_has_written_is_the_one_in_the_index(self, tenant, pack):
        lines = self.index("Reçu/Été.pdf;12345;2026-03;courrier;;", "Noël.pdf;12345;2026-04;courrier;;")
        apart = {unicodedata.normalize("NFD", name): pdf(name) for name in ("Reçu/Été.pdf", "sous/Noël.pdf")}
        report = import_documents(pack({"index.csv": lines} | apart))
        assert report.counts["Documents"].created == 2

    def test_two_are_one_too_many(self, tenant, pack):
        (said,) = refused(pack({"index.csv": b"x", "b/index.csv": b"x"}))
        assert said == "il y a plusieurs index : b/index.csv, index.csv"
