"""A tenant is on the telephone: what the agent sees of them, and what they can do."""

import re
from datetime import date, timedelta
from smtplib import SMTPDataError

import pytest
import time_machine

from ophportal import clock
from ophportal.access.matching import is_name_of
from ophportal.formatting import date_and_time, long_date
from ophportal.mailing import mail
from ophportal.models import AccessRequest, Account, Event, JournalEntry, Lease, Outcome, TemporaryPassword, Tenant
from ophportal.office import actions
from ophportal.testing import add_lease
from tests.conftest import OWN_PASSWORD, landing, log_in, press, request_code
from tests.contact_details import change
from tests.lives import enter
from tests.page import Page


@pytest.fixture
def maria(make_account):
    """A tenant with a password of her own."""
    return make_account(civility="Mme", phone="04 65 71 12 34").tenant


def record(console, tenant):
    return Page(console.get(f"/agents/locataires/{tenant.id}"))


def path(tenant, verb):
    return f"/agents/locataires/{tenant.id}/{verb}"


def filled(page, **typed):
    """What the page's form sends."""
    fields = page.soup.select("main input[name], input[name]")
    return {field["name"]: field.get("value", "") for field in fields} | typed


def events_of(agent):
    return [entry.event for entry in JournalEntry.select().where(JournalEntry.agent == agent).order_by(JournalEntry.id)]


class TestSearch:
    def test_a_name_leads_to_the_record(self, console, maria):
        page = Page(press(console, "/agents", "/agents/recherche", q="d'angelo"))
        link = page.one("#resultats a")
        assert link.text == "Mme Maria Stella D'ANGELO-PAOLI"
        assert "0123-04-056" in page.text
        assert "Actif" in page.text
        assert link["href"] == f"/agents/locataires/{maria.id}"

    def test_the_fragment_alone_comes_back_to_htmx(self, console, maria):
        console.htmx = True
        page = Page(press(console, "/agents", "/agents/recherche", q="d'angelo"))
        assert not page.is_whole
        assert page.one("#resultats")

    def test_nobody_found_is_said(self, console):
        assert "Personne ne correspond." in Page(press(console, "/agents", "/agents/recherche", q="zzz")).text

    def test_what_is_typed_is_in_no_address(self, console, maria):
        answer = press(console, "/agents", "/agents/recherche", q="d'angelo")
        assert answer.status_code == 200
        assert "location" not in answer.headers
        form = Page(answer).one("form[role=search]")
        assert form["method"] == "post"


