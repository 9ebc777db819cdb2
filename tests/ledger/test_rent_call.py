"""The calls that a ledger makes: what the avis of each month says."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ophportal.models.named_months import month_of
from ophportal.models.nature import Nature
from ophportal.models.rent_call import calls_of, due_on, is_rent_of_month, last_call_of
from ophportal.models.statement import sum_of
from tests.ledgers import days, ledgers, told


def figures(call):
    return [str(amount) for amount in (call.previous, call.settlement, call.total, call.net)]


def test_a_call_goes_on_where_the_one_before_ended():
    january, february = calls_of(
        [
            told("2026-01-01", "Loyer janvier", "400.00"),
            told("2026-01-01", "Provision pour charges", "80.00"),
            told("2026-01-01", "APL", "-150.00"),
            told("2026-01-10", "Prélèvement", "-330.00"),
            told("2026-01-20", "Régularisation de charges 2025", "24.10"),
            told("2026-02-01", "Loyer février", "400.00"),
            told("2026-02-10", "Prélèvement", "-300.00"),
        ]
    )
    assert figures(january) == ["0.00", "0.00", "330.00", "330.00"]
    # What was entered after January's call is in February's; what is paid after it leaves its figures alone.
    assert figures(february) == ["330.00", "-330.00", "424.10", "424.10"]


def test_what_was_owed_before_the_ledger_began_is_asked_for_by_no_month():
    entries = [told("2026-01-01", "À nouveau", "3000.00"), told("2026-01-01", "Loyer", "500.00")]
    [call] = calls_of(entries)
    assert figures(call) == ["3000.00", "0.00", "500.00", "3500.00"]
    assert last_call_of(entries, sum_of(entries)) == call


def test_what_was_in_advance_before_the_ledger_began_lessens_no_month_s_rent():
    entries = [told("2026-01-01", "Solde antérieur", "-200.00"), told("2026-01-01", "Loyer", "500.00")]
    [call] = calls_of(entries)
    assert figures(call) == ["-200.00", "0.00", "500.00", "300.00"]


def test_a_rent_that_is_called_twice_in_a_month_is_one_call():
    entries = [told("2026-01-15", "Loyer prorata", "213.33"), told("2026-01-31", "Loyer garage", "40.00")]
    calls = calls_of([*entries, told("2026-02-01", "Loyer", "400.00")])
    assert [call.called_on for call in calls] == [date(2026, 1, 15), date(2026, 2, 1)]
    assert calls[1].total == 440


def months(*entries):
    return [f"{call.month:%Y-%m} {call.total}" for call in calls_of([told(*entry) for entry in entries])]


def test_a_call_is_of_the_month_that_its_rent_names_on_whatever_day_it_is_entered():
    assert months(
        ("2026-03-02", "Loyer mars", "500.00"),
        ("2026-03-31", "Loyer avril", "500.00"),
        ("2026-05-04", "Loyer mai", "500.00"),
    ) == ["2026-03 500.00", "2026-04 500.00", "2026-05 500.00"]
    assert months(("2026-02-28", "Loyer mars 2026", "500.00")) == ["2026-03 500.00"]
    assert months(("2026-02-02", "Loyer 01/2026", "500.00")) == ["2026-01 500.00"]


def test_an_adjustment_makes_no_call_and_is_in_the_next_one():
    assert months(
        ("2026-01-31", "Loyer janvier", "500.00"),
        ("2026-02-05", "Régularisation loyer", "12.00"),
        ("2026-02-28", "Loyer février", "500.00"),
        ("2026-03-31", "Loyer mars", "500.00"),
    ) == ["2026-01 500.00", "2026-02 512.00", "2026-03 500.00"]


def test_a_rent_of_a_month_that_had_its_call_is_in_the_next_avis():
    assert months(
        ("2026-01-01", "Loyer janvier", "500.00"),
        ("2026-02-01", "Loyer février", "500.00"),
        ("2026-02-10", "Loyer garage janvier", "40.00"),
        ("2026-03-01", "Loyer mars", "500.00"),
    ) == ["2026-01 500.00", "2026-02 500.00", "2026-03 540.00"]


def test_two_months_that_are_entered_on_one_day_are_in_the_later_one_s_avis():
    assert months(
        ("2026-02-10", "Loyer février", "500.00"),
        ("2026-02-10", "Loyer janvier", "500.00"),
    ) == ["2026-02 1000.00"]


def test_a_rent_of_nothing_makes_no_call():
    assert months(
        ("2026-03-02", "Loyer mars", "500.00"),
        ("2026-03-20", "SLS avril", "0.00"),
        ("2026-04-01", "Loyer avril", "500.00"),
    ) == ["2026-03 500.00", "2026-04 500.00"]


def test_a_call_that_was_undone_asks_for_nothing():
    [call] = calls_of([told("2026-01-01", "Loyer", "400.00"), told("2026-01-01", "Annulation loyer", "-400.00")])
    assert figures(call) == ["0.00", "0.00", "0.00", "0.00"]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-11-01", "2026-11-05"),
        ("2026-11-05", "2026-11-05"),
        ("2026-11-06", "2026-12-05"),
        ("2026-12-31", "2027-01-05"),
    ],
)
def test_the_rent_is_due_on_the_first_such_day_from_its_call(day, due):
    assert due_on(date.fromisoformat(day), 5) == date.fromisoformat(due)


@given(days, st.integers(min_value=1, max_value=28))
def test_the_due_day_is_never_past_and_never_more_than_a_month_away(day, due_day):
    assert 0 <= (due_on(day, due_day) - day).days <= 31
    assert due_on(day, due_day).day == due_day


@given(ledgers)
def test_what_is_to_be_paid_is_the_balance_of_the_day(entries):
    for call in calls_of(entries):
        assert call.net == sum_of(entry for entry in entries if entry.date <= call.called_on)


@given(ledgers)
def test_the_calls_part_the_ledger(entries):
    calls = calls_of(entries)
    told_by_calls = [entry for call in calls for entry in (*call.settled, *call.lines)]
    last = calls[-1].called_on if calls else date.min
    opening = [entry for entry in entries if entry.date <= last and entry.nature is Nature.OPENING]
    assert sorted([*told_by_calls, *opening], key=repr) == sorted((e for e in entries if e.date <= last), key=repr)
    begins = [call.previous for call in calls]
    assert sum(begins) == sum([call.net for call in calls[:-1]], sum_of(opening))
    if not opening:
        assert begins == [Decimal(0), *(call.net for call in calls)][: len(calls)]


@given(ledgers)
def test_every_month_with_a_rent_has_its_call_and_no_other(entries):
    rents = [e for e in entries if e.nature is Nature.RENT and e.amount > 0 and "Rappel" not in e.label]
    assert {call.called_on for call in calls_of(entries)} <= {rent.date for rent in rents}
    # Of two months that are entered on one day, the later.
    left = {month_of(rent.label, rent.date) for rent in rents} - {call.month for call in calls_of(entries)}
    days = {call.called_on: call.month for call in calls_of(entries)}
    firsts = {month: min(r.date for r in rents if month_of(r.label, r.date) == month) for month in left}
    assert all(days[day] > month for month, day in firsts.items())


@given(ledgers)
def test_the_last_call_is_the_newest_of_all(entries):
    assert last_call_of(entries, sum_of(entries)) == next(reversed(calls_of(entries)), None)


@given(ledgers, days)
def test_the_last_call_asks_for_the_same_however_far_one_looks_back(entries, since):
    recent = [entry for entry in entries if entry.date >= since]
    call = last_call_of(recent, sum_of(entries))
    rents = [entry for entry in entries if is_rent_of_month(entry)]
    # As long as its own first rent is in sight.
    assume(call and min(rent.date for rent in rents if month_of(rent.label, rent.date) == call.month) >= since)
    assert call.net == calls_of(entries)[-1].net
