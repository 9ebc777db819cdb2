"""A tenant is on the telephone: how the agent finds them, and what the record tells."""

import re
from datetime import date, timedelta
from smtplib import SMTPDataError

import pytest
import time_machine

from ophportal import clock
from ophportal.formatting import long_date
from ophportal.mailing import mail
from ophportal.models import Account, Event, JournalEntry, Lease, TemporaryPassword
from ophportal.testing import add_lease
from tests.conftest import OWN_PASSWORD, log_in, press, request_code
from tests.console.records import events_of, path, record
from tests.contact_details import change
from tests.lives import enter
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read


class TestSearch:
    def test_a_name_leads_to_the_record(self, console, caller):
        page = Page(press(console, "/agents", "/agents/recherche", q="d'angelo"))
        link = page.one("#resultats a")
        assert link.text == "Mme Maria Stella D'ANGELO-PAOLI"
        assert "0123-04-056" in page.text
        assert "Actif" in page.text
        assert link["href"] == f"/agents/locataires/{caller.id}"

    def test_the_fragment_alone_comes_back_to_htmx(self, console, caller):
        console.htmx = True
        page = Page(press(console, "/agents", "/agents/recherche", q="d'angelo"))
        assert not page.is_whole
        assert page.one("#resultats")

    def test_nobody_found_is_said(self, console):
        assert "Personne ne correspond." in Page(press(console, "/agents", "/agents/recherche", q="zzz")).text

    def test_what_is_typed_is_in_no_address(self, console, caller):
        answer = press(console, "/agents", "/agents/recherche", q="d'angelo")
        assert answer.status_code == 200
        assert "location" not in answer.headers
        form = Page(answer).one("form[role=search]")
        assert form["method"] == "post"


