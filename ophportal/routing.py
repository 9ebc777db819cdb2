"""Addresses, as Flask knows them."""

from collections.abc import Callable
from functools import cache

from werkzeug.routing import Rule


class LateRule(Rule):
    """Werkzeug's, which writes and compiles two functions a rule at start, for `url_for` alone.

    Here they are made when a rule's address is first asked for: of a hundred rules that is a third of the portal's own
    start, and its pages write nearly all their addresses out.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        make = cache(super()._compile_builder)
        return lambda *args, **values: make(append_unknown)(*args, **values)
