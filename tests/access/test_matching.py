"""Who a request is about: the forgiveness of DESIGN (3), with awkward people."""

import pytest

from ophportal.access.matching import is_name_of, matching_tenant
from ophportal.models import AccessRequest, Tenant
from ophportal.models.keys import code_key, email_key, number_key
from ophportal.testing import add_lease


def tenant_named(last_name, first_names="", birth_name=""):
    return Tenant(last_name=last_name, first_names=first_names, birth_name=birth_name)


@pytest.mark.parametrize(
    "typed",
    [
        "D'ANGELO-PAOLI",
        "d'angelo-paoli",
        "D’Angelo Paoli",
        "DAngelo Paoli",
        "d angelo  paoli",
        "dangelopaoli",
        "D'Angelo-Paoli Maria Stella",
        "Maria Stella D'Angelo-Paoli",
        "maria d'angelo-paoli",
        "D'Angelo-Paoli Stella",
        "Stella Maria D'Angelo-Paoli",
        "Mme D'Angelo-Paoli",
        "Madame Maria D'ANGELO-PAOLI",
        "Màrïa D'Ângelo-Paoli",
    ],
)
def test_a_name_is_recognised_as_people_write_it(typed):
    assert is_name_of(tenant_named("D'ANGELO-PAOLI", "Maria Stella"), typed)


@pytest.mark.parametrize(
    "typed",
    ["", "Maria Stella", "D'Angelo", "Paoli", "D'Angelo-Paolo", "Maria Maria D'Angelo-Paoli", "D'Angelo-Paoli Anna"],
)
def test_another_name_is_not(typed):
    assert not is_name_of(tenant_named("D'ANGELO-PAOLI", "Maria Stella"), typed)


@pytest.mark.parametrize(
    ("on_file", "typed"),
    [
        (("PAOLI", "Jeanne"), "J. Paoli"), (("PAOLI", "Jeanne"), "Paoli J."), (("PAOLI", "Jeanne"), "Mme j paoli"),
        (("PAOLI", "Marie-Jeanne"), "M.-J. Paoli"), (("PAOLI", "Jeanne Élise"), "Jeanne E. Paoli"),
        (("D'ANGELO", "Jeanne"), "J. D'Angelo"), (("PAOLI JEANNE", ""), "J. Paoli"),
        (("D'ANGELO", "Denise"), "D. D'Angelo"), (("D'ANGELO", "Denise"), "D'ANGELO D"),
        (("PAOLI", "Jean-Pierre"), "JP Paoli"), (("PAOLI", "Jean Pierre Luc"), "Paoli JP"),
        (("PAOLI", "Jean-Pierre"), "J.-P. Paoli"), (("PAOLI", "Jean Pierre Luc"), "Paoli J. P. L."),
        (("D'ANGELO", "Jean-Pierre"), "Mr JP D'Angelo"),
    ],
)  # fmt: skip
def test_an_initial_stands_for_a_first_name(on_file, typed):
    """The name alone does: one that agrees beside it makes nobody else of them."""
    assert is_name_of(tenant_named(*on_file), typed)


@pytest.mark.parametrize(
    ("on_file", "typed"),
    [
        (("PAOLI", "Jeanne"), "P. Paoli"), (("PAOLI", "Jeanne"), "J."), (("AOLI", "Paul"), "Paoli"),
        (("PAOLI", "Jeanne"), "J. P."), (("D'ANGELO", "Jeanne"), "Angelo"), (("PAOLI", "Jeanne"), "Je. Paoli"),
        (("PAOLI", "Jean-Pierre"), "PJ Paoli"), (("PAOLI", "Jean-Pierre"), "JP"), (("AOLI", "Jean Paul"), "JPaoli"),
        (("PAOLI", "Pierre Luc"), "JP Paoli"),
    ],
)  # fmt: skip
def test_but_another_ones_does_not_and_it_stands_for_no_name(on_file, typed):
    assert not is_name_of(tenant_named(*on_file), typed)


@pytest.mark.parametrize("on_file", ["ben  amar", "BEN AMAR", "BENAMAR", "Ben-Amar"])
@pytest.mark.parametrize("typed", ["ben amar", "Ben  Amar", "benamar", "BEN-AMAR"])
def test_spaces_and_hyphens_never_count(on_file, typed):
    assert is_name_of(tenant_named(on_file), typed)


@pytest.mark.parametrize("typed", ["Colonna d'Istria", "COLONNA D’ISTRIA", "colonna d istria"])
def test_a_curly_apostrophe_is_an_apostrophe(typed):
    assert is_name_of(tenant_named("Colonna d’Istria"), typed)


