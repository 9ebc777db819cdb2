"""Who uses SQLite's file: each process of the portal shares a lock beside it, for whoever must be alone with the store.

SQLite's own locks do not tell: a process that has the file open and is idle holds none. On PostgreSQL there is nothing
to replace under anybody, and nothing is locked.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import SqliteDatabase

from ophportal import database


class StoreInUseError(Exception):
    """Another process uses the store, or is replacing it."""


# The locks that this process holds, until its end: by the file, the handle of the lock beside it.
held: dict[Path, int] = {}


def share() -> None:
    """Use the store from now on. Raises StoreInUseError while somebody replaces it."""
    if not isinstance(database.proxy.obj, SqliteDatabase) or not database.store_path().parent.is_dir():
        return
    lock(fcntl.LOCK_SH | fcntl.LOCK_NB)


@contextmanager
def alone() -> Iterator[None]:
    """While no other process uses the store, and none begins to. Raises StoreInUseError when one does already."""
    lock(fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield
    finally:
        lock(fcntl.LOCK_SH)


def wait_until_alone() -> None:
    """Return once every other process has left the store."""
    lock(fcntl.LOCK_EX)


def lock(kind: int) -> None:
    path = database.store_path().absolute()
    if path not in held:
        held[path] = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held[path], kind)
    except BlockingIOError:
        raise StoreInUseError from None
