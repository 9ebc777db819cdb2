"""Workers that die, workers that meet, secrets, and what a visitor waits for: the delivery as real processes."""

import base64
import itertools
import json
import logging
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from ophportal import emails, outbox
from ophportal.database import writing
from ophportal.models import AccessRequest, Event, JournalEntry, MailState, OutboxMessage
from ophportal.passwords import temporary_password
from ophportal.secret_key import keyed
from tests import stores
from tests.conftest import landing, request_code
from tests.office import ROOT, Office, Visit, code_and_password, households, wait_until, write_tenant_file
from tests.smtp import ScriptedServer, free_port, mail_through

# Kills the worker at the point that its first argument names, then is `ophportal` with those that follow.
DYING_WORKER = """
import os, signal, smtplib, sys

from peewee import Database

from ophportal.cli.main import main
from ophportal.access import settling

point = sys.argv.pop(1)
settle, data, reply = settling.settle, smtplib.SMTP.data, smtplib.SMTP.getreply
commit, execute = Database.commit, Database.execute_sql


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def settle_and_die_before_its_commit(message, request):
    Database.commit = die
    settle(message, request)


def settle_and_die_after_its_commit(message, request):
    settle(message, request)
    die()


def send_and_die(client, mail):
    assert data(client, mail)[0] == 250
    die()


def count_down(step):
    def wrapped(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            die()
        return step(*args, **kwargs)

    return wrapped


if point == "before-commit":
    settling.settle = settle_and_die_before_its_commit
elif point == "after-commit":
    settling.settle = settle_and_die_after_its_commit
elif point == "after-250":
    smtplib.SMTP.data = send_and_die
else:  # the n-th thing that it says to the store or hears from the mail server
    left = int(point)
    Database.commit, Database.execute_sql = count_down(commit), count_down(execute)
    smtplib.SMTP.getreply = count_down(reply)
main()
"""

# Breaks the half of the worker that its first argument names, then is `ophportal` with those that follow.
LAME_WORKER = """
import sys

from ophportal import outbox, search
from ophportal.cli.main import main

said = "maria@exemple.test"


def break_down(*_):
    raise PermissionError(said)


if sys.argv.pop(1) == "mail":
    outbox.deliver_due = break_down
else:
    search.refresh = break_down
main()
"""


class TunedOffice(Office):
    """An office with some `settings` of its own."""

    def __init__(self, folder, **settings):
        super().__init__(folder)
        self.settings = settings

    @property
    def environment(self):
        return {**super().environment, **{f"OPHPORTAL_{name}": value for name, value in self.settings.items()}}


class NeighbouringOffice(TunedOffice):
    """Its commands work on the store of the test's own portal, under the same key."""

    def __init__(self, folder, portal):
        shared = ("DATABASE_URL", "DATA_FOLDER", "SECRET_KEY")
        super().__init__(folder, **{name: portal.config[name] for name in shared})
        (folder / "dying_worker.py").write_text(DYING_WORKER)
        (folder / "lame_worker.py").write_text(LAME_WORKER)

    def start(self, *command, stderr=None):
        environment = {**self.environment, "PYTHONPATH": str(ROOT)}
        words = [sys.executable, *map(str, command)]
        return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=stderr)

    def start_worker(self):
        return self.start("-m", "ophportal", "deliver", "--once")

    def deliver(self):
        """A worker delivers what is due, once the claims of the dead have run out."""
        OutboxMessage.update(claimed_until=OutboxMessage.created_at).execute()
        worker = self.start_worker()
        assert worker.wait(timeout=120) == 0

    def deliver_until_killed(self, point):
        """A worker is killed at `point`; False when it came to its end before."""
        OutboxMessage.update(claimed_until=OutboxMessage.created_at).execute()
        worker = self.start(self.folder / "dying_worker.py", point, "deliver", "--once")
        return worker.wait(timeout=120) == -signal.SIGKILL

    def different_mails(self):
        return list({mail["Message-ID"]: mail for mail in self.postman.mails}.values())

    def mails_of(self, message):
        return [mail for mail in self.postman.mails if mail["Message-ID"] == message.message_id]


@pytest.fixture
def office(tmp_path, app):
    with NeighbouringOffice(tmp_path, app) as office:
        yield office


def put_request(app, make_tenant, number):
    """A tenant of this number, who has asked for their code."""
    tenant = make_tenant(number=f"{number:07d}", reference=f"{number:04d}-A", email=f"locataire{number}@exemple.test")
    request = AccessRequest.create(
        name=tenant.last_name,
        email=tenant.email,
        dwelling_reference=f"{number:04d}-A",
        tenant_number=tenant.number,
        network_address="127.0.0.1",
    )
    OutboxMessage.put(app.config["MAIL_SENDER"], request=request)


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def logs_in(client, mail):
    code, password = code_and_password(text_of(mail))
    return landing(client.submit("/identification", identifier=code, password=password)) == "/compte"


