"""Opérations: the ledger of a lease, month by month, with its running balance."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from flask import Response

from ophportal import clock
from ophportal.account.frames import framed_or_fragment
from ophportal.account.room import account, current_tenant, lease_or_404
from ophportal.account.years import asked_year_or_all, years_of
from ophportal.csv_output import csv_answer
from ophportal.formatting import short_date
from ophportal.models import Lease, LedgerEntry
from ophportal.models.statement import ZERO, Line, Month, last_months, lines_of, months_of

HEADER = ("Date", "Libellé", "Débit", "Crédit", "Solde")
# The height of the chart and the width of a month, in units of its viewBox.
HEIGHT, STEP = 100, 30


class Bars(NamedTuple):
    """A month of the chart. Heights are in its units, 0 to HEIGHT; the amounts are what a reader hears."""

    month: date
    called: Decimal
    paid: Decimal
    x: int
    called_height: int
    paid_height: int


@account.get("/operations")
def operations() -> Response:
    """The only lease's ledger, or the first's, with the way to the others."""
    leases = Lease.running_first(current_tenant())
    return ledger_page(leases[0], leases)


@account.get("/baux/<int:lease_id>/operations")
def lease_operations(lease_id: int) -> Response:
    return ledger_page(lease_or_404(lease_id), Lease.running_first(current_tenant()))


@account.get("/baux/<int:lease_id>/operations.csv")
def operations_csv(lease_id: int) -> Response:
    lines = lines_of(LedgerEntry.whole_of(lease_or_404(lease_id)))
    _, year = years_and_asked(lines)
    rows = [
        (
            short_date(line.entry.date),
            line.entry.label,
            in_figures(max(line.entry.amount, ZERO)),
            in_figures(max(-line.entry.amount, ZERO)),
            in_figures(line.balance),
        )
        for line in lines
        if year in {None, line.entry.date.year}
    ]
    return csv_answer(f"operations-{year or 'toutes'}.csv", HEADER, rows)


def ledger_page(lease: Lease, leases: Sequence[Lease]) -> Response:
    lines = lines_of(LedgerEntry.whole_of(lease))
    years, year = years_and_asked(lines)
    months = months_of(lines)
    return framed_or_fragment(
        "account/operations.html",
        lease=lease,
        leases=leases,
        years=years,
        year=year,
        months=[month for month in reversed(months) if year in {None, month.first_day.year}],
        balance=lines[-1].balance if lines else None,
        chart=bars_of(months, clock.today()),
        chart_height=HEIGHT,
    )


def years_and_asked(lines: Sequence[Line]) -> tuple[list[int], int | None]:
    """The years that have a line, and the one asked for: the newest when none is, None for all."""
    years = years_of(line.entry.date for line in lines)
    return years, asked_year_or_all(years, years[0] if years else None)


def in_figures(amount: Decimal) -> str:
    """« 1234,56 »: a spreadsheet counts with it, which it would not with spaces and a €."""
    return f"{amount:.2f}".replace(".", ",")


def bars_of(months: Sequence[Month], today: date) -> list[Bars]:
    """The chart's last twelve months, to the scale of the tallest; nothing where nothing was called or paid."""
    figures = last_months(months, today)
    tallest = max((amount for _, *amounts in figures for amount in amounts), default=ZERO)
    if tallest <= 0:
        return []
    return [
        Bars(day, called, paid, place * STEP, height_of(called, tallest), height_of(paid, tallest))
        for place, (day, called, paid) in enumerate(figures)
    ]


def height_of(amount: Decimal, tallest: Decimal) -> int:
    """In the chart's units; 0 for an amount below zero, which the month's figure tells."""
    return round(HEIGHT * max(amount, ZERO) / tallest)
