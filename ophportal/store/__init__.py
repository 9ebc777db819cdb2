"""What SQLite and PostgreSQL do each in their way (sqlite.py, postgresql.py), so that all else is alike.

On both, one writes at a time, who waits for their turn; who reads waits for nobody.
"""

import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from peewee import Model, PeeweeException

# Seconds that a writer waits for its turn before « database is locked » becomes a 503.
LOCK_TIMEOUT = 5
# Seconds that long work (a migration, an import, a command) waits for another to end.
TURN_PATIENCE = 120
# PostgreSQL's name for the schema of a session's own tables; on SQLite, a file attached under it.
TEMPORARY = "pg_temp"


# What who has waited in vain for a turn is told, in French.
OTHERS_TURN = "un import est en cours, ou une mise à jour de la base"

# What is told to whoever comes to the store in the middle of a restoration, in French.
BEING_REPLACED = "une restauration est en cours"

# What is told of PgBouncer and its kin, in French.
POOLED = (
    "elle est derrière un intermédiaire, comme PgBouncer, qui prête ses connexions et ne transmet pas leurs réglages ; "
    "le portail tient ses verrous par la sienne : donnez l'adresse de PostgreSQL lui-même"
)


class UnfitStoreError(PeeweeException):
    """The store could not hold what the portal writes; the message says why and what to do, in French."""


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
        """Alone of all who ask for it, which wait; whoever does not ask reads and writes on.

        Raises OperationalError when it waits longer than TURN_PATIENCE.
        """

    def patient(self, seconds: int) -> AbstractContextManager[Any]:
        """This thread's connection waits so long for the writer's turn, and after the block as long as before."""

    def empty_log(self) -> None:
        """Keep nothing in the log that the tables no longer hold; unless somebody is reading it, then a next time."""

    def empty(self, tables: Iterable[str]) -> None:
        """Forget every row of these tables, in this order."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run the statement over the rows, which may come from the store itself, a few at a time in memory.

        Raises Peewee's own errors, as any statement does.
        """

    def insert_rows(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """As `execute_many`, to insert the rows: by the quickest way there is. `table` is as SQL writes it."""

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
