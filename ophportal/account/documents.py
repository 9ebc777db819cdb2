"""Documents: the papers of the tenant, by year; each to look at, or to keep."""

import logging
from collections.abc import Iterable

from flask import Response

from ophportal import documents as contents
from ophportal import waiting_rooms
from ophportal.account.frames import framed_or_fragment
from ophportal.account.paper import Paper, file_name, pdf_answer
from ophportal.account.papers import made_papers
from ophportal.account.room import account, current_tenant
from ophportal.account.years import asked_year, years_of
from ophportal.errors import Explanation, Missing, error_page
from ophportal.models import DeliveryConsent, Document, DocumentKind, Tenant
from ophportal.models.document import RECEIPTS

logger = logging.getLogger(__name__)

TO_LIST = "/compte/documents", "Retour à vos documents"
NOT_THEIRS = "Ce document n'est pas dans votre compte, ou l'office l'a retiré."
LOST = Explanation(
    "Ce document n'est pas disponible pour le moment",
    "Ce n'est pas votre faute. Vos autres documents sont toujours dans la liste. Réessayez demain.",
    TO_LIST,
)


@account.get("/documents")
def documents() -> Response:
    """The documents of the year that is asked for, or of the newest."""
    tenant = current_tenant()
    agrees = DeliveryConsent.of(tenant) is not None
    papers = papers_of(tenant, agrees=agrees)
    years = years_of(paper.period for paper in papers)
    year = asked_year(years, years[0] if years else None)
    return framed_or_fragment(
        "account/documents.html",
        papers=[paper for paper in papers if paper.period.year == year],
        years=years,
        year=year,
        agrees=agrees,
        several_leases=len({paper.lease for paper in papers if paper.lease}) > 1,
    )


@account.get("/documents/<token>")
def document(token: str) -> Response:
    """Shown in the browser, or kept with `?telecharger`. Anybody else's is not found, nor a receipt not agreed to."""
    found = Document.one_of(current_tenant(), token)
    if found is None or (found.kind in RECEIPTS and DeliveryConsent.of(current_tenant()) is None):
        raise Missing("Document introuvable", NOT_THEIRS, TO_LIST)
    name = file_name(found.title, found.lease, f"{found.period:%Y-%m}")
    try:
        pdf = pdf_answer(contents.path_of(found.digest), name, etag=found.digest, last_modified=found.added_at)
    except OSError as error:
        logger.error("the content of document %s cannot be read: %s", found.id, error.strerror)
        return error_page(503, LOST)
    # What is sent of it: a viewer that turns to a page asks for pieces, several at once.
    return waiting_rooms.sent_from(waiting_rooms.papers, pdf, pdf.content_length or 0)


def papers_of(tenant: Tenant, *, agrees: bool) -> list[Paper]:
    """All that `tenant` may read, newest month first: receipts only while they agree to get them here."""
    papers = merged(map(paper_of, Document.of_tenant(tenant)), made_papers(tenant))
    return papers if agrees else [paper for paper in papers if paper.kind not in RECEIPTS]


def paper_of(document: Document) -> Paper:
    return Paper(
        document.period,
        document.title,
        f"/compte/documents/{document.token}",
        document.size,
        document.lease,
        DocumentKind(document.kind),
    )


def merged(dropped: Iterable[Paper], made: Iterable[Paper]) -> list[Paper]:
    """Both together, newest month first: what the office gives for a month and a lease replaces what would be made.

    What it gives for no lease in particular stands for all of them.
    """
    dropped = list(dropped)
    given = {(paper.kind, paper.period, paper.lease) for paper in dropped}
    rest = [
        paper
        for paper in made
        if given.isdisjoint({(paper.kind, paper.period, paper.lease), (paper.kind, paper.period, None)})
    ]
    return sorted([*dropped, *rest], key=lambda paper: paper.period, reverse=True)
