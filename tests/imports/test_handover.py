"""A tenant number under another name: somebody else's from now on, or the same tenant's, whose name has changed."""

from datetime import date, timedelta

import pytest

from ophportal import clock
from ophportal.documents import path_of
from ophportal.imports.documents import import_documents
from ophportal.imports.ledger import import_ledger
from ophportal.imports.refusals import ImportRefused
from ophportal.imports.tenants import import_tenants, look_at_tenants
from ophportal.imports.tenants.handover import Names, are_two_people, may_be_two_people
from ophportal.models import (
    Account,
    DeliveryConsent,
    Document,
    Lease,
    LedgerEntry,
    Tenant,
    Verification,
)
from ophportal.models.keys import number_key
from ophportal.office.actions import withdraw_document
from ophportal.office.carrying import rows_to_carry
from ophportal.passwords import hash_password
from tests.conftest import OWN_PASSWORD, log_in, request_code
from tests.documents import pdf, write_folder
from tests.tables import write_table
from tests.tenant_lines import MARIA, PAUL, counts, rows_on_file

LEDGER = ("N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit")
OF_MARIA = (
    ("0012345", "0123-04-056", "01/12/2019", "Dépôt de garantie", "500", ""),
    ("0012345", "0123-04-056", "01/01/2026", "Loyer", "120", ""),
)
ZOE = MARIA | {
    "civility": "M.",
    "last_name": "MARTIN",
    "first_names": "Zoé",
    "birth_name": "",
    "email": "",
    "phone": "",
    "reference": "B-2",
    "starts_on": "15/03/2026",
}
# While the first one's month still runs.
SAME_MONTH = ZOE | {"starts_on": "20/01/2026"}
HERE = ZOE | {"reference": MARIA["reference"]}
OF_MARIA_S_AVIS = {"0012345_2026-01_avis.pdf": pdf("de Maria")}


@pytest.fixture
def ledger_file(tmp_path):
    return lambda *lines: write_table(tmp_path / "ecritures.csv", LEDGER, lines)


@pytest.fixture
def maria(app, tenant_file, ledger_file, tmp_path):
    """All that a tenant can have in the portal, whose lease has ended; her account."""
    import_tenants(tenant_file(MARIA | {"ends_on": "31/01/2026"}, PAUL))
    import_ledger(ledger_file(*OF_MARIA))
    import_documents(write_folder(tmp_path / "papiers", OF_MARIA_S_AVIS))
    tenant = Tenant.by_number("12345")
    DeliveryConsent.give(tenant, "J'accepte.")
    account = Account.of(tenant)
    account.choose_password(hash_password(OWN_PASSWORD))
    return account


def zoe():
    return Tenant.by_number("12345")


