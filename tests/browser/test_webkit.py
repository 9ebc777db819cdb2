"""What iPhones do their own way, in their engine: the avis, the session's end, and axe-core's look at the pages.

The stories marked `both_engines`, in the files beside this one, run in WebKit too.
"""

from contextlib import closing

import pytest
from peewee import sqlite3

from tests.browser.checkers import axe

pytestmark = pytest.mark.parametrize("open_page", ["webkit"], indirect=True)


def test_the_avis_is_a_pdf_that_the_phone_shows(open_page, tenant):
    page = open_page("/compte", width=360, height=740, storage_state=tenant)
    page.get_by_role("link", name="Voir l'avis").wait_for()
    answer = page.evaluate("""
        fetch(document.querySelector("a[href$='.pdf']").href)
            .then((it) => [it.status, it.headers.get("content-type"), it.headers.get("content-disposition")])
    """)
    assert answer[:2] == [200, "application/pdf"]
    assert answer[2].startswith("inline")


def test_the_end_of_a_session_is_announced_and_put_off(open_page, office, tenant):
    page = open_page("/compte", width=360, height=740, storage_state=tenant)
    prolong = page.get_by_role("button", name="Prolonger")
    assert not prolong.is_visible()
    pass_minutes(office, page, 25.1)
    page.get_by_text("Votre session se termine dans 5 minutes.").wait_for()
    prolong.click()
    prolong.wait_for(state="hidden")


def pass_minutes(office, page, minutes):
    """For the server and for the page, as if nobody had done anything meanwhile."""
    with closing(sqlite3.connect(office.folder / "office.sqlite", timeout=30)) as store, store:
        store.execute("update tenant_session set last_seen_at = datetime(last_seen_at, ?)", (f"-{minutes} minutes",))
    page.evaluate(f"(() => {{ const now = Date.now(); Date.now = () => now + {minutes} * 60000; }})()")


def test_everyone_can_use_the_pages(open_page, tenant):
    page = open_page("/compte", width=360, height=740, storage_state=tenant)
    found = axe.complaints(page)
    for path in ("/", "/identification", "/aide"):
        page.goto(path)
        found += axe.complaints(page)
    page.goto("/demander-un-code")
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name="Il y a des erreurs").wait_for()
    found += axe.complaints(page)
    assert not found, "\n".join(found)
