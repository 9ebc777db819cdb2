"""A form whose token is not its page's own: nothing is done, it is said kindly, and what was typed is kept."""

from datetime import timedelta

import pytest
import time_machine

from ophportal.models import JournalEntry, TenantSession
from tests.bad_input.forms import FORMS, NEW, REQUEST, check_answer, every_open_form, nothing_lost, token_on
from tests.conftest import landing
from tests.page import Page


@every_open_form
@pytest.mark.parametrize("token", [None, "", "x", "é", "a.b.c", "x" * 5000, "\0", "{another}"])
def test_a_wrong_token_is_told_kindly_and_keeps_what_was_typed_but_passwords(client, another_browser, form, token):
    client.get(form.path)
    if token == "{another}":
        token = token_on(another_browser, form.path)
    fields = {**form.fields, **({} if token is None else {"csrf_token": token})}
    with nothing_lost(written=False):
        answer = client.post(form.path, data=fields)

    page = check_answer(answer, 400)
    assert "La page est restée ouverte trop longtemps" in page.one(".summary").text
    assert page.title.startswith("Erreur")
    asks_a_password = bool(page.soup.select("input[type=password]"))
    # Who asks for a code has no password, and has lost none of the four answers.
    again = "Écrivez de nouveau ce qui manque, le mot de passe surtout" if asks_a_password else "Relisez vos réponses"
    assert f"Rien n'est enregistré. {again}, puis appuyez encore une fois" in page.text
    assert ("mot de passe surtout" in page.text) is asks_a_password
    for name, typed in form.fields.items():
        assert page.one(f"#{name}").get("value") == (None if "password" in name or name == "confirmation" else typed)
    assert NEW not in answer.text
    assert JournalEntry.select().count() == 0


@every_open_form
def test_pressing_the_button_once_more_is_enough(client, form):
    stale = client.post(form.path, data=form.fields)
    token = Page(stale).one("input[name=csrf_token]")["value"]
    check_answer(client.post(form.path, data={"csrf_token": token, **form.fields}), 303, 422)


@pytest.mark.parametrize("form", [form for form in FORMS if form.door], ids=lambda form: form.path)
@pytest.mark.parametrize("foreign", [False, True])
def test_inside_too_a_wrong_token_does_nothing_and_says_so(client, another_browser, stand_before, form, foreign):
    stand_before(form)
    fields = {**form.fields, **({"csrf_token": token_on(another_browser, "/identification")} if foreign else {})}
    with nothing_lost(written=False):
        page = check_answer(client.post(form.path, data=fields), 400)
    assert ("Rien n'est enregistré" if form.keeps else "Rien n'a été envoyé") in page.text
    assert NEW not in page.response.text
    assert TenantSession.select().count() == 1


def test_a_token_in_the_address_or_in_a_json_body_is_none(client):
    token = token_on(client, "/demander-un-code")
    check_answer(client.post("/demander-un-code", query_string={"csrf_token": token}, data=REQUEST), 400)
    check_answer(client.post("/demander-un-code", json={"csrf_token": token, **REQUEST}), 400)


@every_open_form
def test_after_an_idle_night_an_open_form_still_works_where_the_browser_kept_its_cookie(client, form):
    with time_machine.travel("2026-03-02 22:00+01:00", tick=False) as clock:
        token = token_on(client, form.path)
        clock.shift(timedelta(hours=11))
        check_answer(client.post(form.path, data={"csrf_token": token, **form.fields}), 303, 422)


@every_open_form
def test_and_says_so_kindly_where_it_did_not(client, form):
    token = token_on(client, form.path)
    client.delete_cookie("session")
    page = check_answer(client.post(form.path, data={"csrf_token": token, **form.fields}), 400)
    assert "appuyez encore une fois sur le bouton" in page.text


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("form", [form for form in FORMS if form.door == "inside"], ids=lambda form: form.path)
def test_inside_an_idle_night_ends_at_identification(client, stand_before, form, htmx):
    with time_machine.travel("2026-03-02 22:00+01:00", tick=False) as clock:
        token = stand_before(form)
        clock.shift(timedelta(hours=11))
        with nothing_lost(written=False):
            headers = {"HX-Request": "true"} if htmx else {}
            answer = client.post(form.path, data={"csrf_token": token, **form.fields}, headers=headers)
        if form.path == "/deconnexion":
            assert landing(answer) == "/"
            return
        page = Page(client.get(landing(answer)))
        assert "Votre session est terminée. Identifiez-vous de nouveau." in page.text
        changes_password = form.path.endswith("mot-de-passe")
        assert ("votre nouveau mot de passe est peut-être déjà enregistré" in page.text) is changes_password
        assert ("Ce que vous venez d'envoyer n'a pas été enregistré." in page.text) is not changes_password
