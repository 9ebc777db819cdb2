"""À vérifier: the requests that wait for a person, and what becomes of them."""

import re
from datetime import date, timedelta

import pytest
import time_machine

from ophportal import clock
from ophportal.models import (
    AccessRequest,
    Account,
    Decision,
    Event,
    JournalEntry,
    Lease,
    OutboxMessage,
    Outcome,
    Tenant,
    Verification,
)
from ophportal.office import actions
from ophportal.retention import DETAILS_KEPT, purge
from tests.conftest import OWN_PASSWORD, landing, log_in, press, request_code
from tests.console.verifications import LIST, NEW_ADDRESS, opened, refuse
from tests.contact_details import change
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read


def words(part):
    return " ".join(as_read(part.get_text(" ")).split())


def test_what_was_typed_stands_beside_what_is_on_file(console, asked):
    page = opened(console, asked())
    assert "Mme Maria Stella D'ANGELO-PAOLI" in page.title
    lines = [words(line) for line in page.soup.select(".compared > div")]
    assert lines == [
        "Nom : identique Écrit : D'Angelo-Paoli Au dossier : Mme Maria Stella D'ANGELO-PAOLI",
        f"Adresse e-mail : pas identique Écrit : {NEW_ADDRESS} Au dossier : maria@exemple.test",
        "Référence logement : identique Écrit : 0123-04-056 Au dossier : 0123-04-056",
        "Numéro locataire : identique Écrit : 0012345 Au dossier : 0012345",
    ]
    assert "04 65 71 12 34" in page.text


class TestCallingBack:
    """A number that the tenant changed is the word of whoever held their password: the ERP's is another's word."""

    CALLED, NEW = "04 65 71 12 34", "06 39 98 12 34"
    CHANGED = "Changé par le locataire le lundi 2 mars 2026 à 9 h 00"
    PREFERRED = "Téléphone de l'ERP, à préférer pour rappeler"

    @pytest.fixture
    def maria(self, client, make_account):
        """Tells the portal another number, and two minutes later somebody asks with another address."""

        def maria(number=self.NEW, **tenant):
            account = make_account(civility="Mme", **({"phone": self.CALLED} | tenant))
            with time_machine.travel("2026-03-02 09:00+01:00", tick=False):
                log_in(client, account)
                change(client, number)

        return maria

    @pytest.fixture
    def told(self, console, client, outbox):
        """What the agent reads about whom to call: pairs of what a number is, and the number with its remark."""

        def told():
            request_code(client, email=NEW_ADDRESS)
            outbox.deliver()
            page = opened(console, Verification.get())
            return [tuple(map(words, line.select("dt, dd"))) for line in page.soup.select("#verification .facts > div")]

        return told

    def test_a_number_of_the_erp_s_is_the_one_to_call(self, make_tenant, told):
        make_tenant(phone=self.CALLED)
        assert told() == [("Téléphone au dossier", self.CALLED)]

    def test_one_that_the_tenant_changed_is_told_with_its_day_after_the_erp_s(self, maria, told):
        maria()
        assert told() == [
            (self.PREFERRED, self.CALLED),
            ("Téléphone au dossier", f"{self.NEW} {self.CHANGED}"),
        ]

    def test_where_the_erp_has_none_nobody_but_the_tenant_vouches_for_it(self, maria, told):
        maria(phone="")
        assert told() == [
            ("Téléphone de l'ERP", "Aucun Dans le doute, voyez une pièce d'identité au guichet"),
            ("Téléphone au dossier", f"{self.NEW} {self.CHANGED}"),
        ]

    def test_one_that_was_taken_back_leaves_the_erp_s(self, maria, told):
        maria("")
        assert told() == [
            (self.PREFERRED, self.CALLED),
            ("Téléphone au dossier", "Aucun Effacé par le locataire le lundi 2 mars 2026 à 9 h 00"),
        ]

    def test_a_change_that_the_journal_has_forgotten_is_an_old_one(self, maria, told):
        maria()
        JournalEntry.delete().execute()
        assert told()[1] == ("Téléphone au dossier", f"{self.NEW} Changé par le locataire il y a plus d'un an")

    def test_once_the_erp_says_the_same_it_is_the_erp_s_however_spaced(self, maria, told):
        maria()
        Tenant.update(erp_phone="0639981234").execute()
        assert told() == [("Téléphone au dossier", self.NEW)]

    def test_where_there_never_was_one_nobody_is_said_to_have_changed_it(self, make_tenant, told):
        make_tenant()
        assert told() == [("Téléphone au dossier", "Aucun")]


