"""A tenant file over what is on file: what changes, and what is left alone."""

import threading
from datetime import date

import pytest
from peewee import fn

from ophportal import clock
from ophportal.database import proxy
from ophportal.imports.tenants import import_tenants
from ophportal.imports.tenants.columns import BY_NAME
from ophportal.imports.tenants.match import MARK, ON_FILE, ON_SQLITE, on_file, same_tenants
from ophportal.models import Account, Dwelling, Lease, OutboxMessage, TemporaryPassword, Tenant
from ophportal.models.access_request import AccessRequest
from tests.stores import on_sqlite
from tests.tenant_lines import MARIA, PAUL, counts, rows_on_file


def test_the_same_file_again_changes_nothing(tenant_file):
    moved = MARIA | {"reference": "G-7", "phone": "", "address": "3 rue du Port", "ends_on": "31/12/2021"}
    path = tenant_file(MARIA, moved, PAUL, PAUL | {"address": "14 rue des Lilas", "number": "67890"})
    first = import_tenants(path)
    before = rows_on_file()

    again = import_tenants(path)

    assert rows_on_file() == before
    assert (first.read, again.read) == (4, 4)
    assert [counts(c) for c in first.counts.values()] == [
        (2, 0, 0),
        (3, 0, 0),
        (3, 0, 0),
    ]
    assert [counts(c) for c in again.counts.values()] == [
        (0, 0, 2),
        (0, 0, 3),
        (0, 0, 3),
    ]


@pytest.mark.parametrize("column", BY_NAME)
def test_a_line_is_on_file_as_long_as_each_of_its_columns_says_so(tenant_file, column):
    def is_on_file(line):
        return bool(on_file([(2, tuple(line[name] for name in BY_NAME))]))

    import_tenants(tenant_file(MARIA))

    assert is_on_file(MARIA)
    assert not is_on_file(MARIA | {column: "31/12/2024" if column.endswith("_on") else "777"})


def test_a_changed_line_is_compared_with_the_unchanged_ones_beside_it(tenant_file, refusals):
    garage, neighbour = MARIA | {"reference": "G-7"}, PAUL | {"number": "3", "reference": "G-7"}
    import_tenants(tenant_file(PAUL, MARIA, garage, neighbour))

    assert refusals(PAUL, MARIA, garage | {"email": "stella@exemple.test"}, neighbour) == [
        "ligne 4 : le locataire 0012345 a deux adresses e-mail différentes (lignes 3 et 4)"
    ]
    report = import_tenants(tenant_file(PAUL, MARIA, garage | {"phone": "", "city": "Alata"}, neighbour))
    assert (report.read, report.gone.count) == (4, 0)
    assert [counts(c) for c in report.counts.values()] == [(0, 0, 3), (0, 1, 2), (0, 0, 4)]
    assert Tenant.by_number("12345").phone == MARIA["phone"]
    assert Dwelling.get(Dwelling.reference == "G-7").city == "Alata"


def test_so_it_is_with_those_of_the_same_dwelling(tenant_file):
    beside = PAUL | {"reference": MARIA["reference"]}
    import_tenants(tenant_file(MARIA, beside))
    import_tenants(tenant_file(MARIA, beside | {"city": "Alata"}))
    assert Dwelling.get().city == MARIA["city"]


def test_what_no_line_may_say_is_refused_though_it_be_on_file(tenant_file, refusals):
    import_tenants(tenant_file(MARIA | {"starts_on": clock.today().isoformat()}, PAUL))
    import_tenants(tenant_file(PAUL), full=True)
    ended = Lease.get(Lease.ends_on.is_null(False))
    dates = {"starts_on": ended.starts_on.isoformat(), "ends_on": ended.ends_on.isoformat()}

    assert refusals(MARIA | dates, PAUL) == [
        f"ligne 2 : la date de sortie ({dates['ends_on']}) précède la date d'entrée ({dates['starts_on']})"
    ]


def test_two_imports_at_once_are_one_after_the_other(tenant_file):
    old = tenant_file(MARIA, PAUL)
    old = old.rename(old.with_name("old.csv"))
    new = tenant_file(MARIA | {"city": "Alata"}, PAUL)
    import_tenants(old)
    later = threading.Thread(target=lambda: (import_tenants(new), proxy.close()))

    def begin_another(*_):
        if not later.ident:
            later.start()
        later.join(0.1)
        assert later.is_alive()

    assert counts(import_tenants(old, begin_another).counts["Logements"]) == (0, 0, 2)
    later.join()
    assert {dwelling.city for dwelling in Dwelling.select()} == {"Alata", "Ajaccio"}


@on_sqlite
def test_what_is_on_file_is_looked_up_without_a_scan(app):
    steps = [step for *_, step in proxy.execute_sql(f"EXPLAIN QUERY PLAN {ON_SQLITE}", ("[]",))]
    assert [step.split()[:2] for step in steps[1:]] == [
        ["SEARCH", "tenant"],
        ["SEARCH", "lease"],
        ["SEARCH", "dwelling"],
    ]


