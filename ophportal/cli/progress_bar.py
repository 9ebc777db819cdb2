"""How far a command is, shown on the terminal."""

import sys
from typing import Any

import click


class ProgressBar:
    """A progress bar on a terminal, silence elsewhere; called with what is done and how much there is."""

    def __init__(self, label: str):
        self.label = label
        self.bar: Any = None
        self.done = 0

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *failure: Any) -> None:
        if self.bar is not None:
            self.bar.__exit__(*failure)

    def __call__(self, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if self.bar is None:
            self.bar = click.progressbar(length=total, label=self.label, file=sys.stderr).__enter__()
        self.bar.update(done - self.done)
        self.done = done
