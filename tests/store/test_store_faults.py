"""A store that is locked or full: an honest page, no half-written row, no mail lost and none sent again and again."""

import os
import shutil
import signal
import subprocess
import traceback
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from functools import partial
from threading import Event as Stop
from threading import Thread, Timer
from unittest.mock import Mock

import pytest
import time_machine
from peewee import OperationalError

from ophportal import clock, database, faults, jobs, outbox, search, store
from ophportal.access import sessions
from ophportal.errors import EXPLANATIONS
from ophportal.models import Event, Job, JournalEntry, MailState, OutboxMessage, Tenant, TenantSession
from ophportal.models.session_row import SessionRow
from ophportal.passwords import hash_password
from ophportal.posting import post
from tests import stores
from tests.conftest import landing, log_in, press, request_code
from tests.office import Office, code_and_password, wait_until
from tests.page import Page
from tests.smtp import Postman, PostOffice


@pytest.fixture
def impatient(portal, monkeypatch):
    """The store, with a lock time-out that a test can wait for."""
    monkeypatch.setattr(store, "LOCK_TIMEOUT", 0.2)
    database.bind(portal.config["DATABASE_URL"], portal.config["DATA_FOLDER"])
    yield
    monkeypatch.undo()
    database.bind(portal.config["DATABASE_URL"], portal.config["DATA_FOLDER"])


@contextmanager
def locked():
    """Somebody else writes; any thread may end it."""
    with stores.held() as other:
        yield other


@contextmanager
def worker(app, monkeypatch):
    """The delivery worker's own loop, in a thread and without its pauses."""
    monkeypatch.setattr(outbox, "PAUSE", 0.02)
    monkeypatch.setattr(outbox, "PAUSE_AFTER_FAULT", 0.02)
    stop = Stop()

    def deliver():
        with app.app_context():
            outbox.run(stop)
        database.proxy.close()

    thread = Thread(target=deliver)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


class MeanwhilePostman(Postman):
    """Something happens while a mail arrives; what it gave is `seen`."""

    def __init__(self, happening, **replies):
        super().__init__(**replies)
        self.happening = happening

    async def handle_DATA(self, *mail):  # noqa: N802
        self.seen = self.happening()
        return await super().handle_DATA(*mail)


def state():
    return OutboxMessage.get().state


def check_unavailable(response):
    page = Page(response)
    assert response.status_code == 503
    assert page.one("h1").text == EXPLANATIONS[503].title
    assert response.headers["Retry-After"] == "60"


def integrity():
    return stores.ask(stores.of_the_portal(), "PRAGMA integrity_check")[0][0]


def test_a_purge_that_fails_holds_up_no_mail(app, make_tenant, client, mailing, monkeypatch):
    make_tenant()
    request_code(client)
    monkeypatch.setattr(outbox, "FIRST_PURGE", 0.0)
    monkeypatch.setattr(outbox, "purge", purge := Mock(side_effect=OperationalError("locked")))
    with PostOffice(Postman()) as post_office:
        mailing(post_office.port)
        with worker(app, monkeypatch):
            wait_until(lambda: state() == MailState.SENT, "the mail does not leave")
    purge.assert_called_once()


@pytest.mark.parametrize("half", [outbox, jobs], ids=["mail", "jobs"])
def test_the_worker_s_log_does_not_quote_a_row_that_the_store_refuses(app, monkeypatch, caplog, half):
    """PostgreSQL does, in the lines after the first."""
    stop, row = Stop(), {"message_id": "<marie@exemple.test>"}
    OutboxMessage.create(**row)

    def write_it_again(*_):
        stop.set()
        OutboxMessage.create(**row)

    monkeypatch.setattr(OutboxMessage if half is outbox else Job, "claim_next", write_it_again)
    with app.app_context():
        half.run(stop)

    assert "the store does not answer" in caplog.text
    assert "message_id" in caplog.text
    assert "marie" not in caplog.text


@pytest.mark.usefixtures("older_version")
@pytest.mark.parametrize("half", [outbox, jobs], ids=["mail", "jobs"])
def test_a_worker_ends_once_a_newer_version_has_brought_the_store_forward(app, monkeypatch, half):
    """Left out of an update, it went on by the old rules; systemd starts the version that is there by now."""
    stop = Stop()
    monkeypatch.setattr(stop, "wait", lambda _: stop.set())
    with app.app_context():
        post("password_changed", recipient="violette@exemple.test")
        with pytest.raises(database.NewerStoreError):
            half.run(stop)
    assert OutboxMessage.get().attempts == 0


