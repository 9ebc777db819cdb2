"""Telephone numbers as people type them, and as the portal writes them: « 06 39 98 12 34 », « +377 98 12 34 56 »."""

import re
import unicodedata

# Patterns, compiled when first asked for: most processes never are.
# What people put between the figures, whatever dash or space their device offers.
SEPARATORS = r"[\s./()_·•\-\u2010-\u2015\u2212]"
# Metropolitan France, and the overseas departments that share its ten-figure numbers (ARCEP, plan de numérotation).
FRENCH_CODE = r"\+(?:33|262|590|594|596)"
FRANCE = r"(?a)0[1-9]\d{8}"
# E.164: fifteen figures at most, the country's among them.
ABROAD = r"(?a)\+[1-9]\d{6,14}"
# Countries whose code has one figure or two (ITU-T E.164, assigned codes); the others have three.
SHORT_CODES = r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"


def telephone(typed: str) -> str | None:
    """`typed` as the portal writes it, the same for every way to write one number; None when it is no whole number."""
    figures = folded(typed)
    if not re.fullmatch(rf"(?a)(?:{SEPARATORS}|[\d+])*", unicodedata.normalize("NFKC", typed)):
        return None
    if re.fullmatch(FRANCE, figures):
        return in_pairs(figures)
    return abroad(figures.removeprefix("+")) if re.fullmatch(ABROAD, figures) else None


def folded(number: str) -> str:
    """The figures of a number, or of its beginning, in one form: « 0465711234 », « +37798123456 »."""
    return re.sub(rf"^{FRENCH_CODE}", "0", dialled(number))


def is_same_number(one: str, other: str) -> bool:
    """However each is spaced; an ERP's note that is no number is what it is."""
    return (telephone(one) or one) == (telephone(other) or other)


def abroad(figures: str) -> str:
    code = re.match(SHORT_CODES, figures)
    length = code.end() if code else 3
    return f"+{figures[:length]} {in_pairs(figures[length:])}"


def in_pairs(figures: str) -> str:
    """« 06 39 98 12 34 »; an odd number of figures begins with three."""
    head = len(figures) % 2 and 3
    pairs = [figures[i : i + 2] for i in range(head, len(figures), 2)]
    return " ".join([figures[:head], *pairs] if head else pairs)


def dialled(number: str) -> str:
    """The number as a link has it (RFC 3966): « +33 (0)6 39 98 02 01 » gives « +33639980201 »."""
    # Behind a country's code a zero in brackets is not dialled; behind one of France's, nor is one without them.
    spoken = re.sub(r"(?<=\d)\s*\(0\)", "", unicodedata.normalize("NFKC", number))
    figures = re.sub(r"^00", "+", re.sub(r"[^\d+]", "", spoken, flags=re.ASCII))
    return re.sub(rf"^({FRENCH_CODE})0", r"\1", figures)
