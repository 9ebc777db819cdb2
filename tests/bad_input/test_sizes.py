"""What is too long or too large is refused in words, before it costs anything."""

import unicodedata

import pytest

from tests.bad_input.forms import (
    IN_PARTS,
    ROW_IDS,
    URLENCODED,
    body_of,
    check_answer,
    every_field,
    in_parts,
    nothing_lost,
    send,
)
from tests.conftest import landing, log_in
from tests.page import Page


@pytest.mark.parametrize("parts", [False, True])
@every_field
def test_a_megabyte_in_a_field_is_too_large(client, stand_before, form, field, parts):
    fields = {"csrf_token": stand_before(form), **form.fields, field: "a" * 2**20}
    body, kind = (in_parts(fields), IN_PARTS) if parts else (body_of(fields), URLENCODED)
    with nothing_lost(written=False):
        page = check_answer(send(client, form.path, body, kind), 413)
    assert page.one("h1").text == "Envoi trop grand"


@pytest.mark.parametrize("htmx", [False, True])
@every_field
def test_sixty_kilobytes_in_a_field_are_refused_in_words(client, stand_before, form, field, htmx):
    fields = {"csrf_token": stand_before(form), **form.fields, field: "a" * 60_000}
    with nothing_lost(written=False):
        answer = client.post(form.path, data=fields, headers={"HX-Request": "true"} if htmx else {})
    assert answer.status_code == (404 if field in ROW_IDS else 422)
    assert field in ROW_IDS or "trop long. Écrivez" in Page(answer).text


@every_field
def test_letters_dear_to_normalise_are_refused_before_they_cost_anything(client, stand_before, form, field, normalised):
    """CPython takes a time that grows as the square of a run of combining letters (python/cpython#149079)."""
    token = stand_before(form)
    for letters in ("a" + "\u0301\u0323" * 14_000, "\ufdfa" * 20_000):
        body = in_parts({"csrf_token": token, **form.fields, field: letters})
        check_answer(send(client, form.path, body, IN_PARTS), 404 if field in ROW_IDS else 422)
    assert max(normalised, default=0) <= 1000


def test_the_longest_password_is_taken_however_its_letters_are_composed(client, make_account, normalised):
    password = "ệ" * 128
    account = make_account(password=password)
    typed = unicodedata.normalize("NFD", password)
    normalised.clear()
    assert landing(log_in(client, account, typed)) == "/compte"
    assert len(typed) in normalised


def test_an_address_of_many_kilobytes_is_no_fault(client):
    check_answer(client.get("/" + "a" * 60_000), 404)
    check_answer(client.get("/identification?" + "a=b&" * 15_000), 200)
    check_answer(client.get("/identification", headers={"X-Long": "a" * 60_000, "Accept-Language": "fr," * 9000}), 200)
