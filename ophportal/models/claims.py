"""Rows that one worker holds at a time, until a moment: mail that must leave, long work."""

from datetime import datetime, timedelta

from peewee import Expression, Field

# Longer than any row is held or put off. By an hour, since hosts' clocks differ.
AHEAD = timedelta(hours=1)


def is_free(claimed_until: Field, now: datetime) -> Expression:
    """The condition that no worker holds the row, or that its claim has run out."""
    return claimed_until.is_null() | (claimed_until < now) | is_ahead(claimed_until, now)


def is_ahead(time: Field, now: datetime) -> Expression:
    """The condition that `time` is further ahead than the portal ever sets it: the clock ran ahead when it was written.

    There is then no reason to wait for it.
    """
    return time > now + AHEAD
