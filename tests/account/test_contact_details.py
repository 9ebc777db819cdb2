"""Mes coordonnées: what the page shows, and the telephone, which agents call back."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from ophportal.clock import now
from ophportal.models import Dwelling, Event, JournalEntry, Tenant
from ophportal.telephone import dialled, folded, telephone
from ophportal.testing import add_lease
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.contact_details import NEW, PAGE, TELEPHONE, change, phone
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read

ON_FILE = "04 65 71 12 34"


@pytest.fixture
def maria(client, make_account, outbox):
    account = make_account(phone=ON_FILE)
    log_in(client, account)
    client.get("/compte")  # where « vous êtes connecté » is said
    outbox.deliver()  # what tells of a new device
    return account


def test_it_shows_where_the_office_writes_and_calls(client, maria):
    page = Page(client.get(PAGE))
    assert "maria@exemple.test" in page.text
    assert "04 65 71 12 34" in page.text
    assert "12 rue des Lilas, 20090 Ajaccio Cette adresse est celle de votre bail." in page.text
    assert {"/compte/coordonnees/email", TELEPHONE} <= {link["href"] for link in page.soup.select("main a")}


def test_each_lease_has_its_address(client, maria):
    garage = add_lease(maria.tenant, "G-7").dwelling
    garage.address, garage.kind = "3 rue du Port", "Garage"
    garage.save()
    text = Page(client.get(PAGE)).text
    assert "12 rue des Lilas, 20090 Ajaccio" in text
    assert "Garage : 3 rue du Port, 20090 Ajaccio 12 rue des Lilas, 20090 Ajaccio Ces adresses sont celles" in text


def test_without_a_postal_address_on_file_none_is_spoken_of(client, maria):
    Dwelling.update(address="", postal_code="", city="").execute()
    page = Page(client.get(PAGE))
    assert "L'office n'a pas enregistré d'adresse pour votre logement." in page.text
    assert "Pour la donner, appelez l'office au 04 65 71 00 00" in page.text
    assert "votre bail" not in page.one("main").text


def test_who_has_given_neither_reads_so(client, make_account):
    log_in(client, make_account(email=""))
    text = Page(client.get(PAGE)).text
    assert "L'office n'a pas votre adresse e-mail." in text
    assert "L'office vous écrit" not in text
    assert "L'office n'a pas votre numéro de téléphone." in text


@pytest.mark.parametrize("htmx", [False, True])
def test_a_new_number_is_kept_as_the_portal_writes_it(client, maria, htmx):
    client.htmx = htmx
    assert landing(change(client, "+33 (0)6.39.98.12.34")) == PAGE
    client.htmx = False
    page = Page(client.get(PAGE))
    assert "Votre numéro de téléphone est enregistré." in page.text
    assert "06 39 98 12 34" in page.text
    assert phone() == "06 39 98 12 34"
    entry = JournalEntry.get(JournalEntry.event == Event.PHONE_CHANGED)
    assert (entry.tenant, entry.detail) == (maria.tenant, "")


def test_the_form_holds_the_number_on_file_and_asks_a_telephone_for_figures(client, maria):
    box = Page(client.get(TELEPHONE)).one("#telephone")
    assert (box["value"], box["type"], box["autocomplete"]) == ("04 65 71 12 34", "tel", "tel")
    assert not box.has_attr("aria-required")


def test_a_number_may_be_taken_back(client, maria):
    assert landing(change(client, "  ")) == PAGE
    assert "Votre numéro de téléphone est effacé." in Page(client.get(PAGE)).text
    assert phone() == ""


@pytest.mark.parametrize(
    ("number", "deed"), [(ON_FILE, "Changer de numéro de téléphone"), ("", "Donner votre numéro de téléphone")]
)
def test_the_page_is_called_as_the_link_that_leads_there(client, maria, number, deed):
    Tenant.update(phone=number).execute()
    assert Page(client.get(PAGE)).one(f"a[href='{TELEPHONE}']").text == deed
    page = Page(client.get(TELEPHONE))
    assert page.one("h1").text == deed
    assert page.title.startswith(deed)
    client.htmx = True
    assert Page(change(client, "x")).title.startswith(f"Erreur\u00a0: {deed}")


def test_the_number_on_file_again_changes_nothing(client, maria, outbox):
    change(client, "0465711234")
    assert "C'est déjà votre numéro de téléphone." in Page(client.get(PAGE)).text
    assert not JournalEntry.select().where(JournalEntry.event == Event.PHONE_CHANGED).exists()
    assert outbox.deliver() is None


@pytest.mark.parametrize("typed", ["06 39 98 12", "mon fixe", "3949", "+33 6 39 98 12", "06 39 98 12 34 56", "+" * 60])
def test_what_is_no_number_is_said_and_kept_on_the_page(client, maria, typed):
    answer = change(client, typed)
    page = Page(answer)
    assert answer.status_code == 422
    assert page.title.startswith("Erreur")
    assert page.one("#telephone")["value"] == typed
    assert page.one("#telephone")["aria-invalid"] == "true"
    assert phone() == "04 65 71 12 34"


class TestPassword:
    """The number is the one that agents call back: a minute at an open session does not put another there."""

    def test_an_open_session_alone_changes_nothing(self, client, maria, outbox):
        answer = client.submit(TELEPHONE, telephone=NEW)
        assert answer.status_code == 422
        assert "Écrivez votre mot de passe actuel." in Page(answer).text
        assert phone() == ON_FILE
        assert outbox.deliver() is None

    @pytest.mark.parametrize("htmx", [False, True])
    def test_it_takes_the_own_password(self, client, maria, outbox, htmx):
        client.htmx = htmx
        answer = change(client, password="un mot de passe faux")
        page = Page(answer)
        assert answer.status_code == 422
        assert page.one(".summary a[href='#current_password']").text == "Ce n'est pas votre mot de passe actuel."
        assert page.one("#telephone")["value"] == NEW
        assert "un mot de passe faux" not in answer.text
        assert phone() == ON_FILE
        assert outbox.deliver() is None

    def test_nor_may_it_be_taken_back_without(self, client, maria):
        assert change(client, "", password="faux").status_code == 422
        assert phone() == ON_FILE

    def test_guesses_are_throttled_as_at_the_door_and_with_those_at_the_address(self, client, maria, app):
        most = app.config["LOGIN_FAILURES"]
        answers = [change(client, password="faux").status_code for _ in range(most + 1)]
        assert answers == [422] * most + [429]
        assert change(client).status_code == 429
        address = {"email": "stella@exemple.test", "current_password": OWN_PASSWORD}
        assert client.submit("/compte/coordonnees/email", **address).status_code == 429
        assert phone() == ON_FILE

    def test_a_mailed_password_is_not_the_own_one_and_stays_good(self, client, maria, outbox, another_browser):
        request_code(another_browser)
        _, mailed = code_and_password(outbox.deliver().body)
        assert change(client, password=mailed).status_code == 422
        assert phone() == ON_FILE
        assert landing(log_in(another_browser, maria, mailed)) == "/compte"

    def test_so_many_an_hour_and_no_more(self, client, maria):
        for number in range(5):
            assert landing(change(client, f"06 39 98 12 0{number}")) == PAGE
        answer = change(client)
        assert answer.status_code == 429
        assert "Trop d'essais. Réessayez dans 60 minutes." in Page(answer).text
        assert phone() == "06 39 98 12 04"
        with time_machine.travel(now() + timedelta(minutes=61), tick=False):
            log_in(client, maria)
            assert landing(change(client)) == PAGE

    def test_and_one_tenant_s_are_not_counted_against_another(self, client, another_browser, maria, make_account):
        for number in range(5):
            change(client, f"06 39 98 12 0{number}")
        ange = make_account("PAOLI", "Ange", number="9", reference="9", email="ange@exemple.test")
        log_in(another_browser, ange)
        assert landing(change(another_browser)) == PAGE


class TestTellingTheTenant:
    @pytest.mark.parametrize("telephone", [NEW, ""], ids=["another number", "none any more"])
    def test_the_address_on_file_is_told_without_the_numbers(self, client, maria, outbox, telephone):
        change(client, telephone)
        mail = outbox.deliver()
        assert mail.recipients == ["maria@exemple.test"]
        assert mail.subject == "Votre numéro de téléphone est changé"
        for body in (mail.body, mail.html):
            assert "Quelqu'un a enregistré, changé ou effacé votre numéro" in body  # a first one as well
            assert ON_FILE not in as_read(body)
            assert NEW not in as_read(body)
            assert "Ce n'était pas vous" in body
            assert "http://localhost/mot-de-passe-oublie" in body
        assert len(outbox.sent) == 2  # that one, and what told of the device

    def test_who_has_no_address_is_told_nothing_and_may_change_it(self, client, make_account, outbox):
        log_in(client, make_account(email=""))
        assert landing(change(client)) == PAGE
        assert phone() == NEW
        assert outbox.deliver() is None


def test_a_stale_page_keeps_what_was_typed(client, maria):
    answer = client.post(TELEPHONE, data={"csrf_token": "vieux", "telephone": "06 39 98 12 34"})
    assert answer.status_code == 400
    assert Page(answer).one("#telephone")["value"] == "06 39 98 12 34"
    assert phone() == "04 65 71 12 34"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("0639981234", "06 39 98 12 34"),
        ("06.39.98.12.34", "06 39 98 12 34"),
        ("06-39-98-12-34", "06 39 98 12 34"),
        ("06\u00a039\u202f98\u201112/34", "06 39 98 12 34"),
        ("+33639981234", "06 39 98 12 34"),
        ("0033 6 39 98 12 34", "06 39 98 12 34"),
        ("+33 (0)6 39 98 12 34", "06 39 98 12 34"),
        ("\uff10\uff16 39 98 12 34", "06 39 98 12 34"),  # full-width, as some keyboards have them
        ("0692 39 98 12", "06 92 39 98 12"),
        ("+262 692 39 98 12", "06 92 39 98 12"),
        ("00590 690 39 98 12", "06 90 39 98 12"),
        ("+687 39 98 12", "+687 39 98 12"),
        ("+689 87 39 98 12", "+689 87 39 98 12"),
        ("+377 98 12 34 56", "+377 98 12 34 56"),
        ("+39 333 399 8123", "+39 33 33 99 81 23"),
        ("+1 418 555 0123", "+1 41 85 55 01 23"),
        ("+49 151 1234567", "+49 15 11 23 45 67"),
        ("+213 550 39 98 12", "+213 550 39 98 12"),
    ],
)
def test_one_number_is_written_one_way(typed, written):
    assert telephone(typed) == written


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("+33 (0)6 39 98 02 01", "+33639980201"),
        ("+33 06 39 98 02 01", "+33639980201"),
        ("0033 6 39 98 02 01", "+33639980201"),
        ("(0)4 65 71 00 00", "0465710000"),
        ("06.39.98.02.01", "0639980201"),
        ("+262 (0)692 12 34 56", "+262692123456"),
        ("+44 (0)20 7946 0000", "+442079460000"),
        ("39 49 (prix d'un appel)", "3949"),
    ],
)
def test_a_link_dials_what_is_written(written, link):
    assert dialled(written) == link


@pytest.mark.parametrize(
    "typed", ["", "0", "00", "+33", "+262 1", "0039", "06 39 98 12 3", "+0639981234", "06 39 98 12 3x"]
)
def test_what_is_no_whole_number_is_none(typed):
    assert telephone(typed) is None


@given(st.from_regex(r"(\+|00|0)[0-9 .()-]{4,22}", fullmatch=True))
def test_what_the_portal_writes_it_reads_alike(typed):
    written = telephone(typed)
    assert written is None or (telephone(written), folded(written)) == (written, folded(typed))
