"""Upgrades: what a store of any earlier version holds stays; a migration that fails changes nothing."""

import shutil

import pytest

from ophportal import database
from ophportal.store.sqlite import SqliteStore
from tests.old_stores import LEVELS, VERSIONS, fill, kept, load, our_tables, rows_of, runner
from tests.stores import is_postgresql, new_store

if is_postgresql():
    from ophportal.store.postgresql import PostgresqlStore

FAILS_HALFWAY = """
from peewee import IntegerField


def up(migrator, db):
    migrator.migrate(migrator.add_column("tenant", "score", IntegerField(default=0)))
    db.execute_sql("UPDATE tenant SET last_name = 'perdu'")
    db.execute_sql("CREATE TABLE half_done (id INTEGER PRIMARY KEY)")
    db.execute_sql("DROP TABLE building_contact")
    raise RuntimeError("in the middle")
"""
# What makes a schema, triggers and partial indexes and all.
SQLITE_SCHEMA = ("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",)
POSTGRESQL_SCHEMA = (
    "SELECT table_name, table_name || '.' || column_name, data_type || is_nullable FROM information_schema.columns"
    " WHERE table_schema = 'public'",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT contype, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND contype <> 't'",
    "SELECT 0, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
)
# The portal has run on PostgreSQL since then.
FIRST_ON_POSTGRESQL = "0010_lighter_search"


@pytest.fixture
def make_store(tmp_path):
    """A function that opens an empty store as the portal does."""
    opened = []

    def make(name="old.sqlite"):
        url = new_store(tmp_path / name)
        opened.append(PostgresqlStore(url) if is_postgresql() else SqliteStore(url.removeprefix("sqlite:///")))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def schema_of(store):
    """The schema's statements; those of tables as sets of lines, since a column added later stands last."""
    asked = POSTGRESQL_SCHEMA if is_postgresql() else SQLITE_SCHEMA
    statements = [row for question in asked for row in store.execute_sql(question).fetchall()]
    return {(name, frozenset(sql.split(", ")) if sql else None) for _, name, sql in statements}


def check_sound(store):
    if is_postgresql():  # which checks links as it goes, and keeps its pages by sums of its own
        return
    assert store.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert store.execute_sql("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_store_of_any_version_keeps_what_it_holds_and_becomes_as_a_new_one(make_store, level):
    if is_postgresql() and level < FIRST_ON_POSTGRESQL:
        pytest.skip("the portal did not run on PostgreSQL then")
    old, new = make_store(), make_store("new.sqlite")
    runner(old).up(target=level)
    fill(old)
    before = rows_of(old)
    assert all(before.values()), "a table without rows shows nothing"

    assert runner(old).up() == list(LEVELS[LEVELS.index(level) + 1 :])

    assert kept(before, rows_of(old)) == before
    runner(new).up()
    assert schema_of(old) == schema_of(new)
    check_sound(old)
    # Every tenant can be found again: those whose words are not in the index are known to be missing.
    assert old.execute_sql("SELECT count(*) FROM search_stale").fetchone() == (len(before["tenant"]),)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.stem)
def test_the_office_of_a_tagged_version_keeps_what_it_holds(make_store, version):
    old, new = make_store(), make_store("new.sqlite")
    load(old, version.read_text(encoding="utf-8"))
    before = rows_of(old)
    runner(old).up()
    assert kept(before, rows_of(old)) == before
    runner(new).up()
    assert schema_of(old) == schema_of(new)
    check_sound(old)


def test_since_when_an_agent_has_their_password_is_what_the_journal_tells(make_store):
    store = make_store()
    runner(store).up(target="0019_old_mails")
    fill(store, rows=4)
    events = [
        (1, "agent_activated", "01"), (1, "password_changed", "05"), (1, "login", "09"), (2, "login", "09"),
        (3, "agent_activated", "07"), (4, "agent_activated", "07"),
    ]  # fmt: skip
    # The fourth was invited anew since: the password of then is void.
    store.execute_sql("UPDATE agent SET password_hash = '' WHERE id = 4")
    store.execute_sql("DELETE FROM journal_entry")
    for agent, event, day in events:
        store.execute_sql(
            "INSERT INTO journal_entry (at, event, subject, network_address, detail, agent_id)"
            f" VALUES ({store.param}, {store.param}, '', '', '', {store.param})",
            (f"2026-03-{day} 10:00:00", event, agent),
        )
    runner(store).up()
    told = store.execute_sql("SELECT CAST(password_set_at AS text) FROM agent ORDER BY id").fetchall()
    assert told == [("2026-03-05 10:00:00",), (None,), ("2026-03-07 10:00:00",), (None,)]


