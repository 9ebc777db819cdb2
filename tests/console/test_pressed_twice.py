"""A button of the console that is pressed twice does its deed once.

The browser gives the first answer up for the second one's: what is shown once must be in that one too.
"""

from datetime import timedelta
from typing import Any

import pytest

from ophportal import clock
from ophportal.models import (
    AccessRequest,
    Account,
    AgentSession,
    Event,
    Job,
    JournalEntry,
    PaperCode,
    RecoveryCode,
    Tenant,
    Verification,
)
from ophportal.office import printing
from ophportal.paper_codes import paper_digest
from tests.conftest import OWN_PASSWORD, StrictVisitor, code_of_the_moment, landing, log_in_agent, request_code
from tests.console.proofs import code_shown, first_login, fresh_recovery_codes
from tests.page import Page

NEW = "deux lunes rouges sur le toit"

pytestmark = pytest.mark.usefixtures("standing_clock")


def press_twice(browser: StrictVisitor, page: str, path: str = "", **fields: str) -> list[Any]:
    """The answers to two presses of one button, each with what the browser held when the page came."""
    fields["csrf_token"] = Page(browser.get(page)).soup.select_one("main input[name=csrf_token]")["value"]
    held = {name: cookie.value for name in ("session", "agent") if (cookie := browser.get_cookie(name))}
    answers = []
    for _ in range(2):
        for name, value in held.items():
            browser.set_cookie(name, value)
        answers.append(browser.post(path or page, data=fields))
    return answers


def press_twice_on_the_record(console: StrictVisitor, tenant: Tenant, button: str) -> list[Any]:
    page = Page(console.get(f"/agents/locataires/{tenant.id}"))
    path = f"/agents/locataires/{tenant.id}/{button}"
    token = page.one(f"form[action='{path}'] input[name=csrf_token]")["value"]
    return [console.post(path, data={"csrf_token": token}) for _ in range(2)]


def journalled(event: Event) -> int:
    return JournalEntry.select().where(JournalEntry.event == event).count()


def proofs_to_come(browser: StrictVisitor) -> dict[str, str]:
    """Both, as of the next half minute: the code of this one has let the agent in."""
    return {"current_password": OWN_PASSWORD, "code": code_of_the_moment(browser.application, browser.agent)}


@pytest.fixture
def later(console, manager_console, standing_clock):
    """The half minute after the agents' logins."""
    standing_clock.shift(31)
    return standing_clock


def test_a_colleague_s_new_link_is_shown_by_the_second_answer_too_and_works(manager_console, make_agent, client, later):
    colleague = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
    path = f"/agents/agents/{colleague.id}/lien"

    first, second = press_twice(manager_console, path, **proofs_to_come(manager_console))

    assert (first.status_code, second.status_code) == (200, 200)
    link = Page(second).one(".copy").text
    assert Page(first).one(".copy").text == link
    assert first_login(client, link.removeprefix("http://localhost")).status_code == 200
    assert journalled(Event.AGENT_INVITED) == 1
    assert journalled(Event.LOGIN_FAILED) == 0


def test_no_codes_that_open_nothing_are_shown_to_a_second_press_with_other_proofs(console, later):
    path = "/agents/mon-acces/codes-de-secours"
    proofs = proofs_to_come(console)
    fields = proofs | {"csrf_token": Page(console.get(path)).one("main input[name=csrf_token]")["value"]}
    assert console.post(path, data=fields).status_code == 200
    assert console.post(path, data=fields).status_code == 200
    assert console.post(path, data=fields | {"current_password": "autre"}).status_code == 422
    assert console.post(path, data=fields | {"code": "000000"}).status_code == 422


