"""Accueil du compte: what the tenant owes, until when, and how to pay."""

from functools import cache

from flask import current_app
from flask_login import current_user

from ophportal import clock
from ophportal.account.room import account
from ophportal.formatting import parted
from ophportal.frames import render_framed
from ophportal.models.situation import situations_of


@account.get("")
def home() -> str:
    mine = current_user.account
    return render_framed(
        "account/home.html",
        code=mine.code,
        situations=situations_of(mine.tenant, clock.today(), current_app.config["DUE_DAY"]),
        ways_to_pay=ways_to_pay(current_app.config["OFFICE"]["payment"]),
    )


@cache
def ways_to_pay(setting: str) -> list[tuple[str, str]]:
    """Each way of the setting in two parts, what comes before its first colon and after it, the second maybe empty."""
    return [(name.strip(), more.strip()) for name, _, more in (way.partition(":") for way in parted(setting))]
