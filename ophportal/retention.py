"""What is kept how long, and the purge that the delivery worker runs (RGPD, art. 5.1.e; CNIL 2021-122 on logs)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from ophportal import clock, documents, search
from ophportal.database import proxy
from ophportal.jobs import forget_files, forget_strays
from ophportal.models import (
    AccessRequest,
    AddressChange,
    Agent,
    AgentSession,
    Job,
    JournalEntry,
    OutboxMessage,
    PaperCode,
    TemporaryPassword,
    TenantSession,
    Verification,
)

logger = logging.getLogger(__name__)

JOURNAL_KEPT = timedelta(days=365)
DETAILS_KEPT = timedelta(days=30)
# After they were disabled: as long as the journal may name them.
AGENTS_KEPT = JOURNAL_KEPT
# Requests that an agent has to decide on stay readable for so long.
DECIDED_WITHIN = timedelta(days=90)
# The office's own files, and letters with their codes: long enough to be printed again the next day.
JOB_FILES_KEPT = timedelta(days=2)
# Contents whose document has gone, or has been corrected. An import writes them ahead of its rows, and takes an hour at
# the very most.
STRAYS_KEPT = timedelta(days=1)
# In an office that is open, somebody comes more often. Who has come today may have done so by a clock that is wrong.
SILENCE, LATELY = timedelta(days=30), timedelta(days=1)


def clock_may_be_ahead() -> bool:
    """Whether by this clock nobody has come for longer than `SILENCE`, but for a day: the purge would go by it."""
    newest = JournalEntry.newest_before(clock.now() - LATELY)
    return newest is not None and clock.now() - newest > SILENCE


def purge() -> int:
    """Erase what has been kept long enough; how many rows were touched, jobs apart. Safe to run at any time."""
    now = clock.now()
    old = AccessRequest.has_old_details(now - DETAILS_KEPT, but=Verification.requests_waiting(now - DECIDED_WITHIN))
    count = (
        JournalEntry.purge(before=now - JOURNAL_KEPT)
        + Verification.drop_pending(old)
        + AccessRequest.forget_details(old)
        + OutboxMessage.forget_recipients(finished_before=now - DETAILS_KEPT)
        + TemporaryPassword.purge(expired_before=now)
        + TenantSession.purge_ended()
        + AgentSession.purge_ended()
        + PaperCode.purge(expired_before=now)
        + AddressChange.forget_addresses(ended_before=now - DETAILS_KEPT)
        + Verification.forget_reasons(decided_before=now - DETAILS_KEPT)
        + Agent.purge(disabled_before=now - AGENTS_KEPT)
    )
    Job.drop_unanswered(before=now - JOB_FILES_KEPT)
    for job in Job.to_forget(before=now - JOB_FILES_KEPT):
        forget_files(job)
        job.forget()
    search.forget_old_words()
    proxy.empty_log()
    with sparing_the_mail("folders of jobs"):
        forget_strays(before=now - JOB_FILES_KEPT)
    with sparing_the_mail("contents of documents"):
        documents.forget_strays(before=now - STRAYS_KEPT)
    if count:
        logger.info("purged %s rows", count)
    return count


@contextmanager
def sparing_the_mail(what: str) -> Iterator[None]:
    """Log an error of the disk and go on: the same process delivers the mail, which must not stop for it."""
    try:
        yield
    except OSError as error:
        logger.error("%s could not be purged: %s", what, error.strerror)
