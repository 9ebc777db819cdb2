"""Finding a tenant from a bit of what an agent has heard."""

import re
from datetime import date
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ophportal import search
from ophportal.database import proxy
from ophportal.imports.tenants import import_tenants
from ophportal.models import Account, Dwelling, Lease, Tenant
from ophportal.models.access_state import AccessState
from ophportal.models.keys import name_words
from ophportal.search import find_tenants
from ophportal.store import LOCK_TIMEOUT
from ophportal.testing import add_lease
from tests.office import write_tenant_file
from tests.stores import held, on_postgresql, on_sqlite, patience


@pytest.fixture
def maria(make_tenant):
    tenant = make_tenant(civility="Mme", birth_name="LÉCA", phone="04 65 71 12 34")
    make_tenant("ŒUVRARD", "Lætitia", number="L205010", reference="777-B", email="laetitia@exemple.test", phone="")
    make_tenant("Colonna d’Istria", "Marie-Ange", number="31", reference="31-31", email="", phone="+33 6 39 98 00 01")
    return tenant


def found(typed):
    return [it.tenant.last_name for it in find_tenants(typed)]


@pytest.mark.parametrize(
    "typed",
    [
        "d'angelo", "DANGELO", "angelo paoli", "paol mar", "stella d angelo", "D’Angelo-Paoli Maria", "leca", "Léca",
        "0012345", "12345", "L12345", "L 0012 345", "0123-04-056", "0123 04 056", "012304056", "12304056",
        "04 65 71 12 34", "0465711234", "+33 4 65 71 12 34", "04.65.71.12.34", "maria@exemple.test", "MARIA@EXEMPLE",
        "maria lilas", "lilas 12 angelo", "Mme Maria Stella D'ANGELO-PAOLI", "Madame Paoli", "paoli née leca",
        "angelopaoli", "mariastella", "paoli L0012345", "L12345 paoli", "+33 (0)4 65 71 12 34", "0033465711234",
    ],
)  # fmt: skip
def test_maria_is_found_by(maria, typed):
    assert found(typed)[0] == "D'ANGELO-PAOLI"


@pytest.mark.parametrize(("typed", "name"), [("oeuvrard", "ŒUVRARD"), ("LAETITIA", "ŒUVRARD"), ("l205010", "ŒUVRARD")])
def test_ligatures_and_letters_before_numbers_are_forgiven(maria, typed, name):
    assert found(typed) == [name]


def test_a_telephone_on_file_with_its_country_is_found_without(maria):
    assert found("06 39 98 00 01") == found("0639980001") == ["Colonna d’Istria"]


@pytest.mark.parametrize(
    ("on_file", "typed"),
    [
        ("+262 692 12 34 56", ["0692 12 34 56", "0692123456", "+262 692 12", "00262692123456", "+262 (0)692 12 34 56"]),
        ("0692 12 34 56", ["+262 692 12 34 56", "00 262 692 12"]),
        ("0033 6 39 98 00 01", ["06 39 98 00 01", "+33 6 39 98"]),
        ("00377 98 12 34 56", ["+377 98 12 34 56", "37798123456"]),
        ("+44 (0)20 7946 0000", ["+44 20 7946 0000", "0044 20 7946"]),
    ],
)
def test_a_telephone_is_found_however_its_country_is_written(make_tenant, on_file, typed):
    make_tenant(phone=on_file)
    assert [found(it) for it in typed] == [["D'ANGELO-PAOLI"]] * len(typed)


def test_the_words_of_telephones_with_a_country_are_written_anew_by_the_migration(make_tenant):
    """They were folded otherwise before it; those of all others stay as they are."""
    abroad = [make_tenant(phone="+262 692").id, make_tenant(number="2", reference="2", phone="00377 98").id]
    make_tenant(number="3", reference="3", phone="06 39 98 00 01")
    search.refresh()
    for _ in range(2):
        import_module("ophportal.migrations.0012_telephones_alike").up(None, proxy.obj)
    assert sorted(search.stale_ids()) == sorted(abroad)


