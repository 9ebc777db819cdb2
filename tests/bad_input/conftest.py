"""A browser that stands before a form, and what lets it send thousands of them."""

import pytest
from argon2 import PasswordHasher

from ophportal import passwords
from tests.bad_input.forms import LIMITS, Form, enter, token_on


@pytest.fixture
def no_limits(app, monkeypatch):
    for limit in LIMITS:
        monkeypatch.setitem(app.config, limit, 10**6)


@pytest.fixture
def cheap_hashes(monkeypatch):
    """Thousands of logins; what a hash costs is the business of test_passwords."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords.decoy.cache_clear()
    yield
    passwords.decoy.cache_clear()


@pytest.fixture
def stand_before(client, make_account):
    """A function that puts the browser before a form, inside the account when it must be; gives the form's token."""
    account = make_account()

    def stand_before(form: Form) -> str:
        if form.door:
            enter(client, account, must_choose=form.door == "choosing")
        return token_on(client, form.page or form.path)

    return stand_before
