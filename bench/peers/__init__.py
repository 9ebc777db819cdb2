"""GET Identification against the login pages of django-allauth and Flask-Security, on the same server."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

from bench.figures import Figure
from bench.rounds import alternate, ratio_of
from bench.sites import ALLAUTH, FLASK_SECURITY, IDENTIFICATION, fill_peer, granian, gunicorn, rate, running

GOALS = {"django-allauth": (ALLAUTH, 8), "Flask-Security": (FLASK_SECURITY, 3)}


def figures(rounds: int = 5, seconds: int = 2) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        for server in (granian, gunicorn):
            with ExitStack() as servers:
                sites = [IDENTIFICATION, *(site for site, _ in GOALS.values())]
                addresses = [servers.enter_context(running(server, site, folder, core=0)) for site in sites]
                sides = [lambda address=address: rate(address, seconds) for address in addresses]
                ours, *others = alternate(rounds, *sides)
            for (name, (_, goal)), theirs in zip(GOALS.items(), others, strict=True):
                ratio = ratio_of(ours, theirs)
                told = f"{ratio} times its {max(theirs):.0f}/s"
                what = f"Identification over {name}'s login page, on {server.__name__}"
                yield Figure(what, f"≥ {goal} times", told, ratio.median >= goal)