class TestLocked:
    def test_a_request_is_told_to_come_back_and_leaves_no_half_written_row(self, client, make_tenant, impatient):
        make_tenant()
        before = stores.counts()

        with locked():
            check_unavailable(request_code(client))

        assert stores.counts() == before
        assert landing(request_code(client)) == "/code-envoye"

    def test_a_login_is_told_to_come_back_and_counts_no_failure(self, client, make_account, impatient):
        account = make_account()
        before = stores.counts()

        with locked():
            check_unavailable(log_in(client, account))

        assert stores.counts() == before
        assert landing(log_in(client, account)) == "/compte"

    @pytest.mark.parametrize("page", ["/changer-mot-de-passe", "/compte/mot-de-passe"])
    def test_a_new_password_that_cannot_be_written_takes_no_other_away(
        self, client, another_browser, make_account, impatient, outbox, monkeypatch, page
    ):
        account = make_account()
        request_code(client)
        code, mailed = code_and_password(outbox.deliver().body)
        log_in(client, account)
        new = "deux lunes rouges sur le toit"
        fields = {"identifier": code, "current_password": mailed, "new_password": new, "confirmation": new}

        with ExitStack() as stack, monkeypatch.context() as slow:

            def hash_meanwhile(password):
                stack.enter_context(locked())
                return hash_password(password)

            slow.setattr(sessions, "hash_password", hash_meanwhile)
            check_unavailable(client.submit(page, **fields))

        assert landing(log_in(another_browser, account)) == "/compte"
        assert landing(client.submit(page, **fields)) in {"/identification", "/compte"}
        another_browser.log_out()
        assert landing(log_in(another_browser, account, new)) == "/compte"

    def test_who_only_reads_waits_for_nobody(self, client, make_account):
        log_in(client, make_account())
        before = TenantSession.get().last_seen_at

        with locked(), time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
            assert client.get("/compte").status_code == 200
            assert TenantSession.get().last_seen_at == before

        with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
            assert client.get("/compte").status_code == 200  # which notes the visit
            assert TenantSession.get().last_seen_at > before

    def test_a_lock_shorter_than_the_time_out_is_waited_for(self, client, make_tenant):
        make_tenant()

        with stores.held_for(0.3):
            assert landing(request_code(client)) == "/code-envoye"

    @pytest.fixture
    def listening(self):
        """A shell's background passes a deaf ear for Ctrl-C on, all the way down."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    @pytest.mark.usefixtures("listening")
    def test_a_command_that_waits_for_its_turn_hears_ctrl_c(self, app):
        """It waits for two minutes, in which a person has long pressed it."""
        press = Timer(0.3, signal.raise_signal, [signal.SIGINT])
        with locked() as other, database.proxy.patient(20):
            end = Timer(5, other.execute, ["ROLLBACK"])
            press.start()
            end.start()
            with pytest.raises(KeyboardInterrupt), database.writing():
                pass
            assert end.is_alive(), "it was heard once the other had ended"
            end.cancel()
        with database.writing():
            assert Tenant.select().count() == 0

    def test_and_has_its_turn_when_the_other_ends(self, app):
        with stores.held_for(0.3), database.proxy.patient(20), database.writing():
            assert Tenant.select().count() == 0

    def test_or_is_told_that_it_has_waited_in_vain(self, app):
        with locked(), database.proxy.patient(1), pytest.raises(OperationalError), database.writing():
            pass

    def test_who_puts_the_end_of_their_session_off_waits_until_that_is_noted(self, client, make_account):
        log_in(client, make_account())
        token = Page(client.get("/compte")).one("#session input")["value"]

        with time_machine.travel(clock.now() + timedelta(minutes=26), tick=False), stores.held_for(0.3):
            answer = client.post("/compte/prolonger", data={"csrf_token": token}, headers={"HX-Request": "true"})
            assert Page(answer).one("#session")["data-seconds"] == "1800"

    def test_who_cannot_put_it_off_is_told_so_where_the_button_still_is(self, client, make_account, impatient, caplog):
        log_in(client, make_account())
        sent = {"csrf_token": Page(client.get("/compte")).one("#session input")["value"]}

        with time_machine.travel(clock.now() + timedelta(minutes=26), tick=False), locked():
            answer = client.post("/compte/prolonger", data=sent, headers={"HX-Request": "true"})
            check_unavailable(client.post("/compte/prolonger", data=sent))  # in a tab of its own

        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"
        announced = Page(answer).one("#session")
        assert announced["data-seconds"] == "240"
        assert announced.select_one("[role=alert]").text.startswith("Le portail est occupé")
        assert announced.select_one("button").text == "Prolonger"
        assert caplog.text.count("the store does not answer") == 2

    def test_the_worker_survives_and_goes_on(self, app, client, make_tenant, impatient, outbox, monkeypatch, caplog):
        make_tenant()
        request_code(client)

        with locked() as other, worker(app, monkeypatch) as thread:
            wait_until(lambda: caplog.text.count("the store does not answer") > 1, "no word of the lock")
            assert thread.is_alive()
            other.execute("ROLLBACK")
            wait_until(lambda: state() == MailState.SENT, "no mail once the lock is gone")

        assert len(outbox.sent) == 1

    def test_a_lock_taken_while_the_mail_leaves_sends_no_second_one(
        self, app, client, make_tenant, impatient, mailing, monkeypatch, caplog
    ):
        make_tenant()
        request_code(client)

        with ExitStack() as stack:
            postman = MeanwhilePostman(lambda: stack.enter_context(locked()))
            mailing(stack.enter_context(PostOffice(postman)).port)
            with worker(app, monkeypatch):
                wait_until(lambda: caplog.text.count("has left") > 1, "no word of the lock")
                postman.seen.execute("ROLLBACK")
                wait_until(lambda: state() == MailState.SENT, "the mail is not noted")

        assert len(postman.mails) == 1

    def test_a_refusal_that_cannot_be_written_down_keeps_its_secret(
        self, app, client, make_tenant, impatient, mailing, caplog
    ):
        make_tenant()
        request_code(client)

        with ExitStack() as stack:
            postman = MeanwhilePostman(lambda: stack.enter_context(locked()), refuse_data="550 5.7.1 secret word")
            mailing(stack.enter_context(PostOffice(postman)).port)
            with app.app_context(), pytest.raises(OperationalError, match="lock") as told:
                outbox.deliver_due()

        assert "secret word" not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize("room", ["tenant", "agent"])
def test_who_could_not_leave_is_not_said_to_have_left(request, client, make_account, monkeypatch, room):
    """The session's end and its line in the journal are written together."""

    def end(self):
        raise OperationalError("database is locked")

    if room == "tenant":
        visitor = client
        log_in(visitor, make_account())
        leave = visitor.log_out
    else:
        visitor = request.getfixturevalue("console")
        leave = partial(press, visitor, "/agents", "/agents/deconnexion")
    monkeypatch.setattr(SessionRow, "end", end)
    check_unavailable(leave())
    assert not JournalEntry.select().where(JournalEntry.event == Event.LOGOUT).exists()


