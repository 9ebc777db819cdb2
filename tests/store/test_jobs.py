"""Long work, done beside the mail: taken once, tried again after a crash, forgotten in time."""

import errno
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event as Stop
from unittest.mock import Mock

import pytest
import time_machine
from peewee import OperationalError

from ophportal import clock, database, jobs, search, store
from ophportal.imports import runs
from ophportal.imports.reports import Count, ImportReport
from ophportal.models import Job, JobState
from ophportal.models.claims import AHEAD
from ophportal.models.job import CLAIM, MOST_ATTEMPTS
from ophportal.retention import purge
from tests import stores
from tests.together import at_once, meanwhile

DEEDS = []
# As docs/agents.md and « Données personnelles » promise it.
TWO_DAYS = timedelta(days=2)


def latest_deed(job, tell):
    DEEDS[-1](job, tell)


@pytest.fixture
def handler(app):
    """A function that has the jobs of a kind of ours done by `deed`; gives what does the next one."""

    def handle(deed):
        DEEDS.append(deed)
        app.extensions["jobs"]["essai"] = f"{__name__}:latest_deed"

        def do():
            with app.app_context():
                return jobs.do_due()

        return do

    yield handle
    app.extensions["jobs"].pop("essai", None)
    DEEDS.clear()


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
    assert Job.get_by_id(first.id).state == JobState.DONE


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


def test_so_is_one_that_was_held_while_the_clock_ran_ahead(handler):
    put()
    with time_machine.travel(clock.now() + timedelta(days=300), tick=False):
        Job.claim_next()
    assert Job.due_since()
    assert handler(lambda job, tell: job.becomes(JobState.DONE))()
    assert Job.get().state == JobState.DONE


def test_but_not_from_a_host_whose_clock_is_a_little_ahead(app):
    put()
    with time_machine.travel(clock.now() + AHEAD / 2, tick=False):
        Job.claim_next()
    assert Job.claim_next() is None


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


@pytest.mark.usefixtures("turn_taken")
def test_one_that_waits_for_an_import_s_turn_is_done_however_often_it_has_waited(handler, monkeypatch):
    monkeypatch.setattr(store, "TURN_PATIENCE", 0.01)
    put()

    def deed(job, tell):
        with database.proxy.in_turn():
            pass

    wait = handler(deed)
    now = clock.now()
    for attempt in range(MOST_ATTEMPTS + 1):
        with time_machine.travel(now + attempt * 2 * CLAIM, tick=False), pytest.raises(OperationalError):
            wait()
        assert Job.get().is_cut_short
    assert Job.cut_short_since() == Job.get().created_at
    do = handler(lambda job, tell: job.becomes(JobState.DONE))
    with time_machine.travel(now + (MOST_ATTEMPTS + 1) * 2 * CLAIM, tick=False):
        assert do()
    assert Job.get().state == JobState.DONE
    assert not Job.get().is_cut_short
    assert Job.cut_short_since() is None


def test_one_that_the_store_has_failed_goes_on_as_soon_as_it_answers_however_often_it_was_away(
    app, handler, monkeypatch
):
    """Nor can it be noted at once that the attempt does not count: the store is away."""
    put()
    monkeypatch.setattr(jobs, "PAUSE_AFTER_FAULT", 0.01)
    give_back, asked = Job.give_back, []

    def give_back_the_third_time(job):
        asked.append(job)
        if len(asked) % 3:
            raise OperationalError("server closed the connection")
        give_back(job)

    def deed(job, tell):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(Job, "give_back", give_back_the_third_time)
    handler(deed)
    now = clock.now()
    for outage in range(MOST_ATTEMPTS + 1):
        with time_machine.travel(now + outage * 2 * CLAIM, tick=False), app.app_context(), suppress(OperationalError):
            jobs.do_due(Stop())
    assert len(asked) == 3 * (MOST_ATTEMPTS + 1)
    assert (Job.get().state, Job.get().attempts) == (JobState.WAITING, 0)


def test_two_workers_who_wait_for_the_same_turn_do_not_use_its_attempts_up(handler):
    """Each takes the job when the other has waited for as long as its claim, and a moment before it is given back."""
    put()
    now, others = clock.now(), []

    def deed(job, tell):
        with time_machine.travel(clock.now() + CLAIM + timedelta(seconds=1), tick=False):
            others.append(meanwhile(Job.claim_next))
        raise OperationalError(store.OTHERS_TURN)

    wait = handler(deed)
    for attempt in range(4):
        with time_machine.travel(now + attempt * 3 * CLAIM, tick=False), pytest.raises(OperationalError):
            wait()
        others.pop().give_back()
    assert (Job.get().state, Job.get().attempts) == (JobState.WAITING, 0)


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


