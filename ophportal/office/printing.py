"""Printing letters: the PDF first, and the codes in it are valid only once it is whole.

If it cannot be made, no code is issued and the letters before go on. The codes themselves lie nowhere but in the PDF.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from peewee import chunked

from ophportal import clock, jobs
from ophportal.database import writing
from ophportal.formatting import NO_BREAK
from ophportal.models import Agent, Event, Job, JobState, JournalEntry, PaperCode
from ophportal.models.paper_code import LIFETIME
from ophportal.office.selection import Recipient, chosen
from ophportal.paper_codes import paper_code, paper_digest
from ophportal.progress import Tell

if TYPE_CHECKING:
    from ophportal.papers.access_code import Letter

LETTERS = "letters"
# Codes issued by one statement.
BATCH = 1000
# Letters in one file: a tray of paper, and less than 200 MB of memory while they are made.
LOT = 200


class Drawn(NamedTuple):
    """A letter about to be printed, and for whom."""

    recipient: Recipient
    letter: "Letter"


class ClaimLost(Exception):  # noqa: N818 - the job goes on elsewhere
    """Another worker has taken the job meanwhile."""


def print_one(drawn: Drawn, agent: Agent) -> bytes:
    """The PDF of one tenant's letter, whose code is valid from now on. Raises `PaperNotMade`."""
    from ophportal.papers.access_code import make_letters

    pdf = make_letters([drawn.letter])
    with writing():
        if PaperCode.valid_with(paper_digest(drawn.letter.code)) is None:  # else pressed twice
            issue([drawn], agent)
    return pdf


def print_letters(job: Job, tell: Tell) -> None:
    """The job of printing many: files of at most `LOT` letters in the job's folder, then all their codes at once.

    Who may not be written to any more is left out, and counted.
    """
    from ophportal.papers.access_code import make_letters
    from ophportal.papers.typesetting import forget_layouts

    asked = job.given["tenants"]
    jobs.made_folder(job)
    everybody = chosen(asked)
    drawn: list[Drawn] = []
    for number, some in enumerate(chunked(everybody, LOT), 1):
        lot = [draw(recipient) for recipient in some]
        write_secret(path_of(job, number), make_letters([one.letter for one in lot]))
        forget_layouts()
        drawn += lot
        tell(len(drawn), len(everybody))
    counts = {
        "letters": len(drawn),
        "left_out": len(asked) - len(drawn),
        "printed": [one.recipient.tenant.id for one in drawn],
        "with_gaps": [one.recipient.tenant.id for one in drawn if one.letter.has_gaps],
    }
    with writing():
        issue(drawn, job.agent)  # before the job's end: a code of after it is a newer letter's
        if not job.becomes(JobState.DONE, **counts):
            raise ClaimLost


def draw(recipient: Recipient, seed: str = "") -> Drawn:
    """The letter that is to be printed; the same `seed` gives the same code."""
    from ophportal.papers.access_code import letter_to

    return Drawn(recipient, letter_to(*recipient, paper_code(seed), clock.now() + LIFETIME))


def issue(drawn: Sequence[Drawn], agent: Agent | None) -> None:
    """Make the letters' codes valid, in the caller's transaction; earlier letters to these tenants are void.

    `BATCH` codes a statement: one by one, nine hundred would keep the other writers out for more than a second.
    """
    for some in chunked(drawn, BATCH):
        PaperCode.issue({one.recipient.tenant.id: paper_digest(one.letter.code) for one in some}, agent)
        JournalEntry.insert_many(
            {"event": Event.LETTER_PRINTED, "tenant": one.recipient.tenant, "agent": agent} for one in some
        ).execute()


def note_download(job: Job, number: int, agent: Agent) -> None:
    """Journal that `agent` downloads a lot; if another agent printed it, on the record of each tenant too."""
    detail = f"lot {number} des courriers n°{NO_BREAK}{job.id}"
    concerned: list[int | None] = [None]
    if job.agent != agent:
        detail += ", imprimés par un autre agent"
        concerned += printed_in(job, number)
    with writing():
        for tenant in concerned:
            JournalEntry.create(event=Event.LETTER_DOWNLOADED, tenant=tenant, agent=agent, detail=detail)


def printed_in(job: Job, number: int) -> list[int]:
    """The tenants whose letters a lot holds, by row number."""
    letters = lots_of(job)[number - 1]
    return list(job.found["printed"][letters.start - 1 : letters.stop - 1])


def path_of(job: Job, number: int) -> Path:
    """Where the job's lot of this number (1, 2…) lies.

    Under the claim by which it was made: a worker that has lost its own goes on, with codes that are never valid.
    """
    return jobs.folder_of(job) / f"{job.claim}-lot-{number}.pdf"


def lots_of(job: Job) -> Sequence[range]:
    """Which letters (1, 2…) each lot of a finished job holds."""
    last = job.found.get("letters", 0) if job.state == JobState.DONE else 0
    return [range(start, min(start + LOT, last + 1)) for start in range(1, last + 1, LOT)]


def write_secret(path: Path, content: bytes) -> None:
    """A file that the portal alone may read."""
    path.touch(mode=0o600)
    path.write_bytes(content)
