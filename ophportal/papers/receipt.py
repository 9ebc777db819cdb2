"""Quittance of a month that is paid in full, reçu of one that is paid in part (law 89-462 of 6 July 1989, art. 21)."""

from datetime import date
from decimal import Decimal

from ophportal.clock import month_end
from ophportal.formatting import euros, long_date, of_whom, typography
from ophportal.models import DocumentKind, Dwelling, Lease, Tenant
from ophportal.models.nature import Nature
from ophportal.models.rent_month import RentMonth
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


def receipt_due(month: RentMonth) -> DocumentKind | None:
    """What the tenant may have for the month: nothing where its rent was undone, or is not surely its own.

    Where aids and avoirs settle all, it is paid in full without a payment of the tenant's. A reçu is for a payment.
    """
    if month.sum_of(Nature.RENT) <= 0 or not month.is_sure:
        return None
    if not month.unpaid:
        return DocumentKind.QUITTANCE
    return DocumentKind.RECU if month.received else None


def title_of(month: RentMonth, kind: DocumentKind) -> str:
    return f"{LABELS[kind]} {of_month(month.month)}"


def make_receipt(tenant: Tenant, lease: Lease, month: RentMonth) -> bytes:
    """The PDF of what `receipt_due` gives, which must not be None. Raises PaperNotMade."""
    kind = receipt_due(month)
    if kind is None:
        raise ValueError("no receipt is due for this month")
    return make_paper(
        TEMPLATE,
        title_of(month, kind),
        tenant,
        lease,
        statement=statement_of(tenant, lease, month),
        rows=[row(label, amount) for label, amount in amounts_of(month)],
        totals=totals_of(month, kind),
        terms=[typography(term) for term in (*TERMS[kind], *ALL_TERMS)],
    )


def statement_of(tenant: Tenant, lease: Lease, month: RentMonth) -> str:
    first, last = period_of(month.month, lease)
    period = f"du {long_date(first)} au {long_date(last)}"
    of_tenant = of_whom(drawable(tenant.full_name, most=LONGEST_IN_TEXT), "’")
    home = home_in_words(lease.dwelling)
    if not month.received:
        paid = "les aides et les avoirs les couvrent"
        told = f"déclare que le loyer et les charges {of_tenant} sont réglés pour {home}, {period} : {paid}."
        return typography(f"{of_office('name')} {told}")
    return (
        f"{of_office('name')} déclare avoir reçu {of_tenant} la somme de {euros(month.received)} pour {home}, {period}."
    )


def home_in_words(dwelling: Dwelling) -> str:
    """What is let: a garage is no dwelling, and stands where others do."""
    place = drawable(dwelling.full_address, most=LONGEST_IN_TEXT)
    reference = drawable(dwelling.reference)
    if dwelling.annex_in_words:
        return ", ".join(filter(None, (dwelling.annex_in_words, f"référence {reference}", place)))
    return f"le logement situé {place}" if place else f"le logement {reference}"


def period_of(month: date, lease: Lease) -> tuple[date, date]:
    """The days of `month` on which the lease runs, both included; the whole month where its dates disagree."""
    first, last = month, month_end(month)
    begun = max(first, lease.starts_on or first)
    ended = min(last, lease.ends_on or last)
    return (begun, ended) if begun <= ended else (first, last)


def amounts_of(month: RentMonth) -> list[tuple[str, Decimal]]:
    """What was asked for, rent and charges apart, and the aids taken off."""
    told = [(title, month.sum_of(nature)) for nature, title in NATURES.items()]
    return [(title, amount) for title, amount in told if amount]


def totals_of(month: RentMonth, kind: DocumentKind) -> list[dict[str, str]]:
    """Only payments are received: the rest is told apart."""
    totals = [row("Total à votre charge", month.total), row("Somme reçue pour ce mois", month.received)]
    if month.credited:
        totals.append(row("Autres aides et avoirs", month.credited))
    if kind is DocumentKind.RECU:
        totals.append(row("Reste à payer pour ce mois", month.unpaid))
    return totals
