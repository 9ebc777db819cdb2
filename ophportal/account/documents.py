"""Documents: the papers of the tenant, by year; each to look at, or to keep."""

from flask import Response, abort, request, send_file

from ophportal import documents as contents
from ophportal.account.room import account, current_tenant
from ophportal.account.shelf import papers_of, years_of
from ophportal.htmx import page_or_fragment
from ophportal.models import DeliveryConsent, Document
from ophportal.models.keys import name_words

# Browsers draw a PDF inside a page of their own making, which obeys the PDF's policy: for years « sandbox » left
# Chrome's blank (crbug.com/413851), and without its inline styles it filled a corner (crbug.com/271452). No script of
# the portal's runs there.
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


@account.get("/documents")
def documents() -> Response:
    """One year of them: the one that is asked for, or else the newest."""
    tenant = current_tenant()
    papers = papers_of(tenant)
    years = years_of(papers)
    asked = request.args.get("annee", "")
    year = next((year for year in years if str(year) == asked), years[0] if years else None)
    return page_or_fragment(
        "account/documents.html",
        papers=[paper for paper in papers if paper.period.year == year],
        years=years,
        year=year,
        agrees=DeliveryConsent.of(tenant) is not None,
        several_leases=len({paper.lease for paper in papers if paper.lease}) > 1,
    )


@account.get("/documents/<token>")
def document(token: str) -> Response:
    """Shown in the browser, or kept with `?telecharger`. Anybody else's is not found, nor a receipt not agreed to."""
    found = Document.one_of(current_tenant(), token)
    if found is None or (found.is_receipt and DeliveryConsent.of(current_tenant()) is None):
        abort(404)
    response = send_file(
        contents.path_of(found.digest),
        mimetype="application/pdf",
        as_attachment="telecharger" in request.args,
        download_name=file_name(found),
        etag=found.digest,
        last_modified=found.added_at,
    )
    response.headers["Content-Security-Policy"] = PDF_POLICY
    return response


def file_name(document: Document) -> str:
    """« avis-d-echeance-2026-03.pdf »."""
    return f"{'-'.join(name_words(document.title)) or 'document'}-{document.period:%Y-%m}.pdf"
