"""The room of a tenant's account, and its door: nobody passes it without a running session."""

import re

from flask import Blueprint, Response, abort, current_app, flash, g, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from ophportal.errors import explain_stale_page
from ophportal.extensions import login_manager
from ophportal.formatting import of_whom
from ophportal.htmx import go_to
from ophportal.models import Lease, Tenant
from ophportal.signatures import TOKEN, is_form_of_another
from ophportal.wanted import home_instead, is_led_here, note_wanted

account = Blueprint("account", __name__, url_prefix="/compte")

HOME = "/compte"
EXTEND = "/compte/prolonger"
CHOOSE_PASSWORD = "/compte/choisir-mot-de-passe"  # noqa: S105 - an address


# What templates get when a page is shown before `require_tenant` has run.
NONE_YET: dict[str, object] = {"running": None, "must_choose": True, "whose": None, "holds_two": False}


@account.context_processor
def tell_session() -> dict[str, object]:
    # As `require_tenant` read it: a query here would fail again on the page that says that the store is away.
    told: dict[str, object] = g.get("told", NONE_YET)
    return told


@account.before_request
def require_tenant() -> Response | None:
    running = current_user._get_current_object()
    if not running.is_authenticated:
        at_the_door = login_manager.unauthorized()
        note_wanted(HOME)
        return at_the_door
    # At EXTEND a script asks how much is left, which is no visit, or a press extends the session in any case.
    if request.path != EXTEND:
        running.note_visit()
    g.whose_places = running.account.tenant_id
    g.told = {
        "running": running,
        "must_choose": running.must_choose,
        "whose": running.tenant,
        "holds_two": running.also_proved_id is not None,
    }
    if request.method == "POST" and form_is_another_s():
        return tell_who_is_in()
    if running.must_choose and request.path not in {CHOOSE_PASSWORD, EXTEND}:
        return go_to(CHOOSE_PASSWORD)
    g.is_led_here = is_led_here()
    return None


account.register_error_handler(404, home_instead(HOME))


@account.errorhandler(CSRFError)
def explain_stale_form(error: CSRFError) -> Response:
    """For views whose token Flask-WTF checks, which it does before `require_tenant` runs."""
    return tell_who_is_in() if current_user.is_authenticated and form_is_another_s() else explain_stale_page(error)


def form_is_another_s() -> bool:
    """Whether the form was made for another account: its page stayed open while this account was opened in another tab.

    A stale form would offer to be sent again with a fresh token, and so write its answers into the wrong account.
    """
    return is_form_of_another(request.form.get(TOKEN, ""), str(current_user.account_id))


def tell_who_is_in() -> Response:
    """Nothing is done: the page is loaded anew, and says whose account is open. Home, for an address without a page."""
    flash(f"Vous êtes maintenant dans le compte {of_whom(current_tenant().full_name)}. Rien n'a été enregistré.")
    pages = current_app.create_url_adapter(request)
    return go_to(request.path if pages and pages.test(request.path, "GET") else HOME)


def current_tenant() -> Tenant:
    return current_user.tenant


def lease_or_404(lease_id: int) -> Lease:
    """The tenant's own lease, running or ended, with its dwelling; anybody else's is not found."""
    return Lease.one_of(current_tenant(), lease_id) or abort(404)


def row_id(text: str) -> int:
    """The id of a row as a form carries it. Raises ValueError, also for a number that no store can hold."""
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise ValueError("not the id of a row")
    return int(text)
