"""Restoring a backup: it is read and checked whole beside the store, brought up to date, then put in its place.

Until the last step the store is as it was. That step keeps it, under another name.
"""

import hashlib
import os
import re
import tarfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from peewee import DatabaseError, fn

from ophportal import database, documents, store_use
from ophportal.backups import copying
from ophportal.backups.copying import Counts
from ophportal.backups.encryption import decrypt, is_encrypted
from ophportal.backups.files import draft_folder, forget_drafts, forget_unused_asides, next_aside
from ophportal.backups.making import PIECE, check_room, check_sound, contents, make, opened
from ophportal.backups.manifest import MANIFEST, STORE, BackupError, Manifest
from ophportal.backups.voiding import Voided, void
from ophportal.drafts import sync_names
from ophportal.models import TABLES, JournalEntry
from ophportal.progress import Tell, say_nothing

CONTENT = re.compile(r"documents/([0-9a-f]{2})/(\1[0-9a-f]{62})")
# Bytes of a manifest at most: a longer one would name a million documents that were lacking.
LARGEST_MANIFEST = 1 << 26


@dataclass(frozen=True)
class Existing:
    """The store that a restoration would replace; `counts` are None when it is damaged."""

    counts: Counts | None
    last_entry: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return self.counts is not None and not any(self.counts.values())


@dataclass(frozen=True)
class Restored:
    """`counts` are those of the store now; `aside` says where what it replaced is, None when there was nothing."""

    manifest: Manifest
    counts: Counts
    migrations: list[str]
    voided: Voided
    aside: Path | None


class Desk(NamedTuple):
    """Where a backup is unpacked and checked: a folder beside the store, one beside the documents."""

    store_folder: Path
    folder: Path

    @property
    def store(self) -> Path:
        return self.store_folder / STORE

    @property
    def documents(self) -> Path:
        return self.folder / "documents"

    def content(self, digest: str) -> Path:
        return self.documents / digest[:2] / digest


def places() -> tuple[Path, Path]:
    """The portal's folders, made where they are not yet: that of the store, that of the files."""
    folder = database.folder()
    there = (database.store_path().parent if database.is_sqlite() else folder, folder)
    for place in there:
        place.mkdir(parents=True, exist_ok=True)
    return there


def existing() -> Existing:
    """What the store holds now."""
    if database.is_sqlite() and not database.store_path().exists():
        return Existing({})
    try:
        counts = copying.counts(database.proxy.obj)
        last = JournalEntry.select(fn.MAX(JournalEntry.at)).scalar() if "journal_entry" in counts else None
    except DatabaseError:
        return Existing(None)
    return Existing(counts, last)


def restore(
    file: Path, identities: Path | None = None, tell: Tell = say_nothing, *, other_key: bool = False
) -> Restored:
    """Put the backup `file` in the place of the store; on PostgreSQL, `tell` is told how far its rows are.

    Raises BackupError, OSError or StoreInUseError, and the store is as it was.
    """
    beside = places()
    with ExitStack() as stack:
        # A process in the middle of something would end it on other rows, which have the same keys.
        stack.enter_context(store_use.alone())
        forget_drafts(*beside)
        forget_unused_asides()
        stack.callback(forget_unused_asides)
        # What will be renamed into its place has to be on the same disk.
        desk = Desk(*(Path(stack.enter_context(draft_folder(place))) for place in beside))
        manifest = read(file, identities, desk, other_key=other_key)
        applied = bring_up_to_date(desk.store)
        check_contents(desk, manifest)
        with opened(desk.store) as restored:
            voided = void(restored)
            counts = copying.counts(restored)
        aside = take_place(desk) if database.is_sqlite() else write_over(desk, tell)
    return Restored(manifest, counts, applied, voided, aside)


def read(file: Path, identities: Path | None, desk: Desk, *, other_key: bool) -> Manifest:
    """Unpack `file` to the desk. Raises BackupError when it is not a backup as it was made."""
    if not file.is_file():
        raise BackupError("ce n'est pas un fichier" if file.exists() else "il n'existe pas")
    plain = desk.folder / "archive.tar" if is_encrypted(file) else file
    check_room(database.folder(), file.stat().st_size * (1 if plain is file else 2))
    if plain is not file:
        decrypt(file, plain, identities)
    try:
        digest, text = take_apart(plain, desk)
    except (tarfile.TarError, EOFError):
        raise BackupError("il est abîmé, ou n'est pas une sauvegarde") from None
    if not digest or not text:
        raise BackupError("il en manque la fin, ou ce n'est pas une sauvegarde")
    manifest = Manifest.from_json(text, sealed=not other_key)
    if digest != manifest.digest:
        raise BackupError("la base de données n'est pas celle qui a été sauvegardée : il est abîmé, ou a été modifié")
    return manifest


