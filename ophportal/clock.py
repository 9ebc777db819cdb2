"""The time: aware UTC in the store, Europe/Paris for the people (DESIGN 11)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in Paris: a lease ends at the end of a French day, not of a UTC one."""
    return now().astimezone(PARIS).date()
