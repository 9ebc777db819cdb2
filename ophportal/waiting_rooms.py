"""Where threads wait for slow work: when a room is full, whoever comes next is asked to come again.

Who waits holds one of a process's sixteen threads (`serving.THREADS`). The rooms together leave four of them to those
who only read, however many ask for slow work. Logins have no room: their hashes are short and throttled, and sixteen
at once are all served.
"""

import threading

from werkzeug.exceptions import ServiceUnavailable

# Seconds: what fills a room for longer fills it anew.
RETRY_AFTER = 10


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
