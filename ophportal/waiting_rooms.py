"""Where threads wait for slow work: when a room is full, whoever comes next is asked to come again.

Who waits holds one of a process's sixteen threads (`serving.THREADS`). The rooms together leave four of them to those
who only read, however many ask for slow work. Logins have no room: their hashes are short and throttled, and sixteen
at once are all served.
"""

import threading

from flask import Response
from werkzeug.exceptions import ServiceUnavailable

# Seconds: what fills a room for longer fills it anew.
RETRY_AFTER = 10
# Bytes that the system takes off our hands, to be sent at the reader's pace. Of more, it takes the rest as it is read.
SENT_AT_ONCE = 1 << 20


class WaitingRoom:
    """Has so many places, for who is served and for those who wait. Raises ServiceUnavailable when all are taken."""

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
    """The response, whose content is `size` bytes: a large one has a place in `room` until it has been read, or its
    reader has gone. No proxy that waits in the thread's stead is sure to be there.
    """
    if size > SENT_AT_ONCE:
        try:
            room.__enter__()
        except ServiceUnavailable:
            response.close()
            raise
        # Passed through, its file would be closed by the server, and the room would not hear of it.
        response.direct_passthrough = False
        response.call_on_close(room.places.release)
    return response