def entries_after(store, *entries):
    """What an upgrade makes of these ledger entries, told by day, label, debit in cents and identifier; and which of
    several alike each is.
    """
    runner(store).up(target="0011_journal_without_mailboxes")
    fill(store)
    store.execute_sql("DELETE FROM ledger_entry")
    for entry in entries:
        store.execute_sql(
            "INSERT INTO ledger_entry (lease_id, date, label, debit, credit, erp_id, occurrence)"
            f" VALUES (1, {', '.join([store.param] * 3)}, 0, {store.param}, 1)",
            entry,
        )
    runner(store).up()
    told = "CAST(date AS text), label, debit, erp_id"
    rows = store.execute_sql(f"SELECT {told}, occurrence FROM ledger_entry ORDER BY id").fetchall()
    return [row[:4] for row in rows], [row[4] for row in rows]


def test_an_entry_that_a_spreadsheet_has_doubled_is_one_again(make_store):
    january, february = ("2026-01-05", "Loyer janvier", 40000), ("2026-02-05", "Loyer février", 40000)
    after, _ = entries_after(
        make_store(),
        (*january, "0000123"),
        (*february, "00124"),
        (*january, "123"),
        (*february, "A-0124"),
        (*january, "000125"),
        (*february, "125"),
        (*january, "0"),
        (*january, "1-23"),
    )
    assert after == [
        (*january, "123"),
        (*february, "124"),
        (*february, "A-0124"),
        # An ERP that counts anew each year has both: nobody's money goes on a guess.
        (*january, "000125"),
        (*february, "125"),
        (*january, "0"),
        (*january, "1-23"),
    ]


def test_labels_are_kept_as_imports_read_them(make_store):
    """Told in two ways and put on file twice, both stay: nobody can tell whether they are one."""
    day, amount = "2026-02-05", 40000
    labels = (
        "Loyer f\u00e9vrier",
        "Frais d\u2019huissier",
        "Loyer fe\u0301vrier",
        "Frais d'huissier",
        "Rejet de l\u2018APL",
    )
    after, occurrences = entries_after(
        make_store(),
        *[(day, label, amount, "") for label in labels],
        (day, "Frais d\u2019huissier", amount, "A-1"),
    )
    assert [label for _, label, *_ in after] == [
        *("Loyer f\u00e9vrier", "Frais d'huissier") * 2,
        "Rejet de l'APL",
        "Frais d'huissier",
    ]
    assert sorted(occurrences) == [1, 1, 1, 1, 2, 2]
    assert {amount for _, _, amount, _ in after} == {40000}


def test_a_migration_that_fails_halfway_changes_nothing_and_goes_through_once_mended(make_store, tmp_path):
    migrations = shutil.copytree(database.MIGRATIONS, tmp_path / "migrations")
    store = make_store()
    runner(store).up()
    fill(store)
    before, schema = rows_of(store), schema_of(store)
    failing = migrations / "9999_fails.py"
    failing.write_text(FAILS_HALFWAY)

    with pytest.raises(RuntimeError, match="in the middle"):
        runner(store, migrations).up()

    assert rows_of(store) == before
    assert schema_of(store) == schema
    check_sound(store)
    failing.write_text(FAILS_HALFWAY.replace("raise", "#"))
    assert runner(store, migrations).up() == ["9999_fails"]
    assert "half_done" in our_tables(store)


def test_of_two_migrations_the_one_before_the_failure_stays(make_store, tmp_path):
    """Each is its own transaction: what was applied is noted with it, and is not applied again."""
    migrations = shutil.copytree(database.MIGRATIONS, tmp_path / "migrations")
    store = make_store()
    fine = "def up(migrator, db):\n    db.execute_sql('CREATE TABLE fine (id INTEGER)')\n"
    (migrations / "9998_fine.py").write_text(fine)
    (migrations / "9999_fails.py").write_text(FAILS_HALFWAY)

    with pytest.raises(RuntimeError, match="in the middle"):
        runner(store, migrations).up()

    assert {*runner(store, migrations).applied()} == {*LEVELS, "9998_fine"}
    assert store.table_exists("fine")
