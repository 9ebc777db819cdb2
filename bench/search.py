"""How long a search takes, as an agent types: `.venv/bin/python bench/search.py [tenants ...]`.

For each size, a store of invented tenants is made in a temporary folder, and each query is asked in turn, round after
round. Prints the median, the 99th hundredth and the worst time in milliseconds; the sizes are compared within one
run, since absolute figures mean little on a shared machine.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ophportal import database, search  # noqa: E402
from ophportal.demo.households import FAMILY_NAMES, FIRST_NAMES, RESIDENCES  # noqa: E402
from ophportal.models import Dwelling, Lease, Tenant  # noqa: E402

SIZES = (1_000, 100_000)
ROUNDS = 100
# From the first letter on: the shortest ones have the most bearers.
QUERIES = (
    "m",
    "ma",
    "marj",
    "marjolaine am",
    "m a",
    "Mme ma ex te 2",
    "laurier agate",
    "0001",
    "204",
    "lune rousse",
    "exemple",
    "0115 01",
    "04 65",
)


def fill(count: int) -> None:
    homes, people = len(RESIDENCES), len(FAMILY_NAMES) * len(FIRST_NAMES)
    for first in range(1, count + 1, 10_000):
        numbers = range(first, min(first + 10_000, count + 1))
        with database.writing():
            Tenant.insert_many([tenant(number, number % people) for number in numbers]).execute()
            Dwelling.insert_many([dwelling(number, RESIDENCES[number % homes]) for number in numbers]).execute()
            Lease.insert_many([{"tenant": number, "dwelling": number} for number in numbers]).execute()


def tenant(number: int, who: int) -> dict[str, object]:
    family, first = FAMILY_NAMES[who % len(FAMILY_NAMES)], FIRST_NAMES[who // len(FAMILY_NAMES)]
    email = f"{first}.{family}.{number}@exemple.test".lower()
    return {
        "id": number, "number": f"{number:07d}", "number_key": str(number), "last_name": family, "first_names": first,
        "email": email, "email_key": email, "phone": f"04 65 71 {number // 100 % 100:02d} {number % 100:02d}",
    }  # fmt: skip


def dwelling(number: int, home: object) -> dict[str, object]:
    reference = f"{home.code}-{number // 1000:03d}-{number % 1000:03d}"
    return {
        "id": number, "reference": reference, "reference_key": f"{number}{home.code}", "city": home.city,
        "address": f"{number % 90 + 1} {home.street}", "postal_code": home.postal_code,
    }  # fmt: skip


def milliseconds(typed: str) -> float:
    begun = time.perf_counter()
    search.find_tenants(typed, 26)
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            database.bind(f"sqlite:///{folder}/bench.sqlite")
            database.migrate()
            database.proxy.execute_sql("PRAGMA synchronous = off")
            fill(size)
            begun = time.perf_counter()
            search.refresh()
            print(f"{size} tenants, indexed in {time.perf_counter() - begun:.1f} s")
            taken = {typed: [] for typed in QUERIES}
            for _ in range(ROUNDS):
                for typed in QUERIES:
                    taken[typed].append(milliseconds(typed))
            for typed, times in taken.items():
                p99 = statistics.quantiles(times, n=100)[98]
                print(f"  {typed:<16} median {statistics.median(times):6.1f}, p99 {p99:6.1f}, worst {max(times):6.1f}")


if __name__ == "__main__":
    main()
