"""The worker's turn, and the one mail that it has."""

from ophportal import outbox
from ophportal.models import OutboxMessage


def deliver(app):
    with app.app_context():
        return outbox.deliver_due()


def only_message():
    return OutboxMessage.get()
