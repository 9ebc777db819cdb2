"""How many requests may do slow work, or wait for it, at a time; the next ones get 503.

Each of them holds one of a process's sixteen threads (`serving.THREADS`). The rooms have twelve places in all, so that
four threads always serve plain pages. Logins have no room: their hashes are short and throttled, and sixteen at once
are all served.
"""

import threading

from flask import Response
from werkzeug.exceptions import ServiceUnavailable

# Seconds after which a place may be free.
RETRY_AFTER = 10
# Bytes that the system's buffers take at once; the thread waits while the reader takes the rest.
SENT_AT_ONCE = 1 << 20


class WaitingRoom:
    """A context manager with so many places; entering it raises ServiceUnavailable when all are taken."""

    def __init__(self, places: int):
        self.places = threading.BoundedSemaphore(places)

    def __enter__(self) -> None:
        if not self.places.acquire(blocking=False):
            raise ServiceUnavailable(retry_after=RETRY_AFTER)

    def __exit__(self, *_: object) -> None:
        self.places.release()


# On the day of the rent notice, PDFs are what many ask for at once.
papers = WaitingRoom(6)
judgements = WaitingRoom(4)
copies = WaitingRoom(2)


def sent_from(room: WaitingRoom, response: Response, size: int) -> Response:
    """`response`, whose content is `size` bytes. A large one holds a place in `room` until it is read or given up.

    Without a proxy that buffers, it holds a thread for as long.
    """
    if size > SENT_AT_ONCE:
        try:
            room.__enter__()
        except ServiceUnavailable:
            response.close()
            raise
        # With direct passthrough the server closes the file itself, and `call_on_close` is not called.
        response.direct_passthrough = False
        response.call_on_close(room.places.release)
    return response
