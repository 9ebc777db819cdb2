"""docs/security.md: what it cites exists, every requirement has its line, and a claim that no other file shows."""

import re
from collections import Counter
from typing import NamedTuple

from tests.citations import ROOT, cited, files_named, mistakes

PAGE = (ROOT / "docs" / "security.md").read_text()

# The requirements of ASVS 5.0.0 by section: the n-th digit is the level of the section's n-th requirement.
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223",
    "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
}  # fmt: skip
WANTED = {
    f"{section}.{number}": f"L{level}"
    for section, levels in LEVELS.items()
    for number, level in enumerate(levels, 1)
    if level in "12"
}
VERDICTS = ("Met", "Built so", "Does not apply", "Not met")


class Line(NamedTuple):
    """A line of the tables: one requirement, or several of one level that share a reason."""

    ids: list[str]
    level: str
    matter: str
    verdict: str
    reason: str


def lines():
    found = re.findall(r"^\| ([\d., ]+) \| (L\d) \| ([^|]+) \| ([^|]+) \| (.*) \|$", PAGE, re.MULTILINE)
    return [Line(ids.split(", "), *rest) for ids, *rest in found]


def test_every_test_and_every_file_that_the_page_cites_exists():
    assert len(cited(PAGE)) > 80
    assert len(files_named(PAGE)) > 20
    assert mistakes(PAGE) == []


def test_every_requirement_of_the_chapters_is_named_exactly_once():
    named = Counter(re.findall(r"(?<![\w.])\d+\.\d+\.\d+(?![\w.])", PAGE))
    assert {name: named[name] for name in WANTED if named[name] != 1} == {}


def test_every_requirement_has_its_line_at_its_own_level_and_no_other_has_one():
    assert {name: line.level for line in lines() for name in line.ids} == WANTED


def test_every_line_has_one_of_four_verdicts_and_a_reason():
    assert {line.verdict for line in lines()} == set(VERDICTS)
    assert not [line.ids for line in lines() if not line.reason.strip()]


def test_what_is_met_cites_the_test_that_shows_it():
    assert not [line.ids for line in lines() if line.verdict == "Met" and not cited(line.reason)]


def test_what_is_not_met_says_why_at_some_length():
    assert not [line.ids for line in lines() if line.verdict == "Not met" and len(line.reason) < 60]


def test_the_totals_are_those_of_the_lines():
    counted = Counter()
    for line in lines():
        counted[line.level, line.verdict] += len(line.ids)
    for level in ("L1", "L2"):
        numbers = " | ".join(str(counted[level, verdict]) for verdict in VERDICTS)
        assert f"| {level} | {numbers} |" in PAGE


def test_no_answer_lets_another_origin_read_it(client):
    origin = {"Origin": "https://ailleurs.exemple.test"}
    for address in ("/", "/identification", "/compte", "/nulle-part", "/portal.css"):
        for answer in (client.get(address, headers=origin), client.options(address, headers=origin)):
            assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")], address