class TestRecord:
    def test_it_shows_contact_leases_access_mails_and_journal(self, console, client, caller, outbox):
        add_lease(caller, "777-B", starts_on=date(2011, 5, 1), ends_on=date(2019, 4, 30))
        request_code(client)
        outbox.deliver()
        page = record(console, caller)
        for text in (
            "maria@exemple.test", "04 65 71 12 34", "0123-04-056", "777-B", "terminé",
            "12 rue des Lilas, 20090 Ajaccio", "Actif", Account.get().code, "Code d'accès et mot de passe",
            "parti", "E-mail parti", "Demande de code traitée",
        ):  # fmt: skip
            assert text in page.text, text

    def test_where_the_tenant_lives_comes_first_before_a_garage_and_what_is_to_begin(self, console, caller):
        Lease.update(ends_on=clock.today() + timedelta(days=60)).execute()
        add_lease(caller, "888-C", starts_on=date(2023, 5, 1))
        add_lease(caller, "999-D", starts_on=clock.today() + timedelta(days=61))
        add_lease(caller, "777-B", starts_on=date(2011, 5, 1), ends_on=date(2019, 4, 30))
        facts = record(console, caller).text.partition("Baux")[2].partition("Documents déposés")[0]
        assert re.findall(r"Référence logement (\S+)", facts) == ["0123-04-056", "888-C", "999-D", "777-B"]

    def test_it_leads_to_who_rents_the_same_dwelling(self, console, caller, make_tenant):
        jean = make_tenant("ESSAI", "Jean", number="77", email="")
        gone = make_tenant("PARTI", "Luc", number="78", email="", ends_on=date(2020, 1, 1))
        page = record(console, caller)
        assert "Autres titulaires" in page.text
        assert page.one(f"main a[href='/agents/locataires/{jean.id}']").get_text() == jean.full_name
        assert not page.soup.select(f"main a[href='/agents/locataires/{gone.id}']")
        assert "Autres titulaires" not in record(console, gone).text

    def test_it_says_which_number_is_the_tenant_s_own_word_since_when_and_which_is_the_erp_s(
        self, console, client, caller
    ):
        with time_machine.travel("2026-03-02 09:00+01:00", tick=False):
            log_in(client, Account.get())
            change(client)
        text = record(console, caller).text
        assert "Téléphone au dossier 06 39 98 12 34 Changé par le locataire le lundi 2 mars 2026 à 9 h 00" in text
        assert "Téléphone de l'ERP, à préférer pour rappeler 04 65 71 12 34" in text

    def test_every_state_of_an_access_has_its_words(self, console, client, make_tenant, outbox):
        tenant = make_tenant()
        state = lambda: record(console, tenant).one(".badge").text  # noqa: E731
        assert state() == "Jamais activé"
        request_code(client)
        code, password = code_and_password(outbox.deliver().body)
        assert state() == "Mot de passe provisoire envoyé"
        assert "Mot de passe provisoire envoyé le" in record(console, tenant).text
        with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
            assert TemporaryPassword.live_of(Account.get()) is None
        client.submit("/identification", identifier=code, password=password)
        client.submit("/compte/choisir-mot-de-passe", new_password=OWN_PASSWORD, confirmation=OWN_PASSWORD)
        assert state() == "Actif"
        Account.get().block()
        assert state() == "Bloqué"
        tenant.leases.get().delete_instance()
        assert state() == "Bail terminé"

    @pytest.mark.parametrize("closed", ["blocked", "ended"])
    def test_a_password_or_a_letter_s_code_on_its_way_is_not_called_good_while_nobody_enters(
        self, console, client, make_tenant, outbox, closed
    ):
        tenant = make_tenant()
        request_code(client)
        outbox.deliver()
        press(console, f"/agents/locataires/{tenant.id}", path(tenant, "courrier"))
        assert record(console, tenant).text.count("alable jusqu'au") == 2
        if closed == "blocked":
            console.submit(path(tenant, "bloquer"), reason="Clés rendues")
        else:
            Lease.update(ends_on=clock.today() - timedelta(days=1)).execute()
        text = record(console, tenant).text
        assert "alable jusqu'au" not in text
        assert re.search("Mot de passe provisoire envoyé le [^:]* : il n'ouvre rien en ce moment", text)
        assert "Son code n'ouvre rien en ce moment" in text
        if closed == "blocked":
            press(console, f"/agents/locataires/{tenant.id}", path(tenant, "debloquer"))
            assert record(console, tenant).text.count("alable jusqu'au") == 2

    def test_what_the_tenant_owes_is_not_shown_and_it_says_where_to_look(self, console, caller):
        enter(caller.leases.get(), "2026-01-01", "Loyer", "412.35")
        text = record(console, caller).text
        assert "412,35" not in text
        assert "Combien dois-je ? La console ne le montre pas : voyez l'ERP." in text

    def test_a_lease_that_has_not_begun_is_no_ended_one(self, console, make_tenant):
        soon = clock.today() + timedelta(days=10)
        tenant = make_tenant(starts_on=soon)
        page = record(console, tenant)
        assert page.one(".badge").text == "Bail à venir"
        begins = as_read(long_date(soon))
        assert f"Son bail commence le {begins} : aucun code ne peut partir avant." in page.text
        assert f"Logement (à partir du {begins})" in page.text
        assert "terminé" not in page.text
        assert not page.soup.select("form[action$='/code'], form[action$='/courrier'], a[href$='/bloquer']")
        assert "Bail à venir" in Page(press(console, "/agents", "/agents/recherche", q="paoli")).text

    @pytest.mark.parametrize(
        ("reply", "badge", "told"),
        [
            ((451, b"4.7.1 later"), "Mot de passe provisoire en attente", "nouvel essai prévu"),
            ((550, b"5.6.0 never"), "Mot de passe provisoire non envoyé", "refusé par le serveur de courrier"),
        ],
    )
    def test_a_password_whose_mail_has_not_left_is_not_said_to_be_sent(
        self, console, client, make_tenant, outbox, monkeypatch, reply, badge, told
    ):
        def refuse(_):
            raise SMTPDataError(*reply)

        monkeypatch.setattr(mail, "send", refuse)
        tenant = make_tenant()
        request_code(client)
        outbox.deliver()
        page = record(console, tenant)
        assert page.one(".badge").text == badge
        assert f"E-mail du mot de passe provisoire : {told}" in page.text
        assert "Mot de passe provisoire envoyé" not in page.text
        assert badge in Page(press(console, "/agents", "/agents/recherche", q="d'angelo")).text

    def test_who_left_before_choosing_a_password_has_none_and_was_not_never_in(self, console, client, caller, outbox):
        request_code(client)
        code, password = code_and_password(outbox.deliver().body)
        client.submit("/identification", identifier=code, password=password)
        client.log_out()

        page = record(console, caller)
        assert page.one(".badge").text == "Sans mot de passe"
        assert "Jamais activé" not in page.text
        assert "Le locataire n'a pas encore choisi le sien : envoyez-lui un code." in page.text
        assert "Sans mot de passe" in Page(press(console, "/agents", "/agents/recherche", q="paoli")).text

    def test_a_password_that_went_to_an_address_of_before_is_not_said_to_be_good(
        self, console, client, make_tenant, outbox
    ):
        tenant = make_tenant()
        request_code(client)
        code, password = code_and_password(outbox.deliver().body)
        console.submit(path(tenant, "adresse"), email="nouvelle@exemple.test")

        page = record(console, tenant)
        assert client.submit("/identification", identifier=code, password=password).status_code == 422
        assert page.one(".badge").text == "Jamais activé"
        assert "valable jusqu'au" not in page.text
        listed = Page(press(console, "/agents", "/agents/recherche", q="d'angelo"))
        assert "Mot de passe provisoire envoyé" not in listed.text

    def test_reading_it_is_journalled_once_an_hour(self, console, caller):
        record(console, caller)
        record(console, caller)
        assert events_of(console.agent) == [Event.LOGIN, Event.RECORD_VIEWED]
        assert "Agathe Essai" in record(console, caller).text

    def test_each_agent_s_look_is_and_at_each_tenant_s_and_at_the_journal_alone(
        self, console, manager_console, caller, make_tenant
    ):
        """Who consulted whose data, and not only who was the first of the hour (CNIL 2021-122)."""
        ange = make_tenant("PAOLI", "Ange", number="9", reference="9")
        for browser in (console, manager_console):
            record(browser, caller)
            browser.get(path(ange, "journal/1"))
            record(browser, ange)
        for browser in (console, manager_console):
            looks = JournalEntry.select().where(JournalEntry.event == Event.RECORD_VIEWED)
            of_theirs = looks.where(JournalEntry.agent == browser.agent).order_by(JournalEntry.id)
            assert [look.tenant for look in of_theirs] == [caller, ange]

    def test_reading_no_more_than_the_journal_is_journalled_too(self, console, caller):
        console.get(path(caller, "journal/1"))
        assert events_of(console.agent) == [Event.LOGIN, Event.RECORD_VIEWED]

    def test_failures_at_the_door_of_an_address_that_two_share_are_shown_to_both(
        self, console, client, caller, make_account
    ):
        ange = make_account("PAOLI", "Ange", number="9", reference="9", email=caller.email).tenant
        client.submit("/identification", identifier=caller.email, password="pas celui-ci du tout")
        for each in (caller, ange):
            assert "Essai de connexion refusé" in record(console, each).text

    def test_failures_at_the_tenant_s_door_are_shown(self, console, client, caller):
        log_in(client, Account.get(), password="pas celui-ci du tout")
        assert "Essai de connexion refusé" in record(console, caller).text

    def test_no_page_of_the_console_shows_a_password_or_its_hash(self, console, client, caller, outbox):
        request_code(client)
        password = code_and_password(outbox.deliver().body)[1]
        text = record(console, caller).response.text
        assert password not in text
        assert "argon2" not in text

    @pytest.mark.parametrize("number", ["0", "999999", str(2**63), "9" * 40])
    def test_one_that_is_not_there_is_not_found(self, console, number):
        assert console.get(f"/agents/locataires/{number}").status_code == 404


