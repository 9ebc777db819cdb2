"""A tenant file is taken whole or not at all: what is wrong is told line by line, and nothing is written."""

import pytest

from ophportal.imports.refusals import ImportRefused
from ophportal.imports.tenants import import_tenants
from ophportal.models import Tenant
from tests.tenant_lines import MARIA, PAUL, rows_on_file


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


@pytest.mark.parametrize(
    "told",
    [
        {"number": "Total"},
        {"number": "", "last_name": "TOTAL"},
        {"number": "Sous-total : 12", "reference": "12"},
        {"number": "Résidence des Lilas"},
    ],
)
def test_a_line_about_nobody_is_told_in_one_sentence_with_what_to_do(refusals, told):
    """What reports put below, and between, what they sum up."""
    assert refusals(MARIA, dict.fromkeys(MARIA, "") | told) == [
        "ligne 3 : ni numéro locataire, ni référence logement : si c'est un total ou un titre, retirez la ligne du "
        "fichier"
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


def test_two_addresses_of_one_tenant_are_refused_unless_they_are_the_same_mailbox(tenant_file, refusals):
    without = MARIA | {"email": "", "reference": "G-6"}

    assert refusals(without, MARIA, MARIA | {"email": "stella@exemple.test", "reference": "G-7"}) == [
        "ligne 4 : le locataire 0012345 a deux adresses e-mail différentes (lignes 3 et 4)"
    ]
    import_tenants(tenant_file(MARIA, MARIA | {"email": "Maria@Exemple.test", "reference": "G-7"}))
    assert (Tenant.get().email, Tenant.get().email_key) == ("maria@exemple.test", "maria@exemple.test")


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
    "dates", [{"starts_on": "01/01/2019"}, {"starts_on": ""}, {"starts_on": "01/01/2015", "ends_on": "01/02/2020"}]
)
def test_two_periods_that_meet_in_one_dwelling_are_refused(refusals, dates):
    assert refusals(MARIA, MARIA | dates) == [
        "ligne 3 : le même locataire a deux baux du même logement, dont les dates se recoupent (lignes 2 et 3)"
    ]
