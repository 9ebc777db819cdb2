"""How far a tenant has come with their access, in the words that the office tells them apart by."""

from collections.abc import Sequence
from enum import StrEnum

from ophportal.models.account import Account
from ophportal.models.lease import Lease
from ophportal.models.outbox_message import MailState, OutboxMessage


class AccessState(StrEnum):
    ENDED = "ended"  # no running lease: the door is closed
    TO_COME = "to_come"  # none runs yet: the door opens when the first begins
    BLOCKED = "blocked"
    NEVER = "never"  # no code has been asked for, or none was used in time
    TO_CHOOSE = "to_choose"  # was in once; the mailed password is used up, and theirs is not chosen yet
    TO_LEAVE = "to_leave"  # the mail with a temporary password waits for the mail server
    NOT_SENT = "not_sent"  # … or will not leave any more
    SENT = "sent"  # a temporary password is on its way, or waits in the tenant's mailbox
    ACTIVE = "active"  # has a password of their own


OF_MAIL = {MailState.WAITING: AccessState.TO_LEAVE, MailState.SENT: AccessState.SENT}


def access_state(leases: Sequence[Lease], account: Account | None, mail: OutboxMessage | None) -> AccessState:
    """The state of a tenant who has these leases; `mail` is the one with their live temporary password, if any."""
    if not any(lease.is_running for lease in leases):
        return AccessState.TO_COME if any(lease.begins_on for lease in leases) else AccessState.ENDED
    if account is not None and account.blocked_at is not None:
        return AccessState.BLOCKED
    if account is not None and account.password_hash:
        return AccessState.ACTIVE
    if mail is not None:
        return OF_MAIL.get(MailState(mail.state), AccessState.NOT_SENT)
    was_in = account is not None and account.activated_at is not None
    return AccessState.TO_CHOOSE if was_in else AccessState.NEVER
