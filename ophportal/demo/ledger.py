"""The demo's ledger file: eighteen months of each household's account, up to today, as an ERP would export it.

The same file each time on the same day; rents, aids and ways of paying are each household's own, whatever the day.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from ophportal import clock, csv_output
from ophportal.demo import households, lives
from ophportal.demo.book import Book, Entry, Times
from ophportal.formatting import short_date

HEADERS = ("N° locataire", "Réf. logement", "Date écriture", "Libellé", "Débit", "Crédit", "N° écriture")


def book_of(line: households.Line, times: Times) -> Book:
    book = Book(line, times, lives.TERMS.get(line))
    lives.live(book)
    return book


def rows(due_day: int) -> Iterator[tuple[str, ...]]:
    """Every entry's cells, in the order of `HEADERS`, lease by lease."""
    times, number = Times(clock.today(), due_day), 0
    for line in households.lines():
        for entry in book_of(line, times).in_order():
            number += 1
            yield (line.number, line.home.reference, *cells_of(entry), f"E{number:07d}")


def cells_of(entry: Entry) -> tuple[str, ...]:
    figures = cell_of(abs(entry.amount))
    amounts = (figures, "") if entry.amount > 0 else ("", figures)
    return (short_date(entry.date), entry.label, *amounts)


def cell_of(amount: Decimal) -> str:
    """« 1 234,56 »."""
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",")


def write_file(path: Path, due_day: int) -> None:
    """Write the file; `due_day` is the portal's `DUE_DAY`."""
    csv_output.write_file(path, HEADERS, rows(due_day))
