"""What a receipt says of a month: what was asked for it in the end, and what settled it."""

import pytest
from hypothesis import given

from ophportal.models.nature import Nature
from ophportal.models.rent_call import calls_of
from ophportal.models.rent_month import parted, rent_months_of
from ophportal.models.statement import is_asked, sum_of
from tests.ledgers import ledgers, told


def months(*entries):
    """Of each: its month, what its rent and charges come to, what was received, credited, and is left."""
    return [
        " ".join([f"{it.month:%m}", *(f"{it.sum_of(nature):.0f}" for nature in (Nature.RENT, Nature.CHARGES)),
        *(f"{amount:.0f}" for amount in (it.received, it.credited, it.unpaid))])
        for it in rent_months_of([told(*entry) for entry in entries])
    ]  # fmt: skip


MARCH = ("2026-03-01", "Loyer mars", "500")
APRIL = ("2026-04-01", "Loyer avril", "450")


# What settles it


def test_a_payment_that_came_back_pays_nothing():
    assert months(MARCH, ("2026-03-10", "Prélèvement", "-500"), ("2026-03-14", "Rejet de prélèvement", "500")) == [
        "03 500 0 0 0 500"
    ]


def test_a_payment_that_came_back_takes_the_last_payments_with_it():
    assert months(
        MARCH,
        ("2026-03-10", "Prélèvement", "-300"),
        ("2026-03-11", "Geste commercial", "-50"),
        ("2026-03-12", "Virement", "-200"),
        ("2026-03-14", "Rejet de virement", "250"),
    ) == ["03 500 0 250 50 200"]


def test_what_the_bank_sends_back_of_a_payment_from_before_is_an_old_debt():
    assert months(("2026-02-25", "Rejet de prélèvement", "200"), MARCH, ("2026-03-05", "Virement", "-500")) == [
        "03 500 0 300 0 200"
    ]


def test_payments_settle_the_oldest_debt_first():
    assert months(MARCH, APRIL, ("2026-04-10", "Virement", "-600")) == ["03 500 0 500 0 0", "04 450 0 100 0 350"]


def test_an_advance_pays_the_months_to_come():
    assert months(("2026-02-20", "Virement", "-1000"), MARCH, APRIL) == ["03 500 0 500 0 0", "04 450 0 450 0 0"]


def test_what_is_owed_since_the_last_call_is_not_owed_on_it():
    assert months(MARCH, ("2026-03-10", "Virement", "-500"), ("2026-03-20", "Réparation de porte", "90")) == [
        "03 500 0 500 0 0"
    ]


def test_what_was_owed_before_the_ledger_began_is_paid_first():
    assert months(("2026-03-01", "À nouveau", "3000"), MARCH, ("2026-03-10", "Virement", "-500")) == [
        "03 500 0 0 0 500"
    ]


def test_what_was_in_advance_before_the_ledger_began_is_not_said_to_be_received():
    assert months(("2026-03-01", "Solde antérieur", "-200"), MARCH, ("2026-03-10", "Virement", "-300")) == [
        "03 500 0 300 200 0"
    ]


@pytest.mark.parametrize("label", ["APL", "APL mars"])
def test_an_aid_that_comes_after_the_call_is_no_money_received_from_the_tenant(label):
    [march] = rent_months_of(
        [told(*it) for it in (MARCH, ("2026-03-05", label, "-200"), ("2026-03-10", "Virement", "-300"))]
    )
    assert (march.received, march.unpaid) == (300, 0)


def test_an_aid_of_the_call_is_taken_off_what_is_asked():
    [march] = rent_months_of([told(*MARCH), told("2026-03-01", "APL", "-200")])
    assert (march.total, march.sum_of(Nature.AID), march.unpaid) == (300, -200, 300)


def test_charges_that_are_given_back_are_an_avoir_and_what_is_left_of_it_pays_the_next_month():
    charges = ("2026-03-01", "Provision pour charges", "100")
    given_back = ("2026-03-01", "Régularisation charges", "-700")
    assert months(MARCH, charges, given_back, APRIL) == ["03 500 100 0 600 0", "04 450 0 0 100 350"]


def test_charges_that_are_given_back_undo_none_even_where_they_come_to_a_month_s():
    charges = ("2026-03-01", "Provision pour charges", "100")
    given_back = ("2026-03-20", "Régularisation charges", "-100")
    assert months(MARCH, charges, given_back) == ["03 500 100 0 100 500"]


