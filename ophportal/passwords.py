"""Passwords: the tenant's own, hashed slowly; the temporary one of a mail, derived and never stored (DESIGN 4, 5)."""

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from werkzeug.local import LocalProxy

from ophportal.codes import grouped
from ophportal.one_thread import OneThread
from ophportal.secret_key import keyed, keyed_digest

if TYPE_CHECKING:
    from argon2 import PasswordHasher


@cache
def argon2id() -> "PasswordHasher":
    """As OWASP's Password Storage Cheat Sheet has it: m=19 MiB, t=2, p=1."""
    # Loaded for the first password: a twentieth of the portal's own start.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


hasher: "PasswordHasher" = LocalProxy(argon2id)  # type: ignore[assignment]
# One hash at a time a process: a storm of logins then slows nobody who only reads pages.
in_turn = OneThread("hash")

# Consonants alone, without the l that looks like 1: no word appears by chance, and a phone's keyboard
# never has to change its layer. 19 letters, 16 times: 68 bits.
LETTERS = "bcdfghjkmnpqrstvwxz"
LENGTH = 16
# What telephones and word processors put in the place of a typed key, and that key; the spaces are those of Unicode.
SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
KEYS = str.maketrans(
    dict.fromkeys(SPACES, " ")
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u2032", "'")
    | dict.fromkeys("\u00ab\u00bb\u201c\u201d\u201e\u201f\u2033", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return in_turn(hasher.hash, canonical(password))


def verify_password(password: str, stored: str) -> bool:
    """Whether `password` has the hash `stored`. An empty `stored` costs the same time and is never right."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return in_turn(hasher.verify, stored or decoy(), canonical(password)) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    return bool(stored) and hasher.check_needs_rehash(stored)


@cache
def decoy() -> str:
    """The hash that stands in for an account that is not there. Nobody's password leads to it."""
    return in_turn(hasher.hash, keyed("decoy").hex())


def canonical(password: str) -> str:
    """`password` as the same keys always give it, on any keyboard.

    Accents are composed and all spaces are one (RFC 8265, OpaqueString); typographic quotes and dashes are plain, since
    telephones put them in where a password is shown.
    """
    return unicodedata.normalize("NFC", password).translate(KEYS)


def temporary_password(token: str) -> str:
    """The temporary password of the access request `token`, the same at each call: « bkdf-mwrt-hzcx-npgs »."""
    number = int.from_bytes(keyed("temporary password", token))
    letters = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(LETTERS))
        letters.append(LETTERS[index])
    return grouped("".join(letters))


def temporary_digest(typed: str) -> str:
    """The digest that the store keeps of a temporary password; case, spaces and dashes do not count."""
    return keyed_digest("temporary password digest", re.sub(r"[\W_]", "", typed).lower())
