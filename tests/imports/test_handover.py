"""A tenant number under another name: somebody else's from now on, or the same tenant's, whose name has changed."""

from datetime import date, timedelta

import pytest

from ophportal import clock
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
from ophportal.office.carrying import rows_to_carry
from tests.conftest import log_in, request_code
from tests.imports.handed_over import HERE, OF_MARIA, ZOE, zoe
from tests.spaces import as_read
from tests.tables import write_table
from tests.tenant_lines import MARIA, PAUL, counts, rows_on_file


class TestSomebodyElse:
    def test_who_gets_a_number_that_was_another_s_starts_with_nothing(self, maria_before, tenant_file):
        report = import_tenants(tenant_file(ZOE, PAUL))

        assert counts(report.counts["Locataires"]) == (1, 0, 1)
        assert zoe() != maria_before.tenant
        assert (zoe().full_name, zoe().email, zoe().phone) == ("M. Zoé MARTIN", "", "")
        assert [lease.dwelling.reference for lease in zoe().leases] == ["B-2"]
        assert not LedgerEntry.select().join(Lease).where(Lease.tenant == zoe()).exists()
        assert not Document.of_tenant(zoe())
        assert DeliveryConsent.of(zoe()) is None
        assert not Account.select().where(Account.tenant == zoe()).exists()

    def test_so_does_who_has_the_same_last_name(self, maria_before, tenant_file):
        son = {"civility": "M.", "first_names": "Luc", "birth_name": "", "email": ""}
        import_tenants(tenant_file(MARIA | son | {"reference": "B-2", "starts_on": "15/03/2026"}, PAUL))
        assert zoe() != maria_before.tenant
        assert [lease.dwelling.reference for lease in zoe().leases] == ["B-2"]

    def test_the_first_one_s_papers_stay_theirs_under_a_number_that_nobody_gives(self, maria_before, tenant_file):
        import_tenants(tenant_file(ZOE, PAUL))

        before = Tenant.get_by_id(maria_before.tenant_id)
        assert (before.full_name, before.email) == ("Mme Maria Stella D'ANGELO-PAOLI", "maria@exemple.test")
        assert before.number == f"0012345-ANCIEN-{before.id}"
        assert before.number_key == number_key(before.number)
        assert [lease.ends_on for lease in before.leases] == [date(2026, 1, 31)]
        assert LedgerEntry.select().join(Lease).where(Lease.tenant == before).count() == 2
        assert len(Document.of_tenant(before)) == 1

    def test_who_asks_for_a_code_is_never_answered_at_the_first_one_s_address(
        self, maria_before, client, outbox, tenant_file
    ):
        import_tenants(tenant_file(ZOE, PAUL))

        request_code(client, name="Martin", email="zoe@exemple.test", dwelling_reference="B-2")
        outbox.deliver()
        assert outbox.sent == []
        assert [it.tenant for it in Verification.select()] == [zoe()]

    @pytest.mark.parametrize("ends_on", [None, date(2090, 12, 31)])
    def test_a_first_one_whose_lease_still_ran_enters_no_more(self, maria_before, client, tenant_file, ends_on):
        Lease.update(ends_on=ends_on).where(Lease.tenant == maria_before.tenant).execute()
        log_in(client, maria_before)
        seen = look_at_tenants(tenant_file(ZOE, PAUL))
        assert seen.gone.count == 0

        assert import_tenants(tenant_file(ZOE, PAUL)).gone == seen.gone
        assert client.get("/compte").status_code == 303
        assert log_in(client, maria_before).status_code == 422
        assert Lease.get(Lease.tenant == maria_before.tenant).ends_on == clock.today() - timedelta(days=1)

    def test_what_the_first_one_told_the_portal_is_not_to_be_carried_into_the_erp(self, maria_before, tenant_file):
        told = {"phone": "06 39 98 12 34", "replaced_phone": "04 65 71 12 34", "replaced_email_key": "m@exemple.test"}
        told |= {"email": "stella@exemple.test", "email_key": "stella@exemple.test"}
        Tenant.update(told).where(Tenant.id == maria_before.tenant).execute()
        assert len(list(rows_to_carry())) == 2
        import_tenants(tenant_file(ZOE, PAUL))
        assert list(rows_to_carry()) == []
        before = Tenant.get_by_id(maria_before.tenant.id)
        assert (before.replaced_phone, before.replaced_email_key) == ("", "")

    def test_the_same_dwelling_let_again_is_another_s_too(self, maria_before, tenant_file):
        import_tenants(tenant_file(HERE, PAUL))
        assert [lease.starts_on for lease in zoe().leases] == [date(2026, 3, 15)]
        assert not LedgerEntry.select().join(Lease).where(Lease.tenant == zoe()).exists()

    def test_the_same_file_again_changes_nothing(self, maria_before, tenant_file):
        path = tenant_file(ZOE, PAUL)
        import_tenants(path)
        before = rows_on_file()
        again = import_tenants(path)
        assert (rows_on_file(), again.warnings) == (before, [])
        assert [counts(it)[:2] for it in again.counts.values()] == [(0, 0)] * 3

    def test_a_number_may_change_hands_twice(self, maria_before, tenant_file):
        import_tenants(tenant_file(ZOE, PAUL))
        import_tenants(tenant_file(MARIA | {"reference": "C-3", "starts_on": "01/04/2026"}, PAUL))
        assert zoe().last_name == "D'ANGELO-PAOLI"
        assert zoe() != maria_before.tenant
        assert Tenant.select().where(Tenant.number.startswith("0012345-ANCIEN-")).count() == 2


