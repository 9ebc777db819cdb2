"""The demo's ledger: eighteen months of two hundred households, and the awkward lives among them."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

import pytest
import time_machine

from ophportal import clock
from ophportal.clock import months_before
from ophportal.demo import households, ledger
from ophportal.demo.book import MONTHS, Times
from ophportal.imports.ledger import import_ledger
from ophportal.imports.tenants import import_tenants
from ophportal.models import Dwelling, Lease, LedgerEntry, Tenant
from ophportal.models.keys import number_key
from ophportal.models.nature import Nature, nature_of
from ophportal.models.rent_call import calls_of
from ophportal.models.statement import sum_of
from tests import stores
from tests.ledgers import Told

DUE_DAY = 5
DAYS = ("2026-11-24", "2028-02-29", "2026-12-31", "2026-12-01", "2027-01-04", "2027-01-05", "2027-01-06", "2026-07-19")


@pytest.fixture(params=[DAYS[0], *(pytest.param(day, marks=stores.once) for day in DAYS[1:])])
def today(request) -> Iterator[date]:
    # At noon: the same date in Paris as in UTC.
    with time_machine.travel(f"{request.param}T12:00:00Z", tick=False):
        yield date.fromisoformat(request.param)


def line_of(number: str) -> households.Line:
    return next(line for line in households.lines() if line.number == number)


def ledger_of(line: households.Line) -> list[Told]:
    return [Told(*entry) for entry in ledger.book_of(line, Times(clock.today(), DUE_DAY)).in_order()]


def account(number: str) -> list[Told]:
    return ledger_of(line_of(number))


def called(entries: list[Told]) -> list[Decimal]:
    """What was asked on the day of each call, oldest first: its rents, charges and aids."""
    asked = (Nature.RENT, Nature.CHARGES, Nature.AID)
    days = [call.called_on for call in calls_of(entries)]
    return [sum_of(entry for entry in entries if entry.date == day and entry.nature in asked) for day in days]


def labels(entries: list[Told]) -> list[str]:
    return [entry.label for entry in entries]


def everybody() -> list[tuple[households.Line, list[Told]]]:
    return everybody_on(clock.today())


@lru_cache
def everybody_on(day: date) -> list[tuple[households.Line, list[Told]]]:
    return [(line, ledger_of(line)) for line in households.lines()]


def on_file() -> dict[tuple[str, str], list[tuple[date, str, Decimal]]]:
    """Each lease's ledger in the order in which it is told, by tenant and dwelling: one question, not six hundred."""
    told = (LedgerEntry.date, LedgerEntry.label, LedgerEntry.debit, LedgerEntry.credit)
    query = LedgerEntry.select(Tenant.number_key, Dwelling.reference, *told)
    query = query.join(Lease).join(Tenant).switch(Lease).join(Dwelling).order_by(LedgerEntry.date, LedgerEntry.id)
    ledgers = defaultdict(list)
    for number, reference, day, label, debit, credit in query.tuples():
        ledgers[number, reference].append((day, label, debit - credit))
    return ledgers


# The file


def test_the_file_is_the_same_each_time_on_a_day(today, tmp_path):
    one, two = tmp_path / "une.csv", tmp_path / "deux.csv"
    ledger.write_file(one, DUE_DAY)
    ledger.write_file(two, DUE_DAY)

    assert one.read_bytes() == two.read_bytes()
    assert one.read_bytes().startswith(b"\xef\xbb\xbfN\xc2\xb0 locataire;")


def test_every_amount_is_to_the_cent_and_on_one_side(today, tmp_path):
    path = tmp_path / "ecritures.csv"
    ledger.write_file(path, DUE_DAY)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))

    assert len(rows) > 15_000
    for row in rows:
        told = [row[side] for side in ("Débit", "Crédit") if row[side]]
        assert len(told) == 1
        assert Decimal(told[0].replace(" ", "").replace(",", ".")) > 0
        assert told[0][-3] == ","
    assert len({row["N° écriture"] for row in rows}) == len(rows)


