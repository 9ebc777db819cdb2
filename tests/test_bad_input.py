"""Whatever is thrown at the forms: a clear French error or the uniform answer, never a fault, never a lost row."""

import socket
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import timedelta
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlsplit
from urllib.request import urlopen

import pytest
import time_machine
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import Signer, URLSafeSerializer
from werkzeug.http import dump_cookie
from werkzeug.test import TestResponse

from config import Production
from ophportal import create_app, database, passwords
from ophportal.models import (
    AccessRequest,
    Account,
    Dwelling,
    JournalEntry,
    Lease,
    OutboxMessage,
    Tenant,
    TenantSession,
)
from ophportal.testing import TOKEN, Visitor
from tests import stores
from tests.conftest import OWN_PASSWORD, StrictVisitor, landing, log_in, request_code
from tests.office import Office, Visit, wait_until
from tests.page import Page

NEW = "deux lunes rouges sur le toit"
URLENCODED = "application/x-www-form-urlencoded"
IN_PARTS = "multipart/form-data; boundary=x"
LIMITS = ("LOGIN_FAILURES", "LOGIN_FAILURES_DAY", "LOGIN_FAILURES_ADDRESS", "REQUESTS_TARGET", "REQUESTS_ADDRESS")
# What no form may touch, whatever is sent to it.
LASTING = (Tenant, Dwelling, Lease, Account)


class Form(NamedTuple):
    """A form of the portal, and what a tenant would type in it; `door` is who can open it, `page` where it stands.

    One behind a door that checks its own token `keeps` on a stale page what was typed.
    """

    path: str
    fields: dict[str, str]
    door: str = ""
    page: str = ""
    keeps: bool = False


REQUEST = {
    "name": "D'Angelo-Paoli",
    "email": "maria@exemple.test",
    "dwelling_reference": "0123-04-056",
    "tenant_number": "0012345",
}
DOWNLOAD = "/compte/donnees/copie"
# Fields that name a row: one that is not the tenant's, or no number at all, is not found.
ROW_IDS = {"session", "account"}
PAIR = {"new_password": NEW, "confirmation": NEW}
FORMS = (
    Form("/identification", {"identifier": "7K2M-94QF", "password": "faux"}),
    Form("/demander-un-code", REQUEST),
    Form("/mot-de-passe-oublie", REQUEST),
    Form("/courrier-recu", {"letter_code": "7K2M-94QF-D0XV", "email": "maria@exemple.test"}),
    Form("/changer-mot-de-passe", {"identifier": "7K2M-94QF", "current_password": "faux", **PAIR}),
    Form("/compte/choisir-mot-de-passe", PAIR, "choosing"),
    Form("/compte/mot-de-passe", {"current_password": "faux", **PAIR}, "inside"),
    Form("/compte/prolonger", {}, "inside", "/compte"),
    Form("/compte/securite/deconnecter", {"session": "0"}, "inside", "/compte/securite"),
    Form("/compte/comptes", {"account": "0"}, "inside", "/compte"),
    Form("/compte/securite/deconnecter-les-autres", {}, "inside", "/compte/securite"),
    Form("/compte/coordonnees/telephone", {"telephone": "06 39 98"}, "inside", keeps=True),
    Form(
        "/compte/coordonnees/email", {"email": "autre@exemple.test", "current_password": "faux"}, "inside", keeps=True
    ),
    Form("/compte/coordonnees/email/abandonner", {}, "inside", "/compte"),
    Form("/compte/documents/accord", {}, "inside"),
    Form("/compte/documents/accord/retirer", {}, "inside", "/compte/documents/accord"),
    Form(DOWNLOAD, {}, "inside", "/compte/donnees"),
    Form("/deconnexion", {}, "inside", "/compte"),
)
OPEN_FORMS = [form for form in FORMS if not form.door]
every_form = pytest.mark.parametrize("form", FORMS, ids=[form.path for form in FORMS])
every_open_form = pytest.mark.parametrize("form", OPEN_FORMS, ids=[form.path for form in OPEN_FORMS])
# « /mot-de-passe-oublie » is « /demander-un-code » under another name: one of the two stands for both.
every_field = pytest.mark.parametrize(
    ("form", "field"),
    [
        pytest.param(form, field, id=f"{form.path}-{field}")
        for form in FORMS
        for field in form.fields
        if form.path != "/mot-de-passe-oublie"
    ],
)


@pytest.fixture(autouse=True)
def no_limits(app, monkeypatch):
    for limit in LIMITS:
        monkeypatch.setitem(app.config, limit, 10**6)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """Thousands of logins; what a hash costs is the business of test_passwords."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords.decoy.cache_clear()
    yield
    passwords.decoy.cache_clear()


@pytest.fixture
def stand_before(client, make_account):
    """A function that puts the browser before a form, inside the account when it must be; gives the form's token."""
    account = make_account()

    def stand_before(form: Form) -> str:
        if form.door:
            enter(client, account, must_choose=form.door == "choosing")
        return token_on(client, form.page or form.path)

    return stand_before


