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
    """Flex rows have known `gap` since Safari 14.1 and Chrome 84: « AideContactPlan du site ».

    Grids have always known `grid-gap`, and `gap` since Chrome 66 and Safari 12 only.
    """
    for selector, body in rules_of(sheet):
        names = {name for name, _ in body}
        assert not names & {"gap", "row-gap", "column-gap"}, selector
        assert "grid-gap" not in names or "grid" in str(body).replace("grid-gap", ""), selector


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


# What a telephone of 2018 drops, and with it what the page needs: none of it is written for tenants.
YOUNG_CSS = {
    "aspect-ratio": r"\baspect-ratio:",
    "inset": r"\binset(-\w+)?:",
    "colours": r"\b(color-mix|light-dark|oklch|oklab|lab|lch)\(",
    "heights": r"\d[dsl]v[hw]\b",
    "ranges": r"@media[^{]*[<>]",
    "layers": r"@(layer|scope)\b",
    "nesting": r"&",
    "selectors": r":(is|where)\(",
    "columns": r"\bsubgrid\b",
}
YOUNG_SCRIPT = {
    "?.": r"\?\.\D",
    "??": r"\?\?",
    "#private": r"\bthis\.#",
    "||=": r"(\|\||&&)=",
    "spread": r"\{\s*\.\.\.",
    "catch": r"\bcatch\s*\{",
    "modules": r"^\s*(import|export)\b",
    "methods": r"\.(at|replaceAll|flat|flatMap|matchAll|fromEntries|allSettled|hasOwn)\(",
}


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_leans_on_nothing_younger_than_the_telephone(sheet):
    rules = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text(), flags=re.DOTALL)
    assert [name for name, young in YOUNG_CSS.items() if re.search(young, rules)] == []


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_young_selector_takes_no_old_one_with_it(sheet):
    """One part of a list that is not known drops the whole rule."""
    for selector, _ in rules_of(sheet):
        young = [bool(re.search(":(has|focus-visible|backdrop)", one)) for one in selector.split(",")]
        assert len(set(young)) == 1, selector


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_read_to_its_end(name):
    """One sign that is not known, and no line of the script runs: nor does it with htmx, which they do without."""
    script = re.sub(r"^\s*//.*$", "", (STATIC / name).read_text(), flags=re.MULTILINE)
    assert [sign for sign, young in YOUNG_SCRIPT.items() if re.search(young, script, re.MULTILINE)] == []
