"""Documents: the papers of the tenant, by year; each to look at, or to keep."""

from flask import Response, abort

from ophportal import documents as contents
from ophportal.account.paper import file_name, pdf_answer
from ophportal.account.room import account, current_tenant
from ophportal.account.shelf import papers_of
from ophportal.account.years import asked_year, years_of
from ophportal.htmx import page_or_fragment
from ophportal.models import DeliveryConsent, Document


@account.get("/documents")
def documents() -> Response:
    """One year of them: the one that is asked for, or else the newest."""
    tenant = current_tenant()
    papers = papers_of(tenant)
    years = years_of(paper.period for paper in papers)
    year = asked_year(years, years[0] if years else None)
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
    name = file_name(found.title, found.lease, f"{found.period:%Y-%m}")
    return pdf_answer(contents.path_of(found.digest), name, etag=found.digest, last_modified=found.added_at)
