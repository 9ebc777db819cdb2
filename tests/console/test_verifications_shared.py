"""À vérifier: one request, and two agents who may decide on it."""

from datetime import timedelta

import pytest
import time_machine

from ophportal import clock
from ophportal.models import (
    AccessRequest,
    AgentSession,
    Decision,
    Tenant,
    Verification,
)
from ophportal.office import actions
from tests.conftest import landing, press
from tests.console.verifications import LIST, NEW_ADDRESS, opened
from tests.page import Page
from tests.together import meanwhile, once_after


def test_two_agents_do_not_treat_it_twice(console, colleague, asked, outbox):
    it = asked()
    theirs = Page(colleague.get(LIST)).one("form[action$='/ouvrir'] input")["value"]
    opened(console, it)
    assert "Ouverte par Agathe Essai" in Page(colleague.get(LIST)).text
    assert landing(colleague.post(f"{LIST}/{it.id}/ouvrir", data={"csrf_token": theirs})) == LIST
    assert "Un autre agent s'en occupe" in Page(colleague.get(LIST)).text
    page = Page(colleague.get(f"{LIST}/{it.id}"))
    assert "Agathe Essai s'en occupe" in page.text
    assert not page.soup.select("form[action$='/accepter']")
    for verb in ("accepter", "refuser", "laisser"):
        colleague.post(f"{LIST}/{it.id}/{verb}", data={"csrf_token": theirs, "reason": "Non, merci bien"})
    assert Verification.get().decision == Decision.PENDING
    assert Verification.get().holder == console.agent


def test_left_for_later_or_forgotten_for_half_an_hour_it_is_free_again(console, colleague, asked):
    it = asked()
    opened(console, it)
    press(console, f"{LIST}/{it.id}", f"{LIST}/{it.id}/laisser")
    opened(colleague, it)
    with time_machine.travel(clock.now() + timedelta(minutes=29), tick=False):
        assert not it.open_for(console.agent)
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
        assert Verification.get().holder is None
        assert it.open_for(console.agent)
        assert Verification.get().holder == console.agent


def test_who_leaves_one_for_later_keeps_the_other_that_they_have_open(console, colleague, asked, make_tenant):
    it, paul = asked(), make_tenant("ROSSI", "Paul", number="2", reference="2", email="paul@exemple.test")
    request = AccessRequest.create(
        name="ROSSI", email=NEW_ADDRESS, dwelling_reference="2", tenant_number="2", network_address=""
    )
    other = Verification.ask_for(request, paul)
    # The same address, typed for another tenant, is another request.
    assert list(Verification.pending()) == [it, other]
    opened(console, it)
    opened(console, other)
    press(console, f"{LIST}/{it.id}", f"{LIST}/{it.id}/laisser")
    assert [row.holder for row in Verification.pending()] == [None, console.agent]
    assert not other.open_for(colleague.agent)


def test_who_is_shut_out_holds_nothing_and_a_colleague_takes_it_at_once(console, colleague, asked):
    it = asked()
    opened(colleague, it)
    colleague.agent.disable()
    assert "Ouverte par" not in Page(console.get(LIST)).text
    assert "s'en occupe depuis" not in Page(console.get(f"{LIST}/{it.id}")).text
    opened(console, it)
    assert Verification.get().holder == console.agent


class TestHeldTooLong:
    """The agent was on the telephone for more than half an hour, and decides on the page that is still open."""

    @pytest.fixture
    def page(self, console, asked):
        return opened(console, asked())

    @pytest.fixture
    def later(self, page):
        with time_machine.travel(clock.now() + timedelta(minutes=31), tick=False):
            AgentSession.update(last_seen_at=clock.now()).execute()
            yield

    def press(self, console, page, verb, **fields):
        form = page.one(f"form[action$='/{verb}']")
        return console.post(form["action"], data={"csrf_token": form.input["value"], **fields})

    @pytest.mark.parametrize(("verb", "decision"), [("accepter", Decision.APPROVED), ("refuser", Decision.REFUSED)])
    def test_it_is_decided_where_nobody_else_has_opened_it(self, console, page, later, verb, decision):
        assert landing(self.press(console, page, verb, reason="Personne ne répond à ce numéro")) == LIST
        assert Verification.get().decision == decision

    def test_what_is_wrong_with_the_reason_is_said_beside_it(self, console, page, later):
        answer = self.press(console, page, "refuser", reason="non")
        assert answer.status_code == 422
        assert "Écrivez la raison en quelques mots." in Page(answer).text

    @pytest.mark.parametrize("verb", ["accepter", "refuser"])
    def test_but_not_where_a_colleague_has_and_that_is_said(self, console, colleague, page, later, verb):
        opened(colleague, Verification.get())
        answer = self.press(console, page, verb, reason="Personne ne répond à ce numéro")
        assert "Un autre agent s'en occupe" in Page(console.get(landing(answer))).text
        assert Verification.get().holder == colleague.agent
        assert Verification.get().decision == Decision.PENDING