def test_a_gesture_of_the_amount_of_a_repair_pays_the_oldest_debt_and_undoes_no_repair():
    repair, gesture = ("2026-02-20", "Réparation de porte", "90"), ("2026-03-15", "Geste commercial", "-90")
    assert months(repair, MARCH, gesture) == ["03 500 0 0 90 500"]


def test_an_aid_that_is_more_than_its_month_asks_pays_the_next_one_and_is_not_received():
    assert months(MARCH, ("2026-03-01", "APL mars", "-700"), APRIL) == ["03 500 0 0 0 0", "04 450 0 0 200 250"]


# What is asked for it


@pytest.mark.parametrize(
    "undoing", [("2026-03-15", "Annulation loyer mars", "-500"), ("2026-03-15", "Annulation loyer", "-500")]
)
def test_a_rent_that_is_undone_after_its_call_is_not_paid_and_the_next_month_is(undoing):
    assert months(MARCH, undoing, APRIL, ("2026-04-05", "Virement", "-450")) == ["03 0 0 0 0 0", "04 450 0 450 0 0"]


@pytest.mark.parametrize("label", ["Loyer mars", "Loyer"])
def test_a_rent_that_is_asked_for_anew_is_of_its_own_month(label):
    assert months(
        MARCH,
        ("2026-03-05", "Virement", "-450"),
        ("2026-03-15", "Annulation loyer mars", "-500"),
        ("2026-03-15", label, "450"),
        APRIL,
        ("2026-04-05", "Virement", "-450"),
    ) == ["03 450 0 450 0 0", "04 450 0 450 0 0"]


def test_charges_go_with_the_rent_that_is_entered_with_them():
    assert months(
        MARCH,
        ("2026-03-01", "Provision pour charges", "100"),
        ("2026-03-15", "Annulation quittancement", "-600"),
        ("2026-03-15", "Loyer mars", "450"),
        ("2026-03-15", "Provision pour charges", "90"),
        APRIL,
    ) == ["03 450 90 0 0 540", "04 450 0 0 0 450"]


def test_a_rent_that_is_undone_alone_leaves_its_charges():
    charges = ("2026-03-01", "Provision pour charges", "100")
    assert months(MARCH, charges, ("2026-03-15", "Annulation loyer", "-500")) == ["03 0 100 0 0 100"]


def test_a_rent_that_is_undone_in_part_leaves_charges_of_that_amount():
    charges = ("2026-03-01", "Provision pour charges", "100")
    assert months(MARCH, charges, ("2026-03-15", "Annulation loyer mars", "-100")) == ["03 400 100 0 0 500"]


def test_charges_that_are_undone_are_no_avoir():
    charges = ("2026-03-01", "Provision pour charges", "100")
    assert months(MARCH, charges, ("2026-03-20", "Annulation provision pour charges", "-100")) == ["03 500 0 0 0 500"]


def test_the_rent_that_is_undone_is_that_of_the_month_named_and_not_the_last_one_of_its_amount():
    april = ("2026-04-01", "Loyer avril", "500")
    assert months(MARCH, april, ("2026-04-10", "Annulation loyer mars", "-500")) == ["03 0 0 0 0 0", "04 500 0 0 0 500"]


def test_charges_of_a_rent_that_is_entered_before_its_month_are_of_that_month():
    february, march = ("2026-02-01", "Loyer février", "480"), ("2026-02-25", "Loyer mars", "500")
    charges = ("2026-02-25", "Provision pour charges", "100")
    assert months(february, march, charges) == ["02 480 0 0 0 480", "03 500 100 0 0 600"]


def test_a_call_that_is_undone_leaves_what_else_its_month_asks():
    charges = ("2026-03-01", "Provision pour charges", "100")
    repair = ("2026-02-20", "Réparation de porte", "20")
    assert months(repair, MARCH, charges, ("2026-03-15", "Annulation quittancement", "-600")) == ["03 0 0 0 0 20"]


def test_two_rents_that_are_undone_by_amount_are_the_last_two():
    undoing = ("2026-05-20", "Annulation loyer", "-500")
    may = ("2026-05-01", "Loyer mai", "500")
    april = ("2026-04-01", "Loyer avril", "500")
    assert months(MARCH, april, may, undoing, undoing) == ["03 500 0 0 0 500", "04 0 0 0 0 0", "05 0 0 0 0 0"]


