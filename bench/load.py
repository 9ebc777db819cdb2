"""The day of the rent notice in miniature: an office of 2 368 households, half of whom come within ten minutes.

2 368 ÷ 2 = 1 184 visits in 600 s, 1.97 a second: the hardest ten minutes of that day, assumed and not observed
(docs/scale.md). The rest of its hour brings the other half, six times slower or more, and is not played: the miniature
keeps the peak's rate and cuts its length, three minutes of it by default (355 visits), all ten with MINUTES=10. A
visit's pages are as many as a person's; the pauses between them are shorter, which loads no less. Arrivals do not wait
for the portal: each visit begins at its own moment, however slow the ones before it are.

Who comes, in hundredths (assumed too), each from a network address of its own, with an empty browser:

- 60 come back: they log in, look at the balance, the operations, their documents, take the avis as a PDF, log out.
  The portal knows none of these browsers, and mails each about it: the costlier case.
- 20 come for the first time, since the notice tells them of the portal: they ask for a code, wait for the mail, log in
  with its password, choose their own, then do as the others.
- 12 mistype their password once, then do as the others.
- 8 only read: the home page, the help, whom to call.

Beside them, two agents answer the telephone without a rest: they find the caller, look at the record, send a code; and
the month's ledger is imported after a third of the time, a second time after two thirds: one more of eighteen months.

The portal is `ophportal serve` with two workers, as it takes by itself on two cores, its delivery worker beside it, and
an SMTP server on this machine. The visitors are locust's (bench/journeys.py), on the same two cores: what they take of
them is told. A page's time is from its question to the last byte of its answer, files of `static` told apart. Memory is
the proportional set size (PSS) of the portal's processes together, once a second; what is loaded for the first who
needs it (typst, zxcvbn) comes in the first quarter of the time, which is left out: the median of the second quarter
stands against that of the last.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from bench.figures import ROOT, Figure, record
from bench.memory import Scale, family
from bench.rent_day import CREDENTIALS, DESKS, HOUSEHOLDS, WORKERS, Day
from bench.sites import BIN
from tests.office import Visit, wait_until
from tests.stores import SERVER, Cluster, ask

PEAK_MINUTES = 10
# Seconds, of the slowest hundredth of pages.
LIMIT = 1.0
# What the portal's memory may still grow by from the second quarter of the time to the last.
GROWTH = 0.05


def visits(minutes: float) -> int:
    """How many come in so many minutes of the peak."""
    return round(HOUSEHOLDS / 2 * minutes / PEAK_MINUTES)


def hundredth(times: Sequence[float]) -> float:
    """The time that all but the slowest hundredth of `times` keep within, one of those that were measured."""
    return sorted(times)[-(-99 * len(times) // 100) - 1]


def growth(samples: Sequence[float]) -> float:
    """By how much the last quarter of `samples` is above the second, as a share of it; below zero where it is not."""
    quarter = len(samples) // 4
    return statistics.median(samples[-quarter:]) / statistics.median(samples[quarter : 2 * quarter]) - 1


def astray(expected: Counter[str], found: Counter[str]) -> list[str]:
    """What is there less or more often than it should be, a line each."""
    return [
        f"{it}: {found[it]} times, and not {expected[it]}"
        for it in sorted({*expected, *found})
        if found[it] != expected[it]
    ]


class Notes:
    """What the visitors noted, a dictionary a line."""

    def __init__(self, path: Path):
        self.all = [json.loads(line) for line in path.read_text().splitlines()]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [it for it in self.all if kind in it]

    def counter(self, kind: str) -> Counter[str]:
        return Counter(it[kind] for it in self.of(kind))

    def figures(self, plan: dict[str, list[Any]], imports: Sequence[tuple[float, float]]) -> Iterator[Figure]:
        ended = self.counter("ended")
        told = ", ".join(f"{count} {journey}" for journey, count in sorted(ended.items()))
        found = f"{ended.total()} of {len(plan['visits'])}: {told}"
        yield Figure("Visits that came to their end", "all", found, ended.total() == len(plan["visits"]))
        requests = self.of("page")
        faults = [f"{it['page']}: {it['fault']}" for it in requests if it["fault"]]
        faults += [it["broken"] for it in self.of("broken")]
        found = f"{len(faults)} in {len(requests)} requests" + "".join(f"; {it}" for it in faults[:3])
        yield Figure("Errors, and pages that are not the right ones", "none", found, not faults)
        pages = [it for it in requests if it["page"] != "static files"]
        yield slowest("Pages, all", pages)
        beside = [it for it in pages if any(it["until"] > a and it["until"] - it["seconds"] < b for a, b in imports)]
        yield slowest("… while the ledger is imported", beside)
        for name in sorted({it["page"] for it in requests}):
            yield slowest(f"… {name}", [it for it in requests if it["page"] == name])
        waits = [it["mailed"] for it in self.of("mailed")]
        if waits:
            found = f"{statistics.median(waits):.1f} s, {hundredth(waits):.1f} s at most (p99) of {len(waits)}"
            yield Figure("From a request to its mail, median", "", found)


def slowest(what: str, requests: Sequence[dict[str, Any]]) -> Figure:
    if not requests:
        return Figure(what, f"p99 < {LIMIT:.0f} s", "none", is_met=False)
    times = [it["seconds"] for it in requests]
    p99 = hundredth(times)
    found = f"{1000 * p99:.0f} ms, median {1000 * statistics.median(times):.0f} ms, of {len(times)}"
    return Figure(what, f"p99 < {LIMIT:.0f} s", found, p99 < LIMIT)


def kept(what: str, expected: Counter[str], found: Counter[str]) -> Figure:
    problems = astray(expected, found)
    told = f"{expected.total()} of {expected.total()}" if not problems else f"{len(problems)} astray: {problems[:3]}"
    return Figure(what, "all, once", told, not problems and bool(expected))


def nothing_lost(day: Day, notes: Notes) -> Iterator[Figure]:
    """What the visitors did, against what the store and the letterbox hold."""
    yield from mail_kept(day, notes)
    yield kept("Logins, each in the journal", notes.counter("entered"), day.journal("login"))
    yield kept("Logouts, each in the journal", notes.counter("left"), day.journal("logout"))
    wrong, failures = len(notes.of("failed")), day.count("journal_entry WHERE event = 'login_failed'")
    yield Figure("Logins that failed, in the journal", str(wrong), str(failures), failures == wrong)
    chosen = notes.of("chose")
    opening = sum(opens(day, it["code"], it["password"]) for it in chosen)
    found = f"{opening} of {len(chosen)}"
    yield Figure("Passwords chosen that open the account again", "all", found, opening == len(chosen) > 0)
    entries = day.count("ledger_entry")
    yield Figure("Ledger entries, the month's among them", str(day.entries), str(entries), entries == day.entries)
    if day.store.startswith("sqlite:"):
        said = [str(row[0]) for row in ask(day.store, "PRAGMA integrity_check")]
        said += [f"foreign key: {row}" for row in ask(day.store, "PRAGMA foreign_key_check")]
        yield Figure("Integrity of the store", "ok", "; ".join(said), said == ["ok"])
    lines = re.findall(r'.*(?:"level": ?"(?:error|critical)|\[ERROR\]|Traceback).*', day.log(), re.IGNORECASE)
    yield Figure("Errors in the portal's log", "none", "; ".join(lines[:3]) or "none", not lines)


def mail_kept(day: Day, notes: Notes) -> Iterator[Figure]:
    with suppress(AssertionError):  # what stays is told below
        wait_until(lambda: day.count("outbox_message WHERE state = 'waiting'") == 0, "mail stays", seconds=60)
    mails, asked = day.postman.mails, notes.counter("asked")
    codes = Counter(str(mail["To"]) for mail in mails if mail["Subject"] == CREDENTIALS)
    yield kept("Codes asked for, each mailed once", asked, codes)
    settled = day.counter(
        "SELECT tenant.email, COUNT(*) FROM access_request JOIN tenant ON tenant.id = access_request.tenant_id "
        "WHERE outcome = 'credentials_sent' GROUP BY tenant.email"
    )
    yield kept("Codes asked for, each a request settled", asked, settled)
    sent = day.counter("SELECT message_id, COUNT(*) FROM outbox_message WHERE state = 'sent' GROUP BY message_id")
    yield kept("Mails of the outbox, each received once", sent, Counter(str(mail["Message-ID"]) for mail in mails))
    rest = day.count("outbox_message WHERE state <> 'sent'")
    yield Figure("Mails that wait, or failed", "none", str(rest), rest == 0)


def opens(day: Day, code: str, password: str) -> bool:
    try:
        page = Visit(day).submit("/identification", identifier=code, password=password)
    except OSError:  # nobody answers
        return False
    return "Vous êtes maintenant connecté" in page


def steady(samples: Sequence[float]) -> Figure:
    grown = growth(samples)
    found = f"{statistics.median(samples):.0f} MiB, {max(samples):.0f} at most; {grown:+.1%}"
    return Figure("Memory of the portal, and its growth", f"≤ {GROWTH:.0%}", found, grown <= GROWTH)


@contextmanager
def visitors(day: Day, minutes: float) -> Iterator[subprocess.Popen[str]]:
    """Locust, until the block ends: it ends by itself when all who were to come have left."""
    count = visits(minutes)
    command = [
        BIN / "locust", "--locustfile", ROOT / "bench" / "journeys.py", "--headless", "--only-summary",
        "--host", day.url, "--users", str(count + DESKS), "--spawn-rate", "100",
        "--run-time", f"{round(minutes * 60) + 180}s", "--stop-timeout", "30", "--loglevel", "WARNING",
    ]  # fmt: skip
    environment = day.environment | {"BENCH_FOLDER": str(day.folder)}
    with (day.folder / "locust.log").open("w") as log:
        process = subprocess.Popen(command, cwd=day.folder, env=environment, stdout=log, stderr=log, text=True)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def figures(minutes: float = 3) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="ophportal-load-") as folder, Day(Path(folder)) as day:
        day.open_doors()
        plan = day.plan(visits(minutes), minutes * 60)
        (day.folder / "plan.json").write_text(json.dumps(plan))
        day.wait_for_search()
        assert day.server is not None
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        imports = []
        served_by = list(family(day.server.pid))
        with Scale(day.server.pid) as scale, visitors(day, minutes) as crowd:
            for _ in range(2):
                with suppress(subprocess.TimeoutExpired):
                    crowd.wait(minutes * 20)
                started = time.monotonic()
                day.command("import", "ledger", day.month)
                imports.append((started, time.monotonic()))
            crowd.wait()
        after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - begun
        notes = Notes(day.folder / "notes.jsonl")
        (ROOT / "build" / "load.log").write_text(day.log())
        still = list(family(day.server.pid))
        found = f"{len({*still} & {*served_by})} of {len(served_by)} (its log: build/load.log)"
        yield Figure("Processes of the portal, the same to the end", "all", found, still == served_by)
        yield from notes.figures(plan, imports)
        told = " and ".join(f"{end - start:.1f} s" for start, end in imports)
        yield Figure("The month's ledger imported, then again", "", told)
        yield from nothing_lost(day, notes)
        yield steady(scale.samples)
        share = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / took / WORKERS
        yield Figure("What the visitors and the imports take of the two cores", "", f"{share:.0%}")


@contextmanager
def postgresql() -> Iterator[None]:
    """A PostgreSQL for this alone, that writes to the disk as one in production does."""
    cluster = Cluster()
    cluster.make()
    cluster.start(lasting=True)
    os.environ[SERVER] = cluster.url
    try:
        yield
    finally:
        cluster.stop("immediate")
        cluster.forget()


TITLE = "The day of the rent notice"
STORES: dict[str, tuple[str, Any]] = {
    "sqlite": (TITLE, nullcontext),
    "postgresql": (f"{TITLE}, on PostgreSQL", postgresql),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=TITLE)
    parser.add_argument(
        "--minutes",
        type=float,
        default=3,
        help="of the peak: 10 are its whole, fewer than 3 too few for memory to settle (by default: 3)",
    )
    parser.add_argument("--store", choices=STORES, default="sqlite")
    options = parser.parse_args()
    title, store = STORES[options.store]
    with store():
        found = record(title, __doc__ or "", figures(options.minutes))
    sys.exit(any(it.is_met is False for it in found))


if __name__ == "__main__":
    main()
