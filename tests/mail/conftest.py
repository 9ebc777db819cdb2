"""Fixtures of the mails' stories."""

from functools import partial

import pytest

from tests.conftest import request_code
from tests.smtp import mail_through


@pytest.fixture
def mailing(app, monkeypatch):
    """The portal, really mailing to the port given."""
    return partial(mail_through, app, monkeypatch)


@pytest.fixture
def requested(client, make_tenant):
    """A tenant has asked for their code: its mail waits."""
    make_tenant()
    request_code(client)
