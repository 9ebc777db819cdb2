"""How long « Demander un code » takes to answer while mail leaves, and while the mail server is down.

Three portals are served as in production (`ophportal serve`, its delivery worker beside it). The mail server of the
first takes every mail, that of the second refuses connections, that of the third accepts them and never says a word.
Each request matches a tenant, so that there is a mail to send, and comes from a network address of its own. The whole
POST is timed, by the clock, since a page that waits is what is feared: short slices in turn, and the ratio of their
medians.

What it does not tell is the mail's own delay, which is all that a server that is down costs: it leaves once the server
is back. The portal whose mail leaves has more to do beside its pages (the worker writes mails, and the server that
takes them is on the same machine), which can make it the slower one.
"""

import re
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from bench.figures import Figure
from bench.rounds import alternate, ratio_of
from tests.office import Office, households, write_tenant_file

SLICE = 20


class Portal(Office):
    """An office behind a proxy, whose mail goes to its own post office or to `mail_port`."""

    def __init__(self, folder: Path, mail_port: int | None = None):
        super().__init__(folder)
        self.mail_port = mail_port
        self.asking = households(10_000)

    @property
    def environment(self) -> dict[str, str]:
        mail = {"OPHPORTAL_MAIL_PORT": str(self.mail_port)} if self.mail_port else {}
        return super().environment | mail | {"OPHPORTAL_TRUSTED_PROXIES": "1"}

    def open_for(self, tenants: int) -> "Portal":
        """The portal, served, with so many tenants on file."""
        self.run("migrate")
        self.run("import", "tenants", write_tenant_file(self.folder / "locataires.csv", tenants))
        self.serve()
        return self

    def slice(self) -> float:
        """The median seconds of some requests, each by the next tenant."""
        return statistics.median(self.request(next(self.asking)) for _ in range(SLICE))

    def request(self, who: dict[str, str]) -> float:
        number = int(who["N° locataire"].lstrip("L"))
        browser = build_opener(HTTPCookieProcessor())
        browser.addheaders = [("X-Forwarded-For", f"10.0.{number // 256}.{number % 256}"), ("HX-Request", "true")]
        with browser.open(f"{self.url}/demander-un-code") as page:
            token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
        assert token
        form = {
            "csrf_token": token[1], "name": who["Nom"], "email": who["Email"], "tenant_number": who["N° locataire"],
            "dwelling_reference": who["Réf. logement"],
        }  # fmt: skip
        post = Request(f"{self.url}/demander-un-code", urlencode(form).encode())
        begun = time.perf_counter()
        with browser.open(post) as answer:
            said = answer.read().decode()
        taken = time.perf_counter() - begun
        assert "a été envoyé" in said, said
        return taken


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def figures(rounds: int = 15) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        # The system accepts what connects to a socket that listens; nobody ever reads it.
        silent = running.enter_context(socket.create_server(("127.0.0.1", 0), backlog=100))
        portals = []
        for name, port in (("up", None), ("closed", closed_port()), ("silent", int(silent.getsockname()[1]))):
            place = Path(folder) / name
            place.mkdir()
            portals.append(running.enter_context(Portal(place, port)).open_for((rounds + 1) * SLICE))
        for portal in portals:
            portal.slice()
        up, closed, mute = alternate(rounds, *(portal.slice for portal in portals))
        left = len(portals[0].postman.mails)
    for what, times in (("refusing connections", closed), ("accepting them, and silent", mute)):
        ratio = ratio_of(times, up)
        same = ratio.low <= 1 <= ratio.high or abs(ratio.median - 1) <= 0.05
        found = f"{ratio} times the {statistics.median(up) * 1000:.1f} ms with mail leaving ({left} mails left)"
        yield Figure(f"POST of a request, the mail server {what}", "the same, within noise", found, same)
