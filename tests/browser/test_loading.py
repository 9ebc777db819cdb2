"""What a browser asks for: little, and once."""

# The files beside the page that came over the wire, and not from the browser's own cache.
OVER_THE_WIRE = """
performance.getEntriesByType("resource").filter((it) => it.transferSize).map((it) => new URL(it.name).pathname)
"""


def test_a_repeat_visit_asks_for_the_page_alone(open_page):
    page = open_page("/identification")
    first = page.evaluate(OVER_THE_WIRE)
    assert {"/static/portal.css", "/static/portal.js"} <= set(first)

    page.goto("/aide")
    page.goto("/identification")
    assert page.evaluate(OVER_THE_WIRE) == []


def test_identification_asks_for_no_htmx(open_page):
    page = open_page("/identification")
    assert not [path for path in page.evaluate(OVER_THE_WIRE) if "htmx" in path]
    page.goto("/demander-un-code")
    assert [path for path in page.evaluate(OVER_THE_WIRE) if "htmx" in path]


def test_a_refused_login_is_a_page_that_begins_at_what_is_wrong(open_page):
    """As a swap does elsewhere: the title says it, and the focus is on the summary."""
    for javascript in (True, False):
        page = open_page("/identification", javascript=javascript)
        page.get_by_label("Identifiant", exact=True).fill("ZZZZ-ZZZZ")
        page.get_by_role("button", name="Valider").click()
        page.get_by_role("heading", name="Il y a").wait_for()
        assert page.title().startswith("Erreur")
        page.locator(".summary:focus").wait_for()
        assert page.get_by_label("Identifiant", exact=True).input_value() == "ZZZZ-ZZZZ"
