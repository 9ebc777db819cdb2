"""The doors' limits, counted in the journal so that they hold across restarts and processes (DESIGN 7).

An attempt is written as failed *before* it is tried, in the transaction that counted: two hundred guesses
sent at once are counted one by one. Nobody who guesses can cut the power, so it does not wait for the disk.
What was refused counts for nothing: it is there to be read.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import current_app
from peewee import Expression

from ophportal import clock
from ophportal.database import writing
from ophportal.models import Event, JournalEntry

BURST = timedelta(minutes=15)
REMEMBERED = timedelta(hours=24)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
REQUESTS_WINDOW = timedelta(hours=1)
ONE_REFUSAL = timedelta(minutes=1)
# Refusals from one network address that are journalled in that time: enough for a hostel, too few to fill a disk.
MOST_REFUSALS = 10
NO_WAIT = timedelta(0)


class Throttled(Exception):  # noqa: N818 - a refusal, not an error
    """Too many tries; `wait` says how long until the next may be made.

    With `of_address` it holds for everybody at that network address; from another one the wait would be shorter.
    """

    def __init__(self, wait: timedelta, *, of_address: bool = False):
        super().__init__(wait)
        self.wait = wait
        self.of_address = of_address

    @property
    def minutes(self) -> int:
        """Whole minutes to announce, rounded up."""
        return math.ceil(self.wait.total_seconds() / 60)


def admit_login(subject: str, network_address: str, *, proved: bool = False, own_door: bool = False) -> JournalEntry:
    """Count this attempt on `subject`'s door and write it as failed until it proves right. Raises Throttled.

    One that is `proved` never waits: a mailed password holds bits enough to need no limit, and so the failures of
    a stranger never keep a tenant out of their own account. Nor does the limit on the address hold for a door that
    one browser alone has (`own_door`): fifty slips in the office's waiting room, or on a hostel's Wi-Fi, must not keep
    out who has been inside. That door has limits of its own.
    """
    limit, daily_limit = current_app.config["LOGIN_FAILURES"], current_app.config["LOGIN_FAILURES_DAY"]
    address_limit = current_app.config["LOGIN_FAILURES_ADDRESS"]
    with writing(lasting=False):
        now = clock.now()
        # No more than the day's limit: older failures do not change the wait.
        failures = JournalEntry.failures_at(subject, now - REMEMBERED, daily_limit)
        wait = wait_after(failures, limit, daily_limit, now)
        from_address = JournalEntry.failures_from(network_address, now - BURST, address_limit)
        wait_of_address = wait_for_fewer(from_address, BURST, address_limit, now)
        if own_door:
            wait_of_address = NO_WAIT
        wait = NO_WAIT if proved else max(wait, wait_of_address)
        if wait:
            note_refusal(Event.LOGIN_THROTTLED, subject, network_address, now, of_address=bool(wait_of_address))
        else:
            entry = JournalEntry.create(event=Event.LOGIN_FAILED, subject=subject, network_address=network_address)
    if wait:
        raise Throttled(wait, of_address=wait == wait_of_address)
    return entry


def admit_request(subject: str, network_address: str) -> Throttled | None:
    """Count a request for a code, in the caller's transaction; the refusal, to be raised after it, or None."""
    limit, address_limit = current_app.config["REQUESTS_TARGET"], current_app.config["REQUESTS_ADDRESS"]
    now = clock.now()
    here = JournalEntry.network_address == network_address
    wait_of_address = wait_in_window(here, Event.REQUEST, address_limit, now)
    wait = max(wait_in_window(JournalEntry.subject == subject, Event.REQUEST, limit, now), wait_of_address)
    if wait:
        note_refusal(Event.REQUEST_THROTTLED, subject, network_address, now, of_address=bool(wait_of_address))
    else:
        JournalEntry.create(event=Event.REQUEST, subject=subject, network_address=network_address)
    return Throttled(wait, of_address=wait == wait_of_address) if wait else None


def note_refusal(event: Event, subject: str, network_address: str, now: datetime, *, of_address: bool) -> None:
    """Write a refusal down, at most once a minute for this door from this network address.

    A refused try costs its author nothing: written each time, it would fill the disk. Where the address's own limit
    refuses (`of_address`), once a minute for the address: the doors that may be named there are without number.
    """
    most = 1 if of_address else MOST_REFUSALS
    told = JournalEntry.subjects_from(network_address, event, now - ONE_REFUSAL, most)
    if subject not in told and len(told) < most:
        JournalEntry.create(event=event, subject=subject, network_address=network_address)


def wait_after(failures: Sequence[datetime], limit: int, daily_limit: int, now: datetime) -> timedelta:
    """The wait left after `failures` (newest first): none before `limit` of them in a burst, then doubling.

    After `daily_limit` of them, however slow, until the first of those is a day old (CNIL 2022-100: 25 in 24 hours).
    """
    if len(failures) >= daily_limit:
        return max(NO_WAIT, failures[daily_limit - 1] + REMEMBERED - now)
    bursts = [i for i in range(len(failures) - limit + 1) if failures[i] - failures[i + limit - 1] <= BURST]
    if not bursts:
        return NO_WAIT
    since_first_burst = max(bursts)
    delay = min(FIRST_WAIT * 2 ** min(since_first_burst, 16), LONGEST_WAIT)
    return max(NO_WAIT, failures[0] + delay - now)


def wait_in_window(condition: Expression, event: Event, limit: int, now: datetime) -> timedelta:
    """The wait until fewer than `limit` events that meet `condition` lie in the last `REQUESTS_WINDOW`."""
    times = JournalEntry.times(condition, event, now - REQUESTS_WINDOW, limit)
    return wait_for_fewer(times, REQUESTS_WINDOW, limit, now)


def wait_for_fewer(times: Sequence[datetime], window: timedelta, limit: int, now: datetime) -> timedelta:
    """The wait until fewer than `limit` of these `times`, the newest first, lie in the last `window`."""
    return NO_WAIT if len(times) < limit else max(NO_WAIT, times[-1] + window - now)