@pytest.mark.parametrize("on_file", ["PAOLI née MARTIN", "PAOLI NEE MARTIN", "PAOLI (MARTIN)", "MARTIN ép. PAOLI"])
@pytest.mark.parametrize("typed", ["Paoli", "Martin", "Anne Martin", "PAOLI Anne"])
def test_birth_and_married_names_both_do(on_file, typed):
    assert is_name_of(tenant_named(on_file, "Anne"), typed)


@pytest.mark.parametrize(
    "on_file",
    ["PAOLI/MARTIN", "MARTIN ep PAOLI", "MARTIN épouse PAOLI", "MARTIN veuve PAOLI", "MARTIN Vve PAOLI", "Mme PAOLI"],
)
def test_so_does_each_however_an_erp_joins_them(on_file):
    assert is_name_of(tenant_named(on_file, "Anne"), "Paoli")


def test_so_do_both_together():
    assert is_name_of(tenant_named("PAOLI née MARTIN", "Anne"), "Anne Paoli Martin")


@pytest.mark.parametrize("on_file", ["M. OU MME PAOLI", "M ET MME PAOLI", "MR & MME PAOLI", "MM. PAOLI", "Melle PAOLI"])
@pytest.mark.parametrize("typed", ["Paoli", "M. Paoli", "M. ou Mme Paoli", "Monsieur et Madame PAOLI"])
def test_two_holders_in_one_cell_are_known_by_their_name(on_file, typed):
    assert is_name_of(tenant_named(on_file), typed)


@pytest.mark.parametrize("typed", ["Paoli", "Rossi", "Anne Rossi", "PAOLI Jean", "Jean Paoli", "M. Paoli ou Mme Rossi"])
def test_either_of_two_holders_is_known(typed):
    assert is_name_of(tenant_named("M. PAOLI JEAN OU MME ROSSI ANNE"), typed)


def test_a_name_may_be_a_first_name_too():
    assert is_name_of(tenant_named("MARTIN", "Martin"), "Martin")


@pytest.mark.parametrize("typed", ["Jean", "M.", "M. ou Mme", "ou", "Paoli Rossi Leca", "Jean Anne", ""])
def test_what_is_no_name_of_two_holders_is_not(typed):
    assert not is_name_of(tenant_named("M. OU MME PAOLI", "Jean et Anne"), typed)


@pytest.mark.parametrize(
    "typed", ["Martin née Léca", "Léca épouse Martin", "LECA EPSE MARTIN", "Mme Martin-Léca", "Anne Martin (Léca)"]
)
def test_both_names_may_be_typed_however_they_are_put_together(typed):
    assert is_name_of(tenant_named("MARTIN", "Anne", "LÉCA"), typed)
    assert not is_name_of(tenant_named("MARTIN", "Anne", "ROSSI"), typed)


@pytest.mark.parametrize("typed", [
    "Martin née Léca", "MARTIN NEE LECA", "Mme Anne Martin (née Léca)", "Martin Anne, née Léca", "Léca épouse Martin",
    "Anne Léca ép. Martin", "Mme veuve Martin née Léca",
])  # fmt: skip
def test_a_birth_name_that_the_office_does_not_have_is_not_held_against_anybody(typed):
    assert is_name_of(tenant_named("MARTIN", "Anne"), typed)
    assert not is_name_of(tenant_named("ROSSI", "Anne"), typed)
    assert not is_name_of(tenant_named("LECA", "Anne"), typed), "of two names, the one that is theirs today"
    assert not is_name_of(tenant_named("MARTIN née PAOLI", "Anne"), typed), "one that it has is another"


@pytest.mark.parametrize("on_file", ["M'BAYE", "M BAYE", "MBAYE"])
@pytest.mark.parametrize("typed", ["M'Baye", "M’BAYE", "M Baye", "Mbaye", "M. M'Baye", "Awa M'Baye", "Mbaye Awa"])
def test_the_m_that_a_name_begins_with_is_no_monsieur(on_file, typed):
    assert is_name_of(tenant_named(on_file, "Awa"), typed)


@pytest.mark.parametrize("on_file", ["SAINT-LUC", "ST LUC", "St. Luc"])
@pytest.mark.parametrize("typed", ["Saint-Luc", "St Luc", "ST-LUC", "Mme St. Luc Anne", "Anne Saint Luc"])
def test_a_saint_may_be_shortened(on_file, typed):
    assert is_name_of(tenant_named(on_file, "Anne"), typed)


