"""The login window: what it shows, how it forgives, what it remembers."""

import pytest
import time_machine
from argon2 import PasswordHasher

from ophportal import __version__, passwords
from ophportal.models import Account, JournalEntry, Tenant, TenantSession
from tests.conftest import OWN_PASSWORD, landing, log_in
from tests.page import Page
from tests.spaces import as_read

UNRECOGNISED = "L'identifiant ou le mot de passe n'est pas le bon."


def test_the_window_shows_everything_of_the_guide(client, app):
    with time_machine.travel("2024-08-07 12:00+02:00"):
        page = Page(client.get("/identification"))

    assert app.config["OFFICE"]["name"] in page.text
    assert page.one("h1").text == "Identification"
    assert "Mercredi 07 Août" in page.text
    texts = [tag.text for tag in page.one("main").select("a, button, label")]
    for expected in (
        "Retour",
        "Identifiant",
        "Mot de passe",
        "Mémoriser mon identifiant",
        "Valider",
        "Abandon",
        "Changer de mot de passe",
        "Demander un code d'accès",
        "Mot de passe oublié",
    ):
        assert expected in texts
    assert __version__ in page.one("footer").text


def test_the_date_is_the_one_in_paris(client):
    with time_machine.travel("2024-12-31 23:30+00:00"):
        assert "Mercredi 01 Janvier" in Page(client.get("/identification")).text


@pytest.mark.parametrize(("scheme", "told"), [("https", "SSL actif"), ("http", "Connexion non protégée")])
def test_ssl_is_said_to_be_active_only_where_it_is(client, scheme, told):
    page = Page(client.get("/identification", base_url=f"{scheme}://localhost"))
    assert told in page.one("footer").text
    assert ("SSL actif" in page.text) == (scheme == "https")


@pytest.mark.parametrize("path", ["/identification", "/changer-mot-de-passe"])
def test_whoever_is_refused_has_the_office_s_telephone_at_hand(app, client, path):
    """The way out of who is blocked, which the answer cannot say: it is the same for everybody."""
    new = {"new_password": "deux lunes rouges sur le toit", "confirmation": "deux lunes rouges sur le toit"}
    page = Page(client.submit(path, identifier="7K2M-94QF", password="faux", current_password="faux", **new))
    assert UNRECOGNISED in page.text
    assert page.one(".summary ~ p a[href^='tel:']").text == app.config["OFFICE"]["phone"]


@pytest.fixture
def known_code(make_account):
    account = make_account()
    Account.update(code="7K10-94QF", code_key="7K1094QF").execute()
    return account


@pytest.mark.parametrize(
    "typed",
    ["7K10-94QF", "7k10-94qf", "7K1094QF", " 7k10 94qf ", "7KlO-94QF", "7kio94qf", "7K10–94QF", "７Ｋ１０９４ＱＦ"],
)
def test_the_code_is_taken_as_people_type_it(client, known_code, typed):
    answer = client.submit("/identification", identifier=typed, password=OWN_PASSWORD)
    assert landing(answer) == "/compte"


def test_the_address_names_the_only_tenant_who_has_it(client, make_account):
    make_account(email="Maria@exemple.test")
    answer = client.submit("/identification", identifier="maria@EXEMPLE.test", password=OWN_PASSWORD)
    assert landing(answer) == "/compte"


def test_a_tenant_who_has_no_account_yet_takes_nothing_from_who_shares_the_address(client, make_account, make_tenant):
    make_account()
    make_tenant("PAOLI", "Ange", number="999", reference="999")
    answer = client.submit("/identification", identifier="maria@exemple.test", password=OWN_PASSWORD)
    assert landing(answer) == "/compte"


def test_a_look_alike_address_is_another_address(client, make_account):
    make_account(email="maria@exemple.test")
    cyrillic_a = "m\u0430ria@exemple.test"
    answer = client.submit("/identification", identifier=cyrillic_a, password=OWN_PASSWORD)
    assert answer.status_code == 422


