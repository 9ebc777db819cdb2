"""Quittance of a month that is paid in full, reçu of one that is paid in part (law 89-462 of 6 July 1989, art. 21)."""

from calendar import monthrange
from datetime import date
from decimal import Decimal

from ophportal.formatting import euros, long_date, typography
from ophportal.models import DocumentKind, Lease, Tenant
from ophportal.models.nature import Nature
from ophportal.models.rent_call import RentCall
from ophportal.papers.account_paper import NATURES, make_paper, of_month, row
from ophportal.papers.typesetting import TEMPLATES, drawable, of_office

TEMPLATE = TEMPLATES / "receipt.typ"
LONGEST_IN_TEXT = 200
LABELS = {DocumentKind.QUITTANCE: "Quittance de loyer", DocumentKind.RECU: "Reçu"}
# What the law wants said, and what a payment that the bank sends back would change.
TERMS = {
    DocumentKind.QUITTANCE: (
        "Pour acquit. Cette quittance remplace les reçus donnés pour le même mois. Elle est donnée sous réserve de "
        "tous droits de l’office, et de l’encaissement de vos paiements : si votre banque en refuse un, elle n’est "
        "plus valable.",
        "Elle ne prouve rien pour les autres mois.",
    ),
    DocumentKind.RECU: (
        "Ce reçu n’est pas une quittance : le mois n’est pas payé en entier. Il est donné sous réserve de tous droits "
        "de l’office, et de l’encaissement de vos paiements. Quand le mois sera payé en entier, vous aurez "
        "une quittance.",
    ),
}
ALL_TERMS = (
    "Vos paiements règlent d’abord la dette la plus ancienne, sauf si vous avez dit autre chose en payant (Code civil, "
    "article 1342-10).",
    "Document gratuit, donné sur internet avec votre accord (loi n° 89-462 du 6 juillet 1989, article 21). À garder "
    "pendant tout le bail, et trois ans après.",
)


def receipt_due(call: RentCall) -> DocumentKind | None:
    """What the tenant may have for the month: nothing for one whose rent was undone, nor for one of which none is paid.

    Where aids pay all, a month is paid in full without a payment of the tenant's.
    """
    if call.sum_of(Nature.RENT, Nature.CHARGES) <= 0:
        return None
    if call.is_paid_in_full:
        return DocumentKind.QUITTANCE
    return DocumentKind.RECU if call.paid > 0 else None


def title_of(call: RentCall, kind: DocumentKind) -> str:
    return f"{LABELS[kind]} {of_month(call.month)}"


def make_receipt(tenant: Tenant, lease: Lease, call: RentCall) -> bytes:
    """The PDF of what `receipt_due` gives, which must not be None. Raises LetterNotMade."""
    kind = receipt_due(call)
    if kind is None:
        raise ValueError("no receipt is due for this month")
    return make_paper(
        TEMPLATE,
        title_of(call, kind),
        tenant,
        lease,
        statement=statement_of(tenant, lease, call),
        rows=[row(label, amount) for label, amount in amounts_of(call)],
        totals=totals_of(call, kind),
        terms=[typography(term) for term in (*TERMS[kind], *ALL_TERMS)],
    )


def statement_of(tenant: Tenant, lease: Lease, call: RentCall) -> str:
    first, last = period_of(call, lease)
    period = f"du {long_date(first)} au {long_date(last)}"
    place = drawable(lease.dwelling.full_address, most=LONGEST_IN_TEXT)
    home = f"le logement situé {place}" if place else f"le logement {drawable(lease.dwelling.reference)}"
    name = drawable(tenant.full_name, most=LONGEST_IN_TEXT)
    if call.paid == 0:
        paid = "les aides et les avoirs du mois les couvrent"
        told = f"déclare que le loyer et les charges de {name} sont réglés pour {home}, {period} : {paid}."
        return typography(f"{of_office('name')} {told}")
    return f"{of_office('name')} déclare avoir reçu de {name} la somme de {euros(call.paid)} pour {home}, {period}."


def period_of(call: RentCall, lease: Lease) -> tuple[date, date]:
    """The days of the call's month on which the lease runs, both included; the whole month where its dates disagree."""
    first, last = call.month, call.month.replace(day=monthrange(call.month.year, call.month.month)[1])
    begun = max(first, lease.starts_on or first)
    ended = min(last, lease.ends_on or last)
    return (begun, ended) if begun <= ended else (first, last)


def amounts_of(call: RentCall) -> list[tuple[str, Decimal]]:
    """What was asked for, rent and charges apart, and the aids taken off."""
    told = [(title, call.sum_of(nature)) for nature, title in NATURES.items()]
    return [(title, amount) for title, amount in told if amount]


def totals_of(call: RentCall, kind: DocumentKind) -> list[dict[str, str]]:
    totals = [row("Total à votre charge", call.total), row("Somme reçue pour ce mois", call.paid)]
    if kind is DocumentKind.RECU:
        totals.append(row("Reste à payer pour ce mois", call.total - call.paid))
    return totals
