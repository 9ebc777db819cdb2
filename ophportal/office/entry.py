"""The agents' way in and out: identification, the one-time link, the first password and the second factor."""

from flask import Blueprint, Response, current_app, flash, render_template, request, session

from ophportal.access.answers import throttled
from ophportal.access.throttle import Throttled
from ophportal.cookies import write_later
from ophportal.database import writing
from ophportal.extensions import csrf
from ophportal.formatting import typography
from ophportal.forms import checks_its_own_token
from ophportal.htmx import go_to, page_or_fragment
from ophportal.models import Agent, AgentSession, Event, JournalEntry
from ophportal.models.agent import fresh_seed
from ophportal.models.keys import email_key
from ophportal.office import factor
from ophportal.office.forms import NEXT_CODE, AgentLoginForm, FirstLoginForm
from ophportal.office.once import unless_done
from ophportal.office.recognition import Recognised, admit, know_this_device, recognise
from ophportal.office.room import COOKIE, HOME, IDENTIFICATION, running_session
from ophportal.passwords import hash_password
from ophportal.posting import tell_agent
from ophportal.secret_key import keyed
from ophportal.signatures import renew_form_tokens
from ophportal.visitor import client_address, client_device
from ophportal.wanted import wanted_or

entry = Blueprint("office_entry", __name__, url_prefix="/agents")

FIRST_LOGIN = "/agents/premiere-connexion"
UNRECOGNISED = typography(
    f"L'adresse, le mot de passe ou le code n'est pas le bon. {NEXT_CODE} Mot de passe oublié, ou téléphone perdu ? "
    "Un responsable, ou la personne qui tient le serveur, vous donne un nouveau lien."
)
WRONG_CODE = (
    "Ce n'est pas le code de votre téléphone. Attendez le suivant, puis écrivez-le. Si cela recommence, "
    "visez de nouveau le dessin."
)


@entry.route("/identification", methods=["GET", "POST"])
@checks_its_own_token
def log_in() -> Response:
    template = "office/log_in.html"
    form = AgentLoginForm()
    if not form.is_submitted():
        return go_to(HOME) if running_session() else page_or_fragment(template, form=form)
    if not form.validate():
        # They have logged in from another tab meanwhile, with a code that would not be accepted a second time.
        if form.is_only_stale and is_in(form.email.data):
            return go_to(wanted_or(HOME))
        return page_or_fragment(template, form.status, form=form)
    try:
        recognised = recognise(form.email.data, form.password.data, form.code.data, client_address())
    except Throttled as refusal:
        return throttled(template, form, refusal)
    if recognised is None or not let_in(recognised):
        form.form_errors.append(UNRECOGNISED)
        return page_or_fragment(template, 422, form=form)
    return go_to(wanted_or(HOME))


def is_in(email: str) -> bool:
    """Whether it is the agent of this address whom the browser's session has let in."""
    running = running_session()
    return running is not None and running.agent.email_key == email_key(email)


@entry.get("/invitation/<secret>")
def open_invitation(secret: str) -> Response:
    """The one-time link. It only moves its secret from the URL to the session: mail scanners open links too."""
    if Agent.invited_by(secret) is None:
        forget_link()
    else:
        session["invitation"] = secret
        # A new seed at each opening: somebody who opened the link before must not know the agent's second factor.
        session["factor_seed"] = fresh_seed()
    return go_to(FIRST_LOGIN)