def events(event):
    return JournalEntry.select().where(JournalEntry.event == event).count()


def check_all_sent(office, most_each):
    """Each message has left, to its tenant, under one name and with one text however often; all is noted once."""
    messages = list(OutboxMessage.select())
    for message in messages:
        mails = office.mails_of(message)
        assert message.state == MailState.SENT
        assert 1 <= len(mails) <= most_each
        assert {mail["To"] for mail in mails} == {message.tenant.email}
        assert len({text_of(mail) for mail in mails}) == 1
    assert len(office.postman.mails) == sum(len(office.mails_of(message)) for message in messages)
    assert events(Event.REQUEST_SETTLED) == events(Event.MAIL_SENT) == len(messages)


class TestKilled:
    @pytest.mark.parametrize(("point", "mails"), [("before-commit", 1), ("after-commit", 1), ("after-250", 2)])
    def test_a_worker_killed_anywhere_loses_nothing_and_sends_one_mail_under_one_name(
        self, office, requested, client, point, mails
    ):
        assert office.deliver_until_killed(point)
        assert OutboxMessage.get().state == MailState.WAITING

        office.deliver()

        assert len(office.postman.mails) == mails
        check_all_sent(office, most_each=2)
        assert logs_in(client, office.postman.mails[-1])

    def test_a_claim_keeps_the_next_worker_off_until_it_runs_out(self, office, requested):
        office.deliver_until_killed("after-250")
        assert office.start_worker().wait(timeout=60) == 0
        assert len(office.postman.mails) == 1

    @pytest.mark.slow
    def test_workers_killed_at_each_step_in_turn_lose_nothing(self, office, app, make_tenant):
        for step in itertools.count(1):
            put_request(app, make_tenant, step)
            killed = office.deliver_until_killed(str(step))
            office.deliver()
            if not killed:
                break

        assert step > 20
        check_all_sent(office, most_each=2)
        assert all(logs_in(app.test_client(), mail) for mail in office.different_mails())

    @pytest.mark.slow
    def test_workers_killed_at_random_in_a_loop_lose_nothing(self, office, app, make_tenant):
        with writing():
            for number in range(1, 41):
                put_request(app, make_tenant, number)
        chance = random.Random(20260114)
        kills = 0
        while office.deliver_until_killed(str(chance.randrange(1, 200))):
            kills += 1

        assert kills > 5
        assert len(office.postman.mails) <= 40 + kills
        check_all_sent(office, most_each=kills)
        assert all(logs_in(app.test_client(), mail) for mail in office.different_mails()[:5])


@pytest.mark.parametrize("half", ["mail", "jobs"])
def test_a_worker_of_which_one_half_has_ended_ends_for_whoever_starts_another(office, half):
    """It went on with the other, and nobody noticed; systemd, or the server beside it, looks at the process."""
    worker = office.start(office.folder / "lame_worker.py", half, "deliver", stderr=subprocess.PIPE)
    try:
        _, said = worker.communicate(timeout=30)
    finally:
        worker.kill()
    assert worker.returncode == 1
    logged = json.loads(said)
    assert logged["level"] == "ERROR"
    assert "PermissionError" in logged["message"]
    assert "in break_down" in logged["message"]
    assert "maria" not in logged["message"]


@pytest.mark.parametrize("count", [30, pytest.param(500, marks=pytest.mark.slow)])
def test_two_workers_at_once_send_each_mail_once(office, app, make_tenant, count):
    with writing():
        for number in range(1, count + 1):
            put_request(app, make_tenant, number)

    workers = [office.start_worker(), office.start_worker()]
    assert [worker.wait(timeout=300) for worker in workers] == [0, 0]

    check_all_sent(office, most_each=1)
    assert {message.attempts for message in OutboxMessage.select()} == {1}


