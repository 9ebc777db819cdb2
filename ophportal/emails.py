"""The portal's mails: one function a mail, three templates each (subject, text, HTML).

Links are built from the configured base URL, never from a request: the worker has none, and a Host header lies.
"""

from collections.abc import Callable

from flask import current_app, render_template
from flask_mail import Message

from ophportal.addresses import confirmation_secret, undo_secret
from ophportal.email_address import as_servers_know_it
from ophportal.mailing import PlainMessage
from ophportal.models import AddressChange, Agent, JournalEntry, Lease, OutboxMessage, RecoveryCode, TemporaryPassword
from ophportal.models.keys import email_key
from ophportal.passwords import temporary_password


def credentials(message: OutboxMessage) -> Message | None:
    """« Votre code d'accès » and « Votre mot de passe ». None once a newer request has replaced the password.

    Nor once it has served: it had arrived, whatever the mail server said. Nor when the access has been blocked or the
    lease has ended meanwhile: it would open nothing.
    """
    temporary = TemporaryPassword.of_request(message.request)
    if temporary is None or temporary.request is None or temporary.used_at is not None:
        return None
    leases = Lease.current_of(temporary.account.tenant)
    if not leases or temporary.account.blocked_at is not None:
        return None
    temporary.last_until_read()
    return render(
        "credentials",
        message,
        code=temporary.account.code,
        password=temporary_password(temporary.request.token),
        expires_at=temporary.expires_at,
        leases=leases,
        by_office=temporary.request.asked_by_id is not None,
        has_own=bool(temporary.account.password_hash),
    )


def other_address(message: OutboxMessage) -> Message:
    """To the address on file: somebody asked for the code with another one; it was sent nowhere."""
    return render("other_address", message, asked_at=message.created_at)


def no_match(message: OutboxMessage) -> Message:
    """To an address on file that was typed with a name or a number that do not go with it, or a letter's dead code."""
    by_letter = message.request is not None and bool(message.request.letter_digest)
    return render("no_match", message, asked_at=message.created_at, by_letter=by_letter)


def access_blocked(message: OutboxMessage) -> Message:
    """To the address on file of a tenant whose access the office has blocked, and who asked for a code."""
    return render("access_blocked", message)


def email_changed(message: OutboxMessage) -> Message | None:
    """To the address that was on file until now; it does not say which one replaces it.

    Nor any name: where the number has gone on to somebody else, the one on file is that person's. Where the tenant
    changed it, a link undoes that; elsewhere the office changed it, at their request or from its files. None once the
    link undoes nothing: it is undone, too late, or mended by the office (`AddressChange.undoable_with`).
    """
    change = message.address_change
    if change is None:
        return render("email_changed", message, changed_at=message.created_at, link="", until=None)
    if AddressChange.undoable_with(change.undo_digest) is None:
        return None
    link = f"{current_app.config['BASE_URL']}/annuler-changement/{undo_secret(change.token)}"
    return render("email_changed", message, changed_at=message.created_at, link=link, until=change.ends_at)


def confirm_address(message: OutboxMessage) -> Message | None:
    """To an address that a tenant says is theirs. It names nobody: who mistypes writes to a stranger.

    None once the link confirms nothing: the change is confirmed, given up or replaced, or what it went by is not so any
    more (`address_change.pending`).
    """
    change = message.address_change
    if change is None or AddressChange.pending_of(change.tenant) != change:
        return None
    link = f"{current_app.config['BASE_URL']}/confirmer-adresse/{confirmation_secret(change.token)}"
    return render("confirm_address", message, link=link, until=change.ends_at)


def change_undone(message: OutboxMessage) -> Message:
    """To the address that was on file when the change was undone: it is so no more, or the office's word kept it."""
    stays = message.tenant is not None and message.tenant.email_key == email_key(message.recipient)
    return render("change_undone", message, undone_at=message.created_at, stays=stays)


def request_refused(message: OutboxMessage) -> Message | None:
    """An agent's no to a request that waited for a person, with their reason.

    To the typed address where none is on file: with that one they would be refused again. None when another is by now.
    """
    verification = message.verification
    if verification is None:
        return None
    on_file = verification.tenant.email_key
    if on_file and on_file != email_key(message.recipient):
        return None
    asked_at = verification.created_at
    return render("request_refused", message, reason=verification.reason, asked_at=asked_at, is_on_file=bool(on_file))


