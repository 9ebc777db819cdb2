"""« Prolonger »: a session's end, told and put off, in either room (WCAG 2.2.1)."""

from flask import Response, request
from peewee import OperationalError

from ophportal.errors import unavailable
from ophportal.formatting import typography
from ophportal.htmx import asked_by_htmx, go_to, page_or_fragment
from ophportal.models.session_row import SessionRow

NOT_SAVED = "Ce que vous venez d'envoyer n'a pas été enregistré."
MAYBE_CHANGED = typography(
    "Si vous avez appuyé deux fois, votre nouveau mot de passe est peut-être déjà enregistré : essayez-le d'abord."
)


def put_off_on_demand(running: SessionRow, template: str, home: str) -> Response:
    """A POST extends the session; a GET only shows what is left. `template` is the announcement, `home` the room's.

    Where the store stays busy, htmx gets the announcement again (503), with its button and a word on what happened:
    the dialog goes on announcing the end. Without htmx OperationalError is raised, and the error page shown.
    """
    if request.method == "POST":
        try:
            running.extend()
        except OperationalError as error:
            if not asked_by_htmx():
                raise
            return unavailable(error, page_or_fragment(template, 503, is_busy=True))
    return page_or_fragment(template) if asked_by_htmx() else go_to(home)


def session_is_over() -> str:
    """The message on the login page after a session has ended; what was sent too late is not kept in the browser.

    A change of password ends the session that sends it, so a double press gets this message too, in other words.
    """
    sent = ""
    if request.method == "POST":
        sent = MAYBE_CHANGED if request.path.endswith("mot-de-passe") else NOT_SAVED
    return f"Votre session est terminée. Identifiez-vous de nouveau. {sent}".strip()
