"""All that one store holds, copied to another: every row with its key, or nothing at all."""

import pytest
from peewee import IntegrityError, SqliteDatabase

from ophportal import database
from ophportal.backups import copying
from ophportal.backups.copying import CopyError, copy, counts, snapshot
from ophportal.models import TABLES, LedgerEntry, Tenant
from tests.old_stores import fill, runner
from tests.stores import on_postgresql


@pytest.fixture
def source(tmp_path):
    store = SqliteDatabase(tmp_path / "source.sqlite", pragmas={"foreign_keys": 1})
    runner(store).up()
    fill(store, rows=5)
    yield store
    store.close()


@pytest.fixture
def target(app):
    """The portal's own store, of the kind that the tests run on: empty, as before each test."""
    return database.proxy.obj


def rows(store):
    """What the models read in a store: so the two kinds can be compared."""
    return {table: list(table.select().order_by(table.id).tuples().bind(store).execute(store)) for table in TABLES}


def test_every_row_of_every_table_is_there_with_its_key(source, target, monkeypatch):
    monkeypatch.setattr(copying, "BATCH", 2)  # so that there are several of them
    told = []
    with snapshot(source), database.writing():
        found = copy(source, target, lambda *how_far: told.append(how_far))

    assert {*found.values()} == {5}
    assert rows(target) == rows(source)
    assert told[-1] == (5 * len(TABLES), 5 * len(TABLES))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_new_rows_follow_those_copied_and_every_tenant_will_be_found(source, target):
    with snapshot(source), database.writing():
        copy(source, target)
    assert Tenant.create(number="x", number_key="x", last_name="PAOLI").id == 6
    assert target.execute_sql("SELECT count(*) FROM search_stale").fetchone()[0] == 6


@on_postgresql
def test_a_text_that_postgresql_has_no_place_for_is_copied_as_it_would_be_written(source, target):
    source.execute_sql("UPDATE tenant SET last_name = 'PA' || char(0) || 'OLI' WHERE id = 3")
    with snapshot(source), database.writing():
        copy(source, target)
    assert Tenant.get_by_id(3).last_name == "PA\ufffdOLI"


@on_postgresql
def test_whoever_asks_first_is_planned_for_what_has_been_copied(source, target):
    """PostgreSQL looks at a new table by itself, a minute or two later; the restarted portal is asked at once."""
    with snapshot(source), database.writing():
        copy(source, target)
    tables = [table._meta.table_name for table in TABLES]
    planned_for = target.execute_sql("SELECT reltuples FROM pg_class WHERE relname = ANY(%s)", (tables,)).fetchall()
    assert planned_for == [(5,)] * len(tables)


def test_what_is_written_meanwhile_is_not_copied_and_not_missed(source, target, tmp_path, monkeypatch):
    """The counts are of the moment that is copied, as the rows are."""
    other = SqliteDatabase(source.database, pragmas={"journal_mode": "wal"})
    other.connect()
    write = copying.write

    def write_while_somebody_else_does(store, table, some):
        other.execute_sql("UPDATE tenant SET last_name = 'plus tard'")
        other.execute_sql("DELETE FROM building_contact")
        write(store, table, some)

    monkeypatch.setattr(copying, "write", write_while_somebody_else_does)
    with snapshot(source), database.writing():
        found = copy(source, target)
    assert found["building_contact"] == 5
    assert "plus tard" not in {tenant.last_name for tenant in Tenant.select()}
    other.close()


def test_a_row_that_does_not_fit_leaves_nothing_behind(source, target):
    source.execute_sql("PRAGMA foreign_keys = off")
    source.execute_sql("UPDATE ledger_entry SET lease_id = 999 WHERE id = 5")
    with pytest.raises(IntegrityError), snapshot(source), database.writing():
        copy(source, target)
    assert {*counts(target).values()} == {0}


def test_a_table_that_is_not_found_again_is_told_by_its_name(source, target, monkeypatch):
    """It has no rows: no number of them would tell."""
    source.execute_sql("DELETE FROM ledger_entry")
    tables = target.get_tables()
    monkeypatch.setattr(target, "get_tables", lambda: [name for name in tables if name != "ledger_entry"])
    with pytest.raises(CopyError, match="ledger_entry, qui n'est pas là"), snapshot(source), database.writing():
        copy(source, target)


def test_a_row_that_gets_lost_is_told_by_its_table(source, target, monkeypatch):
    write = copying.write
    losing = lambda store, table, some: write(store, table, some[: 4 if table is LedgerEntry else None])  # noqa: E731
    monkeypatch.setattr(copying, "write", losing)
    with pytest.raises(CopyError, match="ledger_entry, 5 lues et 4 écrites"), snapshot(source), database.writing():
        copy(source, target)
    assert {*counts(target).values()} == {0}
