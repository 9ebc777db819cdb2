"""A folder or a ZIP of documents: PDFs that the office drops for its tenants, all or none.

Each is named `<numéro>_<AAAA-MM>_<type>.pdf`; or an index says what each is, and then it must say so of all. The same
file again changes nothing; another content for the same place replaces it. One that the office has withdrawn does not
come back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ophportal import documents
from ophportal.database import writing
from ophportal.documents import Content, NotAPdfError
from ophportal.formatting import date_and_time, whole
from ophportal.imports.documents import places
from ophportal.imports.documents.entry import Entry, entry_named
from ophportal.imports.documents.files import Files, UnreadableFileError, opened_files, shown
from ophportal.imports.documents.index import entries_of, index_among
from ophportal.imports.refusals import MOST_SHOWN, ImportRefused, Refusals, UnreadableLineError
from ophportal.imports.reports import Count, ImportReport
from ophportal.progress import Tell, say_nothing

CHANGED = "a changé pendant l'import : recommencez"


class Reading(NamedTuple):
    """The `files`, what each is, what is wrong with them, and how many there were to read."""

    files: Files
    entries: list[Entry]
    refusals: Refusals
    read: int

    def report(self) -> ImportReport:
        tell_withdrawn(self.entries, self.refusals)
        created = sum(entry.is_new for entry in self.entries)
        unchanged = sum(not entry.brings_news for entry in self.entries)
        count = Count(created, len(self.entries) - created - unchanged, unchanged)
        return ImportReport(self.read, {"Documents": count}, **self.refusals.told())


def look_at_documents(path: Path, progress: Tell = say_nothing) -> ImportReport:
    """What importing the documents at `path` would do. Nothing is written, and no other writer has to wait."""
    with reading(path, progress) as found:
        return found.report()


def import_documents(path: Path, progress: Tell = say_nothing) -> ImportReport:
    """Bring the documents at `path` in. Raises ImportRefused, all documents as they were before."""
    with reading(path, progress) as found:
        files, entries, refusals, _ = found
        refusals.check()
        keep(files, entries, lambda done: progress(len(entries) + done, 2 * len(entries)))
        with writing():
            # Again, now that nobody else writes.
            places.find_places(entries, refusals)
            refusals.check()
            # And put back what the purge has erased meanwhile: no row named it yet.
            keep(files, [entry for entry in entries if entry.brings_news and is_missing(entry.content)], lambda _: None)
            places.write(entries)
    return found.report()


@contextmanager
def reading(path: Path, progress: Tell) -> Iterator[Reading]:
    """The files at `path`, read and checked."""
    refusals = Refusals()
    with opened_files(path, refusals) as files:
        index = index_among(files)
        entries = entries_of(index, files, refusals) if index else entries_by_name(files, refusals)
        if not entries and not refusals.total:
            raise ImportRefused.whole("il n'y a aucun document")
        read = len(entries) + refusals.lines
        measure(files, entries, refusals, lambda done: progress(done, 2 * len(entries)))
        places.find_places(entries, refusals)
        yield Reading(files, entries, refusals, read)


def tell_withdrawn(entries: list[Entry], refusals: Refusals) -> None:
    """Tell of the withdrawn documents, which do not come back: the names of the first, and how many more."""
    gone = [(it.label, it.withdrawn_at) for it in entries if it.withdrawn_at is not None]
    for label, when in gone[:MOST_SHOWN]:
        refusals.notice(f"{label} : retiré le {date_and_time(when)}, il ne revient pas")
    if (more := len(gone) - MOST_SHOWN) > 0:
        refusals.notice(f"… et d'autres documents retirés : {whole(more)}")


def entries_by_name(files: Files, refusals: Refusals) -> list[Entry]:
    entries = []
    for name in files.names:
        try:
            entries.append(entry_named(name))
        except UnreadableLineError as refused:
            for reason in refused.reasons:
                refusals.add(None, reason, shown(name))
    return entries


def measure(files: Files, entries: list[Entry], refusals: Refusals, tell: Callable[[int], None]) -> None:
    """Read each entry's file, once however many entries name it; those of what is no PDF go to `refusals`."""
    found: dict[str, Content | str] = {}
    for done, entry in enumerate(entries):
        tell(done)
        if entry.file not in found:
            found[entry.file] = content_of(files, entry.file)
        match found[entry.file]:
            case Content() as content:
                entry.content = content
            case reason:
                name = shown(entry.file)
                refusals.add(None, reason if entry.label == name else f"« {name} » {reason}", entry.label)


def content_of(files: Files, name: str) -> Content | str:
    """What the file holds, or why that is no document."""
    try:
        with files.stream(name) as stream:
            return documents.measure(stream)
    except (NotAPdfError, UnreadableFileError) as refused:
        return str(refused)


def keep(files: Files, entries: list[Entry], tell: Callable[[int], None]) -> None:
    """Put the contents that are new, or were lost, into the store of contents.

    Raises ImportRefused, and OSError for what our own disk refuses, which then keeps none of them.
    """
    put = []
    try:
        for done, entry in enumerate(entries):
            tell(done)
            if entry.withdrawn_at is None and is_missing(entry.content):
                put.append(put_one(files, entry))
        # Those that were there already, too: an import that was killed may have left them unsynced.
        documents.sync(it.content for it in entries if it.withdrawn_at is None and it.content is not None)
    except OSError:
        for content in put:
            documents.forget_stray(documents.path_of(content.digest))
        raise


def is_missing(content: Content | None) -> bool:
    return content is not None and not documents.is_kept(content.digest)


def put_one(files: Files, entry: Entry) -> Content:
    try:
        with files.stream(entry.file) as stream:
            content = documents.put(stream)
    except (NotAPdfError, UnreadableFileError) as error:
        raise ImportRefused.whole(f"{entry.label} {CHANGED}") from error
    if content != entry.content:
        raise ImportRefused.whole(f"{entry.label} {CHANGED}")
    return content
