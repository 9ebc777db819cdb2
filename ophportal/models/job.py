"""Work too long for a page: imports, letters by the thousand. A row, as for mail: a crash loses nothing."""

import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, NamedTuple, Self

from peewee import JOIN, Expression, ForeignKeyField, TextField, fn

from ophportal import clock
from ophportal.database import UtcDateTimeField, writing
from ophportal.models.agent import Agent
from ophportal.models.claims import Claimed, is_free

# The kind whose last success with news tells tenants since when their account is what it is.
LEDGER_IMPORT = "import_ledger"
# How long a worker may say nothing of its job (`renew`) before another may take it. A worker that ends a job after
# that learns it from `becomes`, and leaves the job's files alone.
CLAIM = timedelta(minutes=2)
# A file that kills its worker twice is not tried a third time; what the store cuts short does not count (`give_back`).
MOST_ATTEMPTS = 2


class JobState(StrEnum):
    ARRIVING = "arriving"  # its file is being received
    WAITING = "waiting"
    TO_CONFIRM = "to_confirm"  # looked at, nothing written: a person decides
    CONFIRMED = "confirmed"
    DONE = "done"
    REFUSED = "refused"  # the file's fault; `result` says why
    FAILED = "failed"  # the portal's fault
    DROPPED = "dropped"  # a person said no, or nobody anything


DUE = (JobState.WAITING, JobState.CONFIRMED)
ENDED = (JobState.DONE, JobState.REFUSED, JobState.FAILED, JobState.DROPPED)


# In `result`, as JSON writes it: the file said nothing that was not on file already.
NO_NEWS = '"news": false'
# Days with an import that make a habit; and more rows than those have, however often in an hour a timer runs.
HABIT_DAYS, HABIT_ROWS = 10, 500
# Days that may go by without news of any office: a Sunday, a feast with its bridge.
QUIET_DAYS = 7


class Late(NamedTuple):
    """When the last one was done, and the longest that one was waited for before, in days. Where files still `come`, it
    is the last one with news.
    """

    since: datetime
    wait: int
    come: bool = False


