"""The disks that the portal writes to, and the room that is left there."""

import shutil
from pathlib import Path

from ophportal import database, documents

# Bytes. Below the first somebody should make room; below the second a day's work may not fit.
LOW, TOO_LOW = 10**9, 2 * 10**8


def written_to() -> dict[str, Path]:
    """The folders whose disks must not fill up, by what they hold. Backups are where another command is told."""
    folders = {"documents": documents.folder()}
    if database.is_sqlite():
        folders["store"] = database.store_path().absolute().parent
    return {name: nearest(folder) for name, folder in folders.items()}


def free_on(folder: Path) -> int:
    """The bytes that this account can still write there."""
    return shutil.disk_usage(folder).free


def least_free() -> int:
    """The room on the fullest of these disks, in bytes."""
    return min(map(free_on, written_to().values()))


def gigabytes(count: int) -> str:
    """« 0,6 Go »."""
    return f"{count / 10**9:.1f} Go".replace(".", ",")


def nearest(path: Path) -> Path:
    """`path`, or the folder above it that is there."""
    return path if path.exists() else nearest(path.parent)
