"""What the tenant's own password must be (DESIGN 5): long, not common, not built from who they are.

No composition rule, no rotation (NIST SP 800-63B, 3.1.1.2; CNIL 2022-100).
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from itertools import chain, product
from threading import Lock
from typing import Any

from ophportal import waiting_rooms
from ophportal.models import Account, Agent, Lease, TemporaryPassword
from ophportal.models.keys import name_key, name_words
from ophportal.passwords import temporary_digest

# As zxcvbn has them: by letter, the signs that may stand for it; and ways to read signs, each from sign to letter.
Table = dict[str, list[str]]
Readings = list[dict[str, str]]

SHORTEST, LONGEST = 12, 128
# Twelve digits hold 40 bits, sixteen 53: the CNIL asks for 50 where tries are limited (2022-100).
SHORTEST_IN_DIGITS = 16
# zxcvbn's scale goes from 0 to 4; below 3 a stolen hash would fall in hours.
GOOD_ENOUGH = 3
# zxcvbn reads no further (and refuses to) than this many characters.
READ_BY_ZXCVBN = 72
# Most ways in which zxcvbn may read signs as letters. A phrase has one to three; made-up passwords of eighty bytes had
# hundreds, and anybody could have the portal compute for seconds.
MOST_READINGS = 16
# zxcvbn counts guesses, and eight letters beside a name are guesses enough; an acquaintance knows the name.
SHORTEST_WORD, LEAST_OWN = 3, 8
# The words that French tenants of an office reach for first; zxcvbn's own lists are English.
COMMON_HERE = (
    "motdepasse", "azerty", "azertyuiop", "qsdfghjklm", "bonjour", "soleil", "doudou", "loulou", "chouchou",
    "jetaime", "marseille", "corse", "corsica", "ajaccio", "bastia", "napoleon", "locataire", "logement", "loyer",
    "appartement", "maison", "office", "habitat", "compte", "identifiant", "portail",
)  # fmt: skip
VERDICTS = {
    "straight_row": "Une rangée de touches du clavier se devine trop vite.",
    "repeat": "Des lettres ou des mots répétés se devinent trop vite.",
    "sequence": "Une suite comme « abc » ou « 6543 » se devine trop vite.",
    "date": "Une date se devine trop vite.",
    "recent_year": "Une année se devine trop vite.",
}
PERSONAL = "Ce mot de passe est fait de votre nom, de votre adresse ou de vos numéros. Choisissez d'autres mots."
MAILED = "Ce mot de passe est dans vos e-mails : quelqu'un peut le lire. Choisissez-en un autre."
TOO_EASY = "Ce mot de passe se devine trop vite."
BETTER = "Essayez quatre mots sans rapport entre eux."
# One at a time a process: pages keep their turn, and zxcvbn's `user_inputs` lie where all threads see them. Not by
# `OneThread`, which steps back: this work holds the interpreter, and pages would wait for it to come back.
in_turn = Lock()


def objection_at_sight(password: str) -> str:
    """The French sentence that says why `password` cannot be anybody's; empty when it may, once it is judged."""
    if len(password) < SHORTEST:
        return f"Choisissez au moins {SHORTEST} caractères. Une courte phrase convient très bien."
    if len(password) > LONGEST:
        return f"Choisissez au plus {LONGEST} caractères."
    if password.isdigit() and len(password) < SHORTEST_IN_DIGITS:
        return f"Des chiffres seuls se devinent trop vite. {BETTER}"
    return ""


def objection_to(password: str, who: Account | Agent) -> str:
    """The French sentence that says why `who` cannot take `password`; empty when they can.

    Beside what is seen at sight, refuses what is common, what was mailed to the tenant, and what is built from the
    tenant's name, numbers, address or code, or from the agent's name. That is work: for who has proved who they are.
    """
    if objection := objection_at_sight(password):
        return objection
    if isinstance(who, Account) and TemporaryPassword.was_issued(who, temporary_digest(password)):
        return MAILED
    if is_built_from(password, personal_words(who)):
        return PERSONAL
    strength = strength_of(password[:READ_BY_ZXCVBN], [*COMMON_HERE, *personal_words(who)])
    if strength["score"] >= GOOD_ENOUGH:
        return ""
    return f"{verdict(strength['sequence'])} {BETTER}"


def strength_of(password: str, words: list[str]) -> dict[str, Any]:
    """zxcvbn's result, for a guesser who knows `words`. It takes some tenths of a second at the worst."""
    with waiting_rooms.judgements, in_turn:
        return bounded_zxcvbn()(password, user_inputs=words)


@cache
def bounded_zxcvbn() -> Callable[..., dict[str, Any]]:
    # Its word lists weigh on every process that never sets a password: loaded at first use.
    from zxcvbn import matching, zxcvbn

    # It looks every part of the password up again for each of the readings that this function gives it.
    matching.enumerate_l33t_subs = partial(few_readings, matching.enumerate_l33t_subs)
    return zxcvbn


def few_readings(all_of: Callable[[Table], Readings], table: Table) -> Readings:
    """The readings that `all_of` gives; or, where they are too many, at most twelve that find the same words.

    A beginning alone would hide a word that crosses its end. zxcvbn takes one sign a letter, in all combinations; the
    twelve take every sign at once for its letter, and differ in 1, | and 7, which stand for two. A 1 may be one too,
    as in « j3$$ica1 ».
    """
    readings = all_of(table)
    if len(readings) <= MOST_READINGS:
        return readings
    letters: dict[str, list[str]] = {"1": [""]} if "1" in chain(*table.values()) else {}
    for letter, signs in table.items():
        for sign in signs:
            letters.setdefault(sign, []).append(letter)
    return [
        {sign: letter for sign, letter in zip(letters, choice, strict=True) if letter}
        for choice in product(*letters.values())
    ]


def verdict(sequence: Iterable[dict[str, str]]) -> str:
    """Why zxcvbn found it weak, in French, from the longest part that it recognised."""
    longest = max(sequence, key=lambda part: len(part["token"]), default={})
    if longest.get("dictionary_name") == "user_inputs":
        return "Ce mot de passe contient un mot trop courant."
    if longest.get("pattern") == "spatial":
        return VERDICTS["straight_row"]
    if longest.get("pattern") == "regex":
        return VERDICTS["recent_year"]
    return VERDICTS.get(longest.get("pattern", ""), TOO_EASY)


def is_built_from(password: str, words: Iterable[str]) -> bool:
    """Whether little but `words` makes up the password: fewer than `LEAST_OWN` letters are left without them."""
    left = name_key(password)
    for word in sorted(map(name_key, words), key=len, reverse=True):
        if len(word) >= SHORTEST_WORD:
            left = left.replace(word, "")
    return len(left) < LEAST_OWN and left != name_key(password)


def personal_words(who: Account | Agent) -> list[str]:
    if isinstance(who, Agent):
        return [word for word in (*name_words(who.name), name_key(who.name), *name_words(who.email)) if word]
    return words_of_tenant(who)


def words_of_tenant(account: Account) -> list[str]:
    tenant = account.tenant
    names = f"{tenant.last_name} {tenant.first_names} {tenant.birth_name}"
    words = [*name_words(names), name_key(tenant.last_name), *name_words(tenant.email)]
    for lease in Lease.current_of(tenant):
        words += name_words(f"{lease.dwelling.full_address} {lease.dwelling.reference}")
    return [word for word in (*words, account.code, account.code_key, tenant.number_key, tenant.number) if word]
