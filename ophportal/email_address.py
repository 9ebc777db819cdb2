"""E-mail addresses as people and files write them."""


def is_bare_address(text: str) -> bool:
    """Whether it is one address as RFC 5321 writes it, and nothing else: what only looks like one may carry a second.

    The domains that RFC 2606 keeps for tests pass, as demonstration files have them.
    """
    # Compiling its rules is a tenth of what a process takes to start: loaded for the first address to be judged.
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True, strict=True)
    except EmailNotValidError:
        return False
    return True


def as_servers_know_it(address: str) -> str:
    """`address` in ASCII, with its domain as in the DNS. Python's own IDNA codec, of 2003, takes « ß » for « ss »."""
    if address.isascii():
        return address
    from email_validator import validate_email

    return validate_email(address, check_deliverability=False, test_environment=True).ascii_email or address


def unusual_letters(address: str) -> list[str]:
    """The letters of `address` that are not ASCII, each once: « gmaıl.com » is not « gmail.com »."""
    return list(dict.fromkeys(letter for letter in address if not letter.isascii()))
