"""The tenant file: what an office's ERP exports becomes tenants, dwellings and leases, whole or not at all."""

import threading
import unicodedata
from datetime import date

import pytest
import time_machine
from peewee import fn

from ophportal import clock
from ophportal.database import proxy
from ophportal.imports.files import cells
from ophportal.imports.refusals import ImportRefused
from ophportal.imports.tenants import import_tenants
from ophportal.imports.tenants.columns import BY_NAME
from ophportal.imports.tenants.match import MARK, ON_FILE, ON_SQLITE, on_file, same_tenants
from ophportal.models import Account, Dwelling, Lease, OutboxMessage, TemporaryPassword, Tenant
from ophportal.models.access_request import AccessRequest
from ophportal.models.keys import number_key
from tests.stores import on_sqlite
from tests.tenant_lines import MARIA, PAUL, counts, rows_on_file


@pytest.fixture
def refusals(tenant_file):
    """The reasons, a text each, with which a file of these lines is refused, when nothing was written."""

    def refusals(*lines):
        before = rows_on_file()
        with pytest.raises(ImportRefused) as refused:
            import_tenants(tenant_file(*lines))
        assert rows_on_file() == before
        return [str(error).replace("\u00a0", " ") for error in refused.value.errors]

    return refusals


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
    account = Account.of(tenant)
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


def test_one_bad_line_refuses_the_whole_file(tenant_file, refusals):
    import_tenants(tenant_file(MARIA))

    assert refusals(MARIA | {"phone": "04 65 71 99 99"}, PAUL | {"email": "paul"}) == [
        "ligne 3 : « e-mail » n'est pas une adresse valable : « paul »"
    ]


def test_everything_wrong_is_said_at_once_in_the_order_of_the_lines(refusals):
    assert refusals(
        MARIA,
        MARIA | {"first_names": "Ange", "reference": "G-7"},
        PAUL | {"number": "", "last_name": " ", "ends_on": "31/02/2024"},
        PAUL | {"starts_on": "02/01/2024", "ends_on": "01/01/2024"},
    ) == [
        "ligne 3 : le numéro locataire 0012345 désigne deux personnes : si elles louent ensemble, ne gardez qu'une "
        "ligne ; sinon, l'un des deux numéros est faux (lignes 2 et 3)",
        "ligne 4 : « numéro locataire » est vide",
        "ligne 4 : « nom » est vide",
        "ligne 4 : « date de sortie » n'existe pas dans le calendrier : « 31/02/2024 »",
        "ligne 5 : la date de sortie (01/01/2024) précède la date d'entrée (02/01/2024)",
    ]


def test_so_many_reasons_are_kept_and_the_rest_counted(tenant_file, monkeypatch):
    monkeypatch.setattr("ophportal.imports.refusals.MOST_KEPT", 200)
    with pytest.raises(ImportRefused) as refused:
        import_tenants(tenant_file(*[PAUL | {"email": "paul"}] * 250))

    assert (len(refused.value.errors), refused.value.total) == (200, 250)
    assert (len(refused.value.shown), refused.value.more) == (100, 150)
    assert [error.line for error in refused.value.shown] == list(range(2, 102))


def test_a_file_with_a_header_alone_is_refused(refusals):
    assert refusals() == ["le fichier ne contient aucun locataire"]


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.65, 0.8, 0.9, 1])
def test_an_import_that_dies_leaves_the_old_data_whole(tenant_file, share):
    import_tenants(tenant_file(MARIA, PAUL))
    before = rows_on_file()
    others = [PAUL | {"number": str(n), "reference": str(n)} for n in range(1, 3000)]
    path = tenant_file(MARIA | {"phone": "", "city": "Alata", "ends_on": "01/01/2030"}, *others)

    def die(done, total):
        if done >= share * total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_tenants(path, die)

    assert rows_on_file() == before
    assert import_tenants(path).counts["Locataires"].created == 2999


def test_progress_goes_from_nothing_to_the_whole(tenant_file):
    told = []
    import_tenants(
        tenant_file(*[PAUL | {"number": str(n)} for n in range(1, 5000)]), lambda *progress: told.append(progress)
    )

    shares = [done / total for done, total in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 8


# Lines that speak of the same tenant, dwelling or lease.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"last_name": "ROSSI"}),
        ({}, {"number": "L12345", "last_name": "ROSSI"}),
        ({"first_names": "Jean"}, {"first_names": "Marie Ange"}),
    ],
)
def test_a_number_that_names_two_people_is_refused(refusals, one, other):
    (reason,) = refusals(MARIA | one, PAUL, MARIA | {"reference": "G-7"} | other)

    assert reason.startswith("ligne 4 : le numéro locataire ")
    assert " désigne deux personnes : si elles louent ensemble, ne gardez qu'une ligne" in reason
    assert reason.endswith(" (lignes 2 et 4)")


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


