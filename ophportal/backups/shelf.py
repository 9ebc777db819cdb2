"""A folder of backups: what they are called in it, which of them are old, and what is not whole yet."""

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ophportal import clock, database

STAMP = "%Y%m%dT%H%M%SZ"
DRAFTS_KEPT = timedelta(days=1)
# Backups that stay beside the newest, whatever their age.
SPARED = 3


def stamp(instant: datetime) -> str:
    """An aware instant, in UTC, as it stands in a file's name."""
    return instant.strftime(STAMP)


def next_name(folder: Path, *, encrypted: bool) -> Path:
    """« ophportal-20261125T013000Z.tar »."""
    return folder / f"{database.proxy.name}-{stamp(clock.now())}.tar{'.age' if encrypted else ''}"


def draft_start() -> str:
    """How the names of this store's drafts begin: by it those that a crash has left are known."""
    return f".{database.proxy.name}.brouillon-"


def draft_folder(place: Path) -> TemporaryDirectory[str]:
    return TemporaryDirectory(dir=place, prefix=draft_start())


def drafts_in(folder: Path) -> list[Path]:
    ours = re.compile(rf"{re.escape(draft_start())}[a-z0-9_]{{8}}")  # tempfile's own letters
    return [path for path in folder.iterdir() if ours.fullmatch(path.name)]


def forget_drafts(*folders: Path) -> None:
    """Delete what a backup or a restore that was cut off has left in these folders: the whole office, in clear.

    What is less than a day old may be one at work.
    """
    before = (clock.now() - DRAFTS_KEPT).timestamp()
    for path in (path for folder in folders for path in drafts_in(folder)):
        if path.lstat().st_mtime < before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def forget_old(folder: Path, days: int, newest: Path) -> list[Path]:
    """Delete the backups of this store made more than so many days ago; which. Never `newest`, the one just made.

    Nor the SPARED that come before it: a clock that was wrong once would leave it alone. What is not called as they
    are is not theirs, and stays.
    """
    before = clock.now() - timedelta(days=days)
    ours = re.compile(rf"{re.escape(database.proxy.name)}-(\d{{8}}T\d{{6}}Z)\.tar(\.age)?")
    named = ((path, ours.fullmatch(path.name)) for path in sorted(folder.iterdir()) if path != newest)
    # Stamps of one length follow one another as their moments do.
    made = sorted((found[1], path) for path, found in named if found and path.is_file())
    old = [path for made_at, path in made[:-SPARED] if made_at < stamp(before)]
    for path in old:
        path.unlink()
    return old
