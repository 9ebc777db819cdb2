"""Reading what clients send, so that those who send slowly hold only some of the threads.

Granian's threads read request bodies themselves and wait as long as a client takes (emmett-framework/granian#728). A
proxy that buffers spares them that, and not every office has one.
"""

import threading
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Flask, request
from werkzeug.exceptions import ServiceUnavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Of the sixteen threads of a process (serving.THREADS), this many may wait for bodies; the others serve pages.
READERS = 10
# Seconds. Forms arrive just after their headers: a place is soon free.
RETRY_AFTER = 10
TURNED_AWAY = "ophportal.turned_away"
# Where large files are sent: they are not read into memory here. The view reads them, once it knows who sends them.
UPLOADS = {"/agents/imports"}


def init_app(app: Flask) -> None:
    whole = app.extensions["whole_bodies"] = WholeBodies(app.wsgi_app, app.config["MAX_CONTENT_LENGTH"])
    app.wsgi_app = whole  # type: ignore[method-assign]

    @app.before_request
    def turn_away() -> None:
        if request.environ.get(TURNED_AWAY):
            raise ServiceUnavailable(retry_after=RETRY_AFTER)


class WholeBodies:
    """Reads the body of a POST whole before the application runs; while `READERS` wait for theirs, the next get 503."""

    def __init__(self, application: "WSGIApplication", longest: int):
        self.application = application
        self.longest = longest
        self.readers = threading.BoundedSemaphore(READERS)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        is_upload = is_post(environ) and environ.get("PATH_INFO") in UPLOADS
        if not is_upload and not self.is_worth_reading(environ):
            return self.application(environ, start_response)
        if not self.readers.acquire(blocking=False):
            environ[TURNED_AWAY] = True
            environ["wsgi.input"] = BytesIO()
            environ["CONTENT_LENGTH"] = "0"
            return self.application(environ, start_response)
        try:
            if is_upload:
                return self.application(environ, start_response)
            self.read_whole(environ)
        finally:
            self.readers.release()
        return self.application(environ, start_response)

    def is_worth_reading(self, environ: "WSGIEnvironment") -> bool:
        """Whether there is a body that a view may read. One that is too long is left unread: Flask answers 413."""
        length = environ.get("CONTENT_LENGTH") or ""
        is_fit = length.isdecimal() and 0 < int(length) <= self.longest
        return is_post(environ) and (is_fit or "HTTP_TRANSFER_ENCODING" in environ)

    def read_whole(self, environ: "WSGIEnvironment") -> None:
        in_chunks = "HTTP_TRANSFER_ENCODING" in environ
        body = environ["wsgi.input"].read(self.longest + 1 if in_chunks else int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = BytesIO(body)
        if in_chunks:  # else the announced length stays, so that Werkzeug sees a body that broke off
            environ["CONTENT_LENGTH"] = str(len(body))


def is_post(environ: "WSGIEnvironment") -> bool:
    """Whether Flask will see a POST: Werkzeug reads « post » as one too, and not every proxy refuses it."""
    return str(environ["REQUEST_METHOD"]).upper() == "POST"
