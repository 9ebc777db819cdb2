"""The limits of what is asked for without a password: codes, and the use of a letter's."""

from datetime import timedelta

import pytest

from ophportal.models import AccessRequest, Event, JournalEntry, Outcome, Verification
from ophportal.paper_codes import paper_code
from tests.access.failures import fail
from tests.conftest import landing, log_in, press, request_code
from tests.office import code_and_password
from tests.page import Page


def test_too_many_requests_say_what_to_do_meanwhile(app, client, monkeypatch, clock, each_press_counts):
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 1)
    for path, typed in (
        ("/demander-un-code", {"name": "Paoli", "dwelling_reference": "1", "tenant_number": "2"}),
        ("/courrier-recu", {"letter_code": paper_code()}),
    ):
        for _ in range(2):
            answer = client.submit(path, email="maria@exemple.test", **typed)
        assert answer.status_code == 429
        text = Page(answer).text
        assert "Trop de demandes. Réessayez dans 60 minutes. Regardez d'abord vos e-mails" in text
        assert "Vous pouvez aussi appeler l'office." in text


@pytest.mark.parametrize("path", ["/demander-un-code", "/courrier-recu"])
def test_who_is_refused_for_their_neighbours_requests_reads_that(app, client, another_browser, monkeypatch, path):
    """At a library's computer, or on a telephone: they may have asked for nothing yet."""
    monkeypatch.setitem(app.config, "REQUESTS_ADDRESS", 1)
    request_code(another_browser, name="Voisin")
    typed = {"name": "Paoli", "dwelling_reference": "1", "tenant_number": "2", "letter_code": paper_code()}
    answer = client.submit(path, email="maria@exemple.test", **typed)
    page = Page(answer)
    assert answer.status_code == 429
    said = "Trop de demandes viennent de votre connexion à internet, de vous ou d'autres personnes."
    assert f"{said} Réessayez dans 60 minutes, ou avec une autre connexion." in page.text
    assert page.one(".summary ~ p a[href^='tel:']").text == app.config["OFFICE"]["phone"]


def test_the_same_request_five_times_an_hour(client, make_tenant, clock, each_press_counts):
    make_tenant()
    for name in ("D'Angelo-Paoli", "d angelo paoli", "DANGELO PAOLI", "D'Angelo-Paoli", "D'Angelo-Paoli"):
        assert landing(request_code(client, name=name)) == "/code-envoye"
        clock.shift(timedelta(minutes=5))
    answer = request_code(client)
    page = Page(answer)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2100"
    assert "Réessayez dans 35 minutes." in page.text
    assert page.one("#email")["value"] == "maria@exemple.test"
    assert AccessRequest.select().count() == 5
    clock.shift(timedelta(minutes=36))
    assert landing(request_code(client)) == "/code-envoye"


STRANGERS = {
    "knows the address": [{"tenant_number": f"77{n}", "name": "Quidam"} for n in range(9)],
    "knows the number": [{"email": f"autre{n}@exemple.test", "name": "Quidam"} for n in range(9)],
    "knows the avis": [{"email": f"autre{n}@exemple.test"} for n in range(9)],
    "knows all but the dwelling": [{"dwelling_reference": f"77-{n}"} for n in range(9)],
    "knows all but the name": [{"name": f"Quidam {letter}"} for letter in "abcdefghi"],
}


@pytest.mark.parametrize("guesses", STRANGERS.values(), ids=STRANGERS)
def test_no_stranger_s_requests_keep_a_tenant_from_theirs(
    client, another_browser, make_account, outbox, clock, guesses
):
    """Nor their failures at the door, since what the tenant is mailed opens it all the same."""
    account = make_account()
    fail(another_browser, account, 6)
    for guess in guesses:
        assert landing(request_code(another_browser, **guess)) == "/code-envoye"
    outbox.deliver()
    assert landing(request_code(client)) == "/code-envoye"
    _, password = code_and_password(outbox.deliver().body)
    assert landing(log_in(client, account, password)) == "/compte"


