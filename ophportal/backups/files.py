"""The files of a folder of backups: their names, which of them are old, and what unfinished ones have left."""

import os
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ophportal import clock, database, documents

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
    """How the names of this store's drafts begin, by which `forget_drafts` finds those that a crash has left."""
    return f".{database.proxy.name}.brouillon-"


def draft_folder(place: Path) -> TemporaryDirectory[str]:
    return TemporaryDirectory(dir=place, prefix=draft_start())


def drafts_in(folder: Path) -> list[Path]:
    ours = re.compile(rf"{re.escape(draft_start())}[a-z0-9_]{{8}}")  # tempfile's own letters
    return [path for path in folder.iterdir() if ours.fullmatch(path.name)]


def forget_drafts(*folders: Path) -> None:
    """Delete the drafts in these folders of backups and restores that were cut off: each is all the data, in clear.

    Not those of less than a day, which may be in use; but for those in the portal's folder on SQLite, all of this
    machine's, when no other backup is under way (nor a restore, which would be alone with the store).
    """
    before = (clock.now() - DRAFTS_KEPT).timestamp()
    with documents.copied_by_nobody() as alone:
        for folder in folders:
            unused = alone and database.is_sqlite() and folder == database.folder()
            for path in drafts_in(folder):
                if unused or path.lstat().st_mtime < before:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


def aside_start() -> str:
    """How the names begin under which restores have kept the store that they replaced."""
    return f"{database.proxy.name}.remplacee-"


def next_aside() -> str:
    """A name for a store that is being replaced, which no other has."""
    return f"{aside_start()}{clock.now():%Y%m%dT%H%M%S.%f}Z"


def forget_unused_asides() -> None:
    """Delete what a restore that was cut off had begun to keep of SQLite's store, which it then did not replace.

    It is that very file under a second name, and the documents of that day: a withdrawn one would live on there. No
    restore is under way, or it is the caller's own: it would be alone with the store.
    """
    there = database.store_path() if database.is_sqlite() else Path()
    if not there.is_file():
        return
    for path in there.parent.glob("*.remplacee-*"):
        # Not by a link to another file: whoever goes back may have made one.
        if path.name.startswith(aside_start()) and os.path.samestat(path.lstat(), there.lstat()):
            if (kept := documents.folder().with_name(path.stem)).is_dir():
                shutil.rmtree(kept)
            path.unlink()


def forget_old(folder: Path, days: int, newest: Path) -> list[Path]:
    """Delete the backups of this store that are more than `days` old; their paths. Never `newest`, the one just made.

    Nor the SPARED before it: a clock that was wrong once would otherwise leave only that one. Files with other names
    stay.
    """
    before = clock.now() - timedelta(days=days)
    ours = re.compile(rf"{re.escape(database.proxy.name)}-(\d{{8}}T\d{{6}}Z)\.tar(\.age)?")
    named = ((path, ours.fullmatch(path.name)) for path in sorted(folder.iterdir()) if path != newest)
    # The stamps are of one length: their alphabetical order is that of the instants.
    made = sorted((found[1], path) for path, found in named if found and path.is_file())
    old = [path for made_at, path in made[:-SPARED] if made_at < stamp(before)]
    for path in old:
        path.unlink()
    return old