class TestAnOldFile:
    """A file of years ago gives the number to who bore it then; the right one mends that."""

    ONCE = ZOE | {"starts_on": "01/01/2010", "ends_on": "01/01/2022"}

    @pytest.fixture
    def mistaken(self, maria_before, tenant_file):
        """The right file, after the wrong one has been imported over it."""
        Lease.update(ends_on=None).where(Lease.tenant == maria_before.tenant).execute()
        import_tenants(tenant_file(self.ONCE, PAUL))
        assert zoe() != maria_before.tenant
        return tenant_file(MARIA, PAUL)

    def test_the_right_one_gives_the_number_back_with_all_that_was_theirs(
        self, maria_before, mistaken, client, ledger_file
    ):
        (warning,) = look_at_tenants(mistaken).warnings
        assert str(warning).endswith(
            "revient de MARTIN Zoé à D'ANGELO-PAOLI Maria Stella, qui l'avait avant et retrouve son dossier"
        )
        looked = look_at_tenants(mistaken)
        done = import_tenants(mistaken)
        assert [counts(it) for it in done.counts.values()] == [counts(it) for it in looked.counts.values()]

        assert (zoe(), zoe().number) == (maria_before.tenant, "0012345")
        assert Tenant.select().where(Tenant.last_name == "D'ANGELO-PAOLI").count() == 1
        assert log_in(client, maria_before).status_code == 303
        assert counts(import_ledger(ledger_file(*OF_MARIA)).counts["Écritures"]) == (0, 0, 2)
        aside = Tenant.get(Tenant.last_name == "MARTIN")
        assert aside.number == f"0012345-ANCIEN-{aside.id}"

    def test_the_same_file_again_changes_nothing(self, mistaken):
        import_tenants(mistaken)
        before = rows_on_file()
        assert import_tenants(mistaken).warnings == []
        assert rows_on_file() == before

    def test_a_file_without_ends_has_the_lease_run_again(self, maria_before, mistaken, tmp_path):
        titles = ("N° locataire", "Nom", "Prénoms", "Réf. logement")
        line = ("0012345", MARIA["last_name"], MARIA["first_names"], MARIA["reference"])
        import_tenants(write_table(tmp_path / "sans.csv", titles, [line]))
        assert (zoe(), Lease.has_current(zoe())) == (maria_before.tenant, True)

    def test_a_lease_that_the_right_one_tells_as_ended_does_not_run_again(self, maria_before, client, tenant_file):
        right = (MARIA | {"ends_on": "31/01/2026"}, PAUL)
        for lines in ((self.ONCE, PAUL), right):
            import_tenants(tenant_file(*lines))
        assert zoe() == maria_before.tenant
        assert zoe().leases.get().ends_on == date(2026, 1, 31)
        assert log_in(client, maria_before).status_code == 422

    @pytest.mark.parametrize("other", [{"reference": "C-3"}, {"last_name": "ROSSI"}, {"first_names": "Maria Luisa"}])
    def test_who_only_looks_like_them_is_somebody_new(self, maria_before, mistaken, tenant_file, other):
        import_tenants(tenant_file(MARIA | {"birth_name": ""} | other, PAUL))
        assert zoe() != maria_before.tenant
        assert Tenant.get_by_id(maria_before.tenant_id).number.startswith("0012345-ANCIEN-")

    def test_each_of_several_leases_runs_again(self, maria_before, tenant_file):
        right = (MARIA, MARIA | {"reference": "G-1"}, PAUL)
        for lines in (right, (self.ONCE, PAUL), right):
            import_tenants(tenant_file(*lines))
        assert zoe() == maria_before.tenant
        assert {lease.dwelling.reference: lease.ends_on for lease in zoe().leases} == {"0123-04-056": None, "G-1": None}

    def test_so_is_who_gets_another_number_than_theirs(self, maria_before, mistaken, tenant_file):
        import_tenants(tenant_file(self.ONCE, MARIA | {"number": PAUL["number"]}))
        assert Tenant.by_number(PAUL["number"]) != maria_before.tenant
        assert Tenant.get_by_id(maria_before.tenant_id).number.startswith("0012345-ANCIEN-")


