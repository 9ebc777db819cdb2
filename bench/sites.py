"""Sites under measure: their servers, each a process over a store of its own, and the load that wrk puts on them."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from bench.figures import ROOT
from ophportal import database
from ophportal.models import Account, Tenant
from ophportal.models.keys import code_key
from ophportal.passwords import hash_password
from ophportal.serving import THREADS
from ophportal.testing import add_lease

# Where the peers and both servers are installed, by `make build/bench/.installed`.
BIN = ROOT / "build" / "bench" / "bin"
PASSWORD = "quatre chèvres bleues dansent"
CLIENTS = 16
refusals: list[int] = []


class Site(NamedTuple):
    """A WSGI application, the page that is asked for, and the folder that it is loaded from."""

    application: str
    page: str
    folder: Path = ROOT / "bench" / "peers"


IDENTIFICATION = Site("wsgi:application", "/identification", ROOT)
HELLO = Site("hello_site:application", "/")
ALLAUTH = Site("allauth_site:application", "/accounts/login/")
FLASK_SECURITY = Site("flask_security_site:application", "/login")

# The command that serves a site at a port, with so many workers.
Server = Callable[[Site, int, int], list[str]]


def granian(site: Site, port: int, workers: int = 1) -> list[str]:
    """As `ophportal serve` runs it (ophportal/serving.py)."""
    how = ["--interface", "wsgi", "--workers", str(workers), "--blocking-threads", str(THREADS), "--backlog", "1024"]
    return [str(BIN / "granian"), *how, "--no-ws", "--no-log", "--port", str(port), site.application]


def gunicorn(site: Site, port: int, workers: int = 1) -> list[str]:
    how = ["--workers", str(workers), "--threads", str(THREADS), "--bind", f"127.0.0.1:{port}"]
    return [str(BIN / "gunicorn"), *how, site.application]


def delivering(_site: Site, port: int, workers: int) -> list[str]:
    """`ophportal serve` as it is, which delivers mail beside the server."""
    return [str(Path(sys.executable).with_name("ophportal")), "serve", "--port", str(port), "--workers", str(workers)]


def portal(site: Site, port: int, workers: int) -> list[str]:
    """`ophportal serve`, whose mail another process or machine delivers."""
    return [*delivering(site, port, workers), "--no-deliver"]


def pinned(core: int | None) -> list[str]:
    return [] if core is None else ["taskset", "-c", str(core)]


@contextmanager
def running(server: Server, site: Site, folder: str, *, workers: int = 1, core: int | None = None) -> Iterator[str]:
    """The address of the site's page, served until the block ends, over the store that lies in `folder`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*pinned(core), *server(site, port, workers)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=site.folder, env=settings(folder), **quiet)
    try:
        address = f"http://127.0.0.1:{port}{site.page}"
        wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait()


def settings(folder: str) -> dict[str, str]:
    """The environment of every site: the portal's settings, and what the peers are told."""
    return os.environ | {
        "OPHPORTAL_SECRET_KEY": "a-key-for-the-benchmark-alone-0123456789",
        "OPHPORTAL_BASE_URL": "http://127.0.0.1",
        "OPHPORTAL_DATABASE_URL": f"sqlite:///{folder}/portal.sqlite",
        "OPHPORTAL_MAIL_SERVER": "127.0.0.1",
        "OPHPORTAL_MAIL_PORT": "9",
        "OPHPORTAL_MAIL_USE_TLS": "non",
        "OPHPORTAL_MAIL_SENDER": "banc@exemple.test",
        "OPHPORTAL_OFFICE_PHONE": "04 65 71 00 00",
        "OPHPORTAL_OFFICE_PAYMENT": "Virement|Chèque : à l'ordre de l'office|Carte ou espèces : à l'accueil",
        "BENCH_DATABASE": f"{folder}/peer.sqlite",
        "BENCH_PASSWORD": PASSWORD,
        "BENCH_ACCOUNTS": str(CLIENTS),
    }


def wait_for(address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{address} does not answer")


def fill_portal(folder: str) -> None:
    """Make the portal's store, with the accounts « BANC-0001 » and so on, each a tenant with a lease."""
    database.bind(f"sqlite:///{folder}/portal.sqlite")
    database.migrate()
    password_hash = hash_password(PASSWORD)
    for number in range(1, CLIENTS + 1):
        email = f"locataire{number}@exemple.test"
        tenant = Tenant.create(
            last_name="LAURIER", first_names="Agathe", number=f"{number:07d}", number_key=str(number), email=email,
            email_key=email,
        )  # fmt: skip
        add_lease(tenant, f"0123-04-{number:03d}", date(2020, 1, 1))
        code = f"BANC-{number:04d}"
        account = Account.create(tenant=tenant, code=code, code_key=code_key(code))
        account.choose_password(password_hash)


def fill_peer(site: Site, folder: str) -> None:
    """Make the peer's store, with its accounts."""
    module = site.application.partition(":")[0]
    subprocess.run([BIN / "python", f"{module}.py"], cwd=site.folder, env=settings(folder), check=True)


def wrk(
    address: str, seconds: int, script: str = "", *arguments: str, threads: int = 1, core: int | None = None
) -> subprocess.Popen[str]:
    """The load of sixteen connections for so long, as a Lua script of this folder has it."""
    if shutil.which("wrk") is None:
        raise SystemExit("This part needs wrk, which Debian has as a package of that name.")
    how = [f"-t{threads}", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "60s"]
    scripted = ["-s", str(ROOT / "bench" / script)] if script else []
    command = [*pinned(core), "wrk", *how, *scripted, address, "--", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def said(load: subprocess.Popen[str], name: str) -> float:
    """The figure that a load tells under this name, once it has ended; each of its answers must be as expected.

    But for a 503, « the store is busy », which `refusals` counts: a server that says so under load is a finding.
    """
    text, _ = load.communicate()
    # A script tells itself of what it does not expect: a redirection may be what it does.
    if strange := re.search("Strange:(.*)", text):
        refusals.append(strange[1].count(" 503"))
        assert not strange[1].replace(" 503", ""), text
    else:
        assert "Non-2xx" not in text, text
    found = re.search(rf"{name}:\s+([\d.]+)", text)
    assert found, text
    return float(found[1])


def rate(address: str, seconds: int) -> float:
    """Pages a second, the server having the first core and the load the second."""
    return said(wrk(address, seconds, core=1), "Requests/sec")
