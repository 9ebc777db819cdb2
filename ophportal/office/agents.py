"""The agents' access: one's own (« Mon accès »), and that of the others, for the responsables."""

from flask import Response, flash, render_template, request

from ophportal.access.answers import throttled
from ophportal.access.throttle import Throttled
from ophportal.database import writing
from ophportal.errors import Missing
from ophportal.formatting import typography
from ophportal.forms import checks_its_own_token
from ophportal.htmx import go_to, page_or_fragment
from ophportal.models import Agent, AgentSession, Event, JournalEntry, RecoveryCode
from ophportal.office import entry, factor
from ophportal.office.forms import NEXT_CODE, AgentPasswordForm, ProofForm, is_as_shown
from ophportal.office.once import drawn_here, unless_done
from ophportal.office.recognition import Recognised, admit, doors_of, recognise
from ophportal.office.room import HOME, current_agent, current_session, managers_only, office, writing_while_in
from ophportal.passwords import hash_password
from ophportal.posting import tell_agent
from ophportal.session_end import put_off_on_demand
from ophportal.visitor import client_address

LIST = "/agents/agents"
OWN = "/agents/mon-acces"
TO_LIST = LIST, "Retour aux agents"
DISABLED_AGAIN = (
    "{} a été désactivé de nouveau depuis que vous avez ouvert cette page. Demandez-en la raison à vos collègues, puis "
    "décidez."
)
UNPROVED = typography(f"Le mot de passe actuel ou le code n'est pas le bon. {NEXT_CODE}")


@office.route("/prolonger", methods=["GET", "POST"])
def extend_session() -> Response:
    return put_off_on_demand(current_session(), "office/session.html", HOME)


@office.get("/mon-acces")
def own_access() -> str:
    me = current_agent()
    return render_template(
        "office/own_access.html",
        codes_left=RecoveryCode.left(me),
        current_id=current_session().id,
        sessions=AgentSession.running_of(me),
        logins=JournalEntry.last_logins_of_agent(me),
        refusals=JournalEntry.refusals_at(doors_of(me)),
    )


@office.post("/mon-acces/deconnecter-les-autres")
def end_own_other_sessions() -> Response:
    with writing():
        AgentSession.end_all_of(current_agent(), but=current_session())
        JournalEntry.create(event=Event.SESSIONS_ENDED, agent=current_agent(), network_address=client_address())
    flash("Vos autres appareils sont déconnectés.")
    return go_to(OWN)


@office.route("/mon-acces/mot-de-passe", methods=["GET", "POST"])
@checks_its_own_token
def change_own_password() -> Response:
    form = AgentPasswordForm()
    template = "office/own_password.html"
    if not form.validate_on_submit() or not form.is_fit(current_agent()):
        return page_or_fragment(template, form.status, form=form)
    proved = recognise_again(form, template)
    if isinstance(proved, Response):
        return proved
    # Before the transaction: a slow hash would hold every other writer up.
    if not replace_password(proved, hash_password(form.new_password.data)):
        return unproved(form, template)
    flash("Votre mot de passe est changé. Vos autres appareils sont déconnectés.")
    return go_to(OWN)


def replace_password(proved: Recognised, password_hash: str) -> bool:
    """Replace the password; of the agent's sessions only this browser's goes on. False when `admit` says so."""
    me = proved.agent
    with writing():
        if not admit(proved, Event.PASSWORD_PROVED):
            return False
        me.choose_password(password_hash)
        AgentSession.end_all_of(me)
        JournalEntry.create(event=Event.PASSWORD_CHANGED, agent=me, network_address=client_address())
        tell_agent("agent_password", me)
        entry.enter(me)
    return True


@office.route("/mon-acces/codes-de-secours", methods=["GET", "POST"])
@checks_its_own_token
def renew_recovery_codes() -> Response:
    form = ProofForm()
    template = "office/own_codes.html"
    if not form.validate_on_submit():
        return page_or_fragment(template, form.status, form=form)
    codes = factor.recovery_codes(drawn_here("recovery codes", form.current_password.data, form.code.data))
    refusal = unless_done(lambda: are_just_renewed(codes), lambda: renew(codes, form, template))
    return refusal or Response(render_template("office/recovery_codes.html", codes=codes))


def are_just_renewed(codes: list[str]) -> bool:
    me = current_agent()
    return JournalEntry.has_just(Event.RECOVERY_CODES_RENEWED, agent=me) and factor.has_recovery_codes(me, codes)


