"""The figures that Prometheus is given, over the portal as it is served: two workers, real requests, one scrape."""

import os
import re
import stat
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ophportal import clock, database, disks
from ophportal.imports.kinds import LEDGER
from ophportal.metrics.store import StoreFigures
from ophportal.models import Event, Job, JobState, JournalEntry, MailState, OutboxMessage
from tests import stores
from tests.conftest import log_in, request_code
from tests.office import ROOT, Office, Visit, ask_for_a_code, wait_until, write_tenant_file
from tests.smtp import free_port


class WatchedOffice(Office):
    """An office with a port for Prometheus."""

    def __init__(self, folder):
        super().__init__(folder)
        self.metrics_port = free_port()

    @property
    def environment(self):
        # The folder that the processes share is made under the test's own.
        told = {"OPHPORTAL_METRICS_PORT": str(self.metrics_port), "TMPDIR": str(self.folder)}
        return super().environment | told

    def scrape(self):
        """What Prometheus reads: each sample's value, by its name and its labels' values."""
        with urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            return samples(text_string_to_metric_families(answer.read().decode()))

    def is_scraped(self):
        try:
            return bool(self.scrape())
        except OSError:
            return False


def samples(families):
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def office(tmp_path):
    with WatchedOffice(tmp_path) as office:
        yield office


@pytest.fixture
def figures(app):
    """A function that gives what the store tells now."""
    return lambda: samples(StoreFigures().collect())


def test_a_scrape_counts_what_two_workers_have_answered_and_what_the_store_knows(office, tmp_path):
    office.run("import", "tenants", write_tenant_file(tmp_path / "locataires.csv", 3))
    office.serve("--workers", "2")
    wait_until(office.is_scraped, "nobody answers Prometheus")
    before = office.scrape()
    for _ in range(40):  # a connection each: the kernel deals them out to both workers
        Visit(office).open("/aide")
    for _ in range(3):
        Visit(office).open("/nulle-part")
    for _ in range(2):
        Visit(office).submit("/identification", identifier="7K2M-94QF", password="x")
    ask_for_a_code(Visit(office), 2)
    office.next_mail("locataire2@exemple.test")

    counted = "ophportal_request_duration_seconds_count"
    told = office.scrape()
    assert told[counted, "GET", "/aide", "2xx"] == 40
    assert told[counted, "GET", "-", "4xx"] == 3
    assert told[counted, "POST", "/identification", "4xx"] == 2
    assert told[counted, "POST", "/demander-un-code", "3xx"] == 1
    assert told["ophportal_request_duration_seconds_bucket", "+Inf", "GET", "/aide", "2xx"] == 40
    assert 0 < told["ophportal_request_duration_seconds_sum", "GET", "/aide", "2xx"] < 60
    assert (counted, "GET", "/aide", "2xx") not in before
    assert told["ophportal_store_up",] == 1
    assert told["ophportal_journal_last_hour", "login_failed"] == 2
    assert told["ophportal_journal_last_hour", "imported"] == 1
    assert told["ophportal_jobs", "import_tenants", "done"] == 1
    wait_until(lambda: office.scrape()["ophportal_journal_last_hour", "mail_sent"] == 1, "the mail is not told")
    assert office.scrape()["ophportal_outbox_waiting",] == 0

    [folder] = tmp_path.glob("ophportal-metrics-*")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(list(folder.glob("histogram_*.db"))) == 2, "both workers have answered"
    office.stop_serving()
    assert not folder.exists()


def test_no_figure_names_anybody(office, tmp_path):
    office.run("import", "tenants", write_tenant_file(tmp_path / "locataires.csv", 3))
    office.serve()
    wait_until(office.is_scraped, "nobody answers Prometheus")
    Visit(office).open("/prune@exemple.test?nom=Prune")
    Visit(office).submit("/identification", identifier="locataire2@exemple.test", password="x")
    labels = " ".join(value for _, *values in office.scrape() for value in values)
    assert "exemple.test" not in labels
    assert "127.0.0.1" not in labels


