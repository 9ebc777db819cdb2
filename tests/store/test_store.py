"""The store: what the migrations make is what the models expect."""

import subprocess
import sys
from contextlib import ExitStack, closing, suppress

import pytest
from peewee import OperationalError, SqliteDatabase

from ophportal import database, models, store
from ophportal.models import TABLES, JournalEntry
from ophportal.store import sqlite
from ophportal.store.sqlite import SqliteStore
from tests import stores
from tests.conftest import log_in

PRAGMA = 19  # SQLITE_PRAGMA (sqlite.org/c3ref/c_alter_table.html)


def shape_of(db):
    tables = {}
    # The search's tables are no model's: SQLite makes some of them itself (tests/console/test_search.py).
    ours = [name for name in db.get_tables() if not name.startswith(("tenant_search", "search_stale"))]
    for name in sorted(set(ours) - {"schema_migration"}):
        columns = {(c.name, c.data_type, c.null, c.primary_key) for c in db.get_columns(name)}
        indexes = {(i.name, tuple(i.columns), i.unique) for i in db.get_indexes(name)}
        links = {(f.column, f.dest_table) for f in db.get_foreign_keys(name)}
        tables[name] = (columns, indexes, links)
    return tables


def test_migrations_make_the_tables_that_the_models_expect(app, tmp_path):
    expected = stores.peewee_of(stores.new_store(tmp_path / "models.sqlite"))
    with expected.bind_ctx(TABLES):
        expected.create_tables(TABLES)

    assert shape_of(database.proxy) == shape_of(expected)
    expected.close()


# A thread of the system's own that runs Python and ends, as the server's do.
FOREIGN_THREAD = """
import ctypes, sys
from ophportal import database

database.bind(sys.argv[1])

@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def ask(_):
    database.proxy.execute_sql("SELECT 1").fetchall()

system, thread = ctypes.CDLL(None), ctypes.c_ulong()
for _ in range(3):
    system.pthread_create(ctypes.byref(thread), None, ask, None)
    system.pthread_join(thread, None)
print(len(database.proxy.kept), database.proxy.execute_sql("SELECT 'goes on'").fetchone()[0])
"""


def test_a_thread_of_the_server_s_that_has_asked_it_something_ends_alone(app, tmp_path):
    """Its connection was closed as it ended, and Python 3.11 ended the whole process with it, at each rest."""
    url = stores.new_store(tmp_path / "asked.sqlite")
    done = subprocess.run([sys.executable, "-c", FOREIGN_THREAD, url], capture_output=True, text=True)
    assert done.stderr == ""
    # Threads that follow each other bear one ident: the connections of dead ones do not add up.
    assert done.stdout == "1 goes on\n"


def test_a_store_of_the_first_version_is_brought_forward_with_what_it_holds(tmp_path):
    """As it was before the console: a tenant with a password, and a request that waits for a person."""
    store = SqliteDatabase(tmp_path / "old.sqlite", pragmas={"foreign_keys": 1})
    runner = database.migrations(store)
    runner.up(target="0001_initial")
    now = "2026-11-01 10:00:00"
    for statement in (
        "INSERT INTO tenant VALUES"
        " (1, '0012345', '12345', 'Mme', 'PAOLI', '', 'Maria', 'm@exemple.test', 'm@exemple.test', '')",
        "INSERT INTO dwelling VALUES (1, '1-A', '1A', '12 rue des Lilas', '20090', 'Ajaccio', 'T3')",
        "INSERT INTO lease VALUES (1, 1, 1, '2020-01-01', NULL)",
        f"INSERT INTO account VALUES (1, 1, '7K2M-94QF', '7K2M94QF', '$argon2id$x', '{now}', '{now}')",
        f"INSERT INTO access_request VALUES (1, 't1', 'PAOLI', 'x@exemple.test', '1-A', '12345', '', '{now}',"
        f" 'other_address', 1, '{now}')",
        f"INSERT INTO access_request VALUES (2, 't2', '', '', '', '', '', '{now}', 'other_address', 1, '{now}')",
        f"INSERT INTO access_request VALUES (3, 't3', 'PAOLI', 'm@exemple.test', '1-A', '12345', '', '{now}',"
        f" 'credentials_sent', 1, '{now}')",
        f"INSERT INTO journal_entry VALUES (1, '{now}', 'login', 1, 's', '', '192.0.2.1', '')",
    ):
        store.execute_sql(statement)

    runner.up()

    assert store.execute_sql("SELECT activated_at, blocked_at FROM account").fetchall() == [(now, None)]
    # What has been forgotten, or was answered, waits for nobody.
    assert store.execute_sql("SELECT request_id, tenant_id, decision FROM verification").fetchall() == [(1, 1, "")]
    assert store.execute_sql("SELECT tenant FROM search_stale").fetchall() == [(1,)]
    asked = store.execute_sql("SELECT letter_digest, asked_by_id FROM access_request WHERE id = 1")
    assert asked.fetchall() == [("", None)]
    assert store.execute_sql("PRAGMA foreign_key_check").fetchall() == []
    assert store.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
    store.close()


