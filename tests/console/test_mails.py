"""What an agent is told by mail: each time that what lets them in has changed, whoever did it."""

import pytest

from ophportal.models import Agent, Event, JournalEntry, MailState, OutboxMessage
from tests.browser.scenes.console import OWN_CODES, first_login, proofs
from tests.conftest import OWN_PASSWORD
from tests.page import Page

OWN = "/agents/mon-acces/mot-de-passe"
NEW = "deux lunes rouges sur le toit"
PAIR = {"new_password": NEW, "confirmation": NEW}
ADDRESS = "agathe@office.exemple.test"


def check_told(outbox, subject, answer):
    """The one mail that has left says so to the agent, and nothing of what was typed or shown."""
    mail = outbox.deliver()
    assert outbox.sent == [mail]
    assert (mail.subject, mail.recipients) == (subject, [ADDRESS])
    codes = [line.text for line in Page(answer).soup.select(".codes li")] if answer.status_code == 200 else []
    for body in (mail.body, mail.html):
        assert "Bonjour Agathe Essai," in body
        assert "Prévenez tout de suite un responsable" in body
        assert not [secret for secret in (NEW, OWN_PASSWORD, *codes) if secret in body]
        # A forger's mail of this kind would have a link.
        assert "/agents" not in body
    assert JournalEntry.get(JournalEntry.event == Event.MAIL_SENT).tenant is None
    return codes


def test_that_somebody_has_entered_by_the_link(client, app, outbox):
    assert len(check_told(outbox, "Votre accès d'agent est ouvert", first_login(client, app))) == 10


def test_that_the_password_was_changed(console, outbox):
    answer = console.submit(OWN, **PAIR, **proofs(console))
    assert answer.status_code == 303
    check_told(outbox, "Votre mot de passe d'agent est changé", answer)


def test_that_the_recovery_codes_were_replaced(console, outbox):
    answer = console.submit(OWN_CODES, **proofs(console))
    assert len(check_told(outbox, "Vos codes de secours sont changés", answer)) == 10


@pytest.mark.parametrize("path", [OWN, OWN_CODES])
def test_who_proves_nothing_has_nothing_told(console, outbox, path):
    answer = console.submit(path, current_password="pas celui-ci du tout", code="000000", **PAIR)
    assert answer.status_code == 422
    assert outbox.deliver() is None


def test_an_address_that_is_no_agent_s_any_more_gets_none(console, outbox):
    console.submit(OWN_CODES, **proofs(console))
    Agent.update(email_key="nouvelle@office.exemple.test").execute()
    assert outbox.deliver() is None
    assert OutboxMessage.get().state == MailState.NOTHING_TO_SEND


def test_one_that_does_not_arrive_is_on_the_dashboard(manager_console):
    OutboxMessage.put("a@exemple.test", mail="agent_password", recipient=ADDRESS, state=MailState.REFUSED)
    assert "Un agent" in Page(manager_console.get("/agents/tableau-de-bord")).text
