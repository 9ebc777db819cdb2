"""Fixtures of the console's stories."""

from functools import partial

import pytest
import time_machine

from ophportal import clock
from ophportal.models import Role, Verification
from tests.conftest import StrictVisitor, at_work, request_code
from tests.console.proofs import invited
from tests.console.verifications import NEW_ADDRESS


@pytest.fixture
def odile_console(app, make_agent) -> StrictVisitor:
    """The browser of another responsable at work."""
    return at_work(app, make_agent("Odile Essai", email="odile@office.exemple.test", role=Role.MANAGER))


@pytest.fixture
def standing_clock():
    """No code goes out of date between two steps of a story."""
    with time_machine.travel(clock.now(), tick=False) as standing:
        yield standing


@pytest.fixture
def invitation(app):
    """A function that enlists an agent; gives them and their one-time link's path."""
    return partial(invited, app)


@pytest.fixture
def caller(make_account):
    """A tenant with a password of her own."""
    return make_account(civility="Mme", phone="04 65 71 12 34").tenant


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


@pytest.fixture
def asked(client, make_tenant, outbox):
    """A function that has Maria ask with another address than the one on file; gives the verification that waits."""

    def ask(on_file="maria@exemple.test", typed=NEW_ADDRESS):
        make_tenant(email=on_file, phone="04 65 71 12 34", civility="Mme")
        request_code(client, email=typed)
        outbox.deliver()
        return Verification.get()

    return ask


@pytest.fixture
def colleague(app, make_agent):
    return at_work(app, make_agent("Barnabé Essai", email="barnabe@office.exemple.test"))
