"""Two accounts by one e-mail address: told apart at login, never opened one by the other's password."""

import re
from datetime import date, timedelta

import pytest
import time_machine

from ophportal.access import login, sessions
from ophportal.access.sessions import CONNECTED
from ophportal.database import writing
from ophportal.models import Account, Event, JournalEntry, Lease, OutboxMessage, Tenant, TenantSession
from ophportal.passwords import hash_password
from ophportal.testing import add_lease
from tests.conftest import OWN_PASSWORD, StrictVisitor, landing, log_in, log_in_agent, press, request_code
from tests.page import Page
from tests.together import at_once, meanwhile

ADDRESS = "les.pruniers@exemple.test"
OTHER_PASSWORD = "trois nuages gris au galop"
NEW = "deux lunes rouges sur le toit"
UNRECOGNISED = "L'identifiant ou le mot de passe n'est pas le bon."
CHOICE = "/compte/comptes"


@pytest.fixture(params=[False, True], ids=["whole page", "htmx"])
def visitor(app, request) -> StrictVisitor:
    """A browser, without JavaScript and with it."""
    visitor = StrictVisitor(app, app.response_class)
    visitor.htmx = request.param
    return visitor


@pytest.fixture
def make_pair(make_account):
    """A function that puts the two on file with their passwords; gives the account of the flat and of the garage."""

    def make(first: str = OWN_PASSWORD, second: str = OWN_PASSWORD) -> tuple[Account, Account]:
        violette = make_account(
            "PRUNIER", "Violette", number="205005", reference="7-A", email=ADDRESS, password=first, civility="Mme"
        )
        narcisse = make_account("PRUNIER", "Narcisse", number="205006", reference="9-G", email=ADDRESS, password=second)
        describe(violette, kind="T3", address="2 rue des Merles")
        describe(narcisse, kind="Garage", address="4 allée des Geais")
        return violette, narcisse

    return make


def describe(account: Account, **fields: str) -> None:
    dwelling = Lease.current_of(account.tenant)[0].dwelling
    for name, value in fields.items():
        setattr(dwelling, name, value)
    dwelling.save()


def enter(browser, password=OWN_PASSWORD, identifier=ADDRESS):
    return browser.submit("/identification", identifier=identifier, password=password)


def whose(browser, page="/compte"):
    return Page(browser.get(page, follow_redirects=True)).one(".whose").get_text()


def choose(browser, account_id):
    page = Page(browser.get(CHOICE))
    token = page.soup.select("input[name=csrf_token]")[0]["value"]
    headers = {"HX-Request": "true"} if browser.htmx else {}
    return browser.post(CHOICE, data={"csrf_token": token, "account": str(account_id)}, headers=headers)


def choose_unasked(browser, account_id):
    """The press of a button that the page does not show, with a token that is good for this browser."""
    token = Page(browser.get("/compte")).soup.select("input[name=csrf_token]")[0]["value"]
    return browser.post(CHOICE, data={"csrf_token": token, "account": str(account_id)})


def test_a_session_that_is_over_leads_to_no_other_account(make_pair):
    """Between the reading of a cookie and the press of a button its half hour may pass."""
    violette, narcisse = make_pair()
    session = TenantSession.start(account=violette, device="essai", network_address="", also_proved=narcisse)
    with time_machine.travel(session.created_at + timedelta(minutes=29), tick=False):
        assert session.other_account() == narcisse
    with time_machine.travel(session.created_at + timedelta(minutes=31), tick=False):
        assert session.other_account() is None


