"""Courriers: letters with a one-time code, for tenants whom no e-mail reaches; one at once, or many beside."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from ophportal import clock, jobs
from ophportal.database import writing
from ophportal.downloads import attachment
from ophportal.errors import Missing
from ophportal.formatting import date_and_time, typography, whole
from ophportal.htmx import go_to, page_or_fragment
from ophportal.models import Event, Job, JournalEntry, PaperCode, Tenant
from ophportal.models.access_state import AccessState
from ophportal.office.forms import MOST_DAYS, LettersForm, is_as_shown
from ophportal.office.once import drawn_here
from ophportal.office.printing import LETTERS, draw, lots_of, note_download, path_of, print_one
from ophportal.office.record import record_of
from ophportal.office.room import current_agent, note_refusal, office
from ophportal.office.selection import Recipient, chosen, unreachable
from ophportal.office.tenants import back_to, tenant_or_404
from ophportal.paper_codes import paper_digest

LIST = "/agents/courriers"
# On one page: browsers draw so many at once, and no office prints more in a day.
MOST_LISTED = 1000
USUAL_DAYS = 30
ONE_GONE = (
    "{} locataire coché n'est plus dans la liste : un courrier vient d'être demandé pour lui, ou son dossier a changé. "
    "Rien n'est imprimé. Les autres restent cochés."
)
GONE = (
    "{} locataires cochés ne sont plus dans la liste : un courrier vient d'être demandé pour eux, ou leur dossier a "
    "changé. Rien n'est imprimé. Les autres restent cochés."
)
NO_LETTER = {
    AccessState.ENDED: "Aucun courrier : tous les baux de ce locataire sont terminés.",
    AccessState.TO_COME: "Aucun courrier : le bail de ce locataire n'a pas commencé.",
    AccessState.BLOCKED: "Aucun courrier : l'accès de ce locataire est bloqué. Débloquez-le d'abord.",
}
PRINTED_SINCE = (
    "Un courrier a été imprimé pour ce locataire le {}, depuis que vous avez ouvert cette page. Un autre annulerait "
    "son code : imprimez-le seulement si le premier n'est pas envoyé."
)


@office.post("/locataires/<int:tenant_id>/courrier")
def print_letter(tenant_id: int) -> Response:
    """The letter at once, whatever the tenant's e-mail address; the same one again when the button is pressed twice."""
    record = record_of(tenant_or_404(tenant_id))
    if not record.may_enter:
        return back_to(record.tenant, NO_LETTER[record.state])
    found = chosen([record.tenant.id])
    if not found:
        return back_to(record.tenant, "Aucun courrier : le dossier n'a pas d'adresse postale.")
    last = JournalEntry.last_before(clock.a_moment_ago(), Event.LETTER_PRINTED, record.tenant)
    seed = drawn_here("letter", str(record.tenant.id), str(last))
    drawn = draw(found[0], seed)
    given = {"tenants": [record.tenant.id]}
    is_again = PaperCode.valid_with(paper_digest(drawn.letter.code)) or Job.just_put(LETTERS, current_agent(), **given)
    if record.letter and not is_again and not is_as_shown("letter", record.letter.created_at):
        return back_to(record.tenant, PRINTED_SINCE.format(date_and_time(record.letter.created_at)))
    if drawn.letter.has_gaps:  # a printing has a page that says what to correct by hand; a download has none
        return printing_of(given)
    return attachment(print_one(drawn, current_agent()), "application/pdf", "courrier.pdf")


@office.get("/courriers")
def letters() -> Response:
    form = LettersForm(place="", days=str(USUAL_DAYS))
    return selection_page(form, listed_by(form))


@office.post("/courriers")
def select_letters() -> Response:
    """By POST, as the search is: a reference tells whose dwelling it is, and addresses of pages end up in logs."""
    form = LettersForm()
    form.validate()
    return selection_page(form, listed_by(form))


def selection_page(
    form: LettersForm, found: list[Recipient] | None, *, ticked: Sequence[int] | None = None
) -> Response:
    """The list that the form asks for, each with its box; `ticked` are those that are, None for all of them."""
    return page_or_fragment(
        "office/letters.html",
        form.status,
        form=form,
        most_days=MOST_DAYS,
        found=found,
        ticked=None if ticked is None else set(ticked),
        most_listed=MOST_LISTED,
        jobs=[job for job in Job.newest((LETTERS,)) if is_visible(job)],
        asked_of=asked_of,
    )


def listed_by(form: LettersForm) -> list[Recipient] | None:
    """The tenants that the form asks for, sorted by address; None when the form has errors.

    Without those of a printing that is asked for already: its letters would be void before they are posted.
    """
    if form.place.errors or form.days.errors:
        return None
    # Before the search: a job that ends in between has issued its letters by then, and the search sees them.
    waiting = in_a_printing()
    found = unreachable(form.place.data or "", int(form.days.data))
    return [recipient for recipient in found if recipient.tenant.id not in waiting]


