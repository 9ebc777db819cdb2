"""« Changer de mot de passe », from the login window."""

import re

import pytest

from ophportal.models import JournalEntry, TenantSession
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.page import Page

NEW = "deux lunes rouges sur le toit"


def change(client, identifier, current=OWN_PASSWORD, new=NEW, confirmation=None):
    return client.submit(
        "/changer-mot-de-passe",
        identifier=identifier,
        current_password=current,
        new_password=new,
        confirmation=new if confirmation is None else confirmation,
    )


@pytest.mark.parametrize("htmx", [False, True])
def test_the_new_password_opens_and_the_old_no_longer(client, make_account, outbox, htmx):
    client.htmx = htmx
    account = make_account()
    answer = change(client, account.code)
    page = Page(client.get(landing(answer)))
    assert page.one("h1").text == "Identification"
    assert "Votre mot de passe est changé." in page.text
    assert outbox.deliver().subject == "Votre mot de passe est changé"
    assert log_in(client, account).status_code in {200, 422}
    assert TenantSession.select().count() == 0
    assert landing(log_in(client, account, NEW)) == "/compte"


def test_it_ends_the_sessions_that_the_old_password_opened(client, another_browser, make_account):
    account = make_account()
    log_in(another_browser, account)
    change(client, account.code)
    assert landing(another_browser.get("/compte")) == "/identification"


def test_the_mailed_password_can_be_changed_here_too(client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    code, temporary = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
    assert landing(change(client, code, temporary)) == "/identification"
    assert change(client, code, temporary, "trois nuages gris au galop").status_code == 422
    assert landing(client.submit("/identification", identifier=code, password=NEW)) == "/compte"


@pytest.mark.parametrize("identifier", ["ZZZZ-ZZZZ", "personne@exemple.test", None])
def test_unknown_and_wrong_get_one_answer(client, make_account, identifier):
    account = make_account()
    answer = change(client, identifier or account.code, "faux")
    assert answer.status_code == 422
    assert "L'identifiant ou le mot de passe n'est pas le bon." in Page(answer).one(".summary").text
    assert JournalEntry.get().event == "login_failed"


def test_only_the_tenant_learns_that_it_is_too_close_to_their_name(client, make_account):
    account = make_account()
    close = "mariastella2a"
    assert "votre nom" not in change(client, account.code, "faux", close).text
    assert "votre nom" in change(client, account.code, OWN_PASSWORD, close).text
    assert landing(log_in(client, account)) == "/compte"


def test_no_typed_password_comes_back(client, make_account):
    answer = change(client, make_account().code, "faux-secret", NEW, "autre-secret")
    for secret in ("faux-secret", NEW, "autre-secret"):
        assert secret not in answer.text
