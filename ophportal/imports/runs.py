"""The imports as the command and the console run them: to look at a file, to write it, to keep what came of it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ophportal import clock
from ophportal.formatting import typography
from ophportal.imports import contacts, kinds, ledger, tenants
from ophportal.imports.contacts import import_contacts, look_at_contacts
from ophportal.imports.documents import import_documents, look_at_documents
from ophportal.imports.files import has_columns
from ophportal.imports.files.columns import Column
from ophportal.imports.ledger import import_ledger, look_at_ledger
from ophportal.imports.refusals import ImportRefused, LineError, Unsure
from ophportal.imports.reports import ImportReport, Sure
from ophportal.imports.tenants import import_tenants, look_at_tenants
from ophportal.models import Event, Job, JobState
from ophportal.progress import Tell

# For pages that show a refusal of the command line.
SEND_IT = LineError(
    None, typography("si le fichier est bon, envoyez-le dans « Imports » : la page demande de confirmer")
)


class Word(NamedTuple):
    """What the person who has a file written says of it: whether it is `full`, how many leases it may end (None: any
    number), and whether they are `sure` in spite of its doubts, or of which of them.
    """

    full: bool = False
    most_ended: int | None = None
    sure: Sure = True


Look = Callable[[Path, Tell, bool], ImportReport]
Write = Callable[[Path, Tell, Word], ImportReport]


@dataclass(frozen=True, kw_only=True)
class Importer(kinds.Kind):
    """A kind with what does it. `look` reports what `write` would do. Both take the file and a `Tell`; `look`
    then takes whether it is full, and `write` a `Word`.
    """

    columns: tuple[Column, ...]
    look: Look
    write: Write


TENANTS = Importer(
    **vars(kinds.TENANTS),
    columns=tenants.COLUMNS,
    look=lambda path, progress, full: look_at_tenants(path, progress, full=full),
    write=lambda path, progress, word: import_tenants(path, progress, **word._asdict()),
)
CONTACTS = Importer(
    **vars(kinds.CONTACTS),
    columns=contacts.COLUMNS,
    look=lambda path, progress, _full: look_at_contacts(path, progress),
    write=lambda path, progress, word: import_contacts(path, progress, sure=word.sure),
)
LEDGER = Importer(
    **vars(kinds.LEDGER),
    columns=ledger.COLUMNS,
    look=lambda path, progress, _full: look_at_ledger(path, progress),
    write=lambda path, progress, word: import_ledger(path, progress, sure=word.sure),
)
DOCUMENTS = Importer(
    **vars(kinds.DOCUMENTS),
    columns=(),
    look=lambda path, progress, _full: look_at_documents(path, progress),
    write=lambda path, progress, _word: import_documents(path, progress),
)
IMPORTERS = {kind.name: kind for kind in (TENANTS, LEDGER, DOCUMENTS, CONTACTS)}


def kind_like(path: Path, sent_as: Importer) -> Importer | None:
    """The other kind whose required columns are all in the file, where those of the kind asked for are not."""
    if not sent_as.is_table or has_columns(path, sent_as.columns):
        return None
    others = (kind for kind in IMPORTERS.values() if kind.is_table and kind is not sent_as)
    return next((kind for kind in others if has_columns(path, kind.columns)), None)


def note(kind: Importer, file_name: str, report: ImportReport) -> None:
    """Show an import of the command line among the others in the console, with what nobody has read there before."""
    # Without the names of who is not in the file: a page shows them only before the import.
    found = numbers(report) | sentences(report) | {"gone_first": []}
    kinds.journal(Event.IMPORTED, put_ended(kind, file_name, JobState.DONE, found), None)


def note_refusal(kind: Importer, file_name: str, refused: ImportRefused) -> None:
    """Show a refused one there too: at night nobody reads what the command prints, and agents can mend the file."""
    if isinstance(refused, Unsure):
        refused = Unsure([*refused.errors, SEND_IT], refused.total + 1)
    put_ended(kind, file_name, JobState.REFUSED, reasons(refused))


def put_ended(kind: Importer, file_name: str, state: JobState, found: dict[str, Any]) -> Job:
    """A job that has ended already: a worker would take one that waits."""
    ended = {"state": state, "result": json.dumps(found), "finished_at": clock.now()}
    return Job.create(kind=kind.name, parameters=json.dumps({"file": file_name}), **ended)


def numbers(report: ImportReport) -> dict[str, Any]:
    """The part of a report that a job keeps for good, without a name."""
    return {
        "news": report.brings_news,
        "lines": report.read,
        "counts": {noun: asdict(count) for noun, count in report.counts.items()},
        "gone": report.gone.count,
        "ended": report.ended,
        "rejected": report.rejected,
    }


def sentences(report: ImportReport) -> dict[str, Any]:
    """The part of a report that a person reads to decide, or after a night, and that is erased afterwards."""
    return {
        "gone_first": list(report.gone.first),
        "facts": list(report.facts),
        "doubts": list(report.doubts),
        "to_watch": list(report.to_watch),
        "warnings": [str(warning) for warning in report.warnings],
    }


def reasons(refused: ImportRefused) -> dict[str, Any]:
    """Why a file is refused, as its job keeps it."""
    return {
        "rejected": refused.lines,
        "reasons": [str(error) for error in refused.shown],
        "more_reasons": refused.more,
    }
