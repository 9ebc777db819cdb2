"""The contents of documents: PDF files under the SHA-256 of what is in them, beside the store, outside the web root.

A content is written before its row, and erased after it, so that a crash leaves no row without its file.
"""

import fcntl
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ophportal import database
from ophportal.database import writing
from ophportal.drafts import draft_in, handle_on, keep_as, settle_names
from ophportal.models import Document

LARGEST = 25 * 1024 * 1024
PIECE = 1 << 18
MAGIC = b"%PDF-"
# Readers look for the end of a PDF in its last 1024 bytes (ISO 32000's implementation notes): mailers and scanners add
# to files.
END, END_WITHIN = b"%%EOF", 1024
DIGEST = re.compile(r"[0-9a-f]{64}")
DRAFT = ".part"


class NotAPdfError(Exception):
    """The message says why, in French."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Content(NamedTuple):
    """SHA-256 in hexadecimal digits; `size` in bytes."""

    digest: str
    size: int


def measure(stream: Readable, keep: Callable[[bytes], Any] = len) -> Content:
    """Read `stream` to its end, handing each piece to `keep`. Raises NotAPdfError, as soon as that can be known."""
    digest, size, start, end = hashlib.sha256(), 0, b"", b""
    while piece := stream.read(PIECE):
        size += len(piece)
        start = (start + piece)[: len(MAGIC)]
        if not MAGIC.startswith(start):
            raise NotAPdfError("n'est pas un PDF")
        if size > LARGEST:
            raise NotAPdfError(f"dépasse {LARGEST // 1024**2} Mo")
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

    It survives a power cut once it is settled (`settle`).
    """
    with draft_in(made(folder()), suffix=DRAFT) as draft:
        content = measure(stream, draft.write)
        target = path_of(content.digest)
        made(target.parent)
        keep_as(target, draft)
    return content


def settle(contents: Iterable[Content]) -> None:
    """Have what is kept survive a power cut, before a row names it: each folder once, however many it holds of them."""
    for shelf in {path_of(content.digest).parent for content in contents}:
        settle_names(shelf)


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
        settle_names(path.parent)
    return path


def spread(source: Path, target: Path, put: Callable[[Path, Path], None]) -> None:
    """Put each content that is in one folder into another, by linking it or moving it there; the names are settled."""
    for path in source.glob("??/*"):
        put(path, made(target / path.parent.name) / path.name)
    for shelf in target.glob("??"):
        settle_names(shelf)


def lost() -> int:
    """How many contents are named by a row, and are not there: the folder did not come along, or its disk failed."""
    named = Document.select(Document.digest).distinct().tuples().iterator()
    return sum(not is_kept(digest) for (digest,) in named)


@contextmanager
def unpurged() -> Iterator[None]:
    """No content is erased meanwhile: for whoever copies those of one moment, here or on another host."""
    with handle_on(made(folder())) as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


def forget_strays(before: datetime) -> int:
    """Erase the contents, and the drafts that a crash has left, written before then and named by no row; how many.

    None while they are being copied: the next purge will.
    """
    with handle_on(made(folder())) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
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
    """Whoever writes rows looks, in the same transaction, whether their contents are there; hence the writer's turn."""
    with writing():
        is_stray = not Document.select().where(Document.digest == path.name).exists()
        if is_stray:
            path.unlink(missing_ok=True)
    return is_stray


def modified(path: Path) -> float:
    """Seconds since 1970; what has just gone is of no age."""
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return float("inf")