def enter(client: Visitor, account: Account, *, must_choose: bool = False) -> None:
    """Into the account, by a session of which no login is the origin."""
    row = TenantSession.start(account=account, must_choose=must_choose, device="", network_address="127.0.0.1")
    with client.session_transaction() as session:
        session["_user_id"] = row.token


def token_on(client: Visitor, path: str) -> str:
    found = TOKEN.search(client.get(path).text)
    assert found, f"no form at {path}"
    return found[1]


def lasting_rows() -> list[Any]:
    return [stores.rows_of(table) for table in LASTING]


@contextmanager
def nothing_lost(*, written: bool | None = None) -> Iterator[None]:
    """Who is on file stays as they are, and a request is written whole or not at all (`written`, when it is known)."""
    lasting, before = lasting_rows(), stores.counts()
    yield
    after = stores.counts()
    assert lasting_rows() == lasting
    requests = after["AccessRequest"] - before["AccessRequest"]
    assert requests == after["OutboxMessage"] - before["OutboxMessage"]
    assert requests == (requests if written is None else written)


def check_answer(response: TestResponse, *statuses: int, about: object = "") -> Page | None:
    """A whole page of the portal under one of `statuses`; the strict client has checked its house rules.

    None for a file to keep.
    """
    assert response.status_code in statuses, (response.status, about)
    if response.mimetype == "application/zip":
        response.close()
        return None
    page = Page(response)
    if response.status_code >= 400:
        assert response.mimetype == "text/html", about
        assert response.headers["Cache-Control"] == "no-store", about
        assert page.is_whole, about
    return page


def statuses_of(form: Form) -> tuple[int, ...]:
    """What the form answers to something that it can read: a deed done, a file to keep, or an error in words."""
    if form.path == DOWNLOAD:
        return (200,)
    return (404,) if ROW_IDS & set(form.fields) else (303, 422) if form.fields else (303,)


def body_of(fields: dict[str, Any]) -> bytes:
    """`fields` as a browser writes them; a list is a doubled field."""
    return urlencode(fields, doseq=True).encode()


def in_parts(fields: dict[str, str]) -> bytes:
    """`fields` as `multipart/form-data`."""
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return ("".join(part.format(*item) for item in fields.items()) + "--x--\r\n").encode()


def send(client: Visitor, path: str, body: bytes, kind: str = URLENCODED, **more: Any) -> TestResponse:
    return client.post(path, data=body, content_type=kind, **more)


def test_no_form_of_a_tenant_s_is_forgotten_here(app):
    rooms = ("access.", "account.")
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods and rule.endpoint.startswith(rooms)]
    assert {rule.rule for rule in rules} == {form.path for form in FORMS}


class TestShapes:
    """Forms that come otherwise than a browser sends them."""

    @every_form
    def test_a_form_sent_as_it_should_be_gets_an_answer_of_its_own(self, client, stand_before, form):
        check_answer(client.post(form.path, data={"csrf_token": stand_before(form), **form.fields}), *statuses_of(form))

    @every_form
    def test_so_does_a_form_that_the_browser_sends_in_parts(self, client, stand_before, form):
        fields = {"csrf_token": stand_before(form), **form.fields}
        check_answer(send(client, form.path, in_parts(fields), IN_PARTS), *statuses_of(form))

    @every_form
    def test_of_a_doubled_field_the_first_counts(self, client, stand_before, form):
        doubled = {name: [value, "autre"] for name, value in form.fields.items()}
        body = body_of({"csrf_token": [stand_before(form), "autre"], **doubled})
        check_answer(send(client, form.path, body), *statuses_of(form))
        if form.fields == REQUEST:
            request = AccessRequest.get()
            assert {name: getattr(request, name) for name in REQUEST} == REQUEST

    @every_form
    def test_a_field_under_another_name_is_missing(self, client, stand_before, form):
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
    def test_a_body_that_is_no_form_is_told_as_a_form_that_is_too_old(self, client, stand_before, form, kind, body):
        written = body.replace(b"%s", stand_before(form).encode())
        with nothing_lost(written=False):
            page = check_answer(send(client, form.path, written, kind), 400)
        assert "restée ouverte trop longtemps" in page.text

    @every_field
    def test_a_file_in_place_of_an_answer_is_an_answer_that_is_missing(self, client, stand_before, form, field):
        fields = {"csrf_token": stand_before(form), **form.fields, field: (BytesIO(b"contenu"), "fichier.txt")}
        with nothing_lost(written=False):
            answer = client.post(form.path, data=fields, content_type="multipart/form-data")
        check_answer(answer, 404 if field in ROW_IDS else 422)

    @pytest.mark.parametrize("form", FORMS[:1])
    def test_thousands_of_fields_are_refused_or_passed_over(self, client, stand_before, form):
        many = {f"f{n}": "x" for n in range(5000)}
        check_answer(send(client, form.path, body_of({"csrf_token": stand_before(form), **many})), 413, 422)
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
    def test_a_length_that_is_not_the_body_s_is_no_fault(self, client, stand_before, form, length, statuses):
        body = body_of({"csrf_token": stand_before(form), **form.fields})
        with nothing_lost(written=False):
            answer = send(client, form.path, body, environ_overrides={"CONTENT_LENGTH": length})
        check_answer(answer, *statuses)


