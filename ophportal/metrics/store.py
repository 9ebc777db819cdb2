"""What the store knows: the journal's last hour, the mail that waits, the jobs and the imports; and its disk's room."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from peewee import PeeweeException
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ophportal import clock, database, disks
from ophportal.imports.kinds import KINDS
from ophportal.models import Event, Job, JobState, JournalEntry, OutboxMessage

logger = logging.getLogger(__name__)

Gauge = GaugeMetricFamily


class StoreFigures(Collector):
    """Read anew each time; of a store that does not answer, that and the disks' room are told."""

    def collect(self) -> Iterator[Gauge]:
        try:
            figures = [*journal_figures(), *outbox_figures(), *job_figures()]
        except PeeweeException as error:
            logger.error("the store does not answer: %s", error)
            figures = []
        finally:
            database.proxy.close()  # Prometheus is answered by a new thread each time
        yield Gauge("ophportal_store_up", "Whether the store answers", value=bool(figures))
        yield from figures
        yield disk_figure()


def disk_figure() -> Gauge:
    family = Gauge("ophportal_disk_free_bytes", "Room left on the disk that holds this", labels=["holds"])
    for name, folder in disks.written_to().items():
        family.add_metric([name], disks.free_on(folder))
    return family


def journal_figures() -> Iterator[Gauge]:
    # Gauges, and over an hour: the journal forgets after a year, and notes a login as failed until it has succeeded.
    happened = JournalEntry.count_since(clock.now() - timedelta(hours=1))
    family = Gauge("ophportal_journal_last_hour", "What the journal has noted in the last hour", labels=["event"])
    for event in Event:
        family.add_metric([event], happened.get(event, 0))
    yield family


def outbox_figures() -> Iterator[Gauge]:
    backlog = OutboxMessage.backlog()
    yield Gauge("ophportal_outbox_waiting", "Mails that have not left yet", value=backlog.waiting)
    yield Gauge("ophportal_outbox_failing", "Of these, mails whose last try failed", value=backlog.failing)
    yield Gauge(
        "ophportal_outbox_oldest_due_seconds",
        "Since when the next mail should have been tried: it grows when no worker delivers",
        value=seconds_since(backlog.left_alone_since),
    )
    yield Gauge(
        "ophportal_outbox_oldest_seconds",
        "The age of the oldest mail that has not left: it grows when the mail server takes none",
        value=seconds_since(backlog.oldest),
    )


def job_figures() -> Iterator[Gauge]:
    counts = Job.counts()
    family = Gauge("ophportal_jobs", "Imports and letters, by what became of them", labels=["kind", "state"])
    for kind in sorted({*KINDS, *(kind for kind, _ in counts)}):
        for state in JobState:
            family.add_metric([kind, state], counts.get((kind, state), 0))
    yield family
    yield Gauge(
        "ophportal_jobs_oldest_due_seconds",
        "Since when the next job should have been begun: it grows when no worker takes it",
        value=seconds_since(Job.due_since()),
    )
    family = Gauge(
        "ophportal_import_last_success_timestamp_seconds", "When a file of each kind was last imported", labels=["kind"]
    )
    for kind, done_at in Job.last_done(KINDS).items():
        family.add_metric([kind], done_at.timestamp())
    yield family
    family = Gauge(
        "ophportal_import_last_news_timestamp_seconds",
        "When a file of each kind last brought what was not on file: an export that has stalled goes on being imported",
        labels=["kind"],
    )
    for kind, done_at in Job.last_done(KINDS, with_news=True).items():
        family.add_metric([kind], done_at.timestamp())
    yield family


def seconds_since(then: datetime | None) -> float:
    return max(0.0, (clock.now() - then).total_seconds()) if then else 0.0
