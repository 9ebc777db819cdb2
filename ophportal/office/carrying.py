"""What tenants told the portal and the ERP does not know yet: for an agent to carry over, by hand."""

from collections.abc import Iterable, Iterator, Sequence

from flask import Response, send_file

from ophportal.csv_output import write_table
from ophportal.downloads import to_send
from ophportal.formatting import counted, moment
from ophportal.models import AddressChange, DeliveryConsent, Event, JournalEntry, Tenant
from ophportal.office.room import current_agent, office

HEADER = ("N° locataire", "Nom", "Information", "Sur le portail", "Dans l'ERP")


@office.get("/coordonnees.csv")
def contact_details_as_csv() -> Response:
    """« Coordonnées à reporter dans l'ERP »: the tenants' own changes, and those that an agent recorded for them."""
    return taken_away(Event.CONTACT_DETAILS_DOWNLOADED, "coordonnees.csv", HEADER, rows_to_carry())


@office.get("/quittances.csv")
def consents_as_csv() -> Response:
    """« Locataires d'accord pour les quittances sur internet »: who has withdrawn is not in it any more."""
    header = ("N° locataire", "Nom", "D'accord depuis le")
    rows = (
        (consent.tenant.number, consent.tenant.full_name, moment(consent.given_at))
        for consent in DeliveryConsent.all_in_force()
    )
    return taken_away(Event.CONSENTS_DOWNLOADED, "quittances.csv", header, rows)


def taken_away(event: Event, name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """The table as a file, and the journal's line on who has it now."""
    with to_send() as file:
        count = write_table(file, header, rows)
        JournalEntry.create(event=event, agent=current_agent(), detail=counted(count, "ligne", "lignes"))
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name=name)


def rows_to_carry() -> Iterator[tuple[str, ...]]:
    """A row for each address and number that differs from the ERP's last, by name; an empty one was erased.

    No address whose change can still be undone: a thief's would reach the ERP before the owner has read the mail. One
    statement reads it all, so that the list is of one moment.
    """
    differs = (Tenant.email_key != Tenant.erp_email_key) | (Tenant.phone != Tenant.erp_phone)
    tenants = Tenant.select(Tenant, AddressChange.is_in_doubt().alias("is_in_doubt")).where(differs)
    for tenant in tenants.order_by(Tenant.last_name, Tenant.first_names, Tenant.id).iterator():
        who = (tenant.number, tenant.full_name)
        if tenant.email_key != tenant.erp_email_key and not tenant.is_in_doubt:
            yield *who, "Adresse e-mail", tenant.email, tenant.erp_email_key
        if tenant.has_own_phone:
            yield *who, "Téléphone", tenant.phone, tenant.erp_phone
