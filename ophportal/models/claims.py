"""Rows that one worker holds at a time, until a moment: mail that must leave, long work."""

from datetime import datetime, timedelta

from peewee import Expression, Field

# Longer than any row is held or put off. By an hour, since hosts' clocks differ.
AHEAD = timedelta(hours=1)


def is_free(claimed_until: Field, now: datetime) -> Expression:
    """Whether no worker holds the row, or the one that did is dead."""
    return claimed_until.is_null() | (claimed_until < now) | is_ahead(claimed_until, now)


def is_ahead(time: Field, now: datetime) -> Expression:
    """Whether it is too far off to be ours: it was written while the clock ran ahead, and is no reason to wait."""
    return time > now + AHEAD
