"""What is shown once, and is the same again when its button is pressed twice.

The browser drops the first answer for the second one's: codes or a link in it would be valid, and seen by nobody. So
they are derived from the token of the agent's session and from what was sent. The same form sent again from the same
session gives the same ones, with nothing kept for it: the store has only the digest of that token.
"""

from collections.abc import Callable

from flask import Response

from ophportal.office.room import current_session
from ophportal.secret_key import keyed


def drawn_here(what: str, *sent: str) -> str:
    """64 hexadecimal characters, always the same for this session and these words."""
    return keyed("shown once", current_session().token, what, *sent).hex()


def unless_done(is_done: Callable[[], bool], do: Callable[[], Response | None]) -> Response | None:
    """The answer with which `do` refuses; None once it is done, by this press or by the first one of the same form."""
    if is_done():
        return None
    refusal = do()
    return None if refusal is None or is_done() else refusal
