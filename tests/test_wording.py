"""Everything that the store says has its words in French."""

from enum import StrEnum
from pathlib import Path

import pytest

from ophportal import emails, wording
from ophportal.access.settling import TO_VERIFY
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


@pytest.mark.parametrize(
    ("kept", "words", "reply"),
    [
        ("SMTPRecipientsRefused 550 5.1.1 mailbox unknown", "cette adresse n'existe pas", "550 5.1.1 mailbox unknown"),
        ("SMTPRecipientsRefused 552 5.2.2 mailbox full", "boîte pleine", "552 5.2.2 mailbox full"),
        ("SMTPRecipientsRefused 452 4.2.2 try later", "boîte pleine", "452 4.2.2 try later"),
        ("SMTPRecipientsRefused 550 5.2.1 disabled", "boîte fermée", "550 5.2.1 disabled"),
        ("SMTPRecipientsRefused 552 full", "boîte pleine", "552 full"),
        ("SMTPRecipientsRefused 550 no", "le serveur du destinataire refuse cette adresse", "550 no"),
        ("SMTPDataError 554 5.7.1", "refusé par sécurité", "554 5.7.1"),
        ("SMTPDataError 554 5.6.0", "le contenu de l'e-mail est refusé", "554 5.6.0"),
        ("SMTPDataError 451", "le serveur de courrier ne le prend pas pour le moment", "451"),
        ("SMTPSenderRefused 550 5.1.8 bad sender", "l'adresse de l'office est refusée", "550 5.1.8 bad sender"),
        ("SMTPSenderRefused 550 no", "l'adresse de l'office est refusée", "550 no"),
        (
            "SMTPAuthenticationError 535 5.7.8",
            "le portail n'est pas reconnu de son serveur de courrier",
            "535 5.7.8",
        ),
        ("SMTPDataError 554", "le serveur de courrier le refuse", "554"),
        ("rien n'écoute sur ce port", "rien n'écoute sur ce port", ""),
        ("OSError", "OSError", ""),
        ("", "", ""),
    ],
)
def test_a_mail_server_s_no_is_told_in_french_with_its_reply_beside(kept, words, reply):
    assert wording.mail_fault(OutboxMessage(last_error=kept)) == (words, reply)


@pytest.mark.parametrize("outcome", Outcome)
def test_what_became_of_a_request_is_told_in_words(outcome):
    told = wording.detail_of(JournalEntry(event=Event.REQUEST_SETTLED, detail=outcome))
    assert told == wording.outcome_label(outcome)
    assert "_" not in told


@pytest.mark.parametrize("event", [Event.MAIL_SENT, Event.MAIL_FAILED])
def test_which_mail_it_was_is_told_in_words(event):
    for name in emails.WRITERS:
        assert wording.detail_of(JournalEntry(event=event, detail=f"{name} 550")) == f"{wording.MAILS[name]} 550"


def test_to_verify_is_said_of_what_waits_for_an_agent_and_of_nothing_else():
    assert {outcome for outcome, words in wording.OUTCOMES.items() if "vérifier" in words} == TO_VERIFY
    assert [mail for mail, words in wording.MAILS.items() if "vérifier" in words] == []
    subjects = Path("templates/emails").glob("*.subject.txt")
    assert [subject.name for subject in subjects if "vérifier" in subject.read_text(encoding="utf-8")] == []
