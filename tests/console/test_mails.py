"""What an agent is told by mail: that what lets them in has changed, a recovery code served, a browser is new."""

from datetime import timedelta

import pytest
import time_machine

from ophportal import clock
from ophportal.models import Agent, Event, JournalEntry, MailState, OutboxMessage, RecoveryCode
from tests.conftest import OWN_PASSWORD, code_of_the_moment, landing, log_in_agent
from tests.console.proofs import OWN_CODES, both_proofs, first_login, fresh_recovery_codes, invited
from tests.page import Page
from tests.spaces import as_read

OWN = "/agents/mon-acces/mot-de-passe"
NEW = "deux lunes rouges sur le toit"
PAIR = {"new_password": NEW, "confirmation": NEW}
RECOVERED = "Un de vos codes de secours a servi"
FROM_ANEW = "Connexion à la console depuis un nouvel appareil"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"
ADDRESS = "agathe@office.exemple.test"


def check_told(outbox, subject, answer):
    """The one mail that has left says so to the agent, and nothing of what was typed or shown."""
    outbox.deliver()
    (mail,) = [mail for mail in outbox.sent if mail.subject != RECOVERED] if subject != RECOVERED else outbox.sent
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
    assert len(check_told(outbox, "Votre accès d'agent est ouvert", first_login(client, invited(app)[1]))) == 10


def test_that_the_password_was_changed(console, outbox):
    answer = console.submit(OWN, **PAIR, **both_proofs(console))
    assert answer.status_code == 303
    check_told(outbox, "Votre mot de passe d'agent est changé", answer)


def test_that_the_recovery_codes_were_replaced(console, outbox):
    answer = console.submit(OWN_CODES, **both_proofs(console))
    assert len(check_told(outbox, "Vos codes de secours sont changés", answer)) == 10


def subjects(outbox):
    return [mail.subject for mail in outbox.sent]


class TestANewDevice:
    """As a tenant is told (tests/account/test_account.py)."""

    def test_that_a_browser_that_was_never_inside_is_and_which(self, client, make_agent, outbox):
        client.environ_base["HTTP_USER_AGENT"] = FIREFOX
        answer = log_in_agent(client, make_agent())
        check_told(outbox, FROM_ANEW, answer)
        for body in (outbox.sent[0].body, outbox.sent[0].html):
            assert "avec un nouvel appareil (Firefox sur Windows)" in as_read(body)

    def test_nothing_of_the_one_where_they_enter_every_day(self, client, make_agent, outbox):
        agent = make_agent()
        log_in_agent(client, agent)
        outbox.deliver()
        client.delete_cookie("agent")
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            assert landing(log_in_agent(client, agent)) == "/agents"
            assert outbox.deliver() is None

    def test_nor_after_their_first_login_which_has_a_mail_of_its_own(self, client, app, outbox):
        first_login(client, invited(app)[1])
        outbox.deliver()
        assert subjects(outbox) == ["Votre accès d'agent est ouvert"]
        client.delete_cookie("agent")
        with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
            assert landing(log_in_agent(client, Agent.get())) == "/agents"
            assert outbox.deliver() is None

    def test_a_colleague_s_browser_is_new_to_another(self, app, client, make_agent, outbox):
        log_in_agent(client, make_agent())
        client.delete_cookie("agent")
        other = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
        log_in_agent(client, other)
        outbox.deliver()
        assert [mail.recipients for mail in outbox.sent] == [[ADDRESS], [other.email]]

    def test_a_recovery_code_is_told_once_and_not_as_a_new_device_too(self, client, app, make_agent, outbox):
        agent = make_agent()
        with app.app_context():
            code = fresh_recovery_codes(agent)[0]
        log_in_agent(client, agent, code=code)
        outbox.deliver()
        assert subjects(outbox) == [RECOVERED]

    def test_nothing_is_told_of_who_did_not_get_in(self, client, make_agent, outbox):
        assert log_in_agent(client, make_agent(), code="000000").status_code == 422
        assert outbox.deliver() is None


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
        check_told(outbox, RECOVERED, answer)
        for body in (outbox.sent[0].body, outbox.sent[0].html):
            assert told in as_read(body)
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
        outbox.deliver()
        assert RECOVERED not in subjects(outbox)

    @pytest.mark.parametrize("deed", ["a colleague's link", "a copy of data", "new codes", "a new password"])
    def test_that_one_has_served_inside_whatever_it_was_for(
        self, manager_console, make_agent, make_tenant, outbox, deed
    ):
        path, typed = {
            "a colleague's link": (f"/agents/agents/{make_agent().id}/lien", {}),
            "a copy of data": (f"/agents/locataires/{make_tenant().id}/donnees", {"reason": "Demande écrite"}),
            "new codes": (OWN_CODES, {}),
            "a new password": (OWN, PAIR),
        }[deed]
        assert manager_console.submit(path, **typed, **both_proofs(manager_console)).status_code in {200, 303}
        outbox.deliver()
        (mail,) = [mail for mail in outbox.sent if mail.subject == RECOVERED]
        assert mail.recipients == [manager_console.agent.email]

    def test_nor_of_one_that_proved_nothing_inside(self, manager_console, make_agent, outbox):
        typed = both_proofs(manager_console) | {"current_password": "pas celui-ci du tout"}
        path = f"/agents/agents/{make_agent().id}/lien"
        assert manager_console.submit(path, **typed).status_code == 422
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
    console.submit(OWN_CODES, **both_proofs(console))
    Agent.update(email_key="nouvelle@office.exemple.test").execute()
    assert outbox.deliver() is None
    assert OutboxMessage.get().state == MailState.NOTHING_TO_SEND


def test_one_that_does_not_arrive_is_on_the_dashboard(manager_console):
    OutboxMessage.put("a@exemple.test", mail="agent_password", recipient=ADDRESS, state=MailState.REFUSED)
    assert "Un agent" in Page(manager_console.get("/agents/tableau-de-bord")).text
