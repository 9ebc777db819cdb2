"""What only a holder of the secret key can compute: secrets and digests, each for one purpose."""

import hmac
from functools import cache

from flask import current_app


def keyed(purpose: str, *parts: str) -> bytes:
    """HMAC-SHA-256 of `parts` under the key of this `purpose`; 32 bytes."""
    return hmac.digest(key_of(current_app.config["SECRET_KEY"], purpose), "\0".join(parts).encode(), "sha256")


def keyed_digest(purpose: str, *parts: str) -> str:
    """`keyed`, cut to 32 hexadecimal characters: rows can be told apart by it, and what it was made of not found."""
    return keyed(purpose, *parts).hex()[:32]


@cache
def key_of(secret: str, purpose: str) -> bytes:
    """The key of one purpose, 32 bytes. Derived once a process: a login needs it nine times."""
    return hmac.digest(secret.encode(), purpose.encode(), "sha256")


def mark_of_key(secret: str | None) -> str:
    """Eight hexadecimal characters, equal on all hosts with this secret key and safe to show; empty without a key."""
    return key_of(secret, "hosts of one office").hex()[:8] if secret else ""
