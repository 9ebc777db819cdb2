"""Forms that come otherwise than a browser sends them."""

from io import BytesIO

import pytest

from ophportal.models import AccessRequest
from tests import stores
from tests.bad_input.forms import (
    FORMS,
    IN_PARTS,
    REQUEST,
    ROW_IDS,
    URLENCODED,
    body_of,
    check_answer,
    every_field,
    every_form,
    in_parts,
    nothing_lost,
    send,
    statuses_of,
)


def test_no_form_of_a_tenant_s_is_forgotten_here(app):
    rooms = ("access.", "account.")
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods and rule.endpoint.startswith(rooms)]
    assert {rule.rule for rule in rules} == {form.path for form in FORMS}


@every_form
def test_a_form_sent_as_it_should_be_gets_an_answer_of_its_own(client, stand_before, form):
    check_answer(client.post(form.path, data={"csrf_token": stand_before(form), **form.fields}), *statuses_of(form))


@every_form
def test_so_does_a_form_that_the_browser_sends_in_parts(client, stand_before, form):
    fields = {"csrf_token": stand_before(form), **form.fields}
    check_answer(send(client, form.path, in_parts(fields), IN_PARTS), *statuses_of(form))


@every_form
def test_of_a_doubled_field_the_first_counts(client, stand_before, form):
    doubled = {name: [value, "autre"] for name, value in form.fields.items()}
    body = body_of({"csrf_token": [stand_before(form), "autre"], **doubled})
    check_answer(send(client, form.path, body), *statuses_of(form))
    if form.fields == REQUEST:
        request = AccessRequest.get()
        assert {name: getattr(request, name) for name in REQUEST} == REQUEST


@every_form
def test_a_field_under_another_name_is_missing(client, stand_before, form):
    token = stand_before(form)
    for shape in ("{}[]", "{}[0]", "{}.0", " {}", "{}\0"):
        fields = {shape.format(name): value for name, value in form.fields.items()}
        with nothing_lost(written=False):
            answer = client.post(form.path, data={"csrf_token": token, **fields})
        check_answer(answer, *({422} if len(form.fields) > 1 else statuses_of(form)), about=shape)
        if form.path == "/deconnexion":
            token = stand_before(form)


@stores.once
@every_form
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"csrf_token": "%s", "name": "a", "email": "a@exemple.test"}'),
        ("application/json", b'{"csrf_token": 5, "name": 5, "email": {"a": []}, "identifier": 5, "password": 1.5}'),
        ("application/json", b'{"name": "\\ud800", "identifier": "\\ud800", "password": "\\ud800"}'),
        ("application/json", b"[1, 2]"),
        ("application/json", b"{"),
        ("application/xml", b"<a><csrf_token>%s</csrf_token></a>"),
        ("text/plain", b"csrf_token=%s"),
        ("application/octet-stream", b"\x00\xff" * 100),
        ("", b"csrf_token=%s"),
        ("no kind at all", b"csrf_token=%s"),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=y", b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n%s'),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n%s'),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"b" * 9000),
        ("multipart/form-data; boundary=" + "x" * 500, b"--x\r\n\r\n%s"),
        (URLENCODED, b""),
        (URLENCODED, b"&&&===&"),
        (URLENCODED, b"%%%s"),
        (URLENCODED, b"csrf_token=%s&name=\xff\xfe"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_body_that_is_no_form_is_told_as_a_form_that_is_too_old(client, stand_before, form, kind, body):
    written = body.replace(b"%s", stand_before(form).encode())
    with nothing_lost(written=False):
        page = check_answer(send(client, form.path, written, kind), 400)
    assert "restée ouverte trop longtemps" in page.text


@every_field
def test_a_file_in_place_of_an_answer_is_an_answer_that_is_missing(client, stand_before, form, field):
    fields = {"csrf_token": stand_before(form), **form.fields, field: (BytesIO(b"contenu"), "fichier.txt")}
    with nothing_lost(written=False):
        answer = client.post(form.path, data=fields, content_type="multipart/form-data")
    check_answer(answer, 404 if field in ROW_IDS else 422)


@pytest.mark.parametrize("form", FORMS[:1], ids=lambda form: form.path)
def test_thousands_of_fields_are_refused_or_passed_over(client, stand_before, form):
    many = {f"f{n}": "x" for n in range(5000)}
    check_answer(send(client, form.path, body_of({"csrf_token": stand_before(form), **many})), 422)
    check_answer(send(client, form.path, in_parts(dict(list(many.items())[:500])), IN_PARTS), 413)


@pytest.mark.parametrize(
    ("length", "statuses"),
    [
        ("9", {400}),
        ("100000", {413}),
        ("5000", {400}),
        ("-1", {400}),
        ("x", {400}),
        ("1e3", {400}),
        ("٣", {400}),
    ],
)
@pytest.mark.parametrize("form", FORMS[:2], ids=lambda form: form.path)
def test_a_length_that_is_not_the_body_s_is_no_fault(client, stand_before, form, length, statuses):
    body = body_of({"csrf_token": stand_before(form), **form.fields})
    with nothing_lost(written=False):
        answer = send(client, form.path, body, environ_overrides={"CONTENT_LENGTH": length})
    check_answer(answer, *statuses)
