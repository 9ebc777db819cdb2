"""Queries whose SQL is written once: they say what Peewee says, to every store and with every value."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from ophportal import database
from ophportal.models import (
    AccessRequest,
    Account,
    AddressChange,
    DeliveryConsent,
    Document,
    Dwelling,
    Event,
    Job,
    JournalEntry,
    Lease,
    LedgerEntry,
    TemporaryPassword,
    Tenant,
    TenantSession,
)
from ophportal.models.account import NO_PASSWORD, NOBODY, OwnPassword
from ophportal.models.job import LEDGER_IMPORT, JobState
from ophportal.models.ledger_entry import ReadEntry
from ophportal.models.situation import standings_of
from ophportal.prepared import OftenMade, Prepared, given, instances
from ophportal.testing import add_lease
from tests import stores
from tests.lives import drop, enter, request_of

BEGUN_BY = Prepared(lambda: Lease.select(Lease, Dwelling).join(Dwelling).where(Lease.starts_on <= given("day")))


@pytest.fixture
def leases(make_tenant):
    tenant = make_tenant(starts_on=date(2020, 1, 1))
    return [*tenant.leases, add_lease(tenant, "0900-00-001", date(2024, 5, 1), date(2025, 4, 30))]


def test_each_call_has_values_of_its_own(leases):
    assert [row[0] for row in BEGUN_BY.rows(day=date(2020, 1, 1))] == [leases[0].id]
    assert [row[0] for row in BEGUN_BY.rows(day=date(2026, 1, 1))] == [lease.id for lease in leases]
    assert BEGUN_BY.rows(day=date(2019, 12, 31)) == []


def test_the_sql_is_written_once(leases):
    assert BEGUN_BY.sql()[0] is BEGUN_BY.sql()[0]


def test_the_instances_of_a_row_are_those_that_peewee_makes(leases):
    made = [list(instances(row, Lease, Dwelling)) for row in BEGUN_BY.rows(day=date(2026, 1, 1))]
    assert made == [[lease, lease.dwelling] for lease in leases]
    assert [lease.__data__ for lease, _ in made] == [lease.__data__ for lease in Lease.select()]
    assert [home.__data__ for _, home in made] == [home.__data__ for home in Dwelling.select()]
    assert not any(instance.dirty_fields for row in made for instance in row)


def test_the_leases_of_a_tenant_s_pages_are_peewee_s(leases):
    tenant = leases[0].tenant
    for found in (Lease.all_of(tenant), Lease.current_of(tenant), [Lease.one_of(tenant, leases[1].id)]):
        rows = [Lease.get_by_id(lease.id) for lease in found]
        assert [lease.__data__ for lease in found] == [row.__data__ for row in rows]
        assert [lease.dwelling.__data__ for lease in found] == [row.dwelling.__data__ for row in rows]
        assert not any(lease.dirty_fields for lease in found)


def test_the_documents_of_a_tenant_s_page_are_peewee_s_about_a_lease_or_about_none(leases, statements):
    tenant = leases[0].tenant
    dropped = [drop(tenant, "de l'appartement", lease=leases[0]), drop(tenant, "de tous les baux")]
    reference = leases[0].dwelling.reference
    statements.clear()
    found = Document.of_tenant(tenant)
    assert [(it.id, it.lease and it.lease.dwelling.reference) for it in found] == [
        (dropped[1].id, None), (dropped[0].id, reference),
    ]  # fmt: skip
    assert len(statements) == 1
    assert [it.__data__ for it in found] == [Document.get_by_id(it.id).__data__ for it in found]


def test_a_change_of_address_comes_with_its_tenant_as_peewee_s_do(make_account, statements):
    tenant = make_account().tenant
    asked = AddressChange.ask(tenant, "stella@exemple.test", "token", "digest", "other digest")
    statements.clear()
    found = [AddressChange.pending_of(tenant), AddressChange.pending_with("digest")]
    assert [change.tenant.__data__ for change in found] == [Tenant.get_by_id(tenant.id).__data__] * 2
    assert [change.__data__ for change in found] == [AddressChange.get_by_id(asked.id).__data__] * 2
    assert not any(change.dirty_fields for change in found)
    assert len(statements) == 4


def test_the_consent_in_force_is_peewee_s_and_not_one_that_was_taken_back(make_tenant):
    tenant, other = make_tenant(), make_tenant("ROSSI", "Paul", number="2", reference="2", email="paul@exemple.test")
    DeliveryConsent.give(other, "D'accord aussi")
    DeliveryConsent.give(tenant, "D'accord")
    DeliveryConsent.withdraw(tenant)
    assert DeliveryConsent.of(tenant) is None
    DeliveryConsent.give(tenant, "D'accord de nouveau")
    found = DeliveryConsent.of(tenant)
    assert found.__data__ == DeliveryConsent.get(DeliveryConsent.wording == "D'accord de nouveau").__data__
    assert not found.dirty_fields


def test_a_session_comes_with_its_account_and_its_tenant_as_peewee_s_do(make_account, statements):
    account = make_account()
    TenantSession.start(account=make_account("ROSSI", "Paul", number="2", reference="2"), device="", network_address="")
    given_to = {"device": "Firefox", "network_address": "192.0.2.1", "also_proved": account, "must_choose": True}
    opened = TenantSession.start(account=account, form_digest="of a form", **given_to)
    statements.clear()
    found = TenantSession.named_by(opened.token)
    told = [found, found.account, found.tenant]
    assert len(statements) == 1
    assert [it.__data__ for it in told] == [type(it).get_by_id(it.id).__data__ for it in told]
    assert [it.id for it in told] == [opened.id, account.id, account.tenant.id]
    assert not any(it.dirty_fields for it in told)


def test_an_account_comes_with_its_tenant_as_peewee_s_do_and_with_its_passwords(make_account, statements):
    account, other = make_account(), make_account("ROSSI", "Paul", number="2", reference="2")
    account.block()
    statements.clear()
    found = Account.with_tenant(account.id)
    told = [found, found.tenant]
    assert len(statements) == 1
    assert [it.__data__ for it in told] == [type(it).get_by_id(it.id).__data__ for it in told]
    assert not any(it.dirty_fields for it in told)
    own = {it.id: OwnPassword(it.password_hash, it.password_since) for it in Account.select()}
    assert Account.passwords_of([account.id, other.id]) == own
    assert Account.passwords_of([other.id, NOBODY]) == {other.id: own[other.id], NOBODY: NO_PASSWORD}


@pytest.mark.parametrize("instant", ["10:00:30", "10:00:00.5", "10:00:00.312790"])
def test_a_password_has_one_version_however_its_instant_ends(make_account, instant):
    """A browser is known by it: PostgreSQL drops the zeros at its end, and one in ten would have been a stranger."""
    with time_machine.travel(f"2026-03-02 {instant}+01:00", tick=False):
        account = make_account()
    assert Account.passwords_of([account.id])[account.id].since == Account.get_by_id(account.id).password_since


def test_a_mailed_password_is_peewee_s(make_account):
    account = make_account()
    request = AccessRequest.create(**request_of(account.tenant))
    mailed = TemporaryPassword.issue(account, request, "digest")
    for form_digest in ("", "of a form"):
        found = TemporaryPassword.valid_for([NOBODY, account.id], "digest", form_digest)
        assert found.__data__ == TemporaryPassword.get_by_id(mailed.id).__data__
        assert not found.dirty_fields
    assert TemporaryPassword.valid_for([NOBODY, NOBODY], "digest", "") is None


def test_where_the_leases_stand_is_what_their_rows_say(leases, statements):
    tenant, today = leases[0].tenant, date(2025, 4, 30)
    leases.append(add_lease(tenant, "0900-00-002", date(2025, 5, 1)))
    for lease, amount in ((leases[0], "412.35"), (leases[0], "-0.01"), (leases[2], "-12.00")):
        enter(lease, "2025-04-01", "Loyer, virement", amount)
    ended = datetime(2025, 4, 29, 22, 30, tzinfo=UTC)
    Job.create(kind=LEDGER_IMPORT, state=JobState.DONE, finished_at=ended)
    # Neither brought a ledger in.
    Job.create(kind=LEDGER_IMPORT, state=JobState.REFUSED, finished_at=ended + timedelta(hours=1))
    Job.create(kind="import_tenants", state=JobState.DONE, finished_at=ended + timedelta(hours=2))
    statements.clear()
    found = standings_of(tenant, today)
    assert len(statements) == 1
    rows = [Lease.get_by_id(lease.id) for lease in leases]
    homes = [(row.id, row.dwelling.reference, row.dwelling.kind, row.dwelling.address) for row in rows]
    assert [(it.lease_id, it.reference, it.kind, it.address) for it in found] == homes
    assert [it.begins_on for it in found] == [None, None, rows[2].starts_on]
    assert [it.is_running for it in found] == [True, True, False]
    assert [it.balance for it in found] == [Decimal("412.34"), None, Decimal(-12)]
    assert [it.as_of for it in found] == [ended] * 3


def test_an_entry_as_pages_read_it_says_what_its_row_says(leases):
    for amount in ("412.35", "-0.01", "0.00"):
        enter(leases[0], "2026-01-01", "Loyer, virement", amount)
    rows = LedgerEntry.of(leases[0])
    read = [ReadEntry(row.lease_id, row.date, row.label, row.amount, row.nature) for row in rows]
    assert LedgerEntry.whole_of(leases[0]) == read
    assert LedgerEntry.recent_of(leases[0].tenant, date(2026, 1, 1)) == read
    assert LedgerEntry.recent_of(leases[0].tenant, date(2026, 1, 2)) == []


def test_a_value_is_written_as_its_field_writes_it(make_tenant):
    make_tenant()
    seen_after = Prepared(lambda: Tenant.select(given("moment", TenantSession.last_seen_at.db_value)).limit(1))
    [(kept,)] = seen_after.rows(moment=datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    assert TenantSession.last_seen_at.python_value(kept) == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="naive"):
        seen_after.rows(moment=datetime(2026, 3, 2, 9, 0))  # noqa: DTZ001


def test_a_row_made_often_is_the_one_that_peewee_makes(make_tenant):
    told = {"event": Event.LOGIN, "tenant": make_tenant(), "detail": "Firefox", "at": datetime(2026, 3, 2, tzinfo=UTC)}
    often, by_peewee = JournalEntry.create(**told), super(OftenMade, JournalEntry).create(**told)
    kept = [JournalEntry.get_by_id(entry.id).__data__ | {"id": None} for entry in (often, by_peewee)]
    assert kept[0] == kept[1]
    assert often.__data__ | {"id": None} == by_peewee.__data__ | {"id": None}
    assert not often.dirty_fields


def test_a_value_that_is_missing_is_an_error(leases):
    with pytest.raises(KeyError, match="day"):
        BEGUN_BY.rows()


def test_another_store_is_asked_once_it_is_bound(app, leases, tmp_path):
    try:
        database.bind(stores.new_store(tmp_path / "another.sqlite"), str(tmp_path))
        database.migrate()
        assert BEGUN_BY.rows(day=date(2026, 1, 1)) == []
    finally:
        database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])
    assert len(BEGUN_BY.rows(day=date(2026, 1, 1))) == 2
