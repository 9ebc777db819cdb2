"""A tenant is on the telephone: what the agent does for them, and what the tenant is told of it."""

from datetime import date, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup

from ophportal import clock
from ophportal.access.matching import is_name_of
from ophportal.formatting import date_and_time
from ophportal.models import AccessRequest, Account, Event, Lease, Outcome, TemporaryPassword, Tenant
from ophportal.office import actions, tenants
from tests.conftest import OWN_PASSWORD, landing, log_in, press, request_code
from tests.console.records import events_of, path, record
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read
from tests.together import once_after


def put(tenant, address):
    """Put the address on file, as an import does."""
    Tenant.get_by_id(tenant.id).change_email(address, tenant.email_key)


def filled(page, **typed):
    """What the page's form sends."""
    fields = page.soup.select("main input[name], input[name]")
    return {field["name"]: field.get("value", "") for field in fields} | typed


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
        code, password = code_and_password(mail.body)
        assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"
        assert AccessRequest.get().asked_by == console.agent
        assert Event.CODE_ASKED in events_of(console.agent)

    @pytest.mark.parametrize("active", [False, True])
    def test_who_did_not_expect_it_reads_whom_to_call_and_keeps_the_usual_password(
        self, console, make_tenant, make_account, outbox, active
    ):
        tenant = make_account().tenant if active else make_tenant()
        press(console, path(tenant, "")[:-1], path(tenant, "code"))
        mail = outbox.deliver()
        for body in (mail.body, BeautifulSoup(mail.html, "html.parser").get_text()):
            said = as_read(body)
            assert "Vous n'attendiez pas cet e-mail ? Appelez l'office au 04 65 71 00 00" in said
            assert ("Votre mot de passe habituel marche encore tant que celui-ci n'a pas servi." in said) is active

    def test_the_mail_that_it_replaces_is_named_and_after_five_in_an_hour_none_leaves(self, console, make_tenant):
        tenant = make_tenant()

        def send():
            return Page(console.get(landing(press(console, path(tenant, "")[:-1], path(tenant, "code"))))).text

        def told_as(instant):
            return as_read(date_and_time(instant))

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
    def test_a_correction_is_recorded_the_old_address_told_and_the_code_goes_to_the_new(self, console, caller, outbox):
        answer = console.submit(path(caller, "adresse"), email="Stella@exemple.test")
        assert landing(answer) == f"/agents/locataires/{caller.id}"
        mail = outbox.deliver()
        assert mail.recipients == ["maria@exemple.test"]
        assert "Stella" not in mail.body.replace("Maria Stella", "")
        assert "Stella@exemple.test" in record(console, caller).text
        assert Event.EMAIL_CHANGED in events_of(console.agent)
        press(console, f"/agents/locataires/{caller.id}", path(caller, "code"))
        assert outbox.deliver().recipients == ["Stella@exemple.test"]

    def test_the_old_address_is_told_that_it_was_the_office(self, console, caller, outbox):
        console.submit(path(caller, "adresse"), email="stella@exemple.test")
        told = outbox.deliver()
        for text in (told.body, told.html):
            assert "L'office a fait ce changement à votre demande, ou d'après ses fichiers." in text
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
    def test_what_will_not_do_is_said(self, console, caller, typed, said):
        answer = console.submit(path(caller, "adresse"), email=typed)
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
        self, console, caller, make_tenant, others, said, htmx
    ):
        """A slip of one letter sends a tenant's codes to a neighbour; and by an address of three, nobody enters."""
        for n in range(others):
            make_tenant("ROSSI", number=f"2{n}", reference=f"2{n}", email="voisin@exemple.test")
        console.htmx = htmx
        asked = console.submit(path(caller, "adresse"), email="Voisin@exemple.test")
        page = Page(asked)
        box = page.one("#confirmed[type=checkbox]")
        assert asked.status_code == 422
        assert said in as_read(page.one("#confirmed-erreur").text)
        assert ("n'ouvrira plus aucun" in page.text) == (others == 2)
        assert not box.has_attr("checked")
        assert Tenant.get_by_id(caller.id).email == "maria@exemple.test"

        answer = console.submit(path(caller, "adresse"), email="Voisin@exemple.test", confirmed=box["value"])
        assert landing(answer) == f"/agents/locataires/{caller.id}"
        assert Tenant.get_by_id(caller.id).email == "Voisin@exemple.test"

    def test_the_box_was_ticked_for_one_address_and_not_for_the_next(self, console, caller, make_tenant):
        for n, email in enumerate(["voisin@exemple.test", "voisine@exemple.test"]):
            make_tenant("ROSSI", number=f"2{n}", reference=f"2{n}", email=email)
        answer = console.submit(path(caller, "adresse"), email="voisine@exemple.test", confirmed="voisin@exemple.test")
        assert answer.status_code == 422
        assert Tenant.get_by_id(caller.id).email == "maria@exemple.test"

    @pytest.mark.parametrize("htmx", [False, True])
    def test_one_that_a_colleague_has_corrected_meanwhile_is_not_replaced_unseen(
        self, console, odile_console, caller, htmx
    ):
        page = Page(console.get(path(caller, "adresse")))
        odile_console.submit(path(caller, "adresse"), email="odile@exemple.test")
        headers = {"HX-Request": "true"} if htmx else {}

        answer = console.post(path(caller, "adresse"), data=filled(page, email="mienne@exemple.test"), headers=headers)

        told = Page(answer)
        assert answer.status_code == 422
        assert "L'adresse du dossier a changé" in told.one("#email-erreur").text
        assert "Adresse au dossier : odile@exemple.test" in told.text
        assert Tenant.get_by_id(caller.id).email == "odile@exemple.test"
        # Told so, the agent may stand by it.
        assert landing(console.post(path(caller, "adresse"), data=filled(told)))
        assert Tenant.get_by_id(caller.id).email == "mienne@exemple.test"

    def test_nor_is_one_that_an_import_brings_at_that_very_moment(self, console, caller, monkeypatch):
        """Who corrects while an import writes waits for its end, and had looked at the address of before."""
        page = Page(console.get(path(caller, "adresse")))
        once_after(monkeypatch, tenants, "record_before_the_eyes", lambda: put(caller, "odile@exemple.test"))

        answer = console.post(path(caller, "adresse"), data=filled(page, email="mienne@exemple.test"))

        assert answer.status_code == 422
        assert "Adresse au dossier : odile@exemple.test" in Page(answer).text
        assert Tenant.get_by_id(caller.id).email == "odile@exemple.test"

    def test_pressed_twice_it_is_said_to_be_corrected(self, console, caller):
        page = Page(console.get(path(caller, "adresse")))
        for _ in range(2):
            answer = console.post(path(caller, "adresse"), data=filled(page, email="mienne@exemple.test"))
            assert landing(answer) == f"/agents/locataires/{caller.id}"
        assert events_of(console.agent).count(Event.EMAIL_CHANGED) == 1

    def test_a_password_mailed_to_the_old_address_is_void(self, console, client, caller, outbox):
        request_code(client)
        code, password = code_and_password(outbox.deliver().body)
        console.submit(path(caller, "adresse"), email="stella@exemple.test")
        assert client.submit("/identification", identifier=code, password=password).status_code == 422


