"""What a person reads: a no-break space is a space."""

NO_BREAK = "\u00a0"


def as_read(text: str) -> str:
    """`text` with plain spaces. Where the no-break ones must be is asked of every page, by tests/page.py."""
    return text.replace(NO_BREAK, " ")
