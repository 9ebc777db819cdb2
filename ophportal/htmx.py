"""Answers for two kinds of askers: a whole page, or its fragment alone where htmx will put it."""

from urllib.parse import quote

from flask import Response, make_response, render_template, request

# Characters of a URL that are not quoted; « % » too, since most URLs are quoted already (RFC 3986, 2).
PLAIN = "/?&=%:;,+@!$'()*~#"


def asked_by_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"


def page_or_fragment(template: str, status: int = 200, **context: object) -> Response:
    """The page `room/name.html`, or its fragment `room/_name.html` for htmx."""
    if fragment := asked_by_htmx():
        room, _, name = template.rpartition("/")
        template = f"{room}/_{name}"
    return varying(make_response(render_template(template, fragment=fragment, **context), status))


def varying(response: Response) -> Response:
    """The same response, which says that htmx would get another."""
    response.headers["Vary"] = "HX-Request"
    return response


def go_to(address: str) -> Response:
    """Send the browser to `address`: 303, or HX-Redirect since htmx follows a 303 inside its own fetch."""
    address = quote(address, safe=PLAIN)  # a header holds no line break, and no letter but ASCII's
    if asked_by_htmx():
        response = Response(status=200, headers={"HX-Redirect": address})
    else:
        response = Response(status=303, headers={"Location": address})
    return varying(response)
