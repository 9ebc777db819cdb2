"""Comparable forms of what people type: two texts mean the same thing when their keys are equal.

The forgiveness is DESIGN's (3): case, accents, hyphens, spaces, zeros at the front, a « L » before the
number. No digit is ever forgiven.
"""

import re
import unicodedata

# Letters that NFKD does not take apart, as French names have them.
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})

# The letters that a reader, or somebody who learnt on a typewriter, takes for digits (Crockford's base 32).
LOOK_LIKE_DIGITS = str.maketrans("OIL", "011")

SEPARATORS = re.compile(r"[\W_]")
LEADING_L = re.compile(r"^L(?=\d)")
# « n° 12345 »; NFKC makes « No » of « № » and « Nº », and these could be letters of a number.
NUMBER_SIGN = re.compile(r"^\s*(?:n\s*[°º]|№)", re.IGNORECASE)
WORDS = re.compile(r"[^\W_]+")

CIVILITIES = set(WORDS.findall("m mr mm mme mmes mlle mlles mle melle monsieur messieurs madame mesdames mademoiselle"))
# What many names have in common, from here and from around.
PARTICLES = CIVILITIES.union(
    WORDS.findall(
        "al ben bel bin da dal de degli dei del della den der des di dit dite do dos du el et la le les lo los ne nee "
        "ou saint sainte san santa ter van von ep epouse veuve"
    )
)


def number_key(text: str) -> str:
    """A tenant number or dwelling reference: « L 0012-345 » gives « 12345 ».

    Full-width digits and the like are folded first, Arabic ones too. Empty when nothing is left.
    """
    return reference_start(text).lstrip("0")


def all_digits_key(text: str) -> str:
    """As `number_key`, each letter that looks like a digit being one: « OO1 2E5 » gives « 12E5 ».

    Not for what is on file: « BATO-1 » and « BAT0-1 » are two dwellings.
    """
    return number_key(text).translate(LOOK_LIKE_DIGITS).lstrip("0")


def reference_start(text: str) -> str:
    """How a dwelling reference begins: « 0100-01 » gives « 010001 ».

    Its zeros stay: the key of « 0101 » is also how that of « 1010-05 » begins, and they are two residences.
    """
    plain = text if text.isascii() else western(NUMBER_SIGN.sub("", text))
    compact = plain if plain.isalnum() else SEPARATORS.sub("", plain)
    return LEADING_L.sub("", compact.upper())


def email_key(text: str) -> str:
    """An e-mail address, its ASCII letters lowered and nothing else: a look-alike letter is another address."""
    text = text.strip()
    return text.lower() if text.isascii() else re.sub(r"[A-Z]+", lambda found: found.group().lower(), text)


def code_key(text: str) -> str:
    """An access code as typed: case, spaces and dashes go, O is 0, I and l are 1."""
    compact = SEPARATORS.sub("", western(text)).upper()
    return compact.translate(LOOK_LIKE_DIGITS)


def western(text: str) -> str:
    """`text` in NFKC, with the digits of a phone's Arabic or Persian keyboard as those that the papers have."""
    if text.isascii():  # nearly all that is typed, and as fast whatever it is
        return text
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in plain)


def name_key(text: str) -> str:
    """A name as bare letters and digits: « D’Angelo-Paoli » gives « dangelopaoli »."""
    return "".join(name_words(text))


def name_words(text: str) -> list[str]:
    """The words of a name, folded: « Mme  Élise O’Kéeffe » gives « mme », « elise », « o », « keeffe »."""
    folded = text.casefold()
    if not folded.isascii():  # most are, and have nothing to take apart
        apart = unicodedata.normalize("NFKD", folded.translate(LIGATURES))
        folded = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return WORDS.findall(folded)


def without_civility(words: list[str]) -> list[str]:
    """The words of a name but for « Mme » before it: people type one, and some ERPs keep it in the name's cell."""
    return words[1:] if len(words) > 1 and words[0] in CIVILITIES else words
