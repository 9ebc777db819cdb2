"""The import of the tenant file, against sqlite3's bare executemany of the rows that it leaves in the store.

The file is a CSV of all the fourteen columns, a line a tenant and a second line for one tenant in ten, who has a
garage: 100 000 tenants are 110 000 lines. The import reads it, checks and normalises its cells, compares its lines with
each other and with the store, and writes. The bare executemany does the last alone: three statements, over tuples that
lie ready in memory (read beforehand from a store that was imported into), fill the same three tables (tenant, dwelling,
lease) of as fresh a store, with the portal's schema, indexes, triggers (which write a fourth table, search_stale) and
PRAGMAs, in one transaction. It is no import: it knows every row's id, checks nothing, and holds all its rows in memory.

A rate is lines over seconds of the processor, the kernel's among them; what the disk makes both sides wait for is not
in it. The words that agents search by are written by the worker, after the import, and are in neither side.
« Unchanged » imports the same file into a store that holds it already, « a tenth changed » one where a tenth of the
tenants have another telephone; both are compared with the bare executemany of all the rows into a fresh store. Every
line of an unchanged file is still read and compared with the row on file; one that says what is there to the letter is
neither checked again nor staged. No digest of the last file is kept, since a tenant or another file may have changed
the store in between. A file without some of the columns, or whose cells have spaces around them, is checked and staged
whole, as a first one is: that is not measured here.

The first import's ratio goes by the machine, whose processor may favour SQLite's C or Python: 0.67 on a Xeon where it
is 0.54 on an EPYC, which imports as many lines a second (some 40 000), but where executemany is quicker.

Memory is the highest resident size of a process of its own, which imports a file into a fresh store and then imports it
again; one that has loaded the application and imported nothing stands beside it. Where PostgreSQL's driver is installed
Peewee loads it, and each of them holds 11 MiB more: measure without it.
"""

import csv
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import config
from bench.figures import ROOT, Figure
from bench.rounds import alternate, ratio_of, timed
from ophportal import create_app, database
from ophportal.demo.households import DWELLING_KINDS, FAMILY_NAMES, FIRST_NAMES, HEADERS, RESIDENCES
from ophportal.imports.tenants import import_tenants
from ophportal.models import Dwelling, Lease, Tenant
from ophportal.models.keys import name_key

TENANTS = 100_000
SIZES = (10_000, 100_000, 1_000_000)
MEBIBYTES = 64
# Its highest resident size and not getrusage's, which begins with that of the process that started this one.
MEASURED = """
import re, sys
from pathlib import Path
import config
from ophportal import create_app, database
from ophportal.imports.tenants import import_tenants
with create_app(config.Testing()).app_context():
    database.bind(f"sqlite:///{sys.argv[1]}")
    database.migrate()
    for path in 2 * sys.argv[2:]:
        import_tenants(Path(path))
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def lines(count: int, *, changed: bool = False) -> Iterator[tuple[str, ...]]:
    """The lines of `count` invented tenants, by number: their dwellings and addresses come in no order.

    `changed` gives one in ten another telephone.
    """
    for n in range(1, count + 1):
        scattered = n * 7919 % count  # 7919 is prime: each tenant has another
        family, first = FAMILY_NAMES[scattered % len(FAMILY_NAMES)], FIRST_NAMES[n // 40 % len(FIRST_NAMES)]
        home = RESIDENCES[scattered % len(RESIDENCES)]
        tenant = (
            f"L{n:07d}", ("M.", "Mme")[n % 2], family, FAMILY_NAMES[n % 37] if n % 4 == 0 else "", first,
            f"{name_key(first)}.{name_key(family)}{scattered}@exemple.test" if n % 3 else "",
            f"04 65 7{1 + (changed and n % 10 == 5)} {n // 100 % 100:02d} {n % 100:02d}",
        )  # fmt: skip
        street = (f"{scattered % 90 + 1} {home.street}", home.postal_code, home.city)
        entry = f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/{1990 + n % 35}"
        yield *tenant, f"{home.code}-{scattered:07d}", *street, DWELLING_KINDS[n % len(DWELLING_KINDS)], entry, ""
        if n % 10 == 0:
            yield *tenant, f"G-{scattered:07d}", *street, "Garage", entry, ""


def write_file(path: Path, count: int, *, changed: bool = False) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADERS)
        writer.writerows(lines(count, changed=changed))
    return path


def fresh(path: Path, source: Path | None = None) -> None:
    """A store at `path`, with the schema alone or as a copy of `source`."""
    database.proxy.close()
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if source:
        shutil.copy(source, path)
    database.bind(f"sqlite:///{path}")
    database.migrate()


def memory(folder: Path, *files: Path) -> float:
    """The most MiB that importing `files` keeps resident."""
    store = folder / "memory.sqlite"
    store.unlink(missing_ok=True)
    command = [sys.executable, "-c", MEASURED, str(store), *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def speeds(folder: Path, rounds: int) -> Iterator[Figure]:
    file = write_file(folder / "tenants.csv", TENANTS)
    changed = write_file(folder / "changed.csv", TENANTS, changed=True)
    store, filled = folder / "store.sqlite", folder / "filled.sqlite"
    fresh(filled)
    report = import_tenants(file)
    tables = [
        (f"INSERT INTO {it._meta.table_name} VALUES ({','.join('?' * len(it._meta.columns))})",
         database.proxy.execute_sql(f"SELECT * FROM {it._meta.table_name}").fetchall())
        for it in (Tenant, Dwelling, Lease)
    ]  # fmt: skip

    def executemany() -> None:
        with database.writing():
            for statement, rows in tables:
                database.proxy.cursor().executemany(statement, rows)

    def bare() -> float:
        fresh(store)
        return timed(executemany, 1)

    def first() -> float:
        fresh(store)
        return timed(lambda: import_tenants(file), 1)

    def unchanged() -> float:
        fresh(store, filled)
        return timed(lambda: import_tenants(file), 1)

    def tenth() -> float:
        fresh(store, filled)
        return timed(lambda: import_tenants(changed), 1)

    times = alternate(rounds, bare, first, unchanged, tenth)
    sides = ("first import", 0.6), ("unchanged", 1), ("a tenth changed", None)
    for (what, least), ours in zip(sides, times[1:], strict=True):
        ratio = ratio_of(times[0], ours)
        found = f"{ratio} of its rate, {report.read / min(ours):.0f} lines a second at best"
        goal = f"≥ {least} of executemany's rate" if least else ""
        yield Figure(f"{spaced(TENANTS)} tenants, {what}", goal, found, ratio.median >= least if least else None)


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def figures(rounds: int = 5) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, create_app(config.Testing()).app_context():
        folder = Path(name)
        yield from speeds(folder, rounds)
        yield Figure("Resident memory, no import", "", f"{memory(folder):.1f} MiB")
        for size in SIZES:
            found = memory(folder, write_file(folder / "memory.csv", size))
            goal = f"≤ {MEBIBYTES} MiB"
            yield Figure(f"Resident memory, {spaced(size)} tenants", goal, f"{found:.1f} MiB", found <= MEBIBYTES)
