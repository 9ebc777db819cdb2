"""The time: aware UTC in the store, the office's own for the people (DESIGN 11)."""

from calendar import monthrange
from datetime import MAXYEAR, UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

# Two presses of one button within this time are a double press: the answer to the first may never have arrived.
PRESSED_TWICE = timedelta(seconds=30)


# The name of the zone where the office is, which `create_app` sets from its configuration.
zone = "Europe/Paris"


def here() -> tzinfo:
    """The zone where the office is, and its tenants."""
    return zone_of(zone)


@cache
def zone_of(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # loaded for the first hour that is told

    return ZoneInfo(name)


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def a_moment_ago() -> datetime:
    """`PRESSED_TWICE` before now."""
    return now() - PRESSED_TWICE


def is_just_now(instant: Any) -> Any:
    """Whether `instant` is within `PRESSED_TWICE` of now: a bool for a datetime, the SQL condition for a field.

    Instants ahead count too, since hosts' clocks differ, but no further: a row written while the clock ran a week
    ahead is no double press.
    """
    return (instant > a_moment_ago()) & (instant <= now() + PRESSED_TWICE)


def today() -> date:
    """Today's date where the office is: a lease ends at the end of its day, not of a UTC one."""
    return day_of(now())


def day_of(instant: datetime) -> date:
    """The day of an aware instant, where the office is."""
    return instant.astimezone(here()).date()


def month_end(day: date) -> date:
    """The last day of `day`'s month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_before(day: date, ago: int) -> date:
    """The first day of the month that is `ago` months before `day`'s, or after it where `ago` is negative.

    Never later than December 9999, where the calendar ends.
    """
    year, month = divmod(day.year * 12 + day.month - 1 - ago, 12)
    if year > MAXYEAR:
        return date.max.replace(day=1)
    return date(year, month + 1, 1)
