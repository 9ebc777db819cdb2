"""The log, and the number by which a request is found in it.

A record is a line: JSON in production, for journald and what reads it, text elsewhere. A request's number is on each of
its records, in its answer's `X-Request-ID`, and on the page that says what went wrong: a caller reads it out, and the
office finds the line. No record names a visitor: addresses, identifiers and what is typed stay out of it.
"""

from __future__ import annotations  # those of a function inside another would be made anew at each request

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from http import HTTPMethod
from secrets import randbelow
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,64}")
METHODS = frozenset(HTTPMethod)
# Granian's own lines go through our handler instead of its own.
GRANIAN = {"loggers": {name: {"level": "INFO", "propagate": True} for name in ("_granian", "granian.access")}}

# The number of the request that this thread serves, or served last; empty in a process that serves none.
request_number: ContextVar[str] = ContextVar("request_number", default="")


class Answer(NamedTuple):
    """`route` is the rule and not the address, which can name people; « - » where there is none."""

    method: str
    route: str
    status: int
    seconds: float  # until its first byte


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": instant(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := request_number.get():
            told["request_id"] = number
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class TextLines(logging.Formatter):
    """A record for a person to read, with its time (UTC) and its request's number."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(number)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, _form: str | None = None) -> str:  # noqa: N802 - logging's name
        return instant(record.created)

    def format(self, record: logging.LogRecord) -> str:
        number = request_number.get()
        record.number = f" [{number}]" if number else ""
        return super().format(record)


def init_app(app: Flask) -> None:
    """Speak as configured, and number the requests; call it after what else wraps the application."""
    if not app.config["TESTING"]:
        speak(JsonLines() if app.config["JSON_LOGS"] else TextLines())
    listeners: list[Callable[[Answer], None]] = [write_down] if app.config["JSON_LOGS"] else []
    app.extensions["answer_listeners"] = listeners
    app.wsgi_app = Numbered(app.wsgi_app, listeners, app.config["TRUSTED_PROXIES"])  # type: ignore[method-assign]


def speak(formatter: logging.Formatter) -> None:
    """Log to stderr, from INFO on, unless logging is set up already."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(formatter)
        root.addHandler(handler)
        root.setLevel(logging.INFO)


def write_down(answer: Answer) -> None:
    """Write the answer as a line of JSON. Through `logging` it would take a seventh of a page's time, so a fortieth.

    Each value is the portal's own word, or well-formed: there is nothing to escape.
    """
    sys.stderr.write(
        f'{{"time": "{instant(time.time())}", "level": "INFO", "logger": "ophportal.answers", "message": "answered", '
        f'"request_id": "{request_number.get()}", "method": "{answer.method}", "route": "{answer.route}", '
        f'"status": {answer.status}, "duration_ms": {answer.seconds * 1000:.1f}}}\n'
    )


def frames_of(error: Exception) -> str:
    """The traceback without the error's message, which can quote a mail or a file."""
    return "".join(traceback.format_tb(error.__traceback__))


def instant(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds")


class Numbered:
    """Numbers the requests of an application, and tells `listeners` of each answer."""

    def __init__(self, application: WSGIApplication, listeners: Iterable[Callable[[Answer], None]], proxies: int):
        self.application = application
        self.listeners = listeners
        self.proxies = proxies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        since = time.perf_counter()
        number = self.number_given(environ) or new_number()
        # Not reset afterwards: a streamed body is sent later, and the thread's next request sets its own.
        request_number.set(number)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            if self.listeners:
                answer = answer_to(environ, int(status[:3]), time.perf_counter() - since)
                for listener in self.listeners:
                    listener(answer)
            return start_response(status, [*headers, ("X-Request-ID", number)], *rest)

        return self.application(environ, start)

    def number_given(self, environ: WSGIEnvironment) -> str:
        """The proxy's own number, where there is a proxy to believe; it has to say one, or to drop the visitor's."""
        given = environ.get("HTTP_X_REQUEST_ID", "") if self.proxies else ""
        return given if WELL_FORMED.fullmatch(given) else ""


def new_number() -> str:
    """Twelve digits by fours: read out on the telephone, and never twice within what a log keeps, or nearly so."""
    digits = f"{randbelow(10**12):012}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def answer_to(environ: WSGIEnvironment, status: int, seconds: float) -> Answer:
    method = environ["REQUEST_METHOD"]
    request = environ.get("werkzeug.request")  # as Flask leaves it there
    rule = getattr(request, "url_rule", None)
    return Answer(method if method in METHODS else "-", rule.rule if rule else "-", status, seconds)