class TestSizes:
    @pytest.mark.parametrize("parts", [False, True])
    @every_field
    def test_a_megabyte_in_a_field_is_too_large(self, client, stand_before, form, field, parts):
        fields = {"csrf_token": stand_before(form), **form.fields, field: "a" * 2**20}
        body, kind = (in_parts(fields), IN_PARTS) if parts else (body_of(fields), URLENCODED)
        with nothing_lost(written=False):
            page = check_answer(send(client, form.path, body, kind), 413)
        assert page.one("h1").text == "Envoi trop grand"

    @pytest.mark.parametrize("htmx", [False, True])
    @every_field
    def test_sixty_kilobytes_in_a_field_are_refused_in_words(self, client, stand_before, form, field, htmx):
        fields = {"csrf_token": stand_before(form), **form.fields, field: "a" * 60_000}
        with nothing_lost(written=False):
            answer = client.post(form.path, data=fields, headers={"HX-Request": "true"} if htmx else {})
        assert answer.status_code == (404 if field in ROW_IDS else 422)
        assert field in ROW_IDS or "C'est trop long. Écrivez au plus" in Page(answer).text

    @every_field
    def test_letters_dear_to_normalise_are_refused_before_they_cost_anything(
        self, client, stand_before, form, field, monkeypatch
    ):
        """CPython takes a time that grows as the square of a run of combining letters (python/cpython#149079)."""
        lengths = [0]
        normalize = unicodedata.normalize
        monkeypatch.setattr(unicodedata, "normalize", lambda f, text: lengths.append(len(text)) or normalize(f, text))
        token = stand_before(form)
        for letters in ("a" + "\u0301\u0323" * 14_000, "\ufdfa" * 20_000):
            body = in_parts({"csrf_token": token, **form.fields, field: letters})
            check_answer(send(client, form.path, body, IN_PARTS), 404 if field in ROW_IDS else 422)
        assert max(lengths) <= 1000

    def test_the_longest_password_is_taken_however_its_letters_are_composed(self, client, make_account):
        password = "ệ" * 128
        account = make_account(password=password)
        assert landing(log_in(client, account, unicodedata.normalize("NFD", password))) == "/compte"

    def test_an_address_of_many_kilobytes_is_no_fault(self, client):
        check_answer(client.get("/" + "a" * 60_000), 404)
        check_answer(client.get("/identification?" + "a=b&" * 15_000), 200)
        check_answer(
            client.get("/identification", headers={"X-Long": "a" * 60_000, "Accept-Language": "fr," * 9000}), 200
        )


NASTY = {
    "NUL": "a\0b",
    "CRLF": "a\r\nBcc: mal@exemple.test",
    "tabs": "\ta\tb\t",
    "an override of direction": "\u202egnp.tset@iram\u202c",
    "no width": "m\u200ba\u200dr\ufeffia",
    "homoglyphs": "m\u0430ri\u0430@ex\u0435mple.test",
    "emoji": "\U0001f410 chèvre \U0001f469\u200d\U0001f469\u200d\U0001f467",
    "full width": "０１２３",
    "an escape": "\x1b[31m",
    "a private letter": "\ue000",
    "an unassigned letter": "\U000e0080\u0378",
    "combining letters": "Z" + "\u0335\u0489" * 20,
    "HTML": '"><script>alert(1)</script>',
    "a template": "{{ 7 * 191 }}{% raw %}",
    "SQL": "' OR 1=1; DROP TABLE tenant; --",
    "a format": "%s%n%(x)s{0}",
    "ends of line": "a\u2028b\x85c",
    "spaces": " \u00a0\u3000",
    "a long number": "9" * 40,
    "digits of elsewhere": "٣٤",
    "a negative number": "-1",
}
NO_TEXT = (b"%ED%A0%80", b"%FF", b"%C3", b"%00", b"%F5%80%80%80", b"%C0%AF", b"+%2500", b"%", b"%u0041")


