"""The console's room and its door: nobody passes it without an agent's running session."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort, flash, g, request

from ophportal.cookies import name_of
from ophportal.database import writing
from ophportal.errors import Explanation, error_page
from ophportal.htmx import asked_by_htmx, go_to
from ophportal.models import Agent, AgentSession, Event, JournalEntry, Verification
from ophportal.session_end import session_is_over
from ophportal.visitor import client_address
from ophportal.wanted import home_instead, is_led_here, note_wanted

office = Blueprint("office", __name__, url_prefix="/agents")

HOME = "/agents"
IDENTIFICATION = "/agents/identification"
EXTEND = "/agents/prolonger"
COOKIE = "agent"
RESERVED = Explanation(
    "Page réservée",
    "Cette page est réservée aux responsables de l'office. Demandez à l'un d'eux, ou revenez à la recherche.",
)


def running_session() -> AgentSession | None:
    """The agent's session that this request's cookie names; looked up once a request."""
    if "agent_session" not in g:
        token = request.cookies.get(name_of(COOKIE), "")
        g.agent_session = AgentSession.named_by(token) if token else None
    return g.agent_session


def current_session() -> AgentSession:
    """The session of the agent who is logged in; only behind the door."""
    session = running_session()
    assert session is not None, "only behind the door"  # noqa: S101 - the room's before_request has seen to it
    return session


def current_agent() -> Agent:
    """The agent who is logged in; only behind the door."""
    return current_session().agent


@office.before_request
def require_agent() -> Response | None:
    if (running := running_session()) is not None:
        if not comes_by_itself():
            running.note_visit()
        g.is_led_here = is_led_here()
        return None
    return to_the_door()


def to_the_door() -> Response:
    """Lead to the login, with a message where a session has ended or where what was sent is lost."""
    # The script that asks how much is left then reloads the page, and that request flashes the message.
    asks_what_is_left = request.method == "GET" and request.path == EXTEND
    if (name_of(COOKIE) in request.cookies or request.method == "POST") and not asks_what_is_left:
        flash(session_is_over())
    note_wanted(HOME)
    return go_to(IDENTIFICATION)


office.register_error_handler(404, home_instead(HOME))


def comes_by_itself() -> bool:
    """Whether a script made this request, and no agent: it does not count as a visit, which would extend the session.

    What htmx gets here is the progress of a job, each second. At `EXTEND`, a GET asks how much of the session is left,
    and a POST extends it in any case.
    """
    return request.path == EXTEND or (request.method == "GET" and asked_by_htmx())


@contextmanager
def writing_while_in() -> Iterator[None]:
    """A transaction that begins by looking whether the agent's session is still there; if not, leads to the login.

    So of two responsables who disable each other at the same moment, only the first does.
    """
    with writing():
        if not current_session().is_there():
            abort(to_the_door())
        yield


@office.context_processor
def tell_the_frame() -> dict[str, Any]:
    """What the frame of every page of the console shows."""
    if running_session() is None:
        return {}
    return {
        "agent": current_agent(),
        "to_verify": Verification.pending_count(),
        "running": current_session(),
        "lead_out": HOME,
    }


def managers_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """For the responsables; another agent is told so (403)."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_agent().is_manager:
            note_refusal()
            return error_page(403, RESERVED)
        return view(*args, **kwargs)

    guarded.managers_only = True  # type: ignore[attr-defined] # the test of the doors asks for it
    return guarded


def note_refusal() -> None:
    """Journal that the agent was refused a page (ASVS 16.3.2), by its endpoint: URLs can name people."""
    JournalEntry.create(
        event=Event.ACCESS_REFUSED,
        agent=current_agent(),
        network_address=client_address(),
        detail=request.endpoint or "",
    )
