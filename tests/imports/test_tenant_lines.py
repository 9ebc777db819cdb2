"""The tenant file: each line that an office's ERP exports becomes a tenant, a dwelling and a lease."""

from datetime import date

import pytest

from ophportal.imports.refusals import ImportRefused
from ophportal.imports.tenants import import_tenants
from ophportal.models import Dwelling, Lease, Tenant
from tests.tenant_lines import MARIA, PAUL, counts


def test_a_line_becomes_a_tenant_a_dwelling_and_a_lease(tenant_file):
    report = import_tenants(tenant_file(MARIA))

    tenant, dwelling, lease = Tenant.get(), Dwelling.get(), Lease.get()
    assert tenant.full_name == "Mme Maria Stella D'ANGELO-PAOLI"
    assert (tenant.number, tenant.number_key, tenant.birth_name) == ("0012345", "12345", "LÉCA")
    assert (tenant.email, tenant.email_key, tenant.phone) == ("maria@exemple.test",) * 2 + ("04 65 71 12 34",)
    assert (dwelling.reference, dwelling.reference_key, dwelling.kind) == ("0123-04-056", "12304056", "T3")
    assert dwelling.full_address == "12 rue des Lilas, 20090 Ajaccio"
    assert (lease.tenant, lease.dwelling, lease.starts_on, lease.ends_on) == (tenant, dwelling, date(2020, 2, 1), None)
    assert report.read == 1
    assert [counts(c) for c in report.counts.values()] == [(1, 0, 0)] * 3


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_any_export_is_read_alike(tenant_file, delimiter, encoding):
    line = MARIA | {"last_name": "COLONNA D’ISTRIA", "first_names": "Cœur-Élise", "address": "1, impasse de l'Œuf"}

    import_tenants(tenant_file(line, delimiter=delimiter, encoding=encoding))

    assert (Tenant.get().last_name, Tenant.get().first_names) == ("COLONNA D’ISTRIA", "Cœur-Élise")
    assert Dwelling.get().address == "1, impasse de l'Œuf"


def test_three_columns_are_enough(tenant_file):
    import_tenants(tenant_file(MARIA, only=("number", "last_name", "reference")))

    assert (Tenant.get().last_name, Tenant.get().email, Dwelling.get().address) == ("D'ANGELO-PAOLI", "", "")
    assert (Lease.get().starts_on, Lease.get().ends_on) == (None, None)


NAMES = "N° locataire;Réf. logement;Prénom"


@pytest.mark.parametrize(
    ("titles", "names", "last_name", "birth_name"),
    [
        ("Nom;Nom d'usage", "LÉCA;PAOLI", "PAOLI", "LÉCA"),
        ("Nom d’usage;Nom de famille", "PAOLI;LÉCA", "PAOLI", "LÉCA"),
        ("Nom;Nom d'usage", "PAOLI; ", "PAOLI", ""),
        ("Nom;Nom marital", "PAOLI;Paoli", "Paoli", ""),
        ("Nom de naissance;Nom d'usage", "LÉCA;PAOLI", "PAOLI", "LÉCA"),
        ("Nom de naissance;Nom d'usage", "LÉCA;", "LÉCA", "LÉCA"),
        ("Nom de naissance;Nom d'usage;Nom", "LÉCA;PAOLI;ROSSI", "PAOLI", "LÉCA"),
        ("Nom de naissance;Nom d'usage;Nom", ";PAOLI;LÉCA", "PAOLI", "LÉCA"),
        ("Nom de naissance;Nom", "LÉCA;PAOLI", "PAOLI", "LÉCA"),
        ("Nom usuel", "PAOLI", "PAOLI", ""),
    ],
)  # fmt: skip
def test_who_has_a_name_of_use_goes_by_it_and_is_known_by_the_other_too(
    app, tmp_path, titles, names, last_name, birth_name
):
    path = tmp_path / "locataires.csv"
    path.write_text(f"{NAMES};{titles}\n0012345;0123-04-056;Maria;{names}\n", encoding="utf-8")

    report = import_tenants(path)

    tenant = Tenant.get()
    assert (tenant.last_name, tenant.birth_name) == (last_name, birth_name)
    assert not any("laissées de côté" in fact for fact in report.facts)
    again = import_tenants(path).counts["Locataires"]
    assert counts(again) == (0, 0, 1)