class TestLogin:
    def test_each_password_opens_its_own_account(self, visitor, make_pair):
        make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        for password, name in ((OWN_PASSWORD, "Violette"), (OTHER_PASSWORD, "Narcisse")):
            assert landing(enter(visitor, password)) == "/compte"
            assert name in whose(visitor)
            visitor.log_out()

    def test_one_password_for_both_asks_which_to_open_and_shows_what_tells_them_apart(self, visitor, make_pair):
        make_pair()
        assert landing(enter(visitor)) == CHOICE

        page = Page(visitor.get(CHOICE))

        assert page.one("h1").get_text() == "Quel compte voulez-vous ouvrir\u00a0?"
        first, second = (card.get_text(" ") for card in page.soup.select("section.card"))
        for told in ("Violette PRUNIER", "205005", "Logement T3", "2 rue des Merles"):
            assert told in first
        for told in ("Narcisse PRUNIER", "205006", "Garage", "4 allée des Geais"):
            assert told in second
        assert len(page.soup.select("form[method=post][action='/compte/comptes'] button")) == 2

    def test_nobody_is_told_to_be_in_an_account_before_they_have_said_in_which(self, visitor, make_pair):
        _, narcisse = make_pair()
        enter(visitor)
        page = Page(visitor.get(CHOICE))
        assert not page.soup.select(".whose")
        assert CONNECTED not in page.text
        choose(visitor, narcisse.id)
        assert CONNECTED in Page(visitor.get("/compte")).text

    def test_the_other_opens_under_a_fresh_token_and_leads_back(self, visitor, make_pair):
        violette, narcisse = make_pair()
        enter(visitor)
        assert "205005" in whose(visitor)
        stolen = visitor.get_cookie("session").value

        assert landing(choose(visitor, narcisse.id)) == "/compte"

        assert "205006" in whose(visitor)
        assert TenantSession.select().count() == 1
        assert Page(visitor.get("/compte/operations")).one(".whose a")["href"] == CHOICE
        assert landing(choose(visitor, violette.id)) == "/compte"
        assert "205005" in whose(visitor)
        visitor.set_cookie("session", stolen)
        assert landing(visitor.get("/compte")) == "/identification"

    def test_who_opens_the_one_that_is_open_stays_there(self, visitor, make_pair):
        violette, _ = make_pair()
        enter(visitor)
        before = TenantSession.get().token_digest
        assert landing(choose(visitor, violette.id)) == "/compte"
        assert "205005" in whose(visitor)
        assert TenantSession.get().token_digest == before

    def test_the_one_that_was_used_last_opens_first(self, client, make_pair):
        violette, narcisse = make_pair()
        for account in (narcisse, violette, narcisse):
            log_in(client, account)
            client.log_out()
            enter(client)
            assert account.tenant.number in whose(client)
            client.log_out()
        enter(client)
        choose(client, violette.id)
        client.log_out()
        enter(client)
        assert "205005" in whose(client)

    def test_a_code_opens_its_own_account_alone(self, client, make_pair):
        _, narcisse = make_pair()
        assert landing(log_in(client, narcisse)) == "/compte"
        assert "205006" in whose(client)
        assert not Page(client.get("/compte")).soup.select(".whose a")
        assert landing(client.get(CHOICE)) == "/compte"

    def test_an_address_of_three_accounts_names_nobody_and_says_to_use_the_code(self, visitor, make_pair, make_account):
        violette, _ = make_pair()
        make_account("PRUNIER", "Iris", number="205099", reference="99", email=ADDRESS)
        answer = enter(visitor)
        assert answer.status_code == 422
        assert UNRECOGNISED in Page(answer).text
        assert "Utilisez le code d'accès." in Page(answer).text
        assert landing(log_in(visitor, violette)) == "/compte"

    def test_a_wrong_password_opens_neither(self, visitor, make_pair):
        make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        assert enter(visitor, "faux").status_code == 422
        assert TenantSession.select().count() == 0

    @pytest.mark.parametrize("how", ["blocked", "ended"])
    def test_a_closed_account_leaves_the_address_to_the_other(self, client, make_pair, how):
        violette, _narcisse = make_pair()
        close(violette, how)
        assert landing(enter(client)) == "/compte"
        assert "205006" in whose(client)
        assert TenantSession.get().also_proved is None

    def test_several_leases_under_one_number_are_one_account(self, client, make_account):
        account = make_account(email=ADDRESS)
        add_lease(account.tenant, "777-B")
        assert landing(enter(client)) == "/compte"
        assert landing(client.get(CHOICE)) == "/compte"

    def test_the_password_that_both_have_is_changed_by_the_code(self, visitor, make_pair):
        violette, _narcisse = make_pair()
        fields = {"current_password": OWN_PASSWORD, "new_password": NEW, "confirmation": NEW}
        answer = visitor.submit("/changer-mot-de-passe", identifier=ADDRESS, **fields)
        assert answer.status_code == 422
        assert "Écrivez le code d'accès du compte à changer." in Page(answer).text

        assert not JournalEntry.select().where(JournalEntry.event == Event.LOGIN_FAILED).exists()
        assert landing(visitor.submit("/changer-mot-de-passe", identifier=violette.code, **fields)) == "/identification"

        assert landing(enter(visitor, NEW)) == "/compte"
        assert "205005" in whose(visitor)
        visitor.log_out()
        assert landing(enter(visitor)) == "/compte"
        assert "205006" in whose(visitor)

    def test_a_password_that_one_has_is_changed_by_the_address(self, visitor, make_pair):
        make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        fields = {"current_password": OTHER_PASSWORD, "new_password": NEW, "confirmation": NEW}
        assert landing(visitor.submit("/changer-mot-de-passe", identifier=ADDRESS, **fields)) == "/identification"
        assert enter(visitor, OTHER_PASSWORD).status_code == 422
        assert landing(enter(visitor, OWN_PASSWORD)) == "/compte"
        assert "205005" in whose(visitor)


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
        deeds, check = [lambda: close(Account.get_by_id(violette.id), "changed", app)], login.verify_password

        def overtaken(password, stored):
            verdict = check(password, stored)
            if deeds:
                meanwhile(deeds.pop())
            return verdict

        monkeypatch.setattr(login, "verify_password", overtaken)
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