class TestAFirstNameInCommon:
    """« Maria D'ANGELO-PAOLI » and « Maria ROSSI »: one who has married, or two of whom the second reads all of the
    first. A lease that goes on tells, or the name at birth.
    """

    ROSSI = MARIA | {"last_name": "ROSSI", "birth_name": "", "email": "", "reference": "B-2", "starts_on": "15/03/2026"}

    def test_who_has_no_lease_of_theirs_is_somebody_else(self, maria_before, tenant_file):
        path = tenant_file(self.ROSSI, PAUL)
        (warning,) = look_at_tenants(path).warnings
        assert as_read(str(warning)).endswith(
            "passe de D'ANGELO-PAOLI Maria Stella à ROSSI Maria Stella, pour un autre bail ; si c'est la même "
            "personne, donnez son nom d'avant dans « Nom de naissance »"
        )
        with pytest.raises(ImportRefused, match="d'une personne à une autre"):
            import_tenants(path, sure=False)
        import_tenants(path)
        assert zoe() != maria_before.tenant
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
        account = Account.get_or_open(zoe())
        line = MARIA | {"last_name": "MARTIN", "first_names": "Zoé", "birth_name": ""} | dates

        (warning,) = look_at_tenants(tenant_file(line, PAUL)).warnings
        assert str(warning).endswith("passe de D'ANGELO-PAOLI Maria Stella à MARTIN Zoé, pour le même bail")
        import_tenants(tenant_file(line, PAUL))
        assert (zoe(), zoe().last_name) == (account.tenant, "MARTIN")
        assert zoe().email == "maria@exemple.test"

    def test_an_access_that_was_blocked_when_somebody_died_stays_so_for_who_keeps_the_lease(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        Account.get_or_open(zoe()).block()
        import_tenants(tenant_file(HERE | {"starts_on": MARIA["starts_on"]}, PAUL))
        assert zoe().last_name == "MARTIN"
        assert Account.is_blocked(zoe())

    def test_who_keeps_it_under_the_name_of_one_before_does_not_become_them(self, maria_before, tenant_file):
        import_tenants(tenant_file(HERE, PAUL))
        second = zoe()
        import_tenants(tenant_file(MARIA | {"starts_on": HERE["starts_on"]}, PAUL))
        assert zoe() == second
        assert Tenant.get_by_id(maria_before.tenant_id).number.startswith("0012345-ANCIEN-")

    def test_the_address_of_before_is_told_nobody_s_name(self, app, tenant_file, outbox):
        """It is that of the person before; the name on file by then is the next one's."""
        import_tenants(tenant_file(MARIA, PAUL))
        Account.get_or_open(zoe())
        with app.app_context():
            import_tenants(tenant_file(HERE | {"starts_on": MARIA["starts_on"], "email": "zoe@exemple.test"}, PAUL))
        assert zoe().full_name == "M. Zoé MARTIN"
        told = outbox.deliver()
        assert told.recipients == [MARIA["email"]]
        for word in ("MARTIN", "ANGELO", "zoe@"):
            assert word not in told.body + told.html

    def test_one_of_several_leases_is_enough(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        account = Account.get_or_open(zoe())
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
    def test_it_is_seen_before_and_wants_somebody_to_be_sure(self, maria_before, tenant_file):
        path = tenant_file(ZOE, PAUL)
        seen = look_at_tenants(path)
        (warning,) = seen.warnings
        assert as_read(str(warning)) == (
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
