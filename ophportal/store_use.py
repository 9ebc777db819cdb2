"""A lock that every process of the portal shares, so that a restoration can tell whether it is alone with the store.

On SQLite it is on a file beside the store: an idle process may hold none of SQLite's own locks. On PostgreSQL each
connection, of all hosts, shares one of the server's (`PostgresqlStore.alone`).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ophportal import database
from ophportal.store import BEING_REPLACED

IN_SERVICE = "le portail est en service. Arrêtez-le d'abord (systemctl stop ophportal-web ophportal-deliver{})"


class StoreInUseError(Exception):
    """Another process uses or replaces the store, or it has moved; the message says so, in French."""


# The handles of the lock files that this process has open, until its end, by the store's file.
held: dict[Path, int] = {}


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