class TestAFaultAmongManyRows:
    """The driver is given them all at once, past Peewee, which would have told of the fault in its own words."""

    @pytest.fixture
    def broken_off(self, make_tenant, monkeypatch):
        """The words of a tenant wait to be written, and the store goes away in the middle of them."""
        make_tenant()
        words_of = search.words_of

        with ExitStack() as away:

            def words_and_then_no_store(ids):
                found = list(words_of(ids))
                away.enter_context(stores.going_away())
                yield from found

            monkeypatch.setattr(search, "words_of", words_and_then_no_store)
            yield
        monkeypatch.undo()
        assert search.refresh() == 1

    def test_the_jobs_wait_it_out_and_go_on(self, app, broken_off, monkeypatch, caplog):
        stop, pauses = Stop(), []
        monkeypatch.setattr(stop, "wait", lambda pause: (pauses.append(pause), stop.set()))
        with app.app_context():
            jobs.run(stop)
        assert pauses == [jobs.PAUSE_AFTER_FAULT]
        assert "the store does not answer" in caplog.text
        assert len(search.stale_ids()) == 1

    def test_a_search_finds_by_the_words_as_they_were(self, broken_off):
        assert search.find_tenants("angelo") == []
        assert len(search.stale_ids()) == 1


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


class Disk:
    """A disk of two megabytes that holds the store."""

    def __init__(self, folder):
        self.folder = folder
        self.filler = folder / "filler"

    def fill(self):
        """Take all the room that is left."""
        with self.filler.open("wb", buffering=0) as filler, suppress(OSError):
            while filler.write(b"x" * 1024):
                pass
        assert shutil.disk_usage(self.folder).free == 0

    def free(self):
        self.filler.unlink()


