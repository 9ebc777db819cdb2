"""Which WSGI server? GET /identification on granian and on gunicorn, one worker each, in alternating slices.

Needs Debian's `wrk`, and gunicorn in the virtual environment (`.venv/bin/pip install gunicorn`); neither is a
dependency of the portal. Run: `.venv/bin/python bench/servers.py [rounds] [seconds]`. Prints the rates, their
medians and the ratio; absolute figures mean little on a shared machine.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
THREADS = "16"
# The server has the first core, the load the second.
PIN_SERVER, PIN_LOAD = ["taskset", "-c", "0"], ["taskset", "-c", "1"]


def commands(port: int) -> dict[str, list[str]]:
    granian = [BIN / "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", THREADS]
    return {
        "granian": [*granian, "--port", port, "--no-log", "wsgi:application"],
        "gunicorn": [BIN / "gunicorn", "--threads", THREADS, "--bind", f"127.0.0.1:{port}", "wsgi:application"],
    }  # type: ignore[dict-item]


def environment(folder: str, port: int) -> dict[str, str]:
    return os.environ | {
        "OPHPORTAL_SECRET_KEY": "a-key-for-the-benchmark-alone-0123456789",
        "OPHPORTAL_BASE_URL": f"http://127.0.0.1:{port}",
        "OPHPORTAL_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite",
        "OPHPORTAL_MAIL_SERVER": "127.0.0.1",
        "OPHPORTAL_MAIL_USE_TLS": "non",
        "OPHPORTAL_MAIL_SENDER": "banc@exemple.test",
    }


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{url} does not answer")


def rate(name: str, port: int, seconds: int) -> float:
    """Requests a second that `name` serves during one slice."""
    url = f"http://127.0.0.1:{port}/identification"
    with tempfile.TemporaryDirectory() as folder:
        command = [*PIN_SERVER, *map(str, commands(port)[name])]
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment(folder, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for(url)
            load = [*PIN_LOAD, "wrk", "-t1", "-c16", f"-d{seconds}s", url]
            said = subprocess.run(load, capture_output=True, text=True, check=True).stdout
        finally:
            server.terminate()
            server.wait()
    assert "Non-2xx" not in said, said
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]


def main(rounds: int = 5, seconds: int = 4) -> None:
    rates: dict[str, list[float]] = {"granian": [], "gunicorn": []}
    for number in range(rounds):
        for name in rates:
            rates[name].append(rate(name, 8100 + number, seconds))
    for name, found in rates.items():
        print(f"{name}: median {statistics.median(found):.0f}/s, from {min(found):.0f} to {max(found):.0f}")
    ratios = [a / b for a, b in zip(rates["granian"], rates["gunicorn"], strict=True)]
    print(f"granian over gunicorn: median {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
