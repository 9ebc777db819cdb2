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
# An account counts once for each of its passwords: one whose password was changed here holds two places for a while.
ACCOUNTS_A_DEVICE = 5


def remembered_identifier() -> str:
    return request.cookies.get(name_of("identifiant"), "")[:LONGEST_IDENTIFIER]


def remember_identifier(identifier: str, *, wanted: bool) -> None:
    """Keep the identifier in this browser for a year, or forget it. Never a password."""
    # A code stays valid with any number of dashes typed into it, but browsers drop a cookie that is too long.
    short = len(identifier.encode()) <= LONGEST_IDENTIFIER
    kept = identifier if wanted and short else ""
    if kept or name_of("identifiant") in request.cookies:
        write_later("identifiant", kept)


def device_knowing(account: str, password_version: str) -> str:
    """This browser's id, if the account's present password was entered or chosen here before; empty otherwise."""
    device, accounts = read_device()
    return device if accounts and mark_of(account, password_version) in accounts else ""


def knows_accounts() -> bool:
    """Whether any account was ever opened from this browser."""
    return bool(read_device()[1])


def know_device(account: str, password_version: str) -> None:
    """Have this browser recognised at its next login, so that a stranger's failures cannot lock it out."""
    device, accounts = read_device()
    mark = mark_of(account, password_version)
    accounts = [mark, *(known for known in accounts if known != mark)][:ACCOUNTS_A_DEVICE]
    signed = serializer_of(current_app.config["SECRET_KEY"]).dumps([device or secrets.token_hex(16), accounts])
    write_later("appareil", signed)


def read_device() -> tuple[str, list[str]]:
    """This browser's id and the marks of the accounts it has opened; ("", []) without a cookie that we signed."""
    cookie = request.cookies.get(name_of("appareil"))
    try:
        written = serializer_of(current_app.config["SECRET_KEY"]).loads(cookie) if cookie else None
    except BadData:
        written = None
    match written:
        case [str(device), list(accounts)] if all(isinstance(mark, str) for mark in accounts):
            return device, accounts
    return "", []


def mark_of(account: str, password_version: str) -> str:
    """What the device cookie keeps of an account: 32 hexadecimal characters.

    `password_version` changes with the password, and is not the password. It is part of the mark because a browser that
    an old password opened must not be let past the throttle to guess the new one.
    """
    return keyed_digest("device", f"{account} {password_version}")


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
