"""Accueil du compte: what the tenant owes, until when, and how to pay."""

from functools import cache

from flask import current_app, g

from ophportal import clock
from ophportal.account.frames import render_framed
from ophportal.account.room import account
from ophportal.formatting import parted, typography
from ophportal.models.situation import situations_of


@account.get("")
def home() -> bytes:
    mine, settings = g.told["running"].account, current_app.config
    return render_framed(
        "account/home.html",
        code=mine.code,
        situations=situations_of(mine.tenant, clock.today(), settings["DUE_DAY"]),
        ways_to_pay=ways_to_pay(settings["OFFICE"]["payment"]),
    )


@cache
def ways_to_pay(setting: str) -> list[tuple[str, str]]:
    """Each way of the setting in two parts, what comes before its first colon and after it, the second maybe empty."""
    ways = (way.partition(":") for way in parted(setting))
    return [(name.strip(), typography(more.strip())) for name, _, more in ways]
