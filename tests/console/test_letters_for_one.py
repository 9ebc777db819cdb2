"""Courriers: an agent prints one tenant's letter, with a one-time code, from their record."""

from datetime import date, timedelta

import time_machine

from ophportal.clock import now, today
from ophportal.models import Account, Event, JournalEntry, PaperCode, Tenant
from ophportal.office.selection import chosen
from ophportal.papers import access_code
from ophportal.testing import add_lease
from tests.conftest import landing, press, work
from tests.console.letters import CODE, pages_of, use
from tests.page import Page
from tests.pdf import needs_poppler, text_of
from tests.spaces import as_read


def printed(visitor, tenant):
    return press(visitor, f"/agents/locataires/{tenant.id}", f"/agents/locataires/{tenant.id}/courrier")


class TestOneTenant:
    def test_the_letter_comes_at_once_and_names_nobody_in_its_name(self, console, household):
        tenant = household(1)
        answer = printed(console, tenant)

        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="courrier.pdf"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert pages_of(answer.data) == 1
        entry = JournalEntry.get(JournalEntry.event == Event.LETTER_PRINTED)
        assert (entry.tenant, entry.agent) == (tenant, console.agent)

    @needs_poppler
    def test_the_code_on_the_paper_lets_the_tenant_in(self, console, household, client, outbox):
        code = CODE.search(text_of(printed(console, household(1)).data))[0]
        use(client, code)
        assert "Votre mot de passe" in as_read(outbox.deliver().body)
        assert Tenant.get().email == "maria@exemple.test"
        assert PaperCode.get().printed_by == console.agent

    @needs_poppler
    def test_a_second_letter_voids_the_first(self, console, household, client, outbox):
        tenant = household(1)
        first = CODE.search(text_of(printed(console, tenant).data))[0]
        with time_machine.travel(now() + timedelta(seconds=31), tick=False):  # at once, it is the same letter
            second = CODE.search(text_of(printed(console, tenant).data))[0]
        use(client, first)
        assert outbox.deliver() is None
        use(client, second)
        assert outbox.deliver() is not None

    def test_a_page_of_before_does_not_void_one_that_a_colleague_has_printed_since(
        self, console, manager_console, household, clock
    ):
        """It is in the post: the agent reads that it is there, and decides anew."""
        tenant = household(1)
        inputs = Page(console.get(f"/agents/locataires/{tenant.id}")).soup.select("form[action$='/courrier'] input")
        on_the_older_page = {field["name"]: field["value"] for field in inputs}
        clock.shift(timedelta(minutes=5))
        printed(manager_console, tenant)
        posted = PaperCode.get().digest

        answer = console.post(f"/agents/locataires/{tenant.id}/courrier", data=on_the_older_page)

        assert PaperCode.get().digest == posted
        assert "Un courrier a été imprimé pour ce locataire" in Page(console.get(landing(answer))).text
        clock.shift(timedelta(minutes=5))
        assert printed(console, tenant).mimetype == "application/pdf"
        assert PaperCode.get().digest != posted

    def test_one_to_correct_by_hand_is_told_so_before_it_is_downloaded(self, app, console, household):
        tenant = household(1, name="L'" + "ÉCOLE-" * 40)
        address = landing(printed(console, tenant))
        assert landing(printed(console, tenant)) == address
        work(app)
        page = Page(console.get(address))
        assert "1 courrier est prêt" in page.text
        assert "Ces courriers sont à corriger à la main." in page.text
        assert page.one(f"main a[href='/agents/locataires/{tenant.id}']")
        assert pages_of(console.get(f"{address}/lot/1").data) == PaperCode.select().count() == 1

    def test_it_works_whatever_their_address_and_account(self, console, make_account):
        assert printed(console, make_account().tenant).mimetype == "application/pdf"

    def test_the_record_tells_of_the_letter(self, console, household, client, outbox):
        tenant = household(1)
        printed(console, tenant)
        text = Page(console.get(f"/agents/locataires/{tenant.id}")).text
        assert "Dernier courrier Imprimé le" in text
        assert "Code valable jusqu'au" in text
        assert "Courrier avec un code imprimé" in text
        PaperCode.get().use()
        assert "Code utilisé le" in Page(console.get(f"/agents/locataires/{tenant.id}")).text
        with time_machine.travel(now() + timedelta(seconds=31), tick=False):  # at once, it is the same letter
            printed(console, tenant)
            text = Page(console.get(f"/agents/locataires/{tenant.id}")).text
        assert "Code valable jusqu'au" in text
        assert "Code utilisé le" not in text

    def test_an_ended_lease_gets_none_and_the_page_says_so(self, console, household):
        refused(console, household(1, ends_on=date(2020, 1, 1)), "tous les baux de ce locataire sont terminés")

    def test_nor_does_one_that_has_not_begun(self, console, household):
        to_come = household(1, starts_on=today() + timedelta(days=10))
        refused(console, to_come, "le bail de ce locataire n'a pas commencé")

    def test_a_blocked_account_gets_none_and_the_page_says_so(self, console, household):
        tenant = household(1)
        Account.get_or_open(tenant).block()
        refused(console, tenant, "l'accès de ce locataire est bloqué")

    def test_a_record_without_a_postal_address_gets_none(self, console, household):
        tenant = household(1)
        dwelling = tenant.leases.get().dwelling
        dwelling.address = ""
        dwelling.save()
        refused(console, tenant, "le dossier n'a pas d'adresse postale")

    def test_a_letter_that_cannot_be_made_leaves_the_one_before_valid(self, console, household, monkeypatch, tmp_path):
        tenant = household(1)
        printed(console, tenant)
        before = PaperCode.get()
        (tmp_path / "access_code.typ").write_text("#corrupted")
        monkeypatch.setattr(access_code, "TEMPLATE", tmp_path / "access_code.typ")

        assert printed(console, tenant).status_code == 500
        assert PaperCode.get() == before
        assert JournalEntry.select().where(JournalEntry.event == Event.LETTER_PRINTED).count() == 1

    def test_it_goes_to_the_dwelling_and_not_to_the_garage(self, household):
        tenant = household(1)
        home = tenant.leases.get().dwelling
        garage = add_lease(tenant, "G-1", date(2010, 1, 1)).dwelling
        garage.kind = "Garage"
        garage.save()
        assert [each.dwelling for each in chosen([tenant.id])] == [home]


def refused(console, tenant, sentence):
    # The page shows no button: this is what a page left open would send.
    page = Page(console.get(f"/agents/locataires/{tenant.id}"))
    token = page.soup.select_one("input[name=csrf_token]")["value"]
    if "dossier" not in sentence:
        assert not page.soup.select("form[action$='/courrier']")
    answer = console.post(f"/agents/locataires/{tenant.id}/courrier", data={"csrf_token": token})
    assert sentence in Page(console.get(landing(answer))).text
    assert PaperCode.select().count() == 0
