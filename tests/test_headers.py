"""The headers of every kind of answer, and the cookies under TLS and without."""

import gzip
import hashlib
import re
from base64 import urlsafe_b64decode

import brotli
import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from config import Production
from ophportal import ROOT, assets, create_app, database
from tests.conftest import OWN_PASSWORD, StrictVisitor, log_in, log_in_agent, request_code
from tests.page import Page

SITE = "https://locataires.exemple.test"
PAGES = ("/", "/aide", "/identification", "/demander-un-code", "/robots.txt")
ERRORS = ("/nulle-part", "/static/nothing.js", "/deconnexion")
REDIRECTS = ("/compte",)
YEAR = 365 * 24 * 3600


class TlsVisitor(StrictVisitor):
    def open(self, *args, **kwargs):
        return super().open(*args, **{"base_url": SITE, **kwargs})


@pytest.fixture
def tls_client(app):
    """A visitor of the portal as it serves tenants, over TLS, on the tests' own store."""
    settings = {
        "SECRET_KEY": app.config["SECRET_KEY"],
        "DATABASE_URL": app.config["DATABASE_URL"],
        "BASE_URL": SITE,
        "MAIL_SERVER": "localhost",
        "MAIL_SENDER": app.config["MAIL_SENDER"],
    }
    portal = create_app(Production(settings))
    yield TlsVisitor(portal, portal.response_class)
    # There is one store a process: the tests to come want theirs back.
    database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


def assets_of(client):
    """The addresses of what a page loads."""
    page = Page(client.get("/"))
    found = page.soup.select("link[rel=stylesheet], link[rel=icon], script[src]")
    return [str(tag.get("href") or tag.get("src")) for tag in found]


def fetch(client, address):
    """The answer, read to its end so that a file is closed."""
    return client.get(address)


def answers(client):
    """One answer of every kind, by its address."""
    return {address: fetch(client, address) for address in (*PAGES, *ERRORS, *REDIRECTS, *assets_of(client))}


def cookies_of(response):
    """The attributes, lowered, of each cookie that the response sets."""
    found = {}
    for header in response.headers.getlist("Set-Cookie"):
        pair, *attributes = header.split("; ")
        found[pair.partition("=")[0]] = {attribute.lower() for attribute in attributes}
    return found


def cookies_of_a_journey(client, account):
    """What the browser is told to keep from the first page to the end of a session, by each response."""
    first = client.get("/identification")
    entered = log_in(client, account, remember="y")
    left = client.log_out()
    asked = request_code(client)
    return [cookies_of(response) for response in (first, entered, left, asked)]


