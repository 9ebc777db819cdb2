"""Courriers: from the ticks to the paper, for many tenants at once."""

import re
from datetime import date, timedelta

import time_machine

from ophportal import jobs
from ophportal.clock import now
from ophportal.models import Account, Dwelling, Event, Job, JobState, JournalEntry, PaperCode, Tenant
from ophportal.models.job import CLAIM
from ophportal.office import letters, printing
from ophportal.papers import access_code
from ophportal.retention import purge
from tests.conftest import at_work, landing, work
from tests.console.letters import CODE, listed, pages_of, print_chosen, use
from tests.page import Page
from tests.pdf import needs_poppler, text_of
from tests.together import once_after


def print_stale(visitor, tenants, days="30"):
    """The page that answers to who prints for tenants whom their list does not have any more."""
    token = Page(visitor.get("/agents/courriers")).soup.select_one("input[name=csrf_token]")["value"]
    data = {"csrf_token": token, "days": days, "tenant": [str(each.id) for each in tenants]}
    answer = visitor.post("/agents/courriers/imprimer", data=data)
    assert answer.status_code == 422
    return Page(answer)


def test_from_the_ticks_to_the_paper(console, app, many, household, monkeypatch):
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
def test_each_code_is_its_own_tenant_s(console, app, many, client, outbox):
    address = print_chosen(console, many)
    work(app)
    for page in text_of(console.get(f"{address}/lot/1").data).split("\f")[:-1]:
        name = re.search(r"ESSAI-\d", page)[0]
        use(client, CODE.search(page)[0], f"{name.lower()}@exemple.test")
        outbox.deliver()
    assert {tenant.email for tenant in Tenant} == {f"essai-{n}@exemple.test" for n in range(1, 6)}


def test_if_one_letter_fails_no_code_is_issued(console, app, many, monkeypatch):
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


def test_a_worker_that_has_lost_its_claim_issues_nothing(console, app, many, monkeypatch):
    print_chosen(console, many)
    monkeypatch.setattr(Job, "becomes", lambda *_, **__: False)
    with app.app_context():
        jobs.do_due()
    assert PaperCode.select().count() == 0


def test_nor_does_it_write_over_the_letters_of_the_worker_that_has_taken_the_job(console, app, many, monkeypatch):
    """A machine that was put to sleep while it made the letters, and wakes when another has made them."""
    address = print_chosen(console, many)
    make, made = access_code.make_letters, []

    def sleep_and_make(lot):
        monkeypatch.setattr(access_code, "make_letters", make)
        with time_machine.travel(now() + 2 * CLAIM, tick=False):
            work(app)
        made.append(console.get(f"{address}/lot/1").data)
        return make(lot)

    monkeypatch.setattr(access_code, "make_letters", sleep_and_make)
    with app.app_context():
        jobs.do_due()
    assert [console.get(f"{address}/lot/1").data] == made


def test_who_is_blocked_or_gone_meanwhile_is_left_out_and_counted(console, app, many):
    address = print_chosen(console, many)
    Account.get_or_open(many[0]).block()
    lease = many[1].leases.get()
    lease.ends_on = date(2020, 1, 1)
    lease.save()
    work(app)
    text = Page(console.get(address)).text
    assert "3 courriers sont prêts 2 locataires n'ont pas de courrier" in text
    assert {code.tenant for code in PaperCode} == set(many[2:])


def test_if_all_are_gone_the_page_says_so(console, app, many):
    address = print_chosen(console, many[:1])
    Account.get_or_open(many[0]).block()
    work(app)
    assert "Aucun courrier Les locataires choisis" in Page(console.get(address)).text
    assert console.get(f"{address}/lot/1").status_code == 404


def test_a_name_that_no_font_writes_is_told(console, app, household):
    address = print_chosen(console, [household(1, "😀")])
    work(app)
    page = Page(console.get(address))
    assert "un carré (□) à la place d'un caractère" in page.text
    assert page.one(f"a[href='/agents/locataires/{Tenant.get().id}']")