def test_without_a_port_nothing_listens_and_nothing_is_loaded(tmp_path):
    with Office(tmp_path) as office:
        refused = office.run("metrics")
        assert refused.returncode == 1
        assert "OPHPORTAL_METRICS_PORT" in refused.stderr
        tell = "import sys, wsgi; print('prometheus_client' in sys.modules)"
        for folder, loaded in (("", "False"), (tempfile.mkdtemp(dir=tmp_path), "True")):
            environment = office.environment | {"PROMETHEUS_MULTIPROC_DIR": folder}
            told = subprocess.run(
                [sys.executable, "-c", tell], cwd=ROOT, env=environment, capture_output=True, text=True
            )
            assert told.stdout.strip() == loaded


def test_a_port_that_is_taken_is_refused_in_a_sentence(office):
    for taken in (office.post_office.port, office.port):
        refused = office.run("serve", "--port", str(office.port), METRICS_PORT=str(taken))
        assert refused.returncode == 1
        assert f"Le port {taken} de 127.0.0.1 est déjà pris" in refused.stderr
        assert "OPHPORTAL_METRICS_PORT" in refused.stderr


def test_an_exporter_that_dies_is_started_again_and_the_counts_go_on(office):
    office.run("migrate")
    office.serve()
    wait_until(office.is_scraped, "nobody answers Prometheus")
    Visit(office).open("/aide")
    kill_the_exporter(office)
    wait_until(lambda: "ended with status -9" in office.log(), "nobody notices")
    wait_until(office.is_scraped, "nobody answers Prometheus again")
    assert office.scrape()["ophportal_request_duration_seconds_count", "GET", "/aide", "2xx"] == 1


