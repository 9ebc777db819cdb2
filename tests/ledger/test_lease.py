"""A lease: its days, and its place among its tenant's."""

from datetime import date

import pytest
import time_machine

from ophportal.models import Lease
from ophportal.models.situation import standings_of
from ophportal.office.selection import chosen
from ophportal.testing import add_lease


@pytest.mark.parametrize(
    ("day", "is_running"), [("2026-01-31", False), ("2026-02-01", True), ("2026-06-30", True), ("2026-07-01", False)]
)
def test_it_runs_from_its_first_day_to_its_last(make_tenant, day, is_running):
    tenant = make_tenant(starts_on=date(2026, 2, 1), ends_on=date(2026, 6, 30))
    with time_machine.travel(f"{day} 12:00"):
        assert [lease.is_running for lease in Lease.all_of(tenant)] == [is_running]
        assert bool(Lease.current_of(tenant)) is is_running
        assert Lease.select().where(Lease.is_not_over()).exists() is (day <= "2026-06-30")


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_to_come"),
    [
        (None, None, False),
        ("2026-03-10", None, False),
        ("2026-03-11", None, True),
        ("2026-03-11", "2026-03-11", True),
        # Ended before it could begin.
        ("2026-03-11", "2026-03-09", False),
    ],
)
def test_it_is_to_come_until_its_first_day(make_tenant, starts_on, ends_on, is_to_come):
    starts_on, ends_on = (day and date.fromisoformat(day) for day in (starts_on, ends_on))
    tenant = make_tenant(starts_on=starts_on, ends_on=ends_on)
    first_day = starts_on if is_to_come else None
    with time_machine.travel("2026-03-10 12:00"):
        assert [lease.begins_on for lease in Lease.all_of(tenant)] == [first_day]
        assert Lease.select().where(Lease.is_to_come(date(2026, 3, 10))).exists() is is_to_come


@pytest.mark.usefixtures("app")
class TestWithoutFirstDay:
    """The ERP knows since when of newer leases alone: one without is older than any other, whatever the store."""

    def references(self, leases):
        return [lease.dwelling.reference for lease in leases]

    def test_it_stands_where_the_oldest_does(self, make_tenant):
        tenant = make_tenant(reference="0123-04-056", starts_on=date(2020, 1, 1))
        add_lease(tenant, "0101-01-001")
        assert self.references(Lease.current_of(tenant)) == ["0101-01-001", "0123-04-056"]
        assert self.references(Lease.all_of(tenant)) == ["0123-04-056", "0101-01-001"]
        assert [it.reference for it in standings_of(tenant, date(2026, 11, 26))] == ["0101-01-001", "0123-04-056"]

    def test_the_letter_goes_to_it(self, make_tenant):
        tenant = make_tenant(reference="0123-04-056", starts_on=date(2020, 1, 1))
        add_lease(tenant, "0101-01-001")
        assert [one.dwelling.reference for one in chosen([tenant.id])] == ["0101-01-001"]
