"""An import asked for in the console: looked at first, written once a person has said yes."""

from pathlib import Path

from ophportal import jobs
from ophportal.database import writing
from ophportal.imports import runs
from ophportal.imports.kinds import REJECTS, UPLOADED, journal
from ophportal.imports.refusals import ImportRefused, LineError, Unsure
from ophportal.imports.rejects import write_rejects
from ophportal.models import Event, Job, JobState
from ophportal.progress import Tell

# Somebody who chose the wrong kind is told so: the missing column would send them back to the ERP.
LIKE = "Ce fichier est celui des {things}. Choisissez « {title} », puis envoyez-le de nouveau."

CHANGED = LineError(None, "le portail a changé depuis que le fichier a été regardé, envoyez-le de nouveau")

# A backup holds the rows of jobs, and none of their files.
GONE = "le fichier envoyé n'est plus sur ce serveur : envoyez-le de nouveau"


def do_import(job: Job, tell: Tell) -> None:
    """Look at the job's file when it is new, write it when it is confirmed."""
    path = jobs.folder_of(job) / UPLOADED
    if not path.exists():
        refuse(job, ImportRefused.whole(GONE))
    elif job.state == JobState.CONFIRMED:
        write(job, path, tell)
    else:
        look(job, path, tell)


def look(job: Job, path: Path, tell: Tell) -> None:
    kind = runs.IMPORTERS[job.kind]
    try:
        report = kind.look(path, tell, job.given["full"])
    except ImportRefused as refused:
        like = runs.kind_like(path, kind)
        refuse(job, ImportRefused.whole(LIKE.format(things=like.title.lower(), title=like.title)) if like else refused)
        return
    found = {**runs.numbers(report), **runs.sentences(report)}
    if report.refused is not None:
        refuse(job, report.refused, **found)
    else:
        job.becomes(JobState.TO_CONFIRM, **found)


def write(job: Job, path: Path, tell: Tell) -> None:
    """Done twice, after a crash between the store's commit and the job's end, it changes nothing the second time.

    Nor when its claim has run out meanwhile: the file is then left to the worker who has taken the job.
    """
    kind = runs.IMPORTERS[job.kind]
    try:
        # The person who confirmed was sure about the doubts on the page, and no others.
        word = runs.Word(job.given["full"], most_ended=job.found["ended"], sure=job.found.get("doubts", ()))
        report = kind.write(path, tell, word)
    except Unsure as refused:
        refuse(job, Unsure([*refused.errors, CHANGED], refused.total + 1))
        return
    except ImportRefused as refused:  # the store has changed since it was looked at
        refuse(job, refused)
        return
    with writing():
        is_done = job.becomes(JobState.DONE, **runs.numbers(report))
        if is_done:  # at the word of who confirmed it, be it another than who sent the file
            journal(Event.IMPORTED, job, job.answered_by)
    if is_done:
        jobs.forget_files(job)


def refuse(job: Job, refused: ImportRefused, **found: object) -> None:
    """Keep the refused lines for the office to fetch; the file itself has served, unless another worker reads it."""
    folder = jobs.made_folder(job)
    write_rejects(folder / UPLOADED, runs.IMPORTERS[job.kind].columns, refused, folder / REJECTS)
    if job.becomes(JobState.REFUSED, **(found | runs.reasons(refused))):
        (folder / UPLOADED).unlink(missing_ok=True)