def test_an_address_that_a_colleague_has_corrected_since_the_page_was_opened_is_not_replaced_unseen(
    console, colleague, asked
):
    it = asked()
    page = opened(console, it)
    colleague.submit(f"/agents/locataires/{it.tenant.id}/adresse", email="la.bonne@exemple.test")

    accept = page.one("form[action$='/accepter']")
    sent = {field["name"]: field["value"] for field in accept.select("input")}
    assert landing(console.post(accept["action"], data=sent)) == f"{LIST}/{it.id}"

    page = Page(console.get(f"{LIST}/{it.id}"))
    assert "L'adresse du dossier a changé depuis que vous avez ouvert cette page" in page.text
    assert "la.bonne@exemple.test" in page.text
    assert Tenant.get().email == "la.bonne@exemple.test"
    # Seen, it may still be replaced.
    press(console, f"{LIST}/{it.id}", f"{LIST}/{it.id}/accepter")
    assert Tenant.get().email == NEW_ADDRESS


def test_nor_is_one_that_comes_while_the_button_is_pressed(console, asked, monkeypatch):
    """The decision waits while an import writes, and the agent had compared with the address of before."""
    it = asked()
    hidden = opened(console, it).one("form[action$='/accepter']").select("input[type=hidden]")
    put = Tenant.get_by_id(it.tenant.id).change_email
    once_after(monkeypatch, actions, "may_enter", lambda: put("la.bonne@exemple.test", it.tenant.email_key))

    answer = console.post(f"{LIST}/{it.id}/accepter", data={field["name"]: field["value"] for field in hidden})

    assert landing(answer) == f"{LIST}/{it.id}"
    assert "L'adresse du dossier a changé" in Page(console.get(f"{LIST}/{it.id}")).text
    assert Tenant.get().email == "la.bonne@exemple.test"


def test_what_is_decided_opens_for_nobody(console, colleague, asked):
    it = asked()
    it.decide(Decision.REFUSED, colleague.agent, "On ne sait pas qui c'est")
    assert not it.open_for(console.agent)


def test_decided_twice_at_once_it_is_decided_once(app, asked, console):
    it = asked()
    with app.app_context():
        assert Verification.get().decide(Decision.APPROVED, console.agent)
        assert not it.decide(Decision.REFUSED, console.agent, "trop tard")
    assert Verification.get().decision == Decision.APPROVED
    assert console.get(f"{LIST}/{it.id}").status_code == 404


@pytest.mark.parametrize("verb", ["accepter", "refuser"])
def test_one_that_is_decided_while_its_button_is_pressed_is_not_told_as_decided_by_it(
    console, asked, outbox, monkeypatch, verb
):
    """In another window of the agent's, between the look at who has it open and the decision."""
    it = asked()
    hidden = opened(console, it).one(f"form[action$='/{verb}']").select("input[type=hidden]")
    sent = {field["name"]: field["value"] for field in hidden}
    open_for = Verification.open_for

    def decide_meanwhile(self, agent):
        is_open = open_for(self, agent)
        meanwhile(lambda: self.decide(Decision.REFUSED, agent, "Personne ne répond"))
        return is_open

    monkeypatch.setattr(Verification, "open_for", decide_meanwhile)
    answer = console.post(f"{LIST}/{it.id}/{verb}", data=sent | {"reason": "Ce n'est pas son numéro"})

    text = Page(console.get(landing(answer))).text
    assert "Un autre agent s'en occupe, ou la décision est déjà prise." in text
    assert "La demande est" not in text
    assert (Verification.get().decision, Verification.get().reason) == (Decision.REFUSED, "Personne ne répond")
    assert Tenant.get().email != NEW_ADDRESS
    assert outbox.deliver() is None


def test_who_refuses_what_they_have_just_accepted_is_not_told_that_it_is_refused(console, asked):
    it = asked()
    hidden = opened(console, it).one("form[action$='/accepter']").select("input[type=hidden]")
    sent = {field["name"]: field["value"] for field in hidden}
    console.post(f"{LIST}/{it.id}/accepter", data=sent)
    answer = console.post(f"{LIST}/{it.id}/refuser", data=sent | {"reason": "Personne ne répond"})
    assert answer.status_code == 404
    assert "Un agent l'a acceptée ou refusée" in Page(answer).text
