"""What a page of docs/ cites: tests, as `tests/…/test_x.py::test_y`, and files."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


def cited(text):
    """The tests that a text names, as (file, name in the file)."""
    return set(re.findall(r"`(tests/[\w/]+\.py)::(\w+(?:::\w+)?)`", text))


def files_named(text):
    """The files and the folders of ours that a text names."""
    return set(re.findall(r"`((?:ophportal|tests|templates|docs|static)/[\w./-]*|config\.py|\.env\.example)`", text))


def mistakes(text):
    """The citations that lead nowhere, and what looks like a citation without being one."""
    missing_tests = [f"{file}::{name}" for file, name in cited(text) if name not in names_in(file)]
    missing_files = [name for name in files_named(text) if not (ROOT / name).exists()]
    well_written = len(re.findall(r"`tests/[\w/]+\.py::\w+(?:::\w+)?`", text))
    badly_written = ["something like a citation"] * (text.count(".py::") - well_written)
    return sorted(missing_tests + missing_files + badly_written)


@cache
def names_in(file):
    """The names of the tests of a file, those of a class under the class's name; none where there is no file."""
    if not (ROOT / file).exists():
        return set()
    names = set()
    for node in ast.parse((ROOT / file).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return {name for name in names if name.split("::")[-1].startswith("test_")}