class TestLetters:
    @every_field
    def test_nasty_letters_get_an_error_in_french_or_the_uniform_answer(
        self, client, stand_before, form, field, caplog
    ):
        token = stand_before(form)
        for what, text in NASTY.items():
            with nothing_lost():
                answer = client.post(form.path, data={"csrf_token": token, **form.fields, field: text})
            check_answer(answer, *statuses_of(form), about=what)
            assert "<script>alert" not in answer.text
            assert "1337" not in answer.text
        assert not [record for record in caplog.records if record.levelname == "ERROR"]

    @every_field
    def test_bytes_that_are_no_text_are_no_fault(self, client, stand_before, form, field):
        token = stand_before(form)
        others = {"csrf_token": token, **{name: text for name, text in form.fields.items() if name != field}}
        for raw in NO_TEXT:
            for name, value in ((field.encode(), raw), (raw, b"x")):
                with nothing_lost():
                    answer = send(client, form.path, b"&".join((body_of(others), name + b"=" + value)))
                check_answer(answer, *statuses_of(form), about=(name, value))

    def test_what_looks_like_the_address_on_file_is_another_one(self, client, make_tenant, outbox):
        make_tenant()
        check_answer(request_code(client, email="m\u0430ria@exemple.test"), 422)
        assert outbox.deliver() is None

    def test_no_header_is_written_through_a_field(self, client, make_account):
        code = make_account().code
        for text in ("a\r\nX-Evil: 1", "a\nSet-Cookie: x=y", f"{code}\r\nSet-Cookie: x=y"):
            for form in OPEN_FORMS:
                fields = dict.fromkeys(form.fields, text)
                answer = client.submit(form.path, **{"remember": text, **fields, "password": OWN_PASSWORD})
                assert "X-Evil" not in answer.headers
                assert not [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("x=")]

    def test_an_identifier_that_no_cookie_can_hold_opens_the_account_and_is_not_remembered(self, client, make_account):
        code = make_account().code
        strewn = code[0] + "\U0001f410" * 240 + code[1:]
        answer = client.submit("/identification", identifier=strewn, password=OWN_PASSWORD, remember="y")
        assert landing(answer) == "/compte"
        assert client.get_cookie("identifiant") is None


class TestCookies:
    GARBAGE = ("", "x", "é", "a.b.c", ".", "." * 5000, "x" * 60_000, "\x00", '"', "%00%ff", '"\\377\\000"', "eyJ9.x.y")

    @pytest.mark.parametrize("name", ["session", "appareil", "identifiant"])
    def test_a_cookie_of_garbage_is_no_cookie(self, client, make_account, name):
        make_account()
        for garbage in self.GARBAGE:
            header = {"Cookie": f"{name}={garbage}"}
            for path in ("/", "/identification", "/code-envoye", "/changer-mot-de-passe", "/nulle-part"):
                check_answer(client.get(path, headers=header), 200, 404, about=garbage)
            assert landing(client.get("/compte", headers=header)) == "/identification"
            check_answer(client.post("/deconnexion", headers=header), 400, about=garbage)

    @pytest.mark.parametrize("name", ["appareil", "identifiant"])
    def test_nor_does_it_stand_in_the_way_of_a_login(self, client, make_account, name):
        account = make_account()
        for garbage in self.GARBAGE:
            token = token_on(client, "/identification")
            data = {"csrf_token": token, "identifier": account.code, "password": OWN_PASSWORD, "remember": "y"}
            cookies = f"{name}={garbage}; session={client.get_cookie('session').value}"
            answer = client.post("/identification", data=data, environ_overrides={"HTTP_COOKIE": cookies})
            assert landing(answer) == "/compte"
            client.log_out()

    def test_a_header_of_cookies_that_is_no_list_is_no_fault(self, client):
        for header in ("=", ";;;", "session", "session=a; session=b; session", "a" * 60_000, "=x; é=é"):
            check_answer(client.get("/identification", headers={"Cookie": header}), 200, about=header)

    @pytest.mark.parametrize(
        "payload",
        [
            5,
            None,
            "abc",
            True,
            [],
            [1],
            [1, 2],
            ["a", 5],
            ["a", "b"],
            ["a", [1, 2]],
            ["a", ["b"], "c"],
            {"a": 1, "b": 2},
        ],
    )
    def test_a_device_cookie_of_our_make_but_another_shape_is_worth_nothing(self, app, client, make_account, payload):
        account = make_account()
        client.set_cookie("appareil", URLSafeSerializer(app.config["SECRET_KEY"], salt="device").dumps(payload))
        assert log_in(client, account, "faux").status_code == 422
        assert landing(log_in(client, account)) == "/compte"
        assert client.get("/compte/securite").status_code == 200

    @pytest.mark.parametrize("text", [b"bm90IGpzb24", b".eJw", b"", b"."])
    def test_nor_is_one_that_holds_no_json(self, app, client, make_account, text):
        signer = Signer(app.config["SECRET_KEY"], salt="device", key_derivation="django-concat")
        client.set_cookie("appareil", signer.sign(text).decode())
        assert landing(log_in(client, make_account())) == "/compte"

    @pytest.mark.parametrize("text", ['"><script>alert(1)</script>', "x" * 5000, "\u202e\0\r\n", "{{ 7 * 191 }}"])
    @pytest.mark.parametrize("path", ["/identification", "/changer-mot-de-passe"])
    def test_a_forged_identifier_is_shown_as_text_and_cut(self, client, path, text):
        answer = client.get(path, environ_overrides={"HTTP_COOKIE": dump_cookie("identifiant", text, max_size=0)})
        assert "<script>alert" not in answer.text
        assert "1337" not in answer.text
        assert len(str(Page(answer).one("#identifier").get("value", ""))) <= 254