def test_an_address_finds_all_who_live_there(maria):
    assert len(found("12, rue des Lilas, 20090 Ajaccio")) == 3
    assert found("12, rue des Lilas Ajaccio Œuvrard") == ["ŒUVRARD"]


def test_every_word_must_be_the_tenant_s(maria):
    assert found("maria istria") == []
    assert found("20090 paoli") == ["D'ANGELO-PAOLI"]
    assert found("zzz") == found("") == found("' - !") == []


def test_a_family_of_that_very_name_comes_before_those_whose_name_begins_so(make_tenant):
    make_tenant("ALBA-PAOLINI", number="1", reference="1")
    make_tenant("PAOLI", number="2", reference="2")
    assert found("paoli") == ["PAOLI", "ALBA-PAOLINI"]


def test_an_exact_number_comes_before_a_name_or_a_street_that_begins_so(make_tenant):
    make_tenant("AAA", number="3111", reference="1")
    make_tenant("ZZZ", number="31", reference="2")
    assert found("31") == ["ZZZ", "AAA"]


def test_a_family_name_comes_before_a_first_name(make_tenant):
    make_tenant("ALISIER", "Paul", number="1", reference="1", email="a@exemple.test")
    make_tenant("PAULIN", "Anis", number="2", reference="2", email="b@exemple.test")
    make_tenant("PAUL", "Ocre", number="3", reference="3", email="c@exemple.test")
    assert found("paul") == ["PAUL", "PAULIN", "ALISIER"]


def test_a_family_name_is_not_drowned_by_a_street_of_that_name(make_tenant):
    home = add_lease(make_tenant("AAA", "Ana", number="1", reference="1"), "2").dwelling
    Dwelling.update(address="3 rue Martin-Luther").execute()
    for number in range(2, 2 + search.CANDIDATES):
        Lease.create(tenant=Tenant.create(last_name="AAA", number=number, number_key=number), dwelling=home)
    make_tenant("MARTIN", "Zoé", number="9999", reference="9999")
    search.refresh()
    assert found("martin")[0] == found("marti")[0] == "MARTIN"
    assert found("zoe martin")[0] == found("Mme Martin")[0] == "MARTIN"


def test_who_lives_at_that_very_number_comes_before_the_rest_of_the_street(make_tenant):
    """Before those, too, whose family name begins as a word of the address does."""
    for n, (name, address) in enumerate(
        [
            ("DUPONT", "20 rue du Merle-Matinal"),
            ("ALISIER", "22 rue du Merle-Matinal"),
            ("ZZZ", "2 rue du Merle-Matinal"),
        ]
    ):
        lease = make_tenant(name, number=f"7{n}", reference=f"9{n}", email="").leases.get()
        Dwelling.update(address=address).where(Dwelling.id == lease.dwelling_id).execute()
    for typed in ("2 rue du merle-matinal", "2, rue du Merle Matinal 20090", "2 merle"):
        assert found(typed)[0] == "ZZZ"
        assert len(found(typed)) == 3
    assert found("rue du merle")[0] == "DUPONT"


def test_an_address_is_looked_for_by_the_words_that_tell_it(make_tenant, statements):
    make_tenant("ZZZ")
    Dwelling.update(address="2 rue de la Lune-Rousse").execute()
    search.refresh()
    statements.clear()
    assert found("2 rue de la lune rousse") == found("2, rue Lune Rousse") == ["ZZZ"]
    asked = [str(values) for sql, values in statements if "FROM tenant_search WHERE" in sql]
    assert asked
    assert not [each for each in asked if re.search(r"\b(de|la)\b", each)]