@entry.route("/premiere-connexion", methods=["GET", "POST"])
@checks_its_own_token
def first_login() -> Response:
    """The agent's own password, and their telephone; the link is used up by the answer, not by the visit."""
    invitation = session.get("invitation")
    if invitation is None:  # the browser keeps no cookie; the link itself may be valid
        return Response(render_template("office/link_is_lost.html"), 400)
    agent = Agent.invited_by(invitation)
    if agent is None and request.method == "POST":  # pressed twice, maybe
        agent = Agent.just_activated_with(session.get("factor_seed", ""))
    if agent is None:
        return dead_link()
    # The seed of this browser becomes the agent's when the link is used. Opening the link alone shows a useless secret.
    agent.factor_seed = session.setdefault("factor_seed", fresh_seed())
    form = FirstLoginForm()
    if not form.validate_on_submit() or not form.is_fit(agent):
        return first_login_page(form, agent)
    # Derived from the link's secret and from what was sent, as in `once`.
    seed = keyed("first login", invitation, form.new_password.data, form.code.data).hex()
    codes = factor.recovery_codes(seed)
    refusal = unless_done(lambda: enter_again(agent, codes), lambda: accept(agent, form, invitation, codes))
    if refusal is not None:
        return refusal
    forget_link()
    return Response(render_template("office/recovery_codes.html", codes=codes))


def accept(agent: Agent, form: FirstLoginForm, invitation: str, codes: list[str]) -> Response | None:
    """Use the link up, and let the agent in; the form again when the telephone's code will not do."""
    step = factor.step_of(agent, form.code.data)
    if step is None:
        form.code.errors = [WRONG_CODE]
        return first_login_page(form, agent)
    password_hash = hash_password(form.new_password.data)
    with writing():
        if not agent.accept(invitation, password_hash, step):
            return dead_link()
        factor.give_recovery_codes(agent, codes)
        JournalEntry.create(event=Event.AGENT_ACTIVATED, agent=agent, network_address=client_address())
        tell_agent("agent_entered", agent)
        enter(agent)
    return None


def enter_again(agent: Agent, codes: list[str]) -> bool:
    """For a second press: open a new session if the same form has just been accepted (same codes); else False."""
    with writing():
        entered = JournalEntry.has_just(Event.AGENT_ACTIVATED, agent=agent)
        if not entered or not factor.has_recovery_codes(agent, codes):
            return False
        AgentSession.end_all_of(agent)
        enter(agent)
    return True


def first_login_page(form: FirstLoginForm, agent: Agent) -> Response:
    return page_or_fragment(
        "office/first_login.html",
        form.status,
        form=form,
        invited=agent,
        qr_code=factor.qr_code(agent),
        secret=factor.secret_of(agent),
    )


def forget_link() -> None:
    """Keep in the session only that there was a link, which is used up or no longer valid."""
    session["invitation"] = ""
    session.pop("factor_seed", None)


def dead_link() -> Response:
    forget_link()
    return Response(render_template("office/link_is_dead.html"), 410)


@entry.post("/deconnexion")
@checks_its_own_token
def log_out() -> Response:
    if (running := running_session()) is not None:
        csrf.protect()  # not when they have logged out in another tab already
        with writing():
            JournalEntry.create(event=Event.LOGOUT, agent=running.agent, network_address=client_address())
            running.end()
    # Not `session.clear()`: a tenant may be logged in from the same browser.
    renew_form_tokens()
    write_cookie("")
    flash("Cet appareil est déconnecté.")
    response = go_to(IDENTIFICATION)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def let_in(recognised: Recognised) -> bool:
    """Open a session for who has just been recognised; False when `admit` says so."""
    agent, proof = recognised.agent, recognised.proof
    with writing():
        if not admit(recognised, device=client_device()):
            return False
        # `admit` has sent a mail about a recovery code.
        if not recognised.is_known_here and not proof.is_recovery:
            tell_agent("agent_device", agent)
        enter(agent)
    return True


def enter(agent: Agent) -> None:
    """Open a session under a fresh token; the one that this browser held ends."""
    if (running := running_session()) is not None:
        running.end()
    row = AgentSession.start(agent=agent, device=client_device(), network_address=client_address())
    # Form tokens of before the login are no longer valid.
    renew_form_tokens()
    write_cookie(row.token)
    know_this_device(agent)


def write_cookie(token: str) -> None:
    """The session's cookie, for as long as the browser is open; no other site's link carries it."""
    write_later(COOKIE, token, lasting=False, samesite="Strict")


def public_link(token: str) -> str:
    """The one-time link to hand over."""
    return f"{current_app.config['BASE_URL']}/agents/invitation/{token}"