def close(account, how, app=None):
    """What ends an account's part in a session of the other."""
    match how:
        case "blocked":
            account.block()
        case "ended":
            Lease.update(ends_on=date(2021, 1, 1)).where(Lease.tenant == account.tenant).execute()
        case "changed":
            change_elsewhere(app, account)
        case "mailed":
            account.forget_password()
        case "others ended":
            browser = StrictVisitor(app, app.response_class)
            log_in(browser, account)
            log_in(StrictVisitor(app, app.response_class), account)
            press(browser, "/compte/securite", "/compte/securite/deconnecter-les-autres")
        case "forgotten":
            Account.forget_all_passwords()


def change_elsewhere(app, account):
    browser = StrictVisitor(app, app.response_class)
    fields = {"current_password": OWN_PASSWORD, "new_password": NEW, "confirmation": NEW}
    answer = browser.submit("/changer-mot-de-passe", identifier=account.code, **fields)
    assert landing(answer) == "/identification"


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
        assert self.SAID in Page(visitor.get(shown)).text.replace("\u00a0", " ")

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


class TestMailedPassword:
    @pytest.fixture
    @staticmethod
    def mailed(client, outbox, make_tenant):
        """The bodies of the mails that went to the one address of two tenants, and their codes and passwords."""
        bodies = []
        for number, first_names, reference in (("205005", "Violette", "7-A"), ("205006", "Narcisse", "9-G")):
            tenant = make_tenant("PRUNIER", first_names, number=number, reference=reference, email=ADDRESS)
            describe(Account.of(tenant), kind="T3", address=f"{reference} rue des Merles")
            request_code(client, name="Prunier", email=ADDRESS, dwelling_reference=reference, tenant_number=number)
            bodies.append(outbox.deliver().body)
        return bodies

    @staticmethod
    def secrets(body):
        return re.findall(r"^    (\S+)$", body, re.MULTILINE)

    def test_two_mails_at_one_address_are_told_apart(self, mailed):
        first, second = mailed
        assert "Violette PRUNIER" in first
        assert "205005" in first
        assert "Logement T3, 7-A rue des Merles, Ajaccio" in first
        assert "Narcisse" not in first
        assert "205006" in second
        assert "Logement T3, 9-G rue des Merles, Ajaccio" in second

    def test_each_works_by_the_address_for_its_own_account(self, client, mailed):
        for body, number in zip(mailed, ("205005", "205006"), strict=True):
            _, temporary = self.secrets(body)
            assert landing(enter(client, temporary)) == "/compte"
            page = Page(client.get("/compte/choisir-mot-de-passe"))
            assert number in page.one(".whose").get_text()
            answer = client.submit("/compte/choisir-mot-de-passe", new_password=NEW, confirmation=NEW)
            assert landing(answer) == "/compte"
            client.log_out()
        assert landing(enter(client, NEW)) == CHOICE

    def test_it_does_not_open_the_other_nor_touch_its_password(self, client, another_browser, mailed):
        (_, temporary), (other_code, _) = map(self.secrets, mailed)
        other = Account.get(Account.code == other_code)
        other.choose_password(hash_password(OTHER_PASSWORD))
        assert enter(client, temporary, identifier=other_code).status_code == 422
        enter(client, temporary)
        assert landing(client.get(CHOICE)) == "/compte/choisir-mot-de-passe"
        assert landing(enter(another_browser, OTHER_PASSWORD)) == "/compte"
        assert "205006" in whose(another_browser)

    def test_of_six_uses_at_once_by_the_address_one_gets_in(self, app, mailed):
        _, temporary = self.secrets(mailed[0])
        browsers = [StrictVisitor(app, app.response_class) for _ in range(6)]
        statuses = at_once(*[lambda each=each: enter(each, temporary).status_code for each in browsers])
        assert statuses.count(303) == 1
        assert TenantSession.select().count() == 1

    def test_it_needs_no_wait_at_a_door_that_strangers_have_worn_out(self, client, another_browser, mailed):
        _, temporary = self.secrets(mailed[1])
        assert [enter(another_browser, "faux").status_code for _ in range(6)] == [422] * 5 + [429]
        assert landing(enter(client, temporary)) == "/compte"


