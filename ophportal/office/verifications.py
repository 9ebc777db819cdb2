"""À vérifier: the requests that DESIGN (3) leaves to a person."""

from typing import NamedTuple

from flask import Response, abort, flash, render_template

from ophportal.database import writing
from ophportal.email_address import unusual_letters
from ophportal.errors import Missing
from ophportal.formatting import typography
from ophportal.forms import checks_its_own_token
from ophportal.htmx import go_to, page_or_fragment
from ophportal.models import Account, Decision, JournalEntry, Lease, Verification
from ophportal.office import actions
from ophportal.office.comparison import compared
from ophportal.office.forms import ReasonForm, was_overtaken
from ophportal.office.record import note_look
from ophportal.office.room import current_agent, office

LIST = "/agents/a-verifier"
MOST_SHOWN = 50
DECIDED = {
    Decision.APPROVED: "La demande est acceptée : l'adresse est au dossier, et le code y part.",
    Decision.REFUSED: "La demande est refusée, et la raison part par e-mail.",
}
OVERTAKEN = (
    "L'adresse du dossier a changé depuis que vous avez ouvert cette page. Rien n'est accepté : comparez de nouveau, "
    "puis décidez."
)
TAKEN = "Un autre agent s'en occupe, ou la décision est déjà prise."


class WaitingPage(NamedTuple):
    """A page of the pending ones, oldest first. `number` (1, 2…) is its own, `last` that of the last page; its first
    line is the `first` of all `total`, from 1.
    """

    number: int
    last: int
    first: int
    total: int
    verifications: list[Verification]


@office.get("/a-verifier", defaults={"number": 1})
@office.get("/a-verifier/page/<int:number>")
def verifications(number: int) -> str | Response:
    page = waiting_page(number) if 0 < number < 2**32 else abort(404)
    # Decided meanwhile, by this agent or by colleagues.
    if number > page.last:
        return go_to(page_address(page.last))
    return render_template("office/verifications.html", page=page)


def waiting_page(number: int) -> WaitingPage:
    total, before = Verification.pending_count(), (number - 1) * MOST_SHOWN
    shown = list(Verification.pending().offset(before).limit(MOST_SHOWN))
    return WaitingPage(number, max(1, -(-total // MOST_SHOWN)), before + 1, total, shown)


def page_address(number: int) -> str:
    return LIST if number == 1 else f"{LIST}/page/{number}"


def back_from(verification: Verification) -> str:
    """The page of the list where the agent goes on: the one that has it, or had it before the decision."""
    return page_address(verification.count_older() // MOST_SHOWN + 1)


@office.get("/a-verifier/<int:verification_id>")
def verification(verification_id: int) -> Response:
    return verification_page(verification_or_404(verification_id), ReasonForm())


@office.post("/a-verifier/<int:verification_id>/ouvrir")
def open_verification(verification_id: int) -> Response:
    verification = verification_or_404(verification_id)
    return go_to(f"{LIST}/{verification.id}") if verification.open_for(current_agent()) else taken(verification)


@office.post("/a-verifier/<int:verification_id>/laisser")
def leave_verification(verification_id: int) -> Response:
    verification = verification_or_404(verification_id)
    verification.leave(current_agent())
    return go_to(back_from(verification))


@office.post("/a-verifier/<int:verification_id>/accepter")
def approve_verification(verification_id: int) -> Response:
    verification = undecided(verification_id, Decision.APPROVED)
    # Anew, on a page that has been open for longer than it is held.
    if not verification.open_for(current_agent()):
        return taken(verification)
    if not actions.may_enter(verification.tenant):
        return go_to(f"{LIST}/{verification.id}")
    with writing():
        overtaken = was_overtaken(verification.tenant)
        approved = not overtaken and actions.approve(verification, current_agent())
    if overtaken:
        flash(typography(OVERTAKEN))
        return go_to(f"{LIST}/{verification.id}")
    return decided(verification, Decision.APPROVED) if approved else taken(verification)


@office.post("/a-verifier/<int:verification_id>/refuser")
@checks_its_own_token
def refuse_verification(verification_id: int) -> Response:
    verification = undecided(verification_id, Decision.REFUSED)
    form = ReasonForm()
    if not verification.open_for(current_agent()):
        return taken(verification)
    if not form.validate():
        return verification_page(verification, form)
    if not actions.refuse(verification, current_agent(), form.reason.data):
        return taken(verification)
    return decided(verification, Decision.REFUSED)


def undecided(verification_id: int, decision: Decision) -> Verification:
    """The one still to be decided. An agent who has just decided it so, and presses again, is told that it is done."""
    if verification := Verification.just_decided(verification_id, decision, current_agent()):
        abort(decided(verification, decision))
    return verification_or_404(verification_id)


def decided(verification: Verification, decision: Decision) -> Response:
    flash(typography(DECIDED[decision]))
    return go_to(back_from(verification))


def taken(verification: Verification) -> Response:
    flash(TAKEN)
    return go_to(back_from(verification))


def verification_page(verification: Verification, form: ReasonForm) -> Response:
    note_look(verification.tenant, current_agent())
    leases = Lease.current_of(verification.tenant)
    return page_or_fragment(
        "office/verification.html",
        form.status,
        form=form,
        verification=verification,
        back=back_from(verification),
        is_mine=verification.holder == current_agent(),
        lines=compared(verification.request, verification.tenant, leases),
        has_lease=bool(leases),
        is_blocked=Account.is_blocked(verification.tenant),
        shared_with=verification.tenant.others_with(verification.request.email),
        unusual=unusual_letters(verification.request.email),
        phone_changed_at=JournalEntry.phone_changed_at(verification.tenant),
    )


def verification_or_404(verification_id: int) -> Verification:
    verification: Verification | None = Verification.pending().where(Verification.id == verification_id).first()
    if verification is None:
        raise Missing(
            "Demande introuvable",
            "Un agent l'a acceptée ou refusée : le journal du dossier le dit. Ou elle a attendu trop longtemps, "
            "et elle est effacée.",
            (LIST, "Retour aux demandes à vérifier"),
        )
    return verification