def test_a_worker_that_has_been_long_in_one_transaction_still_has_its_job_after_it(handler):
    """Another was waiting for the writer's turn, got it before the job's end was written, and began it all again."""
    put()
    taken = []

    def deed(job, tell):
        with time_machine.travel(clock.now() + 2 * CLAIM, tick=False):
            with database.writing():
                tell(1, 2)
            taken.append(meanwhile(Job.claim_next))
        job.becomes(JobState.DONE)

    handler(deed)()
    assert taken == [None]
    assert Job.get().state == JobState.DONE


def test_a_note_does_not_wait_for_another_s_turn_to_write_nor_break_the_work_off(handler):
    """Nobody can take the job in that time."""
    put()

    def deed(job, tell):
        with stores.held():
            tell(1, 2)
        job.becomes(JobState.DONE)

    handler(deed)()
    assert Job.get().state == JobState.DONE


def test_a_note_that_cannot_be_written_breaks_no_work_off_and_the_claim_is_renewed_still(handler, monkeypatch):
    put()
    claims = []

    def deed(job, tell):
        monkeypatch.setattr(Path, "write_text", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
        with time_machine.travel(clock.now() + CLAIM / 2, tick=False):
            tell(1, 2)
            claims.append(Job.get_by_id(job.id).claimed_until - clock.now())
        job.becomes(JobState.DONE)

    handler(deed)()
    assert Job.get().state == JobState.DONE
    assert claims == [CLAIM]


@pytest.mark.parametrize("written", ["", "x y", "1", "\0"])
def test_a_spoilt_note_is_no_progress(app, written):
    job = put()
    (jobs.made_folder(job) / "progress").write_text(written)
    assert jobs.progress_of(job).percent == 0


def test_asking_where_its_files_lie_makes_nothing(app):
    """The page of a job whose files are gone would leave an empty folder behind, each time that it is read."""
    job = put()
    assert not jobs.folder_of(job).exists()
    assert jobs.made_folder(job) == jobs.folder_of(job)
    assert jobs.folder_of(job).is_dir()


def test_its_folder_is_the_portal_s_alone_and_goes_after_two_days(app):
    job = put()
    folder = jobs.made_folder(job)
    assert folder.stat().st_mode & 0o777 == 0o700
    Job.update(state=JobState.DONE, finished_at=clock.now()).execute()
    with time_machine.travel(clock.now() + TWO_DAYS - timedelta(hours=1), tick=False):
        purge()
        assert folder.exists()
    with time_machine.travel(clock.now() + TWO_DAYS + timedelta(hours=1), tick=False):
        purge()
        assert not folder.exists()


def test_one_that_nobody_answers_is_forgotten_too(app):
    job = put()
    folder = jobs.made_folder(job)
    Job.update(state=JobState.TO_CONFIRM).execute()
    with time_machine.travel(clock.now() + TWO_DAYS + timedelta(hours=1), tick=False):
        purge()
    assert not folder.exists()
    assert Job.get().state == JobState.DROPPED


def test_two_workers_do_not_take_the_same_one(app):
    for n in range(4):
        put(n=n)
    claimed = at_once(*[lambda: Job.claim_next().id for _ in range(4)])
    assert len(set(claimed)) == 4
    assert Job.claim_next() is None


def test_one_that_a_person_must_confirm_waits_for_them_and_then_goes_on(handler, make_agent):
    put()
    do = handler(
        lambda job, tell: job.becomes(JobState.DONE if job.state == JobState.CONFIRMED else JobState.TO_CONFIRM)
    )
    assert [do(), do()] == [True, False]
    asked = Job.get()
    agent = make_agent()
    assert [asked.confirm(agent), Job.get().confirm(agent), Job.get().drop(agent)] == [True, False, False]
    assert Job.get().answered_by == agent
    assert do()
    assert (Job.get().state, Job.get().attempts) == (JobState.DONE, 1)


def test_the_worker_logs_a_store_that_is_away_and_goes_on(app, handler, monkeypatch, caplog):
    put()
    monkeypatch.setattr(jobs, "PAUSE_AFTER_FAULT", 0)
    stop, tries = Stop(), []

    def deed(job, tell):
        tries.append(job.id)
        stop.set()
        raise OperationalError("database is locked")

    handler(deed)
    with app.app_context():
        jobs.run(stop)
    assert len(tries) == 1
    assert "the store does not answer" in caplog.text
    do = handler(lambda job, tell: job.becomes(JobState.DONE))
    with time_machine.travel(clock.now() + CLAIM + timedelta(seconds=1), tick=False):
        assert do()
    assert Job.get().state == JobState.DONE


def test_a_kind_that_nobody_handles_fails_and_stops_nothing(handler):
    Job.put("inconnu", None)
    put()
    do = handler(lambda job, tell: job.becomes(JobState.DONE))
    assert [do(), do(), do()] == [True, True, False]
    assert [job.state for job in Job.select().order_by(Job.id)] == [JobState.FAILED, JobState.DONE]


def test_it_outlives_the_agent_who_asked_for_it(handler, make_agent):
    agent = make_agent()
    Job.put("essai", agent)
    agent.delete_instance()
    assert handler(lambda job, tell: job.becomes(JobState.DONE))()
    assert (Job.get().state, Job.get().agent) == (JobState.DONE, None)


def test_a_page_reads_how_far_it_is_while_the_work_holds_the_writer_s_turn(handler, monkeypatch):
    monkeypatch.setattr(jobs, "NOTE_EVERY", 0)
    put()
    seen = []

    def deed(job, tell):
        with database.writing():
            for done in (1, 2, 3):
                tell(done, 4)
                # Another thread has a connection of its own, as a page has.
                seen.extend(at_once(lambda: jobs.progress_of(Job.get_by_id(job.id)).percent))
        job.becomes(JobState.DONE)

    assert handler(deed)()
    assert seen == [25, 50, 75]


def test_the_folder_of_all_the_folders_is_the_portal_s_alone_too(app, monkeypatch, tmp_path):
    monkeypatch.setattr(jobs, "folders", lambda: tmp_path / "travaux")
    assert jobs.made_folder(put()).parent.stat().st_mode & 0o777 == 0o700


def test_the_files_of_one_that_waits_are_kept(app):
    folder = jobs.made_folder(put())
    with time_machine.travel(clock.now() + 2 * TWO_DAYS, tick=False):
        purge()
    assert folder.exists()


def test_an_upload_whose_row_was_never_written_is_swept_away_like_the_others(app, monkeypatch, tmp_path):
    """The store was locked, or the process died, once the file had come."""
    monkeypatch.setattr(jobs, "folders", lambda: tmp_path / "travaux")
    purge()  # before the first job there is nothing to sweep
    stray, kept = jobs.made_folder(Job(kind="essai")), jobs.made_folder(put())
    (stray / "fichier").write_text("Mme ESSAI")
    with time_machine.travel(clock.now() + TWO_DAYS - timedelta(hours=1), tick=False):
        purge()
        assert stray.exists()
    with time_machine.travel(clock.now() + TWO_DAYS + timedelta(hours=1), tick=False):
        purge()
    assert not stray.exists()
    assert kept.exists()


def test_of_what_was_found_the_counts_stay_and_the_sentences_go(handler):
    put()
    handler(
        lambda job, tell: job.becomes(JobState.REFUSED, lines=3, reasons=["ligne 2 : Mme ESSAI"], said="Mme ESSAI")
    )()
    with time_machine.travel(clock.now() + TWO_DAYS + timedelta(hours=1), tick=False):
        purge()
    assert Job.get().found == {"lines": 3}


def test_after_an_import_others_get_their_turn_to_write_between_two_batches_of_words(app, make_tenant, monkeypatch):
    monkeypatch.setattr(search, "BATCH", 2)
    for number in range(1, 6):
        make_tenant(number=str(number), reference=str(number))
    waits = []

    class Pauses(Stop):
        def wait(self, timeout=None):
            waits.append((timeout, len(search.stale_ids())))
            if timeout == jobs.PAUSE:
                self.set()
            return self.is_set()

    with app.app_context():
        jobs.run(Pauses())
    assert [pause > 0 for pause, _ in waits] == [True] * 4
    assert len({left for _, left in waits}) > 1


def test_an_import_that_the_command_line_has_made_is_work_for_nobody_at_no_moment(app, monkeypatch):
    """A worker that looked between two statements took it, failed for want of a file, and said so on the dashboard."""
    create, seen = Job.create, []

    def create_and_look(**fields):
        job = create(**fields)
        seen.append(meanwhile(Job.claim_next))
        return job

    monkeypatch.setattr(Job, "create", create_and_look)
    runs.note(runs.LEDGER, "ecritures.csv", ImportReport(3, {"Écritures": Count(3, 0, 0)}))
    assert seen == [None]
    [job] = Job.newest((runs.LEDGER.name,))
    assert (job.state, job.given["file"], job.found["lines"]) == (JobState.DONE, "ecritures.csv", 3)
    assert job.finished_at is not None
