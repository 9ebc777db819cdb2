"""Lighthouse's four scores on the pages that tenants open first, as a telephone on a slow network would have them.

Its mobile preset, whose slow network and processor are simulated; each visit by a new browser, three a page: the
medians are told, and each check that cost a point in any of the three. Served by the portal over HTTP without a
proxy, so that brotli and HTTP/2 are missing, and gzip stands for them. The processor's time (total blocking time)
is this machine's times four: on a busy machine performance falls below what it is.

The account's home is visited with a tenant's cookie. What is behind the login is kept out of search engines by
robots.txt, as it should be: there the check `is-crawlable`, which wants the opposite, is left out of SEO.
"""

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from typing import Any

from bench.figures import ROOT, Figure
from bench.served import Served, portal_served

FOLDER = ROOT / "bench"
PAGES = {
    "Home": "/",
    "Identification": "/identification",
    "Request": "/demander-un-code",
    "Account home": "/compte",
}
Report = dict[str, Any]
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --no-first-run"


def figures(rounds: int = 3) -> Iterator[Figure]:
    install()
    with portal_served() as served:
        for name, path in PAGES.items():
            reports = [report_on(served, path) for _ in range(rounds)]
            scores = {
                category: statistics.median(100 * report["categories"][category]["score"] for report in reports)
                for category in CATEGORIES
            }
            missed = sorted({check for report in reports for check in missed_by(report)})
            found = " / ".join(f"{score:.0f}" for score in scores.values())
            if missed:
                found += f" ({', '.join(missed)})"
            met = all(score == 100 for score in scores.values())
            yield Figure(f"{name}: {', '.join(scores)}", "100 / 100 / 100 / 100", found, met)


def install() -> None:
    if not (FOLDER / "node_modules").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=FOLDER, check=True)


def report_on(served: Served, path: str) -> Report:
    """Lighthouse's report on one visit by a new browser."""
    command = [
        FOLDER / "node_modules" / ".bin" / "lighthouse", served.url + path, "--quiet", "--output=json",
        f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={FLAGS}",
    ]  # fmt: skip
    if path.startswith("/compte"):
        command += [f"--extra-headers={json.dumps({'Cookie': served.cookie})}", "--skip-audits=is-crawlable"]
    environment = os.environ | {"CHROME_PATH": shutil.which("chromium") or "/usr/bin/chromium"}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    report: Report = json.loads(said.stdout)
    return report


def missed_by(report: Report) -> Iterator[str]:
    """Each check that keeps a category from its hundred."""
    for category in report["categories"].values():
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield reference["id"]
