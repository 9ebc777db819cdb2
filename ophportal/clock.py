"""The time: aware UTC in the store, Europe/Paris for the people (DESIGN 11)."""

from calendar import monthrange
from datetime import MAXYEAR, UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

# A button that is pressed again within it was pressed twice: its first answer may never have arrived.
PRESSED_TWICE = timedelta(seconds=30)


@cache
def paris() -> tzinfo:
    from zoneinfo import ZoneInfo  # loaded for the first hour that is told

    return ZoneInfo("Europe/Paris")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def a_moment_ago() -> datetime:
    """Since when a button that is pressed now may have been pressed before, in one go."""
    return now() - PRESSED_TWICE


def is_just_now(instant: Any) -> Any:
    """Whether a button that is pressed now may have been pressed then, in one go; of a field, the condition that it is.

    As far ahead too, since hosts' clocks differ; and no further: what was written while the clock ran ahead by a week
    is no press of now.
    """
    return (instant > a_moment_ago()) & (instant <= now() + PRESSED_TWICE)


def today() -> date:
    """Today's date in Paris: a lease ends at the end of a French day, not of a UTC one."""
    return now().astimezone(paris()).date()


def month_end(day: date) -> date:
    """The last day of `day`'s month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_before(day: date, ago: int) -> date:
    """The first day of the month, so many months before `day`'s; after it, where `ago` is below zero.

    No later than the calendar's last month.
    """
    year, month = divmod(day.year * 12 + day.month - 1 - ago, 12)
    if year > MAXYEAR:
        return date.max.replace(day=1)
    return date(year, month + 1, 1)
