"""Mes coordonnées: where the office writes and calls, and how to change that."""

from flask import Response, flash
from flask_login import current_user

from ophportal import clock
from ophportal.access import sessions
from ophportal.access.answers import throttled
from ophportal.access.login import Recognised, admit, recognise
from ophportal.access.throttle import REQUESTS_WINDOW, Throttled, wait_in_window
from ophportal.account.contact_forms import NewAddressForm, TelephoneForm
from ophportal.account.frames import render_framed
from ophportal.account.room import account, current_tenant
from ophportal.addresses import ask_for_change
from ophportal.database import writing
from ophportal.forms import checks_its_own_token
from ophportal.htmx import go_to, page_or_fragment
from ophportal.models import AddressChange, Event, JournalEntry, Lease, Tenant
from ophportal.visitor import client_address

CONTACT_DETAILS = "/compte/coordonnees"
# So many new addresses in an hour are slips of the finger; more would make the portal write to strangers.
MOST_ASKED = 5


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
    tenant = current_tenant()
    form = TelephoneForm(telephone=tenant.phone)
    if not form.is_submitted() or not form.validate():
        return page_or_fragment("account/change_telephone.html", form.status if form.is_submitted() else 200, form=form)
    if form.telephone.data == tenant.phone:
        flash("C'est déjà votre numéro de téléphone.")
        return go_to(CONTACT_DETAILS)
    with writing():
        tenant.phone = form.telephone.data
        tenant.save(only=[Tenant.phone])
        sessions.note(Event.PHONE_CHANGED)
    flash("Votre numéro de téléphone est enregistré." if tenant.phone else "Votre numéro de téléphone est effacé.")
    return go_to(CONTACT_DETAILS)


@account.route("/coordonnees/email", methods=["GET", "POST"])
@checks_its_own_token
def change_address() -> Response:
    template = "account/change_address.html"
    tenant = current_tenant()
    form = NewAddressForm()
    if not form.is_submitted():
        return page_or_fragment(template, form=form, tenant=tenant)
    if not form.validate() or not form.is_new_to(tenant):
        return page_or_fragment(template, form.status, form=form, tenant=tenant)
    try:
        recognised = recognise(current_user.account.code, form.current_password.data, client_address())
        asked = recognised is not None and ask(recognised, form.email.data)
    except Throttled as refusal:
        return throttled(template, form, refusal, tenant=tenant)
    if not asked:
        form.current_password.errors = ["Ce n'est pas votre mot de passe actuel."]
        return page_or_fragment(template, 422, form=form, tenant=tenant)
    flash("Un e-mail part à votre nouvelle adresse. Ouvrez le lien de cet e-mail pour finir le changement.")
    return go_to(CONTACT_DETAILS)


def ask(recognised: Recognised, address: str) -> bool:
    """Ask for the change at the word of who gave the own password; False for who gave another, or was overtaken.

    A mailed password lay in the old mailbox, and its one login would end the own one. Raises Throttled for who has
    had the portal write to many addresses.
    """
    if recognised.temporary is not None:
        return False
    tenant = recognised.account.tenant
    with writing():
        if not admit(recognised, Event.PASSWORD_PROVED):
            return False
        mine = JournalEntry.tenant == tenant
        wait = wait_in_window(mine, Event.EMAIL_ASKED, REQUESTS_WINDOW, MOST_ASKED, clock.now())
        if not wait:
            ask_for_change(tenant, address, client_address())
    if wait:
        raise Throttled(wait)
    return True


@account.post("/coordonnees/email/abandonner")
def drop_address_change() -> Response:
    AddressChange.drop_pending(current_tenant())
    flash("Le changement est abandonné. Votre adresse e-mail reste la même.")
    return go_to(CONTACT_DETAILS)
