"""The stores that tests use: SQLite's files, or databases of a PostgreSQL started for them (`--store postgresql`)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex
from threading import Timer
from typing import Any

import pytest
from peewee import Database, Model, PostgresqlDatabase, SqliteDatabase, sqlite3

from ophportal import database
from ophportal.models import TABLES
from tests.smtp import free_port

# Where the tests' PostgreSQL listens; told to the processes that pytest-xdist starts.
SERVER = "OPHPORTAL_TESTING_SERVER"
# Debian keeps the server's own programs out of the path, one folder a version.
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


NOWHERE = ("sqlite:////nowhere/at/all.sqlite", "postgresql://ophportal@127.0.0.1:1/nowhere")


def is_postgresql() -> bool:
    return SERVER in os.environ


# As texts, which are read when the tests run: pytest imports this before it has started PostgreSQL.
on_sqlite = pytest.mark.skipif(f"'{SERVER}' in os.environ", reason="it is about SQLite")
on_postgresql = pytest.mark.skipif(f"'{SERVER}' not in os.environ", reason="it is about PostgreSQL")
once = pytest.mark.skipif(f"'{SERVER}' in os.environ", reason="the store plays no part in it: once is enough")


def new_store(path: Path, made: str = "") -> str:
    """The address of a store of its own: the file `path`, or a new database of that name, `made` with these words."""
    if not is_postgresql():
        return f"sqlite:///{path}"
    name = f"{path.stem}_{token_hex(6)}"
    with connected(f"{os.environ[SERVER]}/postgres") as server:
        server.execute(f'CREATE DATABASE "{name}" {made}')
    return f"{os.environ[SERVER]}/{name}"


def peewee_of(url: str) -> Database:
    """The store at `url` as Peewee knows it, and nothing of the portal's own."""
    if is_postgresql():
        return PostgresqlDatabase(url, prefer_psycopg3=True)
    return SqliteDatabase(url.removeprefix("sqlite:///"))


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A connection of its own to the store at `url`, beside those of the portal; each statement is its transaction."""
    if url.startswith("sqlite:"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)) as it:
            yield it
    else:
        import psycopg

        with psycopg.connect(url, autocommit=True) as it:
            yield it


@contextmanager
def held(url: str | None = None) -> Iterator[Any]:
    """Somebody else has the writer's turn; a connection to the same store, in their transaction."""
    with connected(url or of_the_portal()) as other:
        if is_postgresql():
            from ophportal.store.postgresql import WRITER

            other.execute("BEGIN")
            other.execute(f"SELECT pg_advisory_xact_lock({WRITER})")
        else:
            other.execute("BEGIN IMMEDIATE")
        yield other


@contextmanager
def held_for(seconds: float) -> Iterator[None]:
    """As `held`, until `seconds` after the block has begun."""
    with held() as other:
        end = Timer(seconds, other.execute, ["ROLLBACK"])
        end.start()
        try:
            yield
        finally:
            end.join()


@contextmanager
def going_away() -> Iterator[None]:
    """What this thread writes in the block does not arrive: PostgreSQL has hung up, SQLite's file is to be read alone.

    A bound on its pages would not do: tests before have left it more or less room in them.
    """
    store = database.proxy.obj
    if is_postgresql():
        (process,) = store.execute_sql("SELECT pg_backend_pid()").fetchone()
        ask(of_the_portal(), f"SELECT pg_terminate_backend({process}, 5000)")
        yield
    else:
        store.execute_sql("PRAGMA query_only = on")
        try:
            yield
        finally:
            store.execute_sql("PRAGMA query_only = off")


def of_the_portal() -> str:
    """The address of the store that this process has open."""
    known = database.proxy.obj.database
    return known if is_postgresql() else f"sqlite:///{known}"


class Cluster:
    """A PostgreSQL of the tests' own: nothing of it is kept, and a power cut may break it (but when `lasting`)."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ophportal-postgresql-"))
        self.port = free_port()
        self.url = f"postgresql://ophportal@127.0.0.1:{self.port}"

    def run(self, program: str, *words: str) -> None:
        command = [str(PROGRAMS[-1] / program), *words]
        # It refuses to run as root, whom Debian's package gives a user for it.
        as_whom = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run([*as_whom, *command], cwd="/", check=True, capture_output=True, timeout=120)

    def make(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        where, who = ["-D", f"{self.folder}/data"], ["-U", "ophportal", "--auth", "trust"]
        self.run("initdb", *where, *who, "--no-sync", "--locale", "C.UTF-8", "--encoding", "UTF8")

    def start(self, *, lasting: bool = False) -> None:
        settings = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        settings += "" if lasting else " -c fsync=off -c full_page_writes=off"
        self.run("pg_ctl", "start", "-w", "-s", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o", settings)

    def stop(self, how: str = "fast") -> None:
        self.run("pg_ctl", "stop", "-w", "-s", "-D", f"{self.folder}/data", "-m", how)

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    """The rows that the store at `url` answers."""
    with connected(url) as store:
        return [tuple(row) for row in store.execute(query).fetchall()]


def one(url: str, query: str) -> Any:
    """The one value that the store at `url` answers."""
    ((value,),) = ask(url, query)
    return value


def contents(url: str | None = None) -> bytes:
    """All that is written in a store, the portal's own by default, as it lies there."""
    url = url or of_the_portal()
    if is_postgresql():
        dump = subprocess.run([PROGRAMS[-1] / "pg_dump", "--inserts", url], capture_output=True, check=True, timeout=60)
        return dump.stdout.replace(b"''", b"'")
    path = Path(url.removeprefix("sqlite:///"))
    # By another process: closing the file here would drop this one's locks on it (sqlite.org/howtocorrupt.html, 2.2).
    return subprocess.run(["cat", *path.parent.glob(f"{path.name}*")], capture_output=True, check=True).stdout


def counts() -> dict[str, int]:
    """How many rows each of the portal's tables has, by its model's name: in one statement, since thousands ask."""
    asked = (f'(SELECT COUNT(*) FROM "{table._meta.table_name}")' for table in TABLES)
    found = database.proxy.execute_sql(f"SELECT {', '.join(asked)}").fetchone()
    return {table.__name__: count for table, count in zip(TABLES, found, strict=True)}


def rows_of(table: type[Model]) -> list[tuple[Any, ...]]:
    """A table's rows as they lie there, in the order in which they came."""
    return database.proxy.execute_sql(f'SELECT * FROM "{table._meta.table_name}" ORDER BY id').fetchall()


def patience() -> float:
    """For how many seconds this thread's connection to the store waits for the writer's turn."""
    if is_postgresql():
        asked = "SELECT CAST(setting AS integer) FROM pg_settings WHERE name = 'lock_timeout'"
    else:
        asked = "PRAGMA busy_timeout"
    (milliseconds,) = database.proxy.execute_sql(asked).fetchone()
    return milliseconds / 1000


def is_being_written(url: str) -> bool:
    """Whether a long transaction is under way that has written something already."""
    if is_postgresql():
        return bool(ask(url, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND objid = 1"))
    log = Path(url.removeprefix("sqlite:///") + "-wal")
    return log.exists() and log.stat().st_size > 0