class TestSomebodyElse:
    def test_who_gets_a_number_that_was_another_s_starts_with_nothing(self, maria, tenant_file):
        report = import_tenants(tenant_file(ZOE, PAUL))

        assert counts(report.counts["Locataires"]) == (1, 0, 1)
        assert zoe() != maria.tenant
        assert (zoe().full_name, zoe().email, zoe().phone) == ("M. Zoé MARTIN", "", "")
        assert [lease.dwelling.reference for lease in zoe().leases] == ["B-2"]
        assert not LedgerEntry.select().join(Lease).where(Lease.tenant == zoe()).exists()
        assert not Document.of_tenant(zoe())
        assert DeliveryConsent.of(zoe()) is None
        assert not Account.select().where(Account.tenant == zoe()).exists()

    def test_so_does_who_has_the_same_last_name(self, maria, tenant_file):
        son = {"civility": "M.", "first_names": "Luc", "birth_name": "", "email": ""}
        import_tenants(tenant_file(MARIA | son | {"reference": "B-2", "starts_on": "15/03/2026"}, PAUL))
        assert zoe() != maria.tenant
        assert [lease.dwelling.reference for lease in zoe().leases] == ["B-2"]

    def test_the_first_one_s_papers_stay_theirs_under_a_number_that_nobody_gives(self, maria, tenant_file):
        import_tenants(tenant_file(ZOE, PAUL))

        before = Tenant.get_by_id(maria.tenant_id)
        assert (before.full_name, before.email) == ("Mme Maria Stella D'ANGELO-PAOLI", "maria@exemple.test")
        assert before.number == f"0012345-ANCIEN-{before.id}"
        assert before.number_key == number_key(before.number)
        assert [lease.ends_on for lease in before.leases] == [date(2026, 1, 31)]
        assert LedgerEntry.select().join(Lease).where(Lease.tenant == before).count() == 2
        assert len(Document.of_tenant(before)) == 1

    def test_who_asks_for_a_code_is_never_answered_at_the_first_one_s_address(self, maria, client, outbox, tenant_file):
        import_tenants(tenant_file(ZOE, PAUL))

        request_code(client, name="Martin", email="zoe@exemple.test", dwelling_reference="B-2")
        outbox.deliver()
        assert outbox.sent == []
        assert [it.tenant for it in Verification.select()] == [zoe()]

    @pytest.mark.parametrize("ends_on", [None, date(2090, 12, 31)])
    def test_a_first_one_whose_lease_still_ran_enters_no_more(self, maria, client, tenant_file, ends_on):
        Lease.update(ends_on=ends_on).where(Lease.tenant == maria.tenant).execute()
        log_in(client, maria)
        seen = look_at_tenants(tenant_file(ZOE, PAUL))
        assert seen.gone.count == 0

        assert import_tenants(tenant_file(ZOE, PAUL)).gone == seen.gone
        assert client.get("/compte").status_code == 303
        assert log_in(client, maria).status_code == 422
        assert Lease.get(Lease.tenant == maria.tenant).ends_on == clock.today() - timedelta(days=1)

    def test_what_the_first_one_told_the_portal_is_not_to_be_carried_into_the_erp(self, maria, tenant_file):
        told = {"phone": "06 39 98 12 34", "replaced_phone": "04 65 71 12 34", "replaced_email_key": "m@exemple.test"}
        told |= {"email": "stella@exemple.test", "email_key": "stella@exemple.test"}
        Tenant.update(told).where(Tenant.id == maria.tenant).execute()
        assert len(list(rows_to_carry())) == 2
        import_tenants(tenant_file(ZOE, PAUL))
        assert list(rows_to_carry()) == []
        before = Tenant.get_by_id(maria.tenant.id)
        assert (before.replaced_phone, before.replaced_email_key) == ("", "")

    def test_the_same_dwelling_let_again_is_another_s_too(self, maria, tenant_file):
        import_tenants(tenant_file(HERE, PAUL))
        assert [lease.starts_on for lease in zoe().leases] == [date(2026, 3, 15)]
        assert not LedgerEntry.select().join(Lease).where(Lease.tenant == zoe()).exists()

    def test_the_same_file_again_changes_nothing(self, maria, tenant_file):
        path = tenant_file(ZOE, PAUL)
        import_tenants(path)
        before = rows_on_file()
        again = import_tenants(path)
        assert (rows_on_file(), again.warnings) == (before, [])
        assert [counts(it)[:2] for it in again.counts.values()] == [(0, 0)] * 3

    def test_a_number_may_change_hands_twice(self, maria, tenant_file):
        import_tenants(tenant_file(ZOE, PAUL))
        import_tenants(tenant_file(MARIA | {"reference": "C-3", "starts_on": "01/04/2026"}, PAUL))
        assert zoe().last_name == "D'ANGELO-PAOLI"
        assert zoe() != maria.tenant
        assert Tenant.select().where(Tenant.number.startswith("0012345-ANCIEN-")).count() == 2