class TestMethodsAndAddresses:
    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "JEFF"])
    @every_form
    def test_an_unknown_method_is_told_which_ones_there_are(self, client, form, method):
        answer = client.open(form.path, method=method, data=form.fields)
        assert check_answer(answer, 405).one("h1").text == "Action impossible"
        assert "POST" in answer.headers["Allow"]

    @every_form
    def test_options_and_head_have_no_body_and_change_nothing(self, client, stand_before, form):
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
    def test_a_crooked_address_leads_nowhere_else(self, client, path, method):
        answer = client.open("/", method=method, environ_overrides={"PATH_INFO": unquote(path), "REQUEST_URI": path})
        assert answer.status_code in {200, 303, 308, 400, 404, 405}
        assert "X-Evil" not in answer.headers
        assert "SECRET_KEY" not in answer.text
        check_stays(answer)
        answer.close()

    EVIL = (
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example",
        "/%2f%2fevil.example", "%2f%2fevil.example", "///evil.example", "/\t/evil.example", "javascript:alert(1)",
        "http://localhost@evil.example", "/compte\r\nLocation: //evil.example",
    )  # fmt: skip
    NAMES = ("next", "url", "redirect", "return_to", "retour", "continue", "r")

    @pytest.mark.parametrize("evil", EVIL)
    @pytest.mark.parametrize("htmx", [False, True])
    def test_no_parameter_leads_away(self, client, make_account, evil, htmx):
        account = make_account()
        evils = dict.fromkeys(self.NAMES, evil)
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


def check_stays(answer: TestResponse) -> None:
    """Wherever it sends the browser is on this site."""
    for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "Refresh"):
        for address in answer.headers.getlist(name):
            parts = urlsplit(address)
            assert (parts.scheme, parts.netloc) in {("", ""), ("http", "localhost")}, address
            assert parts.path.startswith("/"), address
            assert not parts.path.startswith(("//", "/\\")), address


class TestTokens:
    @every_open_form
    @pytest.mark.parametrize("token", [None, "", "x", "é", "a.b.c", "x" * 5000, "\0", "{another}"])
    def test_a_wrong_token_is_told_kindly_and_keeps_what_was_typed_but_passwords(
        self, client, another_browser, form, token
    ):
        client.get(form.path)
        if token == "{another}":
            token = token_on(another_browser, form.path)
        fields = {**form.fields, **({} if token is None else {"csrf_token": token})}
        with nothing_lost(written=False):
            answer = client.post(form.path, data=fields)

        page = check_answer(answer, 400)
        assert "La page est restée ouverte trop longtemps" in page.one(".summary").text
        assert "Vos réponses sont gardées" in page.text
        assert page.title.startswith("Erreur")
        for name, typed in form.fields.items():
            assert page.one(f"#{name}").get("value") == (
                None if "password" in name or name == "confirmation" else typed
            )
        assert NEW not in answer.text
        assert JournalEntry.select().count() == 0

    @every_open_form
    def test_pressing_the_button_once_more_is_enough(self, client, form):
        stale = client.post(form.path, data=form.fields)
        token = Page(stale).one("input[name=csrf_token]")["value"]
        check_answer(client.post(form.path, data={"csrf_token": token, **form.fields}), 303, 422)

    @pytest.mark.parametrize("form", [form for form in FORMS if form.door], ids=lambda form: form.path)
    @pytest.mark.parametrize("foreign", [False, True])
    def test_inside_too_a_wrong_token_does_nothing_and_says_so(
        self, client, another_browser, stand_before, form, foreign
    ):
        stand_before(form)
        fields = {**form.fields, **({"csrf_token": token_on(another_browser, "/identification")} if foreign else {})}
        with nothing_lost(written=False):
            page = check_answer(client.post(form.path, data=fields), 400)
        assert ("Vos réponses sont gardées" if form.keeps else "Rien n'a été envoyé") in page.text
        assert NEW not in page.response.text
        assert TenantSession.select().count() == 1

    def test_a_token_in_the_address_or_in_a_json_body_is_none(self, client):
        token = token_on(client, "/demander-un-code")
        check_answer(client.post("/demander-un-code", query_string={"csrf_token": token}, data=REQUEST), 400)
        check_answer(client.post("/demander-un-code", json={"csrf_token": token, **REQUEST}), 400)

    def test_the_token_from_before_the_login_is_worth_nothing_inside(self, client, make_account):
        before = token_on(client, "/identification")
        log_in(client, make_account())
        check_answer(client.post("/deconnexion", data={"csrf_token": before}), 400)
        assert TenantSession.select().count() == 1

    @every_open_form
    def test_after_an_idle_night_an_open_form_still_works_where_the_browser_kept_its_cookie(self, client, form):
        with time_machine.travel("2026-03-02 22:00+01:00", tick=False) as clock:
            token = token_on(client, form.path)
            clock.shift(timedelta(hours=11))
            check_answer(client.post(form.path, data={"csrf_token": token, **form.fields}), 303, 422)

    @every_open_form
    def test_and_says_so_kindly_where_it_did_not(self, client, form):
        token = token_on(client, form.path)
        client.delete_cookie("session")
        page = check_answer(client.post(form.path, data={"csrf_token": token, **form.fields}), 400)
        assert "appuyez encore une fois sur « Valider »" in page.text

    @pytest.mark.parametrize("htmx", [False, True])
    @pytest.mark.parametrize("form", [form for form in FORMS if form.door == "inside"], ids=lambda form: form.path)
    def test_inside_an_idle_night_ends_at_identification(self, client, stand_before, form, htmx):
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
            assert "Ce que vous venez d'envoyer n'a pas été enregistré." in page.text


