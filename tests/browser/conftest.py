"""A real browser (Debian's Chromium) before a real office: the commands, the mail server, the store on disk."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.office import Office, write_tenant_file

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            if not os.path.exists(CHROMIUM):
                item.add_marker(pytest.mark.skip(reason="no Chromium here: apt-get install chromium"))


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    with Office(tmp_path_factory.mktemp("office")) as office:
        imported = office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 60))
        assert imported.returncode == 0, imported.stderr
        office.serve()
        yield office


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, office):
    """A function that opens a page in a browser of its own, which fails the test on any error of its console."""
    contexts, complaints = [], []

    def open_page(path="/", *, width=1280, height=800, javascript=True, **options):
        context = chromium.new_context(
            base_url=office.url,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            locale="fr-FR",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        # A refused form answers 4xx by design, and Chromium notes each in its console.
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def is_complaint(said):
    return said.type == "error" and "the server responded with a status of 4" not in said.text
