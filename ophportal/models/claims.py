"""Rows that one worker holds at a time, until a moment: mail that must leave, long work."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from peewee import Expression, Field, IntegerField, TextField

from ophportal.database import BaseModel, UtcDateTimeField

# Longer than any row is held or put off. By an hour, since hosts' clocks differ.
AHEAD = timedelta(hours=1)


class Claimed(BaseModel):
    """What jobs and mails have in common; `claim` names the worker's hold, and `attempts` counts them."""

    attempts = IntegerField(default=0)
    claim = TextField(default="")
    claimed_until = UtcDateTimeField(null=True)

    def take(self, until: datetime) -> None:
        """Have this worker alone hold the row until then, in the transaction that found it free."""
        self.claim, self.claimed_until = secrets.token_hex(8), until
        self.attempts += 1
        self.save(only=["claim", "claimed_until", "attempts"])

    def change(self, **values: Any) -> bool:
        """Write these values; False, and nothing written, when another worker holds the row by now."""
        row = type(self)
        self.__data__.update(values)
        return row.update(**values).where((row.id == self.id) & (row.claim == self.claim)).execute() == 1


def is_free(claimed_until: Field, now: datetime) -> Expression:
    """The condition that no worker holds the row, or that its claim has run out."""
    return claimed_until.is_null() | (claimed_until < now) | is_ahead(claimed_until, now)


def is_ahead(time: Field, now: datetime) -> Expression:
    """The condition that `time` is further ahead than the portal ever sets it: the clock ran ahead when it was written.

    There is then no reason to wait for it.
    """
    return time > now + AHEAD
