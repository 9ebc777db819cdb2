"""Copying all rows of one store to another, of either kind. Keys are kept, and the rows are counted.

Both are at the last migration. The search's words are not copied: the triggers that see tenants arrive have
`ophportal.search` write them anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import peewee
from peewee import SQL, Database, Model, PostgresqlDatabase, fn

from ophportal.database import BaseModel
from ophportal.models import TABLES
from ophportal.progress import Tell, say_nothing

# Rows in memory at once.
BATCH = 1000

Counts = dict[str, int]


class CopyError(Exception):
    """A copy that is not whole; the message says where, in French."""


@contextmanager
def snapshot(store: Database) -> Iterator[None]:
    """A transaction that reads the store as of one moment, even while others write."""
    with store.atomic():
        if isinstance(store, PostgresqlDatabase):
            store.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def counts(store: Database) -> Counts:
    """How many rows each table holds, of those that there are at the store's level."""
    there = {*store.get_tables()}
    tables = {table._meta.table_name: table for table in TABLES}
    # Without the columns, which an older store may lack.
    return {name: table.select(fn.COUNT(SQL("1"))).scalar(store) for name, table in tables.items() if name in there}


def copy(source: Database, target: Database, tell: Tell = say_nothing) -> Counts:
    """Copy every row of `source` into the empty `target`; how many there are of each table.

    To be called in a `snapshot` of `source`, or in its writer's turn, and in a transaction of `target`, which an error
    leaves as it was. Raises CopyError when the counts differ.
    """
    expected = counts(source)
    total, done = sum(expected.values()), 0
    with target.bind_ctx(TABLES):
        for table in TABLES:
            for rows in batches(source, table):
                write(target, table, rows)
                done += len(rows)
                tell(done, total)
            make_ready(target, table)
    found = counts(target)
    wrong = [
        f"{name}, {count} lues et {found[name]} écrites" if name in found else f"{name}, qui n'est pas là"
        for name, count in expected.items()
        if found.get(name) != count
    ]
    if wrong:
        raise CopyError("des lignes manquent ou sont en trop : " + " ; ".join(wrong))
    return found


def batches(store: Database, table: type[Model]) -> Iterator[list[tuple[Any, ...]]]:
    """The table's rows in the order of their keys, in batches, so that no driver has to hold them all."""
    key, last = table._meta.primary_key, 0
    fields = table._meta.sorted_fields
    place = fields.index(key)
    query = table.select(*fields).order_by(key).limit(BATCH).tuples()
    while rows := list(query.where(key > last).execute(store)):
        yield rows
        last = rows[-1][place]


def write(store: Database, table: type[BaseModel], rows: list[tuple[Any, ...]]) -> None:
    stored = [field.db_value for field in table._meta.sorted_fields]
    values = ([to(value) for to, value in zip(stored, row, strict=True)] for row in rows)
    if isinstance(store, PostgresqlDatabase):
        table.fill(values)
        return
    # Peewee writes the statement once, not a thousand rows of marks: three quarters of the time went there.
    insert = table.insert_many(rows[:1], fields=table._meta.sorted_fields).as_rowcount()
    sql, _ = store.get_sql_context().sql(insert).query()
    with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
        store.cursor().executemany(sql, values)


def make_ready(store: Database, table: type[Model]) -> None:
    """Have PostgreSQL give new rows the keys that follow those copied, and plan for these; SQLite needs neither."""
    if isinstance(store, PostgresqlDatabase):
        key: Any = table._meta.primary_key
        last = table.select(fn.MAX(key)).scalar(store)
        if last is not None:
            sequence = fn.pg_get_serial_sequence(f'"{table._meta.table_name}"', key.column_name)
            table.select(fn.setval(sequence, last)).limit(1).scalar(store)
        store.look_at(table)  # type: ignore[attr-defined]
