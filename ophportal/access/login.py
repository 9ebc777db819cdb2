"""Checking an identifier and a password, with the same work whether or not the account exists."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import session

from ophportal.access.throttle import admit_login
from ophportal.cookies import device_knowing, know_device
from ophportal.database import writing
from ophportal.models import Account, Event, JournalEntry, TemporaryPassword
from ophportal.models.account import NOBODY, OwnPassword
from ophportal.models.keys import code_key, email_key
from ophportal.passwords import hash_password, needs_rehash, temporary_digest, verify_password
from ophportal.secret_key import keyed_digest
from ophportal.signatures import TOKEN


class Recognised(NamedTuple):
    """A tenant who proved who they are; `temporary` is the mailed password that they used, if they used one.

    `other` is the second account of a shared address, where the password is that one's own too.
    """

    account: Account
    temporary: TemporaryPassword | None
    entry: JournalEntry
    other: Account | None = None


class Door(NamedTuple):
    """`subject` is the digest that failures are counted on; `own` that it is for this known browser alone."""

    subject: str
    own: bool


def recognise(identifier: str, password: str, network_address: str) -> Recognised | None:
    """The account that both lead to, or None. Raises `Throttled` before it looks at the tenant's own password.

    One journal row and the same queries whoever is named, one slow hash for every code and two for every address,
    shared or not: neither the answer nor its time tells who has an account, nor who shares an address. The temporary
    password is not used up here: `admit` does that.
    """
    named = Account.ids_named_by(identifier)
    temporary = TemporaryPassword.valid_for(named, temporary_digest(password), this_form())
    passwords = Account.passwords_of(named)
    door = door_of(identifier, named, passwords)
    entry = admit_login(door.subject, network_address, proved=temporary is not None, own_door=door.own)
    own = [account_id for account_id in named if verify_password(password, passwords[account_id].hash)]
    if own or temporary is None:
        accounts = [account for account_id in own if (account := as_checked(account_id, passwords))]
    else:
        accounts = [account] if (account := Account.with_tenant(temporary.account_id)) else []
    if not accounts:
        return None
    account, *others = last_used_first(accounts)
    if own and needs_rehash(account.password_hash):
        account.rehash(hash_password(password))
    return Recognised(account, None if own else temporary, entry, others[0] if others else None)


def as_checked(account_id: int, passwords: dict[int, OwnPassword]) -> Account | None:
    """The account with the very hash that the password was checked against; None when it was replaced meanwhile."""
    account = Account.with_tenant(account_id)
    return account if account is not None and account.password_hash == passwords[account_id].hash else None


def last_used_first(accounts: list[Account]) -> list[Account]:
    """One or two accounts, the most recently entered first."""
    if len(accounts) == 1:
        return accounts
    last = JournalEntry.last_entered_of([account.tenant for account in accounts])
    return sorted(accounts, key=lambda account: account.tenant_id != last)


def admit(recognised: Recognised, event: Event = Event.LOGIN, device: str = "", *, again: bool = False) -> bool:
    """Use the temporary password up, if there is one, and journal the attempt as `event`.

    False, and nothing done, when another request was first: a parallel login used the temporary password, or the own
    password has been replaced or the account blocked since it was checked. What the login opens belongs in the same
    transaction. `again` is for the second press of a button whose first press was admitted: its session still runs.
    """
    account, temporary, _, _ = recognised
    with writing():
        if not again and (not account.is_unchanged() or (temporary is not None and not temporary.use())):
            return False
        if temporary is not None:
            account.forget_password()
        note_success(recognised, event, device)
    return True


def note_success(recognised: Recognised, event: Event, device: str = "") -> None:
    """Journal the attempt as `event` instead of a failure: the password was right, even if what follows is refused."""
    account, entry = recognised.account, recognised.entry
    # On the account's own door: a login must not clear the failures at an address that two accounts share (`door_of`).
    entry.subject = account_door(account.id, this_device(account))
    entry.becomes(event, account.tenant, device)


def doors_of(account: Account) -> list[str]:
    """All doors (`Door.subject`) of this account: those of every browser, and those of this one."""
    devices = ("", this_device(account))
    return [*(account_door(account.id, device) for device in devices), *shared_doors_of(account)]


def shared_doors_of(account: Account) -> list[str]:
    """Those of `doors_of` that belong to the e-mail address on file, which a second account may share."""
    return [shared_door(account.tenant.email_key, device) for device in ("", this_device(account))]


def this_form() -> str:
    """The digest of the login form that this browser has open. A login draws its token anew."""
    return form_digest(session.get(TOKEN, ""))


def form_digest(drawn: str) -> str:
    """A form's digest, from the secret of its token (`signatures.drawn_for`); sessions keep it."""
    return keyed_digest("form", drawn)


def this_device(account: Account) -> str:
    """This browser's id, if the account's present password was entered or chosen here before; empty otherwise."""
    return device_knowing(str(account.id), account.password_since)


def know_this_device(account: Account) -> None:
    know_device(str(account.id), account.password_since)


def door_of(identifier: str, named: Sequence[int], passwords: dict[int, OwnPassword]) -> Door:
    """The door that a try counts on: the account's, a shared address's or an unknown identifier's; or this known
    browser's own one of the first two.

    All are computed in any case: an answer that refuses before the slow hash is quick enough to be timed.

    An address that two accounts share is one more door to each, beside the one of its code, with the same limits; that
    is all that a guesser gains. No success clears it: a login goes down on the account's own door (`note_success`), or
    who holds one account would wipe out their guesses at the other by logging in between. And a device has its own way
    by the address only once it was let into both accounts: each fresh browser that knows one would be a fresh door.
    """
    key = email_key(identifier) if "@" in identifier else code_key(identifier)
    devices = [device_knowing(str(account_id), passwords[account_id].since) for account_id in named]
    in_both = devices[0] if devices[-1] else ""
    of_unknown = Door(keyed_digest("door", "unknown", key), own=False)
    of_account = Door(account_door(named[0], devices[0]), own=bool(devices[0]))
    of_address = Door(shared_door(key, in_both), own=bool(in_both))
    return (of_unknown, of_account, of_address)[sum(account_id != NOBODY for account_id in named)]


def account_door(account_id: int, device: str) -> str:
    return keyed_digest("door", str(account_id), device)


def shared_door(key: str, device: str) -> str:
    return keyed_digest("door", "shared", key, device)