def test_an_address_that_is_cut_is_told(console, app, household):
    tenant = household(1)
    Dwelling.update(address="résidence sans fin " * 20).execute()
    address = print_chosen(console, [tenant])
    work(app)
    page = Page(console.get(address))
    assert "trois points (…) à la place de la fin" in page.text
    assert page.one(f"a[href='/agents/locataires/{tenant.id}']")


def test_a_list_that_was_left_open_voids_no_letter_that_a_colleague_has_printed_since(app, console, make_agent, many):
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


def test_who_is_in_a_colleague_s_printing_is_listed_no_more_before_it_is_done(app, console, make_agent, many):
    """One codes more would be printed for them, and that of the first letter void."""
    colleague = at_work(app, make_agent("Barnabé Essai", email="barnabe@office.exemple.test"))
    print_chosen(colleague, many[:2])

    assert "2 locataires cochés ne sont plus dans la liste" in print_stale(console, many[:4], days="0").text
    assert len(listed(Page(console.get("/agents/courriers")))) == 3
    # What comes to nothing has them listed again.
    Job.get().becomes(JobState.FAILED)
    assert len(listed(Page(console.get("/agents/courriers")))) == 5


def test_of_two_agents_who_print_the_same_at_the_same_moment_one_does(console, make_agent, many, monkeypatch):
    """The second waits for the writer's turn, behind an import perhaps, and had looked at the list before the first."""
    colleague = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
    token = Page(console.get("/agents/courriers")).soup.select_one("input[name=csrf_token]")["value"]
    theirs = [each.id for each in many[:2]]
    once_after(monkeypatch, letters, "listed_by", lambda: Job.put(letters.LETTERS, colleague, tenants=theirs))

    data = {"csrf_token": token, "days": "30", "tenant": [str(each.id) for each in many[:4]]}
    page = Page(console.post("/agents/courriers/imprimer", data=data))

    assert "2 locataires cochés ne sont plus dans la liste" in page.text
    assert Job.select().count() == 1
    assert len(listed(page)) == 3


def test_one_who_is_in_it_no_more_is_told_so(console, many):
    Account.get_or_open(many[0]).block()
    page = print_stale(console, many[:1])
    assert "1 locataire coché n'est plus dans la liste" in page.one(".summary").text
    assert Job.select().count() == 0


def test_nothing_ticked_prints_nothing(console, many):
    token = Page(console.get("/agents/courriers")).soup.select_one("input[name=csrf_token]")["value"]
    for nonsense in ([], ["x"], ["-1"], [str(2**70)]):
        answer = console.post("/agents/courriers/imprimer", data={"csrf_token": token, "tenant": nonsense})
        assert answer.status_code == 422
        assert "Cochez au moins un locataire." in Page(answer).one(".summary").text
    assert Job.select().count() == 0


def test_who_has_unticked_everybody_keeps_the_filter_and_the_empty_boxes(console, many):
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


def test_from_a_filtered_list_to_the_paper_and_back_to_that_list(console, app, many):
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


def test_from_the_whole_list_the_way_back_is_the_usual_one(console, many):
    page = Page(console.get(print_chosen(console, many)))
    assert not page.soup.select("main form[action='/agents/courriers']")
    assert page.one("main a[href='/agents/courriers']").text == "Retour aux courriers"


def test_a_letter_is_asked_once_for_a_name_ticked_twice(console, app, many):
    print_chosen(console, [many[0], many[0]])
    work(app)
    assert PaperCode.select().count() == 1


def test_a_job_of_another_kind_is_not_found_here(console):
    job = Job.put("import", console.agent)
    assert console.get(f"/agents/courriers/{job.id}").status_code == 404


def test_htmx_gets_the_progress_alone(console, many):
    address = print_chosen(console, many)
    answer = console.get(address, headers={"HX-Request": "true"})
    assert not Page(answer).is_whole
    assert Page(answer).one("progress")


def test_the_bar_moves(console, app, many, monkeypatch):
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
