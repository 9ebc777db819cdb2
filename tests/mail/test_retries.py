"""The worker against a real SMTP server: what arrives logs in, and what did not leave is tried again, in time."""

from datetime import timedelta
from itertools import pairwise
from unittest.mock import Mock

import pytest
import time_machine
from peewee import OperationalError

from ophportal import emails
from ophportal.formatting import date_and_time
from ophportal.models import Account, Event, JournalEntry, MailState, OutboxMessage
from ophportal.passwords import temporary_password
from tests.conftest import landing, request_code
from tests.mail.delivering import deliver, only_message
from tests.office import code_and_password
from tests.smtp import Postman, PostOffice, free_port


def test_a_real_mail_carries_a_code_and_a_password_that_log_in(app, client, requested, mailing):
    postman = Postman()
    with PostOffice(postman) as office:
        mailing(office.port)
        assert deliver(app)
        assert not deliver(app)

    [mail] = postman.mails
    code, password = code_and_password(mail.get_body(("plain",)).get_content())
    assert mail["To"] == "maria@exemple.test"
    assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"
    assert only_message().state == MailState.SENT
    assert JournalEntry.get(JournalEntry.event == Event.MAIL_SENT).tenant is not None


def test_a_refused_port_is_tried_again_later_with_the_same_mail(app, requested, mailing):
    mailing(free_port())
    assert deliver(app)
    message = only_message()
    assert (message.state, message.attempts) == (MailState.WAITING, 1)
    assert not deliver(app)

    postman = Postman()
    with PostOffice(postman) as office, time_machine.travel(message.due_at + timedelta(seconds=1)):
        mailing(office.port)
        assert deliver(app)
    assert postman.mails[0]["Message-ID"] == message.message_id
    assert only_message().state == MailState.SENT


def test_delays_grow_until_the_password_would_be_dead(app, requested, mailing):
    delays = []
    mailing(free_port())
    with time_machine.travel(only_message().due_at, tick=False) as clock:
        for _ in range(60):
            if not deliver(app):
                break
            message = only_message()
            if message.state != MailState.WAITING:
                break
            delays.append(message.due_at - message.created_at)
            clock.move_to(message.due_at)
    gaps = [later - earlier for earlier, later in pairwise(delays)]
    assert gaps[:5] == [timedelta(seconds=s) for s in (20, 40, 80, 160, 320)]
    assert max(gaps) == timedelta(hours=1)
    assert delays[-1] <= timedelta(hours=24)
    assert only_message().state == MailState.GIVEN_UP


def test_a_server_without_an_address_is_said_so(app, requested, mailing):
    mailing(25, server="smtp.invalid")
    deliver(app)
    assert only_message().last_error == "ce nom n'a pas d'adresse dans le DNS"


def test_a_mail_that_the_portal_cannot_write_is_said_to_be(app, requested, monkeypatch):
    monkeypatch.setitem(emails.WRITERS, "credentials", lambda _: {}["key"])
    deliver(app)
    assert only_message().state == MailState.WAITING
    assert only_message().last_error == "le portail n'a pas pu l'écrire (KeyError)"


def test_nothing_is_said_of_a_mail_that_the_store_kept_from_being_written(app, requested, monkeypatch):
    monkeypatch.setitem(emails.WRITERS, "credentials", Mock(side_effect=OperationalError("database is locked")))
    with pytest.raises(OperationalError):
        deliver(app)
    assert only_message().state == MailState.WAITING
    assert (only_message().attempts, only_message().last_error) == (1, "")


def test_a_mail_whose_password_died_while_no_worker_was_there_is_given_up_aloud(app, requested, mailing, caplog):
    mailing(free_port())
    deliver(app)
    with time_machine.travel(only_message().give_up_at + timedelta(seconds=1)):
        postman = Postman()
        with PostOffice(postman) as office:
            mailing(office.port)
            deliver(app)
            assert not deliver(app)
    assert postman.mails == []
    assert only_message().state == MailState.GIVEN_UP
    assert only_message().last_error == "rien n'écoute sur ce port"
    assert JournalEntry.select().where(JournalEntry.event == Event.MAIL_FAILED).count() == 1
    assert "too late" in caplog.text