def test_the_nav_counts_what_waits_and_the_record_points_to_it(console, asked):
    it = asked()
    assert "À vérifier (1)" in Page(console.get("/agents")).text
    assert Page(console.get(f"/agents/locataires/{it.tenant.id}")).one(f"a[href='{LIST}/{it.id}']")


def test_accepted_the_address_is_recorded_the_old_one_told_and_the_code_sent(console, client, asked, outbox):
    it = asked()
    opened(console, it)
    assert landing(press(console, f"{LIST}/{it.id}", f"{LIST}/{it.id}/accepter")) == LIST
    outbox.deliver()
    credentials, told = outbox.sent[-2:]  # what somebody waits for leaves first
    assert (told.recipients, credentials.recipients) == (["maria@exemple.test"], [NEW_ADDRESS])
    assert NEW_ADDRESS not in told.body
    code, password = code_and_password(credentials.body)
    assert landing(client.submit("/identification", identifier=code, password=password)) == "/compte"
    it = Verification.get()
    assert (it.decision, it.decided_by) == (Decision.APPROVED, console.agent)
    assert "Rien n'attend" in Page(console.get(LIST)).text
    done = [entry.event for entry in JournalEntry.select().where(JournalEntry.agent == console.agent)]
    assert {Event.VERIFICATION_APPROVED, Event.EMAIL_CHANGED, Event.CODE_ASKED} <= set(done)


def test_accepted_where_no_address_is_on_file_it_becomes_the_address(console, asked, outbox):
    it = asked(on_file="")
    assert AccessRequest.get().outcome == Outcome.NO_ADDRESS
    opened(console, it)
    press(console, f"{LIST}/{it.id}", f"{LIST}/{it.id}/accepter")
    assert outbox.deliver().recipients == [NEW_ADDRESS]
    assert Tenant.get().email == NEW_ADDRESS


def test_refused_the_reason_goes_to_the_address_on_file_alone(console, asked, outbox):
    it = asked()
    opened(console, it)
    assert landing(refuse(console, it)) == LIST
    mail = outbox.deliver()
    assert mail.recipients == ["maria@exemple.test"]
    assert "Nous ne vous avons pas au téléphone" in mail.body
    assert "Nous ne vous avons pas au téléphone" in mail.html
    # With the address that was typed they would be refused again.
    for body in (mail.body, mail.html):
        assert "avec l'adresse qui reçoit ce message" in body
        assert "http://localhost/demander-un-code" in body
    assert Tenant.get().email == "maria@exemple.test"
    assert Verification.get().decision == Decision.REFUSED


def test_refused_where_no_address_is_on_file_the_reason_goes_to_the_typed_one(console, asked, outbox):
    it = asked(on_file="")
    opened(console, it)
    refuse(console, it)
    mail = outbox.deliver()
    assert mail.recipients == [NEW_ADDRESS]
    for body in (mail.body, mail.html):
        # Whoever typed it may be a stranger: the mail names nobody.
        assert "PAOLI" not in body.upper()
        assert "C'était vous ? Appelez l'office au " in as_read(body)
        assert "demander-un-code" not in body