class TestAnOldFile:
    """A file of years ago gives the number to who bore it then; the right one mends that."""

    ONCE = ZOE | {"starts_on": "01/01/2010", "ends_on": "01/01/2022"}

    @pytest.fixture
    def mistaken(self, maria, tenant_file):
        """The right file, after the wrong one has been imported over it."""
        Lease.update(ends_on=None).where(Lease.tenant == maria.tenant).execute()
        import_tenants(tenant_file(self.ONCE, PAUL))
        assert zoe() != maria.tenant
        return tenant_file(MARIA, PAUL)

    def test_the_right_one_gives_the_number_back_with_all_that_was_theirs(self, maria, mistaken, client, ledger_file):
        (warning,) = look_at_tenants(mistaken).warnings
        assert str(warning).endswith(
            "revient de MARTIN Zoé à D'ANGELO-PAOLI Maria Stella, qui l'avait avant et retrouve son dossier"
        )
        looked = look_at_tenants(mistaken)
        done = import_tenants(mistaken)
        assert [counts(it) for it in done.counts.values()] == [counts(it) for it in looked.counts.values()]

        assert (zoe(), zoe().number) == (maria.tenant, "0012345")
        assert Tenant.select().where(Tenant.last_name == "D'ANGELO-PAOLI").count() == 1
        assert log_in(client, maria).status_code == 303
        assert counts(import_ledger(ledger_file(*OF_MARIA)).counts["Écritures"]) == (0, 0, 2)
        aside = Tenant.get(Tenant.last_name == "MARTIN")
        assert aside.number == f"0012345-ANCIEN-{aside.id}"

    def test_the_same_file_again_changes_nothing(self, mistaken):
        import_tenants(mistaken)
        before = rows_on_file()
        assert import_tenants(mistaken).warnings == []
        assert rows_on_file() == before

    def test_a_file_without_ends_has_the_lease_run_again(self, maria, mistaken, tmp_path):
        titles = ("N° locataire", "Nom", "Prénoms", "Réf. logement")
        line = ("0012345", MARIA["last_name"], MARIA["first_names"], MARIA["reference"])
        import_tenants(write_table(tmp_path / "sans.csv", titles, [line]))
        assert (zoe(), Lease.has_current(zoe())) == (maria.tenant, True)

    @pytest.mark.parametrize("other", [{"reference": "C-3"}, {"last_name": "ROSSI"}, {"first_names": "Maria Luisa"}])
    def test_who_only_looks_like_them_is_somebody_new(self, maria, mistaken, tenant_file, other):
        import_tenants(tenant_file(MARIA | {"birth_name": ""} | other, PAUL))
        assert zoe() != maria.tenant
        assert Tenant.get_by_id(maria.tenant_id).number.startswith("0012345-ANCIEN-")

    def test_each_of_several_leases_runs_again(self, maria, tenant_file):
        right = (MARIA, MARIA | {"reference": "G-1"}, PAUL)
        for lines in (right, (self.ONCE, PAUL), right):
            import_tenants(tenant_file(*lines))
        assert zoe() == maria.tenant
        assert {lease.dwelling.reference: lease.ends_on for lease in zoe().leases} == {"0123-04-056": None, "G-1": None}

    def test_so_is_who_gets_another_number_than_theirs(self, maria, mistaken, tenant_file):
        import_tenants(tenant_file(self.ONCE, MARIA | {"number": PAUL["number"]}))
        assert Tenant.by_number(PAUL["number"]) != maria.tenant
        assert Tenant.get_by_id(maria.tenant_id).number.startswith("0012345-ANCIEN-")