def test_it_is_what_peewee_says_of_it(tenant_file):
    told_by_themselves, no_period = {"number": "777", "reference": "7"}, {"number": "888", "reference": "8"}
    import_tenants(tenant_file(MARIA, PAUL, MARIA | told_by_themselves, MARIA | no_period))
    Tenant.update(phone="06 39 98 12 34").where(Tenant.number_key == "777").execute()
    Lease.update(ends_on=date(1999, 1, 1)).where(Lease.tenant == Tenant.by_number("888")).execute()
    keys = ["888", "777", "404", *(tenant.number_key for tenant in Tenant.select().order_by(Tenant.id)[:2])]
    columns = [fn.COALESCE(ON_FILE[name].cast("text"), "") for name in BY_NAME]
    as_the_erp_told = (Tenant.email_key == Tenant.erp_email_key) & (Tenant.phone == Tenant.erp_phone)
    backwards = Lease.ends_on.is_null(False) & Lease.starts_on.is_null(False) & (Lease.ends_on < Lease.starts_on)
    rows = (
        Lease.select(Tenant.number_key, *columns, Tenant.id, Dwelling.id, Lease.id)
        .join(Tenant)
        .switch(Lease)
        .join(Dwelling)
        .where(Tenant.number_key.in_(keys) & as_the_erp_told & ~backwards)
        .tuples()
    )
    expected = {(keys.index(key), MARK.join(map(str, row[: len(columns)])), *row[-3:]) for key, *row in rows}

    assert set(same_tenants(keys)) == expected
    assert len(expected) == 2


def test_a_changed_line_updates_what_it_changes(tenant_file):
    import_tenants(tenant_file(MARIA, PAUL))
    new = {"last_name": "LÉCA", "phone": "", "email": "Stella@exemple.test", "city": "Alata", "ends_on": "30/06/2025"}

    report = import_tenants(tenant_file(MARIA | new, PAUL))

    tenant = Tenant.by_number("12345")
    assert (tenant.last_name, tenant.phone) == ("LÉCA", "")
    assert (tenant.email, tenant.email_key) == ("Stella@exemple.test", "stella@exemple.test")
    assert [dwelling.city for dwelling in Dwelling.select().order_by(Dwelling.reference)] == ["Alata", "Ajaccio"]
    assert [lease.ends_on for lease in tenant.leases] == [date(2025, 6, 30)]
    assert [counts(c) for c in report.counts.values()] == [(0, 1, 1)] * 3


def test_a_lease_may_lose_its_end(tenant_file):
    import_tenants(tenant_file(MARIA | {"ends_on": "30/06/2025"}))

    assert counts(import_tenants(tenant_file(MARIA)).counts["Baux"]) == (0, 1, 0)
    assert Lease.get().ends_on is None


def test_a_file_without_a_column_leaves_it_alone(tenant_file):
    import_tenants(tenant_file(MARIA))
    before = rows_on_file()

    import_tenants(tenant_file(MARIA, only=("number", "last_name", "reference")))

    assert rows_on_file() == before


def test_tenants_absent_from_the_file_are_left_alone(tenant_file):
    import_tenants(tenant_file(MARIA))

    import_tenants(tenant_file(PAUL))

    assert {tenant.last_name for tenant in Tenant.select()} == {"D'ANGELO-PAOLI", "ROSSI"}
    assert Lease.select().count() == 2


def test_zeros_eaten_by_a_spreadsheet_make_no_other_tenant(tenant_file):
    import_tenants(tenant_file(MARIA, PAUL | {"reference": "L 0123 04 058"}))

    eaten = PAUL | {"number": "67890", "reference": "12304058", "first_names": "Paul-Ange"}
    report = import_tenants(tenant_file(MARIA | {"number": "12345"}, eaten))

    assert counts(report.counts["Locataires"]) == (0, 2, 0)
    assert Tenant.by_number("0067890").first_names == "Paul-Ange"
    assert (Tenant.select().count(), Dwelling.select().count(), Lease.select().count()) == (2, 2, 2)


def test_credentials_are_never_touched(tenant_file, make_tenant, app, outbox):
    tenant = make_tenant(number=MARIA["number"], reference=MARIA["reference"], birth_name=MARIA["birth_name"])
    account = Account.get_or_open(tenant)
    account.choose_password("$argon2id$invented")
    request = AccessRequest.create(
        token="t", name="x", email="x@exemple.test", dwelling_reference="1", tenant_number="1", network_address=""
    )
    TemporaryPassword.issue(account, request, "digest")
    rows = rows_on_file()

    with app.app_context():
        import_tenants(tenant_file(MARIA | {"email": "autre@exemple.test", "last_name": "LÉCA"}, PAUL))

    changed = {name for name, before in rows.items() if rows_on_file()[name] != before}
    # Besides what the file is about: whoever loses an account's address is told so.
    assert changed == {"Tenant", "Dwelling", "Lease", "OutboxMessage", "JournalEntry"}
    assert Account.get().tenant.email == "autre@exemple.test"
    assert outbox.deliver().recipients == [tenant.email]


def test_an_address_that_opens_no_account_is_changed_without_a_word(tenant_file):
    import_tenants(tenant_file(MARIA))
    import_tenants(tenant_file(MARIA | {"email": "autre@exemple.test"}))
    assert Tenant.get().email == "autre@exemple.test"
    assert OutboxMessage.select().count() == 0


def test_an_address_recorded_by_the_office_outlives_an_empty_cell(tenant_file, make_tenant):
    make_tenant(number=MARIA["number"], email="Maria@exemple.test")

    import_tenants(tenant_file(MARIA | {"email": ""}))

    assert (Tenant.get().email, Tenant.get().email_key) == ("Maria@exemple.test", "maria@exemple.test")