def test_a_request_that_waited_for_days_still_gets_a_password_that_lives(app, client, requested, mailing):
    postman = Postman()
    with PostOffice(postman) as office, time_machine.travel(only_message().give_up_at + timedelta(days=2)) as clock:
        mailing(free_port())
        deliver(app)  # the first try fails; the password has its whole life before it
        assert only_message().state == MailState.WAITING
        clock.shift(timedelta(hours=1))
        mailing(office.port)
        deliver(app)
        [mail] = postman.mails
        code, password = code_and_password(mail.get_body(("plain",)).get_content())
        assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"


def test_a_password_that_waited_for_the_mail_server_has_its_day_when_it_leaves(app, client, requested, mailing):
    mailing(free_port())
    deliver(app)
    postman = Postman()
    late = only_message().give_up_at - timedelta(minutes=35)
    with PostOffice(postman) as office, time_machine.travel(late, tick=False) as clock:
        mailing(office.port)
        deliver(app)
        text = postman.mails[0].get_body(("plain",)).get_content()
        assert f"une seule fois, jusqu'au {date_and_time(late + timedelta(hours=24))}." in text
        clock.shift(timedelta(hours=23))
        code, password = code_and_password(text)
        assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"


def test_a_password_that_has_arrived_and_served_is_not_mailed_again(app, client, requested, mailing):
    """The server took it and hung up before it said so."""
    mailing(free_port())
    deliver(app)
    with app.app_context():
        password = temporary_password(only_message().request.token)
    client.submit("/identification", identifier=Account.get().code, password=password)
    OutboxMessage.update(due_at=OutboxMessage.created_at).execute()
    postman = Postman()
    with PostOffice(postman) as office:
        mailing(office.port)
        deliver(app)
    assert postman.mails == []
    assert only_message().state == MailState.NOTHING_TO_SEND


def test_a_decision_that_writes_to_nobody_is_made_once(app, client, make_tenant, outbox, monkeypatch):
    make_tenant(email="")
    request_code(client)
    with monkeypatch.context() as dying:
        dying.setattr(OutboxMessage, "finish", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            outbox.deliver()
    OutboxMessage.update(claimed_until=OutboxMessage.created_at).execute()
    outbox.deliver()
    assert only_message().state == MailState.NOTHING_TO_SEND
    assert JournalEntry.select().where(JournalEntry.event == Event.REQUEST_SETTLED).count() == 1


def test_a_worker_that_died_leaves_its_claim_to_the_next_after_a_while(app, requested, outbox):
    with time_machine.travel("2027-01-01 10:00+01:00", tick=False) as clock:
        OutboxMessage.update(give_up_at=only_message().give_up_at + timedelta(days=400)).execute()
        assert OutboxMessage.claim_next() is not None  # ... and dies here
        assert outbox.deliver() is None
        clock.shift(timedelta(minutes=6))
        assert outbox.deliver() is not None


def test_a_slow_worker_does_not_overwrite_the_one_that_took_over(app, requested):
    slow = OutboxMessage.claim_next()
    OutboxMessage.update(claimed_until=slow.created_at).execute()
    quick = OutboxMessage.claim_next()
    quick.finish(MailState.SENT)
    slow.retry("too late")
    assert only_message().state == MailState.SENT


def test_a_mail_that_cannot_be_written_does_not_stop_the_others(app, requested, outbox, monkeypatch, caplog):
    def fail(_message):
        raise KeyError("a template's fault")

    monkeypatch.setitem(emails.WRITERS, "credentials", fail)
    assert outbox.deliver() is None
    assert only_message().state == MailState.WAITING
    assert "could not be written" in caplog.text
