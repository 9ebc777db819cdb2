"""Two accounts by one e-mail address: from one to the other, while what was proved is worth something."""

from datetime import timedelta

import pytest
import time_machine

from ophportal.access import login, sessions
from ophportal.database import writing
from ophportal.models import Account, Event, JournalEntry, OutboxMessage, Tenant, TenantSession
from tests.access.shared_address import CHOICE, NEW, OTHER_PASSWORD, choose, choose_unasked, close, enter, whose
from tests.conftest import OWN_PASSWORD, landing, log_in, log_in_agent
from tests.page import Page
from tests.spaces import as_read
from tests.together import at_once, meanwhile, once_after


def test_a_session_that_is_over_leads_to_no_other_account(make_pair):
    """Between the reading of a cookie and the press of a button its half hour may pass."""
    violette, narcisse = make_pair()
    session = TenantSession.start(account=violette, device="essai", network_address="", also_proved=narcisse)
    with time_machine.travel(session.created_at + timedelta(minutes=29), tick=False):
        assert session.other_account() == narcisse
    with time_machine.travel(session.created_at + timedelta(minutes=31), tick=False):
        assert session.other_account() is None


class TestTheOtherAccount:
    """Never reachable unless its own password was right at this login, nor longer than that is worth something."""

    def test_an_account_that_was_not_proved_is_not_found(self, visitor, make_pair):
        _, narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        enter(visitor)
        assert choose_unasked(visitor, narcisse.id).status_code == 404
        assert "205005" in whose(visitor)

    @pytest.mark.parametrize("asked", ["0", "999999", "-1", "abc", "", "9" * 30])
    def test_nor_is_any_other(self, client, make_pair, asked):
        make_pair()
        enter(client)
        assert choose_unasked(client, asked).status_code == 404

    def test_nor_is_a_neighbour_s(self, client, make_pair, make_account):
        neighbour = make_account()
        make_pair()
        enter(client)
        assert choose_unasked(client, neighbour.id).status_code == 404

    @pytest.mark.parametrize("how", ["blocked", "ended", "changed", "mailed", "others ended", "forgotten"])
    def test_it_ends_with_what_was_proved(self, visitor, app, make_pair, how):
        _violette, narcisse = make_pair()
        enter(visitor)
        close(narcisse, how, app)
        assert choose_unasked(visitor, narcisse.id).status_code == 404
        assert landing(visitor.get(CHOICE)) == "/compte"
        assert "205005" in whose(visitor)

    @pytest.mark.parametrize("how", ["changed", "blocked"])
    def test_so_it_does_when_it_happens_between_the_page_and_the_press(self, visitor, app, make_pair, monkeypatch, how):
        _, narcisse = make_pair()
        enter(visitor)
        monkeypatch.setattr("ophportal.account.accounts.writing", late(how, narcisse, app))
        assert choose(visitor, narcisse.id).status_code == 404
        assert "205005" in whose(visitor)

    def test_a_password_changed_during_the_login_opens_the_first_alone(self, client, app, make_pair, monkeypatch):
        _violette, narcisse = make_pair()
        deeds = [lambda: close(Account.get_by_id(narcisse.id), "changed", app)]
        let_in = sessions.let_in

        def overtaken(recognised):
            assert recognised.other == narcisse
            meanwhile(deeds.pop())
            return let_in(recognised)

        monkeypatch.setattr(sessions, "let_in", overtaken)
        enter(client)
        assert TenantSession.get().also_proved is None
        assert choose_unasked(client, narcisse.id).status_code == 404

    def test_a_password_changed_during_the_check_counts_as_wrong(self, client, app, make_pair, monkeypatch):
        violette, _narcisse = make_pair()
        once_after(monkeypatch, login, "verify_password", lambda: close(Account.get_by_id(violette.id), "changed", app))
        assert landing(enter(client)) == "/compte"
        assert "205006" in whose(client)
        assert TenantSession.get().also_proved is None

    def test_a_session_that_is_over_goes_over_to_nothing(self, client, make_pair):
        violette, narcisse = make_pair()
        enter(client)
        token = Page(client.get(CHOICE)).soup.select("input[name=csrf_token]")[0]["value"]
        TenantSession.end_all_of(violette)
        assert landing(client.post(CHOICE, data={"csrf_token": token, "account": narcisse.id})) == "/identification"

    def test_two_presses_at_once_open_one_session(self, app, client, another_browser, make_pair):
        _, narcisse = make_pair()
        enter(client)
        token = Page(client.get(CHOICE)).soup.select("input[name=csrf_token]")[0]["value"]
        another_browser.set_cookie("session", client.get_cookie("session").value)
        data = {"csrf_token": token, "account": str(narcisse.id)}
        answers = at_once(*[lambda each=each: each.post(CHOICE, data=data) for each in (client, another_browser)])
        assert TenantSession.select().count() == 1
        assert sorted(answer.status_code for answer in answers) in ([303, 303], [303, 404])
        assert TenantSession.get().account == narcisse

    def test_going_to_and_fro_does_not_outlive_twelve_hours(self, client, make_pair):
        violette, narcisse = make_pair()
        with time_machine.travel("2026-03-02 08:00+01:00", tick=False) as clock:
            enter(client)
            for turn in range(26):
                clock.shift(timedelta(minutes=27))
                choose(client, (narcisse, violette)[turn % 2].id)
            clock.shift(timedelta(minutes=17))
            assert client.get("/compte").status_code == 200
            clock.shift(timedelta(minutes=2))
            assert landing(client.get("/compte")) == "/identification"

    def test_a_change_of_one_s_own_password_lets_the_other_go(self, client, make_pair):
        _, narcisse = make_pair()
        enter(client)
        client.submit("/compte/mot-de-passe", current_password=OWN_PASSWORD, new_password=NEW, confirmation=NEW)
        assert "205005" in whose(client)
        assert choose_unasked(client, narcisse.id).status_code == 404

    def test_it_is_told_as_a_login_is(self, client, app, make_pair):
        violette, narcisse = make_pair()
        enter(client)
        OutboxMessage.delete().execute()
        choose(client, narcisse.id)

        assert "Connexion depuis votre autre compte" in Page(client.get("/compte/securite")).text
        entry = JournalEntry.select().order_by(JournalEntry.id.desc()).get()
        assert (entry.event, entry.tenant) == (Event.ACCOUNT_SWITCHED, narcisse.tenant)
        assert [(row.mail, row.tenant) for row in OutboxMessage] == [("new_device", narcisse.tenant)]
        choose(client, violette.id)
        choose(client, narcisse.id)
        assert OutboxMessage.select().count() == 1

    def test_a_device_that_may_come_over_is_seen_and_sent_away(self, app, client, another_browser, make_pair):
        _violette, narcisse = make_pair()
        enter(client)
        log_in(another_browser, narcisse)
        page = Page(another_browser.get("/compte/securite"))
        assert "Connecté à votre autre compte" in page.text
        press_first(another_browser, page, "/compte/securite/deconnecter")
        assert TenantSession.select().count() == 2
        assert choose_unasked(client, narcisse.id).status_code == 404


