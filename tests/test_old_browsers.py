"""The telephones of 2018 to 2020 that tenants keep: what their browsers do not read is not asked of them.

No engine of then runs here: the sheets and the scripts themselves are read. Agents have the browsers of now.
"""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[1] / "static"
SHEETS = ["portal.css", "pages.css", "account.css"]
SCRIPTS = ["portal.js", "session.js", "swaps.js"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_asks_for_no_list_in_a_not(name):
    """It came with Chrome 88; before, the whole selector is an error, and the script stops there."""
    assert not re.search(r":not\([^()]*,", (STATIC / name).read_text())


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_asks_says_to_send_the_cookies(name):
    """`fetch` does it by itself since Chrome 72, Safari 12 and Firefox 61; before, whoever asks is nobody."""
    for options in re.findall(r"\bfetch\(([^;]*);", (STATIC / name).read_text()):
        assert 'credentials: "same-origin"' in options


def rules_of(sheet):
    """The sheet's rules, each a selector and its declarations, in their order."""
    sheet = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text(), flags=re.DOTALL)
    for selector, body in re.findall(r"([^{}]+){([^{}]*)}", sheet):
        declarations = [one.partition(":") for one in body.split(";") if one.strip()]
        yield selector.strip(), [(name.strip(), value.strip()) for name, _, value in declarations]


@pytest.mark.parametrize("sheet", SHEETS)
def test_what_stands_in_a_row_is_parted_by_margins(sheet):
    """Flex rows have known `gap` since Safari 14.1 and Chrome 84, grids for longer: « AideContactPlan du site »."""
    stuck = [selector for selector, body in rules_of(sheet) if "gap" in dict(body) and "grid" not in str(body)]
    assert not stuck


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_size_that_is_reckoned_follows_a_plain_one(sheet):
    """Before Chrome 79 and Firefox 75 a declaration with min() or max() is dropped whole, padding and all."""
    for selector, body in rules_of(sheet):
        plain = set()
        for name, value in body:
            assert not re.search(r"\b(min|max|clamp)\(", value) or name in plain, f"{selector}: {name}"
            plain.add(name)


@pytest.mark.parametrize("sheet", SHEETS)
def test_sides_are_called_by_their_old_names(sheet):
    """`margin-inline` and the like came to Safari with 14.1 and to Chrome with 87."""
    shorthands = [
        name for _, body in rules_of(sheet) for name, _ in body if re.match("(margin|padding)-(inline|block)$", name)
    ]
    assert not shorthands