def test_it_is_shown_to_nobody_else_and_no_longer_than_a_moment(app, manager_console, console, make_agent, later):
    colleague = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
    path = f"/agents/agents/{colleague.id}/lien"
    proofs = proofs_to_come(manager_console)
    fields = proofs | {"csrf_token": Page(manager_console.get(path)).one("main input[name=csrf_token]")["value"]}
    assert manager_console.post(path, data=fields).status_code == 200

    # With an answer that is not the same, from another session, or too late.
    assert manager_console.post(path, data=fields | {"current_password": "autre"}).status_code == 422
    assert manager_console.post(path, data=fields | {"code": "000000"}).status_code == 422
    other = StrictVisitor(app, app.response_class)
    with app.app_context():
        code = fresh_recovery_codes(manager_console.agent)[0]
    log_in_agent(other, manager_console.agent, code=code)
    assert other.submit(path, **proofs).status_code == 422
    assert manager_console.post(path, data=fields).status_code == 200
    later.shift(31)
    assert manager_console.post(path, data=fields).status_code == 422


def test_new_recovery_codes_are_the_ones_that_the_second_answer_shows(app, client, console, later):
    answers = press_twice(console, "/agents/mon-acces/codes-de-secours", **proofs_to_come(console))

    first, second = ([code.text for code in Page(answer).soup.select(".codes li")] for answer in answers)
    assert first == second
    assert len(set(second)) == 10
    assert RecoveryCode.left(console.agent) == 10
    assert landing(log_in_agent(client, console.agent, code=second[0])) == "/agents"
    assert journalled(Event.RECOVERY_CODES_RENEWED) == 1


def test_codes_renewed_again_are_others(console, later):
    path = "/agents/mon-acces/codes-de-secours"
    shown = []
    for _ in range(2):
        shown.append(Page(console.submit(path, **proofs_to_come(console))).one(".codes").text)
        later.shift(31)
    assert shown[0] != shown[1]


