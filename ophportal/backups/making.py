"""A backup is made: the store of one moment, then the contents of that moment's documents, as one stream.

Neither memory nor disk has to hold it twice: beside the backup itself, only the store's own copy lies on disk.
"""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import Database, DatabaseError, SqliteDatabase

from ophportal import __version__, clock, database, documents
from ophportal.backups import copying
from ophportal.backups.encryption import encrypt, recipients_in
from ophportal.backups.files import draft_folder, draft_start, forget_drafts, forget_unused_asides
from ophportal.backups.manifest import MANIFEST, STORE, BackupError, Manifest
from ophportal.drafts import draft_in, keep_as, sync_names
from ophportal.formatting import file_size
from ophportal.models import Document
from ophportal.progress import Tell, say_nothing

PIECE = 1 << 18
BLOCK = tarfile.BLOCKSIZE


def make(target: Path, recipients: Iterable[str] = (), tell: Tell = say_nothing) -> Manifest:
    """Write a backup to the new file `target`, whole or not at all, while others read and write.

    `tell` is told how far the copy of PostgreSQL's rows is; SQLite's file takes a fraction of that time.

    Raises BackupError; NewerStoreError for one that this version would copy by half; OSError when a disk is full or
    away.
    """
    keys = recipients_in(recipients)
    if target.exists():
        raise BackupError(f"{target} existe déjà")
    database.proxy.prepare()
    if not database.migrations(database.proxy.obj).applied():
        raise BackupError("la base de données est vide : il n'y a rien à sauvegarder")
    forget_drafts(database.folder(), target.parent)
    forget_unused_asides()
    with (
        documents.unpurged(),
        draft_folder(database.folder()) as drafts,
        draft_in(target.parent, prefix=draft_start()) as draft,
    ):
        tar = Tar(store_of_the_moment(Path(drafts), tell))
        check_room(target.parent, tar.size)
        if keys:
            encrypt(tar.pieces(), draft, keys)
        else:
            draft.writelines(tar.pieces())
        keep_as(target, draft)
    sync_names(target.parent)
    return tar.manifest


def store_of_the_moment(folder: Path, tell: Tell) -> Path:
    """The store as it is now, as a file of SQLite's in `folder`, sound. Raises BackupError."""
    path = folder / STORE
    path.touch(mode=0o600)
    check_room(database.folder(), size_of_store())
    try:
        if database.is_sqlite():
            # One transaction, even while others write: the backup API would begin again at each of their commits. And
            # free pages, which may still hold what an older version erased, are not copied.
            database.proxy.execute_sql("VACUUM INTO ?", (str(path),))
        else:
            copy_to_sqlite(path, tell)
    except DatabaseError as error:
        raise BackupError(f"la base de données ne se lit pas ({error})") from None
    check_sound(path)
    return path


def size_of_store() -> int:
    """Bytes on disk, indexes and all."""
    if database.is_sqlite():
        return int(database.proxy.pragma("page_count") * database.proxy.pragma("page_size"))
    return int(database.proxy.execute_sql("SELECT pg_database_size(current_database())").fetchone()[0])


def copy_to_sqlite(path: Path, tell: Tell) -> None:
    # Only this version's tables are copied: those of a newer one would be left out without a word.
    if database.pending_migrations():
        raise BackupError(
            "la base n'est pas à jour : sauvegardez avec la version d'avant, ou lancez d'abord « ophportal migrate »"
        )
    with opened(path) as copy:
        copy.execute_sql("PRAGMA synchronous = off")  # nobody needs it after a power cut
        database.migrations(copy).up()
        source = database.proxy.obj
        with copying.snapshot(source), copy.atomic():
            copying.copy(source, copy, tell)


@contextmanager
def opened(path: Path) -> Iterator[SqliteDatabase]:
    """A store of SQLite's that nobody else has open, in no transaction yet: migrations begin their own."""
    store = SqliteDatabase(str(path), pragmas={"foreign_keys": 1, "secure_delete": 1})
    with store.connection_context():
        yield store


def check_sound(path: Path) -> None:
    """Raises BackupError when this store is damaged, or points at rows that are not there."""
    with opened(path) as store:
        try:
            sound = store.execute_sql("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
            sound = sound and not store.execute_sql("PRAGMA foreign_key_check").fetchall()
        except DatabaseError:
            sound = False
    if not sound:
        raise BackupError("la base de données est abîmée")


def check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise BackupError(f"il faut {file_size(size)} dans {folder}, et il en reste {file_size(free)}")


class Tar:
    """The tar over the store at `path`, a piece at a time; once all are taken, `manifest` says what went into it."""

    manifest: Manifest

    def __init__(self, path: Path):
        self.path = path
        with opened(path) as store:
            self.applied = max(database.migrations(store).applied())
            self.counts = copying.counts(store)
            sizes = [size for _, size in contents(store)]
        self.size = path.stat().st_size + sum(sizes) + 3 * BLOCK * (len(sizes) + 4)

    def pieces(self) -> Iterator[bytes]:
        made_at, lacking, kept = clock.now(), [], 0
        store_digest = yield from member(STORE, self.path)
        with opened(self.path) as store:
            for digest, _ in contents(store):
                found = ""
                if documents.is_kept(digest):
                    found = yield from member(f"documents/{digest[:2]}/{digest}", documents.path_of(digest))
                    kept += 1
                if found != digest:
                    lacking.append(digest)
        self.manifest = Manifest(
            version=__version__,
            migration=self.applied,
            made_at=made_at,
            counts=self.counts,
            digest=store_digest,
            documents=kept,
            lacking=tuple(lacking),
        )
        text = self.manifest.to_json()
        yield header(MANIFEST, len(text)) + padded(text) + bytes(2 * BLOCK)


def contents(store: Database) -> Iterator[tuple[str, int]]:
    """The contents that this store's documents have, each once: SHA-256 and size in bytes."""
    query = Document.select(Document.digest, Document.size).distinct().order_by(Document.digest)
    yield from query.tuples().bind(store).execute(store).iterator()


def member(name: str, path: Path) -> Generator[bytes, None, str]:
    """The file at `path` as the tar has it; gives its SHA-256 at the end."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        yield header(name, size)
        while piece := file.read(PIECE):
            digest.update(piece)
            yield piece
    yield padded(b"", size)
    return digest.hexdigest()


def header(name: str, size: int) -> bytes:
    about = tarfile.TarInfo(name)
    about.size, about.mode, about.mtime = size, 0o600, int(clock.now().timestamp())
    return about.tobuf(tarfile.PAX_FORMAT)


def padded(text: bytes, size: int | None = None) -> bytes:
    """`text` and zeros up to the end of a block of the tar, counted from `size` bytes, or from the text's length."""
    return text + bytes(-(len(text) if size is None else size) % BLOCK)
