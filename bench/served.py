"""A portal as production serves it, over HTTP on this machine, with a tenant who has logged in."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import config
from bench.figures import ROOT
from bench.in_process import tenant_inside
from bench.sites import Site, portal, running, settings
from ophportal import create_app, database


class Served(NamedTuple):
    """Where the portal answers, and the header `Cookie` of its tenant."""

    url: str
    cookie: str


@contextmanager
def portal_served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as folder:
        prefix = "OPHPORTAL_"
        ours = {name.removeprefix(prefix): it for name, it in settings(folder).items() if name.startswith(prefix)}
        app = create_app(config.Production(ours))
        database.migrate()
        cookie = tenant_inside(app)
        with running(portal, Site("wsgi:application", "", ROOT), folder) as address:
            yield Served(address, cookie)
