"""Finding a tenant from a bit of what an agent has heard."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ophportal import search
from ophportal.database import proxy
from ophportal.imports.tenants import import_tenants
from ophportal.models import Account, Dwelling, Lease, Tenant
from ophportal.models.access_state import AccessState
from ophportal.models.keys import name_words
from ophportal.search import find_tenants
from ophportal.testing import add_lease
from tests.office import write_tenant_file


@pytest.fixture(params=["index", "scan"], autouse=True)
def each_way(request, app, monkeypatch):
    """Every story is told twice: over the full text index, and over plain queries, as on PostgreSQL."""
    if request.param == "scan":
        monkeypatch.setattr(search, "candidate_ids", search.candidate_ids_by_scan)


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
        "maria lilas", "lilas 12 angelo",
    ],
)  # fmt: skip
def test_maria_is_found_by(maria, typed):
    assert found(typed)[0] == "D'ANGELO-PAOLI"


@pytest.mark.parametrize(("typed", "name"), [("oeuvrard", "ŒUVRARD"), ("LAETITIA", "ŒUVRARD"), ("l205010", "ŒUVRARD")])
def test_ligatures_and_letters_before_numbers_are_forgiven(maria, typed, name):
    assert found(typed) == [name]


def test_a_telephone_on_file_with_its_country_is_found_without(maria):
    assert found("06 39 98 00 01") == found("0639980001") == ["Colonna d’Istria"]


def test_every_word_must_be_the_tenant_s(maria):
    assert found("maria istria") == []
    assert found("zzz") == found("") == found("' - !") == []


def test_an_exact_number_comes_before_a_name_or_a_street_that_begins_so(make_tenant):
    make_tenant("AAA", number="3111", reference="1")
    make_tenant("ZZZ", number="31", reference="2")
    assert found("31") == ["ZZZ", "AAA"]


def test_a_family_name_comes_before_a_first_name(make_tenant):
    make_tenant("ALISIER", "Paul", number="1", reference="1", email="a@exemple.test")
    make_tenant("PAULIN", "Anis", number="2", reference="2", email="b@exemple.test")
    make_tenant("PAUL", "Ocre", number="3", reference="3", email="c@exemple.test")
    assert found("paul") == ["PAUL", "PAULIN", "ALISIER"]


def test_the_access_code_leads_to_its_tenant_however_it_is_typed(maria):
    code = Account.of(maria).code
    assert found(code) == found(code.lower().replace("-", "")) == found(code.replace("0", "O")) == ["D'ANGELO-PAOLI"]


def test_a_line_shows_the_running_lease_the_code_and_the_state(maria):
    account = Account.of(maria)
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


def test_so_many_lines_and_no_more_are_described_in_so_many_queries(app, tmp_path):
    import_tenants(write_tenant_file(tmp_path / "locataires.csv", 300))
    search.refresh()
    counted = []
    execute = proxy.obj.execute_sql
    proxy.obj.execute_sql = lambda *args, **more: counted.append(args) or execute(*args, **more)
    try:
        assert len(find_tenants("essai", 25)) == 25
    finally:
        del proxy.obj.execute_sql
    assert len(counted) <= 10


@pytest.mark.parametrize(
    "typed",
    ['"', '" OR "', "*", "NEAR(a b)", "a AND NOT b", "words:maria", "\0", "\ud800", "e\u0301" * 9000, "é" * 10_000],
)
def test_odd_things_are_words_or_nothing(maria, typed):
    find_tenants(typed)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_is_answered_and_a_name_finds_its_bearer(app, typed):
    find_tenants(typed)
    if name_words(typed) and typed.isprintable():
        Tenant.delete().execute()
        Tenant.create(last_name=typed, number="1", number_key="1")
        assert found(typed) == [typed]