@pytest.mark.parametrize(
    ("on_file", "said"),
    [("maria@exemple.test", "du dossier : maria@exemple.test."), ("", f"écrite dans la demande : {NEW_ADDRESS}.")],
)
def test_the_agent_knows_beforehand_where_the_reason_goes(console, asked, on_file, said):
    page = opened(console, asked(on_file=on_file))
    assert words(page.one("#reason-aide")) == f"Elle part par e-mail, à l'adresse {said}"


def test_a_refusal_wants_its_reason(console, asked, outbox):
    it = asked()
    opened(console, it)
    answer = refuse(console, it, reason=" ")
    assert answer.status_code == 422
    assert "Écrivez la raison" in Page(answer).text
    assert Verification.get().decision == Decision.PENDING


def test_who_opens_one_has_looked_at_the_record(console, asked):
    it = asked()
    opened(console, it)
    looked = JournalEntry.get(JournalEntry.event == Event.RECORD_VIEWED)
    assert (looked.tenant, looked.agent) == (it.tenant, console.agent)


def test_a_reason_is_kept_thirty_days_after_the_decision(console, asked):
    it = asked()
    assert it.decide(Decision.REFUSED, console.agent, "Personne ne répond")
    for days, reason in ((29, "Personne ne répond"), (31, "")):
        Verification.forget_reasons(clock.now() + timedelta(days=days) - DETAILS_KEPT)
        assert Verification.get().reason == reason


def test_who_asks_again_with_the_same_address_stays_one_line(client, asked, outbox, each_press_counts):
    asked()
    request_code(client, email=NEW_ADDRESS.upper(), name="d angelo paoli")
    request_code(client, email="troisieme@exemple.test")
    outbox.deliver()
    assert [it.request.email for it in Verification.pending()] == [
        NEW_ADDRESS.upper(),
        "troisieme@exemple.test",
    ]


@pytest.mark.parametrize("no_more", [{"ends_on": date(2021, 1, 1)}, {"starts_on": clock.today() + timedelta(days=10)}])
def test_nothing_can_be_accepted_while_no_lease_runs(app, console, asked, no_more):
    it = asked()
    token = opened(console, it).soup.select("input[name=csrf_token]")[0]["value"]
    Lease.update(**no_more).execute()
    page = Page(console.get(f"{LIST}/{it.id}"))
    assert "Ce locataire n'a pas de bail en cours : la demande ne peut pas être acceptée." in page.text
    assert not page.soup.select("form[action$='/accepter']")
    is_refused_to_accept(app, console, it, token)


def test_nor_while_the_office_has_blocked_the_access(app, console, asked):
    it = asked()
    token = opened(console, it).soup.select("input[name=csrf_token]")[0]["value"]
    Account.get_or_open(it.tenant).block()
    page = Page(console.get(f"{LIST}/{it.id}"))
    assert "bloqué l'accès de ce locataire" in page.text
    assert not page.soup.select("form[action$='/accepter']")
    is_refused_to_accept(app, console, it, token)
    press(console, f"/agents/locataires/{it.tenant.id}", f"/agents/locataires/{it.tenant.id}/debloquer")
    assert landing(press(console, f"{LIST}/{it.id}", f"{LIST}/{it.id}/accepter")) == LIST
    assert Tenant.get().email == NEW_ADDRESS


def is_refused_to_accept(app, console, it, token):
    """By the view, and by the deed in its turn: what barred it may come between the two."""
    answer = console.post(f"{LIST}/{it.id}/accepter", data={"csrf_token": token})
    assert landing(answer) == f"{LIST}/{it.id}"
    with app.app_context():
        assert not actions.approve(it, console.agent)
    assert (Tenant.get().email, Verification.get().decision) == ("maria@exemple.test", Decision.PENDING)
    assert not JournalEntry.select().where(JournalEntry.event == Event.VERIFICATION_APPROVED).exists()


def test_an_address_that_others_have_too_is_pointed_out(console, make_tenant, asked):
    make_tenant("ROSSI", "Paul", number="2", reference="2", email=NEW_ADDRESS)
    assert "aussi celle de 1 autre locataire" in opened(console, asked()).text


