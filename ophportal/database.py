"""The store: one Peewee database behind a proxy, one kept connection a thread.

Opening SQLite for each request costs more than the page, so a connection is opened by its thread's first
query (Peewee's autoconnect) and kept.

SQLite and PostgreSQL answer alike (store_sqlite.py, store_postgresql.py): one writer at a time, who waits for their
turn; readers who wait for nobody.
"""

import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from peewee import AutoField, Database, DatabaseProxy, DateTimeField, Model

if TYPE_CHECKING:
    from playhouse.migrations import Runner

MIGRATIONS = Path(__file__).parent / "migrations"
# Seconds that a writer waits for its turn before « database is locked » becomes a 503.
LOCK_TIMEOUT = 5
# PostgreSQL's name for the schema of a session's own tables; on SQLite, a file attached under it.
TEMPORARY = "pg_temp"

proxy = DatabaseProxy()


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
        # Peewee's own tries one format after the other.
        naive = datetime.fromisoformat(value) if isinstance(value, str) else value
        return None if naive is None else naive.replace(tzinfo=UTC)


class Store(Protocol):
    """What the two kinds of store do each in their way. A table of `schema = TEMPORARY` is a connection's own."""

    name: str
    folder: Path  # the portal's own, for its files

    def prepare(self) -> None:
        """Make what must be there before the first migration."""

    def writing(self, *, lasting: bool = True) -> AbstractContextManager[Any]:
        """A transaction that takes the writer's turn at once. Raises OperationalError when it waits too long.

        One that is not `lasting` does not wait for the disk: until the next that is, a power cut would undo it.
        """

    def writing_at_once(self) -> AbstractContextManager[Any]:
        """As `writing`, and not lasting, for what can wait: raises OperationalError when it is another's turn."""

    def in_turn(self) -> AbstractContextManager[Any]:
        """Alone of all who ask for it, which wait; whoever does not ask reads and writes on."""

    def patient(self, seconds: int) -> AbstractContextManager[Any]:
        """This thread's connection waits so long for the writer's turn, and after the block as long as before."""

    def be_careless(self) -> None:
        """Let this thread's connection forget its last writes in a power cut: for tests."""

    def empty(self, tables: Iterable[str]) -> None:
        """Forget every row of these tables, in this order."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run the statement over the rows, which may come from the store itself, a few at a time in memory.

        Raises Peewee's own errors, as any statement does.
        """

    def look_at(self, table: type[Model]) -> None:
        """Have the planner look at a table that has just been filled."""

    def temporary_tables(self) -> AbstractContextManager[Any]:
        """The room for this connection's own tables, on disk, gone at the end."""


class KeptConnections:
    """Has each thread's connection outlive its thread, which then has none to close.

    Granian ends threads that have rested. Closing a connection lets go of the interpreter's lock, and up to Python 3.12
    a thread that is not Python's own and does so as it ends takes the process with it (python/cpython#119585).
    """

    def __init__(self, *args: Any, **how: Any):
        self.kept: dict[int, Any] = {}
        super().__init__(*args, **how)

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc] # a Database's
        # An ident is one of a thread that lives: another connection under it is a dead one's, and closed by this.
        self.kept[threading.get_ident()] = connection
        return connection


def bind(url: str, folder: str = "") -> None:
    """Put the store at `url` (`sqlite:////path/to/file`, `postgresql://…`) behind the proxy, closing the one before.

    The portal's files lie in `folder`; beside the file of SQLite when none is given.
    """
    if proxy.obj is not None:
        proxy.close()
    if url.startswith("sqlite:"):
        from ophportal.store_sqlite import SqliteStore

        proxy.initialize(SqliteStore(url.removeprefix("sqlite:///"), folder))
    else:
        from ophportal.store_postgresql import PostgresqlStore

        proxy.initialize(PostgresqlStore(url, folder))


def writing(*, lasting: bool = True) -> AbstractContextManager[Any]:
    """A transaction that takes the writer's turn at once: nobody writes between what it reads and what it writes."""
    return proxy.writing(lasting=lasting)


def migrate() -> list[str]:
    """Apply the pending migrations, in order; the names of those applied."""
    proxy.prepare()
    with proxy.in_turn():
        return list(migrations(proxy.obj).up())


def migrations(store: Database) -> "Runner":
    """What applies them to this store, and knows which have been."""
    # For the first who asks: the processes that serve pages never migrate, and few are asked whether they are ready.
    from playhouse.migrations import Runner

    return Runner(store, str(MIGRATIONS), table_name="schema_migration")


def pending_migrations() -> list[str]:
    """The names of this version's migrations that the store has not had yet, in order."""
    return [migration.name for migration in migrations(proxy.obj).status() if migration.applied is None]


def store_path() -> Path:
    """The file that holds SQLite's store."""
    return Path(proxy.obj.database)


def folder() -> Path:
    """Where the portal's files lie: documents, and what long work leaves behind."""
    return Path(proxy.folder)
