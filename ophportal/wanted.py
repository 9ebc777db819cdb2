"""The page that was asked for before the login: its address is kept in the session's cookie, and opened once after it.

Only whole pages, of the room that asked for the login; of a form that comes too late its page, never what was typed.
Another person may log in than was there before: where the page is not found for them, they get their home.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, urlencode

from flask import Response, current_app, g, request, session
from werkzeug.exceptions import HTTPException, NotFound

from ophportal.errors import explain_http_error, page_of_form
from ophportal.htmx import asked_by_htmx, go_to

WANTED = "wanted"
LONGEST = 200
# Downloads: led there after a login, the browser would go on showing the login page, as if it had failed.
FILE = re.compile(r"\.csv$|/lot/\d+$")


def note_wanted(home: str) -> None:
    """Keep this request's address, which needs a login. `home` is the home of the room that it is in."""
    is_sent = request.method == "POST"
    # A new password ends the session that it is sent from: pressed twice, it comes too late, and is done.
    is_new_password = is_sent and request.path.endswith("mot-de-passe")
    if is_new_password or (asked_by_htmx() and not is_sent):
        return
    page = page_of_form(request.path) if is_sent else request.path
    shown = [(name, value) for name, value in request.args.items(multi=True) if name != "telecharger"]
    address = quote(page) + ("?" + urlencode(shown) if shown else "")
    if page == home or FILE.search(page) or len(address) > LONGEST:
        session.pop(WANTED, None)
    else:
        session[WANTED] = address


def wanted_or(home: str) -> str:
    """Where a login leads: the kept address if it is in the room of `home`, else `home`."""
    address: str = session.get(WANTED, "")
    return address if endpoint_of(address).partition(".")[0] == endpoint_of(home).partition(".")[0] else home


def endpoint_of(address: str) -> str:
    """The endpoint of a GET of `address`; empty where the portal has none."""
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(address.partition("?")[0], "GET")  # type: ignore[union-attr]
    except HTTPException:
        return ""
    return str(endpoint)


def is_led_here() -> bool:
    """Whether this request asks for the kept page, which is then forgotten. The room's door calls it once a request."""
    address = session.get(WANTED)
    if address is None or request.method != "GET" or address.partition("?")[0] != quote(request.path):
        return False
    del session[WANTED]
    return True


def home_instead(home: str) -> Callable[[NotFound], Response]:
    """The room's handler of 404: its home for who was sent there by the login, the error page for all others."""
    return lambda error: go_to(home) if g.get("is_led_here") else explain_http_error(error)
