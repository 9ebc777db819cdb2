"""Jinja as the portal uses it."""

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class Templates(Environment):
    """Flask's, whose templates hold what all of them know in a dictionary of their own.

    Jinja chains the two, to see what is made known later, and each page then copies the chain name by name: that took
    a third of its rendering. Here everything is made known before the first page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}
