"""A browser that stands before a form, and what lets it send thousands of them."""

import unicodedata
from functools import partial

import pytest

from tests.bad_input import forms


@pytest.fixture
def no_limits(app, monkeypatch):
    for limit in forms.LIMITS:
        monkeypatch.setitem(app.config, limit, 10**6)


@pytest.fixture
def stand_before(client, make_account):
    """`forms.stand_before`, of this browser and an account."""
    return partial(forms.stand_before, client, make_account())


@pytest.fixture
def normalised(monkeypatch):
    """The lengths of what is normalised from here on."""
    lengths, normalize = [], unicodedata.normalize
    monkeypatch.setattr(unicodedata, "normalize", lambda f, text: lengths.append(len(text)) or normalize(f, text))
    return lengths
