"""Pages that are the same for every stranger: each is rendered once a day, with a hole for the visitor's token.

A stranger brings nothing that a page shows: no session but a token's, no identifier to remember. Such a page is made
in a request of its own that brings nothing either, so that nothing of a visitor can stay in it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import wraps
from secrets import token_hex
from typing import NamedTuple

from flask import Flask, Response, current_app, g, make_response, request, session

from ophportal import clock, cookies
from ophportal.htmx import asked_by_htmx, varying
from ophportal.signatures import TOKEN, form_token
from ophportal.wanted import WANTED

HOLE = token_hex(16)


class KeptPage(NamedTuple):
    """`pieces` are what stands between the holes; one piece where the page needs no token."""

    day: date
    pieces: list[str]


def same_for_strangers(view: Callable[..., str | Response]) -> Callable[..., Response]:
    """Keep the page that `view` gives to a stranger; it takes nothing from the request but its address."""

    @wraps(view)
    def answer(**values: object) -> Response:
        if request.method != "GET" or asked_by_htmx() or not is_stranger():
            return make_response(view(**values))
        pages = current_app.extensions["kept_pages"]
        # The scheme and the date are part of what the page says.
        where = request.path, request.is_secure
        page = pages.get(where)
        if page is None or page.day != clock.today():
            page = pages[where] = page_for_strangers(view, values)
        return varying(Response((form_token() if page.pieces[1:] else "").join(page.pieces)))

    return answer


def is_stranger() -> bool:
    return session.keys() <= {TOKEN, WANTED} and not cookies.remembered_identifier()


def page_for_strangers(view: Callable[..., str | Response], values: dict[str, object]) -> KeptPage:
    with request_of_nobody(token=HOLE):
        return KeptPage(clock.today(), make_response(view(**values)).get_data(as_text=True).split(HOLE))


@contextmanager
def request_of_nobody(token: str) -> Iterator[None]:
    """A request for the same address that brings nothing of the visitor, and whose forms hold this token."""
    scheme = "https" if request.is_secure else "http"
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    # Left to itself, Flask would lend it the visitor's own `g`.
    with app.app_context(), app.test_request_context(request.path, base_url=f"{scheme}://localhost"):
        # Flask-WTF uses the token that it finds here.
        setattr(g, TOKEN, token)
        yield


def init_app(app: Flask) -> None:
    app.extensions["kept_pages"] = {}
