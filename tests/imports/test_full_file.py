"""A file that is said to be complete: who is not in it, whose leases end, and what if it was cut."""

from datetime import date, timedelta

import pytest
import time_machine

from ophportal import clock
from ophportal.imports.tenants import import_tenants, look_at_tenants
from ophportal.models import Lease, TenantSession
from tests.conftest import log_in
from tests.tenant_lines import MARIA, PAUL, counts


class TestFullFile:
    def test_who_left_the_file_is_told_and_left_alone(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        report = import_tenants(tenant_file(MARIA))
        assert (report.gone.count, report.gone.running, report.ended) == (1, 2, 0)
        assert report.gone.first == ("ROSSI Paul, n°\u00a00067890, 0123-04-057",)

    @pytest.mark.parametrize("full", [False, True])
    def test_whose_line_is_refused_is_in_the_file_all_the_same(self, tenant_file, full):
        import_tenants(tenant_file(MARIA, PAUL))
        report = look_at_tenants(tenant_file(MARIA, PAUL | {"email": "paul"}), full=full)
        assert report.rejected == 1
        assert (report.gone.count, report.gone.first, report.ended) == (0, (), 0)
        assert report.doubts == ()
        assert Lease.select().where(Lease.is_current()).count() == 2

    def test_only_a_file_said_to_be_full_ends_their_leases_as_of_yesterday(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        path = tenant_file(MARIA)
        assert look_at_tenants(path, full=True).ended == 1
        assert import_tenants(path, full=True).ended == 1
        ended = Lease.get(Lease.ends_on.is_null(False))
        assert (ended.tenant.last_name, ended.ends_on) == ("ROSSI", clock.today() - timedelta(days=1))
        assert import_tenants(path, full=True).gone.count == 0

    def test_their_tenants_are_out_at_once(self, tenant_file, client, make_account):
        account = make_account(number="999", reference="9-9", email="x@exemple.test")
        log_in(client, account)
        import_tenants(tenant_file(MARIA), full=True)
        assert client.get("/compte").status_code == 303
        assert log_in(client, account).status_code == 422
        assert TenantSession.select().count() <= 1

    def test_a_newcomer_of_a_full_file_stays(self, tenant_file):
        import_tenants(tenant_file(MARIA))
        report = import_tenants(tenant_file(PAUL), full=True)
        assert (report.gone.count, report.ended) == (1, 1)
        assert [lease.tenant.last_name for lease in Lease.select().where(Lease.is_current())] == ["ROSSI"]

    def test_one_of_several_leases_ends_alone(self, tenant_file):
        import_tenants(tenant_file(MARIA, MARIA | {"reference": "G-7"}))
        import_tenants(tenant_file(MARIA), full=True)
        assert [lease.ends_on is None for lease in Lease.select().order_by(Lease.id)] == [True, False]

    @pytest.mark.parametrize("full", [True, False])
    def test_a_full_file_mends_what_a_partial_one_ended_whether_it_has_the_dates_or_not(self, tenant_file, full):
        fields = ("number", "last_name", "reference")
        import_tenants(tenant_file(MARIA, PAUL))
        import_tenants(tenant_file(MARIA), full=True)
        report = import_tenants(tenant_file(MARIA, PAUL, only=fields), full=full)
        assert counts(report.counts["Baux"]) == ((0, 1, 1) if full else (0, 0, 2))
        assert Lease.select().where(Lease.is_current()).count() == (2 if full else 1)

    def test_leases_that_had_ended_are_not_touched(self, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL | {"ends_on": "31/12/2020"}))
        import_tenants(tenant_file(MARIA), full=True)
        assert Lease.get(Lease.ends_on.is_null(False)).ends_on == date(2020, 12, 31)

    def test_a_lease_that_was_to_begin_does_not_and_may_again(self, tenant_file):
        soon = clock.today() + timedelta(days=10)
        to_come = PAUL | {"starts_on": f"{soon:%d/%m/%Y}"}
        import_tenants(tenant_file(MARIA, to_come))
        report = import_tenants(tenant_file(MARIA), full=True)
        assert (report.gone.count, report.gone.running, report.ended) == (1, 2, 1)
        with time_machine.travel(soon, tick=False):
            assert [lease.tenant.last_name for lease in Lease.select().where(Lease.is_current())] == ["D'ANGELO-PAOLI"]
        import_tenants(tenant_file(MARIA, to_come), full=True)
        assert Lease.select().where(Lease.ends_on.is_null()).count() == 2

    def test_a_file_that_leaves_out_more_than_a_fifth_is_suspicious(self, tenant_file):
        lines = [PAUL | {"number": str(n), "reference": str(n)} for n in range(1, 11)]
        import_tenants(tenant_file(*lines))
        assert not look_at_tenants(tenant_file(*lines[2:]), full=True).doubts
        assert look_at_tenants(tenant_file(*lines[3:]), full=True).doubts
        assert not look_at_tenants(tenant_file(*lines[3:])).doubts


class TestFileCutShort:
    """Cut just behind a line's end it looks whole: the tenants of the others would be locked out until the next one."""

    @pytest.mark.parametrize(("kept", "is_doubted"), [(190, False), (189, True), (150, True)])
    def test_more_than_one_lease_in_twenty_ends_at_somebody_s_word_alone(self, tenant_file, kept, is_doubted):
        lines = [MARIA | {"number": f"{n}", "reference": f"{n}", "email": ""} for n in range(1, 201)]
        import_tenants(tenant_file(*lines))

        doubts = look_at_tenants(tenant_file(*lines[:kept]), full=True).doubts

        assert [doubt.startswith("Baux en cours qui se terminent") for doubt in doubts] == [True] * is_doubted

    def test_a_small_office_says_no_word_for_two_of_its_twenty(self, tenant_file):
        lines = [MARIA | {"number": f"{n}", "reference": f"{n}", "email": ""} for n in range(1, 21)]
        import_tenants(tenant_file(*lines))
        assert look_at_tenants(tenant_file(*lines[:18]), full=True).doubts == ()