class TestRecord:
    def test_it_shows_contact_leases_access_mails_and_journal(self, console, client, maria, outbox):
        add_lease(maria, "777-B", starts_on=date(2011, 5, 1), ends_on=date(2019, 4, 30))
        request_code(client)
        outbox.deliver()
        page = record(console, maria)
        for text in (
            "maria@exemple.test", "04 65 71 12 34", "0123-04-056", "777-B", "terminé",
            "12 rue des Lilas, 20090 Ajaccio", "Actif", Account.get().code, "Code d'accès et mot de passe",
            "parti", "E-mail parti", "Demande de code traitée",
        ):  # fmt: skip
            assert text in page.text, text

    def test_where_the_tenant_lives_comes_first_before_a_garage_and_what_is_to_begin(self, console, maria):
        Lease.update(ends_on=clock.today() + timedelta(days=60)).execute()
        add_lease(maria, "888-C", starts_on=date(2023, 5, 1))
        add_lease(maria, "999-D", starts_on=clock.today() + timedelta(days=61))
        add_lease(maria, "777-B", starts_on=date(2011, 5, 1), ends_on=date(2019, 4, 30))
        facts = record(console, maria).text.partition("Baux")[2].partition("Documents déposés")[0]
        assert re.findall(r"Référence logement (\S+)", facts) == ["0123-04-056", "888-C", "999-D", "777-B"]

    def test_it_leads_to_who_rents_the_same_dwelling(self, console, maria, make_tenant):
        jean = make_tenant("ESSAI", "Jean", number="77", email="")
        gone = make_tenant("PARTI", "Luc", number="78", email="", ends_on=date(2020, 1, 1))
        record = Page(console.get(f"/agents/locataires/{maria.id}"))
        assert "Autres titulaires" in record.text
        assert record.one(f"main a[href='/agents/locataires/{jean.id}']").get_text() == jean.full_name
        assert not record.soup.select(f"main a[href='/agents/locataires/{gone.id}']")
        assert "Autres titulaires" not in Page(console.get(f"/agents/locataires/{gone.id}")).text

    def test_it_says_which_number_is_the_tenant_s_own_word_since_when_and_which_is_the_erp_s(
        self, console, client, maria
    ):
        with time_machine.travel("2026-03-02 09:00+01:00", tick=False):
            log_in(client, Account.get())
            change(client)
        text = record(console, maria).text
        assert "Téléphone au dossier 06 39 98 12 34 Changé par le locataire le lundi 2 mars 2026 à 9 h 00" in text
        assert "Téléphone de l'ERP, à préférer pour rappeler 04 65 71 12 34" in text

    def test_every_state_of_an_access_has_its_words(self, console, client, make_tenant, outbox):
        tenant = make_tenant()
        state = lambda: record(console, tenant).one(".badge").text  # noqa: E731
        assert state() == "Jamais activé"
        request_code(client)
        code, password = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
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

    def test_what_the_tenant_owes_is_not_shown_and_it_says_where_to_look(self, console, maria):
        enter(maria.leases.get(), "2026-01-01", "Loyer", "412.35")
        text = record(console, maria).text
        assert "412" not in text
        assert "Combien dois-je ? La console ne le montre pas : voyez l'ERP." in text

    def test_a_lease_that_has_not_begun_is_no_ended_one(self, console, make_tenant):
        soon = clock.today() + timedelta(days=10)
        tenant = make_tenant(starts_on=soon)
        page = record(console, tenant)
        assert page.one(".badge").text == "Bail à venir"
        begins = long_date(soon).replace("\u00a0", " ")
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

    def test_who_left_before_choosing_a_password_has_none_and_was_not_never_in(self, console, client, maria, outbox):
        request_code(client)
        code, password = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
        client.submit("/identification", identifier=code, password=password)
        client.log_out()

        page = record(console, maria)
        assert page.one(".badge").text == "Sans mot de passe"
        assert "Jamais activé" not in page.text
        assert "Il n'a pas encore choisi le sien : envoyez-lui un code." in page.text
        assert "Sans mot de passe" in Page(press(console, "/agents", "/agents/recherche", q="paoli")).text

    def test_a_password_that_went_to_an_address_of_before_is_not_said_to_be_good(
        self, console, client, make_tenant, outbox
    ):
        tenant = make_tenant()
        request_code(client)
        code, password = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
        console.submit(path(tenant, "adresse"), email="nouvelle@exemple.test")

        page = record(console, tenant)
        assert client.submit("/identification", identifier=code, password=password).status_code == 422
        assert page.one(".badge").text == "Jamais activé"
        assert "valable jusqu'au" not in page.text
        listed = Page(press(console, "/agents", "/agents/recherche", q="d'angelo"))
        assert "Mot de passe provisoire envoyé" not in listed.text

    def test_reading_it_is_journalled_once_an_hour(self, console, maria):
        record(console, maria)
        record(console, maria)
        assert events_of(console.agent) == [Event.LOGIN, Event.RECORD_VIEWED]
        assert "Agathe Essai" in record(console, maria).text

    def test_each_agent_s_look_is_and_at_each_tenant_s_and_at_the_journal_alone(
        self, console, manager_console, maria, make_tenant
    ):
        """Who consulted whose data, and not only who was the first of the hour (CNIL 2021-122)."""
        ange = make_tenant("PAOLI", "Ange", number="9", reference="9")
        for browser in (console, manager_console):
            record(browser, maria)
            browser.get(path(ange, "journal/1"))
            record(browser, ange)
        for browser in (console, manager_console):
            looks = JournalEntry.select().where(JournalEntry.event == Event.RECORD_VIEWED)
            of_theirs = looks.where(JournalEntry.agent == browser.agent).order_by(JournalEntry.id)
            assert [look.tenant for look in of_theirs] == [maria, ange]

    def test_reading_no_more_than_the_journal_is_journalled_too(self, console, maria):
        console.get(path(maria, "journal/1"))
        assert events_of(console.agent) == [Event.LOGIN, Event.RECORD_VIEWED]

    def test_failures_at_the_door_of_an_address_that_two_share_are_shown_to_both(
        self, console, client, maria, make_account
    ):
        ange = make_account("PAOLI", "Ange", number="9", reference="9", email=maria.email).tenant
        client.submit("/identification", identifier=maria.email, password="pas celui-ci du tout")
        for each in (maria, ange):
            assert "Essai de connexion refusé" in record(console, each).text

    def test_failures_at_the_tenant_s_door_are_shown(self, console, client, maria):
        log_in(client, Account.get(), password="pas celui-ci du tout")
        assert "Essai de connexion refusé" in record(console, maria).text

    def test_no_page_of_the_console_shows_a_password_or_its_hash(self, console, client, maria, outbox):
        request_code(client)
        password = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)[1]
        text = record(console, maria).response.text
        assert password not in text
        assert "argon2" not in text

    @pytest.mark.parametrize("number", ["0", "999999", str(2**63), "9" * 40])
    def test_one_that_is_not_there_is_not_found(self, console, number):
        assert console.get(f"/agents/locataires/{number}").status_code == 404


