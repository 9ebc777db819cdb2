"""A number that is another's now: what the ERP goes on telling by it of the first one's time, and of the second's."""

from datetime import date

import pytest

from ophportal.documents import path_of
from ophportal.imports.documents import import_documents
from ophportal.imports.ledger import import_ledger
from ophportal.imports.refusals import ImportRefused
from ophportal.imports.tenants import import_tenants
from ophportal.models import (
    Document,
    Lease,
    LedgerEntry,
    Tenant,
)
from ophportal.office.actions import withdraw_document
from tests.documents import pdf, write_folder
from tests.imports.handed_over import HERE, OF_MARIA, OF_MARIA_S_AVIS, SAME_MONTH, ZOE, zoe
from tests.ledger_file import WITH_IDENTIFIER
from tests.tables import write_table
from tests.tenant_lines import MARIA, PAUL, counts


class TestWhatComesLater:
    """The ERP goes on naming the first one's entries and papers by the number that is another's now."""

    @pytest.mark.parametrize("line", [ZOE, HERE])
    def test_entries_of_the_first_one_s_time_stay_theirs(self, maria_before, tenant_file, ledger_file, line):
        import_tenants(tenant_file(line, PAUL))
        of_zoe = ("0012345", line["reference"], "01/04/2026", "Loyer", "300", "")
        late = ("0012345", MARIA["reference"], "15/02/2026", "Régularisation de charges", "", "20")

        report = import_ledger(ledger_file(*OF_MARIA, late, of_zoe))

        assert counts(report.counts["Écritures"]) == (2, 0, 2)
        entries = LedgerEntry.select(LedgerEntry, Lease).join(Lease)
        assert {entry.label for entry in entries if entry.lease.tenant == zoe()} == {"Loyer"}
        assert sum(entry.amount for entry in entries if entry.lease.tenant == zoe()) == 300
        assert sum(entry.amount for entry in entries if entry.lease.tenant == maria_before.tenant) == 600

    def test_of_three_in_turn_each_gets_what_is_of_their_time(self, maria_before, tenant_file, ledger_file):
        """The number is the dwelling's. A deposit is of the lease that begins next."""
        import_tenants(tenant_file(HERE | {"ends_on": "30/06/2026"}, PAUL))
        second = zoe()
        third = HERE | {"last_name": "ROSSI", "first_names": "Luc", "starts_on": "01/09/2026"}
        import_tenants(tenant_file(third, PAUL | {"starts_on": "15/09/2026"}))
        days = ("15/12/2019", "01/01/2020", "14/03/2026", "15/03/2026", "31/08/2026", "01/09/2026", "02/09/2026")

        import_ledger(ledger_file(*(("0012345", MARIA["reference"], day, "Divers", "1", "") for day in days)))

        entries = LedgerEntry.select(LedgerEntry, Lease).join(Lease).where(LedgerEntry.label == "Divers")
        whose = [entry.lease.tenant for entry in entries.order_by(LedgerEntry.date)]
        assert whose == [maria_before.tenant] * 3 + [second] * 2 + [zoe()] * 2

    @pytest.mark.parametrize("erp_id", ["", "E902"])
    def test_what_was_entered_late_for_the_first_one_stays_theirs(self, maria_before, tenant_file, tmp_path, erp_id):
        def ledger(*lines):
            return write_table(tmp_path / "ecritures.csv", WITH_IDENTIFIER, lines)

        late = ("0012345", MARIA["reference"], "25/03/2026", "Régularisation de charges", "150", "", erp_id)
        import_ledger(ledger(late))
        import_tenants(tenant_file(HERE, PAUL))

        assert counts(import_ledger(ledger(late)).counts["Écritures"]) == (0, 0, 1)
        another = (*late[:-1], erp_id and "E903")
        assert counts(import_ledger(ledger(late, another)).counts["Écritures"]) == (1, 0, 1)
        assert counts(import_ledger(ledger(late, another)).counts["Écritures"]) == (0, 0, 2)
        leases = [it.lease.tenant for it in LedgerEntry.select().where(LedgerEntry.date == date(2026, 3, 25))]
        assert leases == [maria_before.tenant, zoe()]

    def test_alike_lines_beyond_the_first_one_s_are_the_second_one_s(self, maria_before, tenant_file, ledger_file):
        """Without an identifier: one entry is the first one's already, and the file tells the same three times."""
        late = ("0012345", MARIA["reference"], "25/03/2026", "Badge", "15", "")
        import_ledger(ledger_file(late))
        import_tenants(tenant_file(HERE, PAUL))

        assert counts(import_ledger(ledger_file(late, late, late)).counts["Écritures"]) == (2, 0, 1)
        assert counts(import_ledger(ledger_file(late, late, late)).counts["Écritures"]) == (0, 0, 3)
        assert counts(import_ledger(ledger_file(late, late)).counts["Écritures"]) == (0, 0, 2)
        assert counts(import_ledger(ledger_file(late)).counts["Écritures"]) == (0, 0, 1)
        entries = LedgerEntry.select(LedgerEntry, Lease).join(Lease).where(LedgerEntry.label == "Badge")
        whose = [(entry.lease.tenant, entry.occurrence) for entry in entries.order_by(LedgerEntry.id)]
        assert whose == [(maria_before.tenant, 1), (zoe(), 1), (zoe(), 2)]

    def test_an_amount_that_the_erp_mends_later_is_mended_for_the_first_one(self, maria_before, tenant_file, tmp_path):
        def ledger(amount):
            line = ("0012345", MARIA["reference"], "25/03/2026", "Régularisation de charges", amount, "", "E902")
            return write_table(tmp_path / "ecritures.csv", WITH_IDENTIFIER, [line])

        import_ledger(ledger("150"))
        import_tenants(tenant_file(HERE, PAUL))
        assert counts(import_ledger(ledger("120")).counts["Écritures"]) == (0, 1, 0)
        assert LedgerEntry.get(LedgerEntry.erp_id == "E902").lease.tenant == maria_before.tenant

    @pytest.mark.parametrize("line", [ZOE, HERE])
    def test_papers_of_the_first_one_s_time_stay_theirs(self, maria_before, tenant_file, tmp_path, line):
        import_tenants(tenant_file(line, PAUL))
        files = OF_MARIA_S_AVIS | {
            "0012345_2025-12_avis.pdf": pdf("un autre de Maria"),
            "0012345_2026-03_avis.pdf": pdf("de Zoé"),
            "0012345_2018-01_avis.pdf": pdf("d'avant elles"),
        }
        report = import_documents(write_folder(tmp_path / "autres", files))
        assert counts(report.counts["Documents"]) == (3, 0, 1)
        assert [path_of(it.digest).read_bytes() for it in Document.of_tenant(zoe())] == [pdf("de Zoé")]
        assert len(Document.of_tenant(maria_before.tenant)) == 3

    @pytest.mark.parametrize("line", [SAME_MONTH, SAME_MONTH | {"reference": MARIA["reference"]}])
    def test_the_same_file_again_stays_with_whom_it_was_brought_in_for(self, maria_before, tenant_file, tmp_path, line):
        import_tenants(tenant_file(line, PAUL))
        report = import_documents(tmp_path / "papiers")
        assert counts(report.counts["Documents"]) == (0, 0, 1)
        assert not Document.of_tenant(zoe())

    def test_what_was_taken_back_from_the_second_does_not_go_to_the_first(
        self, maria_before, tenant_file, tmp_path, make_agent
    ):
        import_tenants(tenant_file(ZOE, PAUL))
        path = write_folder(tmp_path / "autres", {"0012345_2026-04_avis.pdf": pdf("faux")})
        import_documents(path)
        withdraw_document(Document.of_tenant(zoe())[0], make_agent())
        Lease.update(ends_on=None).where(Lease.tenant == maria_before.tenant).execute()
        assert counts(import_documents(path).counts["Documents"]) == (0, 0, 1)

    @pytest.mark.parametrize("more", [(), (SAME_MONTH | {"reference": "G-7", "starts_on": "01/06/2026"},)])
    def test_a_paper_of_the_month_of_both_is_neither_s_without_a_dwelling(
        self, maria_before, tenant_file, tmp_path, more
    ):
        import_tenants(tenant_file(SAME_MONTH, *more, PAUL))
        path = write_folder(tmp_path / "autres", {"0012345_2026-01_quittance.pdf": pdf("de qui ?")})
        with pytest.raises(ImportRefused, match=r"plusieurs locataires ce mois-là.*référence logement dans index\.csv"):
            import_documents(path)

    def test_the_dwelling_tells_whose_it_is_in_the_month_of_both_and_later(self, maria_before, tenant_file, tmp_path):
        import_tenants(tenant_file(SAME_MONTH, PAUL))
        files = {
            "index.csv": (
                "fichier;numéro locataire;mois;type;référence logement\n"
                f"a.pdf;0012345;2026-01;quittance;{MARIA['reference']}\n"
                "b.pdf;0012345;2026-01;quittance;B-2\n"
                f"c.pdf;0012345;2026-06;regularisation;{MARIA['reference']}\n"
            ).encode(),
            "a.pdf": pdf("de Maria"),
            "b.pdf": pdf("de Zoé"),
            "c.pdf": pdf("encore de Maria"),
        }
        import_documents(write_folder(tmp_path / "autres", files))
        assert [path_of(it.digest).read_bytes() for it in Document.of_tenant(zoe())] == [pdf("de Zoé")]
        kinds = [it.kind for it in Document.of_tenant(maria_before.tenant)]
        assert kinds == ["regularisation", "avis", "quittance"]

    def test_a_letter_for_many_is_for_whoever_has_the_dwelling_named(self, maria_before, tenant_file, tmp_path):
        """The very same file, that the first one has already."""
        index = "fichier;numéro locataire;mois;type;référence logement\nlettre.pdf;0012345;2026-01;courrier;{}\n"
        files = {"index.csv": index.format(MARIA["reference"]).encode(), "lettre.pdf": pdf("Travaux")}
        import_documents(write_folder(tmp_path / "lettre", files))
        import_tenants(tenant_file(SAME_MONTH, PAUL))
        import_documents(write_folder(tmp_path / "autre", files | {"index.csv": index.format("B-2").encode()}))
        assert [it.title for it in Document.of_tenant(zoe())] == ["Courrier"]
        again = write_folder(tmp_path / "encore", {"0012345_2026-01_courrier.pdf": pdf("Travaux")})
        assert counts(import_documents(again).counts["Documents"]) == (0, 0, 1)

    def test_a_paper_of_after_both_is_the_last_one_s(self, maria_before, tenant_file, tmp_path):
        import_tenants(tenant_file(SAME_MONTH | {"ends_on": "30/06/2026"}, PAUL))
        import_documents(write_folder(tmp_path / "autres", {"0012345_2026-08_regularisation.pdf": pdf("de Zoé")}))
        assert [it.kind for it in Document.of_tenant(zoe())] == ["regularisation"]
        assert [it.kind for it in Document.of_tenant(maria_before.tenant)] == ["avis"]

    def test_a_dwelling_that_both_had_is_his_from_his_entry_there_though_he_had_another_before(
        self, maria_before, tenant_file, tmp_path
    ):
        import_tenants(tenant_file(HERE, SAME_MONTH, PAUL))
        files = {
            "index.csv": (
                "fichier;numéro locataire;mois;type;référence logement\n"
                f"a.pdf;0012345;2026-01;quittance;{MARIA['reference']}\n"
                f"b.pdf;0012345;2026-03;quittance;{MARIA['reference']}\n"
            ).encode(),
            "a.pdf": pdf("de Maria"),
            "b.pdf": pdf("de Zoé"),
        }
        import_documents(write_folder(tmp_path / "autres", files))
        assert [path_of(it.digest).read_bytes() for it in Document.of_tenant(zoe())] == [pdf("de Zoé")]

    def test_where_the_dwelling_is_both_s_the_first_one_s_own_number_tells(self, maria_before, tenant_file, tmp_path):
        import_tenants(tenant_file(SAME_MONTH | {"reference": MARIA["reference"]}, PAUL))
        index = "fichier;numéro locataire;mois;type;référence logement\na.pdf;{};2026-01;quittance;{}\n"
        path = tmp_path / "autres"
        by_now = index.format("0012345", MARIA["reference"]).encode()
        write_folder(path, {"index.csv": by_now, "a.pdf": pdf("de qui ?")})
        with pytest.raises(ImportRefused, match="pour l'ancien, écrivez son n°"):
            import_documents(path)
        first = Tenant.get_by_id(maria_before.tenant_id).number
        write_folder(path, {"index.csv": index.format(first, MARIA["reference"]).encode()})
        import_documents(path)
        assert [it.kind for it in Document.of_tenant(maria_before.tenant)] == ["avis", "quittance"]
        assert not Document.of_tenant(zoe())

    def test_a_first_entry_before_the_entry_is_the_newcomer_s_own(self, tenant_file, ledger_file):
        """As before, where nobody had the number: deposits are paid before the keys are there."""
        import_tenants(tenant_file(ZOE))
        import_ledger(ledger_file(("0012345", "B-2", "01/03/2026", "Dépôt de garantie", "500", "")))
        assert LedgerEntry.get().lease.tenant == zoe()
