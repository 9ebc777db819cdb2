"""Who uses the store, for whoever must be alone with it: each process of the portal shares a lock.

On SQLite it is a file's, beside the store's: SQLite's own locks do not tell, as a process that has the file open and is
idle may hold none. On PostgreSQL each connection shares one of the server's (`PostgresqlStore.alone`), on all hosts.
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
    """The store is another process's for the moment, or has moved; the message says so, in French."""


# The locks that this process holds, until its end: by the store's file, the handle of the lock beside it.
held: dict[Path, int] = {}


def share() -> None:
    """Use the store from now on. Raises StoreInUseError while somebody replaces it, and once it has moved."""
    if not database.is_sqlite() or not database.store_path().parent.is_dir():
        return
    handle = lock(fcntl.LOCK_SH | fcntl.LOCK_NB, BEING_REPLACED)
    if moved := os.pread(handle, 1000, 0).decode():
        # Emptied and not erased: whoever uses the store still holds this very file.
        how = f"« truncate -s 0 {lock_path(database.store_path().absolute())} »"
        raise StoreInUseError(f"{moved}. Pour y revenir malgré tout : {how}")


def share_as_found() -> None:
    """As `share`, writing nothing: where nobody has made the lock yet, nobody is alone with the store."""
    if not database.is_sqlite():
        return
    path = database.store_path().absolute()
    with suppress(FileNotFoundError):
        if path not in held:
            held[path] = os.open(lock_path(path), os.O_RDONLY)
        share()


@contextmanager
def alone() -> Iterator[None]:
    """While no other process uses the store, and none begins to. Raises StoreInUseError when one does already."""
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
