"""The papers that the demo's office has sent: real PDFs of the guests', whose figures are the ledger's."""

import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pikepdf
import pytest
import time_machine

from ophportal.demo import households, papers
from ophportal.demo.book import Times
from ophportal.demo.ledger import book_of
from ophportal.formatting import euros, month_name
from ophportal.models.rent_call import calls_of

DUE_DAY = 5
DAYS = ("2026-11-24", "2028-02-29", "2027-01-01", "2026-06-06")


@pytest.fixture(params=DAYS)
def today(app, request) -> Iterator[date]:
    with app.app_context(), time_machine.travel(f"{request.param}T12:00:00Z", tick=False):
        yield date.fromisoformat(request.param)


def all_papers(today: date) -> list[papers.Paper]:
    return list(papers.papers(Times(today, DUE_DAY)))


def test_each_guest_has_papers_of_several_kinds_in_places_of_their_own(today):
    made = all_papers(today)

    assert len({paper.file_name for paper in made}) == len(made)
    for line in (households.LAURIER, households.D_ANGELO_PAOLI, households.FIGUIER):
        assert len({paper.kind for paper in made if paper.line == line}) >= 3
    for paper in made:
        assert re.fullmatch(r"\d+_\d{4}-\d\d_(avis|attestation|courrier|regularisation)\.pdf", paper.file_name)
        assert paper.sent_on <= today


def test_an_avis_adds_up_to_what_the_ledger_asks(today):
    book = book_of(households.LAURIER, Times(today, DUE_DAY))
    calls = {f"Avis d'échéance, {month_name(call.month)}": call for call in calls_of(book.in_order())}
    avis = [paper for paper in all_papers(today) if paper.kind == "avis" and paper.line == households.LAURIER]

    assert len(avis) == 2
    for paper in avis:
        *amounts, net = [amount_of(row[-1]) for row in paper.rows]
        assert sum(amounts) == net == calls[paper.title].net


def test_a_yearly_adjustment_is_the_difference_between_cost_and_provisions(today):
    adjustments = [paper for paper in all_papers(today) if paper.kind == "regularisation"]

    assert adjustments
    for paper in adjustments:
        *rows, (_, paid, cost) = [(row[0], amount_of(row[1]), amount_of(row[2])) for row in paper.rows]
        assert (sum(row[1] for row in rows), sum(row[2] for row in rows)) == (paid, cost)
        entries = book_of(paper.line, Times(today, DUE_DAY)).entries
        (entry,) = [it for it in entries if it.label == f"REGUL CHARGES {paper.sent_on.year - 1}"]
        assert cost - paid == entry.amount
        assert euros(abs(entry.amount)) in paper.after[0]


def test_the_plan_is_about_what_was_owed_before_its_first_instalment(today):
    entries = book_of(households.D_ANGELO_PAOLI, Times(today, DUE_DAY)).in_order()
    (paper,) = [it for it in all_papers(today) if it.line == households.D_ANGELO_PAOLI and it.kind == "courrier"]
    owed = sum(entry.amount for entry in entries if entry.date < paper.sent_on)

    assert owed > 800
    assert euros(owed) in paper.before[0]
    assert min(entry.date for entry in entries if "PLAN" in entry.label) > paper.sent_on


def test_the_folder_holds_tagged_pdfs_that_say_that_they_are_invented(today, tmp_path):
    papers.write_folder(tmp_path / "papiers", DUE_DAY)
    made = sorted((tmp_path / "papiers").iterdir())

    assert [path.name for path in made] == sorted(paper.file_name for paper in all_papers(today))
    for path in made:
        with pikepdf.open(io.BytesIO(path.read_bytes())) as pdf:
            assert len(pdf.pages) == 1
            assert pdf.Root.MarkInfo.Marked
            assert str(pdf.Root.Lang) == "fr-FR"
            assert str(pdf.docinfo.Title).endswith("(démonstration)")


def amount_of(cell: str) -> Decimal:
    figures = cell.replace("\u00a0", "").replace("€", "").replace(",", ".").replace("−", "-")
    return Decimal(figures)
