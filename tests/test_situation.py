"""Where a lease stands: of what is owed, what is due on which day."""

from hypothesis import given

from ophportal.models.nature import Nature
from ophportal.models.situation import dues_of
from ophportal.models.statement import ZERO, sum_of
from tests import stores
from tests.ledgers import days, ledgers

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
    came_back = sum(entry.amount for entry in entries if entry.date > day and entry.nature is Nature.REVERSAL)
    assert sum(due.amount for due in since_then) >= balance - came_back
