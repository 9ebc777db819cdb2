"""The store: what the migrations make is what the models expect."""

import pytest
from peewee import SqliteDatabase

from ophportal import database
from ophportal.models import TABLES


def shape_of(db):
    tables = {}
    # The search's tables are no model's: SQLite makes some of them itself (tests/test_search.py).
    ours = [name for name in db.get_tables() if not name.startswith(("tenant_search", "search_stale"))]
    for name in sorted(set(ours) - {"schema_migration"}):
        columns = {(c.name, c.data_type, c.null, c.primary_key) for c in db.get_columns(name)}
        indexes = {(i.name, tuple(i.columns), i.unique) for i in db.get_indexes(name)}
        links = {(f.column, f.dest_table) for f in db.get_foreign_keys(name)}
        tables[name] = (columns, indexes, links)
    return tables


def test_migrations_make_the_tables_that_the_models_expect(app, tmp_path):
    expected = SqliteDatabase(tmp_path / "models.sqlite")
    with expected.bind_ctx(TABLES):
        expected.create_tables(TABLES)

    assert shape_of(database.proxy) == shape_of(expected)
    expected.close()


@pytest.mark.parametrize(("version", "mode"), [((3, 40, 1), "truncate"), ((3, 51, 2), "truncate"), ((3, 51, 3), "wal")])
def test_wal_is_used_only_where_it_is_sound(version, mode):
    assert database.journal_mode(version) == mode


def test_the_store_is_read_by_its_owner_alone(app):
    assert database.store_path().stat().st_mode & 0o777 == 0o600


def test_no_search_reads_every_row(app):
    plan = database.proxy.execute_sql(
        "EXPLAIN QUERY PLAN SELECT rowid FROM tenant_search WHERE tenant_search MATCH '\"a\"*'"
    )
    assert "VIRTUAL TABLE INDEX" in str(plan.fetchall())
