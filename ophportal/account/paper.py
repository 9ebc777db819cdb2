"""A paper of a tenant's: what their page lists, and how it is answered."""

from datetime import date
from pathlib import Path
from typing import IO, Any, NamedTuple

from flask import Response, request, send_file

from ophportal.models import DocumentKind, Lease
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


class Paper(NamedTuple):
    """`period` is the first day of its month; `size` is in bytes, None for what is made when it is asked for.

    `address` shows it in the browser, and keeps it with `?telecharger` behind. `lease` None is about none, or several.
    """

    period: date
    title: str
    address: str
    size: int | None
    lease: Lease | None
    kind: DocumentKind


def file_name(title: str, lease: Lease | None, when: str = "") -> str:
    """« quittance-2026-03.pdf »; among several leases, « quittance-777-b-2026-03.pdf » tells of which."""
    reference = lease.dwelling.reference if lease and lease.has_others else ""
    words = name_words(title) or ["document"]
    return f"{'-'.join(filter(None, (*words, *name_words(reference), when)))}.pdf"


def pdf_answer(content: Path | IO[bytes], name: str, **known: Any) -> Response:
    """Shown in the browser, or kept with `?telecharger`, as `name`, which names nobody: it stays in the browser's list
    of downloads. `known` is what `send_file` may be told of the content.
    """
    keep = "telecharger" in request.args
    response = send_file(content, mimetype="application/pdf", as_attachment=keep, download_name=name, **known)
    response.headers["Content-Security-Policy"] = PDF_POLICY
    return response