class TestJournal:
    """What strangers do at a door buries nothing of what was done to the tenant's file."""

    @pytest.fixture
    def a_year(self, maria):
        """More acts than two pages hold, a day apart."""
        for day in range(120):
            at = clock.now() - timedelta(days=day + 1)
            JournalEntry.create(event=Event.BLOCKED, tenant=maria, detail=f"raison {day}", at=at)
        return maria

    def test_sixty_failures_hide_no_act_and_are_told_in_one_line(self, console, client, maria):
        console.submit(path(maria, "adresse"), email="stella@exemple.test")
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as then:
            for _ in range(60):
                log_in(client, Account.get(), password="pas celui-ci du tout")
                then.shift(timedelta(minutes=1))
        page = record(console, maria)
        assert "Adresse e-mail changée" in page.one("table[aria-labelledby=journal]").text
        assert "60 essais refusés depuis le lundi 2 mars 2026 à 10 h 00. Voici les 10 derniers." in page.text
        assert len(page.soup.select("table[aria-labelledby=essais] tbody tr")) == 10

    def test_a_few_failures_are_all_there(self, console, client, maria):
        log_in(client, Account.get(), password="pas celui-ci du tout")
        page = record(console, maria)
        assert "essais refusés depuis" not in page.text
        assert len(page.soup.select("table[aria-labelledby=essais] tbody tr")) == 1

    def test_nobody_who_failed_has_no_heading(self, console, maria):
        assert not record(console, maria).soup.select("#essais")

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

    def test_a_short_journal_leads_nowhere(self, console, maria):
        assert not [link for link in record(console, maria).soup.select("main a") if "/journal/" in link["href"]]
        assert console.get(path(maria, "journal/1")).status_code == 200

    @pytest.mark.parametrize("number", ["0", "2", "-1", str(2**32), str(2**63), "9" * 40])
    def test_a_page_beyond_it_is_not_there(self, console, maria, number):
        assert console.get(path(maria, f"journal/{number}")).status_code == 404


def test_of_two_windows_on_two_tenants_each_says_in_its_title_whose_it_is(console, maria):
    """RGAA 8.6: who has several open, and who hears them, knows them by their titles."""
    pages = {"adresse": "Corriger l'adresse e-mail", "bloquer": "Bloquer l'accès", "journal/1": "Journal des accès"}
    for verb, deed in pages.items():
        title = Page(console.get(path(maria, verb))).title
        assert title.startswith(f"{deed}\u00a0: Mme Maria Stella D'ANGELO-PAOLI – ")
    refused = Page(press(console, path(maria, "bloquer"), path(maria, "bloquer"), reason=""))
    assert refused.title.startswith("Erreur\u00a0: Bloquer l'accès\u00a0: Mme Maria Stella D'ANGELO-PAOLI – ")
    console.htmx = True
    fragment = Page(press(console, path(maria, "bloquer"), path(maria, "bloquer"), reason=""))
    assert fragment.title == refused.title


