"""Avis d'échéance: what is asked of a tenant for a month, as of the day of its call."""

from typing import Any

from flask import current_app

from ophportal.formatting import euros, long_date, owed, parted, sentence, typography
from ophportal.models import Lease, Tenant
from ophportal.models.rent_call import RentCall
from ophportal.papers.account_paper import NATURES, group_of, make_paper, of_month, row
from ophportal.papers.typesetting import TEMPLATES, in_print, of_office, said_by_office, whom_to_call

TEMPLATE = TEMPLATES / "rent_notice.typ"
PLAN = "Vous avez un plan avec l’office pour payer une dette d’avant ? Suivez votre plan."


def title_of(call: RentCall) -> str:
    return f"Avis d’échéance {of_month(call.month)}"


def make_rent_notice(tenant: Tenant, lease: Lease, call: RentCall) -> bytes:
    """The PDF. It is dated of the call, and what was paid since is not in it. Raises PaperNotMade."""
    return make_paper(
        TEMPLATE,
        title_of(call),
        tenant,
        lease,
        call.called_on,
        **to_pay(call),
        plan=typography(PLAN) if call.net > 0 and call.previous + call.settlement > 0 else "",
        groups=groups_of(call),
        totals=[row(f"Total {of_month(call.month)}", call.total), row(name_of_net(call), call.net)],
        ways_to_pay=ways_to_pay() if call.net > 0 else [],
        difficulty=whom_to_ask(),
        note=(
            f"Cet avis dit ce qui était demandé le {long_date(call.called_on)}. "
            "Les paiements reçus après ce jour n’y sont pas."
        ),
    )


def to_pay(call: RentCall) -> dict[str, str]:
    """What the frame says: the amount, and until when; or that there is none, and what is in advance."""
    if call.net > 0:
        until = long_date(call.due_on(current_app.config["DUE_DAY"]))
        return {"to_pay": typography(f"Net à payer : {euros(call.net)}"), "until": until, "advance": ""}
    advance = in_print(owed(call.net)) + "." if call.net < 0 else ""
    return {"to_pay": "Vous n’avez rien à payer", "until": "", "advance": advance}


def name_of_net(call: RentCall) -> str:
    return "Net à payer" if call.net >= 0 else "Solde en votre faveur"


def groups_of(call: RentCall) -> list[dict[str, Any]]:
    before = group_of("Avant cet avis", call.settled)
    before["lines"].insert(0, {"date": "", **row("Solde antérieur", call.previous)})
    asked = [
        group_of(title, [line for line in call.lines if line.nature is nature]) for nature, title in NATURES.items()
    ]
    return [before, *(group for group in asked if group["lines"])]


def ways_to_pay() -> list[str]:
    """A way a sentence; the last is the page of the office where one pays on line."""
    ways = parted(current_app.config["OFFICE"]["payment"])
    if page := current_app.config["OFFICE"]["payment_page"]:
        ways.append(f"En ligne : {page}")
    return [said_by_office(way) for way in ways]


def whom_to_ask() -> str:
    told = of_office("difficulty")
    return sentence(told) if told else whom_to_call()
