"""The file of buildings' contacts: it takes the place of all the contacts on file, whole or not at all."""

from bisect import bisect_left
from collections import Counter
from pathlib import Path

from peewee import chunked

from ophportal.database import rows_of, writing
from ophportal.imports.contacts.columns import COLUMNS, read_line
from ophportal.imports.files import opened
from ophportal.imports.reading import read
from ophportal.imports.refusals import ImportRefused, Refusals
from ophportal.imports.reports import Count, ImportReport, Sure
from ophportal.models import BuildingContact, Dwelling
from ophportal.models.keys import name_key, reference_start
from ophportal.progress import Tell, say_nothing

# The largest offices have some thousand buildings, with a few contacts each. All of them are held in memory.
MOST = 20_000
NAMES = tuple(column.name for column in COLUMNS)
WRITTEN_AT_ONCE = 500

Contact = tuple[str, ...]


def look_at_contacts(path: Path, progress: Tell = say_nothing) -> ImportReport:
    """What importing the contacts at `path` would do; nothing is written."""
    contacts, refusals = contacts_of(path, progress)
    return report(contacts, refusals)


def import_contacts(path: Path, progress: Tell = say_nothing, *, sure: Sure = True) -> ImportReport:
    """Put the contacts at `path` in the place of those on file. Raises ImportRefused, the store untouched.

    What raises doubts (`ImportReport.doubts`) wants somebody who is `sure`, or raises Unsure.
    """
    contacts, refusals = contacts_of(path, progress)
    refusals.check()
    with writing():
        done = report(contacts, refusals)
        done.check(sure=sure)
        BuildingContact.delete().execute()
        # Not one by one: that takes three times as long, and other writers wait for five seconds at most.
        fields = [getattr(BuildingContact, name) for name in (*NAMES, "place")]
        for some in chunked(((*contact, place) for place, contact in enumerate(contacts)), WRITTEN_AT_ONCE):
            BuildingContact.insert_many(some, fields).execute()
    return done


def contacts_of(path: Path, progress: Tell) -> tuple[list[Contact], Refusals]:
    """The contacts of the file, in its order, and what is wrong with its lines."""
    refusals = Refusals()
    first_lines: dict[Contact, int] = {}
    starts = known_starts()
    with opened(path, COLUMNS) as file:
        for line, contact in read(file, read_line, refusals, lambda done: progress(done, file.size)):
            if len(first_lines) == MOST:
                raise ImportRefused.whole(f"le fichier a plus de {MOST} contacts", line)
            if contact[0] and not is_known(contact[0], starts):
                refusals.add(line, "aucune référence logement ne commence ainsi : importez d'abord les locataires")
            elif contact in first_lines:
                refusals.add(line, f"ce contact est déjà celui de la ligne {first_lines[contact]}")
            else:
                first_lines[contact] = line
    if not first_lines and not refusals.lines:
        raise ImportRefused.whole("le fichier ne contient aucun contact")
    return list(first_lines), refusals


def known_starts() -> list[str]:
    """The references of all dwellings as `reference_start` gives them, sorted."""
    return sorted(reference_start(reference) for (reference,) in rows_of(Dwelling.select(Dwelling.reference)))


def is_known(start: str, references: list[str]) -> bool:
    """Whether one of the sorted `references` begins so."""
    place = bisect_left(references, start)
    return place < len(references) and references[place].startswith(start)


def report(contacts: list[Contact], refusals: Refusals) -> ImportReport:
    """What `contacts` change on file. One is changed when it says something else beside its start, role and name."""
    on_file = set(rows_of(BuildingContact.select(*(getattr(BuildingContact, name) for name in NAMES))))
    unchanged = on_file & set(contacts)
    before = Counter(identity(contact) for contact in on_file - unchanged)
    now = Counter(identity(contact) for contact in set(contacts) - unchanged)
    counted = Count((now - before).total(), (now & before).total(), len(unchanged), (before - now).total())
    return ImportReport(
        len(contacts) + refusals.lines,
        {"Contacts": counted},
        **refusals.told(),
    )


def identity(contact: Contact) -> tuple[str, ...]:
    start, role, name, *_ = contact
    return start, name_key(role), name_key(name)
