"""The agreement to receipts on the portal alone: asked in plain words, given, taken back, each written down."""

import csv
import io

import time_machine

from ophportal.account.consent import WORDING
from ophportal.models import DeliveryConsent, Event, JournalEntry
from tests.conftest import log_in, press
from tests.page import Page

CONSENT = "/compte/documents/accord"
WITHDRAW = f"{CONSENT}/retirer"


def journal():
    events = [Event.CONSENT_GIVEN, Event.CONSENT_WITHDRAWN]
    entries = JournalEntry.select().where(JournalEntry.event.in_(events)).order_by(JournalEntry.id)
    return [entry.event for entry in entries]


def test_a_tenant_agrees_and_changes_their_mind(client, make_account):
    account = make_account()
    with time_machine.travel("2026-03-12 10:00+01:00", tick=False):
        log_in(client, account)
        page = Page(client.get(CONSENT))
        assert "Vous n'avez pas donné votre accord." in page.text
        assert page.one("blockquote").get_text() == WORDING
        assert DeliveryConsent.of(account.tenant) is None

        assert press(client, CONSENT, CONSENT).headers["Location"] == CONSENT
        page = Page(client.get(CONSENT))
        assert "Vous avez donné votre accord le jeudi 12 mars 2026 à 10 h 00" in page.text
        assert DeliveryConsent.of(account.tenant).wording == WORDING
        assert not page.soup.select(f"form[action='{CONSENT}']")

    with time_machine.travel("2026-03-12 10:20+01:00", tick=False):
        press(client, CONSENT, WITHDRAW)
        page = Page(client.get(CONSENT))
        assert "Vous avez retiré votre accord." in page.text
        assert "Accord donné le jeudi 12 mars 2026 à 10 h 00, retiré le jeudi 12 mars 2026 à 10 h 20" in page.text
        assert DeliveryConsent.of(account.tenant) is None

        # Given again, the first one stays told.
        press(client, CONSENT, CONSENT)
    assert DeliveryConsent.select().where(DeliveryConsent.tenant == account.tenant).count() == 2
    assert journal() == [Event.CONSENT_GIVEN, Event.CONSENT_WITHDRAWN, Event.CONSENT_GIVEN]


def test_the_documents_page_leads_to_it_agreed_or_not(client, make_account):
    account = make_account()
    log_in(client, account)
    for _ in range(2):
        assert Page(client.get("/compte/documents")).one(f"main a[href='{CONSENT}']")
        DeliveryConsent.give(account.tenant, WORDING)


def test_pressing_twice_is_as_pressing_once(client, make_account):
    account = make_account()
    log_in(client, account)
    token = Page(client.get(CONSENT)).soup.select_one("input[name=csrf_token]")["value"]
    for _ in range(2):
        assert client.post(CONSENT, data={"csrf_token": token}).status_code == 303
    assert DeliveryConsent.select().count() == 1
    for _ in range(2):
        assert client.post(WITHDRAW, data={"csrf_token": token}).status_code == 303
    assert journal() == [Event.CONSENT_GIVEN, Event.CONSENT_WITHDRAWN]


def test_what_was_agreed_to_is_shown_as_it_was_read_then(client, make_account):
    account = make_account()
    DeliveryConsent.give(account.tenant, "Les mots d'avant.")
    log_in(client, account)
    assert Page(client.get(CONSENT)).one("blockquote").get_text() == "Les mots d'avant."


def test_one_tenant_s_consent_is_nobody_else_s(client, make_account, make_tenant):
    other = make_tenant("MÉLÈZE", number="9990001", reference="9-99-999", email="melanie@exemple.test")
    DeliveryConsent.give(other, WORDING)
    log_in(client, make_account())
    assert "Vous n'avez pas donné votre accord." in Page(client.get(CONSENT)).text
    token = Page(client.get(CONSENT)).soup.select_one("input[name=csrf_token]")["value"]
    client.post(WITHDRAW, data={"csrf_token": token})
    assert DeliveryConsent.of(other) is not None
    assert journal() == []


def test_it_promises_for_the_office_no_more_than_the_office_may_do(client, make_account):
    log_in(client, make_account())
    text = Page(client.get(CONSENT)).text
    assert text.count("L'office peut alors ne plus") == 2
    assert "n'envoie plus" not in text


class TestOffice:
    """Which says who gets no paper any more."""

    def agreed(self, console):
        with console.get("/agents/quittances.csv") as answer:
            assert answer.mimetype == "text/csv"
            table = answer.data.decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(table), delimiter=";")
        assert header == ["N° locataire", "Nom", "D'accord depuis le"]
        return rows

    def test_an_agent_gets_the_list_of_who_agrees_by_name_and_not_of_who_has_withdrawn(self, console, make_tenant):
        paoli, casanova, rossi = (
            make_tenant(name, "Maria", number=number, reference=f"01-{number}")
            for name, number in (("PAOLI", "0001"), ("CASANOVA", "0002"), ("ROSSI", "0003"))
        )
        with time_machine.travel("2026-03-12 10:00+01:00", tick=False):
            for tenant in (paoli, casanova, rossi):
                DeliveryConsent.give(tenant, WORDING)
            DeliveryConsent.withdraw(rossi)
        with time_machine.travel("2026-03-13 08:05+01:00", tick=False):
            DeliveryConsent.withdraw(paoli)
            DeliveryConsent.give(paoli, WORDING)
        assert self.agreed(console) == [
            ["0002", "Maria CASANOVA", "12/03/2026, 10\u00a0h\u00a000"],
            ["0001", "Maria PAOLI", "13/03/2026, 8\u00a0h\u00a005"],
        ]

    def test_each_download_is_journalled_with_who_and_how_many_lines(self, console, make_tenant):
        self.agreed(console)
        DeliveryConsent.give(make_tenant(), WORDING)
        self.agreed(console)
        entries = JournalEntry.select().where(JournalEntry.event == Event.CONSENTS_DOWNLOADED)
        told = [(entry.agent, entry.tenant, entry.detail) for entry in entries.order_by(JournalEntry.id)]
        assert told == [(console.agent, None, lines) for lines in ("0 ligne", "1 ligne")]

    def test_the_dashboard_leads_to_it(self, console):
        assert Page(console.get("/agents/tableau-de-bord")).one("a[href='/agents/quittances.csv']")

    def test_the_record_says_it_while_it_lasts(self, console, make_tenant):
        tenant = make_tenant()
        record = f"/agents/locataires/{tenant.id}"
        assert "Quittances" not in Page(console.get(record)).one("main").text
        with time_machine.travel("2026-03-12 10:00+01:00", tick=False):
            DeliveryConsent.give(tenant, WORDING)
        assert "Quittances Sur internet, depuis le jeudi 12 mars 2026 à 10 h 00" in Page(console.get(record)).text
        DeliveryConsent.withdraw(tenant)
        assert "Quittances" not in Page(console.get(record)).one("main").text
