"""Every page as people set their screens: enlarged, spaced, in their own colours, still, turned, printed."""

from contextlib import contextmanager

import pytest

from tests.browser.measures import MEASURES, PAGES

# What WCAG 1.4.12 lets a reader set.
SPACED = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
"""


@pytest.mark.parametrize("scene", PAGES, ids=str)
def test_the_page_bears_what_people_set(scene, request, display):
    page = display(scene.shown(request))
    page.evaluate(MEASURES)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = []

    def measure(setting, *names, width=360, height=740):
        page.set_viewport_size({"width": width, "height": height})
        said = page.evaluate("names => names.flatMap(name => measures[name]())", list(names))
        found.extend(f"{setting}: {one}" for one in said)

    measure("still", "moving")
    measure("a phone that lies on its side", "cut", width=740, height=360)
    measure("a tablet", "small", width=768, height=1024)
    # 1280 × 1024 pixels at 400 %.
    measure("400 %", "cut", "outside", "overlapping", "stuck", "focused", width=320, height=256)
    page.emulate_media(forced_colors="active")
    measure("forced colours", "untold", "focused")
    page.emulate_media(forced_colors="none")
    with styled(page, "html { font-size: 225% !important }"):
        measure("text at 200 %", "cut", "overlapping", width=1280, height=800)
        measure("text at 200 % on a telephone", "cut", "sideways", "parted", "overlapping")
        measure("text at 200 % on the narrowest telephone", "cut", width=320)
    with styled(page, SPACED):
        measure("spaced", "cut", "overlapping")
    assert not found, "\n".join(found)


@contextmanager
def styled(page, sheet):
    """The page under a reader's own sheet; not by its content policy's leave, but by the debugger's."""
    handle = page.evaluate_handle(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; return sheet }",
        sheet,
    )
    yield
    handle.evaluate(
        "sheet => { document.adoptedStyleSheets = document.adoptedStyleSheets.filter(one => one !== sheet) }"
    )
