"""Who gets what: each line of DESIGN's table (3), through the page, the worker and the mail."""

from datetime import date

import pytest

from ophportal.models import (
    AccessRequest,
    Account,
    Event,
    JournalEntry,
    MailState,
    OutboxMessage,
    Outcome,
    TemporaryPassword,
)
from tests.conftest import request_code
from tests.page import Page
from tests.spaces import as_read


def settled():
    return AccessRequest.get()


def plain(mail):
    return as_read(mail.body)


def test_all_four_match_so_the_code_goes_to_the_address_on_file(client, make_tenant, outbox):
    tenant = make_tenant(email="Maria@exemple.test")
    request_code(client, email="maria@EXEMPLE.test")

    mail = outbox.deliver()

    assert settled().outcome == Outcome.CREDENTIALS_SENT
    assert settled().tenant == tenant
    assert mail.recipients == ["Maria@exemple.test"]
    assert Account.get().code in mail.body


def test_another_address_is_on_file_so_it_is_told_and_an_agent_verifies(client, make_tenant, outbox):
    make_tenant(email="maria@exemple.test")
    request_code(client, email="autre@exemple.test")

    mail = outbox.deliver()

    assert settled().outcome == Outcome.OTHER_ADDRESS
    assert len(outbox.sent) == 1
    assert mail.recipients == ["maria@exemple.test"]
    assert "l'office n'a rien envoyé à cette autre adresse" in plain(mail)
    assert "autre@exemple.test" not in mail.body
    assert TemporaryPassword.select().count() == 0


def test_no_address_is_on_file_so_an_agent_verifies_and_nobody_is_written_to(client, make_tenant, outbox):
    tenant = make_tenant(email="")
    request_code(client)

    assert outbox.deliver() is None
    assert settled().outcome == Outcome.NO_ADDRESS
    assert settled().tenant == tenant
    assert TemporaryPassword.select().count() == 0


def test_who_waits_for_an_agent_was_not_promised_the_mail_within_minutes(visitor, make_tenant):
    """Nor can the page say whose office knows no address of theirs: it says so to everybody."""
    make_tenant(email="")
    answer = request_code(visitor)
    page = Page(answer if visitor.htmx else visitor.get("/code-envoye"))
    assert "en quelques minutes, ou plus tard si l'office doit d'abord vérifier votre demande." in page.text
    help_page, _, part = page.soup.find("a", string="Lisez l'aide")["href"].partition("#")
    steps = Page(visitor.get(help_page)).one(f"section:has(> #{part})").text
    assert "Un agent vérifie d'abord votre demande." in steps


@pytest.mark.parametrize("wrong", [{"name": "Autre"}, {"tenant_number": "12346"}, {"dwelling_reference": "123-04-057"}])
def test_no_match_but_the_address_is_on_file_so_it_is_told_what_to_look_for(client, make_tenant, outbox, wrong):
    make_tenant()
    request_code(client, **wrong)

    mail = outbox.deliver()

    assert settled().outcome == Outcome.NO_MATCH
    assert settled().tenant is None
    assert mail.recipients == ["maria@exemple.test"]
    assert "ne trouve pas de dossier" in plain(mail)
    assert "numéro locataire" in mail.body
    assert TemporaryPassword.select().count() == 0


def test_nothing_matches_so_the_journal_alone_knows(client, make_tenant, outbox):
    make_tenant()
    request_code(client, name="Autre", email="autre@exemple.test")

    assert outbox.deliver() is None
    assert settled().outcome == Outcome.UNKNOWN
    entry = JournalEntry.get(JournalEntry.event == Event.REQUEST_SETTLED)
    assert entry.detail == Outcome.UNKNOWN


def test_an_ended_lease_gives_no_access(client, make_tenant, outbox):
    make_tenant(ends_on=date(2020, 12, 31))
    request_code(client)
    assert "ne trouve pas de dossier" in plain(outbox.deliver())
    assert settled().outcome == Outcome.NO_MATCH


def test_who_has_moved_out_or_not_moved_in_yet_reads_whom_to_call(app, client, make_tenant, outbox):
    """« Vérifiez, puis recommencez » would have them start over for ever: all that they typed was right."""
    make_tenant(ends_on=date(2020, 12, 31))
    request_code(client)
    mail = outbox.deliver()
    for said in (plain(mail), as_read(mail.html)):
        assert "Vous avez quitté ce logement, ou vous n'y êtes pas encore ?" in said
        assert "Le compte locataire est ouvert pendant le bail seulement. Appelez l'office au " in said
        assert app.config["OFFICE"]["phone"] in said


def test_a_blocked_tenant_without_an_address_is_written_to_nowhere(client, make_account, outbox):
    make_account(email="").block()
    request_code(client)
    assert outbox.deliver() is None
    assert settled().outcome == Outcome.BLOCKED
    assert OutboxMessage.get().state == MailState.NOTHING_TO_SEND


def test_a_tenant_with_two_leases_may_give_either(client, make_tenant, outbox):
    from ophportal.testing import add_lease

    add_lease(make_tenant(), "777")
    for reference in ("0123-04-056", "777"):
        request_code(client, dwelling_reference=reference)
        assert "Votre code d'accès" in plain(outbox.deliver())
    assert Account.select().count() == 1


def test_two_tenants_with_one_address_each_get_their_own_code(client, make_tenant, outbox):
    make_tenant()
    make_tenant("ben  amar", "Karim", number="L0099", reference="99")
    request_code(client)
    first = outbox.deliver()
    request_code(client, name="Ben Amar", tenant_number="99", dwelling_reference="0099")
    second = outbox.deliver()
    assert "D'ANGELO-PAOLI" in first.body
    assert "Karim" in second.body
    assert Account.select().count() == 2
