"""Letters that nobody types, and bytes that are no letters: an error in French or the uniform answer."""

import pytest

from tests.bad_input.forms import (
    NASTY,
    NO_TEXT,
    OPEN_FORMS,
    body_of,
    check_answer,
    every_field,
    nothing_lost,
    send,
    statuses_of,
)
from tests.conftest import OWN_PASSWORD, landing, request_code

pytestmark = pytest.mark.usefixtures("no_limits")


@every_field
def test_nasty_letters_get_an_error_in_french_or_the_uniform_answer(client, stand_before, form, field, caplog):
    token = stand_before(form)
    for what, text in NASTY.items():
        with nothing_lost():
            answer = client.post(form.path, data={"csrf_token": token, **form.fields, field: text})
        check_answer(answer, *statuses_of(form), about=what)
        assert "<script>alert" not in answer.text
        assert "58588629971041" not in answer.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@every_field
def test_bytes_that_are_no_text_are_no_fault(client, stand_before, form, field):
    token = stand_before(form)
    others = {"csrf_token": token, **{name: text for name, text in form.fields.items() if name != field}}
    for raw in NO_TEXT:
        for name, value in ((field.encode(), raw), (raw, b"x")):
            with nothing_lost():
                answer = send(client, form.path, b"&".join((body_of(others), name + b"=" + value)))
            check_answer(answer, *statuses_of(form), about=(name, value))


def test_what_looks_like_the_address_on_file_is_another_one(client, make_tenant, outbox):
    make_tenant()
    check_answer(request_code(client, email="m\u0430ria@exemple.test"), 422)
    assert outbox.deliver() is None


def test_no_header_is_written_through_a_field(client, make_account):
    code = make_account().code
    for text in ("a\r\nX-Evil: 1", "a\nSet-Cookie: x=y", f"{code}\r\nSet-Cookie: x=y"):
        for form in OPEN_FORMS:
            fields = dict.fromkeys(form.fields, text)
            answer = client.submit(form.path, **{"remember": text, **fields, "password": OWN_PASSWORD})
            assert "X-Evil" not in answer.headers
            assert not [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("x=")]


def test_an_identifier_that_no_cookie_can_hold_opens_the_account_and_is_not_remembered(client, make_account):
    code = make_account().code
    strewn = code[0] + "\U0001f410" * 240 + code[1:]
    answer = client.submit("/identification", identifier=strewn, password=OWN_PASSWORD, remember="y")
    assert landing(answer) == "/compte"
    assert client.get_cookie("identifiant") is None
