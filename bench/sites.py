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
from pathlib import Path
from typing import NamedTuple

from bench.figures import ROOT
from ophportal import database
from ophportal.models import Account
from ophportal.passwords import hash_password
from ophportal.serving import THREADS

# Where the peers and both servers are installed, by `make build/bench/.installed`.
BIN = ROOT / "build" / "bench" / "bin"
PASSWORD = "quatre chèvres bleues dansent"
CLIENTS = 16


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


def ophportal_serve(_site: Site, port: int, workers: int) -> list[str]:
    return [str(Path(sys.executable).with_name("ophportal")), "serve", "--port", str(port), "--workers", str(workers)]


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
        "BENCH_DATABASE": f"{folder}/peer.sqlite",
        "BENCH_PASSWORD": PASSWORD,
        "BENCH_ACCOUNTS": str(CLIENTS),
    }


def wait_for(address: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(address) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{address} does not answer")


def fill_peer(site: Site, folder: str) -> None:
    """Make the peer's store, with its accounts."""
    module = site.application.partition(":")[0]
    subprocess.run([BIN / "python", f"{module}.py"], cwd=site.folder, env=settings(folder), check=True)


def wrk(address: str, seconds: int, *more: str, threads: int = 1, core: int | None = None) -> subprocess.Popen[str]:
    """The load of sixteen connections for so long; `more` is a script's, with its arguments behind « -- »."""
    if shutil.which("wrk") is None:
        raise SystemExit("This part needs wrk, of Debian's package of that name.")
    how = [f"-t{threads}", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "60s"]
    command = [*pinned(core), "wrk", *how, *more[:2], address, *more[2:]]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def said(load: subprocess.Popen[str], name: str) -> float:
    """The figure that a load tells under this name, once it has ended without an answer that it did not expect."""
    text, _ = load.communicate()
    assert load.returncode == 0, text
    assert "Non-2xx" not in text or "Strange: 0" in text, text
    assert "Strange: 0" in text or "Strange" not in text, text
    found = re.search(rf"{name}:\s+([\d.]+)", text)
    assert found, text
    return float(found[1])


def rate(address: str, seconds: int) -> float:
    """Pages a second, the server having the first core and the load the second."""
    return said(wrk(address, seconds, core=1), "Requests/sec")
