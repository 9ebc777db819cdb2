"""Every page and every mail of the portal, in each of its states: what the checkers read and `make screens` takes.

A scene is a function that ends with the answer to look at, or with a mail. Its arguments are pytest's fixtures, and its
day is always `THE_DAY`. It says which endpoint answers, so that tests/browser/test_scenes.py can hold the list of the
scenes to the URL map: a page that has none fails there.

    @scene("access.log_in", "identification-refusee", status=422)
    def refused(client):
        return client.submit("/identification", identifier="7K2M-94QF", password="faux")
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import flask
import pytest
import time_machine
from flask import Flask
from flask_mail import Message
from werkzeug.test import TestResponse

# A Monday, in office hours.
THE_DAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/Paris"))


class Shown(NamedTuple):
    """What there is to look at; `address` is its path, and `headers` those that it came with.

    `text` is what a mail says to who reads no HTML, under its subject.
    """

    html: str
    address: str = "/"
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - read only
    text: str = ""

    @classmethod
    def of(cls, answer: TestResponse) -> "Shown":
        return cls(answer.text, answer.request.path, answer.status_code, dict(answer.headers))


class Scene(NamedTuple):
    """A page in a state. `endpoint` is the one that answers, or « mail.<name> »; `name` is its picture's."""

    endpoint: str
    name: str
    status: int
    play: Callable[..., TestResponse | Message]

    def __str__(self) -> str:
        return self.name

    def played(self, request: pytest.FixtureRequest) -> TestResponse | Message:
        """What the scene ends with, on its day."""
        arguments = inspect.signature(self.play).parameters
        with time_machine.travel(THE_DAY):
            return self.play(**{name: request.getfixturevalue(name) for name in arguments})

    def shown(self, request: pytest.FixtureRequest) -> Shown:
        """What there is to look at; the scene is played once, for all that look at it.

        Raises AssertionError when it does not end where it says.
        """
        if self.name not in SHOWN:
            SHOWN[self.name] = self.shown_anew(request)
        return SHOWN[self.name]

    def shown_anew(self, request: pytest.FixtureRequest) -> Shown:
        with answering() as endpoints:
            ending = self.played(request)
        if isinstance(ending, Message):
            assert self.endpoint.startswith("mail."), f"{self}: a mail"
            return Shown(ending.html, text=f"{ending.subject}\n\n{ending.body}")
        assert (ending.status_code, endpoints[-1]) == (self.status, self.endpoint), f"{self}: {ending.status}"
        return Shown.of(ending)


@contextmanager
def answering() -> Iterator[list[str]]:
    """The endpoints that answer meanwhile, last one last; « » is an address that leads nowhere."""
    endpoints: list[str] = []

    def note(_: Flask, **__: object) -> None:
        endpoints.append(flask.request.endpoint or "")

    with flask.request_finished.connected_to(note):
        yield endpoints


SCENES: list[Scene] = []
SHOWN: dict[str, Shown] = {}


def scene(endpoint: str, name: str, status: int = 200) -> Callable[..., Callable[..., TestResponse | Message]]:
    """Add the function below to the scenes. `name` is made of small letters, figures and dashes, and is its alone."""

    def add(play: Callable[..., TestResponse | Message]) -> Callable[..., TestResponse | Message]:
        assert name not in {other.name for other in SCENES}, f"two scenes are called {name}"
        SCENES.append(Scene(endpoint, name, status, play))
        return play

    return add


# They add themselves to the list above.
for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")
