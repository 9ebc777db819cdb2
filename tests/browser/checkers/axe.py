"""axe-core over a page that is open in Chromium: its violations, and what it leaves to a person (`incomplete`)."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.browser.checkers import MODULES

# The two levels that the law wants (RGAA 4.1 is WCAG's A and AA), what 2.1 and 2.2 added, and axe's own good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice", "RGAAv4"]

# What axe could not decide by itself and a person has: the rule, a bit of the element's HTML, and why it is right.
READ: tuple[tuple[str, str, str], ...] = (
    ("color-contrast", 'text-anchor="middle">', "a month's one letter, too short for axe: 7 to 1, 9 to 1 in dark"),
    # axe sees no colour under an SVG's text, and there are three here; the portal's own ink is on the portal's ground.
    ("color-contrast", '<text class="on-paper', "the ink of the page on its ground: 14 to 1, in dark too"),
    ("color-contrast", '<text class="on-spot', "#1b2430 on #ffe27a: 12 to 1"),
    ("color-contrast", '<text class="on-round', "white on #1b2430: 15 to 1"),
)


@cache
def source() -> str:
    return (MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def complaints(page: Page, *rules: str) -> list[str]:
    """What axe finds wrong on the page, or could not decide and nobody has read. `rules` are its ids; none is all."""
    # By the debugger's way in: the page's own content policy lets no script of ours through, as it should.
    if not page.evaluate("'axe' in window"):
        page.evaluate(source())
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    options = {
        "runOnly": only,
        "resultTypes": ["violations", "incomplete"],
        "preload": False,
        # The one frame is of the demo, around a mail, which has scenes of its own; a sandbox lets axe not in.
        "iframes": False,
    }
    found = page.evaluate("options => axe.run(document, options)", options)
    return [*told("axe", found["violations"]), *told("axe could not decide", unread(found["incomplete"]))]


def told(by: str, results: list[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        for node in result["nodes"]:
            yield f"{by}, {result['id']}: {node['failureSummary']} ({node['target']}: {node['html'][:300]})"


def unread(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results without the elements that are in `READ`."""
    return [
        result | {"nodes": [node for node in result["nodes"] if not is_read(result["id"], node["html"])]}
        for result in results
    ]


def is_read(rule: str, html: str) -> bool:
    return any(rule == known and part in html for known, part, _ in READ)
