"""A tenant's papers for the page that lists them: the office's documents, and those made from the ledger."""

from collections.abc import Iterable

from ophportal.account.paper import Paper
from ophportal.account.papers import made_papers
from ophportal.models import Document, DocumentKind, Tenant
from ophportal.models.document import RECEIPTS


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
