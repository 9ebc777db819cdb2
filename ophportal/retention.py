"""What is kept how long, and the purge that the delivery worker runs (RGPD, art. 5.1.e; CNIL 2021-122 on logs)."""

import logging
from datetime import timedelta

from ophportal import clock
from ophportal.database import writing
from ophportal.models import AccessRequest, JournalEntry, OutboxMessage, TemporaryPassword, TenantSession

logger = logging.getLogger(__name__)

JOURNAL_KEPT = timedelta(days=365)
DETAILS_KEPT = timedelta(days=30)


def purge() -> int:
    """Erase what has been kept long enough; how many rows were touched. Safe to run at any time."""
    now = clock.now()
    with writing():
        count = (
            JournalEntry.purge(before=now - JOURNAL_KEPT)
            + AccessRequest.forget_details(settled_before=now - DETAILS_KEPT)
            + OutboxMessage.forget_recipients(finished_before=now - DETAILS_KEPT)
            + TemporaryPassword.purge(expired_before=now)
            + TenantSession.purge_ended()
        )
    if count:
        logger.info("purged %s rows", count)
    return count
