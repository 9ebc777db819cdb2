"""Courriers: an agent prints letters with a one-time code, for one tenant or for many."""

import re
from datetime import date, timedelta
from io import BytesIO

import pikepdf
import pytest
import time_machine

from ophportal import jobs
from ophportal.clock import now, today
from ophportal.models import Account, Dwelling, Event, Job, JobState, JournalEntry, PaperCode, Role, Tenant
from ophportal.office import printing
from ophportal.office.selection import chosen, unreachable
from ophportal.papers import access_code
from ophportal.retention import purge
from ophportal.testing import add_lease
from tests.conftest import at_work, landing, press, work
from tests.page import Page
from tests.pdf import needs_poppler, text_of

CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")


@pytest.fixture
def household(make_tenant):
    """A function that puts the nth invented tenant without an e-mail address on file."""

    def make(n, name="ESSAI", **more):
        return make_tenant(f"{name}-{n}", number=f"1{n:05d}", reference=f"R-{n:05d}", **{"email": "", **more})

    return make


def printed(visitor, tenant):
    return press(visitor, f"/agents/locataires/{tenant.id}", f"/agents/locataires/{tenant.id}/courrier")


def print_chosen(visitor, tenants):
    """Tick these tenants and print; the address of the job's page."""
    ticked = [str(each.id) for each in tenants]
    return landing(press(visitor, "/agents/courriers", "/agents/courriers/imprimer", tenant=ticked))


def print_stale(visitor, tenants, days="30"):
    """The page that answers to who prints for tenants whom their list does not have any more."""
    token = Page(visitor.get("/agents/courriers")).soup.select_one("input[name=csrf_token]")["value"]
    data = {"csrf_token": token, "days": days, "tenant": [str(each.id) for each in tenants]}
    answer = visitor.post("/agents/courriers/imprimer", data=data)
    assert answer.status_code == 422
    return Page(answer)


def listed(page):
    return [re.sub(r"\s+", " ", label.get_text()).strip() for label in page.soup.select(".picks label")]


def pages_of(pdf):
    with pikepdf.open(BytesIO(pdf)) as opened:
        return len(opened.pages)


def use(client, code, email="maria@exemple.test"):
    client.submit("/courrier-recu", letter_code=code, email=email)


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
        assert "Votre mot de passe" in outbox.deliver().body.replace("\u00a0", " ")
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
        Account.of(tenant).block()
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


def downloads():
    query = JournalEntry.select().where(JournalEntry.event == Event.LETTER_DOWNLOADED)
    return list(query.order_by(JournalEntry.id))


def refused(console, tenant, sentence):
    # The page shows no button: this is what a page left open would send.
    page = Page(console.get(f"/agents/locataires/{tenant.id}"))
    token = page.soup.select_one("input[name=csrf_token]")["value"]
    if "dossier" not in sentence:
        assert not page.soup.select("form[action$='/courrier']")
    answer = console.post(f"/agents/locataires/{tenant.id}/courrier", data={"csrf_token": token})
    assert sentence in Page(console.get(landing(answer))).text
    assert PaperCode.select().count() == 0


