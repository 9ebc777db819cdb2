"""What is kept how long: twelve months of journal, thirty days of what people typed."""

from datetime import timedelta
from threading import Event as Stop
from types import SimpleNamespace

import pytest
import time_machine

from ophportal import database, jobs, outbox, search
from ophportal.addresses import record_address
from ophportal.clock import now
from ophportal.database import writing
from ophportal.models import (
    AccessRequest,
    Agent,
    AgentSession,
    Event,
    Job,
    JobState,
    JournalEntry,
    OutboxMessage,
    Outcome,
    TemporaryPassword,
    Tenant,
    TenantSession,
)
from ophportal.retention import purge
from tests import stores
from tests.conftest import log_in, request_code


def after(**span):
    return time_machine.travel(now() + timedelta(**span), tick=False)


def test_the_journal_is_kept_twelve_months(client, make_account):
    log_in(client, make_account())
    with after(days=364):
        purge()
        assert JournalEntry.select().count() == 1
    with after(days=366):
        purge()
        assert JournalEntry.select().count() == 0


def test_whoever_writes_waits_for_some_rows_of_the_purge_and_not_for_all(app, monkeypatch):
    """A year after the day of the rent notice, an hour's entries are a hundred thousand."""
    for _ in range(5):
        JournalEntry.create(event=Event.LOGIN, at=now() - timedelta(days=366))
    left = []

    def somebody_writes(_seconds):
        with stores.held() as other:
            left.append(other.execute("SELECT COUNT(*) FROM journal_entry").fetchone()[0])
            other.execute("ROLLBACK")

    monkeypatch.setattr(database, "STEP", 2)
    monkeypatch.setattr(database, "sleep", somebody_writes)
    assert purge() == 5
    assert left == [3, 1]
    assert JournalEntry.select().count() == 0


def test_a_session_that_goes_on_while_the_purge_looks_is_spared(app, client, make_account, monkeypatch):
    log_in(client, make_account())
    with after(minutes=31):
        ended = TenantSession.delete().where(~TenantSession.is_running())

    with monkeypatch.context() as in_between:

        def once_it_is_prolonged(**how):
            in_between.undo()
            TenantSession.update(last_seen_at=now() + timedelta(minutes=31)).execute()
            return database.proxy.writing(**how)

        in_between.setattr(database.proxy.obj, "writing", once_it_is_prolonged)
        assert database.in_steps(ended) == 0
    assert TenantSession.select().count() == 1


