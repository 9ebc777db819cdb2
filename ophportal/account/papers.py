"""The papers that the portal makes from the ledger, each when it is asked for: nothing of them is kept."""

import io
from datetime import date
from typing import NamedTuple

from flask import Response, abort, request, send_file

from ophportal.account.room import account, current_tenant, lease_or_404
from ophportal.models import DeliveryConsent, Lease, LedgerEntry, Tenant
from ophportal.models.rent_call import RentCall, calls_of
from ophportal.models.statement import lines_of
from ophportal.papers.account_statement import make_account_statement
from ophportal.papers.receipt import LABELS, Receipt, make_receipt, receipt_due
from ophportal.papers.rent_notice import make_rent_notice

# Browsers draw a PDF inside a page of their own making, which obeys the PDF's policy: it needs its inline styles
# (crbug.com/271452). No script runs there.
PDF_POLICY = "; ".join(
    (
        "default-src 'none'",
        "object-src 'self'",
        "style-src 'unsafe-inline'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


class MadePaper(NamedTuple):
    """A paper that can be made. `period` is the first day of its month, or of its year; `kind` is avis, quittance, recu
    or releve. `size` is not known before it is made.
    """

    period: date
    title: str
    address: str
    size: None
    lease: Lease
    kind: str


@account.get("/baux/<int:lease_id>/avis/<month>.pdf")
def rent_notice(lease_id: int, month: str) -> Response:
    lease = lease_or_404(lease_id)
    call = call_or_404(lease, month)
    return as_pdf(make_rent_notice(current_tenant(), lease, call), f"avis-d-echeance-{call.month:%Y-%m}.pdf")


@account.get("/baux/<int:lease_id>/quittance/<month>.pdf")
def quittance(lease_id: int, month: str) -> Response:
    return receipt(lease_id, month, Receipt.QUITTANCE)


@account.get("/baux/<int:lease_id>/recu/<month>.pdf")
def part_receipt(lease_id: int, month: str) -> Response:
    return receipt(lease_id, month, Receipt.RECU)


def receipt(lease_id: int, month: str, kind: Receipt) -> Response:
    """Not found without the tenant's consent in force (law 89-462, art. 21), nor when the month is not paid so."""
    lease = lease_or_404(lease_id)
    call = call_or_404(lease, month)
    if DeliveryConsent.of(current_tenant()) is None or receipt_due(call) is not kind:
        abort(404)
    return as_pdf(make_receipt(current_tenant(), lease, call), f"{kind}-{call.month:%Y-%m}.pdf")


@account.get("/baux/<int:lease_id>/releve.pdf")
def account_statement(lease_id: int) -> Response:
    lease = lease_or_404(lease_id)
    lines = lines_of(LedgerEntry.of(lease))
    year = asked_year({line.entry.date.year for line in lines})
    pdf = make_account_statement(current_tenant(), lease, lines, year)
    return as_pdf(pdf, f"releve-de-compte{f'-{year}' if year else ''}.pdf")


def made_papers(tenant: Tenant) -> list[MadePaper]:
    """All that can be made for `tenant`, newest first; receipts only while they agree to get them here."""
    agrees = DeliveryConsent.of(tenant) is not None
    papers = [paper for lease in Lease.all_of(tenant) for paper in made_for(lease, agrees=agrees)]
    return sorted(papers, key=lambda paper: paper.period, reverse=True)


def made_for(lease: Lease, *, agrees: bool) -> list[MadePaper]:
    entries = LedgerEntry.of(lease)
    papers = []
    for call in calls_of(entries):
        papers.append(paper_of(lease, call, "avis", "Avis d'échéance"))
        kind = receipt_due(call)
        if agrees and kind:
            papers.append(paper_of(lease, call, kind, LABELS[kind]))
    for year in sorted({entry.date.year for entry in entries}):
        address = f"/compte/baux/{lease.id}/releve.pdf?annee={year}"
        papers.append(MadePaper(date(year, 1, 1), f"Relevé de compte {year}", address, None, lease, "releve"))
    return papers


def paper_of(lease: Lease, call: RentCall, kind: str, label: str) -> MadePaper:
    address = f"/compte/baux/{lease.id}/{kind}/{call.month:%Y-%m}.pdf"
    return MadePaper(call.month, label, address, None, lease, kind)


def call_or_404(lease: Lease, month: str) -> RentCall:
    """The call of « 2026-03 »."""
    calls = calls_of(LedgerEntry.of(lease))
    return next((call for call in calls if f"{call.month:%Y-%m}" == month), None) or abort(404)


def asked_year(years: set[int]) -> int | None:
    """The year that the address asks for; None for all of them."""
    asked = request.args.get("annee", "")
    if asked in {"", "toutes"}:
        return None
    return next((year for year in years if str(year) == asked), None) or abort(404)


def as_pdf(pdf: bytes, name: str) -> Response:
    """Shown in the browser, or kept with `?telecharger`, under a name that tells nobody's."""
    keep = "telecharger" in request.args
    response = send_file(io.BytesIO(pdf), mimetype="application/pdf", as_attachment=keep, download_name=name)
    response.headers["Content-Security-Policy"] = PDF_POLICY
    return response