@pytest.mark.parametrize("password", ["", "x", OWN_PASSWORD + " ", OWN_PASSWORD.upper(), "a" * 5000, "\0"])
def test_a_wrong_password_is_refused_and_never_shown_again(client, make_account, password):
    answer = log_in(client, make_account(), password)
    page = Page(answer)
    assert answer.status_code == 422
    assert page.title.startswith("Erreur")
    assert page.one(".summary").has_attr("autofocus")
    assert not page.one("#password").has_attr("value")


@pytest.mark.parametrize("typed", ["maria @exemple.test ", "Maria@exemple. test", "maria@exemple.test. "])
def test_an_address_is_taken_with_the_spaces_that_a_telephone_adds(client, make_account, typed):
    """Behind each word that it suggests; of two at the end, one makes a full stop."""
    make_account()
    answer = client.submit("/identification", identifier=typed, password=OWN_PASSWORD)
    assert landing(answer) == "/compte"


def test_accents_match_however_a_keyboard_composes_them(client, make_account):
    account = make_account(password="chèvre")
    assert landing(log_in(client, account, "che\u0300vre")) == "/compte"


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ("j\u2019habite l\u2019an \u00ab mil \u00bb", "j'habite l'an \" mil \""),
        ("j'habite l'an \"mil\"", "j\u2018habite l\u2019an \u201cmil\u201d"),
        ("porte\u2013bonheur\u00a0vert\u202f!", "porte-bonheur vert !"),
    ],
)
def test_nor_does_it_matter_that_a_telephone_betters_the_punctuation(client, make_account, chosen, typed):
    """It does so in a note that one copies from, and in a field whose letters are shown: not in one that hides them."""
    account = make_account(password=chosen)
    assert landing(log_in(client, account, typed)) == "/compte"


WINDOWS = {
    "/identification": {"password": "faux"},
    "/changer-mot-de-passe": {
        "current_password": "faux",
        "new_password": "deux lunes rouges sur le toit",
        "confirmation": "deux lunes rouges sur le toit",
    },
}


@pytest.mark.parametrize("window", WINDOWS)
def test_who_is_refused_reads_what_is_probably_wrong_and_the_way_out_is_near(client, make_account, window):
    answer = client.submit(window, identifier=make_account().code, **WINDOWS[window])
    said = Page(answer).one(".summary + p a[href='/mot-de-passe-oublie']").find_parent("form").get_text(" ")
    assert (
        "Le mot de passe du dernier e-mail reçu sert une seule fois, pendant 24 heures ; ensuite, c'est celui que vous "
        "avez choisi." in as_read(said)
    )


@pytest.mark.parametrize("window", WINDOWS)
def test_an_identifier_that_is_missing_may_be_either_as_the_hint_says(client, window):
    page = Page(client.submit(window, **WINDOWS[window]))
    said = as_read(page.one("#identifier-erreur").text)
    assert said == "Erreur : Écrivez votre identifiant : votre code d'accès, ou votre adresse e-mail."


@pytest.mark.parametrize("window", WINDOWS)
def test_the_numero_locataire_is_told_apart_from_a_code_and_counts_as_no_try(client, make_account, window):
    account = make_account()
    for typed in ["0012345", "D'Angelo-Paoli", "7K2M-94Q", "7K2M-94QFF", "…", *["12345"] * 6]:
        answer = client.submit(window, identifier=typed, **WINDOWS[window])
        page = Page(answer)
        assert answer.status_code == 422
        assert (
            "Un code d'accès a 8 chiffres ou lettres, comme 7K2M-94QF. Ce n'est pas votre numéro locataire."
            in as_read(page.one("#identifier-erreur").text)
        )
        assert page.one("#identifier")["value"] == typed
        # Who comes with it most often has no code yet.
        way = page.one(".summary ~ p a[href='/demander-un-code']")
        assert "Vous n'avez pas de code ? Demander un code d'accès" in " ".join(way.parent.text.split())
    assert JournalEntry.select().count() == 0
    assert landing(log_in(client, account)) == "/compte"