def test_a_long_street_hides_nobody_of_one_number(make_tenant):
    here = make_tenant("ZZZ", number="2", reference="2").leases.get().dwelling
    beyond = add_lease(make_tenant("AAA", number="20", reference="20"), "21").dwelling
    Dwelling.update(address="20 rue du Merle").where(Dwelling.id == beyond.id).execute()
    Dwelling.update(address="2 rue du Merle").where(Dwelling.id == here.id).execute()
    for number in range(100, 100 + search.CANDIDATES):
        Lease.create(tenant=Tenant.create(last_name="AAA", number=number, number_key=number), dwelling=beyond)
    last = Tenant.create(last_name="YYY", number="9999", number_key="9999")
    Lease.create(tenant=last, dwelling=here)
    search.refresh()
    assert found("2 rue du merle")[:2] == ["YYY", "ZZZ"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [("le goff", "LEGOFF"), ("le goff jean", "LEGOFF"), ("jean pierre", "LEGOFF"), ("macdonald", "MAC DONALD")],
)
def test_names_are_found_in_one_word_or_two(make_tenant, typed, name):
    make_tenant("LEGOFF", "Jeanpierre", number="1", reference="1")
    make_tenant("MAC DONALD", "Rose", number="2", reference="2")
    assert found(typed) == [name]


def test_a_search_does_not_wait_for_who_writes(maria):
    assert found("paoli") == ["D'ANGELO-PAOLI"]
    Tenant.update(birth_name="ROSSI").where(Tenant.id == maria.id).execute()
    with held() as importer:
        assert found("paoli") == ["D'ANGELO-PAOLI"]
        assert found("rossi") == []
        importer.execute("ROLLBACK")
    assert found("rossi") == ["D'ANGELO-PAOLI"]


def test_a_search_leaves_the_store_as_patient_as_it_was(maria):
    with proxy.patient(120):
        found("paoli")
        assert patience() == 120
    assert patience() == LOCK_TIMEOUT


def test_the_access_code_leads_to_its_tenant_however_it_is_typed(maria):
    code = Account.get_or_open(maria).code
    assert found(code) == found(code.lower().replace("-", "")) == found(code.replace("0", "O")) == ["D'ANGELO-PAOLI"]


def test_a_line_shows_the_running_lease_the_code_and_the_state(maria):
    account = Account.get_or_open(maria)
    add_lease(maria, "999-Z", ends_on=Lease.get().starts_on)
    line = find_tenants("12345")[0]
    assert (line.dwelling.reference, line.code, line.state) == ("0123-04-056", account.code, AccessState.NEVER)
    account.block()
    assert find_tenants("12345")[0].state == AccessState.BLOCKED
    Lease.delete().execute()
    assert (find_tenants("12345")[0].dwelling, find_tenants("12345")[0].state) == (None, AccessState.ENDED)


class TestIsUpToDate:
    def test_whatever_writes_the_store(self, maria):
        assert found("paoli") == ["D'ANGELO-PAOLI"]
        Tenant.update(last_name="ROSSI").where(Tenant.id == maria.id).execute()
        Dwelling.update(address="9 quai des Brumes").where(Dwelling.reference == "0123-04-056").execute()
        assert found("paoli") == []
        assert found("rossi brumes") == ["ROSSI"]
        Lease.delete().where(Lease.tenant == maria).execute()
        assert found("rossi brumes") == []
        Tenant.delete().where(Tenant.id == maria.id).execute()
        assert found("rossi") == []

    def test_an_import_too(self, app, tmp_path):
        import_tenants(write_tenant_file(tmp_path / "locataires.csv", 300))
        assert [it.tenant.number for it in find_tenants("essai prune 0204-A")] == ["L0000204"]
        assert search.refresh() == 0

    def test_the_worker_writes_the_words_in_pieces(self, app, tmp_path):
        import_tenants(write_tenant_file(tmp_path / "locataires.csv", 1200))
        search.refresh()
        Tenant.update(phone="06 39 98 00 00").execute()
        assert search.refresh(most=500) == 500
        assert search.refresh() == 700


