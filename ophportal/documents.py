"""The contents of documents: PDF files under the SHA-256 of what is in them, beside the store, outside the web root.

A content is written before its row, and erased after it, so that a crash leaves no row without its file.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ophportal import database
from ophportal.database import writing
from ophportal.drafts import draft_in, handle_on, keep_as, sync_names
from ophportal.models import Document

LARGEST = 25 * 1024 * 1024
PIECE = 1 << 18
MAGIC = b"%PDF-"
# Readers look for the end of a PDF in its last 1024 bytes (ISO 32000's implementation notes): mailers and scanners add
# to files.
END, END_WITHIN = b"%%EOF", 1024
DIGEST = re.compile(r"[0-9a-f]{64}")
DRAFT = ".part"
LOCK = "contents.lock"


class NotAPdfError(Exception):
    """The message says why, in French."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Content(NamedTuple):
    """SHA-256 in hexadecimal digits; `size` in bytes."""

    digest: str
    size: int


def measure(stream: Readable, keep: Callable[[bytes], Any] = len) -> Content:
    """Read `stream` to its end, handing each piece to `keep`. Raises NotAPdfError as soon as a piece shows it."""
    digest, size, start, end = hashlib.sha256(), 0, b"", b""
    while piece := stream.read(PIECE):
        size += len(piece)
        start = (start + piece)[: len(MAGIC)]
        if not MAGIC.startswith(start):
            raise NotAPdfError("n'est pas un PDF")
        if size > LARGEST:
            raise NotAPdfError(f"dépasse {LARGEST // 1024**2} Mo : réduisez-le, ou faites-en plusieurs")
        end = (end + piece)[-END_WITHIN:]
        digest.update(piece)
        keep(piece)
    if not size:
        raise NotAPdfError("est vide")
    if start != MAGIC:
        raise NotAPdfError("n'est pas un PDF")
    if END not in end:
        raise NotAPdfError("n'est pas un PDF entier : sa fin manque")
    return Content(digest.hexdigest(), size)


def put(stream: Readable) -> Content:
    """Keep what is in `stream`; what is kept already is kept once. Raises NotAPdfError.

    It survives a power cut once it is synced (`sync`).
    """
    with draft_in(made(folder()), suffix=DRAFT) as draft:
        content = measure(stream, draft.write)
        target = path_of(content.digest)
        made(target.parent)
        keep_as(target, draft)
    return content


def sync(contents: Iterable[Content]) -> None:
    """Make `contents` survive a power cut, before rows name them. Each folder is synced once for all that it holds."""
    for shelf in {path_of(content.digest).parent for content in contents}:
        sync_names(shelf)


def path_of(digest: str) -> Path:
    """Where the content of this digest is, or would be."""
    if not DIGEST.fullmatch(digest):
        raise ValueError("not a SHA-256 in hexadecimal digits")
    return folder() / digest[:2] / digest


def is_kept(digest: str) -> bool:
    return path_of(digest).is_file()


def folder() -> Path:
    """A folder for each store: two that lie side by side, the demonstration's and the office's, share nothing."""
    return database.folder() / "documents" / database.proxy.name


def made(path: Path) -> Path:
    """The folder at `path`, readable by the portal alone, and those above it that are ours."""
    if not path.is_dir():
        if path != database.folder() / "documents":
            made(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        sync_names(path.parent)
    return path


def spread(source: Path, target: Path, put: Callable[[Path, Path], None]) -> None:
    """Put each content that is in one folder into another, by linking it or moving it there; the names are synced."""
    for path in source.glob("??/*"):
        put(path, made(target / path.parent.name) / path.name)
    for shelf in target.glob("??"):
        sync_names(shelf)


def lost() -> int:
    """How many contents a row names that are not on the disk: the folder was left behind, or the disk failed."""
    named = Document.select(Document.digest).distinct().tuples().iterator()
    return sum(not is_kept(digest) for (digest,) in named)


@contextmanager
def unpurged() -> Iterator[None]:
    """Within the block `forget_strays` erases nothing, on any host: backups copy rows and contents of one moment."""
    with lock_file() as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def copied_by_nobody() -> Iterator[bool]:
    """Whether no backup copies the contents (`unpurged`); then none begins within the block."""
    with lock_file() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        except BlockingIOError:
            alone = False
        yield alone


def lock_file() -> AbstractContextManager[int]:
    """A handle to lock. On NFS, which hosts share the folder by, only a file that is open to be written may be locked
    for one alone, and a lock on a folder binds no other host (flock(2)).
    """
    return handle_on(made(folder()) / LOCK, os.O_RDWR | os.O_CREAT)


def forget_strays(before: datetime) -> int:
    """Erase the contents and drafts written before then that no row names; how many it was.

    None while a backup copies them (`unpurged`): the next purge will.
    """
    with copied_by_nobody() as alone:
        if not alone:
            return 0
        old = [path for path in strays() if modified(path) < before.timestamp()]
        return sum(map(forget_stray, old))


def strays() -> Iterator[Path]:
    yield from folder().glob(f"*{DRAFT}")
    for shelf in folder().glob("??"):
        here = Document.digest.between(shelf.name, f"{shelf.name}g")  # « g » comes after all hexadecimal digits
        rows: Any = Document.select(Document.digest).where(here).tuples()
        named = {digest for (digest,) in rows}
        yield from (path for path in shelf.iterdir() if path.name not in named)


def forget_stray(path: Path) -> bool:
    """Erase `path` if still no row names it; whether it was erased.

    In the writer's turn, since who writes a row looks in the same transaction whether its content is there.
    """
    with writing():
        is_stray = not Document.select().where(Document.digest == path.name).exists()
        if is_stray:
            path.unlink(missing_ok=True)
    return is_stray


def modified(path: Path) -> float:
    """When the file was last written, in seconds since 1970; infinite for one that has just been erased."""
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return float("inf")