def test_where_there_is_no_address_one_is_added_and_none_corrected(console, make_account):
    tenant = make_account(email="").tenant
    page = record(console, tenant)
    assert "Pas d'adresse e-mail : ajoutez-la, ou imprimez un courrier." in page.text
    assert page.one("a[href$='/adresse']").text == "Ajouter l'adresse e-mail"
    page = Page(console.get(path(tenant, "adresse")))
    assert page.one("h1").text == "Ajouter l'adresse e-mail"
    assert "Ajouter l'adresse e-mail" in page.title


class TestSendingACode:
    def test_it_goes_to_the_address_on_file_and_works(self, console, client, make_tenant, outbox):
        tenant = make_tenant()
        assert landing(press(console, path(tenant, "")[:-1], path(tenant, "code"))) == f"/agents/locataires/{tenant.id}"
        mail = outbox.deliver()
        assert mail.recipients == ["maria@exemple.test"]
        for body in (mail.body, mail.html):
            assert "vous envoie un code d" in body
            assert "Vous avez demandé" not in body
            assert "rien demandé" not in body
        code, password = re.findall(r"^    (\S+)$", mail.body, re.MULTILINE)
        assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"
        assert AccessRequest.get().asked_by == console.agent
        assert Event.CODE_ASKED in events_of(console.agent)

    def test_the_mail_that_it_replaces_is_named_and_after_five_in_an_hour_none_leaves(self, console, make_tenant):
        tenant = make_tenant()

        def send():
            return Page(console.get(landing(press(console, path(tenant, "")[:-1], path(tenant, "code"))))).text

        def told_as(instant):
            return date_and_time(instant).replace("\u00a0", " ")

        with time_machine.travel(clock.now(), tick=False) as time:
            for _ in range(2):  # pressed twice
                assert "Il remplace" not in send()
            for _ in range(4):
                before = clock.now()
                time.shift(timedelta(minutes=1))
                assert f"Il remplace celui du {told_as(before)}." in send()
            last = clock.now()
            time.shift(timedelta(minutes=1))
            said = send()
            assert f"Aucun code n'est parti : il y en a eu 5 depuis une heure, le dernier le {told_as(last)}." in said
            assert AccessRequest.select().count() == 5

            console.submit(path(tenant, "adresse"), email="stella@exemple.test")
            assert "Le code d'accès part à l'adresse du dossier." in send()
            console.submit(path(tenant, "adresse"), email="maria@exemple.test")
            assert "Aucun code n'est parti" in send()
            AccessRequest.update(created_at=clock.now() - timedelta(minutes=61)).execute()
            assert "Le code d'accès part à l'adresse du dossier." in send()

    def test_there_is_no_button_without_an_address_or_a_lease(self, console, make_tenant):
        without_address = make_tenant(email="")
        ended = make_tenant("PAOLI", number="2", reference="2", ends_on=date(2020, 2, 1))
        token = Page(console.get("/agents")).soup.select("input[name=csrf_token]")[0]["value"]
        for tenant in (without_address, ended):
            assert not record(console, tenant).soup.select(f"form[action='{path(tenant, 'code')}']")
            console.post(path(tenant, "code"), data={"csrf_token": token})
        assert AccessRequest.select().count() == 0

    def test_a_lease_that_ends_between_the_look_and_the_press_sends_nothing(self, app, console, make_tenant):
        tenant = make_tenant(ends_on=date(2020, 2, 1))
        with app.app_context():
            assert not actions.send_code(tenant, console.agent)
        assert AccessRequest.select().count() == 0

    @pytest.mark.parametrize("name", ["M. PAOLI", "MME D'ANGELO", "Mademoiselle PAOLI née MARTIN", "PAOLI"])
    def test_a_name_with_a_civility_in_its_cell_is_still_theirs(self, make_tenant, name):
        tenant = make_tenant(name)
        assert is_name_of(tenant, name)