def late(how, account, app):
    """`writing` of the press, before which somebody else has done this to the account."""

    def begin():
        meanwhile(lambda: close(Account.get_by_id(account.id), how, app))
        return writing()

    return begin


def press_first(browser, page, action):
    form = page.soup.select(f"form[action='{action}']")[0]
    fields = {tag["name"]: tag["value"] for tag in form.select("[name]")}
    assert landing(browser.post(action, data=fields)) == "/compte/securite"


class TestTwoTabs:
    """A page of one account stays open, and the browser goes into another by another tab."""

    SAID = "Vous êtes maintenant dans le compte de Narcisse PRUNIER. Rien n'a été enregistré."
    TELEPHONE = "/compte/coordonnees/telephone"

    @pytest.fixture
    def narcisse_s(self, visitor, make_pair, make_tenant):
        """Violette's page was open when the browser went over to Narcisse; gives what sends her form from there."""
        violette, narcisse = make_pair()
        enter(visitor)
        choose(visitor, violette.id)
        token = Page(visitor.get(self.TELEPHONE)).one("main input[name=csrf_token]")["value"]
        choose(visitor, narcisse.id)
        visitor.get("/compte")  # which tells that they are in
        return lambda path, **fields: self.send(visitor, path, token, **fields)

    @staticmethod
    def send(browser, path, token, **fields):
        headers = {"HX-Request": "true"} if browser.htmx else {}
        return browser.post(path, data={"csrf_token": token, **fields}, headers=headers)

    def test_the_telephone_of_one_is_not_written_into_the_other_s_file(self, visitor, narcisse_s):
        answer = narcisse_s(self.TELEPHONE, telephone="06 39 98 12 34")

        assert landing(answer) == self.TELEPHONE
        page = Page(visitor.get(self.TELEPHONE))
        assert page.is_whole
        assert "Narcisse" in page.one(".whose").text
        assert page.one(".notice").text == self.SAID
        assert not page.one("#telephone").get("value")
        assert {tenant.phone for tenant in Tenant.select()} == {""}

    @pytest.mark.parametrize(
        ("path", "shown"),
        [
            ("/compte/coordonnees/email", "/compte/coordonnees/email"),
            ("/compte/mot-de-passe", "/compte/mot-de-passe"),
            ("/compte/documents/accord", "/compte/documents/accord"),
            ("/compte/comptes", "/compte/comptes"),
            # These lead nowhere but by their button.
            ("/compte/documents/accord/retirer", "/compte"),
            ("/compte/coordonnees/email/abandonner", "/compte"),
            ("/compte/securite/deconnecter-les-autres", "/compte"),
        ],
    )
    def test_so_it_is_with_every_form_of_the_account(self, visitor, narcisse_s, path, shown):
        assert landing(narcisse_s(path)) == shown
        assert self.SAID in as_read(Page(visitor.get(shown)).text)

    def test_so_it_is_when_somebody_else_has_logged_in(self, client, make_pair):
        violette, narcisse = make_pair()
        log_in(client, violette)
        token = Page(client.get(self.TELEPHONE)).one("main input[name=csrf_token]")["value"]
        client.log_out()
        log_in(client, narcisse)
        client.get("/compte")
        assert landing(self.send(client, self.TELEPHONE, token, telephone="06 39 98 12 34")) == self.TELEPHONE
        assert self.SAID in Page(client.get(self.TELEPHONE)).text
        assert {tenant.phone for tenant in Tenant.select()} == {""}

    def test_one_s_own_form_from_before_a_new_login_keeps_what_was_typed(self, client, make_pair):
        violette, _ = make_pair()
        log_in(client, violette)
        token = Page(client.get(self.TELEPHONE)).one("main input[name=csrf_token]")["value"]
        client.log_out()
        log_in(client, violette)
        answer = self.send(client, self.TELEPHONE, token, telephone="06 39 98 12 34")
        assert answer.status_code == 400
        assert Page(answer).one("#telephone")["value"] == "06 39 98 12 34"

    def test_an_agent_who_logs_in_beside_a_tenant_takes_no_form_from_them(self, client, make_pair, make_agent):
        violette, narcisse = make_pair()
        log_in(client, violette)
        log_in_agent(client, make_agent())
        client.submit(self.TELEPHONE, telephone="06 39 98 12 34", current_password=OWN_PASSWORD)
        assert Tenant.get_by_id(violette.tenant_id).phone == "06 39 98 12 34"
        token = Page(client.get(self.TELEPHONE)).one("main input[name=csrf_token]")["value"]
        client.log_out()
        log_in(client, narcisse)
        assert landing(self.send(client, self.TELEPHONE, token, telephone="06 39 98 12 35")) == self.TELEPHONE

    def test_without_a_session_one_is_asked_who_one_is(self, client, make_pair):
        violette, _ = make_pair()
        log_in(client, violette)
        token = Page(client.get(self.TELEPHONE)).one("main input[name=csrf_token]")["value"]
        client.log_out()
        answer = self.send(client, self.TELEPHONE, token, telephone="06 39 98 12 34")
        assert landing(answer) == "/identification"