class TestJournal:
    """What strangers do at a door buries nothing of what was done to the tenant's file."""

    @pytest.fixture
    def a_year(self, caller):
        """More acts than two pages hold, a day apart."""
        for day in range(120):
            at = clock.now() - timedelta(days=day + 1)
            JournalEntry.create(event=Event.BLOCKED, tenant=caller, detail=f"raison {day}", at=at)
        return caller

    def test_sixty_failures_hide_no_act_and_are_told_in_one_line(self, console, client, caller):
        console.submit(path(caller, "adresse"), email="stella@exemple.test")
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as then:
            for _ in range(60):
                log_in(client, Account.get(), password="pas celui-ci du tout")
                then.shift(timedelta(minutes=1))
        page = record(console, caller)
        assert "Adresse e-mail changée" in page.one("table[aria-labelledby=journal]").text
        assert "60 essais refusés depuis le lundi 2 mars 2026 à 10 h 00. Voici les 10 derniers." in page.text
        assert len(page.soup.select("table[aria-labelledby=essais] tbody tr")) == 10

    def test_a_few_failures_are_all_there(self, console, client, caller):
        log_in(client, Account.get(), password="pas celui-ci du tout")
        page = record(console, caller)
        assert "essais refusés depuis" not in page.text
        assert len(page.soup.select("table[aria-labelledby=essais] tbody tr")) == 1

    def test_nobody_who_failed_has_no_heading(self, console, caller):
        assert not record(console, caller).soup.select("#essais")

    def test_older_acts_are_on_pages_of_their_own_down_to_the_oldest(self, console, a_year):
        page, sizes, told = record(console, a_year), [], ""
        while True:
            sizes.append(len(page.soup.select("table[aria-labelledby=journal] tbody tr")))
            told += page.text
            older = [link["href"] for link in page.soup.select("main a") if "plus anciennes" in link.text]
            if not older:
                break
            page = Page(console.get(older[0]))
            assert f"D'ANGELO-PAOLI, page {len(sizes) + 1} – " in page.title
        assert sizes == [50, 50, 21]  # a look at the record is an act too
        assert [day for day in range(120) if f"raison {day} " not in told] == []
        assert page.one("main a[href$='/journal/2']").text == "Lignes plus récentes"
        assert page.one(f"main a[href='/agents/locataires/{a_year.id}']").text == "Retour au dossier"
        assert "Mme Maria Stella D'ANGELO-PAOLI" in page.text

    def test_a_short_journal_leads_nowhere(self, console, caller):
        assert not [link for link in record(console, caller).soup.select("main a") if "/journal/" in link["href"]]
        assert console.get(path(caller, "journal/1")).status_code == 200

    @pytest.mark.parametrize("number", ["0", "2", "-1", str(2**32), str(2**63), "9" * 40])
    def test_a_page_beyond_it_is_not_there(self, console, caller, number):
        assert console.get(path(caller, f"journal/{number}")).status_code == 404