@pytest.mark.parametrize(("version", "mode"), [((3, 40, 1), "truncate"), ((3, 51, 2), "truncate"), ((3, 51, 3), "wal")])
def test_wal_is_used_only_where_it_is_sound(version, mode):
    assert sqlite.journal_mode(version) == mode


@stores.on_sqlite
def test_the_store_is_read_by_its_owner_alone(app, tmp_path):
    assert database.store_path().stat().st_mode & 0o777 == 0o600
    # Made by whichever command came before « migrate ».
    asked = SqliteStore(str(tmp_path / "asked.sqlite"))
    with pytest.raises(OperationalError), closing(asked):
        asked.execute_sql("SELECT * FROM tenant")
    assert asked.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("turn_taken")
def test_who_waits_for_their_turn_in_vain_is_told_whose_it_is(monkeypatch):
    monkeypatch.setattr(store, "TURN_PATIENCE", 0.2)
    with pytest.raises(OperationalError, match="un import est en cours"), database.proxy.in_turn():
        pass
    assert stores.patience() == store.LOCK_TIMEOUT


def test_who_waits_for_their_turn_has_it_as_soon_as_the_other_is_done(tmp_path, monkeypatch):
    mine, theirs = (SqliteStore(str(tmp_path / "turns.sqlite")) for _ in range(2))
    with ExitStack() as other:
        other.enter_context(theirs.in_turn())
        pauses = []
        monkeypatch.setattr(sqlite.time, "sleep", lambda seconds: pauses.append(seconds) or other.close())
        with mine.in_turn():
            assert pauses == [sqlite.PAUSE]


@pytest.mark.usefixtures("turn_taken")
def test_a_portal_that_is_up_to_date_starts_while_an_import_has_its_turn():
    assert database.migrate() == []


@pytest.mark.usefixtures("app")
def test_one_that_is_behind_says_in_the_log_what_it_is_brought_to(tmp_path, caplog):
    caplog.set_level("INFO")
    database.bind(stores.new_store(tmp_path / "behind.sqlite"))
    applied = database.migrate()
    assert [f"the store is brought forward: {', '.join(applied)}"] == caplog.messages


@pytest.mark.usefixtures("older_version")
def test_a_newer_version_s_store_is_not_served():
    with pytest.raises(database.NewerStoreError, match="version plus récente du portail"):
        database.migrate()


def test_what_pages_ask_in_turn_is_prepared_once_however_much_was_asked_before(tmp_path):
    """pysqlite3 by itself keeps a hundred statements, and lets the newest push each other out."""
    store = sqlite.SqliteStore(str(tmp_path / "asked.sqlite"))
    prepared = []
    # SQLite asks for leave as it prepares a statement, and at no other time.
    store.connection().set_authorizer(lambda *asked: prepared.append(asked) or 0)
    before, pages = (
        [f"SELECT {number}" for number in range(300)],
        ["SELECT 'home'", "SELECT 'ledger'", "SELECT 'papers'"],
    )
    for statement in [*before, *pages]:
        store.execute_sql(statement).fetchall()
    assert prepared
    prepared.clear()
    for statement in pages * 2:
        store.execute_sql(statement).fetchall()
    assert not prepared
    store.close()


@stores.on_sqlite
def test_what_a_login_and_its_first_page_ask_is_prepared_once(app, client, make_account):
    """SQLite prepares a statement anew for each number that is bound to its LIMIT, and for each name of a savepoint."""
    prepared, account = [], make_account()
    # A PRAGMA is done as it is prepared.
    database.proxy.connection().set_authorizer(lambda deed, *told: 0 if deed == PRAGMA else prepared.append(told) or 0)
    try:
        for _ in range(3):
            prepared.clear()
            log_in(client, account)
            assert client.get("/compte").status_code == 200
            client.log_out()
    finally:
        database.proxy.connection().set_authorizer(None)
    assert prepared == []


def test_a_transaction_within_another_is_undone_alone(app):
    note = lambda detail: JournalEntry.create(event=models.Event.LOGOUT, detail=detail)  # noqa: E731
    with database.writing():
        note("kept")
        with database.writing():
            note("kept within")
            with suppress(LookupError), database.writing():
                note("undone")
                with database.writing():
                    note("undone with what is around it")
                raise LookupError
        note("kept after")
    assert [entry.detail for entry in JournalEntry.select().order_by(JournalEntry.id)] == [
        "kept", "kept within", "kept after"
    ]  # fmt: skip


def test_a_write_that_need_not_last_waits_for_no_disk_and_the_next_one_does(app):
    ask = "SHOW synchronous_commit" if stores.is_postgresql() else "PRAGMA synchronous"
    waits, waits_not = ("on", "off") if stores.is_postgresql() else (2, sqlite.SAFE_ENOUGH)
    how = lambda: database.proxy.execute_sql(ask).fetchone()[0]  # noqa: E731
    database.proxy.close()  # the next connection is as careful as the office's
    with database.writing(lasting=False):
        assert how() == waits_not
    with database.writing():
        assert how() == waits
        with database.writing(lasting=False):
            assert how() == waits, "it would take what is around it along"
        with database.proxy.writing_at_once():
            assert how() == waits
    with database.proxy.writing_at_once():
        assert how() == waits_not
    assert how() == waits
