"""Mes coordonnées: where the office writes and calls, and how to change that."""

from collections.abc import Callable
from functools import partial

from flask import Response, flash

from ophportal import clock
from ophportal.access import sessions
from ophportal.access.answers import throttled
from ophportal.access.login import admit
from ophportal.access.throttle import NO_WAIT, Throttled, wait_in_window
from ophportal.account.contact_forms import NewAddressForm, TelephoneForm
from ophportal.account.frames import render_framed
from ophportal.account.proof import ProvedForm, not_the_password, recognise_again
from ophportal.account.room import account, current_tenant
from ophportal.addresses import ask_for_change
from ophportal.database import writing
from ophportal.formatting import typography
from ophportal.forms import checks_its_own_token
from ophportal.htmx import go_to, page_or_fragment
from ophportal.models import AddressChange, Event, JournalEntry, Lease, Tenant
from ophportal.posting import tell_tenant
from ophportal.visitor import client_address

CONTACT_DETAILS = "/compte/coordonnees"
# New addresses or numbers in an hour. More are no typing errors: they would make the portal write to strangers, or bury
# a mail that matters under others.
MOST_ASKED = 5
ASKED = typography(
    "Un e-mail part à votre nouvelle adresse. Ouvrez son lien, puis appuyez sur « Confirmer mon adresse »."
)


@account.get("/coordonnees")
def contact_details() -> bytes:
    tenant = current_tenant()
    return render_framed(
        "account/contact_details.html",
        tenant=tenant,
        leases=Lease.current_of(tenant),
        pending=AddressChange.pending_of(tenant),
    )


@account.route("/coordonnees/telephone", methods=["GET", "POST"])
@checks_its_own_token
def change_telephone() -> Response:
    template = "account/change_telephone.html"
    tenant = current_tenant()
    form = TelephoneForm(telephone=tenant.phone)
    if not form.validate_on_submit():
        return page_or_fragment(template, form.status, form=form, tenant=tenant)
    number = form.telephone.data
    if number == tenant.phone:
        flash("C'est déjà votre numéro de téléphone.")
        return go_to(CONTACT_DETAILS)
    if refusal := change_or_refusal(template, form, tenant, Event.PHONE_CHANGED, partial(record_number, number)):
        return refusal
    flash("Votre numéro de téléphone est enregistré." if number else "Votre numéro de téléphone est effacé.")
    return go_to(CONTACT_DETAILS)


def record_number(number: str, tenant: Tenant) -> None:
    """Put `number` on file and tell the tenant: agents call it back before they believe a stranger."""
    tenant.change_phone(number)
    sessions.note(Event.PHONE_CHANGED)
    tell_tenant("phone_changed", tenant)


@account.route("/coordonnees/email", methods=["GET", "POST"])
@checks_its_own_token
def change_address() -> Response:
    template = "account/change_address.html"
    tenant = current_tenant()
    form = NewAddressForm()
    if not form.validate_on_submit() or not form.is_new_to(tenant):
        return page_or_fragment(template, form.status, form=form, tenant=tenant)
    if refusal := change_or_refusal(template, form, tenant, Event.EMAIL_ASKED, partial(ask_for, form.email.data)):
        return refusal
    flash(ASKED)
    return go_to(CONTACT_DETAILS)


def ask_for(address: str, tenant: Tenant) -> None:
    ask_for_change(tenant, address, client_address())


def change_or_refusal(
    template: str, form: ProvedForm, tenant: Tenant, event: Event, change: Callable[[Tenant], None]
) -> Response | None:
    """Make `change`, which journals `event`, if the form has the own password; else the answer that refuses it.

    A mailed password will not do: it lay in the mailbox, and using it would void the own one.
    """
    proved = recognise_again(form, template, tenant=tenant)
    if isinstance(proved, Response):
        return proved
    with writing():
        is_admitted = proved.temporary is None and admit(proved, Event.PASSWORD_PROVED)
        asked = JournalEntry.tenant == tenant
        wait = wait_in_window(asked, event, MOST_ASKED, clock.now()) if is_admitted else NO_WAIT
        if is_admitted and not wait:
            change(proved.account.tenant)
    if not is_admitted:
        return not_the_password(form, template, tenant=tenant)
    return throttled(template, form, Throttled(wait), tenant=tenant) if wait else None


@account.post("/coordonnees/email/abandonner")
def drop_address_change() -> Response:
    AddressChange.drop_pending(current_tenant())
    flash("Le changement est abandonné. Votre adresse e-mail reste la même.")
    return go_to(CONTACT_DETAILS)
