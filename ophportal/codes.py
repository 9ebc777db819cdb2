"""Codes that people copy from a paper or a screen: « 7K2M-94QF »."""

# Crockford's base 32: no I, L, O (taken for 1 and 0) and no U.
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 4
# x^5 + x^2 + 1 over GF(2): the 32 letters are then the elements of GF(32), where 2 is a generator.
FIELD = 0b100101


def code_letters(drawn: bytes, count: int) -> str:
    """`count` letters made of the bits of `drawn`, 5 bits each."""
    number = int.from_bytes(drawn)
    return "".join(CODE_LETTERS[number >> 5 * place & 31] for place in range(count))


def grouped(letters: str) -> str:
    return "-".join(letters[i : i + GROUP] for i in range(0, len(letters), GROUP))


def closed(letters: str) -> str:
    """`letters` followed by their check character, which detects one wrong character and two neighbours swapped.

    By Damm's scheme (H. M. Damm, « Total anti-symmetrische Quasigruppen », Marburg 2004) over GF(32): each character
    is weighted by another power of 2. The systems of ISO/IEC 7064 do not fit: MOD 37-2 needs characters that this
    alphabet lacks, and the hybrid one for 32, MOD 33,32, misses some swaps of neighbours.
    """
    weighed = 0
    for letter in letters:
        weighed = (weighed ^ CODE_LETTERS.index(letter)) << 1
        weighed ^= FIELD if weighed > 31 else 0
    return letters + CODE_LETTERS[weighed]