@pytest.mark.parametrize("window", WINDOWS)
def test_an_address_that_cannot_be_one_is_told_and_counts_as_no_try(client, make_account, window):
    account = make_account()
    for typed in ["maria@exemple,test", "maria@exemple", "mária@exemple.test", *["maria@@exemple.test"] * 6]:
        answer = client.submit(window, identifier=typed, **WINDOWS[window])
        page = Page(answer)
        assert answer.status_code == 422
        assert "Cette adresse e-mail n'est pas complète, ou elle a une faute." in page.one("#identifier-erreur").text
        assert page.one("#identifier")["value"] == typed
    assert JournalEntry.select().count() == 0
    assert landing(log_in(client, account)) == "/compte"


@pytest.mark.parametrize("typed", ["00012345", "L0012345", "UUUU-UUUU", "dangelop", "maria@exemple.test"])
def test_what_could_be_an_identifier_is_refused_as_any_other(client, make_account, typed):
    make_account()
    assert UNRECOGNISED in Page(client.submit("/identification", identifier=typed, password="faux")).text


def test_nobody_enters_once_every_lease_has_ended(client, make_account):
    account = make_account(ends_on=None)
    with time_machine.travel("2026-01-31 22:00+00:00", tick=False):
        Tenant.get().leases.get().__class__.update(ends_on="2026-01-31").execute()
        assert landing(log_in(client, account)) == "/compte"
        assert client.get("/compte").status_code == 200
    with time_machine.travel("2026-01-31 23:05+00:00", tick=False):  # the first of February in Paris
        assert landing(client.get("/compte")) == "/identification"
        assert UNRECOGNISED in Page(log_in(client, account)).text


def test_the_identifier_is_remembered_only_when_asked_and_forgotten_when_unticked(client, make_account):
    account = make_account()

    log_in(client, account)
    assert client.get_cookie("identifiant") is None

    client.log_out()
    log_in(client, account, remember="y")
    cookie = client.get_cookie("identifiant")
    assert (cookie.value, cookie.http_only, cookie.same_site) == (account.code, True, "Lax")
    client.log_out()

    page = Page(client.get("/identification"))
    assert page.one("#identifier")["value"] == account.code
    assert page.one("#remember").has_attr("checked")
    assert not page.one("#password").has_attr("value")

    log_in(client, account)
    assert client.get_cookie("identifiant") is None
    client.log_out()
    assert not Page(client.get("/identification")).one("#identifier").has_attr("value")


def test_a_failed_login_remembers_nothing(client, make_account):
    log_in(client, make_account(), "faux", remember="y")
    assert client.get_cookie("identifiant") is None


def test_a_hash_of_older_parameters_is_renewed_at_login(client, make_account, monkeypatch):
    make_account()
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
    assert passwords.needs_rehash(Account.get().password_hash)
    assert landing(log_in(client, Account.get())) == "/compte"
    assert not passwords.needs_rehash(Account.get().password_hash)


def test_a_connected_tenant_goes_straight_to_the_account(client, make_account):
    log_in(client, make_account())
    assert landing(client.get("/identification")) == "/compte"


def test_a_stale_form_says_so_and_keeps_what_was_typed_but_the_password(client, make_account):
    account = make_account()
    answer = client.post(
        "/identification", data={"identifier": account.code, "password": OWN_PASSWORD, "csrf_token": "perdu"}
    )
    page = Page(answer)
    assert answer.status_code == 400
    assert "La page est restée ouverte trop longtemps" in page.text
    assert page.one("#identifier")["value"] == account.code
    assert OWN_PASSWORD not in answer.text
    assert TenantSession.select().count() == 0
