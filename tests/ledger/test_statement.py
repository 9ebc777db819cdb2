"""The running balance and the months of a ledger."""

from datetime import date
from decimal import Decimal

from hypothesis import given

from ophportal.models.nature import Nature
from ophportal.models.statement import last_months, lines_of, months_of, sum_of
from tests.ledgers import ledgers, told

LEDGER = [
    told("2026-01-01", "Loyer janvier", "400.00"),
    told("2026-01-01", "APL", "-150.50"),
    told("2026-01-10", "Prélèvement", "-249.50"),
    told("2026-03-01", "Loyer mars", "400.00"),
    told("2026-03-12", "Prélèvement", "-400.00"),
    told("2026-03-15", "Rejet de prélèvement", "400.00"),
]


def test_each_line_tells_the_balance_after_it():
    assert [str(line.balance) for line in lines_of(LEDGER)] == ["400.00", "249.50", "0.00", "400.00", "0.00", "400.00"]


def test_a_month_tells_what_was_asked_for_and_what_was_paid():
    january, march = months_of(lines_of(LEDGER))
    assert (january.first_day, january.called, january.paid) == (date(2026, 1, 1), Decimal("249.50"), Decimal("249.50"))
    assert (march.called, march.paid) == (400, 0)  # what came back is not paid


def test_what_was_owed_before_the_ledger_begins_is_asked_for_by_none_of_its_months():
    (january,) = months_of(lines_of([told("2026-01-01", "À nouveau", "1200.00"), *LEDGER[:3]]))
    assert (january.called, january.paid) == (Decimal("249.50"), Decimal("249.50"))


def test_the_last_months_have_their_gaps():
    months = last_months(months_of(lines_of(LEDGER)), date(2026, 3, 20))
    assert [day.month for day, *_ in months] == [4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3]
    assert [str(called) for _, called, _ in months[-3:]] == ["249.50", "0.00", "400.00"]


@given(ledgers)
def test_the_running_balance_is_the_sum(entries):
    lines = lines_of(entries)
    assert [line.balance for line in lines] == [sum_of(entries[: place + 1]) for place in range(len(entries))]


@given(ledgers)
def test_the_months_part_the_ledger(entries):
    months = months_of(lines_of(entries))
    assert [line.entry for month in months for line in month.lines] == entries
    brought = sum_of(entry for entry in entries if entry.nature is Nature.OPENING)
    assert brought + sum(month.called - month.paid for month in months) == sum_of(entries)
    assert [month.first_day for month in months] == sorted({entry.date.replace(day=1) for entry in entries})
