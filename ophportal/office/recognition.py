"""Which agent is at the door: an address, a password and a second factor, told apart for nobody."""

from typing import NamedTuple

from flask import current_app

from ophportal.access.throttle import admit_login
from ophportal.cookies import device_knowing
from ophportal.database import writing
from ophportal.models import Agent, Event, JournalEntry, OutboxMessage
from ophportal.models.agent import NOBODY
from ophportal.models.keys import email_key
from ophportal.office import factor
from ophportal.passwords import hash_password, needs_rehash, verify_password
from ophportal.security import keyed_digest


class Recognised(NamedTuple):
    """An agent who proved who they are, by a code that `admit` will use up."""

    agent: Agent
    proof: factor.Proof
    entry: JournalEntry


def recognise(email: str, password: str, code: str, network_address: str) -> Recognised | None:
    """The agent whom all three lead to; None otherwise. Raises `Throttled` before it looks at anybody.

    One journal row, one slow hash and the same queries whoever is named and whichever of the three is wrong: who has
    stolen a password is not told by the time of the answer that it is right.
    """
    is_known_here = bool(device_knowing(device_door(email)))
    entry = admit_login(door_of(email), network_address, own_door=is_known_here)
    agent = Agent.with_email(email)
    right = verify_password(password, agent.password_hash if agent and agent.is_active else "")
    proof = factor.proof_in(agent or NOBODY, code)
    if agent is None or not right or proof is None:
        return None
    if needs_rehash(agent.password_hash):
        renew_hash(agent, hash_password(password))
    return Recognised(agent, proof, entry)


def admit(recognised: Recognised, event: Event = Event.LOGIN, device: str = "") -> bool:
    """Take them at their word: uses the code up, and settles the attempt as `event`. A recovery code is told by mail.

    False when they were overtaken: a parallel login took the code, or the password has been replaced since, the agent
    invited again or disabled. What it opens belongs in the same transaction.
    """
    agent, proof, _ = recognised
    with writing():
        if not agent.is_unchanged() or not proof.use():
            return False
        settle(recognised, event, device)
        if proof.is_recovery:
            tell_by_mail("agent_recovered", agent)
    return True


def settle(recognised: Recognised, event: Event, device: str = "") -> None:
    """Note the attempt as `event`, no failure: what they gave was right, whether or not more comes of it."""
    recognised.entry.becomes(event, None, device, recognised.agent)


def tell_by_mail(mail: str, agent: Agent) -> None:
    """Have this mail leave for the agent, in the caller's transaction: of what lets them in, or let somebody in."""
    OutboxMessage.put(current_app.config["MAIL_SENDER"], mail=mail, recipient=agent.email)


def renew_hash(agent: Agent, password_hash: str) -> None:
    """The same password under newer parameters, unless it has been replaced meanwhile."""
    with writing():
        if agent.is_unchanged():
            agent.set_hash(password_hash)


def door_of(email: str) -> str:
    """What failures are counted on: the address, and this browser's own way in once it has been let in."""
    return keyed_digest("agent's door", email_key(email), device_knowing(device_door(email)))


def doors_of(agent: Agent) -> list[str]:
    """What failures are counted on for this agent, seen from this browser: everybody's door, and its own."""
    devices = ("", device_knowing(device_door(agent.email)))
    return [keyed_digest("agent's door", agent.email_key, device) for device in devices]


def device_door(email: str) -> str:
    return f"agent {email_key(email)}"