@pytest.mark.parametrize(("on_file", "typed"), [
    ("SAINTE-LUCE", "Ste Luce"), ("STE LUCE", "Sainte-Luce"), ("ST LUC ANNE", "Saint-Luc"),
    ("STE LUCE ANNE", "Ste Luce"), ("STÉ LA ROTONDE", "La Rotonde"),
])  # fmt: skip
def test_so_may_a_sainte_and_one_in_a_cell_with_the_first_names(on_file, typed):
    assert is_name_of(tenant_named(on_file), typed)


@pytest.mark.parametrize(("on_file", "typed"), [
    ("SAINT-LUC", "Luc"), ("SAINT-LUC", "Saint"), ("SAINT-LUC", "Sainte-Luc"), ("ST LUC ANNE", "St"),
])  # fmt: skip
def test_but_a_saint_is_no_title(on_file, typed):
    assert not is_name_of(tenant_named(on_file), typed)


@pytest.mark.parametrize(("on_file", "typed"), [
    ("YILDIRIM", "Yıldırım"), ("ISIK", "Işık"), ("L'HOSTIC", "LʼHostic"), ("L'HOSTIC", "L´Hostic"), ("DOKIC", "Ðokić"),
])  # fmt: skip
def test_letters_and_apostrophes_of_other_keyboards_are_known(on_file, typed):
    assert is_name_of(tenant_named(on_file), typed)
    assert is_name_of(tenant_named(typed), on_file)


@pytest.mark.parametrize(("on_file", "typed"), [
    ("DE LA CRUZ MARIA", "de la Cruz"), ("BEN AMAR ALI", "Ali Ben Amar"), ("PAOLI JEAN", "Paoli"),
    ("SARL LA ROTONDE", "La Rotonde"), ("LA ROTONDE", "SARL La Rotonde"), ("SUCCESSION PAOLI", "Paoli"), ("OU", "Ou"),
    ("LE", "Le"), ("M. OU MME VAN DO", "Van Do"),
])  # fmt: skip
def test_a_cell_may_hold_more_than_the_name_where_no_first_names_are_told(on_file, typed):
    assert is_name_of(tenant_named(on_file), typed)


@pytest.mark.parametrize(("on_file", "typed"), [
    ("DE LA CRUZ MARIA", "de la"), ("PAOLI JEAN", "Jean"), ("SARL LA ROTONDE", "SARL"), ("LE GALL", "Gall"),
])  # fmt: skip
def test_but_the_name_is_typed_whole(on_file, typed):
    assert not is_name_of(tenant_named(on_file), typed)


@pytest.mark.parametrize("typed", ["Colonna", "Istria", "Colonna Jean", "Colonna Istria Istria"])
def test_of_a_double_name_half_does_not_do_where_first_names_are_told_beside_it(typed):
    assert is_name_of(tenant_named("COLONNA ISTRIA", "Jean"), "Jean Colonna Istria")
    assert not is_name_of(tenant_named("COLONNA ISTRIA", "Jean"), typed)


def test_the_column_of_birth_names_counts_too():
    assert is_name_of(tenant_named("PAOLI", "Anne", birth_name="MARTIN"), "martin anne")


@pytest.mark.parametrize(("on_file", "typed"), [("NÉRON", "neron"), ("Œuvrard", "oeuvrard"), ("Nee", "NEE")])
def test_names_that_look_like_markers_and_ligatures_survive(on_file, typed):
    assert is_name_of(tenant_named(on_file), typed)


@pytest.mark.parametrize("typed", ["0012345", "12345", "L12345", "l 0012345", "L-0012 345", "00-12-345", "１２３４５"])
def test_numbers_forgive_zeros_spaces_and_the_l_in_front(typed):
    assert number_key(typed) == number_key("0012345")


@pytest.mark.parametrize("typed", ["٠٠١٢٣٤٥", "۱۲۳۴۵", "L ٠٠١٢٣٤٥"])
def test_a_digit_is_the_same_on_an_arabic_or_persian_keyboard(typed):
    assert number_key(typed) == number_key("0012345")


def test_it_is_in_an_access_code_too():
    assert code_key("٧K٢M-٩٤QF") == code_key("7K2M-94QF")


@pytest.mark.parametrize("typed", ["n° 12345", "N°0012345", "Nº 12345", "№ 12345", "n°L12345", "N ° 12345"])
def test_what_says_that_it_is_a_number_is_no_part_of_it(typed):
    assert number_key(typed) == number_key("0012345")


