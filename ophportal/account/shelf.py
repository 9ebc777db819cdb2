"""A tenant's papers, as their page lists them, whoever made them."""

from collections.abc import Iterable

from ophportal.account.paper import Paper
from ophportal.account.papers import made_papers
from ophportal.models import DeliveryConsent, Document, DocumentKind, Tenant


def papers_of(tenant: Tenant) -> list[Paper]:
    """All that `tenant` may read, newest month first."""
    return merged(dropped_for(tenant), made_papers(tenant))


def dropped_for(tenant: Tenant) -> list[Paper]:
    """What the office has dropped for them; receipts only while they agree to get them here."""
    agrees = DeliveryConsent.of(tenant) is not None
    return [paper_of(document) for document in Document.of_tenant(tenant) if agrees or not document.is_receipt]


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
