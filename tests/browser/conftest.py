"""A real browser (Debian's Chromium) before a real office: the commands, the mail server, the store on disk."""

import itertools
import os
import re
import shutil
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from ophportal.demo import agents
from tests.browser import driven, firefox, webkit
from tests.browser.steps import TODAY, ledger_of, logged_in
from tests.conftest import log_in
from tests.demo import demo_in
from tests.office import Office, households, write_tenant_file

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
# The same engine without a desktop's window around it, which costs more than any page; no story needs one.
SHELL = shutil.which("chromium-headless-shell") or CHROMIUM
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# Where a page that is only displayed seems to come from; nothing is asked of the network.
NOWHERE = "https://portail.invalid"
# What Chromium and htmx note of a network that is down, and of a proxy that speaks for the portal.
CUT_OFF = re.compile("ERR_INTERNET_DISCONNECTED|Failed to fetch|status of 502")
# Each story that changes a household takes another one: of those with two letters, so that no name is in another.
HOMES = 99


def pytest_addoption(parser):
    parser.addoption("--screens", type=Path, help="the folder that takes a picture of each page (make screens)")


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if "office" in item.fixturenames:  # one office is enough, and its server is started once
                item.add_marker(pytest.mark.xdist_group("office"))
            elif scene := getattr(item, "callspec", None) and item.callspec.params.get("scene"):  # played once for all
                item.add_marker(pytest.mark.xdist_group(str(scene)))
            if not os.path.exists(CHROMIUM):
                item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium"))


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    with Office(tmp_path_factory.mktemp("office")) as office:
        imported = office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", HOMES))
        assert imported.returncode == 0, imported.stderr
        office.serve()
        yield office


@pytest.fixture(scope="session")
def neighbours():
    """Households of the office; who takes one with `next` has it to themselves."""
    return itertools.islice(households(HOMES), 10, None)


@pytest.fixture
def household(neighbours):
    return next(neighbours)


@pytest.fixture(scope="module")
def resident(neighbours):
    """The household whose account is looked at."""
    return next(neighbours)


@pytest.fixture(scope="module")
def tenant(office, chromium, resident):
    """What a tenant's browser holds once they are logged in, the ledger being imported."""
    path = office.folder / "ecritures.csv"
    path.write_text("\n".join(ledger_of(resident, TODAY)), encoding="utf-8")
    imported = office.run("import", "ledger", path)
    assert imported.returncode == 0, imported.stderr
    with logged_in(office, chromium, resident) as storage_state:
        yield storage_state


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=SHELL, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def demo(portal, tmp_path):
    """The demonstration office with its two agents; nobody lives in it yet."""
    with demo_in(tmp_path, portal) as app:
        with app.app_context():
            agents.enlist()
        yield app


@pytest.fixture
def logo(app, monkeypatch):
    """The office has a logo: the portal's own icon stands for it."""
    asset = app.jinja_env.globals["asset"]
    # It is the `get` of the addresses; templates hold it from their first page on.
    monkeypatch.setitem(asset.__self__, "logo", asset("icon.svg"))


@pytest.fixture
def open_page(request):
    """A function that opens a page in a browser of its own, which fails the test on any error of its console.

    In Chromium, but where `both_engines` asks for WebKit, or `every_engine` for Firefox.
    """
    return request.getfixturevalue(f"open_in_{getattr(request, 'param', 'chromium')}")


