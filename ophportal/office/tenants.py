"""Finding tenants, and helping them: the page that an agent has open while a tenant is on the telephone."""

from flask import Response, abort, current_app, flash, render_template, request

from ophportal import clock
from ophportal.access.throttle import REQUESTS_WINDOW
from ophportal.addresses import record_address
from ophportal.database import writing
from ophportal.errors import Missing
from ophportal.formatting import date_and_time, typography
from ophportal.forms import checks_its_own_token, trimmed
from ophportal.htmx import go_to, page_or_fragment
from ophportal.models import AccessRequest, Account, Document, Tenant
from ophportal.models.keys import email_key
from ophportal.office import actions
from ophportal.office.forms import AddressForm, ReasonForm, is_as_shown, was_overtaken
from ophportal.office.record import Record, journal_of, note_look, record_of
from ophportal.office.room import current_agent, managers_only, office
from ophportal.search import LONGEST, find_tenants

MOST_FOUND = 25
ENOUGH = (
    "Aucun code n'est parti : il y en a eu {count} depuis une heure, le dernier le {when}. Chacun remplace le "
    "précédent. Demandez au locataire de lire l'e-mail le plus récent, et de regarder dans les courriers indésirables."
)

CORRECTED = "L'adresse e-mail est corrigée. L'ancienne adresse, s'il y en avait une, est prévenue."
OVERTAKEN = (
    "L'adresse du dossier a changé depuis que vous avez ouvert cette page : celle de maintenant est écrite à "
    "« Adresse au dossier ». Si c'est la vôtre qui est la bonne, appuyez de nouveau sur « Valider »."
)
REPLACED = (
    "Un import a remplacé ce document depuis que vous avez ouvert cette page, ou un collègue l'a retiré. Voyez s'il "
    "faut encore le retirer."
)
BLOCKED_AGAIN = (
    "L'accès a été bloqué de nouveau depuis que vous avez ouvert cette page. Lisez la raison dans le journal, plus "
    "bas, puis décidez."
)


@office.get("")
def home() -> Response:
    return search_page("")


@office.post("/recherche")
def search() -> Response:
    """By POST: what is typed here are people's names, and addresses of pages end up in histories and logs."""
    return search_page(trimmed(request.form.get("q", ""))[:LONGEST])


def search_page(typed: str) -> Response:
    found = find_tenants(typed, MOST_FOUND + 1) if typed else []
    return page_or_fragment("office/search.html", typed=typed, found=found[:MOST_FOUND], more=len(found) > MOST_FOUND)


@office.get("/locataires/<int:tenant_id>")
def tenant(tenant_id: int) -> str:
    return render_template("office/tenant.html", record=record_before_the_eyes(tenant_id))


@office.get("/locataires/<int:tenant_id>/journal/<int:number>")
def journal(tenant_id: int, number: int) -> str:
    """One page of the tenant's journal, of which the record shows the first."""
    tenant = tenant_or_404(tenant_id)
    # Beyond any journal, and small enough for the offset to be one of SQLite's integers.
    page = journal_of(tenant, number) if 0 < number < 2**32 else abort(404)
    if number > 1 and not page.entries:
        abort(404)
    note_look(tenant, current_agent())
    return render_template("office/journal.html", tenant=tenant, journal=page)


@office.post("/locataires/<int:tenant_id>/code")
def send_code(tenant_id: int) -> Response:
    record = record_of(tenant_or_404(tenant_id))
    sent = [asked.created_at for asked in AccessRequest.asked_for(record.tenant, clock.now() - REQUESTS_WINDOW)]
    if len(sent) >= current_app.config["REQUESTS_TARGET"]:
        return back_to(record.tenant, ENOUGH.format(count=len(sent), when=date_and_time(sent[0])))
    can_receive = record.may_enter and record.tenant.email
    if not can_receive or not actions.send_code(record.tenant, current_agent()):
        return back_to(record.tenant, "Aucun code n'est parti : ce locataire n'a pas d'adresse e-mail, ou pas d'accès.")
    replaced = f" Il remplace celui du {date_and_time(sent[0])}." if sent and sent[0] < clock.a_moment_ago() else ""
    return back_to(record.tenant, f"Le code d'accès part à l'adresse du dossier.{replaced}")


