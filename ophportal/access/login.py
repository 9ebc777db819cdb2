"""Who somebody is: an identifier and a password, checked at one price for the known and the unknown."""

from typing import NamedTuple

from ophportal.access.cookies import device_knowing
from ophportal.access.throttle import admit_login
from ophportal.models import Account, Event, JournalEntry, TemporaryPassword
from ophportal.models.keys import code_key, email_key
from ophportal.passwords import hash_password, needs_rehash, temporary_digest, verify_password
from ophportal.security import keyed_digest


class Recognised(NamedTuple):
    """A tenant who proved who they are; `temporary` is the mailed password that they used, if they used one."""

    account: Account
    temporary: TemporaryPassword | None
    entry: JournalEntry


def recognise(identifier: str, password: str, network_address: str) -> Recognised | None:
    """The account that both lead to, or None. Raises `Throttled` before it looks at the password.

    One journal row, one slow hash and the same queries whoever is named: neither the answer nor its time
    tells who has an account. The temporary password is not used up here: `admit` does that.
    """
    account = Account.named_by(identifier)
    entry = admit_login(door_of(identifier, account), network_address)
    own = verify_password(password, account.password_hash if account else "")
    temporary = TemporaryPassword.valid_for(account.id if account else None, temporary_digest(password))
    if account is None or not (own or temporary):
        return None
    if own and needs_rehash(account.password_hash):
        account.rehash(hash_password(password))
    return Recognised(account, None if own else temporary, entry)


def admit(recognised: Recognised, event: Event = Event.LOGIN, device: str = "") -> bool:
    """Take them at their word: uses the temporary password up, and settles the attempt as `event`.

    False when a parallel login took the temporary password's one login first.
    """
    account, temporary, entry = recognised
    if temporary is not None:
        if not temporary.use():
            return False
        account.forget_password()
    entry.becomes(event, account.tenant, device)
    return True


def doors_of(account: Account) -> list[str]:
    """What failures are counted on for this account, seen from this device: everybody's door, and its own."""
    return [keyed_digest("door", str(account.id), device) for device in ("", device_knowing(account))]


def door_of(identifier: str, account: Account | None) -> str:
    """What failures are counted on: the account, this device's own way into it, or the unknown identifier."""
    if account is None:
        key = email_key(identifier) if "@" in identifier else code_key(identifier)
        return keyed_digest("door", "unknown", key)
    return keyed_digest("door", str(account.id), device_knowing(account))
