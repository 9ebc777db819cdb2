"""What an access request leads to, decided by the delivery worker: the table of DESIGN (3)."""

from flask import current_app

from ophportal import clock
from ophportal.access.matching import matching_tenant
from ophportal.access.throttle import REQUESTS_WINDOW
from ophportal.addresses import record_address
from ophportal.database import writing
from ophportal.models import (
    AccessRequest,
    Account,
    Event,
    JournalEntry,
    Lease,
    OutboxMessage,
    Outcome,
    PaperCode,
    TemporaryPassword,
    Tenant,
    Verification,
)
from ophportal.models.keys import email_key
from ophportal.passwords import temporary_digest, temporary_password

# The mail of each outcome; for the others none is sent.
MAILS = {
    Outcome.CREDENTIALS_SENT: "credentials",
    Outcome.OTHER_ADDRESS: "other_address",
    Outcome.NO_MATCH: "no_match",
    Outcome.BLOCKED: "access_blocked",
}
# What a person decides, on the page « À vérifier » of the console.
TO_VERIFY = {Outcome.OTHER_ADDRESS, Outcome.NO_ADDRESS}


def settle(message: OutboxMessage, request: AccessRequest) -> None:
    """Match `request` and decide the mail of its `message`, all in one transaction; done once, kept by retries."""
    with writing():
        outcome, tenant = decide(request)
        # NO_MATCH: `tenant` only tells the address to write to; the request is not about them.
        concerned = None if outcome is Outcome.NO_MATCH else tenant
        enough = is_enough(request, outcome, tenant)
        if enough and outcome not in TO_VERIFY:  # agents see every request that is theirs to decide
            outcome = Outcome.TOO_MANY
        if outcome is Outcome.CREDENTIALS_SENT and tenant is not None:
            digest = temporary_digest(temporary_password(request.token))
            TemporaryPassword.issue(Account.get_or_open(tenant), request, digest)
        request.settle(outcome, concerned)
        if outcome in TO_VERIFY and tenant is not None:
            Verification.ask_for(request, tenant)
        mail = MAILS.get(outcome)
        if mail and not enough and (tenant is None or tenant.email):
            message.address_to(mail, tenant.email if tenant else "", concerned)
        JournalEntry.create(event=Event.REQUEST_SETTLED, tenant=concerned, detail=outcome)


def is_enough(request: AccessRequest, outcome: Outcome, tenant: Tenant | None) -> bool:
    """Whether this hour's limit of this outcome's mail to the address on file is reached (`REQUESTS_TARGET`).

    Each outcome has a limit of its own, so that no number of wrong answers keeps the right ones from bringing a
    password. A valid letter's code and an agent's request have none.
    """
    mail = MAILS.get(outcome)
    by_letter = bool(request.letter_digest) and outcome is Outcome.CREDENTIALS_SENT
    if not mail or tenant is None or not tenant.email or by_letter or request.asked_by_id:
        return False
    since = clock.now() - REQUESTS_WINDOW
    return OutboxMessage.count_of_requests(mail, tenant.email, since) >= current_app.config["REQUESTS_TARGET"]


def decide(request: AccessRequest) -> tuple[Outcome, Tenant | None]:
    """The outcome, and the tenant whose address on file it concerns."""
    if request.letter_digest:
        return decide_by_letter(request)
    tenant = matching_tenant(request)
    if tenant is None:
        return nobody_matches(request)
    if Account.is_blocked(tenant):
        return Outcome.BLOCKED, tenant
    if not tenant.email:
        return Outcome.NO_ADDRESS, tenant
    if tenant.email_key == email_key(request.email):
        return Outcome.CREDENTIALS_SENT, tenant
    return Outcome.OTHER_ADDRESS, tenant


def decide_by_letter(request: AccessRequest) -> tuple[Outcome, Tenant | None]:
    """Use the letter's code up and put the typed address on file: who holds the letter is taken for the tenant.

    It came to their letter-box, which proves more than the numbers on an avis d'échéance.
    """
    paper = PaperCode.valid_with(request.letter_digest)
    if paper is None or not Lease.has_current(paper.tenant):
        return nobody_matches(request)
    if Account.is_blocked(paper.tenant):
        return Outcome.BLOCKED, paper.tenant
    if not paper.use():
        return nobody_matches(request)
    record_address(paper.tenant, request.email)
    JournalEntry.create(event=Event.LETTER_USED, tenant=paper.tenant)
    return Outcome.CREDENTIALS_SENT, paper.tenant


def nobody_matches(request: AccessRequest) -> tuple[Outcome, Tenant | None]:
    on_file = Tenant.with_email(request.email)
    return (Outcome.NO_MATCH, on_file[0]) if on_file else (Outcome.UNKNOWN, None)
