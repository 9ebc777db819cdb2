"""« Changer de mot de passe », from the login window."""

import unicodedata
from datetime import timedelta

import pytest

from ophportal import password_policy
from ophportal.models import Account, Event, JournalEntry, TenantSession
from ophportal.testing import TOKEN
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code
from tests.doors import cookie
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read

NEW = "deux lunes rouges sur le toit"


def change(client, identifier, current=OWN_PASSWORD, new=NEW, confirmation=None):
    return client.submit(
        "/changer-mot-de-passe",
        identifier=identifier,
        current_password=current,
        new_password=new,
        confirmation=new if confirmation is None else confirmation,
    )


@pytest.mark.parametrize("htmx", [False, True])
def test_the_new_password_opens_and_the_old_no_longer(client, make_account, outbox, htmx):
    client.htmx = htmx
    account = make_account()
    answer = change(client, account.code)
    page = Page(client.get(landing(answer)))
    assert page.one("h1").text == "Identification"
    assert "Votre mot de passe est changé." in page.text
    assert outbox.deliver().subject == "Votre compte a un nouveau mot de passe"
    assert log_in(client, account).status_code == 422
    assert TenantSession.select().count() == 0
    assert landing(log_in(client, account, NEW)) == "/compte"


def test_it_ends_the_sessions_that_the_old_password_opened(client, another_browser, make_account):
    account = make_account()
    log_in(another_browser, account)
    change(client, account.code)
    assert landing(another_browser.get("/compte")) == "/identification"


