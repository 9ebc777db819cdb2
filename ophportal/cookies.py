"""The lasting cookies: the identifier that a tenant asked us to remember, and the devices that we know.

Both are read from the request and written on its response; neither opens an account.
"""

import secrets
from functools import cache

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData

from ophportal.secret_key import keyed_digest
from ophportal.signatures import SignedText

YEAR = 365 * 24 * 3600
LONGEST_IDENTIFIER = 254
# Each password that let this browser in counts: an account whose password was changed here holds two for a while.
ACCOUNTS_A_DEVICE = 5


def remembered_identifier() -> str:
    return request.cookies.get(name_of("identifiant"), "")[:LONGEST_IDENTIFIER]


def remember_identifier(identifier: str, *, wanted: bool) -> None:
    """Keep the identifier in this browser for a year, or forget it. Never a password."""
    # A code with two hundred signs strewn into it is still the code, but no browser would keep that cookie.
    short = len(identifier.encode()) <= LONGEST_IDENTIFIER
    kept = identifier if wanted and short else ""
    if kept or name_of("identifiant") in request.cookies:
        write_later("identifiant", kept)


def device_knowing(account: str, password: str) -> str:
    """The id of this browser if this password of the account has let it in before, or it chose it; empty otherwise."""
    device, accounts = read_device()
    return device if accounts and mark_of(account, password) in accounts else ""


def knows_accounts() -> bool:
    """Whether this browser has been let in at all."""
    return bool(read_device()[1])


def know_device(account: str, password: str) -> None:
    """Let this browser be recognised at its next login, so that a stranger's failures cannot shut it out."""
    device, accounts = read_device()
    mark = mark_of(account, password)
    accounts = [mark, *(known for known in accounts if known != mark)][:ACCOUNTS_A_DEVICE]
    signed = serializer_of(current_app.config["SECRET_KEY"]).dumps([device or secrets.token_hex(16), accounts])
    write_later("appareil", signed)


def read_device() -> tuple[str, list[str]]:
    """This browser's id and the marks of the accounts it has opened; nothing from a cookie that is not of our make."""
    cookie = request.cookies.get(name_of("appareil"))
    try:
        written = serializer_of(current_app.config["SECRET_KEY"]).loads(cookie) if cookie else None
    except BadData:
        written = None
    match written:
        case [str(device), list(accounts)] if all(isinstance(mark, str) for mark in accounts):
            return device, accounts
    return "", []


def mark_of(account: str, password: str) -> str:
    """What a browser is known by: each one that an old password let in would be a fresh door to guess the new one.

    `password` is whatever tells it from the next, and never itself. Cookies of before that rule hold the account
    alone: their browsers are strangers once.
    """
    return keyed_digest("device", f"{account} {password}")


@cache
def serializer_of(secret: str) -> SignedText:
    return SignedText(secret, salt="device")


def name_of(cookie: str) -> str:
    return f"{current_app.config['COOKIE_PREFIX']}{cookie}"


def write_later(cookie: str, value: str, *, lasting: bool = True, samesite: str = "Lax") -> None:
    """Set the cookie on this request's response, or delete it when `value` is empty.

    One that is not `lasting` goes when the browser is closed.
    """
    kept = YEAR if lasting else None

    @after_this_request
    def write(response: Response) -> Response:
        # An expired cookie deletes; a __Host- one is deleted only with the attributes it was set with.
        response.set_cookie(
            name_of(cookie),
            value,
            max_age=kept if value else 0,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite=samesite,
        )
        return response