def test_a_letter_that_passes_for_another_is_pointed_out(console, asked):
    """Beside the address on file, nobody sees it."""
    page = opened(console, asked(typed="maria@ex\u0435mple.test"))
    assert "L'adresse écrite contient « \u0435 »" in words(page.one(".notice"))


def test_no_letter_of_an_ordinary_address_is(console, asked):
    assert "L'adresse écrite contient" not in opened(console, asked()).text


def test_what_was_typed_stays_readable_while_it_waits_and_is_forgotten_after(asked, console, app):
    it = asked()
    with time_machine.travel(clock.now() + timedelta(days=60), tick=False):
        purge()
        assert Verification.get().request.email == NEW_ADDRESS
        it.decide(Decision.REFUSED, console.agent, "On ne sait pas qui c'est")
    with time_machine.travel(clock.now() + timedelta(days=91), tick=False):
        purge()
        it = Verification.get()
        assert (it.request.email, it.reason) == ("", "")


def test_what_nobody_decides_on_waits_for_ninety_days_and_is_forgotten_then(asked):
    it = asked()
    with time_machine.travel(it.created_at + timedelta(days=90), tick=False):
        purge()
        assert Verification.get().request.email == NEW_ADDRESS
    with time_machine.travel(it.created_at + timedelta(days=90, seconds=1), tick=False):
        purge()
        assert not Verification.select().exists()
        assert AccessRequest.get().email == ""


def test_what_is_decided_is_kept_no_longer_than_any_other_request(asked, console):
    it = asked()
    it.decide(Decision.REFUSED, console.agent, "On ne sait pas qui c'est")
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        purge()
        assert AccessRequest.get().email == ""


def test_the_tenant_s_own_password_goes_on_working_meanwhile(console, client, make_account, outbox):
    account = make_account()
    request_code(client, email=NEW_ADDRESS)
    outbox.deliver()
    assert landing(client.submit("/identification", identifier=account.code, password=OWN_PASSWORD)) == "/compte"
    assert Account.get().password_hash
    # The refused request's own, and the one that tells of the login.
    assert [message.mail for message in OutboxMessage.select().order_by(OutboxMessage.id)][1:] == ["new_device"]


