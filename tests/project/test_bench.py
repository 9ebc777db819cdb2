"""What the measurements say of the code that they measured."""

import subprocess

import pytest

from bench import figures


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A folder of one commit, which the tool takes for the project's."""
    (tmp_path / "bench").mkdir()
    for name in ("portal.py", "bench/RESULTS.md"):
        (tmp_path / name).write_text("before")
    who = ("-c", "user.name=essai", "-c", "user.email=essai@exemple.test")
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "Before"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "RESULTS", tmp_path / "bench" / "RESULTS.md")
    return tmp_path


def test_the_results_of_one_part_do_not_make_the_next_one_s_code_another(measured):
    commit = figures.revision()
    (measured / "bench/RESULTS.md").write_text("of the first part")
    assert figures.revision() == commit


def test_changed_code_does(measured):
    commit = figures.revision()
    (measured / "portal.py").write_text("changed")
    assert figures.revision() == f"{commit}-dirty"
