"""Who a request is about. Forgives how people write names and numbers, never a wrong digit (DESIGN 3)."""

import re
from collections.abc import Iterable
from itertools import accumulate, chain, dropwhile, product

from ophportal.models import AccessRequest, Dwelling, Lease, Tenant
from ophportal.models.keys import CIVILITIES, PARTICLES, all_digits_key, name_words, number_key, without_civility

# What stands between two names in one cell: « PAOLI née MARTIN », « MARTIN ép. PAOLI », « M. PAOLI OU MME ROSSI ».
BETWEEN_NAMES = r"(?i)\b(?:née|nee|né|(?:é|e)p(?:ouse|se)?|veuve|veuf|vve|divorc(?:é|e)e?|et|ou)\b|[()/&+]"
# The name at birth, with what tells it from today's: « née LÉCA », « LÉCA ép. ».
BIRTH_NAME = r"(?i)\b(?:née|nee|né)\b.*|^.*\b(?:é|e)p(?:ouse|se)?\b"
# Words before the name of a person or of a company.
TITLES = CIVILITIES.union(
    name_words("SARL SCI SA SAS SASU EURL association asso société Sté succession indivision consorts")
)
SHORTENED = {"st": "saint", "ste": "sainte"}
# The Turkish « ı », an Icelandic letter that is taken for « Đ », apostrophes that Unicode counts as letters.
# `name_words` leaves them: its results are in the store, for the agents' search.
OTHER_KEYBOARDS = str.maketrans({"ı": "i", "ð": "d", "ʼ": "'", "ʻ": "'"})


def matching_tenant(request: AccessRequest) -> Tenant | None:
    """The tenant with this number, this name and a current lease on this dwelling.

    Or with the two numbers swapped between their fields, or with a « O » or « l » typed for a zero or a one.
    """
    typed = request.tenant_number, request.dwelling_reference
    readings = product(*((number_key(text), all_digits_key(text)) for text in typed))
    ways = dict.fromkeys(way for reading in readings for way in (reading, reading[::-1]))
    tenants = (tenant_in(number, reference) for number, reference in ways)
    return next((tenant for tenant in tenants if tenant is not None and is_name_of(tenant, request.name)), None)


def tenant_in(number: str, reference: str) -> Tenant | None:
    """The tenant with this number and a current lease on this dwelling, both as keys."""
    return (
        Tenant.select()
        .join(Lease)
        .join(Dwelling)
        .where((Tenant.number_key == number) & (Dwelling.reference_key == reference) & Lease.is_current())
        .first()
    )


def is_name_of(tenant: Tenant, typed: str) -> bool:
    """Whether `typed` is a family name (birth or married), or several, alone or with first names around it."""
    # A compound first name may be typed whole or in part: « Marie-Ange », « Marie », « Ange ».
    others = [joined([word]) for word in (*words_of(tenant.first_names), *first_names_in(tenant))]
    parts = [*((name, True) for name in family_names(tenant)), *((other, False) for other in others)]
    ways = [typed]
    if not tenant.birth_name and len(holders(tenant.last_name)) == 1:  # there is no birth name to go by
        ways.append(re.sub(BIRTH_NAME, "", typed))
    # « J. Paoli », « JP Paoli »: the name alone would do, and an initial that agrees takes nothing from it.
    firsts = [other[0] for other in others]
    initials = {*firsts, *accumulate(firsts)}
    said = [[*chain(*holders(way))] for way in ways]
    # All of them, or one: « D. D'Angelo » has one, and a name that begins as it does.
    without_all = [[word for word in words if word not in initials] for words in said]
    without_one = [
        [*words[:place], *words[place + 1 :]] for words in said for place, word in enumerate(words) if word in initials
    ]
    said += without_all + without_one
    typed_keys = {key for way in ways for key in whole_keys(way)} | {joined(words) for words in said}
    return any(is_made_of(key, parts) for key in typed_keys)


def family_names(tenant: Tenant) -> set[str]:
    """The keys of the names a tenant goes by; « PAOLI née MARTIN » gives two, and what is written whole."""
    told = holders(tenant.last_name)
    heads = [words[: length_of_name(words)] for words in told] if not tenant.first_names else []
    whole = whole_keys(tenant.last_name) | whole_keys(tenant.birth_name)
    return {*whole, *(joined(words) for words in (*told, *heads))} - {""}


def whole_keys(written: str) -> set[str]:
    """The key of a text with and without a title before it: « M. Paoli » has one, « M'Baye » has none."""
    words = words_of(written)
    return {joined(words), joined(without_civility(words))}


def first_names_in(tenant: Tenant) -> list[str]:
    """The words behind the names, where an ERP has the first names in one cell with them: « PAOLI JEAN »."""
    if tenant.first_names:
        return []
    return [word for words in holders(tenant.last_name) for word in words[length_of_name(words) :]]


def holders(written: str) -> list[list[str]]:
    """The words of each name in a text, without the titles before it: « M. OU MME PAOLI » gives those of one."""
    parts = (words_of(part) for part in re.split(BETWEEN_NAMES, written))
    return list(filter(None, ([*dropwhile(TITLES.__contains__, words)] for words in parts)))


def length_of_name(words: list[str]) -> int:
    """How many words a name takes that others may follow: « DE LA CRUZ MARIA » gives three."""
    return next((place for place, word in enumerate(words, 1) if joined([word]) not in PARTICLES), len(words))


def words_of(written: str) -> list[str]:
    return name_words(written.casefold().translate(OTHER_KEYBOARDS))


def joined(words: Iterable[str]) -> str:
    """« st », « luc » as « saintluc »."""
    return "".join(SHORTENED.get(word, word) for word in words)


def is_made_of(text: str, parts: list[tuple[str, bool]], *, has_name: bool = False) -> bool:
    """Whether `text` is some of `parts` set end to end, each used once at most, in any order; one of those at least
    that are told to be a name.
    """
    if not text:
        return has_name
    return any(
        text.startswith(part)
        and is_made_of(text[len(part) :], parts[:index] + parts[index + 1 :], has_name=has_name or is_name)
        for index, (part, is_name) in enumerate(parts)
    )