def test_a_first_login_lets_the_agent_in_and_shows_the_codes(client, invitation):
    _, link = invitation()
    client.get(link)
    fields = {"new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD, "code": code_shown(client)}

    first, second = press_twice(client, "/agents/premiere-connexion", **fields)

    assert (first.status_code, second.status_code) == (200, 200)
    assert Page(first).one(".codes").text == Page(second).one(".codes").text
    assert client.get("/agents").status_code == 200
    assert AgentSession.select().count() == 1
    assert journalled(Event.AGENT_ACTIVATED) == 1
    assert client.get("/agents/premiere-connexion").status_code == 410


def test_what_is_not_the_same_press_finds_the_link_dead(client, another_browser, invitation, standing_clock):
    _, link = invitation()
    client.get(link)
    fields = {"new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD, "code": code_shown(client)}
    fields["csrf_token"] = Page(client.get("/agents/premiere-connexion")).one("main input[name=csrf_token]")["value"]
    held = client.get_cookie("session").value
    assert client.post("/agents/premiere-connexion", data=fields).status_code == 200
    client.set_cookie("session", held)
    other = fields | {"new_password": NEW, "confirmation": NEW}
    assert client.post("/agents/premiere-connexion", data=other).status_code == 422
    assert client.get("/agents/premiere-connexion").status_code == 410
    client.set_cookie("session", held)
    standing_clock.shift(31)
    assert client.post("/agents/premiere-connexion", data=fields).status_code == 410


def test_a_code_is_sent_once(console, make_tenant, outbox):
    tenant = make_tenant()
    answers = press_twice_on_the_record(console, tenant, "code")
    assert {landing(answer) for answer in answers} == {f"/agents/locataires/{tenant.id}"}
    assert "Le code d'accès part" in Page(console.get(f"/agents/locataires/{tenant.id}")).text
    outbox.deliver()
    assert len(outbox.sent) == AccessRequest.select().count() == journalled(Event.CODE_ASKED) == 1


def test_and_again_when_the_address_is_another_or_a_moment_has_passed(console, make_tenant, standing_clock):
    tenant = make_tenant()
    press_twice_on_the_record(console, tenant, "code")
    console.submit(f"/agents/locataires/{tenant.id}/adresse", email="stella@exemple.test")
    press_twice_on_the_record(console, tenant, "code")
    standing_clock.shift(31)
    press_twice_on_the_record(console, tenant, "code")
    assert AccessRequest.select().count() == 3


def test_an_access_is_blocked_once_and_unblocked_once(console, make_tenant):
    tenant = make_tenant()
    path = f"/agents/locataires/{tenant.id}/bloquer"
    for answer in press_twice(console, path, reason="Départ signalé"):
        assert landing(answer) == f"/agents/locataires/{tenant.id}"
    assert journalled(Event.BLOCKED) == 1
    press_twice_on_the_record(console, tenant, "debloquer")
    assert journalled(Event.UNBLOCKED) == 1
    # Blocked again at once, it is blocked indeed.
    press_twice(console, path, reason="Départ signalé")
    assert Account.is_blocked(tenant)
    assert journalled(Event.BLOCKED) == 2


def test_a_colleague_s_reason_to_block_is_noted_beside_the_first(console, odile_console, make_tenant):
    path = f"/agents/locataires/{make_tenant().id}/bloquer"
    for each in (console, odile_console):
        each.submit(path, reason="Départ signalé")
    assert journalled(Event.BLOCKED) == 2


@pytest.mark.parametrize(
    ("verb", "said"), [("accepter", "La demande est acceptée"), ("refuser", "La demande est refusée")]
)
def test_a_decision_that_is_taken_is_said_to_be_so_and_to_be_nobody_else_s(
    console, odile_console, client, make_tenant, outbox, verb, said
):
    make_tenant()
    request_code(client, email="stella@exemple.test")
    outbox.deliver()
    page = f"/agents/a-verifier/{Verification.get().id}"
    Verification.get().open_for(console.agent)

    answers = press_twice(console, page, f"{page}/{verb}", reason="Pas joint au téléphone")

    assert {landing(answer) for answer in answers} == {"/agents/a-verifier"}
    told = Page(console.get("/agents/a-verifier")).text
    assert said in told
    assert "Un autre agent" not in told
    # Whoever else presses was late.
    token = Page(odile_console.get("/agents/a-verifier")).soup.select_one("input[name=csrf_token]")["value"]
    assert odile_console.post(f"{page}/{verb}", data={"csrf_token": token}).status_code == 404


def test_a_code_that_was_asked_while_the_clock_ran_ahead_swallows_none(console, make_tenant):
    tenant = make_tenant()
    press_twice_on_the_record(console, tenant, "code")
    AccessRequest.update(created_at=clock.now() + timedelta(days=7)).execute()
    press_twice_on_the_record(console, tenant, "code")
    assert AccessRequest.select().count() == 2


def test_a_letter_is_printed_with_one_code(app, console, make_tenant, monkeypatch, standing_clock):
    tenant, codes = make_tenant(), []
    drawn = printing.paper_code
    monkeypatch.setattr(printing, "paper_code", lambda *seed: codes.append(drawn(*seed)) or codes[-1])

    answers = press_twice_on_the_record(console, tenant, "courrier")

    assert [answer.mimetype for answer in answers] == ["application/pdf"] * 2
    assert codes[0] == codes[1]
    with app.app_context():
        assert PaperCode.valid_with(paper_digest(codes[0])) == PaperCode.get()
    assert journalled(Event.LETTER_PRINTED) == 1
    # Later it is another letter, and the one before is void.
    standing_clock.shift(31)
    press_twice_on_the_record(console, tenant, "courrier")
    assert codes[0] != codes[2] == codes[3]
    with app.app_context():
        assert PaperCode.valid_with(paper_digest(codes[2])) == PaperCode.get()


def test_many_letters_are_printed_by_one_job(console, make_tenant):
    sent = {"tenant": str(make_tenant(email="").id), "days": "30"}
    answers = press_twice(console, "/agents/courriers", "/agents/courriers/imprimer", **sent)
    assert len({landing(answer) for answer in answers}) == Job.select().count() == 1
