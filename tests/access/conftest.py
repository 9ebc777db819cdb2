"""Fixtures of the stories at the door."""

import pytest

from ophportal.models import Account
from tests.access.shared_address import ADDRESS, describe
from tests.conftest import OWN_PASSWORD, StrictVisitor


@pytest.fixture(params=[False, True], ids=["whole page", "htmx"])
def visitor(app, request) -> StrictVisitor:
    """A browser, without JavaScript and with it."""
    visitor = StrictVisitor(app, app.response_class)
    visitor.htmx = request.param
    return visitor


@pytest.fixture
def make_pair(make_account):
    """A function that puts the two on file with their passwords; gives the account of the flat and of the garage."""

    def make(first: str = OWN_PASSWORD, second: str = OWN_PASSWORD) -> tuple[Account, Account]:
        violette = make_account(
            "PRUNIER", "Violette", number="205005", reference="7-A", email=ADDRESS, password=first, civility="Mme"
        )
        narcisse = make_account("PRUNIER", "Narcisse", number="205006", reference="9-G", email=ADDRESS, password=second)
        describe(violette, kind="T3", address="2 rue des Merles")
        describe(narcisse, kind="Garage", address="4 allée des Geais")
        return violette, narcisse

    return make
