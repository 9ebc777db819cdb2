"""Valid logins a second on two cores, through the real `ophportal serve` with two workers, by sixteen clients.

Each client has its own account and logs in by its access code, each time as a fresh browser: Identification for its
token, then the form, answered by a 303; so each login also writes a mail about a new device to the outbox. By an e-mail
address a login would cost two hashes, since two tenants may share one. Nothing throttles them: the doors count
failures, and an attempt under way is one until it proves right, sixteen at a time.

Deliveries have a line of their own, without which the server runs as `serve --no-deliver`: as many mails as logins,
each written and tried against a mail server that is away, on the same two cores. Most logins cause none.

A 503 is a login whose write waited five seconds for its turn at SQLite's lock, for which the threads of both workers
ask over and over, without an order. Disks that are slow to make a commit lasting bring it about.

The bare limit is two processes that check the same password at the same parameters and do nothing else. The clients
are wrk's (`bench/login.lua`), and the two cores are theirs too: what they take of them is told. On a machine where
others work the ratio says nothing: the portal's threads then win more of it than two processes do.

django-allauth runs on the same server with as many workers and threads, Django's default hasher and its sessions in
SQLite. Its hash alone takes many times an Argon2id one: that is the ratio, more than anything around it. And so it
depends on Django's release: PBKDF2 makes a million rounds in 5.2, the newest that Debian 12's Python runs, and one and
a half in 6.1. The goal is held to its newest release, for which the peers need a Python of 3.12 or later, while the
portal keeps its own: `make build/bench/.installed PYTHON=python3.13`, then `make bench PARTS=logins`. Its addresses are
confirmed, so it mails nothing; its limit of thirty logins a minute from one address is off, where the portal's throttle
is on.
"""

import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from urllib.parse import quote_plus

from bench.figures import Figure
from bench.rounds import alternate, ratio_of
from bench.sites import (
    ALLAUTH,
    BIN,
    CLIENTS,
    IDENTIFICATION,
    PASSWORD,
    Site,
    delivering,
    fill_peer,
    fill_portal,
    granian,
    portal,
    refusals,
    running,
    said,
    wrk,
)
from ophportal.passwords import hasher

# The token's field, the identifier's, and the sixteen identifiers.
FORMS = {
    IDENTIFICATION: ("csrf_token", "identifier", "BANC-%04d"),
    ALLAUTH: ("csrfmiddlewaretoken", "login", "locataire%d@exemple.test"),
}
CORES = 2


def clients(site: Site, address: str, seconds: int) -> subprocess.Popen[str]:
    """Sixteen who log in as fast as they can."""
    return wrk(address, seconds, "login.lua", *FORMS[site], quote_plus(PASSWORD), threads=CLIENTS)


def logins(site: Site, address: str, seconds: int) -> float:
    """Logins a second."""
    return said(clients(site, address, seconds), "Logins/sec")


def logins_with_deliveries(seconds: int) -> float:
    """The same, of a server that starts with an empty outbox and mails what they cause meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        fill_portal(folder)
        with running(delivering, IDENTIFICATION, folder, workers=CORES) as address:
            logins(IDENTIFICATION, address, 1)
            return logins(IDENTIFICATION, address, seconds)


def hashes(seconds: float) -> float:
    """Passwords checked a second by one process that does nothing else."""
    stored, count, begun = hasher.hash(PASSWORD), 0, time.perf_counter()
    while (taken := time.perf_counter() - begun) < seconds:
        hasher.verify(stored, PASSWORD)
        count += 1
    return count / taken


def django_version() -> str:
    """Of the peers' own Python."""
    told = "import django; print(django.__version__)"
    return subprocess.run([BIN / "python", "-c", told], capture_output=True, text=True, check=True).stdout.strip()


def figures(rounds: int = 6, seconds: int = 5) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as until_the_end:
        fill_portal(folder)
        fill_peer(ALLAUTH, folder)
        hashing = until_the_end.enter_context(ProcessPoolExecutor(CORES))
        ours = until_the_end.enter_context(running(portal, IDENTIFICATION, folder, workers=CORES))
        theirs = until_the_end.enter_context(running(granian, ALLAUTH, folder, workers=CORES))
        shares = []

        def log_in() -> float:
            before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            rate = logins(IDENTIFICATION, ours, seconds)
            after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begun
            shares.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / took / CORES)
            return rate

        # A first slice that does not count: workers and processes have what they keep yet to make.
        log_in()
        refusals.clear()
        found, limit = alternate(rounds, log_in, lambda: sum(hashing.map(hashes, [seconds] * CORES)))
        ratio = ratio_of(found, limit)
        told = f"{ratio} of {max(limit):.0f}/s"
        yield Figure("Logins, rate", "≥ 0.80 of the bare Argon2id limit", told, ratio.median >= 0.8)
        yield Figure("What the clients take of the two cores", "", f"{max(shares):.1%}")
        yield Figure("Logins refused with a 503, the store being busy", "none", str(sum(refusals)), sum(refusals) == 0)
        # Its hashes are long and end together: a short slice would see few of them.
        found, peer = alternate(
            3, lambda: logins(IDENTIFICATION, ours, seconds), lambda: logins(ALLAUTH, theirs, 4 * seconds)
        )
        ratio = ratio_of(found, peer)
        told = f"{ratio} times its {max(peer):.1f}/s"
        name = f"Logins over django-allauth's (Django {django_version()}), rate"
        yield Figure(name, "≥ 12 times", told, ratio.median >= 12)
        mailed, unmailed = alternate(
            3, lambda: logins_with_deliveries(seconds), lambda: logins(IDENTIFICATION, ours, seconds)
        )
        yield Figure("Logins while a mail each is tried, over without", "", str(ratio_of(mailed, unmailed)))