def in_a_printing() -> set[int]:
    """The tenants whose letters are asked for and not printed yet."""
    return {tenant_id for job in Job.due(LETTERS) for tenant_id in job.given["tenants"]}


@office.post("/courriers/imprimer")
def print_many() -> Response:
    ids = sorted(set(request.form.getlist("tenant", type=int)))
    # SQLite's integers end at 2^63 - 1.
    ids = [tenant_id for tenant_id in ids if 0 < tenant_id < 2**63]
    form = LettersForm()
    form.validate()
    found = listed_by(form)
    # With the filter, which is in no address: the way back leads to the same list.
    given = {"tenants": ids, "place": form.place.data, "days": form.days.data}
    with writing():
        # Again: a colleague may have asked for the same while this agent waited for the writer's turn.
        waiting = in_a_printing()
        found = found and [recipient for recipient in found if recipient.tenant.id not in waiting]
        wrong = what_is_past(given, found or ()) if ids else "Cochez au moins un locataire."
        if not wrong:
            return printing_of(given)
    # Only those ticked before stay ticked: others' letters may be on their way, and would be void.
    form.form_errors.append(wrong)
    return selection_page(form, found, ticked=ids)


def what_is_past(given: dict[str, Any], found: Sequence[Recipient]) -> str:
    """Why these tenants are not printed: some have left the list since it was shown. Empty when nothing is wrong.

    A colleague may have just printed their letters, which new ones would void.
    """
    listed = {recipient.tenant.id for recipient in found}
    gone = sum(tenant_id not in listed for tenant_id in given["tenants"])
    if not gone or Job.just_put(LETTERS, current_agent(), **given):
        return ""
    words = GONE if gone > 1 else ONE_GONE
    return typography(words.format(whole(gone)))


def printing_of(given: dict[str, Any]) -> Response:
    """Have the letters of the `tenants` printed, and lead to the page that tells of it; once when pressed twice."""
    with writing():
        job = Job.just_put(LETTERS, current_agent(), **given) or Job.put(LETTERS, current_agent(), **given)
    return go_to(f"{LIST}/{job.id}")


@office.get("/courriers/<int:job_id>")
def letters_job(job_id: int) -> Response:
    job = job_or_404(job_id)
    return page_or_fragment("office/letters_job.html", **state_of(job))


@office.get("/courriers/<int:job_id>/lot/<int:number>")
def download_letters(job_id: int, number: int) -> Response:
    job = job_or_404(job_id)
    gone = Missing(
        "Courriers introuvables",
        "Les courriers s'effacent d'ici après deux jours. Les codes déjà imprimés restent valables.",
        (f"{LIST}/{job.id}", "Retour à l'impression"),
    )
    if not 1 <= number <= len(lots_of(job)):
        raise gone
    try:
        content = path_of(job, number).read_bytes()
    except FileNotFoundError:
        raise gone from None
    note_download(job, number, current_agent())
    return attachment(content, "application/pdf", f"courriers-lot-{number}.pdf")


def state_of(job: Job) -> dict[str, Any]:
    lots, asked = lots_of(job), job.given.get("tenants", [])
    return {
        "job": job,
        "progress": jobs.progress_of(job),
        "asked": asked_of(job),
        "listed_by": filter_of(job),
        "lots": lots,
        "replaced": PaperCode.count_since(job.finished_at, asked) if lots and job.finished_at else 0,
        "with_gaps": list(Tenant.select().where(Tenant.id.in_(job.found.get("with_gaps", [])))),
        "are_kept": all(path_of(job, number).exists() for number in range(1, len(lots) + 1)),
    }


def filter_of(job: Job) -> dict[str, str]:
    """The filter of the list that the names were ticked in; empty for the list that is shown first."""
    kept: dict[str, str] = {name: job.given[name] for name in ("place", "days") if name in job.given}
    return {} if kept == {"place": "", "days": str(USUAL_DAYS)} else kept


def asked_of(job: Job) -> int:
    """How many letters were asked for. For whom is forgotten after two days; what came of it tells then, if it did."""
    return len(job.given.get("tenants", ())) or job.found.get("letters", 0) + job.found.get("left_out", 0)


def job_or_404(job_id: int) -> Job:
    job = Job.get_or_none((Job.id == job_id) & (Job.kind == LETTERS))
    if job is not None and not is_visible(job):
        note_refusal()
        job = None
    if job is None:
        raise Missing(
            "Impression introuvable",
            "Cette impression n'existe pas, ou c'est celle d'un autre agent.",
            (LIST, "Retour aux courriers"),
        )
    return job


def is_visible(job: Job) -> bool:
    """The codes are for who asked for them, and for the responsables."""
    me = current_agent()
    return me.is_manager or (job.agent is not None and job.agent.id == me.id)
