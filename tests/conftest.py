"""The portal's own fixtures, with a client that checks the house rules on every page it fetches."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ophportal.models import Account
from ophportal.passwords import hash_password
from ophportal.testing import Visitor
from tests.page import Page

OWN_PASSWORD = "quatre chèvres bleues dansent"


class StrictVisitor(Visitor):
    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.text and not 300 <= response.status_code < 400:
            Page(response).check()
        return response


@pytest.fixture
def client(app: Flask) -> StrictVisitor:
    return StrictVisitor(app, app.response_class)


@pytest.fixture
def another_browser(app: Flask) -> StrictVisitor:
    return StrictVisitor(app, app.response_class)


@pytest.fixture
def make_account(make_tenant):
    """A function that puts on file a tenant who has chosen the password OWN_PASSWORD; gives the account."""

    def make(*args: Any, password: str = OWN_PASSWORD, **kwargs: Any) -> Account:
        account = Account.of(make_tenant(*args, **kwargs))
        account.choose_password(hash_password(password))
        return account

    return make


def landing(response: TestResponse) -> str:
    """Where the browser goes next, by a redirect or at htmx's command."""
    assert response.status_code == 303 or "HX-Redirect" in response.headers, response.status
    return response.headers.get("Location") or response.headers["HX-Redirect"]


def log_in(client: Visitor, account: Account, password: str = OWN_PASSWORD, **more: str) -> TestResponse:
    return client.submit("/identification", identifier=account.code, password=password, **more)


def request_code(client: Visitor, path: str = "/demander-un-code", **changes: str) -> TestResponse:
    """Ask for the code of `make_tenant`'s default tenant, but for `changes`."""
    fields = {
        "name": "D'Angelo-Paoli",
        "email": "maria@exemple.test",
        "dwelling_reference": "0123-04-056",
        "tenant_number": "0012345",
        **changes,
    }
    return client.submit(path, **fields)
