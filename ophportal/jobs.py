"""The worker's other half: long work, taken from the job table and done beside the mail.

A job's files (what was uploaded, what was made) lie in a folder of its own beside the store, named by its token, and
go when they have been kept long enough (`retention`). How far a job is stands in that folder too: in the store, a
note of it would wait for the very transaction that it is about.
"""

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Event as Stop
from typing import NamedTuple

from flask import current_app
from peewee import InterfaceError, OperationalError, PeeweeException
from werkzeug.utils import import_string

from ophportal import database, faults, search
from ophportal.database import PAUSE_BETWEEN_BATCHES
from ophportal.formatting import typography
from ophportal.logs import frames_of
from ophportal.models import Job, JobState
from ophportal.models.job import MOST_ATTEMPTS
from ophportal.progress import Tell

logger = logging.getLogger(__name__)

PAUSE = 1.0
PAUSE_AFTER_FAULT = 5.0
# Seconds between two notes of how far a job is; each also renews its claim.
NOTE_EVERY = 0.5

# The store is away, locked or full, or another writer takes long: not the job's own fault.
PASSING = (OperationalError, InterfaceError)
# A stop that is set already: `give_back` then tries once, and does not wait for the store.
AT_ONCE = Stop()
AT_ONCE.set()

# What does a job: it tells how far it is (done, total), and ends with `job.becomes`.
Handler = Callable[[Job, Tell], None]


class Progress(NamedTuple):
    done: int
    total: int

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


def run(stop: Stop) -> None:
    """Do what is due until `stop` is set. A fault of the store is logged and waited out: the rows are still there.

    Raises NewerStoreError once a newer version has brought the store forward: the rest is for that version to do.
    """
    while not stop.is_set():
        try:
            database.pending_migrations()  # another host may have brought the store forward
            # After an import the words of all its tenants are written anew, a batch at a time.
            pause = 0.0 if do_due(stop) else PAUSE_BETWEEN_BATCHES if search.refresh(search.BATCH) else PAUSE
        except PeeweeException as error:
            said = faults.of_store(error)
            logger.error("the store does not answer; jobs go on in %s s: %s", PAUSE_AFTER_FAULT, said)
            pause = PAUSE_AFTER_FAULT
        stop.wait(pause)


def do_due(stop: Stop = AT_ONCE) -> bool:
    """Do the oldest job that is due; False when none is. Raises PeeweeException for the store's own faults."""
    job = Job.claim_next()
    if job is None:
        return False
    if job.attempts > MOST_ATTEMPTS:
        job.becomes(JobState.FAILED)
        return True
    try:
        handler_of(job)(job, Noted(job))
    except PASSING:
        give_back(job, stop)
        raise
    except PeeweeException:
        raise  # the store's fault: the claim runs out and the job is taken again
    except Exception as error:
        logger.error("job %s (%s): %s\n%s", job.id, job.kind, type(error).__name__, frames_of(error))
        found = {"reasons": [typography(faults.SERVER_IS_FULL)]} if faults.is_full(error) else {}
        job.becomes(JobState.FAILED, **found)
    return True


def give_back(job: Job, stop: Stop) -> None:
    """Have the attempt not count: the job is taken again when its claim has run out, however often the store fails.

    Waits for the store as long as it takes, until `stop` is set.
    """
    while True:
        try:
            return job.give_back()
        except PeeweeException as error:
            said = faults.of_store(error)
            logger.error("job %s was cut short, and the store does not take note: %s", job.id, said)
            if stop.wait(PAUSE_AFTER_FAULT):
                return None


def handler_of(job: Job) -> Handler:
    """The function that does jobs of this kind. Its module is loaded for the first of them."""
    return import_string(current_app.extensions["jobs"][job.kind])


class Noted:
    """The `Tell` of a running job: writes how far it is into the job's folder, every `NOTE_EVERY` seconds at most."""

    def __init__(self, job: Job):
        self.job = job
        self.path = made_folder(job) / "progress"
        self.next_note = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() < self.next_note:
            return
        self.next_note = time.monotonic() + NOTE_EVERY
        with suppress(OSError):  # a full disk: the work may need no more of it
            draft = self.path.with_suffix(".part")
            draft.write_text(f"{done} {total}")
            draft.replace(self.path)
        self.keep_the_job()

    def keep_the_job(self) -> None:
        """Renew its claim, within the work's own transaction where there is one: it then counts from the commit on.

        Nobody can take the job before that commit: the transaction holds the writer's turn.
        """
        if database.proxy.in_transaction():
            self.job.renew()
        else:  # while another writer has the turn, nobody can take the job either
            with suppress(OperationalError), database.proxy.writing_at_once():
                self.job.renew()


def folders() -> Path:
    return database.folder() / "travaux"


def folder_of(job: Job) -> Path:
    """The path of the job's folder, which may be erased by now."""
    return folders() / job.token


def made_folder(job: Job) -> Path:
    """The job's own folder, made where it is not yet, readable by the portal alone."""
    # Each in its turn: `parents` would leave the one above to the umask.
    for folder in (folders(), folder_of(job)):
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder_of(job)


def progress_of(job: Job) -> Progress:
    with suppress(OSError, ValueError):
        done, total = (folder_of(job) / "progress").read_text().split()
        return Progress(int(done), int(total))
    return Progress(0, 0)


def forget_files(job: Job) -> None:
    """Erase what the job was given and what it made; the row, and its counts, stay."""
    shutil.rmtree(folder_of(job), ignore_errors=True)


def forget_strays(before: datetime) -> None:
    """Erase the folders, last written to before then, of jobs whose row was never written."""
    if not folders().is_dir():
        return
    for folder in folders().iterdir():
        with suppress(FileNotFoundError):  # a page has just erased it
            if folder.stat().st_mtime >= before.timestamp():
                continue
        if not Job.select().where(Job.token == folder.name).exists():
            shutil.rmtree(folder, ignore_errors=True)
