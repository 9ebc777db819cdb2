"""PostgreSQL: the store of an office on several hosts (docs/decisions/0011-postgresql.md).

Whoever writes takes a turn, as on SQLite: an advisory lock that every writing transaction holds until its end. So what
a transaction reads stays true until it commits, and the same code is right on both.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import peewee
import psycopg
from peewee import InterfaceError, Model, OperationalError, PostgresqlDatabase, chunked
from psycopg.errors import LockNotAvailable
from psycopg.pq import TransactionStatus
from psycopg.types.string import TextLoader

from ophportal import store
from ophportal.store import TEMPORARY, KeptConnections, UnfitStoreError

Told = TypeVar("Told")
# Advisory locks of this database (pg_advisory_lock(int, int)); the first number tells them from other applications'.
WRITER, TURN, USE = (f"1869636719, {number}" for number in (1, 2, 3))
WRITES = re.compile(rf'(INSERT INTO|UPDATE|DELETE FROM) (?!"{TEMPORARY}")')
# A connection bears « ophportal KEY LEVEL »: a mark of the secret key, and the last migration that its version has.
OUR_NAME = "current_setting('application_name')"
KEY, LEVEL = "split_part({}, ' ', 2)", "split_part({}, ' ', 3)"
# Rows written at once.
STEP = 1000
# Of the server, and of what is said to it: SQL_ASCII checks nothing and names no text, any other lacks letters.
ENCODING = "UTF8"
# Seconds after which a host that does not answer is taken for dead.
PATIENCE = 5
# The time-out of TCP is for what is on its way: who only waits for an answer asks after the host by these.
ASKED_AFTER = {"keepalives": 1, "keepalives_idle": PATIENCE, "keepalives_interval": 2, "keepalives_count": 3}
# The server asks after this host as often: one that has vanished would keep its locks for two hours.
ASKING_AFTER_US = f"-c tcp_keepalives_idle={PATIENCE} -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"


class PostgresqlStore(KeptConnections, PostgresqlDatabase):
    def __init__(self, url: str, folder: str = "", mark: str = ""):
        # Values are put into the statement by the driver: so a text is as good for a date here as on SQLite.
        how: dict[str, Any] = {"cursor_factory": psycopg.ClientCursor}
        # A copy that follows the office's server answers, and takes nothing down: it is as good as away.
        how["target_session_attrs"] = "read-write"
        if mark:
            how["application_name"] = f"ophportal {mark}"
        options = f"-c lock_timeout={store.LOCK_TIMEOUT}s -c timezone=UTC -c datestyle=ISO {ASKING_AFTER_US}"
        patience: dict[str, Any] = {"connect_timeout": PATIENCE, "tcp_user_timeout": PATIENCE * 1000, **ASKED_AFTER}
        super().__init__(url, prefer_psycopg3=True, encoding=ENCODING, options=options, **how, **patience)
        self.name = urlsplit(url).path.strip("/") or "ophportal"
        self.folder = Path(folder)

    def _connect(self) -> Any:
        connection = super()._connect()
        if (encoding := connection.info.parameter_status("server_encoding")) != ENCODING:
            connection.close()
            raise UnfitStoreError(
                f"elle est en {encoding}, et il la faut en {ENCODING} : recréez-la (dropdb, puis createdb --encoding "
                f"{ENCODING} --locale C.UTF-8 --template template0), ou donnez-en une autre"
            )
        for kind in ("date", "timestamp"):  # as texts, which is how SQLite tells them
            connection.adapters.register_loader(kind, TextLoader)
        # A pool lends one connection to many, and their locks with it; what ours was set to has not come through.
        (lock_timeout,) = connection.execute("SHOW lock_timeout").fetchone()
        if lock_timeout == "0":
            connection.close()
            raise UnfitStoreError(store.POOLED)
        # Shared by all of the portal, on whatever host, as long as it is connected (`alone`).
        if not connection.execute(f"SELECT pg_try_advisory_lock_shared({USE})").fetchone()[0]:
            connection.close()
            raise OperationalError(store.BEING_REPLACED)
        return connection

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        params = params and [storable(value) for value in params]
        if not self.in_transaction() and WRITES.match(sql):
            with self.writing():
                return super().execute_sql(sql, params)
        return self.with_a_connection(super().execute_sql, sql, params)

    def begin(self, isolation_level: Any = None) -> None:
        self.with_a_connection(super().begin, isolation_level)

    def with_a_connection(self, ask: Callable[..., Told], *told: Any) -> Told:
        """Ask again over a new connection when the one kept turns out to be dead, as after a restart of the server.

        Nothing can have been written by what was asked: it begins a transaction, or reads outside of any.
        """
        try:
            return ask(*told)
        except (OperationalError, InterfaceError):
            if self.in_transaction() or self.is_closed() or self.is_connection_usable():
                raise
            self.close()
            return ask(*told)

    def rollback(self) -> None:
        """Roll back, unless the server is gone, and the transaction with it: that is told already.

        Ctrl-C in the middle of a statement may leave the connection waiting for its end, and nothing else can be asked
        over it: closed, it is the server that rolls back.
        """
        connection = self.connection()
        if connection.info.transaction_status == TransactionStatus.ACTIVE:
            connection.close()
        if not connection.closed:
            super().rollback()

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def writing(self, *, lasting: bool = True) -> Iterator[None]:
        with self.transaction_for_now() if not lasting else self.atomic():
            self.execute_sql(f"SELECT pg_advisory_xact_lock({WRITER})")
            yield

    @contextmanager
    def writing_at_once(self) -> Iterator[None]:
        with self.transaction_for_now():
            if not self.execute_sql(f"SELECT pg_try_advisory_xact_lock({WRITER})").fetchone()[0]:
                raise OperationalError("another writer's turn")
            yield

    @contextmanager
    def transaction_for_now(self) -> Iterator[None]:
        """A transaction that does not wait for the disk, unless it is part of one that does."""
        outermost = not self.in_transaction()
        with self.atomic():
            if outermost:
                self.execute_sql("SET LOCAL synchronous_commit = off")
            yield

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        with self.waiting_at_most(f"{store.TURN_PATIENCE * 1000 or 1:.0f}ms"):
            try:
                self.execute_sql(f"SELECT pg_advisory_lock({TURN})")
            except OperationalError as error:
                if not isinstance(error.orig, LockNotAvailable):  # type: ignore[attr-defined] # Peewee's own, untyped
                    raise
                raise OperationalError(store.OTHERS_TURN) from error
        try:
            yield
        finally:
            self.execute_sql(f"SELECT pg_advisory_unlock({TURN})")

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other connection of the portal's is there; then none comes until the block ends."""
        is_alone = bool(self.execute_sql(f"SELECT pg_try_advisory_lock({USE})").fetchone()[0])
        try:
            yield is_alone
        finally:
            if is_alone:
                self.execute_sql(f"SELECT pg_advisory_unlock({USE})")

    def patient(self, seconds: int) -> AbstractContextManager[None]:
        return self.waiting_at_most(f"{seconds * 1000 or 1}ms")  # since 0 would wait for ever

    @contextmanager
    def waiting_at_most(self, timeout: str) -> Iterator[None]:
        (before,) = self.execute_sql("SHOW lock_timeout").fetchone()
        self.execute_sql(f"SET lock_timeout = '{timeout}'")
        try:
            yield
        finally:
            self.execute_sql(f"SET lock_timeout = '{before}'")

    def empty_log(self) -> None:
        """Nothing: PostgreSQL writes its log anew by itself, and vacuums its tables."""

    def empty(self, tables: Iterable[str]) -> None:
        with self.writing():
            self.execute_sql("; ".join(f'DELETE FROM "{table}"' for table in tables))  # noqa: S608 - names of ours

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with peewee.__exception_wrapper__, closing(self.cursor()) as cursor:  # type: ignore[attr-defined]
            # Some at a time: nothing else can be asked over a connection while it takes rows.
            for some in chunked(rows, STEP):
                cursor.executemany(sql, some)

    def insert_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """By COPY, in a third of an INSERT's time."""
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with peewee.__exception_wrapper__, closing(self.cursor()) as cursor:  # type: ignore[attr-defined]
            for some in chunked(rows, STEP):  # as above
                with cursor.copy(statement) as copy:
                    for row in some:
                        copy.write_row([storable(value) for value in row])

    def seconds_behind(self) -> float:
        """How far this machine's clock is surely behind the server's; below zero when it is ahead.

        Whatever it was between the question and its answer is no difference.
        """
        asked = time.time()
        (told,) = self.execute_sql("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS double precision)").fetchone()
        return float(max(0, told - time.time()) or min(0, told - asked))

    def free_connections(self) -> int:
        """How many more the server takes, of all who use it."""
        (free,) = self.execute_sql(
            "SELECT (SELECT SUM(CASE name WHEN 'max_connections' THEN 1 ELSE -1 END * CAST(setting AS integer)) "
            "FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections', "
            "'reserved_connections')) - (SELECT SUM(numbackends) FROM pg_stat_database)"
        ).fetchone()
        return int(free)

    def hosts_of_another_key(self) -> list[str]:
        """The addresses of those whose connections bear another mark than ours; empty for this machine's own socket."""
        return self.hosts_whose(f"{KEY.format('application_name')} <> {KEY.format(OUR_NAME)}")

    def hosts_of_an_older_version(self) -> list[str]:
        """The addresses, told alike, of those whose store ends before ours. A version that bears no level is older."""
        return self.hosts_whose(f"{LEVEL.format('application_name')} < {LEVEL.format(OUR_NAME)}")

    def hosts_whose(self, name: str) -> list[str]:
        found = self.execute_sql(
            "SELECT DISTINCT COALESCE(host(client_addr), '') FROM pg_stat_activity WHERE datname = current_database() "  # noqa: S608 - ours
            f"AND starts_with({OUR_NAME}, 'ophportal ') AND starts_with(application_name, 'ophportal ') AND {name} "
            "ORDER BY 1"
        )
        return [address for (address,) in found]

    def look_at(self, table: type[Model]) -> None:
        """PostgreSQL does by itself, within a minute or two, for tables that all can see. Until then it takes a table
        for as full as it was; and it reads an unknown one from end to end."""
        schema = f"{table._meta.schema}." if table._meta.schema else ""
        self.execute_sql(f'ANALYZE {schema}"{table._meta.table_name}"')

    @contextmanager
    def temporary_tables(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.execute_sql("DISCARD TEMP")


def storable(value: Any) -> Any:
    """A text without its NUL characters, which PostgreSQL has no place for: so what holds one is looked for in vain."""
    return value.replace("\0", "\ufffd") if type(value) is str and "\0" in value else value
