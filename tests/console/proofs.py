"""What an agent holds besides their password: the telephone that the first login links, and the recovery codes."""

import secrets

import pyotp

from ophportal import clock
from ophportal.models import Agent
from ophportal.office import factor
from ophportal.testing import Visitor
from tests.page import Page


def fresh_recovery_codes(agent: Agent) -> list[str]:
    """In place of those that the agent had."""
    codes = factor.recovery_codes(secrets.token_hex(32))
    factor.give_recovery_codes(agent, codes)
    return codes


def secret_shown(visitor: Visitor) -> str:
    """What the first login's page gives the telephone, in this browser; empty once the link is dead."""
    shown = Page(visitor.get("/agents/premiere-connexion")).soup.select("p > .copy")
    return shown[0].text if shown else ""


def code_shown(visitor: Visitor) -> str:
    """What a telephone shows that was linked by the first login's page of this browser."""
    secret = secret_shown(visitor)
    return pyotp.TOTP(secret).at(clock.now()) if secret else ""
