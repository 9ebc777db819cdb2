"""What a client's own headers say of it is not believed; what the last trusted proxy wrote is."""

from functools import partial

import pytest

from config import Production
from ophportal import create_app, database
from ophportal.models import JournalEntry
from tests.bad_input.forms import FORMS, LIMITS, REQUEST, check_answer, nothing_lost, token_on
from tests.conftest import StrictVisitor
from tests.page import Page

SITE = "https://locataires.exemple.test"
token_by_proxy = partial(token_on, path="/identification", base_url=SITE)


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
        # With the port, as the balancers of some hosts write it.
        (1, "203.0.113.9:41234", "203.0.113.9"),
        (1, "198.51.100.7:1, 203.0.113.9:41234", "203.0.113.9"),
        (1, "[2001:db8::1]:443", "2001:db8::/64"),
        (1, "[2001:db8::1]", "2001:db8::/64"),
        (1, "2001:db8::1", "2001:db8::/64"),
        (1, "203.0.113.9:41234:5", ""),
        (1, None, "192.0.2.1"),
        (2, "198.51.100.7, 203.0.113.9, 192.0.2.2", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_saw(behind, proxies, forwarded, address):
    headers = {"X-Real-IP": "198.51.100.1", "Forwarded": "for=198.51.100.2", "CF-Connecting-IP": "198.51.100.3"}
    headers |= {"X-Forwarded-For": forwarded} if forwarded else {}
    browser = behind(proxies)
    form = FORMS[0]
    browser.post(
        form.path,
        data={"csrf_token": token_by_proxy(browser), **form.fields},
        headers=headers,
        **BY_PROXY,
    )
    assert JournalEntry.get().network_address == address


def test_nobody_has_as_many_tries_as_they_can_write_addresses(behind, monkeypatch):
    browser = behind(1)
    monkeypatch.setitem(browser.application.config, "LOGIN_FAILURES_ADDRESS", 3)
    statuses = []
    for n in range(6):
        data = {
            "csrf_token": token_by_proxy(browser),
            "identifier": f"AAAA-AAA{n}",
            "password": "faux",
        }
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
        # The second one of two, as docs/exploitation.md sets it up, writes its own in the place of the first one's.
        (2, "https", "SSL actif"),
        (2, "https, http", "Connexion non protégée"),
    ],
)
def test_ssl_is_active_where_the_trusted_proxy_says_so(behind, proxies, proto, told):
    headers = {"X-Forwarded-Proto": proto} if proto else {}
    answer = behind(proxies).get("/identification", headers={"X-Forwarded-Ssl": "on", **headers}, **BY_PROXY)
    assert told in Page(answer).one("footer").text


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_a_forwarded_name_port_or_folder_is_never_believed(behind, proxies):
    browser = behind(proxies)
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Server": "evil.example",
        "X-Forwarded-Port": "64666",
        "X-Forwarded-Prefix": "/evil.example",
        "X-Original-URL": "/compte",
        "Forwarded": "host=evil.example",
    }
    for path in ("/", "/compte", "/accessibilite", "//identification"):
        answer = browser.get("/", headers=headers, **{**BY_PROXY, "environ_overrides": {"PATH_INFO": path}})
        assert answer.status_code in {200, 303, 308}, path
        assert "evil.example" not in answer.text + str(answer.headers), path
        assert "64666" not in str(answer.headers), path


@pytest.mark.parametrize("host", ["evil.example", "locataires.exemple.test.evil.example", "localhost", "", "192.0.2.1"])
def test_a_form_sent_under_another_name_writes_nothing(behind, host):
    browser = behind(1)
    token = token_by_proxy(browser)
    headers = {"Host": host, "X-Forwarded-Host": "locataires.exemple.test"}
    with nothing_lost(written=False):
        answer = browser.post("/demander-un-code", data={"csrf_token": token, **REQUEST}, headers=headers)
    check_answer(answer, 400)