class TestWhatComesLater:
    """The ERP goes on naming the first one's entries and papers by the number that is another's now."""

    @pytest.mark.parametrize("line", [ZOE, HERE])
    def test_entries_of_the_first_one_s_time_stay_theirs(self, maria, tenant_file, ledger_file, line):
        import_tenants(tenant_file(line, PAUL))
        of_zoe = ("0012345", line["reference"], "01/04/2026", "Loyer", "300", "")
        late = ("0012345", MARIA["reference"], "15/02/2026", "Régularisation de charges", "", "20")

        report = import_ledger(ledger_file(*OF_MARIA, late, of_zoe))

        assert counts(report.counts["Écritures"]) == (2, 0, 2)
        entries = LedgerEntry.select(LedgerEntry, Lease).join(Lease)
        assert {entry.label for entry in entries if entry.lease.tenant == zoe()} == {"Loyer"}
        assert sum(entry.amount for entry in entries if entry.lease.tenant == zoe()) == 300
        assert sum(entry.amount for entry in entries if entry.lease.tenant == maria.tenant) == 600

    def test_of_three_in_turn_each_gets_what_is_of_their_time(self, maria, tenant_file, ledger_file):
        """The number is the dwelling's. A deposit is of the lease that begins next."""
        import_tenants(tenant_file(HERE | {"ends_on": "30/06/2026"}, PAUL))
        second = zoe()
        third = HERE | {"last_name": "ROSSI", "first_names": "Luc", "starts_on": "01/09/2026"}
        import_tenants(tenant_file(third, PAUL | {"starts_on": "15/09/2026"}))
        days = ("15/12/2019", "01/01/2020", "14/03/2026", "15/03/2026", "31/08/2026", "01/09/2026", "02/09/2026")

        import_ledger(ledger_file(*(("0012345", MARIA["reference"], day, "Divers", "1", "") for day in days)))

        entries = LedgerEntry.select(LedgerEntry, Lease).join(Lease).where(LedgerEntry.label == "Divers")
        whose = [entry.lease.tenant for entry in entries.order_by(LedgerEntry.date)]
        assert whose == [maria.tenant] * 3 + [second] * 2 + [zoe()] * 2

    @pytest.mark.parametrize("erp_id", ["", "E902"])
    def test_what_was_entered_late_for_the_first_one_stays_theirs(self, maria, tenant_file, tmp_path, erp_id):
        def ledger(*lines):
            return write_table(tmp_path / "ecritures.csv", (*LEDGER, "Identifiant"), lines)

        late = ("0012345", MARIA["reference"], "25/03/2026", "Régularisation de charges", "150", "", erp_id)
        import_ledger(ledger(late))
        import_tenants(tenant_file(HERE, PAUL))

        assert counts(import_ledger(ledger(late)).counts["Écritures"]) == (0, 0, 1)
        another = (*late[:-1], erp_id and "E903")
        assert counts(import_ledger(ledger(late, another)).counts["Écritures"]) == (1, 0, 1)
        assert counts(import_ledger(ledger(late, another)).counts["Écritures"]) == (0, 0, 2)
        leases = [it.lease.tenant for it in LedgerEntry.select().where(LedgerEntry.date == date(2026, 3, 25))]
        assert leases == [maria.tenant, zoe()]

    def test_alike_lines_beyond_the_first_one_s_are_the_second_one_s(self, maria, tenant_file, ledger_file):
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
        assert whose == [(maria.tenant, 1), (zoe(), 1), (zoe(), 2)]

    def test_an_amount_that_the_erp_mends_later_is_mended_for_the_first_one(self, maria, tenant_file, tmp_path):
        def ledger(amount):
            line = ("0012345", MARIA["reference"], "25/03/2026", "Régularisation de charges", amount, "", "E902")
            return write_table(tmp_path / "ecritures.csv", (*LEDGER, "Identifiant"), [line])

        import_ledger(ledger("150"))
        import_tenants(tenant_file(HERE, PAUL))
        assert counts(import_ledger(ledger("120")).counts["Écritures"]) == (0, 1, 0)
        assert LedgerEntry.get(LedgerEntry.erp_id == "E902").lease.tenant == maria.tenant

    @pytest.mark.parametrize("line", [ZOE, HERE])
    def test_papers_of_the_first_one_s_time_stay_theirs(self, maria, tenant_file, tmp_path, line):
        import_tenants(tenant_file(line, PAUL))
        files = OF_MARIA_S_AVIS | {
            "0012345_2025-12_avis.pdf": pdf("un autre de Maria"),
            "0012345_2026-03_avis.pdf": pdf("de Zoé"),
            "0012345_2018-01_avis.pdf": pdf("d'avant elles"),
        }
        report = import_documents(write_folder(tmp_path / "autres", files))
        assert counts(report.counts["Documents"]) == (3, 0, 1)
        assert [path_of(it.digest).read_bytes() for it in Document.of_tenant(zoe())] == [pdf("de Zoé")]
        assert len(Document.of_tenant(maria.tenant)) == 3

    @pytest.mark.parametrize("line", [SAME_MONTH, SAME_MONTH | {"reference": MARIA["reference"]}])
    def test_the_same_file_again_stays_with_whom_it_was_brought_in_for(self, maria, tenant_file, tmp_path, line):
        import_tenants(tenant_file(line, PAUL))
        report = import_documents(tmp_path / "papiers")
        assert counts(report.counts["Documents"]) == (0, 0, 1)
        assert not Document.of_tenant(zoe())

    def test_what_was_taken_back_from_the_second_does_not_go_to_the_first(
        self, maria, tenant_file, tmp_path, make_agent
    ):
        import_tenants(tenant_file(ZOE, PAUL))
        path = write_folder(tmp_path / "autres", {"0012345_2026-04_avis.pdf": pdf("faux")})
        import_documents(path)
        withdraw_document(Document.of_tenant(zoe())[0], make_agent())
        Lease.update(ends_on=None).where(Lease.tenant == maria.tenant).execute()
        assert counts(import_documents(path).counts["Documents"]) == (0, 0, 1)

    @pytest.mark.parametrize("more", [(), (SAME_MONTH | {"reference": "G-7", "starts_on": "01/06/2026"},)])
    def test_a_paper_of_the_month_of_both_is_neither_s_without_a_dwelling(self, maria, tenant_file, tmp_path, more):
        import_tenants(tenant_file(SAME_MONTH, *more, PAUL))
        path = write_folder(tmp_path / "autres", {"0012345_2026-01_quittance.pdf": pdf("de qui ?")})
        with pytest.raises(ImportRefused, match=r"plusieurs locataires ce mois-là.*référence logement dans index\.csv"):
            import_documents(path)

    def test_the_dwelling_tells_whose_it_is_in_the_month_of_both_and_later(self, maria, tenant_file, tmp_path):
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
        kinds = [it.kind for it in Document.of_tenant(maria.tenant)]
        assert kinds == ["regularisation", "avis", "quittance"]

    def test_a_letter_for_many_is_for_whoever_has_the_dwelling_named(self, maria, tenant_file, tmp_path):
        """The very same file, that the first one has already."""
        index = "fichier;numéro locataire;mois;type;référence logement\nlettre.pdf;0012345;2026-01;courrier;{}\n"
        files = {"index.csv": index.format(MARIA["reference"]).encode(), "lettre.pdf": pdf("Travaux")}
        import_documents(write_folder(tmp_path / "lettre", files))
        import_tenants(tenant_file(SAME_MONTH, PAUL))
        import_documents(write_folder(tmp_path / "autre", files | {"index.csv": index.format("B-2").encode()}))
        assert [it.title for it in Document.of_tenant(zoe())] == ["Courrier"]
        again = write_folder(tmp_path / "encore", {"0012345_2026-01_courrier.pdf": pdf("Travaux")})
        assert counts(import_documents(again).counts["Documents"]) == (0, 0, 1)

    def test_a_paper_of_after_both_is_the_last_one_s(self, maria, tenant_file, tmp_path):
        import_tenants(tenant_file(SAME_MONTH | {"ends_on": "30/06/2026"}, PAUL))
        import_documents(write_folder(tmp_path / "autres", {"0012345_2026-08_regularisation.pdf": pdf("de Zoé")}))
        assert [it.kind for it in Document.of_tenant(zoe())] == ["regularisation"]
        assert [it.kind for it in Document.of_tenant(maria.tenant)] == ["avis"]

    def test_a_dwelling_that_both_had_is_his_from_his_entry_there_though_he_had_another_before(
        self, maria, tenant_file, tmp_path
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

    def test_where_the_dwelling_is_both_s_the_first_one_s_own_number_tells(self, maria, tenant_file, tmp_path):
        import_tenants(tenant_file(SAME_MONTH | {"reference": MARIA["reference"]}, PAUL))
        index = "fichier;numéro locataire;mois;type;référence logement\na.pdf;{};2026-01;quittance;{}\n"
        path = tmp_path / "autres"
        by_now = index.format("0012345", MARIA["reference"]).encode()
        write_folder(path, {"index.csv": by_now, "a.pdf": pdf("de qui ?")})
        with pytest.raises(ImportRefused, match="pour l'ancien, écrivez son n°"):
            import_documents(path)
        first = Tenant.get_by_id(maria.tenant_id).number
        write_folder(path, {"index.csv": index.format(first, MARIA["reference"]).encode()})
        import_documents(path)
        assert [it.kind for it in Document.of_tenant(maria.tenant)] == ["avis", "quittance"]
        assert not Document.of_tenant(zoe())

    def test_a_first_entry_before_the_entry_is_the_newcomer_s_own(self, tenant_file, ledger_file):
        """As before, where nobody had the number: deposits are paid before the keys are there."""
        import_tenants(tenant_file(ZOE))
        import_ledger(ledger_file(("0012345", "B-2", "01/03/2026", "Dépôt de garantie", "500", "")))
        assert LedgerEntry.get().lease.tenant == zoe()


class TestAFirstNameInCommon:
    """« Maria D'ANGELO-PAOLI » and « Maria ROSSI »: one who has married, or two of whom the second reads all of the
    first. A lease that goes on tells, or the name at birth.
    """

    ROSSI = MARIA | {"last_name": "ROSSI", "birth_name": "", "email": "", "reference": "B-2", "starts_on": "15/03/2026"}

    def test_who_has_no_lease_of_theirs_is_somebody_else(self, maria, tenant_file):
        path = tenant_file(self.ROSSI, PAUL)
        (warning,) = look_at_tenants(path).warnings
        assert (
            str(warning)
            .replace("\u00a0", " ")
            .endswith(
                "passe de D'ANGELO-PAOLI Maria Stella à ROSSI Maria Stella, pour un autre bail ; si c'est la même "
                "personne, donnez son nom d'avant dans « Nom de naissance »"
            )
        )
        with pytest.raises(ImportRefused, match="d'une personne à une autre"):
            import_tenants(path, sure=False)
        import_tenants(path)
        assert zoe() != maria.tenant
        assert zoe().email == ""

    @pytest.mark.parametrize(
        "line",
        [ROSSI | {"birth_name": "Paoli"}, ROSSI | {"reference": MARIA["reference"], "starts_on": MARIA["starts_on"]}],
    )
    def test_who_bore_the_name_or_keeps_the_lease_is_themselves(self, tenant_file, line):
        import_tenants(tenant_file(MARIA))
        tenant = zoe()
        path = tenant_file(line)
        assert look_at_tenants(path).warnings == []
        import_tenants(path, sure=False)
        assert (zoe(), zoe().last_name) == (tenant, "ROSSI")


class TestTheSameTenant:
    """A name that changes while the lease goes on: a spouse who stays, a name corrected."""

    @pytest.mark.parametrize("dates", [{}, {"starts_on": ""}, {"ends_on": "31/12/2090"}])
    def test_who_keeps_the_lease_keeps_the_account(self, tenant_file, dates):
        import_tenants(tenant_file(MARIA, PAUL))
        account = Account.of(zoe())
        line = MARIA | {"last_name": "MARTIN", "first_names": "Zoé", "birth_name": ""} | dates

        (warning,) = look_at_tenants(tenant_file(line, PAUL)).warnings
        assert str(warning).endswith("passe de D'ANGELO-PAOLI Maria Stella à MARTIN Zoé, pour le même bail")
        import_tenants(tenant_file(line, PAUL))
        assert (zoe(), zoe().last_name) == (account.tenant, "MARTIN")
        assert zoe().email == "maria@exemple.test"

    def test_an_access_that_was_blocked_when_somebody_died_stays_so_for_who_keeps_the_lease(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        Account.of(zoe()).block()
        import_tenants(tenant_file(HERE | {"starts_on": MARIA["starts_on"]}, PAUL))
        assert zoe().last_name == "MARTIN"
        assert Account.is_blocked(zoe())

    def test_who_keeps_it_under_the_name_of_one_before_does_not_become_them(self, maria, tenant_file):
        import_tenants(tenant_file(HERE, PAUL))
        second = zoe()
        import_tenants(tenant_file(MARIA | {"starts_on": HERE["starts_on"]}, PAUL))
        assert zoe() == second
        assert Tenant.get_by_id(maria.tenant_id).number.startswith("0012345-ANCIEN-")

    def test_the_address_of_before_is_told_nobody_s_name(self, app, tenant_file, outbox):
        """It is that of the person before; the name on file by then is the next one's."""
        import_tenants(tenant_file(MARIA, PAUL))
        Account.of(zoe())
        with app.app_context():
            import_tenants(tenant_file(HERE | {"starts_on": MARIA["starts_on"], "email": "zoe@exemple.test"}, PAUL))
        assert zoe().full_name == "M. Zoé MARTIN"
        told = outbox.deliver()
        assert told.recipients == [MARIA["email"]]
        for word in ("MARTIN", "ANGELO", "zoe@"):
            assert word not in told.body + told.html

    def test_one_of_several_leases_is_enough(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        account = Account.of(zoe())
        line = MARIA | {"last_name": "MARTIN", "first_names": "Zoé", "birth_name": ""}
        import_tenants(tenant_file(line | {"reference": "G-7", "starts_on": "01/01/2026"}, line, PAUL))
        assert zoe() == account.tenant
        assert zoe().leases.count() == 2

    def test_a_lease_that_had_ended_does_not_go_on_without_a_date(self, tenant_file):
        import_tenants(tenant_file(MARIA | {"ends_on": "31/01/2026"}))
        import_tenants(tenant_file(HERE | {"starts_on": ""}))
        assert [lease.ends_on for lease in zoe().leases] == [None]
        assert Tenant.select().count() == 2

    def test_one_whose_last_day_is_today_goes_on_still(self, tenant_file):
        import_tenants(tenant_file(MARIA | {"ends_on": f"{clock.today():%d/%m/%Y}"}))
        import_tenants(tenant_file(HERE | {"starts_on": ""}))
        assert [tenant.last_name for tenant in Tenant.select()] == ["MARTIN"]

    @pytest.mark.parametrize("names", [{"last_name": "ROSSI"}, {"first_names": "Stella Maria"}, {"birth_name": "X"}])
    def test_a_name_that_changes_in_part_wants_no_second_look(self, tenant_file, names):
        import_tenants(tenant_file(MARIA))
        assert look_at_tenants(tenant_file(MARIA | names)).warnings == []


class TestSecondYes:
    def test_it_is_seen_before_and_wants_somebody_to_be_sure(self, maria, tenant_file):
        path = tenant_file(ZOE, PAUL)
        seen = look_at_tenants(path)
        (warning,) = seen.warnings
        assert str(warning).replace("\u00a0", " ") == (
            "ligne 2 : le n° 0012345 passe de D'ANGELO-PAOLI Maria Stella à MARTIN Zoé, pour un autre bail"
        )
        assert seen.doubts == ("Numéros de locataire qui passent d'une personne à une autre\u00a0: 1.",)
        before = rows_on_file()
        with pytest.raises(ImportRefused, match="d'une personne à une autre"):
            import_tenants(path, sure=False)
        assert rows_on_file() == before
        assert import_tenants(path).warnings == seen.warnings

    def test_no_account_is_needed_for_that(self, tenant_file):
        import_tenants(tenant_file(MARIA))
        assert len(look_at_tenants(tenant_file(ZOE)).warnings) == 1

    def test_however_many_are_counted_and_some_told(self, tenant_file, monkeypatch):
        monkeypatch.setattr("ophportal.imports.tenants.handover.MOST_SHOWN", 2)
        lines = [PAUL | {"number": f"{n}", "reference": f"{n}"} for n in range(1, 6)]
        import_tenants(tenant_file(*lines))
        others = [line | {"last_name": "LÉCA", "first_names": "Anis"} for line in lines]
        seen = look_at_tenants(tenant_file(*others))
        assert len(seen.warnings) == 2
        assert seen.doubts == ("Numéros de locataire qui passent d'une personne à une autre\u00a0: 5.",)


@pytest.mark.parametrize(
    ("before", "after", "two"),
    [
        # Last name, first names, name at birth.
        (("DURAND", "Paul", ""), ("MARTIN", "Zoé", ""), True),
        (("MARTIN", "Paul", ""), ("MARTIN", "Zoé", ""), True),
        (("MARTIN", "Paul", ""), ("MARTIN-LÉCA", "Zoé", ""), True),
        (("MARTIN", "Jean et Anne", ""), ("MARTIN", "Luc et Zoé", ""), True),
        (("Mme DURAND", "", ""), ("Mme MARTIN", "", ""), True),
        (("M. et Mme DURAND", "", ""), ("M. et Mme MARTIN", "", ""), True),
        (("DURAND", "", ""), ("MARTIN", "Zoé", ""), True),
        (("D'ANGELO", "", ""), ("D'ORNANO", "", ""), True),
        (("LE GALL", "", ""), ("LE GOFF", "", ""), True),
        (("EL AMRANI", "", ""), ("EL IDRISSI", "", ""), True),
        (("SAN MARTINO", "", ""), ("SAN GIULIANO", "", ""), True),
        (("PAOLI née MARTIN", "", ""), ("ROSSI née LÉCA", "", ""), True),
        (("LE", "", ""), ("Lê", "", ""), False),
        (("DURAND", "Zoé", ""), ("MARTIN", "Zoé", ""), False),
        (("DURAND", "Zoé", ""), ("MARTIN", "", "DURAND"), False),
        (("MARTIN", "Paul", ""), ("PAUL", "Martin", ""), False),
        (("LE GALL", "Paul Ange", ""), ("PAUL", "Le Gall", ""), False),
        (("MARTIN", "Zoé", ""), ("Martin Zoe", "", ""), False),
        (("MARTIN", "Zoe", ""), ("MARTIN", "Zoé Marie", ""), False),
        (("MARTIN", "Paul et Zoé", ""), ("MARTIN", "Zoé", ""), False),
        (("LEGALL", "", ""), ("LE GALL", "", ""), False),
    ],
)
def test_when_two_names_are_two_people(before, after, two):
    assert are_two_people(Names(*before), Names(*after)) is two
    assert are_two_people(Names(*after), Names(*before)) is two


@pytest.mark.parametrize(
    ("before", "after", "perhaps"),
    [
        (("DURAND", "Zoé", ""), ("MARTIN", "Zoé", ""), True),
        (("DURAND", "Zoé", "LÉCA"), ("MARTIN", "Zoé Marie", "PAOLI"), True),
        (("DURAND", "Zoé", ""), ("MARTIN", "Zoé", "DURAND"), False),
        (("DURAND", "Zoé", "MARTIN"), ("MARTIN", "Zoé", ""), False),
        (("DURAND", "Zoé", ""), ("DURAND-MARTIN", "Zoé", ""), False),
        (("LEGALL", "Zoé", ""), ("LE GALL", "Zoé", ""), False),
        (("MARTIN", "Paul", ""), ("PAUL", "Martin", ""), False),
        (("MARTIN", "Zoé", ""), ("Martin Zoe", "", ""), False),
    ],
)
def test_when_one_first_name_is_perhaps_two_people_s(before, after, perhaps):
    for one, other in ((before, after), (after, before)):
        assert not are_two_people(Names(*one), Names(*other))
        assert may_be_two_people(Names(*one), Names(*other)) is perhaps