def test_a_file_with_a_birth_name_alone_lacks_the_name(app, tmp_path):
    path = tmp_path / "locataires.csv"
    path.write_text(f"{NAMES};Nom de naissance\n0012345;0123-04-056;Maria;LÉCA\n", encoding="utf-8")

    with pytest.raises(ImportRefused, match="il manque la colonne «\u00a0nom\u00a0»"):
        import_tenants(path)


def test_a_tenant_may_have_several_leases_and_a_lease_several_tenants(tenant_file):
    garage = MARIA | {"reference": "G-7", "kind": "Garage", "starts_on": "01/03/2021"}
    report = import_tenants(tenant_file(MARIA, garage, PAUL | {"reference": MARIA["reference"]}))

    leases = {(lease.tenant.last_name, lease.dwelling.reference) for lease in Lease.select()}
    assert leases == {("D'ANGELO-PAOLI", "0123-04-056"), ("D'ANGELO-PAOLI", "G-7"), ("ROSSI", "0123-04-056")}
    assert [counts(c) for c in report.counts.values()] == [(2, 0, 0), (2, 0, 0), (3, 0, 0)]


def test_progress_goes_from_nothing_to_the_whole(tenant_file):
    told = []
    import_tenants(
        tenant_file(*[PAUL | {"number": str(n)} for n in range(1, 5000)]), lambda *progress: told.append(progress)
    )

    shares = [done / total for done, total in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 8


def test_one_name_written_two_ways_is_one_person(tenant_file):
    lines = [
        MARIA | {"birth_name": ""},
        MARIA | {"reference": "G-7", "last_name": "d’angelo paoli", "first_names": "Maria"},
        MARIA | {"reference": "G-8", "first_names": "", "birth_name": "POGGI"},
    ]
    import_tenants(tenant_file(*lines))

    assert (Tenant.get().last_name, Tenant.get().first_names) == ("D'ANGELO-PAOLI", "Maria Stella")
    assert (Tenant.get().birth_name, Lease.select().count()) == ("LÉCA", 3)


def test_lines_complete_each_other(tenant_file):
    without = MARIA | {"email": "", "phone": "", "civility": ""}
    import_tenants(tenant_file(without, MARIA | {"reference": "G-7"}, without | {"reference": "G-8"}))

    tenant = Tenant.get()
    assert (tenant.email, tenant.email_key, tenant.phone, tenant.civility) == (
        *["maria@exemple.test"] * 2,
        "04 65 71 12 34",
        "Mme",
    )


def test_the_first_address_written_for_a_dwelling_stands(tenant_file):
    here = {"reference": MARIA["reference"]}
    others = [PAUL | here | {"address": "14 rue des Lilas"}, PAUL | here | {"address": "16 rue des Lilas"}]
    import_tenants(tenant_file(MARIA | {"address": ""}, *others))

    assert Dwelling.get().full_address == "14 rue des Lilas, 20090 Ajaccio"


@pytest.mark.parametrize(
    ("one", "other"), [("012-3", "12-3"), ("l 12-3", "12 - 3"), ("a 1-2", "A1-2"), ("L-12.3", "12/3")]
)
def test_zeros_spaces_case_and_a_leading_l_make_no_other_dwelling(tenant_file, one, other):
    import_tenants(tenant_file(MARIA | {"reference": one}, PAUL | {"reference": other}))

    assert (Dwelling.select().count(), Lease.select().count()) == (1, 2)


def test_a_lease_written_twice_alike_is_one(tenant_file):
    report = import_tenants(tenant_file(MARIA, MARIA | {"starts_on": "2020-02-01"}))

    assert (report.read, counts(report.counts["Baux"])) == (2, (1, 0, 0))


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_periods_in_one_dwelling_the_later_one_stands(tenant_file, turn):
    before = MARIA | {"starts_on": "01/01/2001", "ends_on": "31/12/2009"}
    import_tenants(tenant_file(*[before, MARIA, before][::turn]))

    assert (Lease.get().starts_on, Lease.get().ends_on) == (date(2020, 2, 1), None)
