"""A session, as a row: the cookie only names it, so ending the row ends the session (DESIGN 6)."""

import hashlib
import math
import secrets
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from peewee import Expression, OperationalError, TextField

from ophportal import clock
from ophportal.database import BaseModel, UtcDateTimeField, in_steps, proxy
from ophportal.prepared import OftenMade

# A page view moves `last_seen_at` only when it is older than this: reading pages should not write rows.
SEEN_STEP = timedelta(minutes=1)


def digest_of(token: str) -> str:
    """SHA-256 of a token, which is all that the store keeps: a thief of the database finds no cookie in it."""
    return hashlib.sha256(token.encode()).hexdigest()


class SessionRow(OftenMade, BaseModel):
    """What tenants' and agents' sessions have in common. They end after `IDLE` unused, and `LONGEST` in any case."""

    IDLE: ClassVar[timedelta]
    LONGEST: ClassVar[timedelta]

    token_digest = TextField(unique=True)
    created_at = UtcDateTimeField(default=clock.now)
    last_seen_at = UtcDateTimeField(default=clock.now)
    device = TextField(default="")  # its name, for its owner to recognise it
    network_address = TextField(default="")

    token: str = ""  # what the cookie holds; never stored, known only during a request

    @classmethod
    def start(cls, *, device: str, network_address: str, token: str = "", **fields: Any) -> Self:
        """A new row under a fresh token, or under this one, which nobody else can know."""
        token = token or secrets.token_urlsafe(32)
        session = cls.create(token_digest=digest_of(token), device=device, network_address=network_address, **fields)
        session.token = token
        return session

    @classmethod
    def bounds(cls) -> dict[str, datetime]:
        """The instants that a running session was seen after, and begun after."""
        now = clock.now()
        return {"seen_after": now - cls.IDLE, "begun_after": now - cls.LONGEST}

    @classmethod
    def is_running(cls, **bounds: Any) -> Expression:
        """The condition that a session runs: within its `bounds` now, or those that a prepared query is given."""
        bounds = bounds or cls.bounds()
        return (cls.last_seen_at > bounds["seen_after"]) & (cls.created_at > bounds["begun_after"])

    @classmethod
    def purge_ended(cls) -> int:
        return in_steps(cls.delete().where(~cls.is_running()))

    @property
    def last_end(self) -> datetime | None:
        """When it ends in any case (`LONGEST`), once visits can no longer put the end off; None before."""
        longest = self.created_at + self.LONGEST
        return longest if longest <= self.last_seen_at + self.IDLE else None

    @property
    def seconds_left(self) -> int:
        """Seconds until it ends, if nobody uses it any more."""
        end = self.last_end or self.last_seen_at + self.IDLE
        return max(0, math.ceil((end - clock.now()).total_seconds()))

    def note_visit(self) -> None:
        """Note that its owner has opened a page, which puts its end off; at most once in `SEEN_STEP`."""
        if self.last_seen_at < clock.now() - SEEN_STEP:
            # Reading a page waits for no writer: the next page notes the visit, and a fault shows where one writes.
            with suppress(OperationalError):
                self.put_off(proxy.writing_at_once())

    def extend(self) -> None:
        """Put the end off for a press of « Prolonger ». Raises OperationalError when the store stays busy."""
        self.put_off(proxy.writing(lasting=False))

    def put_off(self, turn: AbstractContextManager[Any]) -> None:
        now = clock.now()
        with turn:
            self.update(last_seen_at=now).where(type(self).id == self.id).execute()
        self.last_seen_at = now

    def is_there(self) -> bool:
        """Whether nobody has ended it since it was read."""
        return bool(type(self).select().where(type(self).id == self.id).exists())

    def end(self) -> None:
        self.delete_instance()
