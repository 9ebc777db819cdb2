"""What the portal signs for a browser to bring back: the session's cookie, and the tokens of forms."""

import hashlib
import secrets
from functools import cache
from typing import Any

import flask_wtf.csrf
from flask import Flask, Response, current_app, g, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadData, Signer, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.url_safe import URLSafeSerializerMixin

TOKEN = "csrf_token"  # noqa: S105 - where Flask-WTF keeps it, and no secret


class KeptSigner(Signer):
    """itsdangerous's, which derives its key once instead of at each signature."""

    def __init__(self, *args: Any, **how: Any):
        super().__init__(*args, **how)
        self.derived = cache(super().derive_key)

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return self.derived(secret_key)


class KeptTimestampSigner(KeptSigner, TimestampSigner):
    pass


class KeepsSigner(URLSafeSerializerMixin):
    """Signed as itsdangerous does, by a signer that is kept; and what is short is not compressed first.

    It never gets shorter, and zlib goes through a quarter of a megabyte to find that out: a sixth of a page's time.
    """

    def __init__(self, *args: Any, **how: Any):
        super().__init__(*args, **how)
        self.kept_signer = cache(super().make_signer)

    def make_signer(self, salt: str | bytes | None = None) -> Signer:
        return self.kept_signer(salt)

    def dump_payload(self, obj: Any) -> bytes:
        text = self.serializer.dumps(obj).encode()
        return super().dump_payload(obj) if len(text) > 1000 else base64_encode(text)


class SignedText(KeepsSigner, URLSafeSerializer):
    default_signer = KeptSigner


class TimedText(KeepsSigner, URLSafeTimedSerializer):
    """Which tells when it was signed, too, and is good at any age.

    What was signed by a host whose clock is ahead would be refused as from the future. What must end has a row that
    says when.
    """

    default_signer = KeptTimestampSigner

    def loads(self, signed: str | bytes, max_age: int | None = None) -> Any:  # type: ignore[override]
        return super().loads(signed)


class Sha256Sessions(SecureCookieSessionInterface):
    """Flask's signed cookie, under SHA-256 instead of SHA-1 (ASVS 11.4.1); what signs it is made once."""

    def __init__(self, app: Flask):
        how = {"key_derivation": self.key_derivation, "digest_method": hashlib.sha256}
        self.kept = TimedText(app.config["SECRET_KEY"], salt=self.salt, serializer=self.serializer, signer_kwargs=how)

    def get_signing_serializer(self, _app: Flask) -> URLSafeTimedSerializer:
        return self.kept

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """As Flask, by a shorter way where there is nothing to write: most answers."""
        if not session or self.should_set_cookie(app, session) or "Vary" in response.headers:
            super().save_session(app, session, response)
        elif session.accessed:
            response.headers["Vary"] = "Cookie"


def init_app(app: Flask) -> None:
    app.session_interface = Sha256Sessions(app)
    # Flask-WTF gives no way to choose how its tokens are signed.
    Signer.default_digest_method = staticmethod(hashlib.sha256)
    flask_wtf.csrf.URLSafeTimedSerializer = cache(TimedText)
    app.jinja_env.globals["csrf_token"] = form_token


def form_token() -> str:
    """The token of the visitor's forms: Flask-WTF's `generate_csrf`, which looks its settings up a dozen times."""
    here, held = g._get_current_object(), session._get_current_object()  # type: ignore[attr-defined]
    if TOKEN not in held:
        return str(flask_wtf.csrf.generate_csrf())
    if TOKEN not in here:
        setattr(here, TOKEN, form_signer().dumps(held[TOKEN]))
    return str(here.get(TOKEN))


def form_signer() -> URLSafeTimedSerializer:
    """What Flask-WTF signs its tokens with."""
    return flask_wtf.csrf.URLSafeTimedSerializer(current_app.secret_key, salt="wtf-csrf-token")


def begin_form_tokens(owner: str) -> None:
    """Draw a new token secret for the visitor's forms. It names `owner`, so that `is_form_of_another` can tell."""
    session[TOKEN] = f"{owner}.{secrets.token_hex(20)}"


def renew_form_tokens() -> None:
    """Void the tokens of the pages shown so far; those to come name the same owner, if there was one."""
    owner, named, _ = session.pop(TOKEN, "").partition(".")
    if named:
        begin_form_tokens(owner)


def is_form_of_another(token: str, owner: str) -> bool:
    """Whether this token was made for an owner, and another one than `owner`."""
    named_owner, named, _ = drawn_for(token).partition(".")
    return bool(named) and named_owner != owner


def drawn_for(token: str) -> str:
    """The secret that this token was signed over, valid still or not; empty for a forgery."""
    try:
        return str(form_signer().loads(token))
    except BadData:
        return ""
