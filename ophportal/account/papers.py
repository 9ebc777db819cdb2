"""The papers that the portal makes from the ledger, each when it is asked for: nothing of them is kept."""

import io
from collections.abc import Iterator
from datetime import date

from flask import Response, abort, request

from ophportal import waiting_rooms
from ophportal.account.paper import Paper, file_name, pdf_answer
from ophportal.account.room import account, current_tenant, lease_or_404
from ophportal.account.years import asked_year_or_all, years_of
from ophportal.htmx import go_to
from ophportal.models import DeliveryConsent, Document, DocumentKind, Lease, LedgerEntry, Tenant
from ophportal.models.rent_month import RentMonth, rent_months_of
from ophportal.models.statement import lines_of


@account.get("/baux/<int:lease_id>/avis/<month>.pdf")
def rent_notice(lease_id: int, month: str) -> Response:
    """The office's own, where it has given one: a month has one avis, at one address."""
    waiting_rooms.papers.look_in()
    lease = lease_or_404(lease_id)
    call = rent_month_or_404(lease, month).call
    if (given := Document.avis_of(lease, call.month)) is not None:
        return go_to(f"/compte/documents/{given.token}{'?telecharger' if 'telecharger' in request.args else ''}")
    from ophportal.papers.rent_notice import make_rent_notice

    pdf = make_rent_notice(current_tenant(), lease, call)
    return made(pdf, file_name(DocumentKind.AVIS.label, lease, f"{call.month:%Y-%m}"))


@account.get("/baux/<int:lease_id>/quittance/<month>.pdf")
def quittance(lease_id: int, month: str) -> Response:
    return receipt(lease_id, month, DocumentKind.QUITTANCE)


@account.get("/baux/<int:lease_id>/recu/<month>.pdf")
def part_receipt(lease_id: int, month: str) -> Response:
    return receipt(lease_id, month, DocumentKind.RECU)


def receipt(lease_id: int, month: str, kind: DocumentKind) -> Response:
    """Not found without the tenant's consent in force (law 89-462, art. 21), nor when the month is not paid so."""
    from ophportal.papers.receipt import make_receipt, receipt_due

    waiting_rooms.papers.look_in()
    lease = lease_or_404(lease_id)
    rent_month = rent_month_or_404(lease, month)
    if DeliveryConsent.of(current_tenant()) is None or receipt_due(rent_month) is not kind:
        abort(404)
    return made(
        make_receipt(current_tenant(), lease, rent_month), file_name(kind.label, lease, f"{rent_month.month:%Y-%m}")
    )


@account.get("/baux/<int:lease_id>/releve.pdf")
def account_statement(lease_id: int) -> Response:
    """Not found for a lease without an entry: nobody knows what is owed on it, and a paper would seem to prove it."""
    waiting_rooms.papers.look_in()
    lease = lease_or_404(lease_id)
    lines = lines_of(LedgerEntry.whole_of(lease)) or abort(404)
    year = asked_year_or_all(years_of(line.entry.date for line in lines), otherwise=None)
    from ophportal.papers.account_statement import make_account_statement

    pdf = make_account_statement(current_tenant(), lease, lines, year)
    return made(pdf, file_name("Relevé de compte", lease, str(year or "")))


def made(pdf: bytes, name: str) -> Response:
    return pdf_answer(io.BytesIO(pdf), name)


def made_papers(tenant: Tenant) -> list[Paper]:
    """The avis and receipts that can be made for `tenant`."""
    return [paper for lease in Lease.all_of(tenant) for paper in made_for(lease)]


def made_for(lease: Lease) -> Iterator[Paper]:
    from ophportal.papers.receipt import receipt_due

    for rent_month in rent_months_of(LedgerEntry.whole_of(lease)):
        yield paper_of(lease, rent_month.month, DocumentKind.AVIS)
        if kind := receipt_due(rent_month):
            yield paper_of(lease, rent_month.month, kind)


def paper_of(lease: Lease, month: date, kind: DocumentKind) -> Paper:
    address = f"/compte/baux/{lease.id}/{kind}/{month:%Y-%m}.pdf"
    return Paper(month, kind.label, address, None, lease, kind)


def rent_month_or_404(lease: Lease, month: str) -> RentMonth:
    """The rent month of `month`, « 2026-03 »."""
    months = rent_months_of(LedgerEntry.whole_of(lease))
    return next((rent_month for rent_month in months if f"{rent_month.month:%Y-%m}" == month), None) or abort(404)
