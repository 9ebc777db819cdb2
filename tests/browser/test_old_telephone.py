"""Every page of the tenants as a telephone of 2018 has it: its sheets without what was not yet known, and no htmx.

No engine of then runs here: what it would drop is taken out of the sheets, and what is left is measured.
"""

import re
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.browser.measures import PAGES

TENANTS = [scene for scene in PAGES if not scene.name.startswith("agents")]
WIDEST = """() => Math.max(...["html", "body", "main"].map((name) => document.querySelector(name).scrollWidth))"""

# A value that is not known drops its declaration; a selector that is not, its rule; so does a whole @container.
YOUNG_VALUE = re.compile(r"[\w-]+:[^;{}]*(\b(min|max|clamp)\(|\banywhere\b|\brevert\b)[^;{}]*;")
YOUNG_SELECTOR = re.compile(r"[^{}]*:(has\(|focus-visible|is\(|where\()[^{}]*{[^{}]*}")
CONTAINER = re.compile(r"@container[^{]*{([^{}]*{[^{}]*})*\s*}")


def aged(sheet):
    for unknown in (CONTAINER, YOUNG_SELECTOR, YOUNG_VALUE):
        sheet = unknown.sub("", sheet)
    return sheet


@contextmanager
def old_telephone(page, files):
    """The page's browser, made to read what one of 2018 would."""

    def answer(route):
        path = urlsplit(route.request.url).path
        if "htmx" in path:
            return route.abort()
        return route.fulfill(body=aged(files(path).text), content_type="text/css")

    files_of_then = re.compile(r"\.css|htmx")
    page.route(files_of_then, answer)
    yield
    page.unroute(files_of_then)


@pytest.mark.parametrize("scene", TENANTS, ids=str)
def test_nothing_has_to_be_scrolled_sideways(scene, request, stage, display):
    with old_telephone(stage.page, stage.files):
        page = display(scene.shown(request))
    page.set_viewport_size({"width": 320, "height": 568})
    assert page.evaluate(WIDEST) <= 320