def test_a_part_of_the_rent_that_is_given_back_is_told_in_its_month_or_as_an_avoir():
    assert months(MARCH, ("2026-03-20", "Remise de loyer mars", "-50")) == ["03 450 0 0 0 450"]
    assert months(MARCH, ("2026-03-20", "Remise de loyer", "-50")) == ["03 500 0 0 50 450"]


def test_an_aid_that_is_taken_back_is_owed_on_its_month_again():
    entries = [MARCH, ("2026-03-01", "APL mars", "-200"), ("2026-03-05", "Virement", "-300"), APRIL]
    assert months(*entries, ("2026-04-10", "Indu APL mars", "200")) == ["03 500 0 300 0 200", "04 450 0 0 0 450"]


def test_an_adjustment_is_asked_by_the_avis_that_tells_it():
    assert months(MARCH, ("2026-03-05", "Virement", "-500"), ("2026-03-20", "Rappel loyer mars", "12"), APRIL) == [
        "03 500 0 500 0 0",
        "04 462 0 0 0 462",
    ]


def test_a_fee_is_asked_by_the_avis_that_tells_it_whatever_month_it_names():
    assert months(MARCH, ("2026-03-20", "Frais de rejet mars", "15"), APRIL) == [
        "03 500 0 0 0 500",
        "04 450 0 0 0 465",
    ]


# Whether it is this month's


@pytest.mark.parametrize(
    ("entries", "sure"),
    [
        ([MARCH], [True]),
        ([("2026-03-01", "Loyer", "500")], [True]),
        ([("2026-03-01", "Loyer", "500"), ("2026-03-15", "Loyer garage", "40")], [True]),
        ([("2026-03-01", "Loyer", "500"), ("2026-03-01", "Loyer", "40")], [True]),
        # The next month's, before its time?
        ([("2026-03-02", "Loyer", "500"), ("2026-03-31", "Loyer", "500")], [False]),
        ([("2026-03-10", "Loyer février", "500"), ("2026-03-10", "Loyer mars", "500")], [False]),
        ([("2026-03-01", "Loyer mars, avril et mai", "1500")], [False]),
        ([MARCH, ("2026-03-15", "Annulation loyer", "-500"), ("2026-03-16", "Loyer mars", "450")], [True]),
        # What is no rent may come twice.
        ([("2026-02-10", "Frais de relance", "9"), ("2026-02-20", "Frais de relance", "9"), MARCH], [True]),
    ],
)
def test_rents_of_other_months_make_it_unsure(entries, sure):
    assert [month.is_sure for month in rent_months_of([told(*entry) for entry in entries])] == sure


# Whatever the ledger


@given(ledgers)
def test_what_the_avis_ask_for_is_asked_for_the_months_or_is_an_avoir(entries):
    """What was undone is neither, nor is what undid it."""
    calls = calls_of(entries)
    told_by_avis = [entry for entry in entries if calls and entry.date <= calls[-1].called_on]
    asked, avoirs = parted(calls, told_by_avis)
    parts = [*avoirs, *(entry for lines in asked for entry in lines)]
    assert sum_of(parts) == sum_of(entry for entry in told_by_avis if is_asked(entry))
    assert {id(entry) for entry in parts} <= {id(entry) for entry in told_by_avis}
    assert len({id(entry) for entry in parts}) == len(parts)


@given(ledgers)
def test_no_more_is_settled_than_asked_for_and_the_newest_month_is_settled_last(entries):
    months = [month for month in rent_months_of(entries) if month.total > 0]
    assert all(0 <= month.unpaid <= month.total and month.received >= 0 and month.credited >= 0 for month in months)
    # Once a month has something left to pay, nothing settles those after it.
    first_unpaid = next((place for place, month in enumerate(months) if month.unpaid), len(months))
    assert all(month.unpaid == month.total for month in months[first_unpaid + 1 :])


@given(ledgers)
def test_who_owes_nothing_has_paid_every_month(entries):
    if sum_of(entries) <= 0:
        assert not any(month.unpaid for month in rent_months_of(entries))


@given(ledgers)
def test_no_more_is_received_than_was_ever_paid(entries):
    paid = -sum_of(entry for entry in entries if entry.nature is Nature.PAYMENT)
    assert sum(month.received for month in rent_months_of(entries)) <= paid
