"""Many files at once, in a folder or in a ZIP: their names, and what is in each. Nothing is ever unpacked to disk."""

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from ophportal import faults
from ophportal.documents import Readable
from ophportal.imports.files import CONTENT_TYPES, ZIP
from ophportal.imports.refusals import ImportRefused, Refusals

# A year of avis for four thousand households.
MOST_FILES = 50_000
# Bytes in one go, each file being read twice when it is new. PDFs hardly shrink; bombs do, a thousandfold.
MOST_READ = 16 << 30
# What names as many files in a ZIP. Python's reader holds all of it in memory, with ten times as much made of it.
LARGEST_DIRECTORY = 16 << 20
# The two ends of a ZIP (APPNOTE 4.3.14 and 4.3.16), where each says how large its directory is, and as what.
ENDS = (
    (re.compile(rb"PK\x05\x06"), 12, struct.Struct("<L")),
    (re.compile(rb"PK\x06\x06"), 40, struct.Struct("<Q")),
)
# The ends are at the file's end, but for a comment of 64 KiB at most.
ENDS_WITHIN = (1 << 16) + 128
# What systems leave in folders, and nobody means to send.
LEFT_BEHIND = re.compile(r"(^|/)(\.[^/.][^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(/|$)", re.I)
ENCRYPTED = 0x1
LONGEST_NAME = 500
DAMAGED = "est abîmé dans le ZIP, ou n'a pas la taille qu'il dit"
# What a damaged or hostile ZIP raises, by what is wrong in it.
DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, LZMAError, struct.error, EOFError, NotImplementedError,
    OverflowError, ValueError, RuntimeError, KeyError, OSError,
)  # fmt: skip


class UnreadableFileError(Exception):
    """One file among the others cannot be read; the message says why, in French."""


class Files(Protocol):
    """`names` are paths with « / », from the top of the folder or of the ZIP, in their order."""

    names: list[str]

    def stream(self, name: str) -> AbstractContextManager[Readable]:
        """The file of this name, open. Raises UnreadableFileError, then or while it is read."""


class Meter:
    """Counts the bytes read of all the files together, since the sizes that a ZIP announces may be false."""

    def __init__(self) -> None:
        self.total = 0

    def count(self, size: int) -> None:
        self.total += size
        if self.total > MOST_READ:
            raise ImportRefused.whole("les documents sont trop grands tous ensemble : envoyez-les en plusieurs fois")


class Guarded:
    """A file of the office's, counted, whose faults are told apart from those of our own disk."""

    def __init__(self, file: Readable, reason: str, meter: Meter):
        self.file = file
        self.reason = reason
        self.meter = meter

    def read(self, size: int, /) -> bytes:
        try:
            piece = self.file.read(size)
        except DAMAGE as error:
            raise UnreadableFileError(self.reason) from error
        self.meter.count(len(piece))
        return piece


@contextmanager
def opened_files(path: Path, refusals: Refusals) -> Iterator[Files]:
    """The files at `path`; those that cannot stand go to `refusals`. Raises ImportRefused when it is neither."""
    if path.is_dir():
        yield Folder(path, refusals)
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise ImportRefused.whole(f"{path.name} est introuvable, ou ne peut pas être lu") from error
    with stream:
        if stream.read(len(ZIP)) not in {ZIP, b"PK\x05\x06"}:
            raise ImportRefused.whole("ce n'est pas un ZIP : mettez les documents dans un fichier .zip")
        check_directory(stream)
        try:
            archive = zipfile.ZipFile(stream)
        except DAMAGE as error:
            raise ImportRefused.whole("le ZIP est abîmé, ou coupé : faites-le de nouveau") from error
        with archive:
            if any(part.filename == CONTENT_TYPES for part in archive.infolist()):
                raise ImportRefused.whole(
                    "c'est un classeur, et non un ZIP de documents : envoyez-le comme « Locataires », « Écritures » ou "
                    "« Contacts des immeubles »"
                )
            yield Zip(archive, refusals)