def renew(codes: list[str], form: ProofForm, template: str) -> Response | None:
    """Replace the recovery codes by `codes`; the form again when the password or the code is wrong."""
    proved = recognise_again(form, template)
    if isinstance(proved, Response):
        return proved
    with writing():
        if not admit(proved, Event.PASSWORD_PROVED):
            return unproved(form, template)
        factor.give_recovery_codes(proved.agent, codes)
        JournalEntry.create(event=Event.RECOVERY_CODES_RENEWED, agent=proved.agent, network_address=client_address())
        tell_agent("agent_codes", proved.agent)
    return None


def recognise_again(form: ProofForm, template: str, **context: object) -> Recognised | Response:
    """The logged-in agent, if password and code are right; else the form again. Failures count as those of logins."""
    try:
        recognised = recognise(current_agent().email, form.current_password.data, form.code.data, client_address())
    except Throttled as refusal:
        return throttled(template, form, refusal, **context)
    return recognised or unproved(form, template, **context)


def unproved(form: ProofForm, template: str, **context: object) -> Response:
    form.form_errors.append(UNPROVED)
    return page_or_fragment(template, 422, form=form, **context)


@office.get("/agents")
@managers_only
def agents() -> str:
    everybody = list(Agent.select().order_by(Agent.disabled_at.is_null(False), Agent.name, Agent.id))
    return render_template("office/agents.html", agents=everybody)


@office.route("/agents/<int:agent_id>/lien", methods=["GET", "POST"])
@checks_its_own_token
@managers_only
def invite_again(agent_id: int) -> Response:
    """A new one-time link for an agent who has lost telephone and codes; shown once, to be handed over.

    It takes the responsable's password and code: an open session alone must not give access as a colleague.
    """
    colleague = colleague_or_404(agent_id)
    if colleague.disabled_at is not None:
        raise Missing("Agent désactivé", "Réactivez d'abord cet agent.", TO_LIST)
    form = ProofForm()
    template = "office/invite.html"
    if not form.validate_on_submit():
        return page_or_fragment(template, form.status, form=form, colleague=colleague)
    token = drawn_here("link", str(colleague.id), form.current_password.data, form.code.data)
    refusal = unless_done(
        lambda: is_just_invited(colleague, token), lambda: give_link(colleague, token, form, template)
    )
    shown = {"colleague": colleague, "link": entry.public_link(token)}
    return refusal or Response(render_template("office/link.html", **shown))


def is_just_invited(colleague: Agent, token: str) -> bool:
    given = JournalEntry.has_just(Event.AGENT_INVITED, agent=current_agent(), detail=colleague.name)
    return given and Agent.invited_by(token) is not None


def give_link(colleague: Agent, token: str, form: ProofForm, template: str) -> Response | None:
    """Make `token` the colleague's only way in; the form again when the password or the code is wrong."""
    proved = recognise_again(form, template, colleague=colleague)
    if isinstance(proved, Response):
        return proved
    with writing_while_in():
        if not admit(proved, Event.PASSWORD_PROVED):
            return unproved(form, template, colleague=colleague)
        colleague.invite(token)
        JournalEntry.create(event=Event.AGENT_INVITED, agent=current_agent(), detail=colleague.name)
    return None


@office.route("/agents/<int:agent_id>/desactiver", methods=["GET", "POST"])
@managers_only
def disable_agent(agent_id: int) -> Response:
    colleague = colleague_or_404(agent_id)
    if colleague.disabled_at is not None:
        return go_to(LIST)
    if request.method == "GET":
        return Response(render_template("office/disable_agent.html", colleague=colleague))
    with writing_while_in():
        colleague.disable()
        JournalEntry.create(event=Event.AGENT_DISABLED, agent=current_agent(), detail=colleague.name)
    flash(f"{colleague.name} n'entre plus.")
    return go_to(LIST)


@office.post("/agents/<int:agent_id>/reactiver")
@managers_only
def enable_agent(agent_id: int) -> Response:
    colleague = colleague_or_404(agent_id)
    with writing_while_in():
        colleague = Agent.get_by_id(colleague.id)  # another responsable may have been first
        if colleague.disabled_at and not is_as_shown("disabled_at", colleague.disabled_at):
            flash(DISABLED_AGAIN.format(colleague.name))
            return go_to(LIST)
        colleague.enable()
        JournalEntry.create(event=Event.AGENT_ENABLED, agent=current_agent(), detail=colleague.name)
    flash(f"{colleague.name} peut entrer de nouveau.")
    return go_to(LIST)


def colleague_or_404(agent_id: int) -> Agent:
    """Another agent: nobody locks themselves out by a slip."""
    colleague: Agent | None = Agent.get_or_none((Agent.id == agent_id) & (Agent.id != current_agent().id))
    if colleague is None:
        raise Missing("Agent introuvable", "Cet agent n'existe pas, ou c'est vous-même.", TO_LIST)
    return colleague