def test_of_two_windows_on_two_tenants_each_says_in_its_title_whose_it_is(console, caller):
    """RGAA 8.6: who has several open, and who hears them, knows them by their titles."""
    pages = {"adresse": "Corriger l'adresse e-mail", "bloquer": "Bloquer l'accès", "journal/1": "Journal des accès"}
    for verb, deed in pages.items():
        title = Page(console.get(path(caller, verb))).title
        assert title.startswith(f"{deed}\u00a0: Mme Maria Stella D'ANGELO-PAOLI – ")
    refused = Page(press(console, path(caller, "bloquer"), path(caller, "bloquer"), reason=""))
    assert refused.title.startswith("Erreur\u00a0: Bloquer l'accès\u00a0: Mme Maria Stella D'ANGELO-PAOLI – ")
    console.htmx = True
    fragment = Page(press(console, path(caller, "bloquer"), path(caller, "bloquer"), reason=""))
    assert fragment.title == refused.title


def test_where_there_is_no_address_one_is_added_and_none_corrected(console, make_account):
    tenant = make_account(email="").tenant
    page = record(console, tenant)
    assert "Pas d'adresse e-mail : ajoutez-la, ou imprimez un courrier." in page.text
    assert page.one("a[href$='/adresse']").text == "Ajouter l'adresse e-mail"
    page = Page(console.get(path(tenant, "adresse")))
    assert page.one("h1").text == "Ajouter l'adresse e-mail"
    assert "Ajouter l'adresse e-mail" in page.title