class TestAddress:
    def test_a_correction_is_recorded_the_old_address_told_and_the_code_goes_to_the_new(self, console, maria, outbox):
        answer = console.submit(path(maria, "adresse"), email="Stella@exemple.test")
        assert landing(answer) == f"/agents/locataires/{maria.id}"
        mail = outbox.deliver()
        assert mail.recipients == ["maria@exemple.test"]
        assert "Stella" not in mail.body.replace("Maria Stella", "")
        assert "Stella@exemple.test" in record(console, maria).text
        assert Event.EMAIL_CHANGED in events_of(console.agent)
        press(console, f"/agents/locataires/{maria.id}", path(maria, "code"))
        assert outbox.deliver().recipients == ["Stella@exemple.test"]

    def test_the_old_address_is_told_that_it_was_the_office(self, console, maria, outbox):
        console.submit(path(maria, "adresse"), email="stella@exemple.test")
        told = outbox.deliver()
        for text in (told.body, told.html):
            assert "Il l'a fait à votre demande, ou d'après ses fichiers." in text
            assert "C'était vous" not in text

    def test_a_first_address_tells_nobody(self, console, make_tenant, outbox):
        tenant = make_tenant(email="")
        console.submit(path(tenant, "adresse"), email="maria@exemple.test")
        assert outbox.deliver() is None
        assert Tenant.get().email_key == "maria@exemple.test"

    @pytest.mark.parametrize(
        ("typed", "said"),
        [("maria", "n'est pas complète"), ("", "Écrivez"), ("MARIA@exemple.test", "est déjà celle du dossier")],
    )
    def test_what_will_not_do_is_said(self, console, maria, typed, said):
        answer = console.submit(path(maria, "adresse"), email=typed)
        assert answer.status_code == 422
        assert said in Page(answer).text
        assert Tenant.get().email == "maria@exemple.test"

    @pytest.mark.parametrize(
        ("others", "said"),
        [
            (1, "Cette adresse est aussi celle d'un autre locataire."),
            (2, "Cette adresse est aussi celle de 2 autres locataires."),
        ],
    )
    @pytest.mark.parametrize("htmx", [False, True])
    def test_one_that_others_have_is_told_before_it_is_put_on_file(
        self, console, maria, make_tenant, others, said, htmx
    ):
        """A slip of one letter sends a tenant's codes to a neighbour; and by an address of three, nobody enters."""
        for n in range(others):
            make_tenant("ROSSI", number=f"2{n}", reference=f"2{n}", email="voisin@exemple.test")
        console.htmx = htmx
        asked = console.submit(path(maria, "adresse"), email="Voisin@exemple.test")
        page = Page(asked)
        box = page.one("#confirmed[type=checkbox]")
        assert asked.status_code == 422
        assert said in page.one("#confirmed-erreur").text.replace("\u00a0", " ")
        assert ("n'ouvrira plus aucun" in page.text) == (others == 2)
        assert not box.has_attr("checked")
        assert Tenant.get_by_id(maria.id).email == "maria@exemple.test"

        answer = console.submit(path(maria, "adresse"), email="Voisin@exemple.test", confirmed=box["value"])
        assert landing(answer) == f"/agents/locataires/{maria.id}"
        assert Tenant.get_by_id(maria.id).email == "Voisin@exemple.test"

    def test_the_box_was_ticked_for_one_address_and_not_for_the_next(self, console, maria, make_tenant):
        for n, email in enumerate(["voisin@exemple.test", "voisine@exemple.test"]):
            make_tenant("ROSSI", number=f"2{n}", reference=f"2{n}", email=email)
        answer = console.submit(path(maria, "adresse"), email="voisine@exemple.test", confirmed="voisin@exemple.test")
        assert answer.status_code == 422
        assert Tenant.get_by_id(maria.id).email == "maria@exemple.test"

    @pytest.mark.parametrize("htmx", [False, True])
    def test_one_that_a_colleague_has_corrected_meanwhile_is_not_replaced_unseen(
        self, console, odile_console, maria, htmx
    ):
        page = Page(console.get(path(maria, "adresse")))
        odile_console.submit(path(maria, "adresse"), email="odile@exemple.test")
        headers = {"HX-Request": "true"} if htmx else {}

        answer = console.post(path(maria, "adresse"), data=filled(page, email="mienne@exemple.test"), headers=headers)

        told = Page(answer)
        assert answer.status_code == 422
        assert "L'adresse du dossier a changé" in told.one("#email-erreur").text
        assert "Adresse au dossier : odile@exemple.test" in told.text
        assert Tenant.get_by_id(maria.id).email == "odile@exemple.test"
        # Told so, the agent may stand by it.
        assert landing(console.post(path(maria, "adresse"), data=filled(told)))
        assert Tenant.get_by_id(maria.id).email == "mienne@exemple.test"

    def test_pressed_twice_it_is_said_to_be_corrected(self, console, maria):
        page = Page(console.get(path(maria, "adresse")))
        for _ in range(2):
            answer = console.post(path(maria, "adresse"), data=filled(page, email="mienne@exemple.test"))
            assert landing(answer) == f"/agents/locataires/{maria.id}"
        assert events_of(console.agent).count(Event.EMAIL_CHANGED) == 1

    def test_a_password_mailed_to_the_old_address_is_void(self, console, client, maria, outbox):
        request_code(client)
        code, password = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
        console.submit(path(maria, "adresse"), email="stella@exemple.test")
        assert client.submit("/identification", identifier=code, password=password).status_code == 422