def take_apart(plain: Path, desk: Desk) -> tuple[str, bytes]:
    """Write the store and the contents to the desk; the SHA-256 of the store, and the manifest's text.

    Nothing of the tar decides where a file goes: a member has a name that a backup has, or is refused.
    """
    digest, text = "", b""
    with tarfile.open(plain, "r:") as archive:
        for member in archive:
            if member.type != tarfile.REGTYPE or member.issparse():
                raise BackupError(f"il contient « {member.name} », qui n'est pas un fichier")
            source = archive.extractfile(member)
            assert source is not None  # noqa: S101 - it is a file
            if member.name == STORE and not digest:
                check_room(desk.store_folder.parent, member.size)  # perhaps another disk than that of the files
                digest = written(source, desk.store)
            elif found := CONTENT.fullmatch(member.name):
                keep_if_true(source, desk.content(found[2]))
            elif member.name == MANIFEST and member.size <= LARGEST_MANIFEST:
                text = source.read()
            else:
                raise BackupError(f"il contient « {member.name} », qui n'est pas d'une sauvegarde")
    return digest, text


def keep_if_true(source: IO[bytes], path: Path) -> None:
    """Write a content if its digest is its name. Else `check_contents` tells whether it was lacking in the backup."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if written(source, path) != path.name:
        path.unlink()


def written(source: IO[bytes], path: Path) -> str:
    """Write what is in `source` to the new file `path`, to the disk; its SHA-256."""
    digest = hashlib.sha256()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := source.read(PIECE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def bring_up_to_date(path: Path) -> list[str]:
    """Apply the migrations that came after the backup; which. Raises BackupError for a damaged store or a newer one."""
    check_sound(path)
    with opened(path) as store:
        runner = database.migrations(store)
        try:
            database.pending_migrations(runner)
        except database.NewerStoreError as error:
            raise BackupError(f"{error} : mettez-le à jour") from None
        applied = list(runner.up())
    check_sound(path)
    return applied


def check_contents(desk: Desk, manifest: Manifest) -> None:
    """Raises BackupError when a document has no content, and had one when the backup was made."""
    lacking = {*manifest.lacking}
    with opened(desk.store) as store:
        for digest, _ in contents(store):
            if digest not in lacking and not desk.content(digest).is_file():
                raise BackupError(f"le document {digest[:12]}… y manque, ou y est abîmé")


def take_place(desk: Desk) -> Path | None:
    """SQLite: put the restored store in the place of the old one; the path of the old one from now on, or None.

    Until the last step names are only added: a power cut leaves either the old store or the restored one.
    """
    there, aside = database.store_path(), None
    if not existing().is_empty:
        aside = there.with_name(f"{next_aside()}{there.suffix}")
    leave()
    if aside is not None:
        os.link(there, aside)  # the first of all: by it `forget_unused_asides` knows what was cut off
        sync_names(there.parent)
        documents.spread(documents.folder(), documents.folder().with_name(aside.stem), os.link)
    documents.spread(desk.documents, documents.folder(), os.replace)
    if aside is not None:
        for mark in ("-wal", "-shm", "-journal"):  # of one too damaged to be closed: the next must not find them
            with suppress(FileNotFoundError):
                os.rename(f"{there}{mark}", f"{aside}{mark}")
    os.replace(desk.store, there)
    sync_names(there.parent)
    return aside


def leave() -> None:
    """Close SQLite's file, with its write-ahead log written into it; a damaged file may keep its log beside it."""
    with suppress(DatabaseError):
        database.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.proxy.close()


def write_over(desk: Desk, tell: Tell) -> Path | None:
    """PostgreSQL: replace all rows in one transaction; the path of a backup of the old ones, or None."""
    try:
        database.migrate()
    except database.NewerStoreError as error:
        raise BackupError(f"la base qui est là reste, car {error} : donnez-en une vide (dropdb, createdb)") from None
    old, aside = desk.folder / "remplacee.tar", None
    if not existing().is_empty:
        aside = database.folder() / f"{next_aside()}.tar"
        make(old)
    documents.spread(desk.documents, documents.folder(), os.replace)
    with opened(desk.store) as restored, database.writing():
        database.proxy.empty(table._meta.table_name for table in reversed(TABLES))
        with copying.snapshot(restored):
            copying.copy(restored, database.proxy.obj, tell)
        if aside is not None:  # the last before the commit: until then it goes with the desk, as the old rows stay
            os.replace(old, aside)
            sync_names(aside.parent)
    return aside
