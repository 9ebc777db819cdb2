"""What a browser does at the doors of an account, and what it finds there."""

from typing import Any

from ophportal.testing import Visitor
from tests.conftest import landing


def try_in(browser: Visitor, identifier: str, password: str) -> int:
    return browser.submit("/identification", identifier=identifier, password=password).status_code


def change(browser: Visitor, identifier: str, current: str, new: str) -> Any:
    fields = {"identifier": identifier, "current_password": current, "new_password": new, "confirmation": new}
    return browser.submit("/changer-mot-de-passe", **fields)


def change_inside(browser: Visitor, current: str, new: str) -> Any:
    return browser.submit("/compte/mot-de-passe", current_password=current, new_password=new, confirmation=new)


def choose(browser: Visitor, new: str) -> Any:
    return browser.submit("/compte/choisir-mot-de-passe", new_password=new, confirmation=new)


def cookie(browser: Visitor) -> str:
    return browser.get_cookie("session").value


def opens(browser: Visitor, stolen: str) -> bool:
    """Whether the account opens to somebody who has this cookie."""
    browser.set_cookie("session", stolen)
    return landing_or_page(browser) != "/identification"


def landing_or_page(browser: Visitor) -> str:
    answer = browser.get("/compte")
    return landing(answer) if answer.status_code == 303 else "/compte"