TOLD = {
    "no match": [{"tenant_number": f"77{n}"} for n in range(4)],
    "another address": [{"email": f"autre{n}@exemple.test"} for n in range(4)],
    "all four": [
        {"name": name}
        for name in ("D'Angelo-Paoli", "Maria D'Angelo-Paoli", "D'Angelo-Paoli Maria", "Mme D'Angelo-Paoli")
    ],
}


@pytest.mark.parametrize("requests", TOLD.values(), ids=TOLD)
def test_an_address_on_file_is_told_the_same_so_often_an_hour(
    client, make_tenant, outbox, app, monkeypatch, clock, requests
):
    """However the answers are written, and from however many networks they come."""
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 2)
    make_tenant()
    for answers in requests:
        request_code(client, **answers)
    outbox.deliver()
    assert [mail.recipients for mail in outbox.sent] == [["maria@exemple.test"]] * 2
    first, second, *others = [request.outcome for request in AccessRequest.select().order_by(AccessRequest.id)]
    assert first == second
    assert others == [first if first == Outcome.OTHER_ADDRESS else Outcome.TOO_MANY] * 2
    clock.shift(timedelta(minutes=61))
    request_code(client, **requests[0])
    outbox.deliver()
    assert len(outbox.sent) == 3


def test_what_matches_nobody_is_about_nobody_however_often(client, make_tenant, outbox, app, monkeypatch):
    """A stranger's name and network address would be told to the tenant whose e-mail address they typed."""
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 2)
    make_tenant()
    for number in range(3):
        request_code(client, name="Quidam", tenant_number=f"77{number}")
    outbox.deliver()
    settled = list(AccessRequest.select().order_by(AccessRequest.id))
    assert [it.outcome for it in settled] == [Outcome.NO_MATCH, Outcome.NO_MATCH, Outcome.TOO_MANY]
    assert [it.tenant for it in settled] == [None] * 3
    entries = JournalEntry.select().where(JournalEntry.event == Event.REQUEST_SETTLED)
    assert [entry.tenant for entry in entries] == [None] * 3


def test_however_many_strangers_ask_an_agent_sees_the_tenant_s_own_request(
    client, make_tenant, outbox, app, monkeypatch
):
    """Who knows the avis could keep a new address of the tenant's from the agents, hour by hour."""
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 2)
    make_tenant()
    for address in ("autre0@exemple.test", "autre1@exemple.test", "stella@exemple.test"):
        request_code(client, email=address)
    outbox.deliver()
    assert len(outbox.sent) == 2
    assert [it.request.email for it in Verification.pending()][-1] == "stella@exemple.test"


def test_what_strangers_ask_for_does_not_use_up_the_agent_s_codes(
    client, console, make_tenant, outbox, app, monkeypatch, each_press_counts
):
    monkeypatch.setitem(app.config, "REQUESTS_TARGET", 2)
    tenant = make_tenant()
    for _ in range(3):
        request_code(client)
    outbox.deliver()
    assert len(outbox.sent) == 2
    press(console, f"/agents/locataires/{tenant.id}", f"/agents/locataires/{tenant.id}/code")
    assert "vous envoie un code d" in outbox.deliver().body


def test_twenty_requests_an_hour_from_one_network_address(client, clock):
    for n in range(20):
        request_code(client, email=f"a{n}@exemple.test", tenant_number=f"5{n}")
    assert request_code(client, email="z@exemple.test", tenant_number="9").status_code == 429


def test_a_stranger_s_header_does_not_change_the_network_address(client, app, monkeypatch, clock):
    monkeypatch.setitem(app.config, "REQUESTS_ADDRESS", 2)
    for n in range(3):
        page = client.get("/demander-un-code")
        token = Page(page).one("input[name=csrf_token]")["value"]
        answer = client.post(
            "/demander-un-code",
            data={"csrf_token": token, "name": "x", "email": f"a{n}@exemple.test", "dwelling_reference": "1",
                  "tenant_number": f"5{n}"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
        )  # fmt: skip
    assert answer.status_code == 429
