"""Moving an office from SQLite to PostgreSQL while its portal runs, without losing anything.

Nobody can write from before the copy until every process has left the old store, which none enters again:
a snapshot, and a look afterwards at what was written since, would have to be taken again and again under load, and
would still lose what is written between the last look and the restart. Pages that only read go on.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from config import UNVERIFIED, is_unverified, wrong_with_store
from ophportal import clock, database, documents, store_use
from ophportal.backups import copying
from ophportal.backups.copying import Counts
from ophportal.backups.manifest import BackupError
from ophportal.formatting import moment
from ophportal.progress import Tell
from ophportal.store import TURN_PATIENCE

if TYPE_CHECKING:
    from ophportal.store.postgresql import PostgresqlStore

# For a process that starts on the old store while the portal leaves it, or after a move that was killed then.
UNFINISHED = (
    "Le passage de cette base à PostgreSQL, commencé le {}, n'est pas fini. Si « ophportal migrate-store » a été tué, "
    "le portail a pu écrire encore ici, et cela manque là-bas : recommencez, vers une autre base vide"
)


@contextmanager
def moved(url: str, tell: Tell) -> Iterator[Counts]:
    """Copy the store to the empty one at `url`, while nobody can write; yields how many rows each table has.

    When the block ends well, the old store is closed for good; on an error or an interruption, it is as it was.
    Raises BackupError.
    """
    source = database.proxy.obj
    if not database.is_sqlite():
        raise BackupError("le portail est déjà sur PostgreSQL")
    if database.pending_migrations():
        raise BackupError("la base n'est pas à jour : lancez d'abord « ophportal migrate »")
    with closing(store_at(url)) as target, source.patient(TURN_PATIENCE), source.writing():
        with target.writing():
            counts = copying.copy(source, target, tell)
        bring_documents(target.name)
        store_use.close_for_good(UNFINISHED.format(moment(clock.now())))
        try:
            yield counts
            store_use.close_for_good(f"Cette base a été déplacée vers PostgreSQL le {moment(clock.now())}")
        except BaseException:
            store_use.close_for_good("")
            raise


def store_at(url: str) -> "PostgresqlStore":
    """PostgreSQL's store at `url`, empty and at the last migration. Raises BackupError when it holds anything."""
    if wrong := wrong_with_store(url, "postgresql://"):
        raise BackupError(f"l'adresse {wrong}")
    if is_unverified(url) and not current_app.config["DATABASE_UNVERIFIED"]:
        raise BackupError(f"l'adresse {UNVERIFIED}")
    try:
        from ophportal.store.postgresql import PostgresqlStore
    except ModuleNotFoundError:
        raise BackupError("le pilote de PostgreSQL manque : lancez « make postgresql »") from None
    target = PostgresqlStore(url)
    if any(copying.counts(target).values()):
        raise BackupError("la base d'arrivée n'est pas vide : recréez-la (dropdb, createdb), ou donnez-en une autre")
    database.migrations(target).up()
    return target


def bring_documents(name: str) -> None:
    """Link the documents into the folder of the store of this name: the same files under a second name."""
    documents.spread(documents.folder(), documents.folder().with_name(name), link)


def link(path: Path, there: Path) -> None:
    """Give a file a second name; a move that was killed may have given it already."""
    with suppress(FileExistsError):
        os.link(path, there)
