"""GET Identification and the account's home in-process, against a bare Flask « hello », without server or socket."""

import io
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from flask import Flask
from werkzeug.test import create_environ

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import config  # noqa: E402
from bench.rounds import alternate, ratio_of, timed  # noqa: E402
from ophportal import create_app, database  # noqa: E402
from ophportal.clock import months_before, today  # noqa: E402
from ophportal.models import Account, LedgerEntry, Tenant, TenantSession  # noqa: E402
from ophportal.testing import add_lease  # noqa: E402


def asking(app: Flask, path: str, cookie: str = "") -> Callable[[], bytes]:
    """A function that asks for this page and gives its body."""
    environ = create_environ(path, headers={"Cookie": cookie})
    heads: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        heads[:] = [status]

    def ask() -> bytes:
        content = b"".join(app.wsgi_app(environ | {"wsgi.input": io.BytesIO()}, start))
        assert heads[0].startswith("200"), heads
        return content

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
    session = TenantSession.start(account=Account.of(tenant), device="banc", network_address="127.0.0.1")
    signer = app.session_interface.get_signing_serializer(app)
    assert signer is not None
    # As after the first page: with the secret of its forms' tokens.
    held = {"_user_id": session.token, "_fresh": True, "csrf_token": "0123456789abcdef0123456789abcdef01234567"}
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(held)}"


def main(rounds: int = 15, times: int = 200) -> None:
    with tempfile.TemporaryDirectory() as folder:
        portal = create_app(config.Testing())
        database.bind(f"sqlite:///{folder}/bench.sqlite")
        database.migrate()
        cookie = tenant_inside(portal)
        pages = {"identification": asking(portal, "/identification"), "account": asking(portal, "/compte", cookie)}
        greet = asking(hello(), "/")
        for name, page in pages.items():
            page()
            ours, theirs = alternate(rounds, lambda page=page: timed(page, times), lambda: timed(greet, times))
            print(f"{name}: {ratio_of(ours, theirs)} times hello's {min(theirs) * 1000:.3f} ms; {len(page())} bytes")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
