"""How long a page takes, for those who read, while sixteen clients log in as fast as they can, on two cores.

The portal is `ophportal serve` with two workers; readers ask for the home page, Identification, and the account of a
connected tenant in turn: sixteen connections, each after a random pause, about a hundred pages a second in all; once
alone, once while clients log in (as in `bench/logins.py`), and clients once without readers, in alternating slices.
What is told is the ratio of the 99th hundredths. Readers and clients are on the same two cores as the server, which
the hashes fill: a page then waits for its turn on a core as much as for the portal. The thread that hashes has a low
priority for that (ophportal/one_thread.py).

django-allauth is asked for its login, sign-up and addresses' pages, on the same server. It puts no limit on how many
passwords are hashed at once.
"""

import re
import subprocess
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar

from bench.figures import Figure
from bench.logins import CORES, FORMS, clients
from bench.rounds import alternate, ratio_of
from bench.sites import (
    ALLAUTH,
    CLIENTS,
    IDENTIFICATION,
    PASSWORD,
    Server,
    Site,
    fill_peer,
    fill_portal,
    granian,
    portal,
    running,
    said,
    wrk,
)

# Milliseconds between two pages of a reader.
PAUSE = 160
PAGES = {
    IDENTIFICATION: ("/", "/identification", "/compte"),
    ALLAUTH: ("/accounts/login/", "/accounts/signup/", "/accounts/email/"),
}


def session_at(site: Site, address: str) -> str:
    """The cookies of a browser that has just logged in."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    token_field, identifier_field, identifiers = FORMS[site]
    token = re.search(f'"{token_field}" value="([^"]+)"', browser.open(address).read().decode())
    assert token
    answers = {token_field: token[1], identifier_field: identifiers % 1, "password": PASSWORD}
    browser.open(address, urllib.parse.urlencode(answers).encode()).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def storm(server: Server, site: Site, rounds: int, seconds: int) -> tuple[list[float], ...]:
    """The 99th hundredths, in milliseconds, alone and in the storm; logins a second in the storm and alone."""
    rates = []
    with tempfile.TemporaryDirectory() as folder:
        fill_portal(folder) if site is IDENTIFICATION else fill_peer(site, folder)
        with running(server, site, folder, workers=CORES) as address:
            cookie = session_at(site, address)

            def readers() -> subprocess.Popen[str]:
                return wrk(address, seconds, "read.lua", str(PAUSE), cookie, *PAGES[site], threads=CLIENTS)

            def calm() -> float:
                return said(readers(), "p99") / 1000

            def stormy() -> float:
                many, few = clients(site, address, seconds), readers()
                rates.append(said(many, "Logins/sec"))
                return said(few, "p99") / 1000

            def unread() -> float:
                return said(clients(site, address, seconds), "Logins/sec")

            stormy()
            rates.clear()
            alone, meanwhile, unread_rates = alternate(rounds, calm, stormy, unread)
    return alone, meanwhile, rates, unread_rates


def figures(rounds: int = 5, seconds: int = 6) -> Iterator[Figure]:
    alone, meanwhile, read, unread = storm(portal, IDENTIFICATION, rounds, seconds)
    ratio = ratio_of(meanwhile, alone)
    told = f"{ratio} times the {min(alone):.1f} ms of a calm server"
    yield Figure("Pages while sixteen log in, p99", "≤ 1.5 times that alone", told, ratio.median <= 1.5)
    yield Figure("Logins while pages are read, rate over that without", "", str(ratio_of(read, unread)))
    alone, meanwhile, _, _ = storm(granian, ALLAUTH, 2, 2 * seconds)
    told = f"{ratio_of(meanwhile, alone)} times the {min(alone):.1f} ms of a calm server"
    yield Figure("The same at django-allauth's pages", "", told)
