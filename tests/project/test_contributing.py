"""CONTRIBUTING.md: what it sends a newcomer to is there."""

import re

from tests.citations import ROOT, mistakes

PAGE = (ROOT / "CONTRIBUTING.md").read_text()


def test_every_file_that_it_names_is_there():
    assert mistakes(PAGE) == []


def test_every_helper_is_where_it_says():
    helpers = PAGE.partition("| to have | from |")[2]
    rows = re.findall(r"^\| (.+) \| `(\S+\.py)`", helpers, re.MULTILINE)
    assert len(rows) >= 10
    for names, file in rows:
        code = (ROOT / file).read_text()
        for name in re.findall(r"`(\w+)`", names):
            made = rf"^(def|class) {name}\b|^{name} = |^@pytest.fixture\(name=\"{name}\"\)"
            assert re.search(made, code, re.MULTILINE), f"{file} has no {name}"
