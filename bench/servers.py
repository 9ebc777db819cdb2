"""GET Identification on granian, which serves the portal, and on gunicorn; against a bare Flask « hello » on each.

One worker pinned to the first core, as many threads as in production, the load (Debian's `wrk`, sixteen connections
kept open) on the second; in alternating slices. Every visitor is new, without a cookie: each page makes a token and
a session for its form. Which server is docs/decisions/0001-granian.md.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

from bench.figures import Figure
from bench.rounds import alternate, ratio_of
from bench.sites import HELLO, IDENTIFICATION, granian, gunicorn, rate, running

GOALS = {granian: 0.28, gunicorn: 0.40}


def figures(rounds: int = 7, seconds: int = 2) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        addresses = [
            servers.enter_context(running(server, site, folder, core=0))
            for server in GOALS
            for site in (IDENTIFICATION, HELLO)
        ]
        sides = [lambda address=address: rate(address, seconds) for address in addresses]
        found = alternate(rounds, *sides)
    for (server, goal), ours, hello in zip(GOALS.items(), found[::2], found[1::2], strict=True):
        ratio = ratio_of(ours, hello)
        told = f"{ratio} of hello's {max(hello):.0f}/s"
        yield Figure(f"Identification on {server.__name__}, rate", f"≥ {goal} of hello's", told, ratio.median >= goal)
    yield Figure("Identification, granian over gunicorn", "", str(ratio_of(found[0], found[2])))
