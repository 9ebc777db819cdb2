"""The production server, with the delivery worker and the exporter of figures beside it, as one process group."""

import logging
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack

from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from ophportal import metrics
from ophportal.logs import GRANIAN

logger = logging.getLogger(__name__)

# A page that waits for its turn to hash holds a thread; sixteen leave room for those that only read.
THREADS = 16
# Seconds in which pages end once told to stop, less than systemd waits: one that is asked for by half never does.
LAST_PAGES = 20
# Seconds before a companion that died is started again.
RESTART_PAUSE = 2.0


def serve(host: str, port: int, workers: int, *, deliver: bool, measure: bool) -> None:
    """Serve `wsgi:application` on `host`:`port` until told to stop (SIGINT, SIGTERM), delivering mail meanwhile."""
    # Not its access log: the lines would carry addresses, and paths that can name people (`logs` writes the portal's).
    logging.getLogger("_granian").addFilter(is_news)
    server = Server(
        "wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        # As proxies ask. A body of HTTP/2 needs no Content-Length, and would pass `bodies` unread.
        http=HTTPModes.http1,
        workers=workers,
        blocking_threads=THREADS,
        backlog=1024,
        respawn_failed_workers=True,
        workers_kill_timeout=LAST_PAGES,
        log_access=False,
        log_dictconfig=GRANIAN,
        websockets=False,
    )
    with ExitStack() as beside:
        if deliver:
            beside.enter_context(Companion("deliver"))
        if measure:
            beside.enter_context(metrics.counting())
            beside.enter_context(Companion("metrics"))
        server.serve()


def is_free(host: str, port: int) -> bool:
    """Whether a server may listen there; asked first, since granian answers with a backtrace."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True


def is_news(record: logging.LogRecord) -> bool:
    """Granian warns at each start that sixteen threads are many for a small machine's cores; they are meant to wait."""
    return "quite high" not in record.getMessage()


class Companion:
    """A command of `ophportal` in a process of its own, started again when it dies, ended with the server."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.stopping = threading.Event()
        self.process = self.start()
        self.watcher = threading.Thread(target=self.watch, name=f"{command}-watcher", daemon=True)

    def __enter__(self) -> None:
        self.watcher.start()

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.process.terminate()
        self.watcher.join(timeout=30)

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ophportal", self.command, "--with-parent"]
        return subprocess.Popen(command)  # noqa: S603 - our own, of the two that `serve` names

    def watch(self) -> None:
        while True:
            status = self.process.wait()
            if self.stopping.wait(RESTART_PAUSE):
                return
            logger.error("« ophportal %s » ended with status %s; starting another", self.command, status)
            self.process = self.start()