@office.post("/locataires/<int:tenant_id>/sessions")
def end_sessions(tenant_id: int) -> Response:
    tenant = tenant_or_404(tenant_id)
    actions.end_sessions(tenant, current_agent())
    return back_to(tenant, "Tous les appareils du locataire sont déconnectés.")


@office.route("/locataires/<int:tenant_id>/adresse", methods=["GET", "POST"])
@checks_its_own_token
def correct_address(tenant_id: int) -> Response:
    record = record_before_the_eyes(tenant_id)
    form = AddressForm()
    template = "office/address.html"
    if not form.validate_on_submit():
        return page_or_fragment(template, form.status, form=form, record=record)
    others = record.tenant.others_with(form.email.data)
    with writing():
        overtaken = was_overtaken(record.tenant)
        fit = not overtaken and form.is_fit_beside(others)
        if fit and record_address(record.tenant, form.email.data, current_agent()):
            return back_to(record.tenant, CORRECTED)
    if overtaken:
        record = record_of(tenant_or_404(tenant_id))
        if email_key(form.email.data) == record.tenant.email_key:  # pressed twice
            return back_to(record.tenant, CORRECTED)
        form.email.errors = [typography(OVERTAKEN)]
    elif fit:
        form.email.errors = ["Cette adresse est déjà celle du dossier."]
    return page_or_fragment(template, 422, form=form, record=record, others=others)


@office.route("/locataires/<int:tenant_id>/bloquer", methods=["GET", "POST"])
@checks_its_own_token
def block(tenant_id: int) -> Response:
    record = record_before_the_eyes(tenant_id)
    form = ReasonForm()
    if not form.validate_on_submit():
        return page_or_fragment("office/block.html", form.status, form=form, record=record)
    actions.block(record.tenant, current_agent(), form.reason.data)
    return back_to(record.tenant, "L'accès est bloqué, et les appareils sont déconnectés.")


@office.post("/locataires/<int:tenant_id>/debloquer")
def unblock(tenant_id: int) -> Response:
    tenant = tenant_or_404(tenant_id)
    with writing():
        account = Account.get_or_none(Account.tenant == tenant)
        if account and account.blocked_at and not is_as_shown("blocked_at", account.blocked_at):
            return back_to(tenant, BLOCKED_AGAIN)
        actions.unblock(tenant, current_agent())
    return back_to(tenant, "L'accès n'est plus bloqué.")


@office.route("/locataires/<int:tenant_id>/documents/<token>/retirer", methods=["GET", "POST"])
@managers_only
def withdraw_document(tenant_id: int, token: str) -> Response:
    """Asked first: the lines of a record look alike, and what is withdrawn does not come back (RGAA 11.12)."""
    record = record_before_the_eyes(tenant_id)
    document = Document.one_of(record.tenant, token)
    if document is None:
        raise Missing(
            "Document introuvable",
            "Il est déjà retiré, ou un import l'a remplacé.",
            (address_of(record.tenant), "Retour au dossier"),
        )
    if request.method == "GET":
        return Response(render_template("office/withdraw_document.html", record=record, document=document))
    if not is_as_shown("added_at", document.added_at) or not actions.withdraw_document(document, current_agent()):
        flash(typography(REPLACED))
        return go_to(f"{address_of(record.tenant)}/documents/{document.token}/retirer")
    return back_to(record.tenant, "Le document est retiré : le locataire ne le voit plus.")


def record_before_the_eyes(tenant_id: int) -> Record:
    """The record to show; that the agent reads it is journalled."""
    tenant = tenant_or_404(tenant_id)
    note_look(tenant, current_agent())
    return record_of(tenant)


def tenant_or_404(tenant_id: int) -> Tenant:
    tenant = Tenant.get_or_none(Tenant.id == tenant_id)
    if tenant is None:
        raise Missing("Dossier introuvable", "Ce dossier n'existe pas, ou l'office l'a effacé après le départ.")
    return tenant


def back_to(tenant: Tenant, message: str) -> Response:
    flash(typography(message))
    return go_to(address_of(tenant))


def address_of(tenant: Tenant) -> str:
    return f"/agents/locataires/{tenant.id}"
