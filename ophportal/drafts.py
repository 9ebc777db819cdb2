"""Files that are under their names whole, or not at all: written as drafts beside them, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


@contextmanager
def draft_in(folder: Path, *, prefix: str = "", suffix: str = "") -> Iterator[IO[bytes]]:
    """A new file for its owner alone, to be given to `keep_as` in the block; on an error it goes."""
    with NamedTemporaryFile(dir=folder, prefix=prefix, suffix=suffix, delete=False) as draft:  # 0600, its own mode
        try:
            yield draft
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def keep_as(target: Path, draft: IO[bytes]) -> None:
    """Give the draft, whose content is on the disk by then, this name; what bears it already is replaced.

    The name itself survives a power cut from `sync_names` on.
    """
    draft.flush()
    os.fsync(draft.fileno())
    os.replace(draft.name, target)


def sync_names(path: Path) -> None:
    """Have the names in this folder survive a power cut: a file's own fsync does not see to its name."""
    with handle_on(path) as handle:
        os.fsync(handle)


@contextmanager
def handle_on(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """The handle of a file or a folder, within the block. A file that `flags` make is its owner's alone."""
    handle = os.open(path, flags, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)
