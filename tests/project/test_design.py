"""docs/design.md: the points that comments and pages name, as « DESIGN 4 »."""

import re

from tests.citations import ROOT

PAGE = (ROOT / "docs" / "design.md").read_text()
NAMED = re.compile(r"DESIGN(?:'s)?(?: table)? \(?(\d+(?:, \d+)*)")


def named_in(folder):
    texts = (path.read_text() for kind in ("py", "md") for path in (ROOT / folder).rglob(f"*.{kind}"))
    return {int(number) for text in texts for found in NAMED.findall(text) for number in found.split(", ")}


def test_every_point_that_is_named_is_there():
    points = [int(number) for number in re.findall(r"^(\d+)\. \*\*", PAGE, re.MULTILINE)]
    named = named_in("ophportal") | named_in("docs") | named_in("tests")
    assert {2, 3, 4, 8} <= named
    assert named <= {*points}
    assert points == list(range(1, 13))
