"""The copy of what is held on a tenant, for who cannot take it from an account of their own (RGPD, art. 15 and 20)."""

from typing import TYPE_CHECKING

from flask import Response
from werkzeug.exceptions import ServiceUnavailable

from ophportal.access.login import shared_door
from ophportal.database import writing
from ophportal.downloads import closed_on_error
from ophportal.forms import checks_its_own_token
from ophportal.htmx import page_or_fragment
from ophportal.models import Account, Event, JournalEntry, Lease, Tenant
from ophportal.office.agents import recognise_again, unproved
from ophportal.office.forms import OwnDataForm
from ophportal.office.recognition import Recognised, admit, note_success
from ophportal.office.record import common_doors
from ophportal.office.room import managers_only, office
from ophportal.office.tenants import record_before_the_eyes
from ophportal.posting import tell_tenant
from ophportal.visitor import client_address

if TYPE_CHECKING:
    from ophportal.own_data.person import Person


@office.route("/locataires/<int:tenant_id>/donnees", methods=["GET", "POST"])
@checks_its_own_token
@managers_only
def hand_data_over(tenant_id: int) -> Response:
    """Against both proofs, and for a reason that the tenant may read: the copy says more than the console shows."""
    from ophportal.own_data.download import BUSY, BusyError, download_of

    tenant = record_before_the_eyes(tenant_id).tenant
    form = OwnDataForm()
    template = "office/own_data.html"
    if not form.validate_on_submit():
        return page_or_fragment(template, form.status, form=form, tenant=tenant)
    proved = recognise_again(form, template, tenant=tenant)
    if isinstance(proved, Response):
        return proved
    try:
        answer = download_of(person_of(tenant), f"donnees-dossier-{tenant.id}")
    except (BusyError, ServiceUnavailable):
        # Without using the code up: it is good for the next try.
        note_success(proved, Event.PASSWORD_PROVED)
        form.form_errors.append(BUSY)
        return page_or_fragment(template, 503, form=form, tenant=tenant)
    with closed_on_error(answer):
        noted = note(proved, tenant, form.reason.data)
    if not noted:
        answer.close()
        return unproved(form, template, tenant=tenant)
    return answer


def note(proved: Recognised, tenant: Tenant, reason: str) -> bool:
    """Use the code up, now that the copy is made; tell the journal and the tenant. False when `admit` says so."""
    with writing():
        if not admit(proved, Event.PASSWORD_PROVED):
            return False
        told = {"tenant": tenant, "agent": proved.agent, "detail": reason}
        JournalEntry.create(event=Event.DATA_HANDED_OVER, network_address=client_address(), **told)
        tell_tenant("data_handed_over", tenant)
    return True


def person_of(tenant: Tenant) -> "Person":
    """The tenant as the copy needs them, without the doors of browsers that only their own cookie tells."""
    from ophportal.own_data.person import Person

    account = Account.get_or_none(Account.tenant == tenant)
    return Person(
        tenant,
        account,
        doors=common_doors(tenant, account),
        leases=Lease.all_of(tenant),
        shared_doors=[shared_door(tenant.email_key, "")],
    )