def test_what_people_typed_is_forgotten_thirty_days_after_it_is_settled(client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    outbox.deliver()
    with after(days=29):
        purge()
        assert AccessRequest.get().email == "maria@exemple.test"
    with after(days=31):
        purge()
        request = AccessRequest.get()
        assert {request.name, request.email, request.dwelling_reference, request.tenant_number} == {""}
        assert request.outcome == Outcome.CREDENTIALS_SENT
        assert OutboxMessage.get().recipient == ""
        assert OutboxMessage.get().state == "sent"
        assert purge() == 0


def test_a_request_that_nobody_has_settled_yet_is_not_forgotten(client, make_tenant):
    request_code(client)
    with after(days=60):
        purge()
        assert AccessRequest.get().email == "maria@exemple.test"


def test_dead_sessions_and_passwords_are_swept_away(client, make_tenant, make_account, make_agent, outbox):
    log_in(client, make_account())
    AgentSession.start(agent=make_agent(), device="Firefox", network_address="192.0.2.1")
    request_code(client)
    outbox.deliver()
    purge()
    assert [table.select().count() for table in (TenantSession, AgentSession, TemporaryPassword)] == [1, 1, 1]
    with after(minutes=31):
        purge()
        assert [table.select().count() for table in (TenantSession, AgentSession, TemporaryPassword)] == [0, 0, 1]
    with after(hours=25):
        purge()
        assert TemporaryPassword.select().count() == 0


def test_an_agent_who_was_shut_out_is_erased_once_the_journal_names_them_no_more(make_agent):
    gone, stays = make_agent(), make_agent("Bastien Essai", email="bastien@office.exemple.test")
    brought = Job.put("import_tenants", gone, state=JobState.DONE, file="locataires.csv", full=False)
    gone.disable()
    with after(days=364):
        purge()
        assert Agent.get_by_id(gone.id).name == "Agathe Essai"
    with after(days=366):
        purge()
        assert list(Agent.select()) == [stays]
        assert Job.get_by_id(brought.id).agent is None  # what they brought stays


def test_what_is_forgotten_lies_in_no_corner_of_the_store(app):
    """SQLite hands the room of erased rows on to others, and would leave in it what it held until they come."""
    typed = {"email": "partie@exemple.test", "dwelling_reference": "0123", "tenant_number": "1", "network_address": ""}
    with writing():
        for number in range(300):
            AccessRequest.create(name=f"Nomdemande {number}", settled_at=now(), **typed)
            JournalEntry.create(event=Event.BLOCKED, detail=f"Motifdublocage {number}")
    kept = stores.contents()
    assert b"Nomdemande" in kept
    assert b"Motifdublocage" in kept
    with after(days=400):
        purge()
    left = stores.contents()
    assert b"Nomdemande" not in left
    assert b"Motifdublocage" not in left
    assert b"partie@exemple.test" not in left


def test_nor_do_the_words_by_which_somebody_was_found(app, make_tenant):
    """FTS5 writes down what is no more, beside what was, until both are merged.

    It leaves out the letters that a word has in common with the one before it: no other here begins with a w.
    """
    tenant = make_tenant(email="wautrefois@exemple.test")
    for number in range(5):
        make_tenant(number=f"2000{number}", reference=f"9-{number}", email=f"voisin{number}@exemple.test")
    search.refresh()
    with app.app_context():
        record_address(tenant, "desormais@exemple.test")
    OutboxMessage.delete().execute()  # which tells the address before
    Tenant.update(replaced_email_key="").execute()  # as an import does once the ERP says the new one
    search.refresh()
    database.proxy.empty_log()
    assert stores.is_postgresql() or b"wautrefois" in stores.contents()
    purge()
    left = stores.contents()
    assert b"desormais" in left
    assert b"wautrefois" not in left
    assert [found.tenant for found in search.find_tenants("desormais@exemple")] == [tenant]


def test_folders_of_jobs_that_have_gone_wrong_keep_no_mail_from_leaving(app, monkeypatch, tmp_path, caplog):
    """The purge runs in the process that delivers: what it raises would end that."""
    monkeypatch.setattr(jobs, "folders", lambda: tmp_path)
    (tmp_path / "en-rond").symlink_to("en-rond")
    with app.app_context():
        purge()
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage() == "folders of jobs could not be purged: Too many levels of symbolic links"


class TestAClockThatRunsAhead:
    """A machine that starts a year ahead would erase a year of journal, which no right time brings back."""

    MINUTE, DAY = 60.0, 86400.0

    @pytest.fixture
    def first_purge(self, app, monkeypatch):
        """A function that runs the worker, and gives the seconds after which it first purges."""

        def first_purge():
            passed, purged, stop = [0.0], [], Stop()
            monkeypatch.setattr(stop, "wait", lambda _pause: passed.append(passed.pop() + 5 * self.MINUTE))
            monkeypatch.setattr(outbox, "time", SimpleNamespace(monotonic=lambda: passed[0]))
            monkeypatch.setattr(outbox, "deliver_due", lambda _stop: False)
            monkeypatch.setattr(outbox, "purge", lambda: purged.append(passed[0]) or stop.set())
            with app.app_context():
                outbox.run(stop)
            return purged[0]

        return first_purge

    def test_is_set_by_ntp_before_anything_is_erased(self, first_purge):
        assert first_purge() == 10 * self.MINUTE

    def test_in_an_office_where_nobody_came_for_more_than_a_month_erases_nothing_for_a_week(self, first_purge, caplog):
        JournalEntry.create(event=Event.LOGIN)
        with after(days=29):
            assert first_purge() == 10 * self.MINUTE
        assert "clock" not in caplog.text
        with after(days=365):
            assert first_purge() == 7 * self.DAY
        assert "the clock may run ahead, and nothing is erased for 7 days" in caplog.text

    def test_though_somebody_came_before_the_worker_began(self, first_purge):
        JournalEntry.create(event=Event.LOGIN)
        with after(days=365):
            JournalEntry.create(event=Event.LOGIN_FAILED)
            assert first_purge() == 7 * self.DAY
