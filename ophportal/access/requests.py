"""Writing an access request down: one row, one outbox row, the same for every well-formed request (DESIGN 2).

Nothing here looks for the tenant: the worker does, once the answer has left.
"""

from ophportal.access.forms import AccessRequestForm, LetterForm
from ophportal.access.throttle import admit_request
from ophportal.database import writing
from ophportal.models import AccessRequest, Event, JournalEntry
from ophportal.models.keys import email_key, name_key, number_key
from ophportal.paper_codes import paper_digest
from ophportal.posting import post
from ophportal.secret_key import keyed_digest


def write_request(form: AccessRequestForm, network_address: str) -> None:
    """Write down a request with the four answers. Raises `Throttled`, and then writes none.

    A button pressed twice writes one: a second mail would void the first one's password. Tries are counted on the four
    answers together: if they were counted on the number or the address alone, anybody who knows it could keep the
    tenant from asking. The worker limits the mails to one address (`settling.is_enough`).
    """
    write_down(
        keyed_digest(
            "door",
            "request",
            name_key(form.name.data),
            email_key(form.email.data),
            number_key(form.dwelling_reference.data),
            number_key(form.tenant_number.data),
        ),
        name=form.name.data,
        email=form.email.data,
        dwelling_reference=form.dwelling_reference.data,
        tenant_number=form.tenant_number.data,
        network_address=network_address,
    )


def write_letter_request(form: LetterForm, network_address: str) -> None:
    """Write down a request with a letter's code. Raises `Throttled`, and then writes none."""
    digest = paper_digest(form.letter_code.data)
    write_down(
        keyed_digest("door", "letter", digest),
        name="",
        email=form.email.data,
        dwelling_reference="",
        tenant_number="",
        network_address=network_address,
        letter_digest=digest,
    )


def write_down(subject: str, *, email: str, network_address: str, letter_digest: str = "", **fields: str) -> None:
    """Write the request and its outbox row in one transaction. Tries are counted on `subject`."""
    with writing():
        if not letter_digest and JournalEntry.has_just(Event.REQUEST, subject=subject):
            return
        refusal = admit_request(subject, network_address)
        if refusal is None:
            request = AccessRequest.create(
                email=email, network_address=network_address, letter_digest=letter_digest, **fields
            )
            post(request=request)
    if refusal is not None:
        raise refusal
