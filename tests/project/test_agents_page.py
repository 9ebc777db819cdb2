"""docs/agents.md: the words that it says a caller or an agent reads are those on the screens."""

import re
from functools import cache
from itertools import chain

import pytest

from tests.citations import ROOT

PAGE = (ROOT / "docs/agents.md").read_text(encoding="utf-8")


def first_cells(heading):
    """Of the table under `heading`: what is read on a screen."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line.split("|")[1] for line in part.splitlines() if line.startswith("| «")]


@cache
def all_words():
    """The texts of the code and of the templates, with the strings that a line's end cuts put together again."""
    files = chain((ROOT / "ophportal").rglob("*.py"), (ROOT / "templates").rglob("*.html"))
    words = " ".join(" ".join(path.read_text(encoding="utf-8").split()) for path in files)
    return re.sub(r'" f?"', "", words)


@pytest.mark.parametrize("heading", ["Un locataire appelle", "Quand quelque chose ne va pas"])
def test_what_the_page_quotes_is_what_the_screens_say(heading):
    quoted = [words for cell in first_cells(heading) for words in re.findall("« (.+?) »", cell)]
    assert len(quoted) >= 5
    assert [words for words in quoted if words not in all_words()] == []


def test_an_agent_learns_what_the_number_of_an_error_page_is_for():
    """« Si vous nous appelez, donnez ce numéro »: it is the agent who answers."""
    assert "Si vous nous appelez, donnez ce numéro" in " ".join(first_cells("Un locataire appelle"))


def test_the_contents_name_every_part_and_no_other():
    parts = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    named = re.findall(r"^- \[(.+?)\]\(#(.+?)\)", PAGE, re.MULTILINE)
    assert [(name, name.lower().replace(",", "").replace(" ", "-")) for name, _ in named] == named
    assert [name for name, _ in named] == parts
