"""Which agent is at the door: an address, a password and a second factor, told apart for nobody."""

from ophportal.access.cookies import device_knowing
from ophportal.access.throttle import admit_login
from ophportal.models import Agent, Event, JournalEntry
from ophportal.models.keys import email_key
from ophportal.office import factor
from ophportal.passwords import hash_password, needs_rehash, verify_password
from ophportal.security import keyed_digest

# Stands in for an agent who is not there, so that the same work is done.
NOBODY = Agent(id=0, factor_seed="")


def recognise(email: str, password: str, code: str, network_address: str) -> tuple[Agent, JournalEntry] | None:
    """The agent whom all three lead to, with the attempt's journal entry; None otherwise. Raises `Throttled`.

    The same work whoever is named and whatever is wrong: a right password does not show without its code. The code is
    used up only when all the rest is right.
    """
    agent = Agent.with_email(email)
    entry = admit_login(door_of(email), network_address)
    right = verify_password(password, agent.password_hash if agent and agent.is_active else "")
    proof = factor.proof_in(agent or NOBODY, code)
    if agent is None or not right or proof is None or not proof():
        return None
    if needs_rehash(agent.password_hash):
        agent.rehash(hash_password(password))
    return agent, entry


def settle(entry: JournalEntry, agent: Agent, event: Event = Event.LOGIN, device: str = "") -> None:
    entry.becomes(event, None, device, agent)


def door_of(email: str) -> str:
    """What failures are counted on: the address, and this browser's own way in once it has been let in."""
    return keyed_digest("agent's door", email_key(email), device_knowing(device_door(email)))


def device_door(email: str) -> str:
    return f"agent {email_key(email)}"
