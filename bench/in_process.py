"""GET Identification and the account's home in-process, against a bare Flask « hello », without server or socket.

The account has eighteen months of ledger. What is timed is the processor: what others do on the machine counts little.

Where the home's time goes is told by two rows. Its door alone reads the cookie, finds the session's row with its
tenant, and answers « hello » under the portal's headers; without its ledger, the home is the whole page over a
situation that is there already. By instruction count (below) the door alone is 3.4, with hello in it, and the home
without its ledger 5.7.

Finer, by instruction count (callgrind, Python 3.11, SQLite), as multiples of hello:

| part | × hello |
|---|---|
| Flask itself, as hello has it | 1.0 |
| door: session and tenant from one query .97, cookie .43, hooks, middlewares and headers 1.0 | 2.4 |
| ledger: SQL of 19 entries .64, making entries of them .45, standings .64, last call .35, payment and dues .4 | 2.5 |
| page: the card .98, the foot with the session's form .46, the rest of filling the frame | 2.0 |
| what is in none of them | .3 |
| all | 8.2 |

In time the multiples are greater by a half, as the figures above tell: behind a door that takes five hellos, one is
left for the ledger and the page together.

To reach 6, 2.2 would have to go: nearly the whole ledger, or the page with a part of it. By the table, a home that
shows the balance alone, without last call, payment, dues and the entries that they are read in, would be at 6.4 or a
little less for its shorter card; without the foot's form too, at 5.9. So the goal is that of trials whose page showed a
balance. This one tells the last call and the last payment of each lease, how to pay, and when the session ends, and has
two forms with their token.
"""

import gc
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from flask import Flask
from peewee import Database
from werkzeug.test import create_environ

import config
from bench.figures import Figure
from bench.rounds import Ratio, alternate, ratio_of, timed
from ophportal import create_app, database
from ophportal.account import home
from ophportal.clock import months_before, today
from ophportal.models import Account, LedgerEntry, Tenant, TenantSession
from ophportal.testing import add_lease


def asking(app: Flask, path: str, cookie: str = "", expected: str = "200", **form: str) -> Callable[[], bytes]:
    """A function that asks for this page, or sends it a form, and gives the answer's body."""
    sent = {"method": "POST", "data": form} if form else {}
    environ = create_environ(path, headers={"Cookie": cookie}, **sent)  # type: ignore[arg-type]
    content = environ["wsgi.input"].read()
    heads: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        heads[:] = [status]

    def ask() -> bytes:
        answer = b"".join(app.wsgi_app(environ | {"wsgi.input": io.BytesIO(content)}, start))
        assert heads[0].startswith(expected), heads
        return answer

    return ask


def hello() -> Flask:
    app = Flask("hello")
    app.get("/")(lambda: "hello")
    return app


def tenant_inside(app: Flask) -> str:
    """A tenant with eighteen months of ledger and a session; the cookie of their browser."""
    tenant = Tenant.create(
        last_name="LAURIER", first_names="Agathe", number="0204817", number_key="204817", email="a@exemple.test",
        email_key="a@exemple.test",
    )  # fmt: skip
    lease = add_lease(tenant, "0123-04-056", date(2020, 1, 1))
    zero = Decimal(0)
    for ago in range(17, -1, -1):
        month = months_before(today(), ago)
        lines = [
            ("Loyer", Decimal("398.12"), zero),
            ("Provision charges", Decimal("84.50"), zero),
            ("APL", zero, Decimal("120.00")),
        ]
        if ago:
            lines.append(("Prélèvement", zero, Decimal("362.62")))
        for label, debit, credit in lines:
            LedgerEntry.create(lease=lease, date=month, label=label, debit=debit, credit=credit)
    session = TenantSession.start(account=Account.get_or_open(tenant), device="banc", network_address="127.0.0.1")
    signer = app.session_interface.get_signing_serializer(app)
    assert signer is not None
    # As after the first page: with the secret of its forms' tokens.
    held = {"_user_id": session.token, "_fresh": True, "csrf_token": "0123456789abcdef0123456789abcdef01234567"}
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(held)}"


def queries_of(deed: Callable[[], object]) -> int:
    """How many statements the store is asked."""
    asked: list[str] = []
    execute = Database.execute_sql

    def count(self: Database, sql: str, *rest: object) -> object:
        asked.append(sql)
        return execute(self, sql, *rest)

    Database.execute_sql = count  # type: ignore[method-assign]
    try:
        deed()
    finally:
        Database.execute_sql = execute  # type: ignore[method-assign]
    return len(asked)


@contextmanager
def door_alone(app: Flask) -> Iterator[None]:
    """The account's home says « hello », once its door has let the tenant in."""
    with patch.dict(app.view_functions, {"account.home": lambda: b"hello"}):
        yield


@contextmanager
def without_ledger(app: Flask) -> Iterator[None]:
    """The account's home is told a situation that was read beforehand."""
    with app.app_context():
        situations = home.situations_of(Tenant.get(), today(), app.config["DUE_DAY"])
    with patch.object(home, "situations_of", return_value=situations):
        yield


def figures(rounds: int = 15, times: int = 200) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        portal = create_app(config.Testing())
        database.bind(f"sqlite:///{folder}/bench.sqlite")
        database.migrate()
        identification = asking(portal, "/identification")
        account = asking(portal, "/compte", tenant_inside(portal))
        greet = asking(hello(), "/")
        gc.freeze()  # as wsgi.py does; for both sides

        def ratio(page: Callable[[], bytes]) -> tuple[Ratio, str]:
            page()
            ours, theirs = alternate(rounds, lambda: timed(page, times), lambda: timed(greet, times))
            found = ratio_of(ours, theirs)
            return found, f"{found} times hello's {min(theirs) * 1000:.3f} ms"

        for name, goal, page in (("Identification", None, identification), ("Account home", 6, account)):
            found, told = ratio(page)
            met = found.median <= goal if goal else None
            yield Figure(f"{name}, time of a request", f"≤ {goal} times hello's" if goal else "", told, met)
            asked = queries_of(page)
            yield Figure(f"{name}, queries", "≤ 3", str(asked), asked <= 3)
            yield Figure(f"{name}, bytes of HTML", "≤ 6 000", str(len(page())), len(page()) <= 6000)
        for name, part in (("its door alone", door_alone), ("without its ledger", without_ledger)):
            with part(portal):
                yield Figure(f"Account home, {name}, time of a request", "", ratio(account)[1])
