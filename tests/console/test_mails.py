"""What an agent is told by mail: each time that what lets them in has changed, or a recovery code served."""

import pytest

from ophportal.models import Agent, Event, JournalEntry, MailState, OutboxMessage, RecoveryCode
from tests.browser.scenes.console import OWN_CODES, first_login, proofs
from tests.conftest import OWN_PASSWORD, code_of_the_moment, fresh_recovery_codes, landing, log_in_agent
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


class TestARecoveryCode:
    @pytest.fixture
    def codes(self, app, make_agent):
        with app.app_context():
            return fresh_recovery_codes(make_agent())

    def enter(self, visitor, code, **changes):
        return log_in_agent(visitor, Agent.get(), code=code, **changes)

    @pytest.mark.parametrize(
        ("kept", "told"),
        [(10, "Il vous reste 9 codes"), (2, "Il vous reste 1 code"), (1, "Il ne vous en reste plus")],
    )
    def test_that_one_has_let_somebody_in_and_how_many_are_left(self, client, outbox, codes, kept, told):
        others = RecoveryCode.select(RecoveryCode.id).order_by(RecoveryCode.id.desc()).limit(10 - kept)
        RecoveryCode.delete().where(RecoveryCode.id.in_(others)).execute()
        answer = self.enter(client, codes[0])
        assert landing(answer) == "/agents"
        check_told(outbox, "Un code de secours a ouvert votre accès d'agent", answer)
        for body in (outbox.sent[0].body, outbox.sent[0].html):
            assert told in body.replace("\u00a0", " ")
            assert codes[0] not in body

    def test_nothing_is_told_of_one_that_let_nobody_in(self, client, another_browser, outbox, codes):
        assert self.enter(client, codes[0], password="pas celui-ci du tout").status_code == 422
        assert outbox.deliver() is None
        self.enter(client, codes[0])
        assert outbox.deliver() is not None
        assert self.enter(another_browser, codes[0]).status_code == 422
        assert outbox.deliver() is None

    def test_nor_of_the_telephone_s_code_with_which_one_enters_every_day(self, app, client, outbox, codes):
        assert landing(self.enter(client, code_of_the_moment(app, Agent.get()))) == "/agents"
        assert outbox.deliver() is None

    def test_an_address_that_is_no_agent_s_any_more_is_told_nothing(self, client, outbox, codes):
        self.enter(client, codes[0])
        Agent.update(email_key="nouvelle@office.exemple.test").execute()
        assert outbox.deliver() is None


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
