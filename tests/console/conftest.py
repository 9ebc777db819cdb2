"""Fixtures of the console's stories."""

import pytest


@pytest.fixture
def household(make_tenant):
    """A function that puts the nth invented tenant without an e-mail address on file."""

    def make(n, name="ESSAI", **more):
        return make_tenant(f"{name}-{n}", number=f"1{n:05d}", reference=f"R-{n:05d}", **{"email": "", **more})

    return make


@pytest.fixture
def many(household):
    """Five of them."""
    return [household(n) for n in range(1, 6)]
