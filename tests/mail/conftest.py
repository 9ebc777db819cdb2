"""Fixtures of the mails' stories."""

import pytest

from tests.conftest import request_code


@pytest.fixture
def requested(client, make_tenant):
    """A tenant has asked for their code: its mail waits."""
    make_tenant()
    request_code(client)