@on_sqlite
def test_the_lighter_index_keeps_the_words_that_were_written(maria):
    store = proxy.obj
    assert found("paoli") == ["D'ANGELO-PAOLI"]
    words = store.execute_sql("SELECT rowid, words FROM tenant_search").fetchall()
    store.execute_sql("DROP TABLE tenant_search")
    store.execute_sql("CREATE VIRTUAL TABLE tenant_search USING fts5(words, tokenize = 'ascii', prefix = '1 2 3')")
    with store.atomic():
        store.connection().executemany("INSERT INTO tenant_search (rowid, words) VALUES (?, ?)", words)
    import_module("ophportal.migrations.0010_lighter_search").up(None, store)
    assert found("paoli") == found("0465711234") == found("mariastell") == ["D'ANGELO-PAOLI"]
    assert store.execute_sql("SELECT rowid, words FROM tenant_search").fetchall() == words
    assert search.stale_ids() == []


@on_sqlite
def test_every_beginning_of_a_telephone_number_has_an_index_of_its_own(app):
    """FTS5 gathers all the rows of a beginning that has none before it stops at a limit: half the town for « 0465 »."""
    (made,) = proxy.execute_sql("SELECT sql FROM sqlite_master WHERE name = 'tenant_search'").fetchone()
    assert "prefix = '1 2 3 4 5 6 7 8 9 10'" in made


def test_a_line_shows_the_flat_and_not_the_garage_that_came_after_it(make_tenant):
    fig = make_tenant("FIGUIER", number="71", reference="71", starts_on=date(2012, 3, 1))
    garage = add_lease(fig, "72", starts_on=date(2018, 9, 1))
    ended = add_lease(fig, "73", starts_on=date(2019, 1, 1), ends_on=date(2020, 1, 1))
    assert find_tenants("figuier")[0].dwelling.reference == "71"
    Lease.update(ends_on=date(2021, 1, 1)).where(Lease.id.not_in([garage.id, ended.id])).execute()
    assert find_tenants("figuier")[0].dwelling.reference == "72"
    Lease.update(ends_on=date(2021, 1, 1)).execute()
    assert find_tenants("figuier")[0].dwelling.reference == "73"


def test_so_many_lines_and_no_more_are_described_in_so_many_queries(app, tmp_path, statements):
    import_tenants(write_tenant_file(tmp_path / "locataires.csv", 300))
    search.refresh()
    statements.clear()
    assert len(find_tenants("essai", 25)) == 25
    assert len(statements) <= 12


@on_sqlite
def test_no_search_reads_every_row(maria, statements):
    Account.get_or_open(maria)
    for typed in ("m", "paol mar", "0123-04-056", "04 65 71", "maria@exemple.test"):
        find_tenants(typed)
    asked = [(sql, values) for sql, values in statements if sql.startswith("SELECT")]
    plans = [row[3] for sql, values in asked for row in proxy.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert [step for step in plans if step.startswith("SCAN tenant_search VIRTUAL TABLE INDEX")]
    reading = [step for step in plans if step.startswith("SCAN") and "VIRTUAL TABLE INDEX" not in step]
    assert set(reading) <= {"SCAN search_stale"}  # up to its LIMIT


@on_postgresql
def test_no_search_of_words_reads_every_row_of_words(maria, statements):
    proxy.execute_sql("SET enable_seqscan = off")  # of so few rows, none is quicker read by an index
    find_tenants("paol mar")
    asked = [(sql, values) for sql, values in statements if "tsquery" in sql]
    assert asked
    for sql, values in asked:
        plan = "\n".join(step for (step,) in proxy.execute_sql(f"EXPLAIN {sql}", values))
        assert "Bitmap Index Scan on tenant_search_words" in plan
    proxy.execute_sql("RESET enable_seqscan")


@pytest.mark.parametrize(
    "typed",
    ['"', '" OR "', "*", "NEAR(a b)", "a AND NOT b", "words:maria", "\0", "\ud800", "e\u0301" * 9000, "é" * 10_000],
)
def test_odd_things_are_words_or_nothing(maria, typed):
    assert find_tenants(typed) == []


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_whatever_is_typed_is_answered_and_a_name_finds_its_bearer(app, typed):
    find_tenants(typed)
    if name_words(typed) and typed.isprintable():
        Tenant.delete().execute()
        Tenant.create(last_name=typed, number="1", number_key="1")
        assert found(typed) == [typed]
