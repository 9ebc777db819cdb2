"""Checking an agent's address, password and second factor, with the same work whichever of them is wrong."""

from typing import NamedTuple

from ophportal.access.throttle import admit_login
from ophportal.cookies import device_knowing, know_device, knows_accounts
from ophportal.database import writing
from ophportal.models import Agent, Event, JournalEntry
from ophportal.models.agent import NOBODY
from ophportal.models.keys import email_key
from ophportal.office import factor
from ophportal.passwords import hash_password, needs_rehash, verify_password
from ophportal.posting import tell_agent
from ophportal.secret_key import keyed_digest


class Recognised(NamedTuple):
    """An agent who proved who they are, by a code that `admit` will use up."""

    agent: Agent
    proof: factor.Proof
    entry: JournalEntry
    is_known_here: bool


def recognise(email: str, password: str, code: str, network_address: str) -> Recognised | None:
    """The agent whom all three lead to; None otherwise. Raises `Throttled` before it looks at the password.

    One journal row, one slow hash and the same queries whoever is named and whichever of the three is wrong: who has
    stolen a password is not told by the time of the answer that it is right.
    """
    device = device_for(email)
    entry = admit_login(door_of(email_key(email), device), network_address, own_door=bool(device))
    agent = Agent.with_email(email)
    right = verify_password(password, agent.password_hash if agent and agent.is_active else "")
    proof = factor.proof_in(agent or NOBODY, code)
    if agent is None or not right or proof is None:
        return None
    if needs_rehash(agent.password_hash):
        agent.rehash(hash_password(password))
        if device:
            know_this_device(agent)
    return Recognised(agent, proof, entry, bool(device))


def admit(recognised: Recognised, event: Event = Event.LOGIN, device: str = "") -> bool:
    """Use the code up and journal the attempt as `event`; the use of a recovery code is told by mail.

    False, and nothing done, when another request was first: a parallel login used the code, or since it was checked the
    password was replaced or the agent invited again or disabled. What the login opens belongs in the same transaction.
    """
    agent, proof = recognised.agent, recognised.proof
    with writing():
        if not agent.is_unchanged() or not proof.use():
            return False
        note_success(recognised, event, device)
        if proof.is_recovery:
            tell_agent("agent_recovered", agent)
    return True


def note_success(recognised: Recognised, event: Event, device: str = "") -> None:
    """Journal the attempt as `event` instead of a failure: the proofs were right, even if what follows is refused."""
    recognised.entry.becomes(event, None, device, recognised.agent)


def doors_of(agent: Agent) -> list[str]:
    """The doors of this agent: that of every browser, and that of this one."""
    return [door_of(agent.email_key, device) for device in ("", this_device(agent))]


def door_of(key: str, device: str) -> str:
    """The digest that failures are counted on: of the address (`key`), and of the browser where it is a known one."""
    return keyed_digest("agent's door", key, device)


def device_for(email: str) -> str:
    """`this_device` of the agent at this address. An unknown browser costs no query."""
    return this_device(Agent.with_email(email) or NOBODY) if knows_accounts() else ""


def this_device(agent: Agent) -> str:
    """This browser's id, if the agent's present password was entered or chosen here before; empty otherwise."""
    return device_knowing(f"agent {agent.email_key}", agent.password_hash)


def know_this_device(agent: Agent) -> None:
    know_device(f"agent {agent.email_key}", agent.password_hash)