@stores.on_sqlite
class TestReadOnly:
    @pytest.mark.parametrize("said", ["attempt to write a readonly database", "unable to open database file"])
    @pytest.mark.parametrize("shut", ["file", "folder"])
    def test_whose_right_is_lacking_is_said_and_to_what(self, app, monkeypatch, said, shut):
        there = database.store_path() if shut == "file" else database.store_path().parent
        monkeypatch.setattr(os, "access", lambda path, _: path != there)
        told = faults.of_store(OperationalError(said))
        assert told == f"{there} ne se laisse pas écrire par le compte {faults.account()} : rendez-lui ce droit"

    def test_of_what_has_another_cause_it_is_the_store_s_own_words(self, app):
        for said in ("attempt to write a readonly database", "unable to open database file", "disk I/O error"):
            assert faults.of_store(OperationalError(said)) == said


@pytest.fixture
def disk(portal, tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    database.bind(f"sqlite:///{tmp_path / 'office.sqlite'}")
    database.migrate()
    yield Disk(tmp_path)
    database.bind(portal.config["DATABASE_URL"], portal.config["DATA_FOLDER"])
    # Lazily: pytest keeps the logged errors, they their frames, and these a statement of the store.
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


@stores.on_sqlite
@needs_root
class TestFullDisk:
    @pytest.mark.parametrize("words", [("serve", "--no-deliver"), ("mails",), ("check",)])
    def test_every_command_says_that_it_is_full(self, disk, tmp_path, words):
        """SQLite says « disk I/O error » of it, as of a broken one, when it has no room to begin with."""
        with Office(tmp_path) as office:
            database.proxy.close()
            disk.fill()
            told = office.run(*words)
        assert "ne répond pas (le disque est plein : faites de la place)" in told.stderr + told.stdout

    def test_a_request_is_told_to_come_back_and_leaves_no_half_written_row(self, disk, client, make_tenant, caplog):
        make_tenant()
        before = stores.counts()

        disk.fill()
        check_unavailable(request_code(client))
        assert "database or disk is full" in caplog.text
        assert stores.counts() == before
        assert integrity() == "ok"

        disk.free()
        assert landing(request_code(client)) == "/code-envoye"
        assert integrity() == "ok"

    def test_a_login_is_told_to_come_back(self, disk, client, make_account):
        account = make_account()
        before = stores.counts()

        disk.fill()
        check_unavailable(log_in(client, account))
        assert stores.counts() == before

        disk.free()
        assert landing(log_in(client, account)) == "/compte"

    def test_so_is_an_agent_who_opens_a_record_since_that_is_journalled(self, disk, console, make_tenant):
        record = f"/agents/locataires/{make_tenant().id}"
        before = stores.counts()

        disk.fill()
        check_unavailable(console.get(record))
        assert stores.counts() == before

        disk.free()
        assert console.get(record).status_code == 200

    def test_the_pages_that_write_nothing_go_on(self, disk, client):
        disk.fill()

        for path in ("/", "/aide", "/identification", "/demander-un-code"):
            assert client.get(path).status_code == 200

    def test_the_worker_sends_nothing_that_it_could_not_note_and_loses_nothing(
        self, disk, app, client, make_tenant, mailing, monkeypatch, caplog
    ):
        make_tenant()
        request_code(client)
        disk.fill()

        postman = Postman()
        with PostOffice(postman) as office:
            mailing(office.port)
            with worker(app, monkeypatch):
                wait_until(lambda: caplog.text.count("the store does not answer") > 2, "no word of the disk")
                assert postman.mails == []
                disk.free()
                wait_until(lambda: state() == MailState.SENT, "no mail once there is room")

        [mail] = postman.mails
        code, password = code_and_password(mail.get_body(("plain",)).get_content())
        assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"
        assert integrity() == "ok"

    def test_a_disk_that_fills_up_while_the_mail_leaves_sends_no_second_one(
        self, disk, app, client, make_tenant, mailing, monkeypatch, caplog
    ):
        make_tenant()
        request_code(client)

        postman = MeanwhilePostman(disk.fill)
        with PostOffice(postman) as office:
            mailing(office.port)
            with worker(app, monkeypatch):
                wait_until(lambda: caplog.text.count("has left") > 2, "no word of the disk")
                assert state() == MailState.WAITING
                disk.free()
                wait_until(lambda: state() == MailState.SENT, "the mail is not noted")

        assert len(postman.mails) == 1
        assert integrity() == "ok"

    def test_a_worker_told_to_stop_does_not_wait_for_room(
        self, disk, app, client, make_tenant, mailing, monkeypatch, caplog
    ):
        make_tenant()
        request_code(client)

        with PostOffice(MeanwhilePostman(disk.fill)) as office:
            mailing(office.port)
            with worker(app, monkeypatch):
                wait_until(lambda: "has left" in caplog.text, "no word of the disk")

        assert state() == MailState.WAITING  # the next one sends it again, under the same Message-ID
