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
    """A POST puts the end off; a GET only tells what is left.

    The announcement is in front of the page, and takes the error page's place where the store stays busy: it says so,
    the button is still there to be pressed, and the end still announced. Raises OperationalError to
    whoever does not ask by htmx: the page of another tab may well be that one.
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
    """What is told to whoever comes too late; what they typed cannot wait for them in an open browser.

    A new password ends the session that it is sent from: who pressed twice comes too late for that alone.
    """
    sent = ""
    if request.method == "POST":
        sent = MAYBE_CHANGED if request.path.endswith("mot-de-passe") else NOT_SAVED
    return f"Votre session est terminée. Identifiez-vous de nouveau. {sent}".strip()