@pytest.fixture
def open_in_chromium(chromium, office):
    contexts, complaints = [], []

    def open_page(
        path="/", *, width=1280, height=800, javascript=True, may_be_busy=False, may_be_cut_off=False, **options
    ):
        context = chromium.new_context(
            base_url=office.url,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            locale="fr-FR",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        # Chromium notes each refusal in its console: a form's is a 4xx by design, and a busy store's a 503.
        refusals = "(4|503)" if may_be_busy else "4"

        def listen(said):
            if is_complaint(said, refusals) and not (may_be_cut_off and CUT_OFF.search(said.text)):
                complaints.append(said.text)

        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def webkit_screen():
    if not webkit.is_here():
        pytest.skip("no WebKit here: apt-get install webkit2gtk-driver xvfb")
    with webkit.screen() as display:
        yield display


@pytest.fixture
def open_in_webkit(webkit_screen, office, tmp_path):
    with pages_of(lambda how: webkit.browser(webkit_screen, tmp_path, **how), office.url) as open_page:
        yield open_page


@pytest.fixture
def open_in_firefox(office, tmp_path_factory):
    if not firefox.BROWSER:
        pytest.skip("no Firefox here: apt-get install firefox-esr")
    with pages_of(lambda how: firefox.browser(tmp_path_factory.mktemp("firefox"), **how), office.url) as open_page:
        yield open_page


@contextmanager
def pages_of(browser, url):
    """A function that opens pages, each in a `browser` of its own; what goes wrong on them fails the story."""
    pages = []

    with ExitStack() as browsers:

        def open_page(path="/", *, width=1280, height=800, javascript=True, storage_state=None):
            page = driven.Page(browsers.enter_context(browser({"javascript": javascript})), url)
            pages.append(page)
            return arrived(page, path, width, height, storage_state)

        yield open_page
        complaints = [said for page in pages for said in page.complaints()]
    assert complaints == []


def arrived(page, path, width, height, storage_state):
    """The page of `driven`, of that size, once it shows this path to whoever has these cookies."""
    page.set_viewport_size(width, height)
    if storage_state:
        page.goto("/robots.txt")
        for cookie in storage_state["cookies"]:
            # WebKit 2.54 drops those of which it is not told whether they go to other sites.
            page.driver.add_cookie({key: cookie[key] for key in ("name", "value", "httpOnly", "sameSite")})
    page.goto(path)
    return page


@pytest.fixture
def inside(client, make_account):
    """The browser of a tenant who is connected, and was told so; `account` and `tenant` are who."""
    client.account = make_account(civility="Mme", phone="06 39 98 12 34")
    client.tenant = client.account.tenant
    log_in(client, client.account)
    client.get("/compte")
    return client


class Stage:
    """A page in which one scene is displayed after the other: a browser each would take most of the time.

    Nothing is asked of a network: what is shown has been answered, and `files` gives what stands beside it.
    """

    def __init__(self, page, files):
        self.page = page
        self.files = files
        self.shown = None
        page.route("**/*", self.answer)

    def answer(self, route):
        path = urlsplit(route.request.url).path
        if "hx-request" in route.request.headers:  # a page that asks how its work goes: nothing new
            route.fulfill(status=204, headers={"Vary": "HX-Request"})
        elif path == self.shown.address:
            shown = self.shown
            route.fulfill(status=shown.status, headers=shown.headers, body=shown.html, content_type="text/html")
        else:
            file = self.files(path)
            route.fulfill(status=file.status_code, headers=dict(file.headers), body=file.data)

    def display(self, shown):
        self.page.goto("about:blank")  # what still runs there is ended
        self.shown = shown
        self.page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="reduce", media="screen")
        self.page.set_viewport_size({"width": 1280, "height": 800})
        self.page.goto(shown.address)
        # The page's own focus comes with its first frame: on a busy machine, after the page is loaded.
        self.page.evaluate("new Promise((framed) => requestAnimationFrame(() => setTimeout(framed)))")
        return self.page


@pytest.fixture(scope="session")
def stage(playwright, portal):
    files = cache(lambda path: portal.test_client().get(path, buffered=True))
    browser = playwright.chromium.launch(executable_path=SHELL, args=FLAGS)
    yield Stage(browser.new_page(base_url=NOWHERE, locale="fr-FR"), files)
    browser.close()


@pytest.fixture
def display(stage):
    """A function that displays a page as it was answered, headers and all, with the portal's own files beside it."""
    yield stage.display
    stage.page.goto("about:blank")


@pytest.fixture
def screens(request):
    """The folder that takes the pictures; None where none are wanted."""
    folder = request.config.getoption("screens")
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_complaint(said, refusals):
    return said.type == "error" and not re.search(f"the server responded with a status of {refusals}", said.text)