class TestSessionsAndBlocking:
    def test_an_agent_ends_the_tenant_s_sessions(self, console, client, maria):
        log_in(client, Account.get())
        press(console, f"/agents/locataires/{maria.id}", path(maria, "sessions"))
        assert landing(client.get("/compte")) == "/identification"
        assert Event.SESSIONS_ENDED in events_of(console.agent)

    def test_a_blocked_tenant_is_out_and_stays_out(self, console, client, maria, outbox):
        log_in(client, Account.get())
        answer = console.submit(path(maria, "bloquer"), reason="Départ signalé, clés rendues")
        assert landing(answer) == f"/agents/locataires/{maria.id}"
        assert landing(client.get("/compte")) == "/identification"
        refused = log_in(client, Account.get())
        assert refused.status_code == 422
        assert "Départ signalé" in record(console, maria).text

        request_code(client)
        mail = outbox.deliver()
        assert "bloqué" in mail.subject
        assert mail.recipients == ["maria@exemple.test"]
        assert AccessRequest.get().outcome == Outcome.BLOCKED
        assert TemporaryPassword.select().count() == 0

        press(console, f"/agents/locataires/{maria.id}", path(maria, "debloquer"))
        assert landing(log_in(client, Account.get())) == "/compte"
        assert events_of(console.agent) == [Event.LOGIN, Event.RECORD_VIEWED, Event.BLOCKED, Event.UNBLOCKED]

    def test_one_whose_lease_has_ended_meanwhile_can_be_unblocked(self, console, maria):
        """Or is to begin: who comes back would be blocked without a word of it from then on."""
        Account.get().block()
        Lease.update(ends_on=date(2020, 1, 1)).execute()
        press(console, f"/agents/locataires/{maria.id}", path(maria, "debloquer"))
        assert Account.get().blocked_at is None
        page = record(console, maria)
        assert "L'accès n'est plus bloqué." in page.text
        assert not page.soup.select("form[action$=debloquer], a[href$='/bloquer']")

    def test_a_mailed_password_opens_no_blocked_account(self, console, client, maria, outbox):
        request_code(client)
        code, password = re.findall(r"^    (\S+)$", outbox.deliver().body, re.MULTILINE)
        console.submit(path(maria, "bloquer"), reason="Départ signalé")
        assert client.submit("/identification", identifier=code, password=password).status_code == 422

    def test_a_refusal_of_a_blocked_tenant_reads_as_any_other(self, client, another_browser, maria):
        Account.get().block()
        blocked = log_in(client, Account.get())
        unknown = another_browser.submit("/identification", identifier="ZZZZ-ZZZZ", password=OWN_PASSWORD)
        assert Page(blocked).one(".summary").text == Page(unknown).one(".summary").text

    def test_somebody_without_an_account_can_be_blocked_too(self, console, client, make_tenant, outbox):
        tenant = make_tenant()
        console.submit(path(tenant, "bloquer"), reason="Usurpation signalée")
        request_code(client)
        assert "bloqué" in outbox.deliver().subject

    def test_a_block_says_who_may_read_its_reason(self, console, maria):
        """Colleagues, and the tenant, in the copy of their data (test_own_data)."""
        text = Page(console.get(path(maria, "bloquer"))).text
        assert "Le locataire peut la lire dans la copie de ses données" in text
        assert "Ne nommez personne d'autre" in text

    def test_a_block_wants_its_reason(self, console, maria):
        answer = console.submit(path(maria, "bloquer"), reason="")
        assert answer.status_code == 422
        assert Account.get().blocked_at is None
