"""Who somebody is: an identifier and a password, checked at one price for the known and the unknown."""

from typing import NamedTuple

from ophportal.access.cookies import device_knowing
from ophportal.access.throttle import admit_login
from ophportal.database import writing
from ophportal.models import Account, Event, JournalEntry, TemporaryPassword
from ophportal.models.account import NOBODY
from ophportal.models.keys import code_key, email_key
from ophportal.passwords import hash_password, needs_rehash, temporary_digest, verify_password
from ophportal.security import keyed_digest


class Recognised(NamedTuple):
    """A tenant who proved who they are; `temporary` is the mailed password that they used, if they used one."""

    account: Account
    temporary: TemporaryPassword | None
    entry: JournalEntry


def recognise(identifier: str, password: str, network_address: str) -> Recognised | None:
    """The account that both lead to, or None. Raises `Throttled` before it looks at the tenant's own password.

    One journal row, one slow hash and the same queries whoever is named: neither the answer nor its time
    tells who has an account. The temporary password is not used up here: `admit` does that.
    """
    account_id = Account.id_named_by(identifier)
    temporary = TemporaryPassword.valid_for(account_id, temporary_digest(password))
    entry = admit_login(door_of(identifier, account_id), network_address, proved=temporary is not None)
    account = Account.with_tenant(account_id)
    own = verify_password(password, account.password_hash if account else "")
    if account is None or not (own or temporary):
        return None
    if own and needs_rehash(account.password_hash):
        renew_hash(account, hash_password(password))
    return Recognised(account, None if own else temporary, entry)


def admit(recognised: Recognised, event: Event = Event.LOGIN, device: str = "") -> bool:
    """Take them at their word: uses the temporary password up, and settles the attempt as `event`.

    False when they were overtaken: a parallel login took the temporary password's one login, or the password
    that was right has been replaced since, or the account blocked. What it opens belongs in the same transaction.
    """
    account, temporary, entry = recognised
    with writing():
        if not is_unchanged(account) or (temporary is not None and not temporary.use()):
            return False
        if temporary is not None:
            account.forget_password()
        entry.becomes(event, account.tenant, device)
    return True


def is_unchanged(account: Account) -> bool:
    """Whether what was read still lets in: a hash takes long enough for it to be replaced, or the account blocked."""
    as_read = (Account.id == account.id) & (Account.password_hash == account.password_hash)
    return Account.select().where(as_read & Account.blocked_at.is_null()).exists()


def renew_hash(account: Account, password_hash: str) -> None:
    """The same password under newer parameters, unless it has been replaced meanwhile."""
    with writing():
        if is_unchanged(account):
            account.rehash(password_hash)


def doors_of(account: Account) -> list[str]:
    """What failures are counted on for this account, seen from this device: everybody's door, and its own."""
    return [keyed_digest("door", str(account.id), device) for device in ("", device_knowing(str(account.id)))]


def door_of(identifier: str, account_id: int) -> str:
    """What failures are counted on: the account, this device's own way into it, or the unknown identifier.

    Both are worked out for everybody: an answer that refuses before the slow hash is quick enough to be timed.
    """
    key = email_key(identifier) if "@" in identifier else code_key(identifier)
    of_unknown = keyed_digest("door", "unknown", key)
    of_account = keyed_digest("door", str(account_id), device_knowing(str(account_id)))
    return of_unknown if account_id == NOBODY else of_account
