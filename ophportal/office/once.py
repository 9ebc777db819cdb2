"""What is shown once, and is the same again when its button is pressed twice.

The browser gives the first answer up for the second one's. What was new, and seen by nobody, would be void, and what it
replaced too. So it is drawn from the secret of the agent's session and from what was sent: who sends the same from the
same session draws it again, and nothing has to be kept for that. The store holds but the digest of that secret.
"""

from collections.abc import Callable

from flask import Response

from ophportal.office.room import current_session
from ophportal.secret_key import keyed


def drawn_here(what: str, *sent: str) -> str:
    """64 hexadecimal characters, which this session alone can draw."""
    return keyed("shown once", current_session().token, what, *sent).hex()


def unless_done(is_done: Callable[[], bool], do: Callable[[], Response | None]) -> Response | None:
    """What `do` refuses with, None when it is done: now, or by the first press, before this one or meanwhile."""
    if is_done():
        return None
    refusal = do()
    return None if refusal is None or is_done() else refusal
