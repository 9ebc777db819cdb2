"""What is kept how long: twelve months of journal, thirty days of what people typed."""

from datetime import timedelta

import time_machine

from ophportal import jobs
from ophportal.clock import now
from ophportal.models import AccessRequest, JournalEntry, OutboxMessage, Outcome, TemporaryPassword, TenantSession
from ophportal.retention import purge
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


def test_dead_sessions_and_passwords_are_swept_away(client, make_tenant, make_account, outbox):
    log_in(client, make_account())
    request_code(client)
    outbox.deliver()
    purge()
    assert (TenantSession.select().count(), TemporaryPassword.select().count()) == (1, 1)
    with after(hours=25):
        purge()
        assert (TenantSession.select().count(), TemporaryPassword.select().count()) == (0, 0)


def test_folders_of_jobs_that_have_gone_wrong_keep_no_mail_from_leaving(app, monkeypatch, tmp_path, caplog):
    """The purge runs in the process that delivers: what it raises would end that."""
    monkeypatch.setattr(jobs, "folders", lambda: tmp_path)
    (tmp_path / "en-rond").symlink_to("en-rond")
    with app.app_context():
        purge()
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.getMessage() == "folders of jobs could not be purged: Too many levels of symbolic links"