def kill_the_exporter(office):
    children = Path(f"/proc/{office.server.pid}/task/{office.server.pid}/children").read_text().split()
    [exporter] = [pid for pid in children if b"\0metrics\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(int(exporter), 9)


class TestStore:
    def test_the_journal_s_last_hour_is_counted_by_event(self, client, make_account, figures):
        account = make_account()
        log_in(client, account, password="not this one")
        log_in(client, account)
        JournalEntry.create(event=Event.LOGIN, at=clock.now() - timedelta(hours=2))
        told = figures()
        assert told["ophportal_journal_last_hour", "login"] == 1
        assert told["ophportal_journal_last_hour", "login_failed"] == 1
        assert told["ophportal_journal_last_hour", "login_throttled"] == 0
        assert {name for _, name in [key for key in told if key[0] == "ophportal_journal_last_hour"]} == set(Event)

    def test_mail_that_nobody_delivers_grows_old(self, client, make_tenant, figures):
        make_tenant()
        request_code(client)
        put_back(minutes=30)
        told = figures()
        assert told["ophportal_outbox_waiting",] == 1
        assert told["ophportal_outbox_failing",] == 0
        assert 1795 < told["ophportal_outbox_oldest_due_seconds",] < 1860
        assert 1795 < told["ophportal_outbox_oldest_seconds",] < 1860

    def test_mail_that_waits_behind_the_one_that_leaves_is_not_left_alone(self, app, figures):
        for _ in range(2):
            OutboxMessage.put("x@exemple.test", mail="email_changed")
        put_back(minutes=30)
        OutboxMessage.claim_next()
        told = figures()
        assert told["ophportal_outbox_waiting",] == 2
        assert told["ophportal_outbox_oldest_due_seconds",] == 0
        assert 1795 < told["ophportal_outbox_oldest_seconds",] < 1860

    def test_mail_that_no_server_takes_is_due_later_and_old_all_the_same(self, client, make_tenant, figures):
        make_tenant()
        request_code(client)
        put_back(minutes=30)
        OutboxMessage.claim_next().retry("ConnectionRefusedError")
        told = figures()
        assert told["ophportal_outbox_failing",] == 1
        assert told["ophportal_outbox_oldest_due_seconds",] == 0
        assert 1795 < told["ophportal_outbox_oldest_seconds",] < 1860

    def test_mail_that_has_ended_waits_no_more(self, client, make_tenant, figures):
        make_tenant()
        request_code(client)
        OutboxMessage.claim_next().finish(MailState.REFUSED, "550")
        told = figures()
        assert told["ophportal_outbox_waiting",] == told["ophportal_outbox_oldest_seconds",] == 0

    def test_imports_are_told_by_what_became_of_them(self, app, figures):
        Job.put(LEDGER.name, None).becomes(JobState.REFUSED)
        done = Job.put(LEDGER.name, None)
        done.becomes(JobState.DONE)
        told = figures()
        assert told["ophportal_jobs", LEDGER.name, "refused"] == 1
        assert told["ophportal_jobs", LEDGER.name, "done"] == 1
        assert told["ophportal_jobs", LEDGER.name, "failed"] == 0
        when = told["ophportal_import_last_success_timestamp_seconds", LEDGER.name]
        assert abs(when - clock.now().timestamp()) < 60

    def test_a_job_that_nobody_takes_grows_old(self, app, figures):
        Job.put(LEDGER.name, None, state=JobState.TO_CONFIRM)
        assert figures()["ophportal_jobs_oldest_due_seconds",] == 0
        Job.put(LEDGER.name, None)
        Job.update(created_at=clock.now() - timedelta(minutes=30)).execute()
        assert 1795 < figures()["ophportal_jobs_oldest_due_seconds",] < 1860
        Job.claim_next()
        assert figures()["ophportal_jobs_oldest_due_seconds",] == 0

    def test_an_export_that_has_stalled_brings_no_news_each_night(self, app, figures, clock):
        Job.put(LEDGER.name, None).becomes(JobState.DONE, news=True)
        clock.shift(timedelta(days=8))
        Job.put(LEDGER.name, None).becomes(JobState.DONE, news=False)
        told = figures()
        success = told["ophportal_import_last_success_timestamp_seconds", LEDGER.name]
        assert (
            success - told["ophportal_import_last_news_timestamp_seconds", LEDGER.name]
            == timedelta(days=8).total_seconds()
        )

    def test_the_room_on_the_disks_is_told_before_there_is_none(self, app, figures, monkeypatch):
        monkeypatch.setattr(disks, "free_on", lambda folder: 12_345)
        told = figures()
        assert told["ophportal_disk_free_bytes", "documents"] == 12_345
        is_elsewhere = stores.is_postgresql()
        assert told.get(("ophportal_disk_free_bytes", "store")) == (None if is_elsewhere else 12_345)

    def test_of_a_store_that_is_away_that_and_the_disks_are_told(self, figures, without_store, caplog):
        told = figures()
        assert told["ophportal_store_up",] == 0
        assert {name for name, *_ in told} == {"ophportal_store_up", "ophportal_disk_free_bytes"}
        assert "the store does not answer" in caplog.text

    def test_a_reader_leaves_no_connection_behind(self, figures):
        figures()
        assert database.proxy.is_closed()


def put_back(**ago):
    then = clock.now() - timedelta(**ago)
    OutboxMessage.update(created_at=then, due_at=then).execute()


def test_the_names_are_those_of_the_guide():
    """docs/exploitation.md, and whoever has set an alarm, know them by these names."""
    sources = "".join(path.read_text() for path in (ROOT / "ophportal" / "metrics").glob("*.py"))
    assert set(re.findall(r'"(ophportal_\w+)"', sources)) == {
        "ophportal_disk_free_bytes",
        "ophportal_import_last_news_timestamp_seconds",
        "ophportal_import_last_success_timestamp_seconds",
        "ophportal_jobs",
        "ophportal_jobs_oldest_due_seconds",
        "ophportal_journal_last_hour",
        "ophportal_outbox_failing",
        "ophportal_outbox_oldest_due_seconds",
        "ophportal_outbox_oldest_seconds",
        "ophportal_outbox_waiting",
        "ophportal_request_duration_seconds",
        "ophportal_store_up",
    }
