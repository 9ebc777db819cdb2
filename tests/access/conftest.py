"""Fixtures of the stories at the door."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ophportal import passwords
from ophportal.models import Account
from ophportal.passwords import hash_password
from tests import stores
from tests.access.shared_address import ADDRESS, describe
from tests.access.uniform_answers import KINDS, OTHER_PASSWORD, CountingHasher, Person, newest, seen, without
from tests.conftest import OWN_PASSWORD, StrictVisitor


@pytest.fixture(params=[False, True], ids=["whole page", "htmx"])
def visitor(app, request) -> StrictVisitor:
    """A browser, without JavaScript and with it."""
    visitor = StrictVisitor(app, app.response_class)
    visitor.htmx = request.param
    return visitor


@pytest.fixture
def make_pair(make_account):
    """A function that puts the two on file with their passwords; gives the account of the flat and of the garage."""

    def make(first: str = OWN_PASSWORD, second: str = OWN_PASSWORD) -> tuple[Account, Account]:
        violette = make_account(
            "PRUNIER", "Violette", number="205005", reference="7-A", email=ADDRESS, password=first, civility="Mme"
        )
        narcisse = make_account("PRUNIER", "Narcisse", number="205006", reference="9-G", email=ADDRESS, password=second)
        describe(violette, kind="T3", address="2 rue des Merles")
        describe(narcisse, kind="Garage", address="4 allée des Geais")
        return violette, narcisse

    return make


@pytest.fixture
def hasher(app, monkeypatch):
    """Counts the hashes: what one costs is the business of test_timing."""
    hasher = CountingHasher(passwords.hasher)
    monkeypatch.setattr(passwords, "hasher", hasher)
    # A process hashes its decoy once, the first time that somebody is not there.
    passwords.decoy.cache_clear()
    with app.app_context():
        passwords.decoy()
    yield hasher
    passwords.decoy.cache_clear()


@pytest.fixture
def people(make_tenant) -> dict[str, Person]:
    """One person of each kind."""
    people = {kind: Person(kind) for kind in KINDS}
    own = hash_password(OWN_PASSWORD)
    for kind in KINDS[1:]:
        person = people[kind]
        ends_on = date(2020, 1, 2) if kind == "ended" else None
        tenant = make_tenant(
            person.name, number=person.number, reference=person.reference, email=person.email, ends_on=ends_on
        )
        if kind != "without account":
            account = Account.get_or_open(tenant)
            person.code = account.code
            account.choose_password("" if kind == "without password" else own)
        for more in range({"of two": 1, "of three": 2}.get(kind, 0)):
            number = f"9{KINDS.index(kind)}0{more}"
            other = make_tenant("AUTRE", number=number, reference=f"{number}-A", email=person.email)
            Account.get_or_open(other).choose_password(hash_password(OTHER_PASSWORD))
    return people


@pytest.fixture
def facts(app, hasher, statements):
    """A function that does a deed and tells all that a stranger could see or measure of it."""

    def tell(deed: Callable[[], TestResponse], *typed: str) -> dict[str, Any]:
        before = stores.counts()
        hasher.asked.clear()
        statements.clear()
        answer = deed()
        asked = [sql for sql, _ in statements]
        written = {name: count - before[name] for name, count in stores.counts().items()}
        return {
            "status": answer.status,
            # But for the number of the request, which is nobody's (test_logs.py).
            "headers": [(name, seen(app, name, value)) for name, value in answer.headers if name != "X-Request-ID"],
            "body": without(answer.text, *typed),
            "statements": asked,
            "hashes": list(hasher.asked),
            "rows": written,
            "journal": newest(written["JournalEntry"]),
        }

    return tell


@pytest.fixture
def browser(app, make_account):
    """A function that gives a fresh browser, one that another account was opened in, or one that remembers."""

    def open_one(how: str, identifier: str) -> StrictVisitor:
        browser = StrictVisitor(app, app.response_class)
        if how == "of another tenant":
            account = Account.get_or_none(Account.code == "7K2M-94QF") or make_account(
                "PAOLI", number="7777", reference="7777", email="ange@exemple.test"
            )
            Account.update(code="7K2M-94QF", code_key="7K2M94QF").where(Account.id == account.id).execute()
            browser.submit("/identification", identifier="7K2M-94QF", password=OWN_PASSWORD)
            browser.log_out()
            assert browser.get_cookie("appareil")
        if how == "remembering":
            browser.set_cookie("identifiant", identifier)
        return browser

    return open_one
