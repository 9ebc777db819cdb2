"""Writing an access request down: one row, one outbox row, the same for every well-formed request (DESIGN 2)."""

from flask import current_app

from ophportal.access.forms import AccessRequestForm
from ophportal.access.throttle import Throttled, admit_request
from ophportal.database import writing
from ophportal.models import AccessRequest, Event, JournalEntry, OutboxMessage
from ophportal.models.keys import email_key, number_key
from ophportal.security import keyed_digest


def write_request(form: AccessRequestForm, network_address: str) -> AccessRequest:
    """The request and its place in the outbox, in one transaction. Raises `Throttled`, having written that alone.

    Nothing here looks for the tenant: the worker does, once the answer has left.
    """
    subject = keyed_digest("door", "number", number_key(form.tenant_number.data))
    mailbox = keyed_digest("door", "mailbox", email_key(form.email.data))
    try:
        with writing():
            admit_request(subject, mailbox, network_address)
            request = AccessRequest.create(
                name=form.name.data,
                email=form.email.data,
                dwelling_reference=form.dwelling_reference.data,
                tenant_number=form.tenant_number.data,
                network_address=network_address,
            )
            OutboxMessage.put(current_app.config["MAIL_SENDER"], request=request)
    except Throttled:
        JournalEntry.create(
            event=Event.REQUEST_THROTTLED, subject=subject, mailbox=mailbox, network_address=network_address
        )
        raise
    return request