class TestMany:
    """A storm of requests: an agent goes through them a page at a time, and is not sent back to the first each time."""

    @pytest.fixture
    def waiting(self, make_tenant):
        """They wait since a day, the day before…: the numbers of the tenants go as the list does."""
        tenants = [make_tenant(f"NOM{n}", number=f"{n}", reference=f"{n}") for n in range(1, 121)]
        for n, tenant in enumerate(tenants):
            request = AccessRequest.create(
                name=tenant.last_name, email=NEW_ADDRESS, dwelling_reference="", tenant_number="", network_address=""
            )
            Verification.create(request=request, tenant=tenant, created_at=clock.now() - timedelta(days=120 - n))
        return list(Verification.pending())

    @staticmethod
    def numbers(page):
        return [int(re.search(r"n° (\d+)", words(line))[1]) for line in page.soup.select("ul.rows > li")]

    @staticmethod
    def links(page):
        return {link.text: link["href"] for link in page.soup.select("main nav a")}

    def test_each_is_on_one_page_the_oldest_first(self, console, waiting):
        page, seen = Page(console.get(LIST)), []
        assert "Demandes 1 à 50 sur 120, de la plus ancienne à la plus récente." in page.text
        while True:
            seen.append(self.numbers(page))
            more = self.links(page).get("Demandes plus récentes")
            if not more:
                break
            page = Page(console.get(more))
            assert page.title.startswith(f"À vérifier, page {len(seen) + 1} – ")
        assert seen == [list(range(1, 51)), list(range(51, 101)), list(range(101, 121))]
        assert "Demandes 101 à 120 sur 120, " in page.text
        assert self.links(page) == {"Demandes plus anciennes": f"{LIST}/page/2"}
        assert self.links(Page(console.get(f"{LIST}/page/2")))["Demandes plus anciennes"] == LIST

    def test_a_few_are_on_one_page_that_leads_nowhere(self, console, asked):
        asked()
        page = Page(console.get(LIST))
        assert self.links(page) == {}
        assert "sur 1" not in page.text

    def test_one_that_is_alone_on_its_page_is_told_as_one(self, console, waiting):
        for it in waiting[:19]:
            it.decide(Decision.REFUSED, console.agent)
        assert "Demande 101 sur 101, " in Page(console.get(f"{LIST}/page/3")).text

    def test_the_first_page_has_one_address(self, console, waiting):
        assert console.get(f"{LIST}/page/1").headers["Location"].endswith(LIST)

    @pytest.mark.parametrize("verb", ["accepter", "refuser", "laisser"])
    def test_who_has_decided_goes_on_where_they_were(self, console, waiting, verb):
        it, page = waiting[70], f"{LIST}/page/2"
        assert landing(press(console, page, f"{LIST}/{it.id}/ouvrir")) == f"{LIST}/{it.id}"
        form = Page(console.get(f"{LIST}/{it.id}")).one(f"form[action$='/{verb}']")
        hidden = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        sent = hidden | {"reason": "Personne ne répond"}
        for _ in ("pressed", "pressed twice"):
            assert landing(console.post(form["action"], data=sent)) == page
        waits = self.numbers(Page(console.get(page)))
        assert (71 in waits) == (verb == "laisser")
        assert waits == [n for n in range(51, 102) if n != 71] if verb != "laisser" else list(range(51, 101))

    @pytest.mark.parametrize(("place", "page"), [(49, LIST), (50, f"{LIST}/page/2")])
    def test_the_last_of_a_page_and_the_first_of_the_next_lead_back_to_their_own(self, console, waiting, place, page):
        assert Page(console.get(f"{LIST}/{waiting[place].id}")).soup.select(f"main a[href='{page}']")

    def test_those_that_are_decided_have_no_place_in_the_list_any_more(self, console, waiting):
        for it in waiting[:60]:
            it.decide(Decision.REFUSED, console.agent)
        assert Page(console.get(f"{LIST}/{waiting[70].id}")).soup.select(f"main a[href='{LIST}']")
        assert waiting[70].count_older() == 10

    def test_so_does_who_only_reads(self, console, waiting):
        assert Page(console.get(f"{LIST}/{waiting[119].id}")).one(f"main a[href='{LIST}/page/3']").text == (
            "Retour à la liste"
        )

    def test_so_does_who_finds_that_a_colleague_has_it(self, console, colleague, waiting):
        it, page = waiting[119], f"{LIST}/page/3"
        token = Page(console.get(page)).one(f"form[action='{LIST}/{it.id}/ouvrir'] input")["value"]
        it.open_for(colleague.agent)
        assert landing(console.post(f"{LIST}/{it.id}/ouvrir", data={"csrf_token": token})) == page
        assert "Un autre agent s'en occupe" in Page(console.get(page)).text

    def test_of_the_last_page_that_is_done_the_one_before_is_left(self, console, waiting):
        for it in waiting[100:]:
            it.decide(Decision.REFUSED, console.agent)
        answer = console.get(f"{LIST}/page/3")
        assert landing(answer) == f"{LIST}/page/2"
        assert self.numbers(Page(console.get(landing(answer)))) == list(range(51, 101))
        Verification.update(decision=Decision.REFUSED).execute()
        assert landing(console.get(f"{LIST}/page/2")) == LIST
        assert "Rien n'attend" in Page(console.get(LIST)).text

    @pytest.mark.parametrize("number", ["0", str(2**32), str(2**63), "9" * 40])
    def test_a_page_that_no_list_has_is_not_there(self, console, number):
        assert console.get(f"{LIST}/page/{number}").status_code == 404
