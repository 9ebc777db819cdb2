"""The tenant's agreement to get quittances and reçus on the portal, and no more on paper (law 89-462, art. 21)."""

from flask import Response, flash

from ophportal.access import sessions
from ophportal.account.frames import render_framed
from ophportal.account.room import account, current_tenant
from ophportal.database import writing
from ophportal.formatting import typography
from ophportal.htmx import go_to
from ophportal.models import DeliveryConsent, Event

CONSENT = "/compte/documents/accord"
# What tenants agree to, shown and recorded word for word: if it changes, they must be asked again.
WORDING = typography(
    "J'accepte de recevoir mes quittances et mes reçus de loyer sur le portail de l'office. "
    "L'office peut alors ne plus les envoyer sur papier. "
    "C'est gratuit. Je peux retirer mon accord à tout moment, sur cette page. "
    "Je peux aussi demander une quittance sur papier à tout moment : elle est gratuite."
)


@account.get("/documents/accord")
def consent() -> bytes:
    tenant = current_tenant()
    return render_framed(
        "account/consent.html",
        wording=WORDING,
        in_force=DeliveryConsent.of(tenant),
        past=DeliveryConsent.withdrawn_of(tenant),
    )


@account.post("/documents/accord")
def give_consent() -> Response:
    with writing():
        if DeliveryConsent.give(current_tenant(), WORDING):
            sessions.note(Event.CONSENT_GIVEN)
    flash("Votre accord est enregistré. Vos quittances et vos reçus sont dans vos documents.")
    return go_to(CONSENT)


@account.post("/documents/accord/retirer")
def withdraw_consent() -> Response:
    with writing():
        if DeliveryConsent.withdraw(current_tenant()):
            sessions.note(Event.CONSENT_WITHDRAWN)
    flash("Votre accord est retiré. Demandez vos quittances sur papier à l'office, c'est gratuit.")
    return go_to(CONSENT)
