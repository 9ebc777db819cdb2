"""Errors in the portal's dress: what happened, and what to do, in plain French."""

import logging
from typing import NamedTuple

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFError
from peewee import OperationalError
from werkzeug.exceptions import Forbidden, HTTPException, MethodNotAllowed, NotFound, SecurityError

from ophportal import faults
from ophportal.htmx import go_to, page_or_fragment
from ophportal.logs import request_number

logger = logging.getLogger(__name__)


class Explanation(NamedTuple):
    """`way_out` is the address that the page's button leads to, and its text; None for the home of the room."""

    title: str
    advice: str
    way_out: tuple[str, str] | None = None


class Missing(NotFound):
    """A 404 in words of its own: what was not found, why it may be gone, and where to go on."""

    def __init__(self, title: str, advice: str, way_out: tuple[str, str] | None = None):
        super().__init__()
        self.explanation = Explanation(title, advice, way_out)


EXPLANATIONS = {
    400: Explanation(
        "Demande incomprise", "Le portail n'a pas compris cette demande. Revenez à l'accueil et recommencez."
    ),
    403: Explanation(
        "Accès refusé",
        "Cette page ne vous est pas ouverte. Revenez à l'accueil, puis appuyez sur « Accès Compte locataire ».",
    ),
    404: Explanation(
        "Page introuvable",
        "L'adresse est peut-être mal recopiée, ou la page n'existe plus. Revenez à l'accueil, ou cherchez "
        "dans le plan du site.",
    ),
    405: Explanation(
        "Action impossible", "Cette page ne s'ouvre pas de cette façon. Revenez à l'accueil et recommencez."
    ),
    413: Explanation("Envoi trop grand", "Ce que vous envoyez est trop grand. Écrivez seulement ce qui est demandé."),
    422: Explanation(
        "Réponse à corriger",
        "Une partie de ce que vous avez écrit ne convient pas. Revenez en arrière et corrigez.",
    ),
    429: Explanation(
        "Trop d'essais",
        "Il y a eu trop d'essais en peu de temps. Attendez quelques minutes, puis recommencez.",
    ),
    500: Explanation(
        "Erreur du portail",
        "Le portail a eu un problème. Ce n'est pas votre faute. Réessayez dans quelques minutes.",
    ),
    503: Explanation(
        "Le portail ne répond pas pour le moment",
        "Réessayez dans une minute.",
    ),
}
STALE = Explanation(
    "Page restée ouverte trop longtemps",
    "Pour votre sécurité, cette page n'est plus valable. Rien n'a été envoyé. Revenez à l'accueil et recommencez.",
)
FULL = Explanation(
    "Le portail manque de place",
    "Son disque est plein. Rien n'a été enregistré. Recommencez plus tard, quand quelqu'un y aura fait de la place.",
)


class SentFromElsewhere(Forbidden):
    """A page of another site's has sent this, in the visitor's browser."""

    explanation = Explanation(
        "Envoi venu d'un autre site",
        "Une page d'un autre site a envoyé quelque chose à votre place. Rien n'est enregistré. Fermez cette page-là.",
    )


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, explain_http_error)
    app.register_error_handler(MethodNotAllowed, lead_from_a_form_s_address)
    app.register_error_handler(CSRFError, explain_stale_page)
    app.register_error_handler(OperationalError, explain_unavailable_store)
    app.register_error_handler(OSError, explain_refusing_machine)
    app.register_error_handler(Exception, explain_fault)


def error_page(status: int, explanation: Explanation | None = None) -> Response:
    explanation = explanation or EXPLANATIONS.get(status) or EXPLANATIONS[400 if status < 500 else 500]
    # Flashed messages are left for the next page: an error page opens no session, and a phone's own request for a
    # missing icon must not swallow them.
    return page_or_fragment(
        "errors/error.html",
        status,
        code=status,
        explanation=explanation,
        number=request_number.get(),
        get_flashed_messages=list,
    )


def explain_http_error(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # type: ignore[return-value] # redirects travel as exceptions too
    if isinstance(error, SecurityError):
        logger.warning("refused: a request for another host")
    elif isinstance(error, SentFromElsewhere):
        logger.warning("refused: a form of another site's, at %s", request.endpoint)
    response = error_page(error.code or 500, getattr(error, "explanation", None))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def lead_from_a_form_s_address(error: MethodNotAllowed) -> Response:
    """A GET of an address that takes only POSTs leads to the nearest page above it, instead of a 405.

    The address stays in the browser's bar when a form comes back with errors; it is then reloaded, typed, or opened
    again after the session has ended.
    """
    page = page_of_form(request.path) if request.method == "GET" else ""
    return go_to(page) if page else explain_http_error(error)


def page_of_form(address: str) -> str:
    """The page that a form sent to `address` stands on, there or above it in its room; empty for none."""
    pages = current_app.create_url_adapter(request)
    while pages and address and not pages.test(address, "GET"):
        address = address.rpartition("/")[0]
    return address


def explain_stale_page(_error: CSRFError) -> Response:
    logger.warning("refused: a form without its token, at %s", request.endpoint)
    return error_page(400, STALE)


def explain_unavailable_store(error: OperationalError) -> Response:
    """A store that is locked, full or away is a passing trouble. What it says of that names tables, never values."""
    return unavailable(error, error_page(503))


def unavailable(error: OperationalError, response: Response) -> Response:
    """`response`, with a Retry-After; the reason goes to the log."""
    logger.error("the store does not answer: %s", error)
    response.headers["Retry-After"] = "60"
    return response


def explain_refusing_machine(error: OSError) -> Response:
    """A full disk is a passing trouble too, and no fault of ours."""
    if not faults.is_full(error):
        return explain_fault(error)
    logger.error("the disk is full: %s", error.filename)
    response = error_page(503, FULL)
    response.headers["Retry-After"] = "60"
    return response


def explain_fault(error: Exception) -> Response:
    logger.exception("unexpected error", exc_info=error)
    return error_page(500)
