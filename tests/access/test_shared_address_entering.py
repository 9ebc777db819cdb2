"""Two accounts by one e-mail address: told apart at login, never opened one by the other's password."""

import re

import pytest

from ophportal.access.sessions import CONNECTED
from ophportal.models import Account, Event, JournalEntry, TenantSession
from ophportal.passwords import hash_password
from ophportal.testing import add_lease
from tests.access.shared_address import ADDRESS, CHOICE, NEW, OTHER_PASSWORD, choose, close, describe, enter, whose
from tests.conftest import OWN_PASSWORD, StrictVisitor, landing, log_in, request_code
from tests.page import Page
from tests.together import at_once

UNRECOGNISED = "L'identifiant ou le mot de passe n'est pas le bon."


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


class TestMailedPassword:
    @pytest.fixture
    @staticmethod
    def mailed(client, outbox, make_tenant):
        """The bodies of the mails that went to the one address of two tenants, and their codes and passwords."""
        bodies = []
        for number, first_names, reference in (("205005", "Violette", "7-A"), ("205006", "Narcisse", "9-G")):
            tenant = make_tenant("PRUNIER", first_names, number=number, reference=reference, email=ADDRESS)
            describe(Account.get_or_open(tenant), kind="T3", address=f"{reference} rue des Merles")
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
