"""The security headers of every answer."""

from __future__ import annotations  # those of a function inside another would be made anew at each request

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from ophportal.assets import KEPT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers older than frame-ancestors
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TWO_YEARS = 2 * 365 * 24 * 3600


def init_app(app: Flask) -> None:
    app.wsgi_app = Hardened(app.wsgi_app, secure=app.config["SESSION_COOKIE_SECURE"])  # type: ignore[method-assign]

    @app.after_request
    def keep_nowhere(response: Response) -> Response:
        if request.endpoint not in KEPT or response.status_code >= 400:
            # Pages carry tokens, typed addresses or an account: nobody keeps them (CNIL, ASVS 14.3.2).
            response.headers["Cache-Control"] = "no-store"
        return response


class Hardened:
    """Gives every answer the headers that it has not of its own.

    Around Flask, where headers are a plain list: Werkzeug looks each of them over again at each step.
    """

    def __init__(self, application: WSGIApplication, *, secure: bool):
        self.application = application
        self.headers = list(HEADERS.items())
        if secure:
            self.headers.append(("Strict-Transport-Security", f"max-age={TWO_YEARS}; includeSubDomains"))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, told: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            names = {name for name, _ in told}
            return start_response(status, told + [header for header in self.headers if header[0] not in names], *error)

        return self.application(environ, start)
