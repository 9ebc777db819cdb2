"""The one-time code of a letter, as it is drawn, typed and stored: it lies nowhere but on paper."""

import secrets

from ophportal.codes import CODE_LETTERS, closed, code_letters, grouped
from ophportal.models.keys import code_key
from ophportal.secret_key import keyed, keyed_digest

# 11 letters out of 32, which is 55 bits, and the check character.
LENGTH = 12


def paper_code(seed: str = "") -> str:
    """A random code for a letter, « 7K2M-94QF-D0XA »; with a `seed`, a secret, the code that this seed always gives."""
    drawn = keyed("letter's code", seed) if seed else secrets.token_bytes(32)
    return grouped(closed(code_letters(drawn, LENGTH - 1)))


def paper_digest(typed: str) -> str:
    """The digest that the store keeps of a letter's code; it forgives what `code_key` does."""
    return keyed_digest("letter", code_key(typed))


def is_paper_code(typed: str) -> bool:
    """Whether `typed` has the form of a letter's code; it need not exist."""
    key = code_key(typed)
    return len(key) == LENGTH and set(key) <= set(CODE_LETTERS)


def is_well_copied(typed: str) -> bool:
    """Whether a text of that form ends with the right check character; it tells nothing of which codes exist."""
    key = code_key(typed)
    return closed(key[:-1]) == key
