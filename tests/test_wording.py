"""Everything that the store says has its words in French."""

from enum import StrEnum

import pytest

from ophportal import emails, wording
from ophportal.models import Event, JobState, JournalEntry, MailState, OutboxMessage, Outcome, Role
from ophportal.models.access_state import AccessState


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (wording.EVENTS, Event),
        (wording.OUTCOMES, Outcome),
        (wording.ACCESS, AccessState),
        (wording.ROLES, Role),
        (wording.MAILS, emails.WRITERS),
        (wording.MAIL_STATES_COUNTED, MailState),
        (wording.JOB_STATES, JobState),
    ],
    ids=["events", "outcomes", "access", "roles", "mails", "states of mails", "states of jobs"],
)
def test_each_has_words_of_its_own(words: dict[str, str], said: type[StrEnum]):
    assert set(words) == set(said)
    assert all(words.values())
    assert len(set(words.values())) == len(words)


def test_every_state_of_a_mail_has_words():
    assert all(wording.mail_state(OutboxMessage(state=state)) for state in MailState)


@pytest.mark.parametrize("outcome", Outcome)
def test_what_became_of_a_request_is_told_in_words(outcome):
    told = wording.detail_of(JournalEntry(event=Event.REQUEST_SETTLED, detail=outcome))
    assert told == wording.outcome_label(outcome)
    assert "_" not in told


@pytest.mark.parametrize("event", [Event.MAIL_SENT, Event.MAIL_FAILED])
def test_which_mail_it_was_is_told_in_words(event):
    for name in emails.WRITERS:
        assert wording.detail_of(JournalEntry(event=event, detail=f"{name} 550")) == f"{wording.MAILS[name]} 550"