SITE = "https://locataires.exemple.test"


@pytest.fixture
def behind(app):
    """A function that serves the portal behind so many trusted proxies, on the tests' own store; gives a visitor."""

    def serve_behind(proxies: int) -> StrictVisitor:
        names = ("SECRET_KEY", "DATABASE_URL", "MAIL_SENDER")
        settings = {"BASE_URL": SITE, "MAIL_SERVER": "localhost", "TRUSTED_PROXIES": str(proxies)}
        portal = create_app(Production({**settings, **{name: app.config[name] for name in names}}))
        portal.config.update(dict.fromkeys(LIMITS, 10**6))
        return StrictVisitor(portal, portal.response_class)

    yield serve_behind
    # There is one store a process: the tests to come want theirs back.
    database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


# The proxy ends the TLS and speaks HTTP to us, under the name that the client asked for.
BY_PROXY = {"base_url": SITE.replace("https:", "http:"), "environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}}


class TestProxies:
    """What a client's own headers say of it is not believed; what the last trusted proxy wrote is."""

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "203.0.113.9", "192.0.2.1"),
            (0, None, "192.0.2.1"),
            (1, "203.0.113.9", "203.0.113.9"),
            (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
            (1, "127.0.0.1, ::1, 198.51.100.7,203.0.113.9", "203.0.113.9"),
            (1, "x" * 5000 + ", 203.0.113.9", "203.0.113.9"),
            (1, "<script>; évil, 203.0.113.9", "203.0.113.9"),
            # A quote that a client leaves open takes it to the proxy's own door, that all such clients share.
            (1, 'a" 1, 203.0.113.9', "192.0.2.1"),
            (1, None, "192.0.2.1"),
            (2, "198.51.100.7, 203.0.113.9, 192.0.2.2", "203.0.113.9"),
            (2, "203.0.113.9", "192.0.2.1"),
        ],
    )
    def test_the_address_is_the_one_that_the_trusted_proxies_saw(self, behind, proxies, forwarded, address):
        headers = {"X-Real-IP": "198.51.100.1", "Forwarded": "for=198.51.100.2", "CF-Connecting-IP": "198.51.100.3"}
        headers |= {"X-Forwarded-For": forwarded} if forwarded else {}
        browser = behind(proxies)
        form = FORMS[0]
        browser.post(
            form.path, data={"csrf_token": token_by_proxy(browser), **form.fields}, headers=headers, **BY_PROXY
        )
        assert JournalEntry.get().network_address == address

    def test_nobody_has_as_many_tries_as_they_can_write_addresses(self, behind, monkeypatch):
        browser = behind(1)
        monkeypatch.setitem(browser.application.config, "LOGIN_FAILURES_ADDRESS", 3)
        statuses = []
        for n in range(6):
            data = {"csrf_token": token_by_proxy(browser), "identifier": f"AAAA-AAA{n}", "password": "faux"}
            headers = {"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.9"}
            statuses.append(browser.post("/identification", data=data, headers=headers, **BY_PROXY).status_code)
        assert statuses == [422] * 3 + [429] * 3

    @pytest.mark.parametrize(
        ("proxies", "proto", "told"),
        [
            (1, "https", "SSL actif"),
            (1, "http", "Connexion non protégée"),
            (1, "https, http", "Connexion non protégée"),
            (1, "http, https", "SSL actif"),
            (1, None, "Connexion non protégée"),
            (0, "https", "Connexion non protégée"),
        ],
    )
    def test_ssl_is_active_where_the_trusted_proxy_says_so(self, behind, proxies, proto, told):
        headers = {"X-Forwarded-Proto": proto} if proto else {}
        answer = behind(proxies).get("/identification", headers={"X-Forwarded-Ssl": "on", **headers}, **BY_PROXY)
        assert told in Page(answer).one("footer").text

    @pytest.mark.parametrize("proxies", [0, 1, 2])
    def test_a_forwarded_name_port_or_folder_is_never_believed(self, behind, proxies):
        browser = behind(proxies)
        headers = {
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Server": "evil.example",
            "X-Forwarded-Port": "64666",
            "X-Forwarded-Prefix": "/evil",
            "X-Original-URL": "/compte",
            "Forwarded": "host=evil.example",
        }
        for path in ("/", "/compte", "/accessibilite", "//identification"):
            answer = browser.get("/", headers=headers, **{**BY_PROXY, "environ_overrides": {"PATH_INFO": path}})
            assert answer.status_code in {200, 303, 308}, path
            assert "evil" not in answer.text + str(answer.headers), path
            assert "64666" not in str(answer.headers), path

    @pytest.mark.parametrize(
        "host", ["evil.example", "locataires.exemple.test.evil.example", "localhost", "", "192.0.2.1"]
    )
    def test_a_form_sent_under_another_name_writes_nothing(self, behind, host):
        browser = behind(1)
        token = token_by_proxy(browser)
        headers = {"Host": host, "X-Forwarded-Host": "locataires.exemple.test"}
        with nothing_lost(written=False):
            answer = browser.post("/demander-un-code", data={"csrf_token": token, **REQUEST}, headers=headers)
        check_answer(answer, 400)


