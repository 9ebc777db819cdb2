"""The imports by name, without what reads and writes their files: pages never load that (`runs`)."""

from dataclasses import dataclass

from ophportal.formatting import NO_BREAK, date_and_time, typography
from ophportal.models import Agent, Event, Job, JournalEntry
from ophportal.models.job import LEDGER_IMPORT, Late

# In a job's folder: what was sent, and the lines that were refused.
UPLOADED, REJECTS = "fichier", "rejets.csv"


@dataclass(frozen=True)
class Kind:
    """One that is no table takes many files at once, in a folder or in a ZIP."""

    name: str
    title: str
    is_table: bool = True


TENANTS = Kind("import_tenants", "Locataires")
CONTACTS = Kind("import_contacts", "Contacts des immeubles")
LEDGER = Kind(LEDGER_IMPORT, "Écritures")
DOCUMENTS = Kind("import_documents", "Documents", is_table=False)
KINDS = {kind.name: kind for kind in (TENANTS, LEDGER, DOCUMENTS, CONTACTS)}


def overdue() -> list[str]:
    """What a nightly timer no longer brings, of what tenants read as their account, a sentence each.

    An export that does not come or comes as it was, a timer that is off and an import that is killed leave no other
    trace.
    """
    found = ((kind, Job.late(kind.name)) for kind in (TENANTS, LEDGER))
    return [typography(sentence_of(kind, late)) for kind, late in found if late]


def sentence_of(kind: Kind, late: Late) -> str:
    habit = "chaque jour" if late.wait == 1 else f"au moins tous les {late.wait} jours"
    since = date_and_time(late.since)
    if late.come:
        told = f"les fichiers n'apportent rien de nouveau depuis le {since}, et il y en avait {habit}"
    else:
        told = f"aucun fichier n'est entré depuis le {since}, et il en entrait un {habit}"
    return f"« {kind.title} » : {told}."


def journal(event: Event, job: Job, agent: Agent | None, *more: str) -> None:
    """Note what became of an import. Its number leads to its row, which says who asked for it."""
    JournalEntry.create(event=event, agent=agent, detail=", ".join([which(job), *more]))


def which(job: Job) -> str:
    return f"{KINDS[job.kind].title}, import n°{NO_BREAK}{job.id}"
