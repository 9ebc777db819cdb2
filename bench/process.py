"""What a process that serves pages costs beside one that serves a bare Flask « hello »: its start, and its memory.

- The start is the processor's time of a whole new Python until the application is there, against one that imports flask
  and stops there; the interpreter's own is in both. Everything is compiled already, and in the machine's memory.
- Resident is the proportional set size (PSS) of granian's worker after 200 GETs of its page, one worker with two
  threads; pages that processes share are counted in shares. Hello is served by the same server with the same settings.
  Identification is what is asked for; a worker that has also served PDFs, or judged a new password (zxcvbn's
  dictionaries, 13 MB and 40 ms), holds more: those are loaded for the first who needs them, and stay.

The goals are those of trials with the tenants' pages alone. What stands beside hello's for good: Peewee, WTForms,
Flask-WTF and Flask-Login, which take two fifths of the difference in memory (the last two load Flask's test client and
an HTTP client as well), the templates' compiler for the first page (hello has no template); the rest is some ninety
addresses and the modules of all the rooms, the agents' among them. To load a room at its first page would take it out
of Flask's own map of addresses. To load Flask-WTF, WTForms and Flask-Login at the first page that needs them would
bring the start to 1.28 by instructions: that page would pay it back, every view would import its forms in its body,
and what checks the forms' tokens would be wired by hand. What the start makes is not looked through for garbage
(`wsgi.py`); in the other side, which stops at `import flask`, it is.

By instructions, which no neighbour moves: `valgrind --tool=callgrind`, of `import …; os._exit(0)`. Without the last the
interpreter's exit is counted too, and it looks through all that the other side has made, and through nothing of ours.
"""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import ROOT, Figure
from bench.memory import pss
from bench.rounds import alternate, ratio_of
from bench.sites import settings, wait_for

HELLO = """\
from flask import Flask

application = Flask("hello")
application.get("/identification")(lambda: "hello")
"""


def environment(folder: str) -> dict[str, str]:
    # Where the last is set, each start would compile all of ours anew.
    return settings(folder) | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": ""}


def start(statement: str, folder: str) -> float:
    """Seconds of the processor that a new Python takes to come this far."""
    told = "; import time; print(time.process_time())"
    command = [sys.executable, "-c", statement + told]
    return float(subprocess.run(command, cwd=ROOT, env=environment(folder), capture_output=True, check=True).stdout)


@contextmanager
def served(application: str, folder: str) -> Iterator[tuple[int, str]]:
    """granian with one worker, until the block ends; its process, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [Path(sys.executable).parent / "granian", "--interface", "wsgi", "--workers", "1", "--no-log"]
    command += ["--blocking-threads", "2", "--port", port, application]
    server = subprocess.Popen(command, cwd=ROOT, env=environment(folder), stderr=subprocess.DEVNULL)
    try:
        yield server.pid, f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def resident(application: str, folder: str) -> float:
    """MiB of the worker once it has served 200 pages."""
    with served(application, folder) as (pid, address):
        for _ in range(200):
            wait_for(f"{address}/identification")
        (worker,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return pss(int(worker))


def figures(starts: int = 41, rounds: int = 5) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "hello.py").write_text(HELLO)
        for statement in ("import wsgi", "import flask"):
            start(statement, folder)
        ours, flask = alternate(starts, lambda: start("import wsgi", folder), lambda: start("import flask", folder))
        ratio = ratio_of(ours, flask)
        found = f"{ratio} times its {min(flask) * 1000:.0f} ms"
        yield Figure("Start, until the application is there", "≤ 1.3× `import flask`", found, ratio.median <= 1.3)
        ours, hello = alternate(
            rounds, lambda: resident("wsgi:application", folder), lambda: resident("hello:application", folder)
        )
        ratio = ratio_of(ours, hello)
        found = f"{ratio} times its {min(hello):.0f} MB"
        yield Figure("Resident (PSS) of a worker after 200 pages", "≤ 1.4× hello's", found, ratio.median <= 1.4)
