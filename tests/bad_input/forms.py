"""The tenants' forms, what is sent to them, and what any answer must be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from ophportal.models import Account, Dwelling, Lease, Tenant, TenantSession
from ophportal.testing import TOKEN, Visitor
from tests import stores
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
    Form("/courrier-recu", {"letter_code": "7K2M-94QF-D0XA", "email": "maria@exemple.test"}),
    Form("/changer-mot-de-passe", {"identifier": "7K2M-94QF", "current_password": "faux", **PAIR}),
    Form("/compte/choisir-mot-de-passe", PAIR, "choosing"),
    Form("/compte/mot-de-passe", {"current_password": "faux", **PAIR}, "inside"),
    Form("/compte/prolonger", {}, "inside", "/compte"),
    Form("/compte/securite/deconnecter", {"session": "0"}, "inside", "/compte/securite"),
    Form("/compte/comptes", {"account": "0"}, "inside", "/compte"),
    Form("/compte/securite/deconnecter-les-autres", {}, "inside", "/compte/securite"),
    Form("/compte/coordonnees/telephone", {"telephone": "06 39 98", "current_password": "faux"}, "inside", keeps=True),
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
    "a template": "{{ 7654321 * 7654321 }}{% raw %}",
    "SQL": "' OR 1=1; DROP TABLE tenant; --",
    "a format": "%s%n%(x)s{0}",
    "ends of line": "a\u2028b\x85c",
    "spaces": " \u00a0\u3000",
    "a long number": "9" * 40,
    "digits of elsewhere": "٣٤",
    "a negative number": "-1",
}
NO_TEXT = (b"%ED%A0%80", b"%FF", b"%C3", b"%00", b"%F5%80%80%80", b"%C0%AF", b"+%2500", b"%", b"%u0041")


def enter(client: Visitor, account: Account, *, must_choose: bool = False) -> None:
    """Into the account, by a session of which no login is the origin."""
    row = TenantSession.start(account=account, must_choose=must_choose, device="", network_address="127.0.0.1")
    with client.session_transaction() as session:
        session["_user_id"] = row.token


def stand_before(client: Visitor, account: Account, form: Form) -> str:
    """Put the browser before the form, inside the account when it must be; gives the form's token."""
    if form.door:
        enter(client, account, must_choose=form.door == "choosing")
    return token_on(client, form.page or form.path)


def token_on(client: Visitor, path: str, **how: Any) -> str:
    found = TOKEN.search(client.get(path, **how).text)
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


def check_stays(answer: TestResponse) -> None:
    """Wherever it sends the browser is on this site."""
    for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "Refresh"):
        for address in answer.headers.getlist(name):
            parts = urlsplit(address)
            assert (parts.scheme, parts.netloc) in {("", ""), ("http", "localhost")}, address
            assert parts.path.startswith("/"), address
            assert not parts.path.startswith(("//", "/\\")), address


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
