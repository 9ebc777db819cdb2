"""The demo's two agents, and the code that the telephone of each would show."""

import secrets
from typing import NamedTuple

from ophportal import clock
from ophportal.models import Agent, Role
from ophportal.office import factor
from ophportal.passwords import hash_password

# Shown on the demo's own page, and good nowhere else.
PASSWORD = "trois lanternes au fond du jardin"  # noqa: S105
AGENTS = (
    ("Réglisse Essai", "reglisse@office.exemple.test", Role.MANAGER),
    ("Sauge Essai", "sauge@office.exemple.test", Role.AGENT),
)


class Badge(NamedTuple):
    """What to type at « Identification des agents »."""

    agent: Agent
    password: str
    code: str


def enlist() -> None:
    """Put the two on file, past their first login."""
    for name, email, role in AGENTS:
        agent = Agent.enlist(email, name, role)
        if agent is not None:
            agent.accept(agent.invite(), hash_password(PASSWORD), 0)
            factor.give_recovery_codes(agent, factor.recovery_codes(secrets.token_hex(32)))


def badges() -> list[Badge]:
    agents = Agent.select().where(Agent.email.in_([email for _, email, _ in AGENTS])).order_by(Agent.id)
    return [Badge(agent, PASSWORD, factor.totp(agent).at(clock.now())) for agent in agents]