def password_changed(message: OutboxMessage) -> Message:
    return render("password_changed", message, changed_at=message.created_at)


def phone_changed(message: OutboxMessage) -> Message:
    """A tenant changed or erased their telephone number. The mail tells no number: others may read the mailbox."""
    return render("phone_changed", message, changed_at=message.created_at)


def new_device(message: OutboxMessage) -> Message:
    """A login with the tenant's own password from a browser that has not been inside before."""
    at = message.created_at
    device = JournalEntry.device_of(JournalEntry.tenant == message.tenant, at) if message.tenant else ""
    return render("new_device", message, entered_at=at, device=device)


def data_handed_over(message: OutboxMessage) -> Message:
    """A responsable made a copy of the tenant's data. The mail does not say why: others may read the mailbox."""
    return render("data_handed_over", message, made_at=message.created_at)


def agent_access(message: OutboxMessage, **more: Callable[[Agent], object]) -> Message | None:
    """To an agent: their password or codes were changed, or they entered for the first time.

    None when no agent has this address any more. `more` is what else the text says, each asked of the agent.
    """
    agent = Agent.with_email(message.recipient)
    if agent is None:
        return None
    told = {name: ask(agent) for name, ask in more.items()}
    return render(message.mail, message, agent=agent, done_at=message.created_at, **told)


def agent_device(message: OutboxMessage) -> Message | None:
    """As `agent_access`: a login with the telephone's code from a browser that has not let them in before."""
    at = message.created_at
    return agent_access(message, device=lambda agent: JournalEntry.device_of(JournalEntry.agent == agent, at))


def agent_recovered(message: OutboxMessage) -> Message | None:
    """As `agent_access`: one of their recovery codes has served, and how many they have by now."""
    return agent_access(message, codes_left=RecoveryCode.left)


WRITERS: dict[str, Callable[[OutboxMessage], Message | None]] = {
    "credentials": credentials,
    "other_address": other_address,
    "no_match": no_match,
    "access_blocked": access_blocked,
    "email_changed": email_changed,
    "confirm_address": confirm_address,
    "change_undone": change_undone,
    "request_refused": request_refused,
    "password_changed": password_changed,
    "phone_changed": phone_changed,
    "new_device": new_device,
    "data_handed_over": data_handed_over,
    "agent_entered": agent_access,
    "agent_password": agent_access,
    "agent_codes": agent_access,
    "agent_device": agent_device,
    "agent_recovered": agent_recovered,
}


# The mails that may go to an address that is not on file (any more). All others go to the tenant's own.
NOT_ON_FILE = {"email_changed", "confirm_address", "change_undone", "request_refused"}


def write(message: OutboxMessage) -> Message | None:
    """The mail behind an outbox row, the same at each try; None when there is nothing left to say.

    Nor is there once the address has been corrected: the one before may be a stranger's.
    """
    if message.mail not in NOT_ON_FILE and has_moved_on(message):
        return None
    return WRITERS[message.mail](message)


def has_moved_on(message: OutboxMessage) -> bool:
    """Whether its recipient is no more the address on file of its tenant, if it has one."""
    return message.tenant is not None and message.tenant.email_key != email_key(message.recipient)


def render(name: str, message: OutboxMessage, **context: object) -> Message:
    context |= {"tenant": message.tenant, "base_url": current_app.config["BASE_URL"]}
    subject = render_template(f"emails/{name}.subject.txt", **context).strip()
    context["subject"] = subject
    mail = PlainMessage(
        subject=subject,
        sender=current_app.config["MAIL_SENDER"],
        recipients=[as_servers_know_it(message.recipient)],
        body=render_template(f"emails/{name}.txt", **context),
        html=render_template(f"emails/{name}.html", **context),
        # The language is for who has the text read aloud; RFC 3834, so that no out-of-office answers a machine.
        extra_headers={"Content-Language": "fr", "Auto-Submitted": "auto-generated"},
    )
    mail.msgId = message.message_id  # stable: a mail sent twice shows once
    return mail