@pytest.mark.parametrize(
    "typed", ["12346", "112345", "123450", "1234", "12354", "O012345", "LL12345", "N12345", "no 12345"]
)
def test_numbers_never_forgive_a_wrong_sign(typed):
    assert number_key(typed) != number_key("0012345")


def test_addresses_compare_by_ascii_case_alone():
    assert email_key(" Maria@Exemple.TEST ") == "maria@exemple.test"
    assert email_key("maria@exemple.test") != email_key("mar\u0131a@exemple.test")
    assert email_key("\u212aelvin@exemple.test") != email_key("kelvin@exemple.test")  # the Kelvin sign casefolds to k


def request_for(**changes):
    fields = {"name": "D'Angelo-Paoli", "email": "x@exemple.test", "dwelling_reference": "012304056"}
    return AccessRequest(**{**fields, "tenant_number": "12345", "network_address": "", **changes})


def test_each_of_two_leases_leads_to_the_tenant(make_tenant):
    tenant = make_tenant()
    add_lease(tenant, "777-B")
    assert matching_tenant(request_for()) == tenant
    assert matching_tenant(request_for(dwelling_reference="777b")) == tenant


def test_each_number_may_stand_in_the_other_s_place(make_tenant):
    tenant = make_tenant()
    swapped = {"dwelling_reference": "12345", "tenant_number": "012304056"}
    assert matching_tenant(request_for(**swapped)) == tenant
    assert matching_tenant(request_for(**swapped, name="Paoli")) is None
    assert matching_tenant(request_for(dwelling_reference="12345")) is None
    assert matching_tenant(request_for(tenant_number="012304056")) is None


@pytest.mark.parametrize("typed", ["OO12345", "0O12345", "OOI2345", "00l2345", "o012345"])
def test_a_letter_typed_for_the_digit_that_it_looks_like_is_that_digit(make_tenant, typed):
    """As typists of typewriters do, and whoever reads small print."""
    tenant = make_tenant(number="0012345", reference="0123-04-056")
    assert matching_tenant(request_for(tenant_number=typed)) == tenant
    assert matching_tenant(request_for(dwelling_reference="OI23-O4-O56")) == tenant
    assert matching_tenant(request_for(tenant_number="OI23 O4 O56", dwelling_reference=typed)) == tenant


def test_but_a_digit_is_no_other_digit_for_it(make_tenant):
    make_tenant(number="0012345", reference="0123-04-056")
    assert matching_tenant(request_for(tenant_number="OO12346")) is None
    assert matching_tenant(request_for(tenant_number="12O345")) is None


def test_and_a_reference_with_letters_is_first_read_as_it_stands(make_tenant):
    one = make_tenant(number="678", reference="BATO-1")
    other = make_tenant(number="678B", reference="BAT0-1", email="autre@exemple.test")
    assert matching_tenant(request_for(tenant_number="678", dwelling_reference="bato-1")) == one
    assert matching_tenant(request_for(tenant_number="O678", dwelling_reference="bato-1")) == one
    assert matching_tenant(request_for(tenant_number="678B", dwelling_reference="BAT0-1")) == other


def test_but_first_they_are_read_where_they_stand(make_tenant):
    one = make_tenant(number="678", reference="901")
    other = make_tenant(number="901", reference="678", email="autre@exemple.test")
    assert matching_tenant(request_for(tenant_number="678", dwelling_reference="901")) == one
    assert matching_tenant(request_for(tenant_number="901", dwelling_reference="678")) == other


def test_co_tenants_of_one_dwelling_are_told_apart_by_number_and_name(make_tenant):
    first = make_tenant()
    second = make_tenant("PAOLI", "Ange", number="678", email="ange@exemple.test")
    assert matching_tenant(request_for()) == first
    assert matching_tenant(request_for(name="Paoli", tenant_number="678")) == second
    assert matching_tenant(request_for(name="Paoli")) is None


def test_a_lease_of_the_past_or_of_another_leads_nowhere(make_tenant):
    from datetime import date

    tenant = make_tenant(ends_on=date(2020, 12, 31))
    assert matching_tenant(request_for()) is None
    add_lease(tenant, "888")
    assert matching_tenant(request_for()) is None
    assert matching_tenant(request_for(dwelling_reference="888")) == tenant


def test_a_lease_that_has_not_begun_leads_nowhere_yet(make_tenant):
    from datetime import date

    make_tenant(starts_on=date(2999, 1, 1))
    assert matching_tenant(request_for()) is None
