"""docs/rgaa.md: each of RGAA 4.1's 106 criteria, with what shows it; and a claim or two that no other file shows."""

import json
import re
from collections import Counter
from itertools import product
from typing import NamedTuple

import pytest

from config import contrast_on_white
from tests.citations import ROOT, cited, files_named, mistakes

PAGE = (ROOT / "docs" / "rgaa.md").read_text()
# How many criteria each of the thirteen themes has.
CRITERIA = (9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12)
STATES = ("non applicable", "montré", "montré en partie", "à juger")
ALL_THAT_IS_SERVED = "\n".join(
    path.read_text()
    for path in [*sorted(ROOT.glob("templates/**/*.html")), *sorted(ROOT.glob("static/*.*"))]
    if path.parent.name != "emails"
)
ABSENT = {
    "frames": r"<(i?frame|object|embed)\b",
    "sound and pictures that move": r"<(video|audio|track|canvas|marquee|blink)\b|@keyframes|animation",
    "CAPTCHA": r"captcha",
    "windows that open by themselves": r"window\.open",
    "pages that go away by themselves": r"http-equiv",
    "keys that are listened to": r"accesskey|\bkey(down|up|press)\b",
    "pointers and gestures that are listened to": r"(mouse|pointer|touch|drag)(down|start|move)",
    "movements that are listened to": r"device(motion|orientation)",
    "words that a style sheet writes": r"(?<![\w-])content: (?!counter)",
    "what shows on hover": r":hover[^{]*\{[^}]*(display|visibility|opacity|content|left|top):",
    "an orientation that is imposed": r"orientation",
    "another way of reading": r"\sdir=|direction:\s*rtl|<bdo\b",
}


class Criterion(NamedTuple):
    number: str
    matter: str
    state: str
    reason: str


def criteria():
    return [
        Criterion(*line) for line in re.findall(r"^\| (\d+\.\d+) \| (.+?) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
    ]


def test_it_has_the_106_criteria_each_once_and_in_order():
    wanted = [f"{theme}.{one}" for theme, many in enumerate(CRITERIA, 1) for one in range(1, many + 1)]
    assert len(wanted) == 106
    assert [it.number for it in criteria()] == wanted
    assert len(re.findall(r"^\| *\d", PAGE, re.MULTILINE)) == len(wanted) + 1  # and the line of the totals


def test_each_has_one_of_four_states_and_the_totals_are_theirs():
    counted = Counter(it.state for it in criteria())
    assert set(counted) == set(STATES)
    assert f"| {' | '.join(STATES)} |" in PAGE
    assert f"| {' | '.join(str(counted[state]) for state in STATES)} |" in PAGE


def test_what_is_shown_cites_what_shows_it_and_what_is_shown_in_part_says_what_is_left():
    for it in criteria():
        if it.state.startswith("montré"):
            assert cited(it.reason) or files_named(it.reason), it.number
        assert ("Reste : " in it.reason) == (it.state == "montré en partie"), it.number


def test_a_bar_that_fills_by_itself_is_something_that_moves():
    [moving] = [it for it in criteria() if it.number == "13.8"]
    assert "<progress" in ALL_THAT_IS_SERVED
    assert moving.state != "non applicable"


def test_every_test_and_every_file_that_it_cites_exists():
    assert len(cited(PAGE)) > 20
    assert mistakes(PAGE) == []


def test_its_versions_are_those_that_are_installed():
    installed = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    assert dict(re.findall(r"^\| ([\w-]+) \| (\d+\.\d+\.\d+) \|", PAGE, re.MULTILINE)) == installed


@pytest.mark.parametrize("what", ABSENT)
def test_what_is_said_not_to_be_there_is_not_there(what):
    assert re.search(ABSENT[what], ALL_THAT_IS_SERVED, re.IGNORECASE) is None


def colours(scheme):
    """The named colours of the stylesheet in the light or in the dark: those of the dark stand over the others."""
    light, dark = re.findall(r":root \{(.+?)\}", (ROOT / "static" / "portal.css").read_text(), re.DOTALL)
    named = dict(re.findall(r"--([\w-]+): (#\w+);", light if scheme == "light" else light + dark))
    return {name: "#" + "".join(2 * digit for digit in it[1:]) if len(it) == 4 else it for name, it in named.items()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_drawn_stands_out_from_what_is_behind_it(scheme):
    """WCAG 1.4.11: 3:1 for borders, buttons, bars, the focus; 1.4.3: 4.5:1 for the text of drawings."""
    found = colours(scheme)
    for front, behind in product(("edge", "blue", "green", "red", "soft", "ink"), ("paper", "ground")):
        pair = sorted(contrast_on_white(found[name]) for name in (front, behind))
        assert pair[1] / pair[0] >= (4.5 if front in {"soft", "ink"} else 3), f"{front} on {behind}"
