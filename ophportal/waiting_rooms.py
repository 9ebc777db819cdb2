"""How many requests may do slow work, or wait for it, at a time; the next ones get 503.

Each of them holds one of a process's sixteen threads (`serving.THREADS`). The rooms have twelve places in all, so that
four threads always serve plain pages. Logins have no room: their hashes are short and throttled, and sixteen at once
are all served.
"""

import threading
from functools import partial

from flask import Response, g, has_app_context
from werkzeug.exceptions import ServiceUnavailable

# Seconds after which a place may be free.
RETRY_AFTER = 10
# Bytes that the system's buffers take at once; the thread waits while the reader takes the rest.
SENT_AT_ONCE = 1 << 20


class WaitingRoom:
    """A context manager with so many places; entering it raises ServiceUnavailable when all are taken.

    Or when who is in a tenant's account has their `share`: one who asks for many at once waits for themselves, and does
    not keep the neighbours out.
    """

    def __init__(self, places: int, share: int):
        self.places, self.share = places, share
        self.inside: list[int | None] = []
        self.door = threading.Lock()

    def __enter__(self) -> None:
        self.enter()

    def __exit__(self, *_: object) -> None:
        self.leave(whose())

    def look_in(self) -> None:
        """Raise ServiceUnavailable where entering would: before the work that leads there."""
        tenant_id = whose()
        has_share = tenant_id is not None and self.inside.count(tenant_id) >= self.share
        if has_share or len(self.inside) >= self.places:
            raise ServiceUnavailable(retry_after=RETRY_AFTER)

    def enter(self) -> int | None:
        """Take a place; whose it is, for `leave`."""
        with self.door:
            self.look_in()
            self.inside.append(tenant_id := whose())
        return tenant_id

    def leave(self, tenant_id: int | None) -> None:
        with self.door:
            self.inside.remove(tenant_id)


# A share of two, for a button that is pressed twice. PDFs are what many ask for at once, when the rent notice comes.
papers = WaitingRoom(6, share=2)
judgements = WaitingRoom(3, share=2)
copies = WaitingRoom(3, share=2)


def whose() -> int | None:
    """Row id of the tenant whose account is open (`account.room` says so), None for agents and for commands."""
    return g.get("whose_places") if has_app_context() else None


def sent_from(room: WaitingRoom, response: Response, size: int) -> Response:
    """`response`, whose content is `size` bytes. A large one holds a place in `room` until it is read or given up.

    Without a proxy that buffers, it holds a thread for as long.
    """
    if size > SENT_AT_ONCE:
        try:
            tenant_id = room.enter()
        except ServiceUnavailable:
            response.close()
            raise
        # With direct passthrough the server closes the file itself, and `call_on_close` is not called.
        response.direct_passthrough = False
        response.call_on_close(partial(room.leave, tenant_id))
    return response
