"""A portal as production serves it, over HTTP on this machine, with a tenant who has logged in."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.request import urlopen

import config
from bench.figures import ROOT
from bench.in_process import tenant_inside
from ophportal import create_app, database


class Served(NamedTuple):
    """Where the portal answers, and the header `Cookie` of its tenant."""

    url: str
    cookie: str


@contextmanager
def portal_served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        url = f"http://127.0.0.1:{port}"
        settings = {
            "SECRET_KEY": "a-key-for-the-benchmark-alone-0123456789",
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite",
            "BASE_URL": url,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_USE_TLS": "non",
            "MAIL_SENDER": "banc@exemple.test",
            "OFFICE_PHONE": "04 65 71 00 00",
            "OFFICE_PAYMENT": "Virement|Chèque : à l'ordre de l'office|Carte ou espèces : à l'accueil",
        }
        portal = create_app(config.Production(settings))
        database.migrate()
        cookie = tenant_inside(portal)
        command = [sys.executable, "-m", "ophportal", "serve", "--port", str(port), "--workers", "1", "--no-deliver"]
        environment = os.environ | {f"OPHPORTAL_{name}": value for name, value in settings.items()}
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(url)
            yield Served(url, cookie)
        finally:
            server.terminate()
            server.wait()


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            with urlopen(url):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{url} does not answer")