class TestSessionsAndBlocking:
    def test_an_agent_ends_the_tenant_s_sessions(self, console, client, caller):
        log_in(client, Account.get())
        press(console, f"/agents/locataires/{caller.id}", path(caller, "sessions"))
        assert landing(client.get("/compte")) == "/identification"
        assert Event.SESSIONS_ENDED in events_of(console.agent)

    def test_ending_those_of_somebody_without_an_account_opens_none(self, console, make_tenant):
        """No page of theirs has the button; a form that is sent all the same changes nothing."""
        tenant = make_tenant()
        token = Page(console.get("/agents")).soup.select("input[name=csrf_token]")[0]["value"]
        console.post(path(tenant, "sessions"), data={"csrf_token": token})
        assert Account.select().count() == 0
        assert Event.SESSIONS_ENDED not in events_of(console.agent)

    def test_a_blocked_tenant_is_out_and_stays_out(self, console, client, caller, outbox):
        log_in(client, Account.get())
        answer = console.submit(path(caller, "bloquer"), reason="Départ signalé, clés rendues")
        assert landing(answer) == f"/agents/locataires/{caller.id}"
        assert landing(client.get("/compte")) == "/identification"
        refused = log_in(client, Account.get())
        assert refused.status_code == 422
        assert "Départ signalé" in record(console, caller).text

        request_code(client)
        mail = outbox.deliver()
        assert "bloqué" in mail.subject
        assert mail.recipients == ["maria@exemple.test"]
        assert AccessRequest.get().outcome == Outcome.BLOCKED
        assert TemporaryPassword.select().count() == 0

        press(console, f"/agents/locataires/{caller.id}", path(caller, "debloquer"))
        assert landing(log_in(client, Account.get())) == "/compte"
        assert events_of(console.agent) == [Event.LOGIN, Event.RECORD_VIEWED, Event.BLOCKED, Event.UNBLOCKED]

    def test_who_has_no_account_is_not_blocked_and_unblocking_them_is_no_fault(self, console, make_tenant):
        tenant = make_tenant()
        token = record(console, tenant).soup.select("input[name=csrf_token]")[0]["value"]
        answer = console.post(path(tenant, "debloquer"), data={"csrf_token": token})
        assert landing(answer) == f"/agents/locataires/{tenant.id}"

    def test_a_page_of_before_does_not_undo_a_colleague_s_newer_block(self, console, manager_console, caller, clock):
        """Its reason has not been read: the agent is led to it, and decides anew."""
        console.submit(path(caller, "bloquer"), reason="Départ signalé")
        inputs = record(console, caller).soup.select(f"form[action='{path(caller, 'debloquer')}'] input")
        on_the_older_page = {field["name"]: field["value"] for field in inputs}
        clock.shift(timedelta(minutes=5))
        press(manager_console, f"/agents/locataires/{caller.id}", path(caller, "debloquer"))
        manager_console.submit(path(caller, "bloquer"), reason="Usurpation signalée")

        console.post(path(caller, "debloquer"), data=on_the_older_page)

        assert Account.is_blocked(caller)
        page = record(console, caller)
        assert "bloqué de nouveau depuis que vous avez ouvert cette page" in page.text
        assert "Usurpation signalée" in page.text
        press(console, f"/agents/locataires/{caller.id}", path(caller, "debloquer"))
        assert not Account.is_blocked(caller)

    def test_one_whose_lease_has_ended_meanwhile_can_be_unblocked(self, console, caller):
        """Or is to begin: who comes back would be blocked without a word of it from then on."""
        Account.get().block()
        Lease.update(ends_on=date(2020, 1, 1)).execute()
        press(console, f"/agents/locataires/{caller.id}", path(caller, "debloquer"))
        assert Account.get().blocked_at is None
        page = record(console, caller)
        assert "L'accès n'est plus bloqué." in page.text
        assert not page.soup.select("form[action$=debloquer], a[href$='/bloquer']")

    def test_a_mailed_password_opens_no_blocked_account(self, console, client, caller, outbox):
        request_code(client)
        code, password = code_and_password(outbox.deliver().body)
        console.submit(path(caller, "bloquer"), reason="Départ signalé")
        assert client.submit("/identification", identifier=code, password=password).status_code == 422

    def test_a_refusal_of_a_blocked_tenant_reads_as_any_other(self, client, another_browser, caller):
        Account.get().block()
        blocked = log_in(client, Account.get())
        unknown = another_browser.submit("/identification", identifier="ZZZZ-ZZZZ", password=OWN_PASSWORD)
        assert Page(blocked).one(".summary").text == Page(unknown).one(".summary").text

    def test_somebody_without_an_account_can_be_blocked_too(self, console, client, make_tenant, outbox):
        tenant = make_tenant()
        console.submit(path(tenant, "bloquer"), reason="Usurpation signalée")
        request_code(client)
        assert "bloqué" in outbox.deliver().subject

    def test_a_block_says_who_may_read_its_reason(self, console, caller):
        """Colleagues, and the tenant, in the copy of their data (test_own_data)."""
        text = Page(console.get(path(caller, "bloquer"))).text
        assert "Le locataire peut la lire dans la copie de ses données" in text
        assert "Ne nommez personne d'autre" in text

    def test_a_block_wants_its_reason(self, console, caller):
        answer = console.submit(path(caller, "bloquer"), reason="")
        assert answer.status_code == 422
        assert Account.get().blocked_at is None
