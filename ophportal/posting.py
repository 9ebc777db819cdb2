"""How a mail is asked for, from wherever it is due: by a row of the outbox, that the worker delivers."""

from typing import Any

from flask import current_app

from ophportal.models import OutboxMessage


def post(mail: str = "", **fields: Any) -> None:
    """Have this mail leave, in the caller's transaction; which one it is, the worker decides of a `request`."""
    OutboxMessage.put(current_app.config["MAIL_SENDER"], mail=mail, **fields)
