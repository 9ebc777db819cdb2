"""SQLite: the whole store in one file, for an office on one machine (docs/decisions/0002-sqlite.md)."""

import fcntl
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import peewee
from peewee import Model, OperationalError, SqliteDatabase, sqlite3  # type: ignore[attr-defined] # the newer of two, Python's own or pysqlite3's

from ophportal import store
from ophportal.store import TEMPORARY, KeptConnections


class SqliteStore(KeptConnections, SqliteDatabase):
    def __init__(self, path: str, folder: str = ""):
        # What is erased is overwritten: its room in the file may wait for years for somebody else's rows.
        pragmas = {"journal_mode": journal_mode(), "synchronous": "full", "foreign_keys": 1, "secure_delete": 1}
        if pragmas["journal_mode"] == "wal":
            pragmas["journal_size_limit"] = LARGEST_KEPT_LOG
        super().__init__(path, pragmas=pragmas, timeout=store.LOCK_TIMEOUT, cached_statements=STATEMENTS_KEPT)
        self.path = Path(path)
        self.name = self.path.stem
        self.folder = Path(folder) if folder else self.path.parent
        self.patience = Patience()

    def _connect(self) -> Any:
        # SQLite would let the whole machine read it, and gives its journals the same mode. Only where there is none:
        # whoever closes the file drops this process's locks on it (sqlite.org/howtocorrupt.html, 2.2).
        if not self.path.exists() and self.path.parent.is_dir():
            self.path.touch(mode=0o600)
        return super()._connect()

    def rollback(self) -> None:
        """Roll back what SQLite has not by itself.

        It does on a full disk (sqlite.org/lang_transaction.html, 2.1): a second ROLLBACK would fail in its turn, and
        its complaint hide the first.
        """
        if self.connection().in_transaction:
            super().rollback()

    def begin(self, lock_type: str | None = None) -> None:
        """As Peewee's; a command that is `patient` looks again and again, since SQLite's own wait is deaf to Ctrl-C."""
        if not self.patience.seconds:
            super().begin(lock_type)
            return None
        deadline = time.monotonic() + self.patience.seconds
        with self.meanwhile("busy_timeout", lambda _: 0):
            while True:
                try:
                    return super().begin(lock_type)
                except OperationalError as error:
                    if str(error) != "database is locked" or time.monotonic() >= deadline:
                        raise
                time.sleep(PAUSE)

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def writing(self, *, lasting: bool = True) -> Any:
        """A deferred transaction that reads first and writes later is refused on the spot, without waiting, when
        another writer came between (SQLITE_BUSY; sqlite.org/lang_transaction.html)."""
        return self.atomic("IMMEDIATE") if lasting or self.in_transaction() else self.writing_for_now()

    def savepoint(self) -> Any:
        """Under one name for all, of which SQLite takes the innermost. Peewee's would be a new statement each time,
        and fill the connection's store of prepared ones (`STATEMENTS_KEPT`) until no other finds a place there."""
        begun = super().savepoint()
        begun.quoted_sid = '"inner"'
        return begun

    @contextmanager
    def writing_for_now(self) -> Iterator[None]:
        with self.meanwhile("synchronous", lambda level: min(level, SAFE_ENOUGH)), self.writing():
            yield

    @contextmanager
    def writing_at_once(self) -> Iterator[None]:
        with ExitStack() as transaction:
            with self.patient(0):
                transaction.enter_context(self.writing(lasting=False))
            yield

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            wait_for(folder, time.monotonic() + store.TURN_PATIENCE)
            yield
        finally:
            os.close(folder)

    @contextmanager
    def patient(self, seconds: int) -> Iterator[None]:
        before, self.patience.seconds = self.patience.seconds, seconds
        try:
            with self.meanwhile("busy_timeout", lambda _: seconds * 1000):
                yield
        finally:
            self.patience.seconds = before

    @contextmanager
    def meanwhile(self, pragma: str, value: Callable[[int], int]) -> Iterator[None]:
        """What `value` makes of a number that this connection is set to; after the block it is as before."""
        (before,) = self.execute_sql(f"PRAGMA {pragma}").fetchone()
        self.execute_sql(f"PRAGMA {pragma} = {value(before)}")
        try:
            yield
        finally:
            self.execute_sql(f"PRAGMA {pragma} = {before}")

    def empty_log(self) -> None:
        with self.patient(0):
            self.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def empty(self, tables: Iterable[str]) -> None:
        with self.writing():
            for table in tables:
                self.execute_sql(f'DELETE FROM "{table}"')  # noqa: S608 - names of ours

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with peewee.__exception_wrapper__, closing(self.cursor()) as cursor:  # type: ignore[attr-defined]
            cursor.executemany(sql, rows)

    def insert_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        marks = ", ".join("?" for _ in columns)
        self.execute_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - names of ours

    def look_at(self, table: type[Model]) -> None:
        """Nothing: SQLite plans by the indexes alone."""

    @contextmanager
    def temporary_tables(self) -> Iterator[None]:
        """A file, since some builds of SQLite keep a temporary table in memory, however long it grows.

        Nobody else can open it: its name is gone as soon as it is attached. Nor is anything in it taken back: whoever
        gives up leaves it all behind.
        """
        with tempfile.NamedTemporaryFile(dir=self.path.parent, prefix="import-") as file:
            self.execute_sql(f"ATTACH ? AS {TEMPORARY}", (file.name,))
        try:
            self.execute_sql(f"PRAGMA {TEMPORARY}.page_size = {TEMPORARY_PAGE}")
            self.execute_sql(f"PRAGMA {TEMPORARY}.cache_size = {TEMPORARY_PAGES_KEPT}")
            self.execute_sql(f"PRAGMA {TEMPORARY}.journal_mode = off")
            self.execute_sql(f"PRAGMA {TEMPORARY}.synchronous = off")
            yield
        finally:
            self.execute_sql(f"DETACH {TEMPORARY}")


class Patience(threading.local):
    """How many seconds this thread waits for the writer's turn, where `patient` has said so."""

    seconds = 0


def wait_for(handle: int, deadline: float) -> None:
    """Lock an open file or folder, which the system has no time-out for. Raises OperationalError."""
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise OperationalError(store.OTHERS_TURN) from None
        time.sleep(PAUSE)


# Seconds between two looks at a lock that another holds.
PAUSE = 0.05
# Prepared once, for each connection. pysqlite3 keeps a hundred, and when these are there a new one only ever takes the
# place of the newest but one: the statements of a page then push each other out, and are prepared at each request.
STATEMENTS_KEPT = 1000
# Bytes of the write-ahead log that stay on disk once a long import is in the store.
LARGEST_KEPT_LOG = 16 * 1024 * 1024
# Bytes: temporary tables are mostly read and written from end to end, some dozens of lines a page.
TEMPORARY_PAGE = 32 * 1024
# In memory. Said again, since SQLite would keep as many as of its own size of page.
TEMPORARY_PAGES_KEPT = 60


def journal_mode(version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]) -> str:
    """WAL where it is sound, a rollback journal before.

    Up to SQLite 3.51.2, several connections that reset the WAL at once can, rarely, corrupt the file
    (docs/decisions/0002-sqlite.md); Debian 12 ships 3.40, 13 3.46, and the portal brings its own on most machines.
    """
    return "wal" if version >= (3, 51, 3) else "truncate"


# How much syncing keeps the file whole in a power cut, if not its last transactions (sqlite.org/pragma.html): NORMAL
# under WAL, FULL before.
SAFE_ENOUGH = 1 if journal_mode() == "wal" else 2
