"""Long work, done beside the mail: taken once, tried again after a crash, forgotten in time."""

from datetime import timedelta

import pytest
import time_machine
from peewee import OperationalError

from ophportal import clock, database, jobs
from ophportal.models import Job, JobState
from ophportal.models.job import CLAIM, MOST_ATTEMPTS
from ophportal.retention import JOB_FILES_KEPT, purge


@pytest.fixture
def handler(app):
    """A function that has the jobs of a kind of ours done by `deed`; gives what does the next one."""

    def handle(deed):
        app.extensions["jobs"]["essai"] = deed

        def do():
            with app.app_context():
                return jobs.do_due()

        return do

    yield handle
    app.extensions["jobs"].pop("essai", None)


def put(**given):
    return Job.put("essai", None, **given)


def test_the_oldest_is_done_first_and_its_end_written_down(handler):
    first, second = put(n=1), put(n=2)
    done = []

    def deed(job, tell):
        done.append(job.given["n"])
        job.becomes(JobState.DONE, seen=job.given["n"])

    do = handler(deed)
    assert [do(), do(), do()] == [True, True, False]
    assert done == [1, 2]
    assert (Job.get_by_id(first.id).found, Job.get_by_id(second.id).found) == ({"seen": 1}, {"seen": 2})
    assert Job.get_by_id(first.id).is_ended


def test_one_that_breaks_has_failed_and_the_log_tells_where_and_not_what(handler, caplog):
    put(said="maria@exemple.test")

    def deed(job, tell):
        raise RuntimeError(job.given["said"])

    do = handler(deed)
    assert do()
    assert Job.get().state == JobState.FAILED
    assert "RuntimeError" in caplog.text
    assert "test_jobs.py" in caplog.text
    assert "maria" not in caplog.text
    assert not do()


def test_one_whose_worker_died_is_taken_again_when_the_claim_has_run_out(handler):
    put()

    def die(job, tell):
        raise KeyboardInterrupt

    do = handler(die)
    with pytest.raises(KeyboardInterrupt):
        do()
    assert not do()
    do = handler(lambda job, tell: job.becomes(JobState.DONE))
    with time_machine.travel(clock.now() + CLAIM + timedelta(seconds=1), tick=False):
        assert do()
    assert Job.get().state == JobState.DONE


def test_one_that_kills_its_workers_is_given_up(handler):
    put()

    def die(job, tell):
        raise KeyboardInterrupt

    do = handler(die)
    now = clock.now()
    for attempt in range(MOST_ATTEMPTS):
        with time_machine.travel(now + attempt * 2 * CLAIM, tick=False), pytest.raises(KeyboardInterrupt):
            do()
    with time_machine.travel(now + MOST_ATTEMPTS * 2 * CLAIM, tick=False):
        assert do()
    assert Job.get().state == JobState.FAILED


def test_a_worker_that_lost_its_claim_writes_no_end(handler):
    put()
    late = Job.claim_next()
    with time_machine.travel(clock.now() + 2 * CLAIM, tick=False):
        other = Job.claim_next()
    assert other.becomes(JobState.DONE, by="other")
    assert not late.becomes(JobState.REFUSED, by="late")
    assert (Job.get().state, Job.get().found) == (JobState.DONE, {"by": "other"})


def test_a_store_that_is_away_leaves_it_due(handler):
    put()

    def deed(job, tell):
        raise OperationalError("database is locked")

    do = handler(deed)
    with pytest.raises(OperationalError):
        do()
    assert Job.get().state == JobState.WAITING


def test_how_far_it_is_can_be_read_meanwhile_and_renews_the_claim(handler):
    put()
    seen = []

    def deed(job, tell):
        with time_machine.travel(clock.now() + CLAIM / 2, tick=False):
            tell(30, 120)
        seen.append((jobs.progress_of(job).percent, Job.get_by_id(job.id).claimed_until > clock.now() + CLAIM))
        job.becomes(JobState.DONE)

    handler(deed)()
    assert seen == [(25, True)]


def test_a_note_inside_a_transaction_does_not_touch_the_store(handler):
    put()

    def deed(job, tell):
        before = job.claimed_until
        with database.writing():
            tell(1, 2)
        assert Job.get_by_id(job.id).claimed_until == before
        job.becomes(JobState.DONE)

    handler(deed)()
    assert Job.get().state == JobState.DONE


@pytest.mark.parametrize("written", ["", "x y", "1", "\0"])
def test_a_spoilt_note_is_no_progress(app, written):
    job = put()
    (jobs.folder_of(job) / "progress").write_text(written)
    assert jobs.progress_of(job).percent == 0


def test_its_folder_is_the_portal_s_alone_and_goes_after_two_days(app):
    job = put()
    folder = jobs.folder_of(job)
    assert folder.stat().st_mode & 0o777 == 0o700
    Job.update(state=JobState.DONE, finished_at=clock.now()).execute()
    with time_machine.travel(clock.now() + JOB_FILES_KEPT - timedelta(hours=1), tick=False):
        purge()
        assert folder.exists()
    with time_machine.travel(clock.now() + JOB_FILES_KEPT + timedelta(hours=1), tick=False):
        purge()
        assert not folder.exists()


def test_one_that_nobody_answers_is_forgotten_too(app):
    job = put()
    folder = jobs.folder_of(job)
    Job.update(state=JobState.TO_CONFIRM).execute()
    with time_machine.travel(clock.now() + JOB_FILES_KEPT + timedelta(hours=1), tick=False):
        purge()
    assert not folder.exists()