def test_each_kind_of_answer_is_what_the_tests_below_take_it_for(client):
    found = answers(client)

    assert {found[address].status_code for address in PAGES} == {200}
    assert {found[address].status_code for address in ERRORS} == {404, 405}
    assert {found[address].status_code // 100 for address in REDIRECTS} == {3}
    assert len(assets_of(client)) == 4


def test_every_answer_is_hardened(client):
    for address, response in answers(client).items():
        headers = response.headers
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["X-Frame-Options"] == "DENY", address
        assert headers["Referrer-Policy"] == "same-origin", address
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", address
        for feature in ("camera", "geolocation", "microphone", "payment", "usb"):
            assert f"{feature}=()" in headers["Permissions-Policy"], address


def test_every_text_says_what_it_is_and_in_which_letters(client):
    for address, response in (answers(client) | {"/sante": fetch(client, "/sante")}).items():
        if response.data:
            assert re.fullmatch(r"(text/|image/svg\+xml).*; charset=utf-8", response.headers["Content-Type"]), address


def test_the_content_policy_allows_our_own_origin_alone(client):
    for address, response in answers(client).items():
        (policy,) = response.headers.getlist("Content-Security-Policy")
        directives = dict(part.split(" ", 1) for part in policy.split("; "))
        assert directives["default-src"] == "'none'", address
        assert directives["frame-ancestors"] == "'none'", address
        assert directives["base-uri"] == "'none'", address
        assert directives["form-action"] == "'self'", address
        # Neither 'unsafe-inline', nor 'unsafe-eval', nor another site, nor data:.
        assert set(directives.values()) == {"'none'", "'self'"}, address


def test_pages_need_nothing_that_the_content_policy_forbids(client):
    asked = assets_of(client)
    assert {address.partition("?")[0].rpartition(".")[2] for address in asked} >= {"css", "js", "svg"}
    assert [address for address in asked if not re.match(r"/[^/]", address)] == []


class TestKeeping:
    def test_nobody_keeps_a_page_an_error_or_a_redirect(self, client):
        found = answers(client)

        for address in (*PAGES, *ERRORS, *REDIRECTS):
            assert found[address].headers["Cache-Control"] == "no-store", address

    def test_nobody_keeps_the_answer_to_a_form_nor_an_account(self, client, make_account):
        refused = client.submit("/identification")
        entered = log_in(client, make_account())
        account = client.get("/compte")

        assert [response.status_code for response in (refused, entered, account)] == [422, 303, 200]
        for response in (refused, entered, account, request_code(client)):
            assert response.headers["Cache-Control"] == "no-store"

    def test_browsers_keep_a_file_that_its_content_names(self, client):
        for address in assets_of(client):
            response = fetch(client, address)
            assert response.headers["Cache-Control"] == f"public, max-age={YEAR}, immutable"
            assert address.endswith(f"?v={hashlib.sha256(response.data).hexdigest()[:12]}")

    def test_browsers_keep_no_file_for_long_without_that_name(self, client):
        for address in assets_of(client):
            assert fetch(client, address.partition("?")[0]).headers["Cache-Control"] == "public, max-age=3600"

    @pytest.mark.parametrize("address", ["/static/nothing.js?v=1", "/static/nothing.js"])
    def test_nobody_keeps_a_file_that_is_missing(self, client, address):
        assert client.get(address).headers["Cache-Control"] == "no-store"

    def test_files_set_no_cookie(self, client):
        for address in assets_of(client):
            assert "Set-Cookie" not in fetch(client, address).headers


class TestTransport:
    def test_under_tls_browsers_are_told_to_stay_there(self, tls_client):
        for address, response in answers(tls_client).items():
            parts = response.headers["Strict-Transport-Security"].split("; ")
            assert int(parts[0].removeprefix("max-age=")) >= YEAR, address

    def test_without_tls_they_are_not(self, client):
        assert not [a for a, response in answers(client).items() if "Strict-Transport-Security" in response.headers]

    def test_the_other_headers_are_the_same_under_tls(self, client, tls_client):
        plain, tls = client.get("/aide").headers, tls_client.get("/aide").headers

        assert tls["Content-Security-Policy"] == plain["Content-Security-Policy"]
        assert tls["Cache-Control"] == "no-store"

    def test_production_answers_to_its_own_name_alone(self, tls_client):
        assert tls_client.get("/").status_code == 200
        assert tls_client.get("/", base_url="https://localhost").status_code == 400

    def test_redirects_stay_on_the_site(self, tls_client):
        assert tls_client.get("/compte").headers["Location"] == "/identification"


class TestCookies:
    def test_under_tls_every_cookie_is_locked_to_this_host(self, tls_client, make_account):
        journey = cookies_of_a_journey(tls_client, make_account())

        names = {name for cookies in journey for name in cookies}
        assert names == {"__Host-session", "__Host-identifiant", "__Host-appareil"}
        for cookies in journey:
            for name, attributes in cookies.items():
                assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes, name
                assert not [attribute for attribute in attributes if attribute.startswith("domain")], name

    def test_under_tls_the_agents_cookie_is_locked_to_this_host(self, tls_client, make_agent):
        entered = cookies_of(log_in_agent(tls_client, make_agent()))

        attributes = entered["__Host-agent"]
        assert {"secure", "httponly", "path=/", "samesite=strict"} <= attributes
        assert not [attribute for attribute in attributes if attribute.startswith(("domain", "max-age", "expires"))]

    def test_without_tls_they_are_as_strict_as_can_be(self, client, make_account):
        journey = cookies_of_a_journey(client, make_account())

        names = {name for cookies in journey for name in cookies}
        assert names == {"session", "identifiant", "appareil"}
        for cookies in journey:
            for name, attributes in cookies.items():
                assert {"httponly", "path=/", "samesite=lax"} <= attributes, name
                assert "secure" not in attributes, name

    def test_the_session_ends_with_the_browser_and_the_others_after_a_year(self, client, make_account):
        _, entered, _, _ = cookies_of_a_journey(client, make_account())

        assert not [attribute for attribute in entered["session"] if attribute.startswith(("max-age", "expires"))]
        assert f"max-age={YEAR}" in entered["identifiant"]
        assert f"max-age={YEAR}" in entered["appareil"]

    def test_reading_pages_leaves_no_cookie(self, client):
        for address in ("/", "/aide", "/contact", "/donnees-personnelles", "/nulle-part"):
            assert "Set-Cookie" not in client.get(address).headers, address

    def test_no_cookie_carries_a_password(self, client, make_account):
        account = make_account()
        log_in(client, account, remember="y")

        assert client.get_cookie("identifiant").value == account.code
        with client.session_transaction() as session:
            assert OWN_PASSWORD not in str(dict(session))


def test_a_static_file_depends_on_no_cookie_and_is_kept_long_only_under_its_own_digest(client):
    address = re.search(r"/static/portal\.js\?v=\w+", client.get("/").text)[0]
    with client.get(address) as answer:
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "Set-Cookie" not in answer.headers
        assert "immutable" in answer.headers["Cache-Control"]
        etag = answer.headers["ETag"]
    with client.get(address, headers={"If-None-Match": etag}) as again:
        assert again.status_code == 304
        assert "immutable" in again.headers["Cache-Control"]
    with client.get("/static/portal.js?v=000000000000") as other:
        assert "immutable" not in other.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("asked", "way"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("identity", ""),
        ("br;q=0, gzip", "gzip"),
        ("", ""),
        ("*", "br"),
    ],
)
def test_a_static_file_comes_in_the_smallest_way_that_the_browser_takes(client, asked, way):
    reading = {"br": brotli.decompress, "gzip": gzip.decompress, "": lambda content: content}
    for address in assets_of(client):
        whole = client.get(address).data
        answer = client.get(address, headers={"Accept-Encoding": asked})
        assert answer.headers.get("Content-Encoding", "") == way
        assert reading[way](answer.data) == whole
        assert not way or len(answer.data) < len(whole) or len(whole) < 300
        again = client.get(address, headers={"Accept-Encoding": asked, "If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_no_page_is_compressed(client, make_account):
    """Beside what a visitor types, a page's secrets could be guessed by its length (BREACH)."""
    log_in(client, make_account())
    for address in (*PAGES, "/compte"):
        assert "Content-Encoding" not in client.get(address, headers={"Accept-Encoding": "br, gzip"}).headers


def test_the_office_s_own_picture_is_served_beside(app):
    office = {**app.config["OFFICE"], "logo": str(ROOT / "static" / "icon.svg")}
    portal = Flask("portal", root_path=app.root_path, static_folder=None)
    portal.config["OFFICE"] = office
    assets.init_app(portal)
    answer = portal.test_client().get(portal.jinja_env.globals["asset"]("logo"))
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert "immutable" in answer.headers["Cache-Control"]


def test_cookies_and_tokens_are_signed_under_sha_256(client):
    token = Page(client.get("/identification")).one("input[name=csrf_token]")["value"]
    for signed in (client.get_cookie("session").value, token):
        assert len(urlsafe_b64decode(signed.rpartition(".")[2] + "=")) == 32


def test_leaving_clears_what_the_browser_kept(client, make_account):
    log_in(client, make_account())
    assert client.log_out().headers["Clear-Site-Data"] == '"cache"'


def test_hsts_covers_the_names_below(tls_client):
    assert tls_client.get("/").headers["Strict-Transport-Security"] == f"max-age={2 * YEAR}; includeSubDomains"


def test_a_browser_that_sends_no_referer_may_log_out(tls_client, make_account):
    log_in(tls_client, make_account())
    assert tls_client.log_out().status_code == 303


def test_a_cookie_of_before_is_read_still(app):
    """One that was compressed, as every one was tried to be."""
    kept = app.session_interface.get_signing_serializer(app)
    before = URLSafeTimedSerializer(
        app.config["SECRET_KEY"],
        salt=app.session_interface.salt,
        serializer=kept.serializer,
        signer_kwargs=kept.signer_kwargs,
    )
    told = {"_flashes": [("message", "Votre mot de passe est changé. " * 4)], "csrf_token": "0" * 40}
    assert before.dumps(told).startswith(".")
    assert kept.loads(before.dumps(told)) == told
    assert before.loads(kept.dumps(told)) == told
    assert kept.dumps({"long": "a" * 5000}).startswith(".")