class TestSecrets:
    """The mailed password is known to its reader; the store and the log never see it, whatever fails."""

    def fails_to_write(self, message):
        raise ValueError(f"no such filter for {temporary_password(message.request.token)}")

    def forms_of(self, app, request):
        """What would give the password away, folded."""
        with app.app_context():
            password, drawn = temporary_password(request.token), keyed("temporary password", request.token)
        spelt = {password, password.replace("-", ""), password.replace("-", " ")}
        encoded = {base64.b64encode(word.encode()).decode().rstrip("=") for word in spelt}
        return {word.casefold() for word in {*spelt, *encoded, drawn.hex(), app.config["SECRET_KEY"]}}

    @pytest.mark.parametrize("code", ["451", "550"])
    def test_they_lie_nowhere_in_clear(self, app, client, requested, monkeypatch, caplog, code):
        caplog.set_level(logging.DEBUG)
        echoes = []

        def repeats_what_it_reads(caller):
            mail = caller.take_mail()
            words = " ".join(code_and_password(text_of(mail)))
            echoes.append(mail)
            caller.say(f"{code}-5.7.1 {words}".encode(), f"{code} {words.upper()}".encode())
            caller.obey_until(b"QUIT")

        with app.app_context(), monkeypatch.context() as broken:
            broken.setitem(emails.WRITERS, "credentials", self.fails_to_write)
            assert outbox.deliver_due()
        OutboxMessage.update(due_at=OutboxMessage.created_at).execute()
        with app.app_context(), ScriptedServer(repeats_what_it_reads) as server:
            mail_through(app, monkeypatch, server.port)
            assert outbox.deliver_due()
        assert logs_in(client, echoes[0])

        message = OutboxMessage.get()
        log = caplog.text.casefold()
        store = stores.contents()
        assert message.last_error == f"SMTPDataError {code} 5.7.1"
        assert "could not be written: valueerror" in log
        assert "fails_to_write" in log  # the log tells where
        assert message.message_id.encode() in store
        for secret in self.forms_of(app, message.request):
            assert secret not in log
            assert secret.encode() not in store.lower()


class TestTheVisitorDoesNotWait:
    """A request is a row; what SMTP does, another process waits for."""

    def test_a_request_never_speaks_to_the_mail_server(self, app, client, make_tenant, monkeypatch):
        make_tenant()
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            mail_through(app, monkeypatch, deaf.getsockname()[1])
            assert landing(request_code(client)) == "/code-envoye"

            deaf.setblocking(False)
            with pytest.raises(BlockingIOError):
                deaf.accept()
        assert OutboxMessage.get().state == MailState.WAITING

    def test_a_mail_leaves_soon_after_its_request(self, office, make_tenant):
        make_tenant()
        office.serve()
        ask(Visit(office))
        wait_until(lambda: len(office.postman.mails) == 1, "no mail arrives", seconds=10)

    def test_a_request_is_answered_while_the_worker_waits_for_a_silent_server(self, office, make_tenant):
        make_tenant()
        with ScriptedServer(lambda caller: caller.wait_for_the_end()) as silent:
            office.settings["MAIL_PORT"] = str(silent.port)
            office.serve()
            ask(Visit(office))
            wait_until(lambda: len(silent.callers) == 1, "the worker does not call")
            assert "stella@exemple.test" in ask(Visit(office), "stella@exemple.test")
        assert OutboxMessage.select().count() == 2

    @pytest.mark.slow
    def test_it_takes_the_same_time_with_mail_up_slow_or_down(self, tmp_path):
        slow = ScriptedServer(thinks_before_each_word)
        ports = {"up": {}, "slow": {"MAIL_PORT": str(slow.port)}, "down": {"MAIL_PORT": str(free_port())}}
        with ExitStack() as stack:
            offices = {}
            for name, port in ports.items():
                (tmp_path / name).mkdir()
                offices[name] = stack.enter_context(TunedOffice(tmp_path / name, REQUESTS_ADDRESS="1000", **port))
            stack.enter_context(slow)  # last, so that it hangs up first: a worker ends its talk before it stops
            for office in offices.values():
                office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", ROUNDS))
                office.serve()

            taken = {name: [] for name in offices}
            for number, household in enumerate(households(ROUNDS), 1):
                for name, office in offices.items():
                    taken[name].append(time_to_ask(Visit(office), household, number))
                if number == 1:
                    wait_until(lambda: offices["up"].postman.mails and slow.callers, "the workers do not work")

        medians = {name: statistics.median(times) for name, times in taken.items()}
        # A request that waited for any word of the slow server would take longer by a second.
        assert max(medians.values()) < 2 * min(medians.values()) + 0.1, medians


ROUNDS = 40


def thinks_before_each_word(caller):
    while not caller.closing.wait(1):
        caller.say(b"220-still thinking")


def ask(visit, address="maria@exemple.test"):
    return visit.submit(
        "/demander-un-code",
        name="D'Angelo-Paoli",
        email=address,
        dwelling_reference="0123-04-056",
        tenant_number="0012345",
    )


def time_to_ask(visit, household, number):
    """Seconds that the answer to a form takes, the form itself aside."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', visit.open("/demander-un-code"))[1]
    begun = time.perf_counter()
    page = visit.open(
        "/demander-un-code",
        {
            "csrf_token": token,
            "name": household["Nom"],
            "email": household["Email"],
            "dwelling_reference": household["Réf. logement"],
            "tenant_number": household["N° locataire"],
        },
    )
    taken = time.perf_counter() - begun
    assert f"locataire{number}@exemple.test" in page
    return taken
