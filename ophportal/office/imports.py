"""The ERP's files, sent by a responsable: looked at first, written on their word."""

import re
from collections.abc import Callable

from flask import Response, flash, request, send_file
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException
from wtforms import BooleanField, FileField, SelectChoice, SelectField

from ophportal import jobs
from ophportal.database import writing
from ophportal.errors import Explanation, Missing, error_page
from ophportal.formatting import whole
from ophportal.forms import PortalForm, checks_its_own_token
from ophportal.htmx import go_to, page_or_fragment
from ophportal.imports.kinds import KINDS, REJECTS, UPLOADED, journal, which
from ophportal.models import Agent, Event, Job, JobState, JournalEntry
from ophportal.office.room import current_agent, managers_only, office

LIST = "/agents/imports"
# Two million lines of a tenant file take about this much.
LARGEST = 256 * 1024 * 1024
# Defaults for what the page reads in `job.found`: it is empty before the look, and has numbers alone once forgotten.
NOTHING_FOUND = {
    **dict.fromkeys(("lines", "rejected", "ended", "gone", "more_reasons"), 0),
    **dict.fromkeys(("counts", "facts", "doubts", "warnings", "reasons", "gone_first", "to_watch"), ()),
}
TOO_LATE = "Cet import n'attend plus de réponse."
TOO_LARGE = Explanation(
    "Fichier trop grand",
    f"Ce fichier dépasse {LARGEST // 1024**2} Mo. Faites plusieurs fichiers ZIP, et envoyez-les l'un après l'autre.",
)
UNSURE = "Vérifiez ce qui change, puis cochez la case."


class UploadForm(PortalForm):
    kind = SelectField(
        "Ce que contient le fichier", choices=[SelectChoice(kind.name, kind.title) for kind in KINDS.values()]
    )
    file = FileField("Le fichier")  # its words and its error; what arrives is in `request.files`
    full = BooleanField("Le fichier des locataires est complet : les baux en cours qui n'y sont pas se terminent")
    to_do_again = "Choisissez de nouveau le fichier"  # no browser brings one back


class ConfirmForm(PortalForm):
    sure = BooleanField("J'ai vérifié : le fichier est bon")  # asked for where there are doubts


@office.route("/imports", methods=["GET", "POST"])
@checks_its_own_token
@managers_only
def imports() -> Response:
    # Behind the door only; and for multipart only: other bodies would be read into memory.
    if request.mimetype == "multipart/form-data":
        request.max_content_length = LARGEST
    # Werkzeug's parser reads files in pieces as large as this bound on its buffer.
    request.max_form_memory_size = 1024 * 1024
    form = UploadForm()
    if not form.validate_on_submit():
        return imports_page(form)
    uploaded = request.files.get("file")
    if uploaded is None or not uploaded.filename:
        form.file.errors = ["Choisissez le fichier à importer."]
        return imports_page(form)
    job = receive(uploaded, form)
    return go_to(f"{LIST}/{job.token}")


@office.errorhandler(413)
def explain_too_large(_error: HTTPException) -> Response:
    return error_page(413, TOO_LARGE if request.path == LIST else None)


def receive(uploaded: FileStorage, form: UploadForm) -> Job:
    """Put the file into the folder of a new job, then the job before the worker.

    The row comes first: a file that no row names would be forgotten by nobody.
    """
    job = Job.put(
        form.kind.data,
        current_agent(),
        state=JobState.ARRIVING,
        file=shown_name(uploaded.filename or ""),
        full=bool(form.full.data),
    )
    path = jobs.made_folder(job) / UPLOADED
    path.touch(mode=0o600)
    try:
        uploaded.save(path)
    except OSError:  # a full disk: the part that arrived would stay on it for two days
        jobs.forget_files(job)
        raise
    job.arrives()
    return job


def shown_name(name: str) -> str:
    """The browser's name of the file, without its path, for the list; no file on the disk gets this name."""
    bare = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in bare if letter.isprintable())[:80] or "fichier"


def imports_page(form: UploadForm) -> Response:
    newest = Job.newest(tuple(KINDS))
    return page_or_fragment("office/imports.html", form.status, form=form, imports=newest, kinds=KINDS)


@office.get("/imports/<token>")
@managers_only
def one_import(token: str) -> Response:
    return import_page(import_or_404(token), ConfirmForm())


def import_page(job: Job, form: ConfirmForm) -> Response:
    return page_or_fragment(
        "office/import.html",
        form.status,
        form=form,
        job=job,
        kind=KINDS[job.kind],
        found={**NOTHING_FOUND, **job.found},
        given=job.given,
        progress=jobs.progress_of(job),
        has_rejects=(jobs.folder_of(job) / REJECTS).is_file(),
    )


@office.post("/imports/<token>/confirmer")
@managers_only
def confirm_import(token: str) -> Response:
    job = import_or_404(token)
    form = ConfirmForm()
    if job.state == JobState.TO_CONFIRM and job.found.get("doubts") and not form.sure.data:
        form.sure.errors = [UNSURE]
        return import_page(job, form)
    if not is_taken(job, job.confirm, Event.IMPORT_CONFIRMED):
        flash(TOO_LATE)
    return go_to(f"{LIST}/{job.token}")


@office.post("/imports/<token>/abandonner")
@managers_only
def drop_import(token: str) -> Response:
    job = import_or_404(token)
    if not is_taken(job, job.drop, Event.IMPORT_DROPPED):
        flash(TOO_LATE)
        return go_to(f"{LIST}/{job.token}")
    jobs.forget_files(job)
    job.forget()
    flash("L'import est abandonné, et le fichier effacé.")
    return go_to(LIST)


def is_taken(job: Job, answer: Callable[[Agent], bool], event: Event) -> bool:
    """Give the agent's answer, and note that it was theirs; False when it comes too late, but for a second press."""
    with writing():
        if taken := answer(current_agent()):
            journal(event, job, current_agent())
    return taken or JournalEntry.has_just(event, agent=current_agent(), detail=which(job))


@office.get("/imports/<token>/rejets.csv")
@managers_only
def rejects(token: str) -> Response:
    job = import_or_404(token)
    path = jobs.folder_of(job) / REJECTS
    if not path.is_file():
        raise Missing(
            "Fichier effacé",
            "Les lignes refusées s'effacent après deux jours. Envoyez le fichier de nouveau pour les revoir.",
            (f"{LIST}/{job.token}", "Retour à l'import"),
        )
    refused = f"{whole(job.found.get('rejected', 0))} refus"
    journal(Event.IMPORT_REJECTS_DOWNLOADED, job, current_agent(), refused)
    return send_file(path, mimetype="text/csv", as_attachment=True, download_name="lignes-refusees.csv")


def import_or_404(token: str) -> Job:
    job = Job.get_or_none((Job.token == token) & Job.kind.in_(list(KINDS)))
    if job is None:
        raise Missing("Import introuvable", "Cet import n'existe pas.", (LIST, "Retour aux imports"))
    return job
