"""A lock that every process of the portal shares, so that a restoration can tell whether it is alone with the store.

On SQLite it is on a file beside the store: an idle process may hold none of SQLite's own locks. On PostgreSQL each
connection, of all hosts, shares one of the server's (`PostgresqlStore.alone`).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ophportal import database, faults
from ophportal.store import BEING_REPLACED

IN_SERVICE = "le portail est en service. Arrêtez-le d'abord (systemctl stop ophportal-web ophportal-deliver{})"
NOT_ROOT_S = (
    "{} est au compte {}, qui ne lirait pas ce que root y laisse. Lancez la commande avec ce compte, comme le fait "
    "deploy/ophportal"
)


class StoreInUseError(Exception):
    """Another process uses or replaces the store, it has moved, or it is not root's; the message says so, in French."""


# The handles of the lock files that this process has open, until its end, by the store's file.
held: dict[Path, int] = {}


def leave_it_to_its_account() -> None:
    """Raises StoreInUseError for root where what the portal has made is another account's: not its folder, which may be
    lent to a container whose root it runs as.
    """
    if os.geteuid() != 0:
        return
    for path in (database.folder() / "documents", *([database.store_path()] if database.is_sqlite() else [])):
        if path.exists() and (owner := path.stat().st_uid):
            raise StoreInUseError(NOT_ROOT_S.format(path, faults.account(owner)))


def share() -> None:
    """Use the store from now on. Raises StoreInUseError while somebody replaces it, and once it has moved."""
    if not database.is_sqlite() or not database.store_path().parent.is_dir():
        return
    handle = lock(fcntl.LOCK_SH | fcntl.LOCK_NB, BEING_REPLACED)
    if moved := os.pread(handle, 1000, 0).decode():
        # Emptied and not erased: the processes that use the store have their lock on this very file.
        how = f"« truncate -s 0 {lock_path(database.store_path().absolute())} »"
        raise StoreInUseError(f"{moved}. Pour y revenir malgré tout : {how}")


def share_as_found() -> None:
    """As `share`, but makes no lock file: where there is none, no process is alone with the store."""
    if not database.is_sqlite():
        return
    path = database.store_path().absolute()
    with suppress(FileNotFoundError):
        if path not in held:
            held[path] = os.open(lock_path(path), os.O_RDONLY)
        share()


@contextmanager
def alone() -> Iterator[None]:
    """Within the block no other process can begin to use the store. Raises StoreInUseError when one uses it."""
    if not database.is_sqlite():
        with database.proxy.alone() as is_alone:
            if not is_alone:
                raise StoreInUseError(IN_SERVICE.format(", sur chaque serveur"))
            yield
        return
    lock(fcntl.LOCK_EX | fcntl.LOCK_NB, IN_SERVICE.format(""))
    try:
        yield
    finally:
        lock(fcntl.LOCK_SH)


def wait_until_alone() -> None:
    """Return once every other process has left the store."""
    lock(fcntl.LOCK_EX)


def close_for_good(why: str) -> None:
    """Let no process begin to use the store any more; `why` is what it is told, in French. Empty opens it again."""
    handle = lock(fcntl.LOCK_SH)
    os.ftruncate(handle, 0)
    os.pwrite(handle, why.encode(), 0)
    os.fsync(handle)


def lock(kind: int, refusal: str = "") -> int:
    path = database.store_path().absolute()
    if path not in held:
        held[path] = os.open(lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held[path], kind)
    except BlockingIOError:
        raise StoreInUseError(refusal) from None
    return held[path]


def lock_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")