class Folder:
    """A folder of the server, and those in it. Links are not followed: they lead out of it."""

    def __init__(self, top: Path, refusals: Refusals):
        self.top = top
        self.meter = Meter()
        self.names: list[str] = []
        for path, mode in walked(top):
            name = path.relative_to(top).as_posix()
            if LEFT_BEHIND.search(name):
                continue
            if stat.S_ISREG(mode):
                self.names.append(name)
            else:
                reason = "est un lien : mettez le fichier lui-même" if stat.S_ISLNK(mode) else "n'est pas un fichier"
                refusals.add(None, reason, shown(name))
            check_count(len(self.names))
        self.names.sort()

    @contextmanager
    def stream(self, name: str) -> Iterator[Readable]:
        try:
            file = open(self.top / name, "rb")  # noqa: SIM115 - closed below, whose faults are not of opening
        except OSError as error:
            raise UnreadableFileError(f"ne peut pas être lu ({faults.reason_of(error)})") from error
        with file:
            yield Guarded(file, "ne peut pas être lu jusqu'au bout", self.meter)


def walked(top: Path) -> Iterator[tuple[Path, int]]:
    """All that is in `top` but folders, with its mode. Raises ImportRefused for a folder that cannot be read."""

    def refuse(error: OSError) -> None:
        where = shown(Path(error.filename or top).name)
        raise ImportRefused.whole(f"le dossier {where} ne peut pas être lu ({faults.reason_of(error)})") from error

    for folder, folders, files in os.walk(top, onerror=refuse):
        for name in (*folders, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if not stat.S_ISDIR(mode):
                yield path, mode


class Zip:
    """A ZIP. Nothing that it announces is trusted: names are checked, and contents counted as they are read."""

    def __init__(self, archive: zipfile.ZipFile, refusals: Refusals):
        self.archive = archive
        self.meter = Meter()
        self.parts: dict[str, zipfile.ZipInfo] = {}
        for part in archive.infolist():
            name = PurePosixPath(part.filename.replace("\\", "/")).as_posix()
            if part.is_dir() or LEFT_BEHIND.search(name):
                continue
            if reason := wrong_with(part, name):
                refusals.add(None, reason, shown(name))
            elif name in self.parts:
                refusals.add(None, "est deux fois dans le ZIP", shown(name))
            else:
                self.parts[name] = part
            check_count(len(self.parts))
        self.names = sorted(self.parts)

    @contextmanager
    def stream(self, name: str) -> Iterator[Readable]:
        try:
            file = self.archive.open(self.parts[name])
        except DAMAGE as error:
            raise UnreadableFileError(DAMAGED) from error
        with file:
            yield Guarded(file, DAMAGED, self.meter)


def wrong_with(part: zipfile.ZipInfo, name: str) -> str:
    """Why a part of a ZIP cannot stand; empty when it can."""
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        return "a un nom qui mène hors du ZIP"
    if len(name) > LONGEST_NAME:
        return "a un nom trop long"
    if stat.S_ISLNK(part.external_attr >> 16):
        return "est un lien : mettez le fichier lui-même"
    if part.flag_bits & ENCRYPTED:
        return "est protégé par un mot de passe : faites le ZIP sans mot de passe"
    return ""


def check_count(count: int) -> None:
    if count > MOST_FILES:
        raise ImportRefused.whole(f"il y a plus de {MOST_FILES} fichiers : envoyez-les en plusieurs fois")


def check_directory(stream: BinaryIO) -> None:
    """Raise ImportRefused for a ZIP whose directory would fill the memory, before it is read."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - ENDS_WITHIN))
    end = stream.read()
    stream.seek(0)
    for mark, offset, number in ENDS:
        for found in mark.finditer(end):
            place = found.start() + offset
            if place + number.size <= len(end) and number.unpack_from(end, place)[0] > LARGEST_DIRECTORY:
                raise ImportRefused.whole("le ZIP est abîmé, ou nomme trop de fichiers : envoyez-les en plusieurs fois")


def shown(name: str) -> str:
    """A file's name for a screen: without invisible or impossible letters, and shortened."""
    visible = "".join(letter if letter.isprintable() else "?" for letter in name)
    return visible if len(visible) <= 120 else f"…{visible[-119:]}"
