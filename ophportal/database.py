"""The store: one Peewee database behind a proxy, one kept connection a thread.

Opening SQLite for each request costs more than the page, so a connection is opened by its thread's first
query (Peewee's autoconnect) and kept.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peewee import AutoField, DatabaseProxy, DateTimeField, Model, SqliteDatabase

MIGRATIONS = Path(__file__).parent / "migrations"
# Seconds that a writer waits for its turn before « database is locked » becomes a 503.
LOCK_TIMEOUT = 5

proxy = DatabaseProxy()


class Store(SqliteDatabase):
    """Peewee's SQLite, honest about its faults."""

    def rollback(self) -> None:
        """Roll back what SQLite has not by itself.

        It does on a full disk (sqlite.org/lang_transaction.html, 2.1): a second ROLLBACK would fail in its turn, and
        its complaint hide the first.
        """
        if self.connection().in_transaction:
            super().rollback()


class BaseModel(Model):
    """What all the portal's tables share: the store they live in, and a key of no meaning."""

    id = AutoField()

    class Meta:
        database = proxy
        legacy_table_names = False


class UtcDateTimeField(DateTimeField):
    """An instant: aware in Python, stored as naive UTC. A naive datetime raises ValueError."""

    def db_value(self, value: datetime | None) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the store")
        return super().db_value(value.astimezone(UTC).replace(tzinfo=None))

    def python_value(self, value: Any) -> datetime | None:
        naive = super().python_value(value)
        return None if naive is None else naive.replace(tzinfo=UTC)


def journal_mode(version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]) -> str:
    """WAL where it is sound, a rollback journal before.

    Up to SQLite 3.51.2, several connections that reset the WAL at once can, rarely, corrupt the file
    (docs/decisions/0002-sqlite.md); Debian 12 ships 3.40.
    """
    return "wal" if version >= (3, 51, 3) else "truncate"


def bind(url: str) -> None:
    """Put the store at `url` (`sqlite:////path/to/file`) behind the proxy, closing the one before."""
    if proxy.obj is not None:
        proxy.close()
    path = Path(url.removeprefix("sqlite:///"))
    pragmas = {"journal_mode": journal_mode(), "synchronous": "full", "foreign_keys": 1}
    proxy.initialize(Store(str(path), pragmas=pragmas, timeout=LOCK_TIMEOUT))


def writing() -> Any:
    """A transaction that takes the writer's turn at once.

    A deferred one that reads first and writes later is refused on the spot, without waiting, when another
    writer came between (SQLITE_BUSY; sqlite.org/lang_transaction.html).
    """
    return proxy.atomic("IMMEDIATE")


@contextmanager
def writing_at_once() -> Iterator[None]:
    """As `writing`, for what can wait: raises OperationalError when it is another writer's turn, and waits for none."""
    with ExitStack() as transaction:
        proxy.execute_sql("PRAGMA busy_timeout = 0")
        try:
            transaction.enter_context(writing())
        finally:
            proxy.execute_sql(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000}")
        yield


@contextmanager
def in_turn() -> Iterator[None]:
    """Alone of all the threads and processes that ask for it, which wait; whoever does not ask reads and writes on."""
    folder = os.open(store_path().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def be_patient(seconds: int) -> None:
    """Let this thread's connection wait so long for the writer's turn: for work that nobody sits in front of."""
    proxy.execute_sql(f"PRAGMA busy_timeout = {seconds * 1000}")


def store_path() -> Path:
    """The file that holds the store."""
    return Path(proxy.obj.database)


def migrate() -> list[str]:
    """Apply the pending migrations, in order; the names of those applied."""
    # For the command that starts the server, before it: the processes that serve pages never migrate.
    from playhouse.migrations import Runner

    store_path().parent.mkdir(parents=True, exist_ok=True)
    store_path().touch(mode=0o600)  # SQLite would let the whole machine read it, and gives its journals the same mode
    return list(Runner(proxy.obj, str(MIGRATIONS), table_name="schema_migration").up())
