"""The month that a rent is for, as labels of ERPs name it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ophportal.models.named_months import month_of, months_named
from tests.ledgers import days

# An entry of 28 February 2026.
DAY = date(2026, 2, 28)


@pytest.mark.parametrize(
    ("label", "month"),
    [
        ("Loyer mars 2026", "2026-03"),
        ("LOYER MARS", "2026-03"),
        ("Loyer février", "2026-02"),
        ("LOY. PRINC. FEVR. 2026", "2026-02"),
        ("LOYER DEC 2025", "2025-12"),
        ("Loyer décembre", "2025-12"),
        ("QUITTANCE 03/2026", "2026-03"),
        ("QUITTANCE 3/2026", "2026-03"),
        ("LOYER 032026", "2026-03"),
        ("LOYER 2026-03", "2026-03"),
        ("LOYER 03/26", "2026-03"),
        ("ECHEANCE DU 01/03/2026", "2026-03"),
        ("ECHEANCE DU 01/03/26", "2026-03"),
        ("LOYER DU 01/03 AU 31/03", "2026-03"),
        ("LOYER PRORATA DU 15 AU 31/03/2026", "2026-03"),
        ("Loyer", "2026-02"),
        ("PARKING N°12", "2026-02"),
        ("LOYER BAIL 0126-2026", "2026-02"),
        ("LOYER 12 RUE DU 19 MARS 1962", "2026-02"),
        ("Loyer, résidence du 8 mai 1945", "2026-02"),
        ("Loyer place d'Armes, bail du 01/04/2019", "2026-02"),
        ("LOYER MARS, REMBOURSEMENT EN AVRIL", "2026-03"),
        ("LOYER DU 15/02/2026 AU 14/03/2026", "2026-02"),
    ],
)
def test_the_month_that_a_label_names_is_the_nearest(label, month):
    assert f"{month_of(label, DAY):%Y-%m}" == month


@pytest.mark.parametrize(
    ("day", "label", "month"),
    [
        ("2026-12-28", "Loyer janvier", "2027-01"),
        ("2026-01-03", "Loyer décembre", "2025-12"),
        ("2026-03-31", "Loyer avril", "2026-04"),
        ("2026-06-01", "Loyer janvier", "2026-06"),
        ("2029-12-28", "Loyer janvier", "2030-01"),
    ],
)
def test_a_month_without_its_year_is_the_nearest_of_its_name_when_it_is_near(day, label, month):
    assert f"{month_of(label, date.fromisoformat(day)):%Y-%m}" == month


@pytest.mark.parametrize("label", ["LOYER 01/30", "ECHEANCE DU 01/01/30", "LOYER DU 01/01/30 AU 31/01/30"])
def test_a_year_in_two_digits_is_read_after_the_twenties_too(label):
    assert month_of(label, date(2029, 12, 28)) == date(2030, 1, 1)


@pytest.mark.parametrize(
    "label",
    ["LOYER 12/36 RUE DU PORT", "LOYER 12/26 AV. DU PORT", "Loyer 10/24, allée des Pins", "LOYER 10/24 bd Paoli"],
)
def test_two_houses_of_a_street_are_no_month(label):
    assert months_named(label, date(2026, 11, 28)) == frozenset()


@pytest.mark.parametrize(
    "label", ["LOYER 12/26 RESIDENCE DU PORT", "LOYER 12/26 - RUE DU PORT", "LOYER 12/26 3 RUE DU PORT"]
)
def test_a_month_before_where_one_lives_is_one(label):
    assert months_named(label, date(2026, 11, 28)) == {date(2026, 12, 1)}


def test_a_quarter_names_three():
    named = months_named("Loyer janvier, février et mars 2026", date(2026, 1, 5))
    assert sorted(f"{month:%m/%Y}" for month in named) == ["01/2026", "02/2026", "03/2026"]


@given(st.text(), days)
def test_any_text_is_about_a_month_near_its_day(label, day):
    assert abs((month_of(label, day) - day).days) <= 92