def test_importing_it_refuses_nothing_and_twice_changes_nothing(app, today, tmp_path):
    tenants, entries = tmp_path / "locataires.csv", tmp_path / "ecritures.csv"
    households.write_file(tenants)
    ledger.write_file(entries, DUE_DAY)
    import_tenants(tenants)

    report = import_ledger(entries)
    again = import_ledger(entries)

    assert report.counts["Écritures"].created == report.read == LedgerEntry.select().count()
    assert again.counts["Écritures"].unchanged == again.read
    assert on_file() == {
        (number_key(line.number), line.home.reference): [(it.date, it.label, it.amount) for it in told]
        for line, told in everybody()
        if told
    }


# Every lease


def test_every_month_is_called_once_while_a_lease_runs(today):
    window = [months_before(today, ago) for ago in reversed(range(MONTHS))]
    for line, entries in everybody():
        starts_on = households.day_of(line.starts_on)
        ends_on = households.day_of(line.ends_on) if line.ends_on else today
        runs = [month for month in window if starts_on < months_before(month, -1) and month <= ends_on]
        has_begun = starts_on <= today and line.number != "205008"  # the co-tenant without a ledger
        assert [call.month for call in calls_of(entries)] == (runs if has_begun else []), line


def test_nothing_is_entered_before_a_lease_nor_after_today(today):
    for line, entries in everybody():
        starts_on = households.day_of(line.starts_on)
        assert all(max(starts_on, months_before(today, MONTHS - 1)) <= entry.date <= today for entry in entries), line


def test_the_last_call_can_still_be_paid_in_time(today):
    for line, entries in everybody():
        if entries and not line.ends_on:
            assert today <= calls_of(entries)[-1].due_on(DUE_DAY), line


def test_labels_are_read_as_they_are_meant(today):
    """A label's first words say what the demo means by it; what the portal reads in it is the same."""
    meant = {
        "LOYER": Nature.RENT, "SUPPLEMENT": Nature.RENT, "PROV.": Nature.CHARGES, "ENTRETIEN": Nature.CHARGES,
        "REGUL": Nature.CHARGES, "APL": Nature.AID, "RLS": Nature.AID, "RAPPEL": Nature.AID, "INDU": Nature.AID,
        "AIDE": Nature.AID, "PRLV": Nature.PAYMENT, "VIREMENT": Nature.PAYMENT, "CHEQUE": Nature.PAYMENT,
        "CARTE": Nature.PAYMENT, "ESPECES": Nature.PAYMENT, "REJET": Nature.REVERSAL, "FRAIS": Nature.OTHER,
        "DEPOT": Nature.OTHER, "RESTITUTION": Nature.OTHER, "REPARATIONS": Nature.OTHER,
    }  # fmt: skip
    told = {(entry.label, entry.amount < 0) for _, entries in everybody() for entry in entries}
    for label, is_credit in told:
        words = label.removeprefix("ANNULATION ")
        assert nature_of(label, is_credit=is_credit) is meant[words.split()[0]], label
    assert {label.removeprefix("ANNULATION ").split()[0] for label, _ in told} == set(meant)


def test_rents_move_on_the_first_of_january(today):
    rents = [entry for entry in account("204817") if entry.label.startswith("LOYER PRINCIPAL")]
    by_year = {
        year: {entry.amount for entry in some} for year, some in groupby(rents, key=lambda entry: entry.date.year)
    }

    assert all(len(amounts) == 1 for amounts in by_year.values())
    amounts = [amounts.pop() for amounts in by_year.values()]
    assert amounts == sorted(set(amounts))
    assert len(amounts) >= 2


def test_charges_are_settled_once_a_year(today):
    for line, entries in everybody():
        settled = [entry.label for entry in entries if entry.label.startswith("REGUL")]
        assert len(settled) == len(set(settled)) <= 2, line


def test_a_household_is_a_household(today):
    """No rent of one euro nor of five thousand; an aid leaves something to pay; most people pay."""
    running = [(line, entries) for line, entries in everybody() if entries and not line.ends_on]
    flats = [entries for line, entries in running if line.home.kind != "Garage"]
    for entries in flats:
        rents = [entry.amount for entry in entries if entry.label.startswith("LOYER PRINCIPAL")]
        assert all(Decimal(60) < rent < Decimal(850) for rent in rents)
    late = [entries for entries in flats if sum_of(entries) > 2 * called(entries)[-1]]
    assert 3 <= len(late) <= 30
    assert sum(sum_of(entries) <= called(entries)[-1] for entries in flats) > 140


