"""Ledgers for tests of pure rules, and strategies that draw them."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from ophportal.models.nature import Nature, nature_of


@dataclass(frozen=True)
class Told:
    """An entry as the rules ask it: `amount` above zero for a debit."""

    date: date
    label: str
    amount: Decimal

    @property
    def nature(self) -> Nature:
        return nature_of(self.label, is_credit=self.amount < 0)


def told(day: str, label: str, amount: str) -> Told:
    return Told(date.fromisoformat(day), label, Decimal(amount))


# What may stand on either side of a ledger, and what cannot.
DEBITS = (
    "Loyer",
    "Loyer mars",
    "Rappel de loyer",
    "Provision pour charges",
    "Rejet de prélèvement",
    "Indu APL",
    "Frais de rejet",
    "Réparation de porte",
    "À nouveau",
)
CREDITS = (
    "Prélèvement",
    "Virement",
    "APL",
    "Annulation loyer",
    "Régularisation de charges",
    "Geste commercial",
    "Solde antérieur",
)

cents = st.integers(min_value=1, max_value=200_000).map(lambda number: Decimal(number) / 100)
days = st.integers(min_value=0, max_value=600).map(lambda number: date(2025, 1, 1) + timedelta(days=number))
debits = st.builds(Told, days, st.sampled_from(DEBITS), cents)
credits = st.builds(Told, days, st.sampled_from(CREDITS), cents.map(lambda amount: -amount))
ledgers = st.lists(debits | credits, max_size=60).map(lambda entries: sorted(entries, key=lambda entry: entry.date))