def test_two_addresses_of_one_tenant_are_refused_unless_they_are_the_same_mailbox(tenant_file, refusals):
    without = MARIA | {"email": "", "reference": "G-6"}

    assert refusals(without, MARIA, MARIA | {"email": "stella@exemple.test", "reference": "G-7"}) == [
        "ligne 4 : le locataire 0012345 a deux adresses e-mail différentes (lignes 3 et 4)"
    ]
    import_tenants(tenant_file(MARIA, MARIA | {"email": "Maria@Exemple.test", "reference": "G-7"}))
    assert (Tenant.get().email, Tenant.get().email_key) == ("maria@exemple.test", "maria@exemple.test")


def test_the_first_address_written_for_a_dwelling_stands(tenant_file):
    here = {"reference": MARIA["reference"]}
    others = [PAUL | here | {"address": "14 rue des Lilas"}, PAUL | here | {"address": "16 rue des Lilas"}]
    import_tenants(tenant_file(MARIA | {"address": ""}, *others))

    assert Dwelling.get().full_address == "14 rue des Lilas, 20090 Ajaccio"


@pytest.mark.parametrize(("one", "other"), [("1-23", "12-3"), ("1-23", "123"), ("L01-23", "12/3"), ("A-1_2", "A1-2")])
def test_references_that_only_separators_tell_apart_are_refused(tenant_file, refusals, one, other):
    assert refusals(MARIA | {"reference": one}, PAUL | {"reference": other}) == [
        f"ligne 3 : les références logement {one} et {other} se confondent (lignes 2 et 3)"
    ]
    import_tenants(tenant_file(MARIA | {"reference": one}))
    assert refusals(MARIA | {"reference": other}) == [
        f"ligne 2 : la référence logement {other} se confond avec {one}, déjà enregistrée"
    ]


def test_numbers_that_only_separators_tell_apart_are_refused(tenant_file, refusals):
    assert refusals(MARIA | {"number": "1-23"}, MARIA | {"number": "12-3"}) == [
        "ligne 3 : les numéros locataire 1-23 et 12-3 se confondent (lignes 2 et 3)"
    ]
    import_tenants(tenant_file(MARIA | {"number": "1-23"}))
    assert refusals(PAUL | {"number": "12-3"}) == [
        "ligne 2 : le numéro locataire 12-3 se confond avec 1-23, déjà enregistré"
    ]


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


@pytest.mark.parametrize(
    "dates", [{"starts_on": "01/01/2019"}, {"starts_on": ""}, {"starts_on": "01/01/2015", "ends_on": "01/02/2020"}]
)
def test_two_periods_that_meet_in_one_dwelling_are_refused(refusals, dates):
    assert refusals(MARIA, MARIA | dates) == [
        "ligne 3 : le même locataire a deux baux du même logement, dont les dates se recoupent (lignes 2 et 3)"
    ]


# Cells.


@pytest.mark.parametrize(
    "written",
    [
        "31/12/2024",
        "31-12-2024",
        "31.12.2024",
        "2024-12-31",
        "31/12/2024 00:00:00",
        "2024-12-31T00:00",
        "45657",
        "31/12/2024 ",
        "20241231",
        "31/12/2024 8:05",
        "31/12/2024 23:59:59",
        "31/12/2024 23:00:10",
        "2024-12-31 10:22:00.000",
    ],
)
def test_a_date_is_read_as_erps_and_spreadsheets_write_it(tenant_file, written):
    import_tenants(tenant_file(MARIA | {"ends_on": written}))

    assert Lease.get().ends_on == date(2024, 12, 31)


@pytest.mark.parametrize("written", ["31/12/9999", "99991231"])
def test_a_lease_may_end_when_no_calendar_goes_any_further(tenant_file, written):
    """Some ERPs write « no end » so."""
    import_tenants(tenant_file(MARIA | {"ends_on": written}))

    assert Lease.get().is_running