def test_the_mailed_password_can_be_changed_here_too(client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    code, temporary = code_and_password(outbox.deliver().body)
    assert landing(change(client, code, temporary)) == "/identification"
    assert change(client, code, temporary, "trois nuages gris au galop").status_code == 422
    assert landing(client.submit("/identification", identifier=code, password=NEW)) == "/compte"


class TestNoNewPassword:
    """What is no new password, or no secret, is refused beside the field, with the reason."""

    SAME = "Le nouveau mot de passe est le même que l'actuel. Choisissez-en un autre."
    MAILED = "Ce mot de passe est dans vos e-mails : quelqu'un peut le lire. Choisissez-en un autre."

    @pytest.fixture
    def mailed(self, client, make_account, outbox):
        """The access code and the mailed password of a tenant who has one of their own, too."""
        make_account()
        request_code(client)
        return code_and_password(outbox.deliver().body)

    def test_the_mailed_one_is_not_one_s_own(self, client, mailed):
        code, temporary = mailed
        client.submit("/identification", identifier=code, password=temporary)
        for typed in (temporary, temporary.replace("-", " ").upper()):
            answer = client.submit("/compte/choisir-mot-de-passe", new_password=typed, confirmation=typed)
            assert answer.status_code == 422
            assert self.MAILED in reason(answer)
        answer = client.submit("/compte/choisir-mot-de-passe", new_password=NEW, confirmation=NEW)
        assert landing(answer) == "/compte"

    def test_nor_from_inside_before_it_is_used(self, client, mailed):
        code, temporary = mailed
        client.submit("/identification", identifier=code, password=OWN_PASSWORD)
        fields = {"current_password": OWN_PASSWORD, "new_password": temporary, "confirmation": temporary}
        assert self.MAILED in reason(client.submit("/compte/mot-de-passe", **fields))

    def test_nor_at_the_window_where_the_tenant_alone_is_told(self, client, mailed):
        code, temporary = mailed
        assert self.MAILED in reason(change(client, code, OWN_PASSWORD, temporary))
        refusal = Page(change(client, code, "faux", temporary)).one(".summary").text
        assert "n'est pas le bon" in refusal
        assert "e-mails" not in refusal

    @pytest.mark.parametrize("which", ["own", "mailed"])
    def test_the_current_one_is_not_a_new_one_at_the_window(self, client, mailed, which):
        code, temporary = mailed
        current = temporary if which == "mailed" else OWN_PASSWORD
        assert self.SAME in reason(change(client, code, current, current))
        assert landing(log_in(client, Account.get(), current)) == "/compte"

    def test_nor_from_inside(self, client, make_account):
        log_in(client, make_account())
        fields = {"current_password": OWN_PASSWORD, "new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD}
        assert self.SAME in reason(client.submit("/compte/mot-de-passe", **fields))

    def test_nor_an_agent_s(self, console):
        fields = {"current_password": OWN_PASSWORD, "new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD}
        answer = console.submit("/agents/mon-acces/mot-de-passe", code="000000", **fields)
        assert self.SAME in reason(answer)

    def test_a_keyboard_that_composes_its_accents_otherwise_makes_no_new_one(self, client, make_account):
        decomposed = unicodedata.normalize("NFD", OWN_PASSWORD)
        assert self.SAME in reason(change(client, make_account().code, OWN_PASSWORD, decomposed))


def test_one_time_shown_and_one_time_hidden_is_the_same_password_twice(client, make_account):
    """A telephone betters the apostrophe in the field whose letters are shown."""
    code = make_account().code
    fields = {"identifier": code, "current_password": OWN_PASSWORD, "confirmation": "l'ombre bleue des figuiers"}
    answer = client.submit("/changer-mot-de-passe", new_password="l\u2019ombre bleue des figuiers", **fields)
    assert landing(answer) == "/identification"


def reason(answer):
    """What the form says beside the new password."""
    return as_read(Page(answer).one("#new_password-erreur").text)


@pytest.mark.parametrize("identifier", ["ZZZZ-ZZZZ", "personne@exemple.test", None])
def test_unknown_and_wrong_get_one_answer(client, make_account, identifier):
    account = make_account()
    answer = change(client, identifier or account.code, "faux")
    assert answer.status_code == 422
    assert "L'identifiant ou le mot de passe n'est pas le bon." in Page(answer).one(".summary").text
    assert JournalEntry.get().event == "login_failed"


class TestJudging:
    """zxcvbn holds a whole process up, for tenths of a second: who has proved nothing sets it to no work."""

    @pytest.fixture
    def judged(self, monkeypatch):
        """The passwords that were given to zxcvbn."""
        judged, strength_of = [], password_policy.strength_of

        def note_and_judge(password, words):
            judged.append(password)
            return strength_of(password, words)

        monkeypatch.setattr(password_policy, "strength_of", note_and_judge)
        return judged

    def test_none_is_judged_of_who_does_not_give_the_one_before(self, client, make_account, judged):
        account = make_account()
        for _ in range(5):
            assert change(client, account.code, "faux").status_code == 422
        assert change(client, account.code, "faux").status_code == 429
        assert change(client, "ZZZZ-ZZZZ", "faux", "motdepasse12").status_code == 422
        assert judged == []

    def test_what_a_glance_refuses_is_told_with_the_rest(self, client, judged):
        page = Page(change(client, "12345", "", "bref"))
        assert "numéro locataire" in page.one("#identifier-erreur").text
        assert "Écrivez votre mot de passe actuel." in page.one("#current_password-erreur").text
        assert "au moins 12 caractères" in page.one("#new_password-erreur").text
        assert judged == []
        assert not JournalEntry.select().exists()

    @pytest.mark.parametrize("current", ["own", "mailed"])
    def test_who_looks_for_a_better_one_has_not_failed(self, client, make_account, outbox, judged, current):
        account = make_account()
        request_code(client)
        code, mailed = code_and_password(outbox.deliver().body)
        current = mailed if current == "mailed" else OWN_PASSWORD
        for _ in range(8):
            assert "trop courant" in reason(change(client, code, current, "motdepasse123"))
        assert judged == ["motdepasse123"] * 8
        assert not JournalEntry.select().where(JournalEntry.event == Event.LOGIN_FAILED).exists()
        assert landing(change(client, code, current)) == "/identification"
        assert landing(log_in(client, account, NEW)) == "/compte"


def test_only_the_tenant_learns_that_it_is_too_close_to_their_name(client, make_account):
    account = make_account()
    close = "mariastella2a"
    assert "votre nom" not in change(client, account.code, "faux", close).text
    assert "votre nom" in change(client, account.code, OWN_PASSWORD, close).text
    assert landing(log_in(client, account)) == "/compte"


def test_no_typed_password_comes_back(client, make_account):
    answer = change(client, make_account().code, "faux-secret", NEW, "autre-secret")
    for secret in ("faux-secret", NEW, "autre-secret"):
        assert secret not in answer.text


class TestPressedTwice:
    @pytest.fixture
    def press(self):
        """A function that fills the form in; gives one that presses its button, for what is written otherwise too."""

        def fill_in(browser, identifier, current=OWN_PASSWORD):
            fields = {"identifier": identifier, "current_password": current, "new_password": NEW, "confirmation": NEW}
            fields["csrf_token"] = TOKEN.search(browser.get("/changer-mot-de-passe").text)[1]
            return lambda **otherwise: browser.post("/changer-mot-de-passe", data=fields | otherwise)

        return fill_in

    @pytest.mark.parametrize("mailed", [False, True])
    @pytest.mark.parametrize("given_up", [False, True])
    def test_it_is_not_said_to_be_wrong(self, client, make_account, outbox, press, mailed, given_up):
        """The browser gives the first answer up, most often, and with it the cookie."""
        account, current = make_account(), OWN_PASSWORD
        if mailed:
            request_code(client)
            _, current = code_and_password(outbox.deliver().body)
        valider = press(client, account.code, current)
        before = cookie(client)
        assert landing(valider()) == "/identification"
        if given_up:
            client.set_cookie("session", before)

        assert landing(valider()) == "/identification"

        assert "Votre mot de passe est changé." in Page(client.get("/identification")).text
        events = [entry.event for entry in JournalEntry]
        assert (events.count(Event.PASSWORD_CHANGED), events.count(Event.LOGIN_FAILED)) == (1, 0)
        assert landing(log_in(client, account, NEW)) == "/compte"

    def test_what_is_not_the_same_press_is_checked_as_ever(self, client, another_browser, make_account, clock, press):
        account = make_account()
        other = make_account("PAOLI", number="9", reference="9", email="ange@exemple.test", password=OWN_PASSWORD)
        valider = press(client, account.code)
        assert landing(valider()) == "/identification"
        third = "trente chats verts sous la pluie"
        assert valider(new_password=third, confirmation=third).status_code == 422
        assert press(another_browser, account.code)().status_code == 422
        assert valider(identifier=other.code, current_password="faux").status_code == 422
        clock.shift(timedelta(seconds=31))
        assert valider().status_code == 422
