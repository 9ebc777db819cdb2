"""What the portal signs: as itsdangerous does, by a signer that is kept."""

import hashlib
from datetime import timedelta

import pytest
import time_machine
from flask import g, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf, validate_csrf
from itsdangerous import BadSignature, TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from ophportal import clock
from ophportal.secret_key import keyed, keyed_digest
from ophportal.signatures import TOKEN, KeptTimestampSigner, SignedText, TimedText, form_token
from tests.conftest import OWN_PASSWORD, landing, log_in
from tests.page import Page


@pytest.fixture
def plain(app):
    """What Flask would sign the session's cookie with, but for its digest."""
    flask_s = SecureCookieSessionInterface
    how = {"key_derivation": flask_s.key_derivation, "digest_method": hashlib.sha256}
    return URLSafeTimedSerializer(
        app.config["SECRET_KEY"], salt=flask_s.salt, serializer=flask_s.serializer, signer_kwargs=how
    )


@pytest.fixture
def ours(app):
    return app.session_interface.get_signing_serializer(app)


@pytest.mark.parametrize("held", [{}, {"_user_id": "é" * 43}, {"long": "a" * 2000}])
def test_it_is_signed_as_itsdangerous_signs_it(ours, plain, held):
    assert plain.loads(ours.dumps(held)) == held
    assert ours.loads(plain.dumps(held)) == held


@pytest.mark.parametrize("accounts", [1, 5, 100])
def test_the_cookies_of_devices_from_before_are_known_still(app, accounts):
    held = ["0123456789abcdef" * 2, [f"{number:032x}" for number in range(accounts)]]
    ours, plain = (signed(app.config["SECRET_KEY"], salt="device") for signed in (SignedText, URLSafeSerializer))
    assert ours.loads(plain.dumps(held)) == plain.loads(ours.dumps(held)) == held


def test_what_another_key_or_another_purpose_signed_is_refused(ours, app):
    for other in (TimedText("another key", salt=ours.salt), TimedText(app.config["SECRET_KEY"], salt="another")):
        with pytest.raises(BadSignature):
            ours.loads(other.dumps({}))


def test_a_digest_under_the_key_is_that_of_its_purpose_and_of_its_parts_as_they_were_cut(app):
    told = [("login", "ab", "c"), ("login", "a", "bc"), ("login", "abc"), ("logi", "nabc")]
    with app.app_context():
        assert len({keyed(*parts) for parts in told}) == len({keyed_digest(*parts) for parts in told}) == len(told)


@pytest.mark.parametrize("derivation", ["concat", "django-concat", "hmac", "none"])
def test_a_kept_signer_derives_the_keys_of_a_plain_one(derivation):
    keys = ["old key", "new key"]
    how = {"salt": b"salt", "key_derivation": derivation}
    kept, plain = KeptTimestampSigner(keys, **how), TimestampSigner(keys, **how)
    for key in (None, *keys):
        assert kept.derive_key(key) == plain.derive_key(key)
        assert kept.derive_key(key) is kept.derive_key(key)


@pytest.mark.parametrize("ahead", [timedelta(seconds=2), timedelta(hours=1)])
def test_a_session_begun_on_a_host_whose_clock_is_ahead_goes_on_at_the_others(client, make_account, ahead):
    """So does one whose host puts its clock back."""
    now, account = clock.now(), make_account()
    with time_machine.travel(now + ahead, tick=False):
        token = Page(client.get("/identification")).one("input[name=csrf_token]")["value"]
    with time_machine.travel(now, tick=False):
        typed = {"csrf_token": token, "identifier": account.code, "password": OWN_PASSWORD}
        assert landing(client.post("/identification", data=typed)) == "/compte"
    with time_machine.travel(now - ahead, tick=False):
        assert client.get("/compte").status_code == 200


def test_a_form_s_token_is_flask_wtf_s(app):
    with time_machine.travel("2026-03-02 12:00+01:00", tick=False), app.test_request_context():
        first = form_token()
        assert session[TOKEN]
        assert form_token() == first == generate_csrf()
        g.pop(TOKEN)
        assert form_token() == first
        g.pop(TOKEN)
        assert generate_csrf() == first
        validate_csrf(form_token())


def test_no_session_keeps_a_digest_of_the_visitor_s_address_and_browser(client, make_account):
    log_in(client, make_account())
    with client.session_transaction() as held:
        assert held["_user_id"]
        assert not held["_id"]
