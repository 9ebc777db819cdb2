"""One measured line, the page that holds them all, and the machine that they were measured on."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "RESULTS.md"
HEAD = """\
# What the portal costs

Written by `make bench`; what each part does, and how to read it, is in its file. A ratio is told as its median over
the rounds, and the least and greatest of them.
"""


class Figure(NamedTuple):
    """What was measured, its goal, what was found, in words; whether the goal is met, None where there is none."""

    what: str
    goal: str
    found: str
    is_met: bool | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.found} (goal {self.goal or 'none'}: {self.verdict})"

    @property
    def verdict(self) -> str:
        return {True: "met", False: "not met", None: "—"}[self.is_met]


def machine() -> str:
    """The processor, how many of it, and the Python; no name of a host or of a person."""
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    name = model[1] if model else platform.machine()
    return f"{os.cpu_count()} × {name}, Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"


def revision() -> str:
    """The commit measured, and whether files differ from it, but RESULTS.md, which the part before has written."""
    code = [".", f":!{RESULTS.relative_to(ROOT)}"]
    said, changed = (
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        for words in (["rev-parse", "--short", "HEAD"], ["diff", "--stat", "HEAD", "--", *code])
    )
    return f"{said}-dirty" if changed else said or "unknown"


def record(title: str, reading: str, figures: Iterable[Figure]) -> list[Figure]:
    """Tell each figure as soon as it is found, then put them all in RESULTS.md."""
    found = []
    for figure in figures:
        print(figure, flush=True)
        found.append(figure)
    write(title, reading, found)
    return found


def write(title: str, reading: str, figures: Iterable[Figure]) -> None:
    """Put the part `title` in RESULTS.md, in the place of what it said before; `reading` says how to take it."""
    parts = parts_of(RESULTS.read_text()) if RESULTS.exists() else {}
    lines = [f"| {it.what} | {it.goal} | {it.found} | {it.verdict} |" for it in figures]
    table = "\n".join(["| what | goal | found | |", "|---|---|---|---|", *lines])
    measured = f"{date.today():%Y-%m-%d}, commit {revision()}, {machine()}."  # noqa: DTZ011 - the machine's own day
    parts[title] = f"{measured}\n\n{table}\n\n{reading.strip()}\n"
    RESULTS.write_text(HEAD + "".join(f"\n## {name}\n\n{text}" for name, text in parts.items()))


def parts_of(page: str) -> dict[str, str]:
    """The text under each title, by title, in their order."""
    parts = (part.partition("\n\n") for part in page.split("\n## ")[1:])
    return {title: text.rstrip() + "\n" for title, _, text in parts}