def token_by_proxy(browser: Visitor) -> str:
    found = TOKEN.search(browser.get("/identification", base_url=SITE).text)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """The real server, with one worker."""
    with Office(tmp_path_factory.mktemp("office")) as office:
        office.serve("--no-deliver")
        yield office


class TestSlowClients:
    """Clients that take their time, or hang up, before the real server. The loads are small."""

    HEAD = "POST /demander-un-code HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"

    @pytest.fixture
    @staticmethod
    def dripping(office):
        """A function that opens so many connections, which say `start`, then a byte every tenth of a second."""
        done = threading.Event()
        with ExitStack() as stack:
            stack.callback(done.set)

            def drip(connections: int, start: str) -> None:
                sockets = [stack.enter_context(connect(office)) for _ in range(connections)]
                for each in sockets:
                    each.sendall(start.encode())
                thread = threading.Thread(target=drip_on, args=(sockets, done))
                thread.start()
                stack.callback(thread.join)
                stack.callback(done.set)
                time.sleep(0.5)

            yield drip
        check_forms_come_back(office)

    def test_dozens_of_slow_bodies_stop_nobody_else(self, office, dripping):
        dripping(40, self.HEAD + "Content-Length: 2000\r\n\r\nname=")
        check_home(office)

    def test_nor_do_dozens_of_slow_bodies_in_chunks(self, office, dripping):
        dripping(40, self.HEAD + "Transfer-Encoding: chunked\r\n\r\nfff\r\nname=")
        check_home(office)

    def test_nor_do_dozens_of_slow_headers(self, office, dripping):
        dripping(40, self.HEAD + "X-Slow: ")
        check_home(office)

    def test_nor_do_dozens_of_silent_connections(self, office, dripping):
        dripping(40, "")
        check_home(office)

    def test_a_body_that_breaks_off_is_forgotten(self, office):
        for _ in range(20):
            with connect(office) as line:
                line.sendall(f"{self.HEAD}Content-Length: 2000\r\n\r\nname=a".encode())
        check_home(office)
        check_forms_come_back(office)

    @pytest.mark.parametrize(
        "rest",
        [
            "Transfer-Encoding: chunked\r\n\r\n5\r\nname=\r\n0\r\n\r\n",
            "Content-Length: 0\r\n\r\n",
            "\r\n",
            "Content-Length: 70000\r\n\r\n" + "a" * 70_000,
            "Transfer-Encoding: chunked\r\n\r\n11170\r\n" + "a" * 70_000 + "\r\n0\r\n\r\n",
        ],
        ids=["in chunks", "empty", "no length", "too large", "too large in chunks"],
    )
    def test_a_body_framed_in_any_way_is_answered_in_french(self, office, rest):
        with connect(office) as line:
            line.sendall(f"{self.HEAD}Connection: close\r\n{rest}".encode())
            answer = line.makefile("rb").read().decode()
        assert answer.startswith(("HTTP/1.1 400", "HTTP/1.1 413"))
        assert '<html lang="fr">' in answer

    @pytest.mark.parametrize(
        "text", ["\0" * 50, "GET / HTTP/9\r\n\r\n", "NIMPORTE QUOI\r\n\r\n", "GET /" + "a" * 500_000]
    )
    def test_what_is_no_http_is_not_answered_and_harms_nobody(self, office, text):
        with connect(office) as line, suppress(OSError):  # it has hung up already
            line.sendall(text.encode())
            line.shutdown(socket.SHUT_WR)
            assert b" 200 " not in line.recv(200)
        check_home(office)


