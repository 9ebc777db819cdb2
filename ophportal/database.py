"""The store: one Peewee database behind a proxy, one kept connection a thread.

Opening SQLite for each request costs more than the page, so a connection is opened by its thread's first
query (Peewee's autoconnect) and kept.

SQLite and PostgreSQL answer alike: `ophportal.store` says in what they differ.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any

from peewee import AutoField, Database, DatabaseProxy, DateTimeField, Model, Query, SqliteDatabase

from ophportal.store import Store

if TYPE_CHECKING:
    from playhouse.migrations import Runner

logger = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
# Its own runner tells of each, whatever the store: of the copy, too, that a backup makes each night.
logging.getLogger("peewee.migrations").setLevel(logging.WARNING)

# Rows that one transaction of a purge erases.
STEP = 1000
# Seconds. SQLite keeps no queue of writers: without a pause between batches, logins would try until they give up.
PAUSE_BETWEEN_BATCHES = 0.1

proxy = DatabaseProxy()


class BaseModel(Model):
    """What all the portal's tables share: the store they live in, and a key of no meaning."""

    id = AutoField()

    class Meta:
        database = proxy
        legacy_table_names = False

    @classmethod
    def fill(cls, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows, their values as the store keeps them, in the order of the fields.

        Peewee's `insert_many` would build one statement as long as the rows, and takes many times longer.
        """
        about = cls._meta
        table = ".".join(f'"{name}"' for name in (about.schema, about.table_name) if name)
        columns = [f'"{field.column_name}"' for field in about.sorted_fields]
        about.database.insert_rows(table, columns, rows)


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


def bind(url: str, folder: str = "", mark: str = "") -> None:
    """Put the store at `url` (`sqlite:////path/to/file`, `postgresql://…`) behind the proxy, closing the one before.

    The portal's files lie in `folder`; beside the file of SQLite when none is given. `mark` is of the secret key:
    PostgreSQL shows it to the other hosts, with this version's level.
    """
    if proxy.obj is not None:
        proxy.close()
    proxy.initialize(store_at(url, folder, mark))


def store_at(url: str, folder: str, mark: str) -> Store:
    """The store of the kind that `url` is for. Only its own driver is loaded."""
    if url.startswith("sqlite:"):
        from ophportal.store.sqlite import SqliteStore

        return SqliteStore(url.removeprefix("sqlite:///"), folder)
    from ophportal.store.postgresql import PostgresqlStore

    return PostgresqlStore(url, folder, mark and f"{mark} {level()}")


def level() -> str:
    """How far this version brings a store: the number of its last migration."""
    return max(path.name for path in MIGRATIONS.glob("0*.py"))[:4]


def writing(*, lasting: bool = True) -> AbstractContextManager[Any]:
    """A transaction that takes the writer's turn at once: nobody writes between what it reads and what it writes."""
    return proxy.writing(lasting=lasting)


def rows_of(query: Query) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as the store holds them, one by one: money in cents, and no field of a model reads them."""
    with closing(proxy.execute(query)) as rows:
        yield from rows


def in_steps(statement: Any) -> int:
    """Carry out an UPDATE or DELETE of Peewee's, `STEP` rows a transaction; how many rows it changed.

    The rows are looked for first, outside of any transaction. A power cut may undo the last ones: do it again.
    """
    key = statement.model._meta.primary_key
    ids = [row[0] for row in statement.model.select(key).where(statement._where).tuples()]
    done = 0
    for first in range(0, len(ids), STEP):
        if first:
            sleep(PAUSE_BETWEEN_BATCHES)
        with writing(lasting=False):
            done += statement.where(key.in_(ids[first : first + STEP])).execute()
    return done


class NewerStoreError(Exception):
    """The store is a newer version's; the message says so, in French."""


def migrate() -> list[str]:
    """Apply the pending migrations, in order; the names of those applied. Raises NewerStoreError."""
    proxy.prepare()
    pending = pending_migrations()
    if not pending:
        return []  # nothing to wait for a turn for
    with proxy.in_turn():
        logger.info("the store is brought forward: %s", ", ".join(pending))
        return list(migrations(proxy.obj).up())


def migrations(store: Database) -> "Runner":
    """Peewee's runner of this store's migrations."""
    # Imported here: processes that serve pages never migrate, and few are asked whether they are ready.
    from playhouse.migrations import Runner

    return Runner(store, str(MIGRATIONS), table_name="schema_migration")


def pending_migrations(runner: "Runner | None" = None) -> list[str]:
    """The names of this version's migrations that the store has not had yet, in order; a `runner` is for another store.

    Raises NewerStoreError when it has had some that this version does not know.
    """
    status = (runner or migrations(proxy.obj)).status()
    if unknown := [migration.name for migration in status if migration.path is None]:
        raise NewerStoreError(f"elle vient d'une version plus récente du portail ({max(unknown)})")
    return [migration.name for migration in status if migration.applied is None]


def is_sqlite() -> bool:
    """Whether the store is SQLite's; it is PostgreSQL's otherwise."""
    return isinstance(proxy.obj, SqliteDatabase)


def store_path() -> Path:
    """The file that holds SQLite's store."""
    return Path(proxy.obj.database)


def folder() -> Path:
    """Where the portal's files lie: documents, and what long work leaves behind."""
    return Path(proxy.folder)
