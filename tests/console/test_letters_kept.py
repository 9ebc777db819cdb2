"""Courriers: where printed letters lie, who may take them, and until when."""

from datetime import timedelta

import time_machine

from ophportal import jobs
from ophportal.clock import now
from ophportal.models import Event, Job, JournalEntry, PaperCode, Role
from ophportal.office import printing
from ophportal.papers import access_code
from ophportal.retention import purge
from tests.conftest import at_work, work
from tests.console.letters import CODE, print_chosen
from tests.page import Page


def downloads():
    query = JournalEntry.select().where(JournalEntry.event == Event.LETTER_DOWNLOADED)
    return list(query.order_by(JournalEntry.id))


def test_the_codes_lie_in_files_that_the_portal_alone_reads_for_two_days(console, app, many, make_agent):
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


def test_the_job_s_row_and_the_log_tell_no_code_and_no_name(console, app, many, caplog):
    print_chosen(console, many)
    work(app)
    row = str(Job.select().dicts().get())
    assert "ESSAI" not in row + caplog.text
    assert not CODE.search(row)


def test_letters_that_newer_ones_have_voided_are_told(console, app, many):
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


def test_the_files_are_for_who_asked_and_for_responsables(console, manager_console, app, make_agent, many):
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


def test_each_download_is_journalled_with_who_and_which(console, app, many):
    address = print_chosen(console, many)
    work(app)
    console.get(f"{address}/lot/1")
    console.get(f"{address}/lot/1")
    told = [(entry.agent, entry.tenant, entry.detail) for entry in downloads()]
    assert told == [(console.agent, None, f"lot 1 des courriers n°\u00a0{Job.get().id}")] * 2


def test_what_is_not_there_to_download_leaves_no_line(console, app, many):
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
    console, manager_console, app, many, monkeypatch
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
    console, app, many, household, make_agent, monkeypatch
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


def test_whose_letters_a_lot_holds_is_forgotten_with_them(console, app, many):
    print_chosen(console, many)
    work(app)
    assert sorted(Job.get().found["printed"]) == [each.id for each in many]
    with app.app_context(), time_machine.travel(now() + timedelta(days=2, minutes=1)):
        purge()
    assert "printed" not in Job.get().found
