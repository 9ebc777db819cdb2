"""Whatever of another tenant is asked for is not there: asked of every route, with everything that the other has."""

import io
import re
from datetime import date

import pytest

from ophportal import documents
from ophportal.models import Document, TenantSession
from tests.conftest import landing, log_in
from tests.documents import pdf
from tests.lives import enter
from tests.page import Page
from tests.routes import ask_with
from tests.spaces import as_read

# What only the other tenant's things say.
MARKS = (
    "MÉLÈZE",
    "9990001",
    "rue du Secret",
    "melanie@exemple.test",
    "777,77",
    "2 333,31",
    "Loyer caché",
    "9-99-999",
    "Avis de Mélanie",
)


@pytest.fixture
def theirs(make_account, another_browser):
    """Another tenant who has all that one can have, logged in elsewhere: what each parameter of an address names."""
    account = make_account("MÉLÈZE", number="9990001", reference="9-99-999", email="melanie@exemple.test")
    lease = account.tenant.leases.get()
    lease.dwelling.address = "3 rue du Secret"
    lease.dwelling.save()
    for month in (1, 2, 3):
        enter(lease, f"2026-{month:02d}-01", "Loyer caché", "777.77")
    content = documents.put(io.BytesIO(pdf("Avis de Mélanie")))
    place = {"tenant": account.tenant, "period": date(2026, 3, 1), "kind": "avis", "title": "Avis de Mélanie"}
    token = Document.create(**place, **content._asdict()).token
    log_in(another_browser, account)
    session = TenantSession.get(TenantSession.account == account)
    return {"lease_id": lease.id, "session": session.id, "account": account.id, "month": "2026-01", "token": token}


@pytest.fixture
def inside(client, make_account, theirs):
    log_in(client, make_account())
    return client


def test_every_address_that_names_something_of_another_tenant_is_not_found(inside, app, theirs):
    asked = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("account.") and rule.arguments:
            address = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: str(theirs[name[1]]), str(rule))
            for answer in ask_with(inside, rule, address, theirs):
                assert answer.status_code == 404, rule
                says_nothing(answer)
                asked.add(rule.endpoint)
    assert {"account.lease_operations", "account.operations_csv", "account.document"} <= asked


def test_no_page_shows_anything_of_another_tenant(inside, app):
    # There is nothing to choose, nor to put off.
    lead_on = {"/compte/comptes", "/compte/prolonger", "/compte/choisir-mot-de-passe"}
    for address in pages_of(app):
        answer = inside.get(address)
        says_nothing(answer)
        if address in lead_on:
            assert landing(answer) == "/compte"
        else:
            assert answer.status_code == 200, address


def test_that_tenant_reads_each_of_these_marks(inside, another_browser, app, theirs):
    """Or that nobody else does would show nothing."""
    addresses = [*pages_of(app), f"/compte/operations/{theirs['lease_id']}"]
    read = " ".join(plain(another_browser.get(address)) for address in addresses)
    assert [mark for mark in MARKS if mark not in read] == []


def test_no_form_does_anything_to_another_tenant(inside, another_browser, app, theirs):
    """Every POST of the account, its fields naming the other's things."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("account.") and "POST" in rule.methods and not rule.arguments:
            for answer in ask_with(inside, rule, str(rule), theirs):
                says_nothing(answer)
    page = Page(another_browser.get("/compte"))
    assert page.one(".owed").get_text() == "Vous devez 2\u00a0333,31\u00a0€"


def pages_of(app):
    """The addresses of the account's pages that name nothing."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("account.") and not rule.arguments]
    return [str(rule) for rule in rules if "GET" in rule.methods]


def plain(answer):
    return as_read(answer.get_data().decode("utf-8", errors="replace")).replace("<wbr>", "")


def says_nothing(answer):
    text = plain(answer)
    assert not [mark for mark in MARKS if mark in text]
