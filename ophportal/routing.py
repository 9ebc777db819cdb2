"""Addresses, as Flask knows them."""

from collections.abc import Callable
from functools import cache
from typing import Any

from werkzeug.routing import IntegerConverter, Map, Rule


class StorableInteger(IntegerConverter):
    """An `int` of an address, up to where SQLite's integers end. Beyond, it is no row's, and leads nowhere.

    In our own digits: Python reads those of all scripts, and a page would have an address in each.
    """

    regex = "[0-9]+"

    def __init__(self, addresses: Map, **how: Any):
        super().__init__(addresses, max=2**63 - 1, **how)


class LateRule(Rule):
    """Werkzeug's, which writes and compiles two functions a rule at start, for `url_for` alone.

    Here they are made when a rule's address is first asked for: of a hundred rules that is a third of the portal's own
    start, and its pages write nearly all their addresses out.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        make = cache(super()._compile_builder)
        return lambda *args, **values: make(append_unknown)(*args, **values)