@pytest.mark.parametrize("written", ["", " ", "00/00/0000", "0000-00-00", "00/00/0000 00:00:00", "00000000"])
def test_no_date_is_written_in_several_ways(tenant_file, written):
    import_tenants(tenant_file(MARIA | {"ends_on": written}))

    assert Lease.get().ends_on is None


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("31/12/24", "a une année à deux chiffres : « 31/12/24 » (mettez la colonne au format 31/12/2024)"),
        ("29/02/2023", "n'existe pas dans le calendrier"),
        ("12/31/2024", "n'existe pas dans le calendrier"),
        ("31/12-2024", "n'est pas une date"),
        ("2024-12-30T23:00:00Z", "n'est pas une date"),
        ("2024-12-30T10:22", "n'est pas une date"),
        ("30/12/2024 23:00", "n'est pas une date"),
        ("2024-06-29 22:00:00.0", "n'est pas une date"),
        ("30/12/2024 24:30", "n'est pas une date"),
        ("31122024", "n'est pas une date"),
        ("20122024", "n'est pas une date"),
        ("12312024", "n'est pas une date"),
        ("20240230", "n'existe pas dans le calendrier"),
        ("hier", "n'est pas une date"),
        ("4565", "n'est pas une date"),
        ("٣١/١٢/٢٠٢٤", "n'est pas une date"),
        ("01/01/0202", "est d'avant 1900"),
    ],
)
def test_other_dates_are_refused(refusals, written, reason):
    (refusal,) = refusals(MARIA | {"starts_on": written})

    assert refusal.startswith(f"ligne 2 : « date d'entrée » {reason}")


def test_a_date_is_of_next_year_at_the_latest_as_paris_counts(refusals):
    with time_machine.travel("2026-12-31T23:30Z", tick=False):
        (refusal,) = refusals(MARIA | {"starts_on": "31/12/9999"})

    assert refusal.startswith("ligne 2 : « date d'entrée » est après 2028")


@pytest.mark.parametrize(
    "address", ["a.b+c_d-e@sous.exemple.test", "o'neil@exemple.test", "x@exemple.com", "A@EXEMPLE.TEST"]
)
def test_sound_addresses_are_taken_as_they_are(tenant_file, address):
    import_tenants(tenant_file(MARIA | {"email": f"\u00a0{address} "}))

    assert Tenant.get().email == address


@pytest.mark.parametrize(
    "address",
    [
        "paul", "paul@", "paul@exemple", "paul@@exemple.test", ".paul@exemple.test", "pa..ul@exemple.test",
        "pa ul@exemple.test", "paul@exemple..test", "paul@-exemple.test", "Paul <paul@exemple.test>",
        "élise@exemple.test", "paul@exemple.invalid", "paul@[127.0.0.1]", "a" * 65 + "@exemple.test",
        "a@" + "b" * 64 + ".test", "a@" + "bcdefghi." * 30 + "test", "paul@exemple.test.",
    ],
)  # fmt: skip
def test_malformed_addresses_are_refused(refusals, address):
    (refusal,) = refusals(MARIA | {"email": address})

    assert refusal.startswith("ligne 2 : « e-mail » n'est pas une adresse valable : « ")


@pytest.mark.parametrize(
    "several", ["a@exemple.test; b@exemple.test", "a@exemple.test,b@exemple.test", "a@b.test c@d.test"]
)
def test_several_addresses_in_a_cell_are_refused(refusals, several):
    (refusal,) = refusals(MARIA | {"email": several})

    assert refusal == f"ligne 2 : « e-mail » contient plusieurs adresses : « {several} » (gardez-en une seule)"


def test_spaces_around_cells_are_trimmed_no_break_ones_too(tenant_file):
    import_tenants(tenant_file({field: f" \u00a0{text}\u202f " for field, text in MARIA.items()}))
    before = rows_on_file()

    assert counts(import_tenants(tenant_file(MARIA)).counts["Locataires"]) == (0, 0, 1)
    assert rows_on_file() == before


def test_a_letter_and_its_accent_apart_are_one_letter(tenant_file):
    """As a Mac writes them."""
    apart = {field: unicodedata.normalize("NFD", text) for field, text in MARIA.items()}
    import_tenants(tenant_file(apart | {"city": "E\u0301visa"}))
    before = rows_on_file()

    assert (Tenant.get().birth_name, Dwelling.get().city) == (MARIA["birth_name"], "\u00c9visa")
    assert counts(import_tenants(tenant_file(MARIA | {"city": "\u00c9visa"})).counts["Logements"]) == (0, 0, 1)
    assert rows_on_file() == before


