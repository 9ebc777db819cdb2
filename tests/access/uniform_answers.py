"""What a stranger could see or measure of an answer, of whomever they name."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ophportal.models import JournalEntry
from ophportal.testing import TOKEN
from tests.conftest import StrictVisitor

NEW = "deux lunes rouges sur le toit"
OTHER_PASSWORD = "trois nuages gris au galop"
HTMX = {"HX-Request": "true"}
KINDS = ("unknown", "known", "ended", "without password", "without account", "of two", "of three")
# A code is typed by who has one, and tenants who share an address do not share a code.
WITH_CODE = KINDS[:4]
HASHES = {"code": ["verify"], "email": ["verify", "verify"]}


class Person:
    """Somebody, as a stranger would name them: in texts of one length, so that the answers have one length too."""

    def __init__(self, kind: str):
        digit = KINDS.index(kind)
        self.name = f"NOM{'ABCDEFG'[digit]}"
        self.email = f"p{digit}@exemple.test"
        self.number = f"100{digit}"
        self.reference = f"200{digit}-A"
        self.code = f"ZZZZ-ZZZ{digit}"

    @property
    def typed(self) -> dict[str, str]:
        return {
            "name": self.name,
            "email": self.email,
            "dwelling_reference": self.reference,
            "tenant_number": self.number,
        }


class CountingHasher:
    """The hasher, and what was asked of it."""

    def __init__(self, hasher: Any):
        self.hasher = hasher
        self.asked: list[str] = []

    def verify(self, *given: str) -> bool:
        self.asked.append("verify")
        return self.hasher.verify(*given)

    def hash(self, *given: str) -> str:
        self.asked.append("hash")
        return self.hasher.hash(*given)

    def check_needs_rehash(self, stored: str) -> bool:
        return self.hasher.check_needs_rehash(stored)


def newest(count: int) -> list[tuple[Any, ...]]:
    """What the newest journal entries tell, but for whose door it was."""
    entries = JournalEntry.select().order_by(JournalEntry.id.desc()).limit(count)
    return [
        (entry.event, entry.tenant_id, len(entry.subject), entry.network_address, entry.detail) for entry in entries
    ]


def seen(app: Any, name: str, value: str) -> Any:
    """A header's value; of a session cookie, which is random and signed, what it holds and how long each thing is."""
    if name != "Set-Cookie" or not value.startswith("session="):
        return value
    signed, _, attributes = value.removeprefix("session=").partition("; ")
    held = app.session_interface.get_signing_serializer(app).loads(signed)
    return {key: len(str(each)) for key, each in held.items()}, attributes


def without(text: str, *typed: str) -> str:
    """The text but for its tokens and what was typed."""
    text = TOKEN.sub("TOKEN", text).replace("<wbr>", "")
    for each in typed:
        # In a telephone number, a short answer is there by chance.
        text = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", "TYPED", text)
    return text


def check_same(told: dict[str, dict[str, Any]]) -> None:
    """Everybody's facts are the first one's."""
    first, *others = told
    for other in others:
        for fact, value in told[first].items():
            assert told[other][fact] == value, f"{fact}: {other} differs from {first}"


def poster(visitor: StrictVisitor, path: str, fields: dict[str, str], *, htmx: bool) -> Callable[[], TestResponse]:
    """The pressing of the button, after the form was opened."""
    token = TOKEN.search(visitor.get(path).text)
    assert token
    data = {"csrf_token": token[1], **fields}
    return lambda: visitor.post(path, data=data, headers=HTMX if htmx else {})


by_code_or_address = pytest.mark.parametrize(
    ("attribute", "kinds"), [("code", WITH_CODE), ("email", KINDS)], ids=["by code", "by address"]
)
with_and_without_htmx = pytest.mark.parametrize("htmx", [False, True], ids=["whole page", "htmx"])
every_browser = pytest.mark.parametrize(
    ("how", "htmx"),
    [("fresh", False), ("fresh", True), ("of another tenant", False), ("remembering", True)],
    ids=["whole page", "htmx", "of another tenant", "remembering"],
)