# The awkward lives, as lives.py tells them


def test_the_ordinary_guest_owes_the_current_call_and_has_time(today):
    entries = ledger_of(households.LAURIER)

    assert sum_of(entries) == called(entries)[-1] > Decimal(300)
    assert calls_of(entries)[-1].month == today.replace(day=1)


def test_a_guest_is_behind_with_a_reversed_payment_its_fees_and_a_plan(today):
    entries = ledger_of(households.D_ANGELO_PAOLI)
    fees = [entry.amount for entry in entries if entry.label == "FRAIS DE REJET"]
    unpaid = sum(called(entries)[-6:-3]) + called(entries)[-1]

    assert fees == [Decimal("3.80")] * 2
    assert labels(entries).count("VIREMENT PLAN APUREMENT") == 2
    assert labels(entries).count("REJET PRLV PROVISION INSUFFISANTE") == 2
    assert sum_of(entries) == unpaid + Decimal("7.60") - Decimal("100.00")
    assert sum_of(entries) > 2 * called(entries)[-1]


def test_the_guest_of_two_leases_owes_nothing_for_the_flat_and_has_paid_the_garage_in_advance(today):
    assert sum_of(ledger_of(households.FIGUIER)) == 0
    assert -100 < sum_of(ledger_of(households.FIGUIER_GARAGE)) < -10


def test_one_is_exactly_up_to_date_and_one_twenty_euros_in_advance(today):
    assert sum_of(account("205002")) == 0
    assert sum_of(account("L205010")) == Decimal("-20.00")


def test_one_had_the_apl_adjusted_and_one_was_helped_out_by_the_fsl(today):
    adjusted, helped = account("205004"), account("205003")

    assert [(e.label, e.amount) for e in adjusted if e.label in {"RAPPEL APL", "INDU APL"}] == [
        ("RAPPEL APL", Decimal("-96.00")),
        ("INDU APL", Decimal("64.00")),
    ]
    assert sum_of(adjusted) == called(adjusted)[-1]
    assert labels(helped).count("AIDE FSL") == 1
    assert sum_of(helped) == called(helped)[-1]


def test_one_has_come_on_a_fifteenth_and_paid_a_part_of_the_month(today):
    entries = account("205015")
    first, second = [entry for entry in entries if entry.label.startswith("LOYER PRINCIPAL")][:2]
    starts_on = households.day_of(line_of("205015").starts_on)
    days = (months_before(starts_on, -1) - starts_on).days
    share = Decimal(days) / (days + 14)

    assert starts_on == months_before(today, 5).replace(day=15)
    assert f"DU 15 AU {days + 14}" in first.label
    # To the cent, but for a first of January between the two.
    assert abs(first.amount - second.amount * share) < (2 if first.date.year < second.date.year else Decimal("0.02"))
    assert sum_of([entry for entry in entries if "GARANTIE" in entry.label]) == 0
    assert sum_of(entries) == called(entries)[-1]


def test_one_has_left_with_a_debt(today):
    entries = account("205016")

    assert households.day_of(line_of("205016").ends_on) < today
    assert sum_of(entries) == sum(called(entries)[-2:]) + Decimal("286.40") - Decimal("352.00") > 0


def test_one_pays_in_cash_in_two_halves(today):
    entries = account("L 00731")
    by_day = {day: list(some) for day, some in groupby(entries, key=lambda entry: entry.date)}
    paid = [some for some in by_day.values() if some[0].label == "ESPECES GUICHET"]

    assert len(paid) == MONTHS - 1
    assert all(len(some) == 2 for some in paid)
    assert sum_of(entries) == called(entries)[-1]


def test_one_was_called_twice_and_the_mistake_undone(today):
    entries = account("205013")
    undone = [entry for entry in entries if entry.label.startswith("ANNULATION")]

    assert undone
    for entry in undone:
        twice = [one for one in entries if one.label == entry.label.removeprefix("ANNULATION ")]
        assert [one.amount for one in twice] == [-entry.amount] * 2
    assert sum_of(entries) == called(entries)[-1]


def test_a_co_tenant_and_one_who_left_long_ago_have_no_ledger(today):
    assert account("205008") == []
    assert account("205009") == []
