"""What is said of one document: whose it is, of which month, of what kind. By its file's name, or by the index."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from ophportal.documents import Content
from ophportal.formatting import MONTHS
from ophportal.imports.documents.files import shown
from ophportal.imports.files import cells
from ophportal.imports.files.columns import Column, values_of
from ophportal.imports.refusals import UnreadableLineError
from ophportal.models import Document, DocumentKind
from ophportal.models.keys import name_key, name_words

# The type's first word has no digit, so that what has one before it is the month.
NAME = re.compile(r"(.+)_([^_]*\d[^_]*)_(\D+)")
NAMED = "ne s'appelle pas <numéro>_<AAAA-MM>_<type>.pdf"
OTHER_NAMES = {
    DocumentKind.AVIS: ("avis échéance", "échéance", "avis de loyer"),
    DocumentKind.QUITTANCE: ("quittance de loyer", "quittance loyer"),
    DocumentKind.RECU: ("reçu de loyer", "reçu de paiement"),
    DocumentKind.REGULARISATION: ("régularisation de charges", "régularisation charges", "décompte de charges"),
    DocumentKind.ATTESTATION: ("attestation de loyer",),
    DocumentKind.BAIL: ("contrat de location", "contrat", "avenant"),
    DocumentKind.COURRIER: ("lettre",),
    DocumentKind.AUTRE: (),
}
BY_NAME = {name_key(name): kind for kind, others in OTHER_NAMES.items() for name in (kind, kind.label, *others)}
LONGEST_TITLE = 120
ISO_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})|(?P<month_first>\d{1,2})[/-](?P<year_last>\d{4})", re.ASCII)
MONTH_NUMBERS = {name_key(name): number for number, name in enumerate(MONTHS, 1)}


@dataclass
class Entry:
    """A document to be: `label` is what refusals call it, `file` which of the files; `number` and `reference` are keys.

    The rest is found once all are there: `content` of its file, whose it is, the document `on_file` in its place,
    and when the same one was taken back from there.
    """

    label: str
    file: str
    number: str
    period: date
    kind: DocumentKind
    title: str
    reference: str = ""
    content: Content | None = None
    tenant: int = 0
    lease: int | None = None
    on_file: Document | None = None
    withdrawn_at: datetime | None = None

    @property
    def place(self) -> tuple[int, int | None, date, str, str]:
        """As `Document.place`."""
        return (self.tenant, self.lease, self.period, self.kind.value, self.title)

    @property
    def is_new(self) -> bool:
        return self.on_file is None and self.withdrawn_at is None

    @property
    def brings_news(self) -> bool:
        if self.withdrawn_at is not None:
            return False
        return self.on_file is None or self.content is None or self.on_file.digest != self.content.digest


def kind(cell: str) -> DocumentKind:
    """Raises CellError for what is none."""
    if (found := BY_NAME.get(name_key(cells.given(cell)))) is None:
        raise cells.CellError(f"n'est pas connu : « {shown(cell)[:40]} » (écrivez {', '.join(DocumentKind)})")
    return found


def month(cell: str) -> date:
    """The first day of « 2026-03 », « 03/2026 », « mars 2026 », or of the month of a whole date. Raises CellError."""
    if found := ISO_MONTH.fullmatch(cells.given(cell)):
        year, number = found["year"] or found["year_last"], found["month"] or found["month_first"]
        return first_day(cell, int(year), int(number))
    match name_words(cell):
        case [name, year] if name in MONTH_NUMBERS and re.fullmatch(r"\d{4}", year, re.ASCII):
            return first_day(cell, int(year), MONTH_NUMBERS[name])
    try:
        read = cells.iso_date(cell)
    except cells.CellError:
        read = None
    if read is None:
        raise cells.CellError(f"n'est pas un mois : « {shown(cell)[:30]} » (écrivez-le comme 2026-03)")
    day = date.fromisoformat(read)
    return first_day(cell, day.year, day.month)


def first_day(cell: str, year: int, number: int) -> date:
    if not (cells.FIRST_YEAR <= year <= cells.last_year() and 1 <= number <= 12):
        raise cells.CellError(f"n'est pas un mois : « {cell[:30]} » (écrivez-le comme 2026-03)")
    return date(year, number, 1)


def title(cell: str) -> str:
    if len(cell) > LONGEST_TITLE:
        raise cells.CellError(f"compte {len(cell)} caractères, pour {LONGEST_TITLE} au plus")
    return cell


# What a file's name is made of, in its order.
PARTS = (
    Column("number", "numéro", check=cells.key),
    Column("month", "mois", trim=str, check=month),
    Column("kind", "type", trim=str, check=kind),
)


def entry_named(name: str) -> Entry:
    """What the name of the file `name` says. Raises UnreadableLineError."""
    path = PurePosixPath(name)
    found = NAME.fullmatch(path.stem)
    if path.suffix.lower() != ".pdf" or found is None:
        raise UnreadableLineError([NAMED])
    key, period, of_kind = values_of(found.groups(), PARTS)
    return Entry(shown(name), name, key, period, of_kind, of_kind.label)
