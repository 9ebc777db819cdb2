"""What a tenant's page asks of the store finds its rows by an index: a larger office is no slower."""

import re
from datetime import timedelta

from ophportal.clock import now
from ophportal.database import proxy
from ophportal.models import AccessRequest, DeliveryConsent, Event, JournalEntry, OutboxMessage, Verification
from ophportal.retention import purge
from ophportal.testing import add_lease
from tests import stores
from tests.conftest import log_in, log_in_agent
from tests.lives import drop, enter

# Tables that stay small, whatever the size of the office, and the search's own list of what is to do.
SMALL = {"job", "building_contact"}
# « SCAN CONSTANT ROW » is the one row of a SELECT without a table.
ROW = "CONSTANT"


def scans(statements):
    """The tables of which some statement reads every row."""
    if stores.is_postgresql():
        return scans_of_postgresql(statements)
    plans = [
        (sql, step)
        for sql, values in statements
        if sql.startswith("SELECT")
        for *_, step in proxy.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)
    ]
    read = [(re.match(r"SCAN (\w+)", step), sql) for sql, step in plans]
    return [
        (found[1], sql) for found, sql in read if found and found[1] != ROW and table_of(found[1], sql) not in SMALL
    ]


def scans_of_postgresql(statements):
    """Those that it reads although it is told to do anything else: of tables this small, it would read most."""
    proxy.execute_sql("SET enable_seqscan = off")
    plans = [
        (sql, step)
        for sql, values in statements
        if sql.startswith("SELECT")
        for (step,) in proxy.execute_sql(f"EXPLAIN {sql}", values)
    ]
    proxy.execute_sql("RESET enable_seqscan")
    read = [(re.search(r"Seq Scan on (\w+)", step), sql) for sql, step in plans]
    return [(found[1], sql) for found, sql in read if found and found[1] not in SMALL]


def table_of(alias, sql):
    named = re.search(rf'FROM "(\w+)" AS "{alias}"|JOIN "(\w+)" AS "{alias}"', sql)
    return (named[1] or named[2]) if named else alias


def test_no_page_of_the_account_reads_a_whole_table(app, client, make_account, make_tenant, statements):
    account = make_account()
    add_lease(account.tenant, "0900-00-001")
    for number in range(2, 60):
        make_tenant(number=str(number), reference=f"0900-01-{number:03d}", email=f"{number}@exemple.test")
    lease = account.tenant.leases.first()
    enter(lease, "2026-01-01", "Loyer", "412.35")
    enter(lease, "2026-01-05", "Paiement", "-412.35")
    enter(lease, "2026-02-01", "Loyer", "412.35")
    enter(lease, "2026-02-05", "Paiement", "-12.35")
    DeliveryConsent.give(account.tenant, "Oui")
    document = drop(account.tenant, "avis", lease=lease)
    months = {"account.quittance": "2026-01", "account.part_receipt": "2026-02", "account.rent_notice": "2026-02"}
    log_in(client, account)
    statements.clear()
    rules = [
        rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("account.") and "GET" in rule.methods
    ]
    for rule in rules:
        named = {"lease_id": lease.id, "token": document.token, "month": months.get(rule.endpoint)}
        address = re.sub(r"<(?:\w+:)?(\w+)>", lambda name, named=named: str(named[name[1]]), str(rule))
        # Otherwise it asked for nothing more than what is not there.
        assert client.get(address).status_code in {200, 303}, address
    assert len(statements) > len(rules)
    assert scans(statements) == []


def test_nor_does_a_page_of_the_journal(console, client, another_browser, make_account, statements):
    """A stranger makes it as long as they like."""
    account = make_account()
    log_in(client, account)
    for day in range(60):
        JournalEntry.create(event=Event.BLOCKED, tenant=account.tenant, at=now() - timedelta(days=day))
        log_in(another_browser, account, "faux")
        log_in_agent(another_browser, console.agent, code="000000")
    here = f"/agents/locataires/{account.tenant.id}"
    for visitor, address in (
        (console, here), (console, f"{here}/journal/2"), (console, "/agents/mon-acces"), (client, "/compte/securite"),
    ):  # fmt: skip
        statements.clear()
        assert visitor.get(address).status_code == 200
        of_the_journal = [each for each in statements if 'FROM "journal_entry"' in each[0]]
        assert 0 < len(of_the_journal) <= 4, address
        assert scans(of_the_journal) == []


@stores.on_sqlite  # PostgreSQL chooses by what the tables hold, and these are all but empty
def test_what_an_agent_did_and_the_next_mail_are_found_by_their_own_indexes(console, make_account, statements):
    """Thousands of either are there: what each agent read in a year, what waits on the day of the rent notice."""
    tenant = make_account().tenant
    statements.clear()
    console.get(f"/agents/locataires/{tenant.id}")
    looks = plans(statements, 'FROM "journal_entry"', '"agent_id" =', "EXISTS")
    statements.clear()
    console.get("/agents/mon-acces")
    logins = plans(statements, 'FROM "journal_entry"', '"agent_id" =')
    statements.clear()
    OutboxMessage.claim_next()
    mails = plans(statements, 'FROM "outbox_message"', '"claimed_until"')
    assert [len(looks), len(logins), len(mails)] == [1, 1, 2]
    assert all("journal_entry_agent_id_at" in plan for plan in [*looks, *logins])
    assert "outbox_message_awaited" in mails[0]
    assert not any("TEMP B-TREE" in plan for plan in [*logins, *mails])


@stores.on_sqlite  # PostgreSQL gathers the one and then the other, however many there are of both
def test_the_purge_looks_each_row_of_its_step_up_once(app, make_tenant, statements):
    """Not once for each request: where nothing had been purged for months, everybody else waited for a minute."""
    tenant = make_tenant()
    typed = ("name", "email", "dwelling_reference", "tenant_number", "network_address")
    for _ in range(60):
        request = AccessRequest.create(**dict.fromkeys(typed, "x"), settled_at=now() - timedelta(days=100))
        Verification.create(request=request, tenant=tenant, created_at=now() - timedelta(days=100))
        JournalEntry.create(event=Event.REQUEST, at=now() - timedelta(days=400))
    statements.clear()
    purge()
    steps = [plan for verb in ("DELETE", "UPDATE") for plan in plans(statements, f"{verb} ", "IN (?, ?")]
    assert len(steps) == 3
    assert all("SEARCH " in plan and plan.split("SEARCH ")[1].split(")")[0].endswith("KEY (rowid=?") for plan in steps)


@stores.on_sqlite  # as above
def test_the_purge_does_not_read_each_mail_that_ever_left(app, statements):
    """Nobody erases them: an office has a million after some years, and it is done each hour."""
    purge()
    (looks,) = plans(statements, "SELECT", 'FROM "outbox_message"')
    assert "SEARCH t1 USING INDEX outbox_message_addressed" in looks


def plans(statements, *words):
    """How the store goes about those of the statements that hold these words."""
    asked = [each for each in statements if all(word in each[0] for word in words)]
    return [str(proxy.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()) for sql, values in asked]


def test_nor_does_a_login_or_a_request_for_a_code(app, client, make_account, outbox, statements):
    account = make_account()
    statements.clear()
    client.submit("/demander-un-code", name="x", email="x@exemple.test", dwelling_reference="1", tenant_number="2")
    outbox.deliver()
    log_in(client, account)
    assert scans(statements) == []