class Job(Claimed):
    """`kind` names what does it (`ophportal.jobs.handler_of`). `given` and `found` are dicts, kept as JSON."""

    token = TextField(unique=True, default=lambda: secrets.token_hex(16))
    kind = TextField()
    agent = ForeignKeyField(Agent, null=True, backref="jobs", on_delete="SET NULL")
    parameters = TextField(default="{}")
    result = TextField(default="{}")
    state = TextField(default=JobState.WAITING)
    created_at = UtcDateTimeField(default=clock.now, index=True)
    finished_at = UtcDateTimeField(null=True)
    forgotten_at = UtcDateTimeField(null=True)  # when its files, and what names people in its row, were erased

    class Meta:
        indexes = ((("state", "created_at"), False), (("kind", "finished_at"), False))

    @classmethod
    def put(cls, kind: str, agent: Agent | None, *, state: JobState = JobState.WAITING, **given: Any) -> Self:
        return cls.create(kind=kind, agent=agent, state=state, parameters=json.dumps(given))

    @classmethod
    def just_put(cls, kind: str, agent: Agent, **given: Any) -> Self | None:
        """The job that the same agent has just put with the same `given`: the button was pressed twice."""
        same = (cls.kind == kind) & (cls.agent == agent) & (cls.parameters == json.dumps(given))
        return cls.select().where(same & clock.is_just_now(cls.created_at)).first()

    @classmethod
    def due(cls, kind: str) -> list[Self]:
        """The jobs of this kind that wait for a worker or are being done."""
        return list(cls.select().where((cls.kind == kind) & cls.state.in_(DUE)))

    def arrives(self) -> None:
        """Its file is whole: the worker may take it."""
        self.change(state=JobState.WAITING)

    @property
    def given(self) -> dict[str, Any]:
        return dict(json.loads(self.parameters))

    @property
    def found(self) -> dict[str, Any]:
        return dict(json.loads(self.result))

    @property
    def is_due(self) -> bool:
        """Whether it waits for a worker or is being done."""
        return self.state in DUE

    @property
    def is_cut_short(self) -> bool:
        """Whether a fault of the store stopped it, and it waits to be taken again. `give_back` alone leaves a claim
        beside no attempt.
        """
        return self.is_due and self.attempts == 0 and self.claimed_until is not None

    @classmethod
    def newest(cls, kinds: tuple[str, ...], most: int = 20) -> list[Self]:
        """The newest jobs of these kinds, with the agents who asked for them."""
        query = cls.select(cls, Agent).join(Agent, JOIN.LEFT_OUTER).where(cls.kind.in_(kinds))
        return list(query.order_by(cls.created_at.desc(), cls.id.desc()).limit(most))

    @classmethod
    def counts(cls) -> dict[tuple[str, str], int]:
        """How many there are, by kind and state."""
        query: Any = cls.select(cls.kind, cls.state, fn.COUNT(cls.id)).group_by(cls.kind, cls.state)
        return {(kind, state): count for kind, state, count in query.tuples()}

    @classmethod
    def due_since(cls) -> datetime | None:
        """When the oldest that is due, and that no worker has, was put; None when none is."""
        due = cls.state.in_(DUE) & is_free(cls.claimed_until, clock.now())
        return cls.select(fn.MIN(cls.created_at)).where(due).scalar()

    @classmethod
    def cut_short_since(cls) -> datetime | None:
        """When the oldest that is cut short was put; None when none is."""
        cut_short = cls.state.in_(DUE) & (cls.attempts == 0) & cls.claimed_until.is_null(False)
        return cls.select(fn.MIN(cls.created_at)).where(cut_short).scalar()

    @classmethod
    def last_done(cls, kinds: Iterable[str], *, with_news: bool = False) -> dict[str, datetime]:
        """When one of each of these kinds last came to its good end, or the last `with_news` did."""
        done = cls.kind.in_(list(kinds)) & (cls.with_news() if with_news else cls.state == JobState.DONE)
        query: Any = cls.select(cls.kind, fn.MAX(cls.finished_at)).where(done).group_by(cls.kind)
        return dict(query.tuples())

    @classmethod
    def refused_unseen(cls, kinds: Iterable[str]) -> dict[str, datetime]:
        """When a file of each of these kinds was last refused by the command line, unless one was done since."""
        refused = cls.kind.in_(list(kinds)) & (cls.state == JobState.REFUSED) & cls.agent.is_null()
        query: Any = cls.select(cls.kind, fn.MAX(cls.finished_at)).where(refused).group_by(cls.kind)
        done = cls.last_done(kinds)
        return {kind: at for kind, at in query.tuples() if kind not in done or at > done[kind]}

    @classmethod
    def with_news(cls) -> Expression:
        """The condition that it was done, and brought what was not on file: an export that has stalled comes again
        each night as it was.
        """
        return (cls.state == JobState.DONE) & ~cls.result.contains(NO_NEWS)

    @classmethod
    def late(cls, kind: str) -> Late | None:
        """That the command line's timer has brought none, or none with news, for more than twice the longest wait of
        its last days.

        None where there is no such habit: a timer that never ran is nobody's, and people send files when they like.
        """
        done = (cls.kind == kind) & (cls.state == JobState.DONE) & cls.finished_at.is_null(False)
        query: Any = cls.select(cls.finished_at, cls.agent, cls.with_news()).where(done)
        rows = list(query.order_by(cls.finished_at.desc()).limit(HABIT_ROWS).tuples())
        if late := late_among(rows):
            return late
        late = late_among([row for row in rows if row[2]], QUIET_DAYS)
        return late and late._replace(come=True)

    @classmethod
    def claim_next(cls) -> Self | None:
        """The oldest job that is due, taken for this worker alone until it ends or the claim runs out."""
        now = clock.now()
        due = cls.state.in_(DUE) & is_free(cls.claimed_until, now)
        with writing():
            job = cls.select().where(due).order_by(cls.created_at, cls.id).first()
            if job is not None:
                job.take(until=now + CLAIM)
        return job

    def renew(self) -> None:
        self.change(claimed_until=clock.now() + CLAIM)

    def give_back(self) -> None:
        """Do not count this attempt, even if another worker has the job by now."""
        Job.update(attempts=Job.attempts - 1).where(Job.id == self.id).execute()

    def becomes(self, state: JobState, **found: Any) -> bool:
        """End the claim in `state`, with what was `found`; False when another worker has taken the job."""
        changes: dict[str, Any] = {"state": state, "result": json.dumps(found), "claimed_until": None}
        if state in ENDED:
            changes["finished_at"] = clock.now()
        return self.change(**changes)

    def confirm(self, agent: Agent) -> bool:
        """The agent's yes; False when the job does not wait for one (any more)."""
        return self.answer(JobState.CONFIRMED, agent, attempts=0)

    def drop(self, agent: Agent) -> bool:
        """The agent's no; False as for `confirm`."""
        return self.answer(JobState.DROPPED, agent, finished_at=clock.now())

    def answer(self, state: JobState, agent: Agent, **values: Any) -> bool:
        values |= {"state": state, "parameters": json.dumps(self.given | {"answered_by": agent.id})}
        asked = (Job.id == self.id) & (Job.state == JobState.TO_CONFIRM)
        answered = Job.update(**values).where(asked).execute() == 1
        if answered:
            self.__data__.update(values)
        return answered

    @property
    def answered_by(self) -> Agent | None:
        """The agent who said yes or no, perhaps not the one who asked; None before."""
        return Agent.get_or_none(Agent.id == self.given.get("answered_by"))

    def forget(self) -> None:
        """Keep only the numbers in `given` and `found`: lists, texts and names of files can name people."""
        kept = {"result": numbers_of(self.found), "parameters": numbers_of(self.given), "forgotten_at": clock.now()}
        Job.update(kept).where(Job.id == self.id).execute()

    @classmethod
    def drop_unanswered(cls, before: datetime) -> None:
        """Drop the jobs that have waited for a yes since before then; their files go next (`to_forget`)."""
        unanswered = (cls.state == JobState.TO_CONFIRM) & (cls.created_at < before)
        cls.update(state=JobState.DROPPED, finished_at=clock.now()).where(unanswered).execute()

    @classmethod
    def to_forget(cls, before: datetime) -> list[Self]:
        """The jobs that have been kept long enough: ended, dropped, or never arrived, since before then."""
        left_alone = cls.state.in_([JobState.ARRIVING, JobState.DROPPED]) & (cls.created_at < before)
        return list(cls.select().where(cls.forgotten_at.is_null() & ((cls.finished_at < before) | left_alone)))


def late_among(rows: Sequence[tuple[datetime, int | None, bool]], least: int = 0) -> Late | None:
    """As `Job.late`, of these ends of imports, newest first, each with its agent; after `least` days at the soonest."""
    days = sorted({clock.day_of(at) for at, *_ in rows})[-HABIT_DAYS:]
    of_timer = {clock.day_of(at) for at, agent, _ in rows if agent is None}
    if len(days) < HABIT_DAYS or len(of_timer.intersection(days)) <= HABIT_DAYS // 2:
        return None
    wait = max((later - earlier).days for earlier, later in pairwise(days))
    is_late = (clock.today() - days[-1]).days > max(2 * wait, least)
    return Late(rows[0][0], wait) if is_late else None


def numbers_of(told: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in told.items() if not isinstance(value, list | str)})
