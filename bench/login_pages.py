"""GET Identification against the login pages of django-allauth and Flask-Security, on the same server.

One worker pinned to the first core, sixteen threads, the load on the second core, in alternating slices; every visitor
is new. The peers are `bench/peers/*_site.py`: their releases of PyPI, configured as their documentation's quick start
says, without debugging, templates kept compiled. No page asks the store anything, and none finds a session.

Each page has a form with two answers, a box to tick, and a token against forgery that it makes and ties to a cookie:
the portal and Flask-Security sign a session, Django masks a random secret. The portal's page says more than theirs
(about 3 kB of HTML against allauth's 2.3 and Flask-Security's 1.7: the office, help with each answer, ways to other
pages) and sends more headers.

What the ratios do not say: the portal renders this page once a day for all who come without a session, and puts each
visitor's own token into it, while the peers render theirs at every request, as they come. Their users may do the same,
or replace allauth's many small templates by one. A page that says something of its visitor is not among these: the
account's home is measured against « hello » alone, in « Pages, without a server ».
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

from bench.figures import Figure
from bench.rounds import alternate, ratio_of
from bench.sites import ALLAUTH, FLASK_SECURITY, IDENTIFICATION, granian, gunicorn, rate, running

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
                if server is granian:
                    yield Figure(what, f"≥ {goal} times", told, ratio.median >= goal)
                else:
                    yield Figure(what, "", told)
