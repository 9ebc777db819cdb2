"""Voiding, in a restored store, what serves once and may have been used since the backup was made."""

import secrets
from typing import NamedTuple

from peewee import Database

from ophportal import clock
from ophportal.models import (
    AccessRequest,
    AddressChange,
    Agent,
    AgentSession,
    PaperCode,
    TemporaryPassword,
    TenantSession,
)
from ophportal.models.address_change import ChangeState


class Voided(NamedTuple):
    """How many were still good when the backup was made, and have to be asked for, or given, again."""

    passwords: int = 0  # mailed
    letters: int = 0
    changes: int = 0  # of address, that waited for their link
    links: int = 0  # agents'


def void(store: Database) -> Voided:
    """Void in `store` all that may have been used, ended or taken back since the backup was made.

    Two things stay. The link that undoes a change of address: it takes an account back from a thief, and never gives
    it to one. And agents' recovery codes, though one used since is valid again (the password is needed too): without
    them, each restoration would lock out agents who have lost their telephone.
    """
    with store.atomic():
        for table in (TenantSession, AgentSession):
            table.delete().bind(store).execute(store)
        draw_anew(store)
        dropped = AddressChange.update(state=ChangeState.DROPPED, ends_at=clock.now())
        return Voided(
            passwords=TemporaryPassword.delete().where(TemporaryPassword.used_at.is_null()).bind(store).execute(store),
            letters=PaperCode.delete().where(PaperCode.used_at.is_null()).bind(store).execute(store),
            changes=dropped.where(AddressChange.state == ChangeState.PENDING).bind(store).execute(store),
            links=Agent.update(invitation_digest="").where(Agent.invitation_digest != "").bind(store).execute(store),
        )


def draw_anew(store: Database) -> None:
    """Give each unsettled request a new random id, since its temporary password is derived from it."""
    waiting = AccessRequest.select(AccessRequest.id).where(AccessRequest.settled_at.is_null()).tuples()
    for (request_id,) in list(waiting.bind(store).execute(store)):
        fresh = AccessRequest.update(token=secrets.token_hex(32)).where(AccessRequest.id == request_id)
        fresh.bind(store).execute(store)
