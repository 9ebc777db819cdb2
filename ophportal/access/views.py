"""The guide's journey, a view a window."""

from flask import Blueprint, Response, flash, request, session
from flask_login import current_user

from ophportal import cookies
from ophportal.access import sessions
from ophportal.access.answers import throttled
from ophportal.access.forms import AccessRequestForm, LetterForm, LoginForm, WindowPasswordForm
from ophportal.access.login import form_digest, note_success, recognise
from ophportal.access.requests import write_letter_request, write_request
from ophportal.access.throttle import Throttled
from ophportal.extensions import csrf
from ophportal.formatting import typography
from ophportal.forms import checks_its_own_token
from ophportal.htmx import asked_by_htmx, go_to, page_or_fragment
from ophportal.kept_pages import same_for_strangers
from ophportal.models import Account, Event
from ophportal.signatures import drawn_for
from ophportal.visitor import client_address
from ophportal.wanted import wanted_or

access = Blueprint("access", __name__)

HOME = "/compte"

UNRECOGNISED = typography(
    "L'identifiant ou le mot de passe n'est pas le bon. Vérifiez-les, puis essayez encore. "
    "Le mot de passe du dernier e-mail reçu sert une seule fois, pendant 24 heures ; ensuite, c'est celui que vous "
    "avez choisi."
)
SEVERAL = typography("Plusieurs comptes pour une même adresse e-mail ? Utilisez le code d'accès.")
WHICH = "Vous avez deux comptes avec ce mot de passe. Écrivez le code d'accès du compte à changer."


def unrecognised(identifier: str) -> str:
    """One text for everybody, known or not, with a sentence more where an e-mail address was typed."""
    return f"{UNRECOGNISED} {SEVERAL}" if "@" in identifier else UNRECOGNISED


@access.route("/identification", methods=["GET", "POST"])
@checks_its_own_token
@same_for_strangers
def log_in() -> Response:
    if request.method == "GET" and current_user.is_authenticated:
        return go_to(HOME)
    remembered = cookies.remembered_identifier()
    form = LoginForm(identifier=session.pop("changed_for", remembered), remember=bool(remembered))
    if not form.validate_on_submit():
        if has_let_in(form):
            return go_to(wanted_or(HOME))
        return page_or_fragment("access/log_in.html", form.status, form=form)
    try:
        recognised = recognise(form.identifier.data, form.password.data, client_address())
    except Throttled as refusal:
        return throttled("access/log_in.html", form, refusal)
    if recognised is None or not sessions.let_in(recognised):
        form.form_errors.append(unrecognised(form.identifier.data))
        return page_or_fragment("access/log_in.html", 422, form=form)
    cookies.remember_identifier(form.identifier.data, wanted=form.remember.data)
    if recognised.other is not None:
        return go_to("/compte/comptes")  # which says that they are in, once they have chosen where
    if recognised.temporary is None:
        flash(sessions.CONNECTED)
    return go_to(wanted_or(HOME))


def has_let_in(form: LoginForm) -> bool:
    """Whether the button was pressed twice, and the first press has logged this browser in."""
    if not current_user.is_authenticated or not form.is_only_stale:
        return False
    is_the_same = current_user.is_just_opened_by(form_digest(drawn_for(form.csrf_token.data or "")))
    return is_the_same and current_user.account_id in Account.ids_named_by(form.identifier.data)


@access.route("/demander-un-code", methods=["GET", "POST"], defaults={"forgotten": False})
@access.route("/mot-de-passe-oublie", methods=["GET", "POST"], defaults={"forgotten": True})
@checks_its_own_token
@same_for_strangers
def request_code(*, forgotten: bool) -> Response:
    form = AccessRequestForm()
    template = "access/request_code.html"
    if not form.validate_on_submit():
        return page_or_fragment(template, form.status, form=form, forgotten=forgotten)
    try:
        write_request(form, client_address())
    except Throttled as refusal:
        return throttled(template, form, refusal, forgotten=forgotten)
    return confirmation(form.email.data, proof="form")


@access.route("/courrier-recu", methods=["GET", "POST"])
@checks_its_own_token
@same_for_strangers
def use_letter() -> Response:
    form = LetterForm()
    template = "access/use_letter.html"
    if not form.validate_on_submit():
        return page_or_fragment(template, form.status, form=form)
    try:
        write_letter_request(form, client_address())
    except Throttled as refusal:
        return throttled(template, form, refusal)
    return confirmation(form.email.data, proof="letter")


def confirmation(address: str, proof: str) -> Response:
    """The same words for everybody: at once for htmx, on the next page without it. `proof` is "form" or "letter"."""
    if asked_by_htmx():
        response = page_or_fragment("access/code_sent.html", address=address, proof=proof)
        # In the place of the whole window: the heading above the form is the form's.
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = ".window", "innerHTML"
        return response
    session["requested_for"] = address
    session["requested_by"] = proof
    return go_to("/code-envoye")


@access.get("/code-envoye")
def code_sent() -> Response:
    """The confirmation as a page of its own, for browsers without JavaScript."""
    address, proof = session.pop("requested_for", ""), session.pop("requested_by", "form")
    return page_or_fragment("access/code_sent.html", address=address, proof=proof)


@access.route("/changer-mot-de-passe", methods=["GET", "POST"])
@checks_its_own_token
@same_for_strangers
def change_password() -> Response:
    form = WindowPasswordForm(identifier=cookies.remembered_identifier())
    template = "access/change_password.html"
    if not form.validate_on_submit():
        return page_or_fragment(template, form.status, form=form)
    if sessions.has_just_replaced(form.identifier.data, form.new_password.data):  # pressed twice
        return password_is_changed(form)
    try:
        recognised = recognise(form.identifier.data, form.current_password.data, client_address())
    except Throttled as refusal:
        return throttled(template, form, refusal)
    if recognised is not None and recognised.other is not None:
        note_success(recognised, Event.PASSWORD_PROVED)
        form.identifier.errors = [WHICH]
        return page_or_fragment(template, 422, form=form)
    # Only once they are recognised: the objection may quote their name or number, and to judge a password is slow.
    if recognised is not None and not form.is_fit(recognised.account):
        note_success(recognised, Event.PASSWORD_PROVED)
        return page_or_fragment(template, 422, form=form)
    if recognised is None or not sessions.replace_password(
        recognised.account, form.new_password.data, proved=recognised
    ):
        form.form_errors.append(unrecognised(form.identifier.data))
        return page_or_fragment(template, 422, form=form)
    return password_is_changed(form)


def password_is_changed(form: WindowPasswordForm) -> Response:
    flash("Votre mot de passe est changé. Vous pouvez vous connecter.")
    # The login form is filled with it: nothing is asked twice (WCAG 3.3.7).
    session["changed_for"] = form.identifier.data
    return go_to(sessions.IDENTIFICATION)


@access.get("/.well-known/change-password")
def lead_to_change_password() -> Response:
    """Where password managers look for the page (W3C, « A Well-Known URL for Changing Passwords »)."""
    return go_to("/changer-mot-de-passe")


@access.post("/deconnexion")
@checks_its_own_token
def log_out() -> Response:
    # Without a session there is nothing to protect: it was ended from another tab.
    if current_user.is_authenticated:
        csrf.protect()
    sessions.leave()
    flash("Cet appareil est déconnecté.")
    response = go_to("/")
    # « Précédent » must not show the account to the next person at the computer (W3C, Clear Site Data).
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