def connect(office: Office) -> socket.socket:
    return socket.create_connection(("127.0.0.1", office.port), timeout=10)


def drip_on(sockets: list[socket.socket], done: threading.Event) -> None:
    while not done.wait(0.1):
        for each in sockets:
            with suppress(OSError):
                each.send(b"x")


def check_home(office: Office) -> None:
    """Another visitor gets the home page, at once."""
    with urlopen(office.url, timeout=5) as answer:
        assert answer.status == 200


def check_forms_come_back(office: Office) -> None:
    """Once slow senders have gone, forms are taken again; the server notices that they went in its own time."""

    def is_form_taken() -> bool:
        visit = Visit(office)
        visit.open("/demander-un-code", {"name": ""})
        return visit.status == 400

    wait_until(is_form_taken, "forms are still turned away")


# Anything at all

TEXTS = st.one_of(st.text(max_size=80), st.sampled_from(list(NASTY.values())), st.sampled_from(list(REQUEST.values())))
BYTES = st.one_of(TEXTS.map(str.encode), st.binary(max_size=60))
TYPED = [form for form in FORMS if len(form.fields) > 1 and form.path != "/mot-de-passe-oublie"]
every_typed_form = pytest.mark.parametrize("form", TYPED, ids=[form.path for form in TYPED])


def bodies(form: Form) -> st.SearchStrategy[list[tuple[Any, bytes]]]:
    """Any pairs of a name and a value: each field of the form once, then others, some of them doubled."""
    whole = st.fixed_dictionaries(
        {name: st.one_of(st.just(text.encode()), BYTES) for name, text in form.fields.items()}
    )
    names = st.one_of(st.sampled_from([*form.fields, "csrf_token", "remember"]), BYTES)
    return st.builds(
        lambda fields, more: [*fields.items(), *more], whole, st.lists(st.tuples(names, BYTES), max_size=4)
    )


def check_anything(form: Form, visitor: Visitor, account: Account, examples: int) -> None:
    """Throw `examples` bodies at the form, the same ones each time."""
    token = ""

    def stand_before() -> str:
        if form.door:
            enter(visitor, account, must_choose=form.door == "choosing")
        return token_on(visitor, form.page or form.path)

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(pairs=bodies(form), htmx=st.booleans())
    def anything(pairs: list[tuple[Any, bytes]], htmx: bool) -> None:
        nonlocal token
        token = token or stand_before()
        before = AccessRequest.select().count(), OutboxMessage.select().count()
        body = urlencode([("csrf_token", token), *pairs]).encode()
        answer = send(visitor, form.path, body, headers={"HX-Request": "true"} if htmx else {})

        assert answer.status_code in {200, 303, 400, 413, 422, 429}, answer.status
        done = answer.status_code in {200, 303}
        if form.fields == REQUEST:
            assert (AccessRequest.select().count(), OutboxMessage.select().count()) == (
                before[0] + done,
                before[1] + done,
            )
        check_stays(answer)
        if answer.status_code != 303 and "HX-Redirect" not in answer.headers:
            assert answer.mimetype == "text/html"
            assert ('<html lang="fr">' in answer.text) is not htmx
            assert done or "Erreur" in answer.text
        if done and form.door:
            token = ""

    anything()


@pytest.fixture
def quick_visitor(app):
    """Without the house rules, that cost more than the page: every kind of answer here has kept them above."""
    return Visitor(app, app.response_class)


@every_typed_form
def test_anything_at_all_gets_an_answer_in_french(quick_visitor, make_account, form, caplog):
    account = make_account()
    with nothing_lost() if form.door != "choosing" else nullcontext():
        check_anything(form, quick_visitor, account, 400)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


@pytest.mark.slow
@every_typed_form
def test_and_keeps_the_house_rules_a_thousand_times(client, make_account, form, caplog):
    check_anything(form, client, make_account(), 1000)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]
