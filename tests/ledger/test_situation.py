"""Where a lease stands: of what is owed, what is due on which day; and whether the last payment stands."""

import pytest
from hypothesis import given

from ophportal.models.nature import Nature
from ophportal.models.situation import dues_of, last_payment_in
from ophportal.models.statement import ZERO, sum_of
from tests import stores
from tests.ledgers import days, ledgers, told

pytestmark = stores.once


@given(ledgers)
def test_no_more_is_due_than_is_owed_nor_than_was_asked_for(entries):
    dues = dues_of(sum_of(entries), entries, 5)
    asked = sum(entry.amount for entry in entries if entry.amount > 0 and entry.nature is not Nature.REVERSAL)
    assert all(due.amount > 0 for due in dues)
    assert sum(due.amount for due in dues) <= min(max(sum_of(entries), ZERO), asked)
    assert [due.day for due in dues] == sorted({due.day for due in dues})


@given(ledgers, days)
def test_what_is_due_lies_on_the_newest_however_far_one_looks_back(entries, since):
    whole = dues_of(sum_of(entries), entries, 5)
    recent = dues_of(sum_of(entries), [entry for entry in entries if entry.date >= since], 5)
    assert recent[1:] == whole[len(whole) - len(recent) :][1:]


@given(ledgers, days)
def test_to_whoever_owed_nothing_on_a_day_nothing_of_before_is_due(entries, day):
    balance = sum_of(entry for entry in entries if entry.date > day)
    since_then = [due for due in dues_of(balance, entries, 5) if due.day > day]
    later = [entry for entry in entries if entry.date > day]
    old_debts = sum(max(entry.amount, ZERO) for entry in later if entry.nature in {Nature.REVERSAL, Nature.OPENING})
    assert sum(due.amount for due in since_then) >= balance - old_debts


@pytest.mark.parametrize(
    ("payments", "reversals", "stands"),
    [
        # By the word that both say, however each is shortened.
        (["PRLV SEPA", "Chèque 12345"], ["Rejet prélèvement"], True),
        (["Prélèvement", "CHQ"], ["Chèque impayé"], False),
        (["Virement", "Paiement CB"], ["Carte refusée"], False),
        # What says no way of paying may be any; another way is not.
        (["Règlement", "Chèque"], ["Rejet prélèvement"], True),
        (["Chèque", "Règlement"], ["Rejet prélèvement"], False),
        (["Prélèvement", "Règlement"], ["Rejet prélèvement"], True),
        (["Chèque"], ["Rejet prélèvement"], True),
        # The newest, where nothing tells: a bank sends back within days what comes every month.
        (["Prélèvement", "Chèque"], ["Impayé"], False),
        (["Règlement", "Chèque"], ["Impayé"], False),
        (["Prélèvement", "Prélèvement"], ["Rejet de prélèvement"], False),
        # Each undoes one of its own.
        (["Chèque", "Prélèvement"], ["Rejet prélèvement", "Impayé"], False),
        (["Chèque", "Prélèvement", "Virement"], ["Rejet prélèvement", "Chèque impayé"], True),
    ],
)
def test_a_payment_that_came_back_is_the_one_that_its_reversal_names(payments, reversals, stands):
    entries = [told(f"2026-11-{day:02}", label, "-500.00") for day, label in enumerate(payments, 5)]
    entries += [told(f"2026-11-{day}", label, "500.00") for day, label in enumerate(reversals, 12)]
    assert last_payment_in(entries) == (entries[len(payments) - 1], not stands)


def test_a_payment_of_the_rent_s_amount_is_not_sent_back_by_the_next_rent():
    paid = told("2026-11-05", "Prélèvement", "-500.00")
    assert last_payment_in([paid, told("2026-12-01", "Loyer décembre", "500.00")]) == (paid, False)


def test_a_reversal_of_another_amount_or_of_before_leaves_the_last_payment_alone():
    paid = told("2026-11-12", "Prélèvement", "-500.00")
    before, other = told("2026-11-10", "Rejet prélèvement", "500.00"), told("2026-11-14", "Rejet prélèvement", "50.00")
    assert last_payment_in([before, paid, other]) == (paid, False)
    assert last_payment_in([before]) == (None, False)