def test_an_address_on_several_lines_is_put_on_one(tenant_file):
    import_tenants(tenant_file(MARIA | {"address": "Bât. B\n12 rue\tdes Lilas\n"}))

    assert Dwelling.get().address == "Bât. B 12 rue des Lilas"


@pytest.mark.parametrize("hidden", ["\x07", "\x1b", "\u200b", "\u202e", "\n", "\ufeff"])
@pytest.mark.parametrize("field", ["number", "last_name", "email", "reference", "city", "phone"])
def test_invisible_characters_are_refused(refusals, field, hidden):
    text = MARIA[field]

    (refusal,) = refusals(MARIA | {field: text[:3] + hidden + text[3:]})

    assert refusal.endswith(f" contient un caractère invisible (U+{ord(hidden):04X})")


@pytest.mark.parametrize("field", ["number", "last_name", "first_names", "reference", "address", "email"])
@pytest.mark.parametrize("sign", "=+@")
def test_formulas_are_refused(refusals, field, sign):
    (refusal,) = refusals(MARIA | {field: f'{sign}HYPERLINK("https://exemple.test")'})

    assert refusal.endswith(f" commence par « {sign} », comme une formule de tableur")


def test_a_telephone_may_begin_with_plus(tenant_file, refusals):
    import_tenants(tenant_file(MARIA | {"phone": "+33 4 65 71 12 34"}))

    assert Tenant.get().phone == "+33 4 65 71 12 34"
    assert "formule" in refusals(MARIA | {"phone": "=33"})[0]


def test_a_telephone_that_a_spreadsheet_took_for_a_number_is_refused(refusals):
    assert refusals(MARIA | {"phone": "3,3495E+10"}) == [
        "ligne 2 : « téléphone » a été abîmé par un tableur : « 3,3495E+10 » (mettez la colonne au format texte)"
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [("6000", "06000"), (" 6000 ", "06000"), ("20090", "20090"), ("", ""), ("600", "600"), ("L-12", "L-12")],
)
def test_a_postal_code_has_the_zero_that_a_spreadsheet_took_from_it(tenant_file, written, read):
    import_tenants(tenant_file(MARIA | {"postal_code": read}))
    report = import_tenants(tenant_file(MARIA | {"postal_code": written}))

    assert Dwelling.get().postal_code == read
    assert counts(report.counts["Logements"]) == (0, 0, 1)


def test_very_long_cells_are_refused(tenant_file, refusals):
    import_tenants(tenant_file(MARIA | {"address": "a" * 500}))

    assert refusals(MARIA | {"address": "a" * 501}) == ["ligne 2 : « adresse » compte 501 caractères, pour 500 au plus"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("1,23E+11", "a été abîmé par un tableur"),
        ("12345.0", "a été abîmé par un tableur"),
        ("9E+05", "a été abîmé par un tableur"),
        ("1,5E-05", "a été abîmé par un tableur"),
        ("12/04/2026", "a été changé par un tableur"),
        ("12-avr", "a été changé par un tableur"),
        ("1-févr.-26", "a été changé par un tableur"),
        ("avr-26", "a été changé par un tableur"),
        ("août-2026", "a été changé par un tableur"),
        ("4-Apr", "a été changé par un tableur"),
        ("000", "ne désigne rien"),
        ("--", "ne désigne rien"),
        ("", "est vide"),
    ],
)
@pytest.mark.parametrize(("field", "title"), [("number", "numéro locataire"), ("reference", "référence logement")])
def test_numbers_that_name_nothing_are_refused(refusals, field, title, number, reason):
    (refusal,) = refusals(MARIA | {field: number})

    assert refusal.startswith(f"ligne 2 : « {title} » {reason}")


@pytest.mark.parametrize(
    "number",
    ["0012345", "0123-04-056", "L 0012-345", "G-7", "A1", "１２３", "0-0-1", "9E05", "12/04/0056", "12/14/2026",
     "12/04/26", "1999-01-02", "MARS-12", "12-AVR", "12-A"],
)  # fmt: skip
def test_keys_are_those_of_the_models(number):
    assert cells.key(number) == number_key(number)


@pytest.mark.parametrize("today", [date(1990, 1, 1), date(2030, 1, 1)])
def test_what_is_written_does_not_depend_on_the_day(tenant_file, monkeypatch, today):
    # Leases that ended long ago are kept as the ERP has them.
    monkeypatch.setattr(clock, "today", lambda: today)

    import_tenants(tenant_file(MARIA | {"starts_on": "", "ends_on": "31/12/1999"}))

    assert Lease.get().ends_on == date(1999, 12, 31)
