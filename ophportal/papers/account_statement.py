"""Relevé de compte: every entry of a lease's whole ledger, or of one year of it, with the balance after each."""

from collections.abc import Sequence
from decimal import Decimal

from ophportal.formatting import euros, long_date, owed, short_date, typography
from ophportal.models import Lease, Tenant
from ophportal.models.statement import ZERO, Line
from ophportal.papers.account_paper import label_of, make_paper
from ophportal.papers.typesetting import TEMPLATES, in_print

TEMPLATE = TEMPLATES / "account_statement.typ"


def title_of(year: int | None) -> str:
    return f"Relevé de compte {year}" if year else "Relevé de compte"


def make_account_statement(tenant: Tenant, lease: Lease, lines: Sequence[Line], year: int | None = None) -> bytes:
    """The PDF of all `lines`, the lease's whole ledger, or of those of `year`; never none. Raises PaperNotMade."""
    told = [line for line in lines if year in {None, line.entry.date.year}]
    opening, closing = told[0].balance - told[0].entry.amount, told[-1].balance
    debits = sum((line.entry.amount for line in told if line.entry.amount > 0), ZERO)
    credits = -sum((line.entry.amount for line in told if line.entry.amount < 0), ZERO)
    return make_paper(
        TEMPLATE,
        title_of(year),
        tenant,
        lease,
        introduction=introduction_of(told),
        opening=figures("Solde au début", opening),
        lines=[
            {"date": short_date(line.entry.date), **figures(label_of(line.entry), line.balance, line.entry.amount)}
            for line in told
        ],
        closing=[
            {"label": "Totaux", "debit": euros(debits), "credit": euros(credits), "balance": ""},
            figures("Solde à la fin", closing),
        ],
        conclusion=conclusion_of(told[-1]),
    )


def introduction_of(told: Sequence[Line]) -> str:
    first, last = (long_date(line.entry.date) for line in (told[0], told[-1]))
    return typography(
        f"Vos opérations du {first} au {last}. Au débit : ce qui est demandé. Au crédit : ce que vous avez payé, et "
        "les aides. Un solde avec le signe moins est une avance."
    )


def conclusion_of(last: Line) -> str:
    """What the last balance means, on the day of the last entry: an older year's is not what is owed today."""
    meaning = in_print(owed(last.balance))
    return typography(f"Le {long_date(last.entry.date)} : {meaning[0].lower()}{meaning[1:]}.")


def figures(label: str, balance: Decimal, amount: Decimal = ZERO) -> dict[str, str]:
    return {
        "label": label,
        "debit": euros(amount) if amount > 0 else "",
        "credit": euros(-amount) if amount < 0 else "",
        "balance": euros(balance),
    }
