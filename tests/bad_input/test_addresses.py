"""Unknown methods and crooked addresses: nothing is changed, and no answer leads off this site."""

from urllib.parse import unquote

import pytest

from ophportal.models import TenantSession
from tests.bad_input.forms import REQUEST, check_answer, check_stays, every_form, nothing_lost, token_on
from tests.conftest import OWN_PASSWORD


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "JEFF"])
@every_form
def test_an_unknown_method_is_told_which_ones_there_are(client, form, method):
    answer = client.open(form.path, method=method, data=form.fields)
    assert check_answer(answer, 405).one("h1").text == "Action impossible"
    assert "POST" in answer.headers["Allow"]


@every_form
def test_options_and_head_have_no_body_and_change_nothing(client, stand_before, form):
    stand_before(form)
    with nothing_lost(written=False):
        for method in ("OPTIONS", "HEAD"):
            answer = client.open(form.path, method=method)
            assert answer.status_code in {200, 303, 405}
            assert answer.data == b""
    assert TenantSession.select().count() == (1 if form.door else 0)


@pytest.mark.parametrize(
    "path",
    [
        "//identification", "/./identification", "/%2e/identification", "/%2e%2e/", "/..", "/identification/",
        "/identification%00", "/identification%20", "/IDENTIFICATION", "/identification;a=b", "/compte/../aide",
        "//evil.example", "///evil.example/", "/\\evil.example", "/%5cevil.example", "/%2f%2fevil.example",
        "//evil.example/%2e%2e", "/http://evil.example", "//evil.example//identification", "/%0d%0aX-Evil:%201",
        "/static/../config.py", "/static/..%2fconfig.py", "/static/%2e%2e/%2e%2e/etc/passwd", "/static//etc/passwd",
        "/compte//securite", "//compte", "/;/compte", "/compte%2fsecurite", "*", "", "compte",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_crooked_address_leads_nowhere_else(client, path, method):
    answer = client.open("/", method=method, environ_overrides={"PATH_INFO": unquote(path), "REQUEST_URI": path})
    assert answer.status_code in {200, 303, 308, 400, 404, 405}
    assert "X-Evil" not in answer.headers
    assert "SECRET_KEY" not in answer.text
    check_stays(answer)
    answer.close()


@pytest.mark.parametrize("name", ["x", "%0D%0AX-Evil:%201", "%00", "%E2%82%AC", "%5C%5Cevil.example", "%22%3E"])
@pytest.mark.parametrize("header", ["Location", "HX-Redirect"])
def test_who_opens_a_form_s_address_as_a_page_is_led_to_the_page_above_whatever_it_is_called(client, name, header):
    headers = {"HX-Request": "true"} if header == "HX-Redirect" else {}
    answer = client.get(f"/agents/imports/{name}/confirmer", headers=headers)
    assert answer.headers[header] == f"/agents/imports/{name}"
    assert "X-Evil" not in answer.headers


EVIL = (
    "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example",
    "/%2f%2fevil.example", "%2f%2fevil.example", "///evil.example", "/\t/evil.example", "javascript:alert(1)",
    "http://localhost@evil.example", "/compte\r\nLocation: //evil.example",
)  # fmt: skip
NAMES = ("next", "url", "redirect", "return_to", "retour", "continue", "r")


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("htmx", [False, True])
def test_no_parameter_leads_away(client, make_account, evil, htmx):
    account = make_account()
    evils = dict.fromkeys(NAMES, evil)
    headers = {"HX-Current-URL": evil, "Referer": evil, "Origin": evil} if "\r" not in evil else {}
    headers |= {"HX-Request": "true"} if htmx else {}
    for path in ("/compte", "/identification", "/code-envoye"):
        check_stays(client.get(path, query_string=evils, headers=headers))
    for form, fields in (
        ("/demander-un-code", REQUEST),
        ("/identification", {"identifier": account.code, "password": OWN_PASSWORD}),
        ("/deconnexion", {}),
    ):
        data = {"csrf_token": token_on(client, "/compte" if form == "/deconnexion" else form), **evils, **fields}
        answer = client.post(form, query_string=evils, data=data, headers=headers)
        assert answer.status_code in {200, 303}, form
        check_stays(answer)


@pytest.mark.parametrize("digits", ["٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"])
def test_a_record_has_one_address_whatever_digits_there_are_elsewhere(console, make_tenant, digits):
    address = f"/agents/locataires/{make_tenant().id}"
    assert console.get(address).status_code == 200
    assert console.get(address.translate(dict(zip(b"0123456789", digits, strict=True)))).status_code == 404