@pytest.mark.usefixtures("clock")
class TestThrottle:
    def test_five_failures_shut_the_address_and_leave_the_codes(self, client, another_browser, make_pair):
        violette, narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        assert [enter(another_browser, "faux").status_code for _ in range(6)] == [422] * 5 + [429]
        assert enter(client).status_code == 429
        assert landing(log_in(client, violette)) == "/compte"
        assert landing(log_in(another_browser, narcisse, OTHER_PASSWORD)) == "/compte"

    def test_a_failure_is_one_row_that_both_see(self, client, make_pair):
        accounts = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        enter(client, "faux")
        assert JournalEntry.select().where(JournalEntry.event == Event.LOGIN_FAILED).count() == 1
        for account, password in zip(accounts, (OWN_PASSWORD, OTHER_PASSWORD), strict=True):
            log_in(client, account, password)
            assert Page(client.get("/compte/securite")).text.count("Essai refusé avec une adresse e-mail") == 1
            client.log_out()

    def test_neither_sees_from_where_the_other_may_have_failed(self, client, another_browser, make_pair):
        violette, _narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        another_browser.environ_base["REMOTE_ADDR"] = "203.0.113.7"
        enter(another_browser, "faux")
        another_browser.environ_base["REMOTE_ADDR"] = "203.0.113.8"
        log_in(another_browser, violette, "faux")
        log_in(client, violette)
        page = Page(client.get("/compte/securite"))
        at_her_code, at_the_address = page.soup.select("main ul.rows")[2].select("li")
        assert "Essai refusé, depuis l'adresse IP 203.0.113.8" in at_her_code.text
        assert at_the_address.text.endswith("Essai refusé avec une adresse e-mail qui sert à deux comptes")
        assert "203.0.113.7" not in page.text

    def test_a_neighbour_does_not_see_it(self, client, make_pair, make_account):
        neighbour = make_account()
        make_pair()
        enter(client, "faux")
        log_in(client, neighbour)
        assert "Essai refusé" not in Page(client.get("/compte/securite")).text

    def test_who_holds_one_wipes_out_no_guess_at_the_other(self, app, make_pair):
        """Guess, log in with one's own password, guess again: the guesses add up all the same."""
        make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        browser, statuses = StrictVisitor(app, app.response_class), []
        for _ in range(4):
            statuses += [enter(browser, "deviné").status_code for _ in range(2)]
            if enter(browser, OTHER_PASSWORD).status_code == 303:
                browser.log_out()
        assert statuses == [422] * 5 + [429] * 3

    def test_nor_do_fresh_browsers_that_know_one_make_fresh_doors(self, app, make_pair):
        _, narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        statuses = []
        for _ in range(4):
            browser = StrictVisitor(app, app.response_class)
            assert landing(log_in(browser, narcisse, OTHER_PASSWORD)) == "/compte"
            browser.log_out()
            statuses += [enter(browser, "deviné").status_code for _ in range(2)]
        assert statuses == [422] * 5 + [429] * 3

    def test_a_device_that_was_in_both_has_its_own_way_in(self, client, another_browser, make_pair):
        violette, narcisse = make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        for account, password in ((violette, OWN_PASSWORD), (narcisse, OTHER_PASSWORD)):
            log_in(client, account, password)
            client.log_out()
        for _ in range(6):
            enter(another_browser, "faux")
        assert landing(enter(client)) == "/compte"

    def test_a_day_of_slow_guesses_ends_as_at_any_door(self, app, make_pair, monkeypatch, clock):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 1000)
        make_pair(OWN_PASSWORD, OTHER_PASSWORD)
        browser = StrictVisitor(app, app.response_class)
        statuses = []
        for _ in range(27):
            statuses.append(enter(browser, "deviné").status_code)
            clock.shift(timedelta(minutes=20))
        assert statuses == [422] * 25 + [429] * 2


def test_the_page_says_whose_account_it_is_everywhere(client, app, make_account):
    tenant = make_account(civility="Mme").tenant
    log_in(client, Account.get(Account.tenant == tenant))
    for path in ("/compte", "/compte/operations", "/compte/securite", "/compte/mot-de-passe"):
        line = whose(client, path)
        assert tenant.full_name in line
        assert tenant.number in line


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("T3", "Logement T3"),
        ("F4", "Logement F4"),
        ("T1 bis", "Logement T1 bis"),
        ("T1'", "Logement T1'"),
        ("T0", "Logement T0"),
        ("Type 3", "Logement Type 3"),
        ("T3 meublé", "Logement T3 meublé"),
        ("T12", "T12"),
        ("", "Logement"),
        ("Garage", "Garage"),
    ],
)
def test_a_flat_is_told_from_a_garage(make_tenant, kind, said):
    dwelling = make_tenant().leases.get().dwelling
    dwelling.kind = kind
    assert dwelling.kind_in_words == said
    assert dwelling.in_short.startswith(f"{said}, ")
