"""What an agent gets in with: a one-time link, the telephone that it links, the recovery codes."""

import secrets

import pyotp
from flask import Flask
from werkzeug.test import TestResponse

from ophportal import clock
from ophportal.models import Agent, Role
from ophportal.office import factor
from ophportal.office.entry import public_link
from ophportal.testing import Visitor
from tests.conftest import OWN_PASSWORD
from tests.page import Page

OWN_CODES = "/agents/mon-acces/codes-de-secours"


def invited(
    app: Flask, name: str = "Agathe Essai", email: str = "agathe@office.exemple.test", role: Role = Role.AGENT
) -> tuple[Agent, str]:
    """An agent who has not been through their first login, and their one-time link's path."""
    agent = Agent.enlist(email, name, role)
    with app.app_context():
        link = public_link(agent.invite())
    return Agent.get_by_id(agent.id), link.removeprefix("http://localhost")


def first_login(visitor: Visitor, link: str, password: str = OWN_PASSWORD, **changes: str) -> TestResponse:
    visitor.get(link)
    fields = {"new_password": password, "confirmation": password, "code": code_shown(visitor)}
    return visitor.submit("/agents/premiere-connexion", **(fields | changes))


def both_proofs(visitor: Visitor) -> dict[str, str]:
    """What shows that it is the agent at the keyboard; the code of their login has served."""
    with visitor.application.app_context():
        code = fresh_recovery_codes(visitor.agent)[0]
    return {"current_password": OWN_PASSWORD, "code": code}


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