class TestSelection:
    @pytest.fixture(autouse=True)
    def people(self, household, make_account, app):
        """Two whom nobody reaches, and one of each kind who is not to be listed."""
        household(1)
        household(2)
        household(3, "AVEC-ADRESSE", email="a@exemple.test")
        household(4, "PARTI", ends_on=date(2020, 1, 1))
        make_account("DEDANS", number="5", reference="5", email="")
        Account.of(household(6, "BLOQUÉ")).block()

    def test_it_lists_who_has_no_address_no_account_and_a_lease(self, console):
        page = Page(console.get("/agents/courriers"))
        assert [line.split(" ")[2] for line in listed(page)] == ["ESSAI-1", "ESSAI-2"]
        assert "2 locataires sans adresse e-mail" in page.text
        assert len(page.soup.select(".picks input[checked]")) == 2

    @pytest.mark.parametrize(
        ("place", "count"),
        [
            ("", 2), ("lilas", 2), ("Rue des LILAS, ajaccio", 2), ("20090", 2), ("200", 2), ("R-00002", 1), ("r 0", 2),
            ("00001", 0), ("r00", 2), ("cyprès", 0), ("%", 2), ("<b>", 0),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("htmx", [False, True])
    def test_it_is_filtered_by_residence(self, console, place, count, htmx):
        console.htmx = htmx
        page = Page(console.submit("/agents/courriers", place=place, days="30"))
        assert len(listed(page)) == count
        assert page.is_whole is not htmx

    @pytest.mark.parametrize(
        ("start", "found"), [("0101", "0101-05-001"), ("1010", "1010-05-001"), ("L 01.01", "0101-05-001")]
    )
    def test_the_zeros_of_a_reference_tell_two_residences_apart(self, console, make_tenant, start, found):
        for n, reference in enumerate(("0101-05-001", "1010-05-001")):
            make_tenant(f"RÉSIDENCE-{reference}", number=f"9{n}", reference=reference, email="")
        (line,) = listed(Page(console.submit("/agents/courriers", place=start, days="30")))
        assert found in line

    def test_accents_do_not_count_in_a_place(self, console, household):
        dwelling = household(7).leases.get().dwelling
        dwelling.address = "3 allée des Érables"
        dwelling.save()
        assert len(listed(Page(console.submit("/agents/courriers", place="allee erables", days="30")))) == 1

    def test_who_has_a_recent_letter_is_left_out(self, console, household):
        with time_machine.travel(now() - timedelta(days=10)):
            PaperCode.issue({Tenant.get(Tenant.last_name == "ESSAI-1").id: "x"}, None)
        for days, count in (("30", 1), ("11", 1), ("9", 2), ("0", 2), ("60", 1), (" 09 ", 2)):
            assert len(listed(Page(console.submit("/agents/courriers", place="", days=days)))) == count, days

    @pytest.mark.parametrize("days", ["9999", "61", "-5", "", "x", "1.5", "99999999999", "٣"])
    @pytest.mark.parametrize("htmx", [False, True])
    def test_days_that_are_none_are_refused_in_words_and_list_nobody(self, console, days, htmx):
        console.htmx = htmx
        answer = console.submit("/agents/courriers", place="lilas", days=days)
        page = Page(answer)
        assert answer.status_code == 422
        assert "Écrivez un nombre de jours, de 0 à 60." in page.one("#days-erreur").text
        assert page.one("#place")["value"] == "lilas"
        assert not listed(page)

    def test_a_place_too_long_to_be_one_is_refused(self, console):
        answer = console.submit("/agents/courriers", place="x" * 101, days="30")
        assert answer.status_code == 422
        assert "«\u00a0Résidence\u00a0»\u00a0: trop long." in Page(answer).one("#place-erreur").text

    def test_a_list_longer_than_a_page_says_what_to_do(self, console, monkeypatch):
        monkeypatch.setattr("ophportal.office.letters.MOST_LISTED", 1)
        page = Page(console.get("/agents/courriers"))
        assert len(listed(page)) == 1
        assert "2 locataires sans adresse e-mail ni compte activé. Voici les 1 premiers" in page.text

    def test_nobody_to_write_to_is_said(self, console):
        Tenant.update(email="x@exemple.test", email_key="x@exemple.test").execute()
        assert "Aucun locataire : tous ont une adresse e-mail, un compte, ou un courrier récent." in (
            Page(console.get("/agents/courriers")).text
        )

    def test_a_place_that_is_misspelt_is_not_said_to_be_one_where_everybody_is_reached(self, console):
        page = Page(console.submit("/agents/courriers", place="rue du Prot", days="30"))
        said = (
            "aucun bail en cours à « rue du Prot », ou tous y ont une adresse e-mail, un compte, ou un courrier récent."
        )
        assert f"Aucun locataire : {said}" in page.text

    def test_it_goes_by_address_so_that_one_may_carry_them_round(self, app, household):
        for n, address in ((8, "2 rue A"), (9, "1 rue A"), (10, "1 rue B")):
            dwelling = household(n).leases.get().dwelling
            dwelling.address, dwelling.postal_code = address, "10000"
            dwelling.save()
        names = [each.tenant.last_name for each in unreachable("10000", 30)]
        assert names == ["ESSAI-9", "ESSAI-10", "ESSAI-8"]


class TestMany:
    @pytest.fixture
    def many(self, household):
        return [household(n) for n in range(1, 6)]

    def test_from_the_ticks_to_the_paper(self, console, app, many, household, monkeypatch):
        monkeypatch.setattr(printing, "LOT", 2)
        _, *ticked = [*many, household(6)]
        address = print_chosen(console, ticked)

        waiting = Page(console.get(address))
        bar = waiting.one("progress")  # an element whose role is progressbar
        assert (bar["aria-label"], bar["value"], bar["max"]) == ("Préparation des courriers", "0", "100")
        assert waiting.one(f"main a[href='{address}']").text == "Actualiser"
        assert waiting.one(f"[data-hx-get='{address}']")["data-hx-trigger"] == "every 1s"
        assert PaperCode.select().count() == 0

        work(app)
        done = Page(console.get(address))
        assert "5 courriers sont prêts" in done.text
        assert not done.soup.select("#impression[data-hx-trigger], progress")
        links = {link["href"]: link.get_text() for link in done.soup.select("#impression a")}
        assert links == {
            f"{address}/lot/1": "Courriers 1 à 2 (PDF)",
            f"{address}/lot/2": "Courriers 3 à 4 (PDF)",
            f"{address}/lot/3": "Courrier 5 (PDF)",
        }
        files = [console.get(link) for link in links]
        assert [pages_of(file.data) for file in files] == [2, 2, 1]
        assert files[0].headers["Content-Disposition"] == 'attachment; filename="courriers-lot-1.pdf"'
        assert files[0].headers["Cache-Control"] == "no-store"
        assert {code.tenant_id for code in PaperCode} == {each.id for each in ticked}
        entries = list(JournalEntry.select().where(JournalEntry.event == Event.LETTER_PRINTED))
        assert {entry.tenant_id for entry in entries} == {each.id for each in ticked}
        assert {entry.agent for entry in entries} == {console.agent}

        # Printed again the next day; and the page of the list shows the way.
        assert console.get(f"{address}/lot/1").data == files[0].data
        page = Page(console.get("/agents/courriers"))
        assert page.one(f"a[href='{address}']")
        assert [line for line in listed(page) if "ESSAI-1" in line] == listed(page)

    @needs_poppler
    def test_each_code_is_its_own_tenant_s(self, console, app, many, client, outbox):
        address = print_chosen(console, many)
        work(app)
        for page in text_of(console.get(f"{address}/lot/1").data).split("\f")[:-1]:
            name = re.search(r"ESSAI-\d", page)[0]
            use(client, CODE.search(page)[0], f"{name.lower()}@exemple.test")
            outbox.deliver()
        assert {tenant.email for tenant in Tenant} == {f"essai-{n}@exemple.test" for n in range(1, 6)}

    def test_the_codes_lie_in_files_that_the_portal_alone_reads_for_two_days(self, console, app, many, make_agent):
        address = print_chosen(console, many)
        work(app)
        job = Job.get()
        with app.app_context():
            folder = jobs.folder_of(job)
            assert [file.stat().st_mode & 0o777 for file in folder.glob("*.pdf")] == [0o600]
            with time_machine.travel(now() + timedelta(days=2, minutes=1)):
                purge()
        assert not list(folder.glob("*"))
        # The two days ended the agent's session too.
        manager = at_work(app, make_agent("Renée Essai", email="renee@office.exemple.test", role=Role.MANAGER))
        assert "Les fichiers sont effacés" in Page(manager.get(address)).text
        assert manager.get(f"{address}/lot/1").status_code == 404
        assert PaperCode.select().count() == 5

    def test_the_job_s_row_and_the_log_tell_no_code_and_no_name(self, console, app, many, caplog):
        print_chosen(console, many)
        work(app)
        row = str(Job.select().dicts().get())
        assert "ESSAI" not in row + caplog.text
        assert not CODE.search(row)

    def test_if_one_letter_fails_no_code_is_issued(self, console, app, many, monkeypatch):
        monkeypatch.setattr(printing, "LOT", 2)
        made = iter([b"%PDF", b"%PDF"])
        monkeypatch.setattr(access_code, "make_letters", lambda _: next(made))
        address = print_chosen(console, many)  # the third lot cannot be made
        PaperCode.issue({many[0].id: "the letter before"}, None)
        work(app)

        assert Job.get().state == JobState.FAILED
        assert [code.digest for code in PaperCode] == ["the letter before"]
        assert JournalEntry.select().where(JournalEntry.event == Event.LETTER_PRINTED).count() == 0
        page = Page(console.get(address))
        assert "L'impression a échoué Aucun code n'a changé" in page.text
        assert console.get(f"{address}/lot/1").status_code == 404

    def test_a_worker_that_has_lost_its_claim_issues_nothing(self, console, app, many, monkeypatch):
        print_chosen(console, many)
        monkeypatch.setattr(Job, "becomes", lambda *_, **__: False)
        with app.app_context():
            jobs.do_due()
        assert PaperCode.select().count() == 0

    def test_who_is_blocked_or_gone_meanwhile_is_left_out_and_counted(self, console, app, many):
        address = print_chosen(console, many)
        Account.of(many[0]).block()
        lease = many[1].leases.get()
        lease.ends_on = date(2020, 1, 1)
        lease.save()
        work(app)
        text = Page(console.get(address)).text
        assert "3 courriers sont prêts 2 locataires n'ont pas de courrier" in text
        assert {code.tenant for code in PaperCode} == set(many[2:])

    def test_if_all_are_gone_the_page_says_so(self, console, app, many):
        address = print_chosen(console, many[:1])
        Account.of(many[0]).block()
        work(app)
        assert "Aucun courrier Les locataires choisis" in Page(console.get(address)).text
        assert console.get(f"{address}/lot/1").status_code == 404

    def test_a_name_that_no_font_writes_is_told(self, console, app, household):
        address = print_chosen(console, [household(1, "😀")])
        work(app)
        page = Page(console.get(address))
        assert "un carré (□) à la place d'un caractère" in page.text
        assert page.one(f"a[href='/agents/locataires/{Tenant.get().id}']")

    def test_an_address_that_is_cut_is_told(self, console, app, household):
        tenant = household(1)
        Dwelling.update(address="résidence sans fin " * 20).execute()
        address = print_chosen(console, [tenant])
        work(app)
        page = Page(console.get(address))
        assert "trois points (…) à la place de la fin" in page.text
        assert page.one(f"a[href='/agents/locataires/{tenant.id}']")

    def test_letters_that_newer_ones_have_voided_are_told(self, console, app, many):
        first = print_chosen(console, many)
        work(app)
        assert "plus valable" not in Page(console.get(first)).text
        page = Page(console.submit("/agents/courriers", place="", days="0"))
        token = page.soup.select_one("input[name=csrf_token]")["value"]
        for count, said in (
            (1, "1 de ces courriers n'est plus valable : un courrier plus récent le remplace."),
            (2, "2 de ces courriers ne sont plus valables : un courrier plus récent les remplace."),
        ):
            ids = [str(each.id) for each in many[:count]]
            console.post("/agents/courriers/imprimer", data={"csrf_token": token, "tenant": ids, "days": "0"})
            work(app)
            assert said in Page(console.get(first)).text

    def test_a_list_that_was_left_open_voids_no_letter_that_a_colleague_has_printed_since(
        self, app, console, make_agent, many
    ):
        colleague = at_work(app, make_agent("Barnabé Essai", email="barnabe@office.exemple.test"))
        form = Page(console.get("/agents/courriers")).one("form[action='/agents/courriers/imprimer']")
        kept = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        print_chosen(colleague, many[:2])
        work(app)
        letters = set(PaperCode)

        ticked = [str(each.id) for each in many[:4]]
        page = Page(console.post("/agents/courriers/imprimer", data={**kept, "tenant": ticked}))
        assert page.one(".summary li").text == (
            "2 locataires cochés ne sont plus dans la liste\u00a0: un courrier vient d'être demandé pour eux, ou "
            "leur dossier a changé. Rien n'est imprimé. Les autres restent cochés."
        )
        assert Job.select().count() == 1
        # Nobody is ticked who was not.
        left = [box["value"] for box in page.soup.select(".picks input[checked]")]
        assert left == ticked[2:]
        assert len(listed(page)) == 3

        address = landing(console.post("/agents/courriers/imprimer", data={**kept, "tenant": left}))
        work(app)
        assert "2 courriers sont prêts" in Page(console.get(address)).text
        assert letters < set(PaperCode)
        # Who has pressed twice is led to what the first press printed.
        assert landing(console.post("/agents/courriers/imprimer", data={**kept, "tenant": left})) == address

    def test_who_is_in_a_colleague_s_printing_is_listed_no_more_before_it_is_done(self, app, console, make_agent, many):
        """One codes more would be printed for them, and that of the first letter void."""
        colleague = at_work(app, make_agent("Barnabé Essai", email="barnabe@office.exemple.test"))
        print_chosen(colleague, many[:2])

        assert "2 locataires cochés ne sont plus dans la liste" in print_stale(console, many[:4], days="0").text
        assert len(listed(Page(console.get("/agents/courriers")))) == 3
        # What comes to nothing has them listed again.
        Job.get().becomes(JobState.FAILED)
        assert len(listed(Page(console.get("/agents/courriers")))) == 5

    def test_one_who_is_in_it_no_more_is_told_so(self, console, many):
        Account.of(many[0]).block()
        page = print_stale(console, many[:1])
        assert "1 locataire coché n'est plus dans la liste" in page.one(".summary").text
        assert Job.select().count() == 0

    def test_nothing_ticked_prints_nothing(self, console, many):
        token = Page(console.get("/agents/courriers")).soup.select_one("input[name=csrf_token]")["value"]
        for nonsense in ([], ["x"], ["-1"], [str(2**70)]):
            answer = console.post("/agents/courriers/imprimer", data={"csrf_token": token, "tenant": nonsense})
            assert answer.status_code == 422
            assert "Cochez au moins un locataire." in Page(answer).one(".summary").text
        assert Job.select().count() == 0

    def test_who_has_unticked_everybody_keeps_the_filter_and_the_empty_boxes(self, console, many):
        """Ticked again, all would be printed at the next press, and the letters that they have would be void."""
        PaperCode.issue({many[2].id: "the letter before"}, None)
        filtered = Page(console.submit("/agents/courriers", place="R-0000", days="0"))
        form = filtered.one("form[action='/agents/courriers/imprimer']")
        kept = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
        page = Page(console.post("/agents/courriers/imprimer", data=kept))

        assert listed(page) == listed(filtered)
        assert len(listed(page)) == 5
        assert not page.soup.select(".picks input[checked]")
        assert (page.one("#place")["value"], page.one("#days")["value"]) == ("R-0000", "0")

    def test_from_a_filtered_list_to_the_paper_and_back_to_that_list(self, console, app, many):
        """Of a long list, the first are printed, then the next ones: the filter is not to be written anew each time."""
        page = Page(console.submit("/agents/courriers", place="rue", days="0"))
        form = page.one("form[action='/agents/courriers/imprimer']")
        sent = {it["name"]: it["value"] for it in form.select("input[type=hidden]")} | {"tenant": many[0].id}
        address = landing(console.post(form["action"], data=sent))
        assert landing(console.post(form["action"], data=sent)) == address  # pressed twice
        work(app)
        form = Page(console.get(address)).one("main form[action='/agents/courriers']")
        assert form.button.text == "Retour à la même liste"
        back = console.post(form["action"], data={it["name"]: it["value"] for it in form.select("input")})
        assert (Page(back).one("#place")["value"], Page(back).one("#days")["value"]) == ("rue", "0")
        with time_machine.travel(now() + timedelta(days=3), tick=False):
            purge()
        assert "rue" not in Job.get().parameters

    def test_from_the_whole_list_the_way_back_is_the_usual_one(self, console, many):
        page = Page(console.get(print_chosen(console, many)))
        assert not page.soup.select("main form[action='/agents/courriers']")
        assert page.one("main a[href='/agents/courriers']").text == "Retour aux courriers"

    def test_a_letter_is_asked_once_for_a_name_ticked_twice(self, console, app, many):
        print_chosen(console, [many[0], many[0]])
        work(app)
        assert PaperCode.select().count() == 1

    def test_the_files_are_for_who_asked_and_for_responsables(self, console, manager_console, app, make_agent, many):
        address = print_chosen(console, many)
        work(app)
        colleague = at_work(app, make_agent("Autre Essai", email="autre@office.exemple.test"))

        for path in (address, f"{address}/lot/1"):
            assert colleague.get(path).status_code == 404
            assert manager_console.get(path).status_code == 200
        assert not Page(colleague.get("/agents/courriers")).soup.select(f"a[href='{address}']")
        assert "Agathe Essai" in Page(manager_console.get("/agents/courriers")).text
        for beyond in (0, 2, 10**30):
            assert console.get(f"{address}/lot/{beyond}").status_code == 404

    def test_each_download_is_journalled_with_who_and_which(self, console, app, many):
        address = print_chosen(console, many)
        work(app)
        console.get(f"{address}/lot/1")
        console.get(f"{address}/lot/1")
        told = [(entry.agent, entry.tenant, entry.detail) for entry in downloads()]
        assert told == [(console.agent, None, f"lot 1 des courriers n°\u00a0{Job.get().id}")] * 2

    def test_what_is_not_there_to_download_leaves_no_line(self, console, app, many):
        address = print_chosen(console, many)
        work(app)
        assert console.get(f"{address}/lot/2").status_code == 404
        printing.path_of(Job.get(), 1).unlink()
        answer = console.get(f"{address}/lot/1")
        assert answer.status_code == 404
        main = Page(answer).one("main")
        assert "Les courriers s'effacent d'ici après deux jours." in main.text
        assert main.select_one("a.button")["href"] == address
        assert downloads() == []

    def test_a_responsable_who_takes_a_colleague_s_letters_is_on_the_record_of_each_tenant(
        self, console, manager_console, app, many, monkeypatch
    ):
        monkeypatch.setattr(printing, "LOT", 2)
        address = print_chosen(console, many)
        work(app)
        manager_console.get(f"{address}/lot/2")

        told = {entry.tenant: entry for entry in downloads()}
        assert set(told) == {None, many[2], many[3]}
        assert {entry.agent for entry in told.values()} == {manager_console.agent}
        record = lambda tenant: Page(console.get(f"/agents/locataires/{tenant.id}")).text  # noqa: E731
        said = f"Courrier avec un code téléchargé lot 2 des courriers n° {Job.get().id}, imprimés par un autre agent"
        assert f"{said} Qui : Renée Essai" in record(many[2])
        assert "téléchargé" not in record(many[0])

    def test_the_list_tells_how_many_they_were_once_it_is_forgotten_whose(
        self, console, app, many, household, make_agent, monkeypatch
    ):
        print_chosen(console, many)
        many[0].leases.first().delete_instance()
        work(app)
        monkeypatch.setattr(access_code, "make_letters", None)
        print_chosen(console, [household(6)])
        work(app)
        with app.app_context(), time_machine.travel(now() + timedelta(days=2, minutes=1)):
            purge()
        assert [job.given for job in Job.select()] == [{}, {}]

        manager = at_work(app, make_agent("Renée Essai", email="renee@office.exemple.test", role=Role.MANAGER))
        links = Page(manager.get("/agents/courriers")).soup.select("main section.card a")
        assert [link.get_text().partition(",")[0] for link in links] == ["Courriers", "5 courriers"]
        pages = [Page(manager.get(link["href"])).one("h2").get_text() for link in links]
        assert pages == ["L'impression a échoué", "4 courriers sont prêts"]

    def test_whose_letters_a_lot_holds_is_forgotten_with_them(self, console, app, many):
        print_chosen(console, many)
        work(app)
        assert sorted(Job.get().found["printed"]) == [each.id for each in many]
        with app.app_context(), time_machine.travel(now() + timedelta(days=2, minutes=1)):
            purge()
        assert "printed" not in Job.get().found

    def test_a_job_of_another_kind_is_not_found_here(self, console):
        job = Job.put("import", console.agent)
        assert console.get(f"/agents/courriers/{job.id}").status_code == 404

    def test_htmx_gets_the_progress_alone(self, console, many):
        address = print_chosen(console, many)
        answer = console.get(address, headers={"HX-Request": "true"})
        assert not Page(answer).is_whole
        assert Page(answer).one("progress")

    def test_the_bar_moves(self, console, app, many, monkeypatch):
        """What the worker notes between two lots is what the page shows."""
        monkeypatch.setattr(printing, "LOT", 2)
        shown = []
        address = print_chosen(console, many)
        make = access_code.make_letters

        def look_and_make(lot):
            shown.append(Page(console.get(address)).one("progress")["value"])
            return make(lot)

        monkeypatch.setattr(access_code, "make_letters", look_and_make)
        monkeypatch.setattr(jobs, "NOTE_EVERY", 0)
        work(app)
        assert shown == ["0", "40", "80"]


def test_a_thousand_ticks_fit_into_a_form(console, household):
    for n in range(1, 4):
        household(n)
    token = Page(console.get("/agents/courriers")).soup.select_one("input[name=csrf_token]")["value"]
    ids = [str(9_000_000 + n) for n in range(1000)]
    answer = console.post("/agents/courriers/imprimer", data={"csrf_token": token, "tenant": ids, "days": "0"})
    assert "1 000 locataires cochés ne sont plus dans la liste" in Page(answer).text.replace("\u202f", " ")
