"""Fixtures for whoever tests the portal: `pytest_plugins = ["ophportal.testing"]`.

`app` is the portal over a temporary store, emptied before each test, its documents too; `client` a visitor's browser
without JavaScript; `make_tenant` a tenant with a lease; `outbox` what the office has mailed.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mail import Message
from werkzeug.test import TestResponse

from ophportal import create_app, documents, search
from ophportal.database import is_sqlite, proxy
from ophportal.mailing import mail
from ophportal.models import TABLES, Dwelling, Lease, OutboxMessage, Tenant
from ophportal.models.keys import email_key, number_key
from ophportal.outbox import deliver_due

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor(FlaskClient):
    """Flask's test client, which also fills in a page's form as a person would. `htmx` makes it ask as htmx does."""

    htmx = False

    def submit(self, path: str, /, **fields: Any) -> TestResponse:
        """Open the page at `path`, then send the form on it: its token, and `fields`. Follows nothing."""
        token = TOKEN.search(self.get(path).text)
        data = {**({"csrf_token": token[1]} if token else {}), **fields}
        return self.post(path, data=data, headers={"HX-Request": "true"} if self.htmx else {})

    def log_out(self) -> TestResponse:
        """Press « Se déconnecter », which is on every page of the account."""
        token = TOKEN.search(self.get("/compte").text)
        return self.post("/deconnexion", data={"csrf_token": token[1] if token else ""})


class Outbox:
    """What the office mails: `sent` holds the mails so far, oldest first."""

    def __init__(self, app: Flask, sent: list[Message]):
        self.app = app
        self.sent = sent

    def deliver(self) -> Message | None:
        """Run the delivery worker until nothing is due; the mail last put of those sent, None when it sent none."""
        before = len(self.sent)
        with self.app.app_context():
            while deliver_due():
                pass
        sent = {mail.msgId: mail for mail in self.sent[before:]}
        last = OutboxMessage.select().where(OutboxMessage.message_id.in_([*sent])).order_by(OutboxMessage.id.desc())
        row = last.first() if sent else None
        return row and sent[row.message_id]


@pytest.fixture(scope="session")
def portal() -> Flask:
    portal = create_app("config.Testing")
    portal.test_client_class = Visitor
    return portal


@pytest.fixture
def app(portal: Flask) -> Flask:
    # Tests need no durability, and an fsync a row would be most of their time.
    proxy.execute_sql("PRAGMA synchronous = off" if is_sqlite() else "SET synchronous_commit = off")
    proxy.empty([*(table._meta.table_name for table in reversed(TABLES)), *search.TABLES])
    shutil.rmtree(documents.folder(), ignore_errors=True)  # most often, there is none
    portal.extensions["kept_pages"].clear()
    # No context is left open: requests would share its `g`, and with it the tenant who is logged in.
    return portal


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def outbox(app: Flask) -> Iterator[Outbox]:
    with mail.record_messages() as sent:
        yield Outbox(app, sent)


@pytest.fixture
def make_tenant(app: Flask) -> Callable[..., Tenant]:
    """A function that puts a tenant with one lease on file; every field can be given."""

    def make(
        last_name: str = "D'ANGELO-PAOLI",
        first_names: str = "Maria Stella",
        *,
        number: str = "0012345",
        reference: str = "0123-04-056",
        email: str = "maria@exemple.test",
        starts_on: date | None = date(2020, 1, 1),
        ends_on: date | None = None,
        **more: str,
    ) -> Tenant:
        told_by_the_erp = {"erp_phone": more.get("phone", "")}
        tenant = Tenant.create(
            last_name=last_name,
            first_names=first_names,
            number=number,
            number_key=number_key(number),
            email=email,
            email_key=email_key(email),
            **(told_by_the_erp | more),
        )
        add_lease(tenant, reference, starts_on, ends_on)
        return tenant

    return make


def add_lease(tenant: Tenant, reference: str, starts_on: date | None = None, ends_on: date | None = None) -> Lease:
    """One more lease for `tenant`, on the dwelling `reference`, which is put on file when it is not."""
    dwelling, _ = Dwelling.get_or_create(
        reference_key=number_key(reference),
        defaults={
            "reference": reference,
            "address": "12 rue des Lilas",
            "postal_code": "20090",
            "city": "Ajaccio",
        },
    )
    return Lease.create(tenant=tenant, dwelling=dwelling, starts_on=starts_on, ends_on=ends_on)
