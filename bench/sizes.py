"""Login, balance and search as the store grows: at 1 000, 100 000 and 1 000 000 tenants, in-process.

Three stores are made in a temporary folder, of the same shape: each tenant has a lease, an account, six ledger entries
and a login in the journal; one in ten has a session. Fifty of them, spread evenly, have eighteen months of ledger
(54 entries). Each round asks the three stores in turn, each time from a connection that has just been opened, whose
own cache is empty.

- A login is the whole POST of a tenant with their own password, from a browser that the portal does not know: the
  journal, a session, a mail in the outbox. It is told twice, with its Argon2id hash and without, since the hash would
  hide the store's cost. Each is another of the fifty.
- A balance is the account's home of each of the fifty.
- A search asks each query of `QUERIES`, as an agent types it: the slowest are letters and words that nearly everybody
  has. What is told is the query with the slowest median, and the worst time of them all, which must meet the goal.

All is timed on the processor, and what SQLite waits for a commit to reach the disk is left out (docs/scale.md tells
it). What that does not tell is the disk: the files have just been written
and lie in the machine's memory; on a smaller one, a first page after a rest waits for the disk. Nor does it tell what
many at once do to one another. Seven minutes on a busy machine, most of them to fill the
stores; 2.5 GB in the temporary folder.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator

from flask import Flask

import config
from bench.figures import Figure
from bench.in_process import asking
from bench.rounds import alternate, ratio_of, timed
from ophportal import create_app, database, search
from ophportal.access import login
from ophportal.clock import now
from ophportal.database import proxy, store_path, writing
from ophportal.demo.households import FAMILY_NAMES, FIRST_NAMES, RESIDENCES
from ophportal.models.keys import name_key
from ophportal.models.session_row import digest_of
from ophportal.passwords import hash_password
from ophportal.testing import TOKEN

SIZES = (1_000, 100_000, 1_000_000)
SPREAD = 50
PASSWORD = "quatre chèvres bleues dansent"
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
    "exempl",
    "0115 01",
    "04 65",
    "04 65 71 2",
    "2 rue du merle-matinal",
)
TENANT = """INSERT INTO tenant (id, number, number_key, civility, last_name, birth_name, first_names, email, email_key,
    phone) VALUES (?, ?, ?, '', ?, '', ?, ?, ?, ?)"""
DWELLING = """INSERT INTO dwelling (id, reference, reference_key, address, postal_code, city, kind)
    VALUES (?, ?, ?, ?, ?, ?, 'T3')"""
# The rest follows from these two, by a number a tenant. The ledger comes as it does in life: month after month.
REST = (
    "INSERT INTO lease (id, tenant_id, dwelling_id, starts_on) SELECT id, id, id, '2020-01-01' FROM tenant",
    """INSERT INTO account (id, tenant_id, code, code_key, password_hash, created_at, activated_at)
    SELECT id, id, printf('%04d-%04d', id / 10000, id % 10000), printf('%08d', id), :hash, :now, :now FROM tenant""",
    """INSERT INTO journal_entry (at, event, tenant_id, subject, network_address, detail)
    SELECT :now, 'login', id, 'door ' || id, '192.0.2.' || id % 250, '' FROM tenant""",
    """INSERT INTO tenant_session (account_id, token_digest, created_at, last_seen_at, must_choose, device,
    network_address, form_digest) SELECT id, 'digest ' || id, :now, :now, 0, 'banc', '', ''
    FROM tenant WHERE id % 10 = 1""",
    """INSERT INTO ledger_entry (lease_id, date, label, debit, credit, erp_id, occurrence)
    WITH RECURSIVE month(ago) AS (SELECT 17 UNION ALL SELECT ago - 1 FROM month WHERE ago > 0),
    line(label, debit, credit) AS (VALUES ('Loyer', 39812, 0), ('Provision charges', 8450, 0),
    ('Prélèvement', 0, 48262))
    SELECT lease.id, date('now', 'start of month', '-' || ago || ' months'), label, debit, credit, '', 1
    FROM month CROSS JOIN lease CROSS JOIN line WHERE ago < 2 OR lease.id % :step = 0""",
)


def fill(count: int) -> None:
    """As an office's imports and some years of logins leave it."""
    with writing():
        proxy.cursor().executemany(TENANT, map(tenant, range(1, count + 1)))
        proxy.cursor().executemany(DWELLING, map(dwelling, range(1, count + 1)))
        values = {"hash": hash_password(PASSWORD), "now": now().strftime("%Y-%m-%d %H:%M:%S"), "step": count // SPREAD}
        for statement in REST:
            proxy.execute_sql(statement, values)
        for number in spread(count):
            proxy.execute_sql(
                """INSERT INTO tenant_session (account_id, token_digest, created_at, last_seen_at, must_choose, device,
                network_address, form_digest) VALUES (?, ?, ?, ?, 0, 'banc', '', '')""",
                (number, digest_of(f"session of {number}"), values["now"], values["now"]),
            )


def tenant(number: int) -> tuple[object, ...]:
    who = number % (len(FAMILY_NAMES) * len(FIRST_NAMES))
    family, first = FAMILY_NAMES[who % len(FAMILY_NAMES)], FIRST_NAMES[who // len(FAMILY_NAMES)]
    email = f"{name_key(first)}.{name_key(family)}.{number}@exemple.test"
    phone = f"04 65 71 {number // 100 % 100:02d} {number % 100:02d}"
    return number, f"{number:07d}", str(number), family, first, email, email, phone


def dwelling(number: int) -> tuple[object, ...]:
    home = RESIDENCES[number % len(RESIDENCES)]
    reference = f"{home.code}-{number // 1000:03d}-{number % 1000:03d}"
    return number, reference, f"{number}{home.code}", f"{number % 90 + 1} {home.street}", home.postal_code, home.city


def spread(count: int) -> range:
    """The numbers of the tenants with eighteen months of ledger, one in so many."""
    return range(count // SPREAD, count + 1, count // SPREAD)


class Deeds:
    """What is timed at one size: the store's address, and a function a deed that takes the next tenant each time."""

    def __init__(self, app: Flask, size: int, folder: str):
        self.size = size
        self.url = f"sqlite:///{folder}/{size}.sqlite"
        self.make()
        browser = app.test_client()
        token = TOKEN.search(browser.get("/identification").text)[1]  # type: ignore[index]
        name = app.config["SESSION_COOKIE_NAME"]
        anonymous = f"{name}={browser.get_cookie(name).value}"  # type: ignore[union-attr]
        signer = app.session_interface.get_signing_serializer(app)
        sessions = {it: {"_user_id": f"session of {it}", "_fresh": True, "csrf_token": "0" * 40} for it in spread(size)}
        codes = (f"{it // 10000:04d}-{it % 10000:04d}" for it in spread(size))
        form = {"csrf_token": token, "password": PASSWORD}
        self.logins = [asking(app, "/identification", anonymous, "303", identifier=code, **form) for code in codes]
        self.homes = [asking(app, "/compte", f"{name}={signer.dumps(it)}") for it in sessions.values()]  # type: ignore[union-attr]

    def make(self) -> None:
        self.open()
        database.migrate()
        # To fill the store alone: who is timed opens it anew.
        proxy.execute_sql("PRAGMA cache_size = -1000000")
        begun = time.process_time()
        fill(self.size)
        filled = time.process_time()
        search.refresh()
        self.words_cost = (time.process_time() - filled) / self.size
        proxy.execute_sql("ANALYZE")
        print(f"{self.size} tenants: {filled - begun:.0f} s, and {time.process_time() - filled:.0f} s of words")

    def open(self) -> None:
        database.bind(self.url)
        proxy.execute_sql("PRAGMA synchronous = off")

    def each(self, deeds: list[Callable[[], bytes]]) -> Callable[[], float]:
        """The seconds that one of `deeds` takes, over them all, once the connection is open."""

        def time_all() -> float:
            self.open()
            deeds[0]()
            return timed(lambda: [deed() for deed in deeds], 1) / len(deeds)

        return time_all

    def searches(self, times: int) -> dict[str, list[float]]:
        """The milliseconds of each query, asked so many times."""
        self.open()
        search.find_tenants("personne")
        return {typed: [milliseconds(typed) for _ in range(times)] for typed in QUERIES}


def milliseconds(typed: str) -> float:
    begun = time.process_time()
    search.find_tenants(typed, 26)
    return (time.process_time() - begun) * 1000


def figures(sizes: tuple[int, ...] = SIZES, rounds: int = 5) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.Testing())
        stores = [Deeds(app, size, folder) for size in sizes]
        last = stores[-1]
        yield from growth("Login with its hash", [store.each(store.logins) for store in stores], sizes, rounds)
        verify, login.verify_password = login.verify_password, lambda password, stored: bool(stored)
        yield from growth("Login, its hash apart", [store.each(store.logins) for store in stores], sizes, rounds)
        login.verify_password = verify
        yield from growth("Balance (account home)", [store.each(store.homes) for store in stores], sizes, rounds)
        for store in stores:
            taken = store.searches(21)
            medians = {typed: statistics.median(times) for typed, times in taken.items()}
            slowest, worst = max(medians, key=medians.__getitem__), max(map(max, taken.values()))
            print("  " + ", ".join(f"« {typed} » {median:.1f}" for typed, median in medians.items()))
            what = f"Search at {store.size:_} tenants, the slowest query".replace("_", " ")
            found = f"{medians[slowest]:.1f} ms (« {slowest} »), the worst {worst:.1f} ms"
            yield Figure(what, "≤ 50 ms", found, worst <= 50)
        last.open()
        yield Figure("Words of a tenant written for the search", "", f"{last.words_cost * 1e6:.0f} µs")
        yield Figure("Store, a tenant", "", f"{store_path().stat().st_size / last.size:.0f} bytes")


def growth(what: str, sides: list[Callable[[], float]], sizes: tuple[int, ...], rounds: int) -> Iterator[Figure]:
    found = alternate(rounds, *sides)
    ratio = ratio_of(found[-1], found[0])
    told = ", ".join(f"{statistics.median(times) * 1000:.2f} ms" for times in found)
    yield Figure(
        f"{what}, from {sizes[0]:_} tenants to {sizes[-1]:_}".replace("_", " "),
        "≤ 1.5×",
        f"{ratio}: {told}",
        ratio.median <= 1.5,
    )
