"""Where the console's pages change by themselves, or in part: the focus stays, or lands on what is new."""

from urllib.parse import urlsplit

import pytest

from tests.browser.scenes import Shown, console_imports, console_letters, console_tenants, console_verifications
from tests.browser.scenes.console import so_far
from tests.browser.steps import wait_for_focus
from tests.conftest import work


@pytest.fixture
def alive(display):
    """A function that displays an answer in the browser of this visitor, where htmx goes on asking the portal."""
    forwarding = []

    def alive(visitor, answer):
        def forward(route):
            asked = route.request
            if "hx-request" not in asked.headers:
                route.fallback()
                return
            headers = {"HX-Request": "true", "Content-Type": asked.headers.get("content-type", "")}
            path = urlsplit(asked.url).path
            answer = visitor.open(path, method=asked.method, data=asked.post_data_buffer, headers=headers)
            route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.data)

        page = display(Shown.of(answer))
        page.route("**/*", forward)
        forwarding.append((page, forward))
        return page

    yield alive
    for page, forward in forwarding:
        page.unroute("**/*", forward)


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim()")


@pytest.mark.parametrize(
    ("begin", "total", "heading"),
    [
        (lambda console, _: console_imports.being_read(console), 3, "Ce que l'import ferait"),
        (console_letters.being_made, 5, "5 courriers sont prêts"),
    ],
    ids=["an import", "letters"],
)
def test_while_work_goes_on_the_focus_stays_and_at_its_end_it_is_on_what_came_of_it(
    alive, manager_console, make_tenant, begin, total, heading
):
    page = alive(manager_console, begin(manager_console, make_tenant))
    page.get_by_role("link", name="Actualiser").focus()
    so_far(total - 1, total)
    page.locator(f"progress[value='{100 * (total - 1) // total}']").wait_for()
    assert focused(page) == "Actualiser"
    work(manager_console.application)
    page.get_by_role("heading", name=heading).wait_for()
    wait_for_focus(page, "h2")
    assert focused(page) == heading


def said(page):
    """The page's message: screen readers tell what changes in it, and may not tell one that has just been put there."""
    status = page.locator("main [role=status]")
    status.evaluate("(it) => { it.was_here = true }")
    return lambda: status.evaluate("(it) => it.was_here && it.textContent.trim()")


def test_how_many_are_found_is_said_while_one_types(alive, console, make_tenant):
    console_tenants.many(make_tenant, 3)
    page = alive(console, console_tenants.nothing_searched(console))
    message = said(page)
    page.get_by_label("Un locataire").press_sequentially("rossi")
    page.get_by_role("link", name="Paul ROSSI").first.wait_for()
    assert message() == "3 locataires."
    page.get_by_label("Un locataire").press_sequentially(" zzz")
    page.get_by_text("Personne ne correspond.").wait_for()
    assert message().startswith("Personne ne correspond.")
    assert page.evaluate("document.activeElement.id") == "q"


def test_how_many_are_to_be_written_to_is_said_once_filtered(alive, console, make_tenant):
    console_letters.households(make_tenant, 3)
    page = alive(console, console.get("/agents/courriers"))
    message = said(page)
    page.get_by_label("Résidence").fill("R-002")
    page.get_by_role("button", name="Filtrer").press("Enter")
    page.get_by_text("1 locataire sans").wait_for()
    assert "1 locataire sans" in message()
    assert focused(page) == "Filtrer"


def test_once_the_days_are_corrected_it_is_said_again(alive, console, make_tenant):
    page = alive(console, console_letters.too_many_days(console, make_tenant))
    message = said(page)
    page.get_by_label("Sans courrier depuis").fill("30")
    page.get_by_role("button", name="Filtrer").press("Enter")
    page.get_by_text("2 locataires sans").wait_for()
    assert "2 locataires sans" in message()


def test_a_refusal_without_its_reason_is_said_first(alive, console, client, make_tenant, outbox):
    it = console_verifications.asked(client, make_tenant, outbox)
    page = alive(console, console_verifications.opened(console, it))
    page.get_by_role("button", name="Refuser").press("Enter")
    page.get_by_role("heading", name="Il y a une erreur").wait_for()
    wait_for_focus(page, ".summary")
