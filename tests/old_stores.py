"""Stores as earlier versions left them: at a level of the migrations, with rows in every table of that level."""

import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import Database, SqliteDatabase
from playhouse.migrations import Runner

from ophportal import database
from ophportal.models import TABLES

# What an office held that ran each tagged version (the last lines of this file write it).
VERSIONS = sorted((Path(__file__).parent / "versions").glob("*.sql"))
LEVELS = tuple(sorted(path.stem for path in database.MIGRATIONS.glob("[0-9]*.py")))
HISTORY = "schema_migration"
# The search's tables are no model's; triggers and `ophportal.search` fill them.
SEARCH = ("tenant_search", "search_stale")
LONG_AGO = datetime(2026, 1, 31, 23, 59, 59)  # noqa: DTZ001 - as the store has it: naive UTC

Rows = dict[str, list[dict[str, Any]]]


def runner(store: Database, folder: Any = database.MIGRATIONS) -> Runner:
    return Runner(store, str(folder), table_name=HISTORY)


def our_tables(store: Database) -> list[str]:
    return sorted(name for name in store.get_tables() if name != HISTORY and not name.startswith(SEARCH))


# Columns that a migration takes away.
GONE = {("journal_entry", "mailbox")}


def fill(store: Database, rows: int = 3) -> None:
    """Put so many rows into every table: each column has a value of its type, and each link leads somewhere."""
    links = {
        name: {link.column: link.dest_table for link in store.get_foreign_keys(name)} for name in our_tables(store)
    }
    while links:
        table = next(name for name in links if links.keys().isdisjoint(links[name].values()))
        led = links.pop(table)
        columns = [column for column in store.get_columns(table) if not column.primary_key]
        names = ", ".join(f'"{column.name}"' for column in columns)
        marks = ", ".join([store.param] * len(columns))
        for n in range(1, rows + 1):
            values = [n if column.name in led else plausible(column, n) for column in columns]
            store.execute_sql(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)


def plausible(column: Any, n: int) -> Any:
    kind = column.data_type.lower()
    if "date" in kind or "timestamp" in kind:
        moment = LONG_AGO + timedelta(days=n)
        return date.isoformat(moment.date()) if kind == "date" else str(moment)
    if "int" in kind:
        return n
    return bool(n % 2) if "bool" in kind else f"{column.name} {n} é"


def rows_of(store: Database) -> Rows:
    """What is in every table of ours, a dict a row, in the order of their keys."""
    found: Rows = {}
    for table in our_tables(store):
        cursor = store.execute_sql(f'SELECT * FROM "{table}" ORDER BY id')
        names = [column[0] for column in cursor.description]
        found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return found


def kept(before: Rows, after: Rows) -> Rows:
    """Of `after`, what was there before: those rows of those tables, in those columns; as before, what was to go."""
    return {
        table: [
            {name: value if (table, name) in GONE else now[name] for name, value in then.items()}
            for then in rows
            for now in after[table]
            if now["id"] == then["id"]
        ]
        for table, rows in before.items()
    }


def statements_of(store: Database) -> str:
    """What is in a store of SQLite's, as SQL: its level, then its rows, those that others point at first."""
    level = max(runner(store).applied())
    rows = rows_of(store)
    lines = [
        f'INSERT INTO "{table._meta.table_name}" ({", ".join(row)}) VALUES ({", ".join(map(quoted, row.values()))});'
        for table in TABLES
        for row in rows[table._meta.table_name]
    ]
    return "\n".join([f"-- {level}", *lines, ""])


def quoted(value: Any) -> str:
    """As a text, whatever the column is: both kinds of store read a number, or a yes, in it."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def load(store: Database, statements: str) -> None:
    """Bring an empty store to the level, and the rows, that `statements_of` told."""
    level, *lines = statements.splitlines()
    runner(store).up(target=level.removeprefix("-- "))
    for line in lines:
        store.execute_sql(line)


if __name__ == "__main__":  # python -m tests.old_stores office.sqlite > tests/versions/0.1.0.sql
    print(statements_of(SqliteDatabase(sys.argv[1])), end="")  # noqa: T201
