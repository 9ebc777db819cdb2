"""The Nu HTML checker and html-validate, each in a process that stays for the whole session."""

import json
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.browser.checkers import MODULES
from tests.office import free_port, wait_until

VNU = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
BRIDGE = Path(__file__).with_name("html_validate.cjs")


# Safari takes the list out of a list without bullets, and `role="list"` puts it back: it is there for VoiceOver.
KEPT_ROLE = "The “list” role is unnecessary"


class Nu:
    """The W3C's checker of HTML, CSS and SVG, run as its own small server."""

    def __init__(self, port: int):
        self.address = f"http://127.0.0.1:{port}/?out=json"

    def complaints(self, html: str) -> list[str]:
        """All that it says of a page, warnings too."""
        asked = urllib.request.Request(
            self.address, html.encode(), {"Content-Type": "text/html; charset=utf-8"}, method="POST"
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            said = json.load(answer)["messages"]
        return [
            f"Nu: {message['message']} ({message.get('extract', '').strip()})"
            for message in said
            if KEPT_ROLE not in message["message"]
        ]


@contextmanager
def nu() -> Iterator[Nu]:
    port = free_port()
    # It reads a few hundred pages and ends: the second compiler's work would be for nothing, and takes half of all.
    command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss4m", "-Xmx512m"]
    command += ["-Dnu.validator.servlet.bind-address=127.0.0.1"]
    command += ["-cp", str(VNU), "nu.validator.servlet.Main", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: server.poll() is not None or answers(port), "the Nu HTML checker does not start", 120)
            assert server.poll() is None, "the Nu HTML checker ended at its start"
            yield Nu(port)
        finally:
            server.terminate()


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class HtmlValidate:
    """html-validate behind a few lines of its own language: a page a line in, its complaints a line out."""

    def __init__(self, process: subprocess.Popen[str]):
        self.process = process

    def complaints(self, html: str) -> list[str]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(html) + "\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        return [f"html-validate, {rule}: {words} ({place})" for rule, words, place in found]


@contextmanager
def html_validate() -> Iterator[HtmlValidate]:
    node = shutil.which("node")
    assert node is not None
    with subprocess.Popen([node, BRIDGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield HtmlValidate(process)
        assert process.stdin is not None
        process.stdin.close()
