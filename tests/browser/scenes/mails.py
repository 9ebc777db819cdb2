"""The portal's mails, each in its variants: as who reads them in HTML sees them."""

from ophportal.addresses import record_address
from ophportal.models import Dwelling, Verification
from ophportal.paper_codes import paper_code
from ophportal.testing import add_lease
from tests.address_changes import OFFICE_S, ask, changed, use
from tests.browser.scenes import scene
from tests.conftest import OWN_PASSWORD, log_in, log_in_agent, press, request_code
from tests.console.proofs import OWN_CODES, both_proofs, first_login, fresh_recovery_codes, invited
from tests.console.records import path
from tests.console.verifications import opened, refuse
from tests.contact_details import change

NEW_PASSWORD = "deux lunes rouges sur le toit"
MISTAKEN = "Le nom écrit n'est pas celui du bail. Appelez-nous avec votre avis d'échéance sous les yeux."


@scene("mail.credentials", "mail-code-d-acces")
def credentials(client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    return outbox.deliver()


@scene("mail.credentials", "mail-code-d-acces-deux-baux")
def credentials_of_two_leases(client, make_tenant, outbox):
    add_lease(make_tenant(civility="Mme"), "0123-90-007")
    Dwelling.update(kind="Garage").where(Dwelling.reference == "0123-90-007").execute()
    request_code(client)
    return outbox.deliver()


@scene("mail.credentials", "mail-code-d-acces-par-l-office")
def credentials_by_the_office(console, make_account, outbox):
    tenant = make_account().tenant
    press(console, path(tenant, "")[:-1], path(tenant, "code"))
    return outbox.deliver()


@scene("mail.other_address", "mail-autre-adresse")
def other_address(client, make_tenant, outbox):
    make_tenant()
    request_code(client, email="autre@exemple.test")
    return outbox.deliver()


@scene("mail.no_match", "mail-a-verifier")
def no_match(client, make_tenant, outbox):
    make_tenant()
    request_code(client, tenant_number="0012346")
    return outbox.deliver()


@scene("mail.no_match", "mail-a-verifier-courrier")
def no_match_of_a_letter(client, make_tenant, outbox):
    make_tenant()
    client.submit("/courrier-recu", letter_code=paper_code(), email="maria@exemple.test")
    return outbox.deliver()


@scene("mail.access_blocked", "mail-acces-suspendu")
def access_blocked(client, make_account, outbox):
    make_account().block()
    request_code(client)
    return outbox.deliver()


@scene("mail.new_device", "mail-nouvel-appareil")
def new_device(client, make_account, outbox):
    log_in(client, make_account())
    return outbox.deliver()


@scene("mail.data_handed_over", "mail-copie-des-donnees")
def data_handed_over(manager_console, make_tenant, outbox):
    path = f"/agents/locataires/{make_tenant().id}/donnees"
    manager_console.submit(path, reason="Demande écrite", **both_proofs(manager_console))
    return outbox.deliver()


@scene("mail.password_changed", "mail-mot-de-passe-change")
def password_changed(client, make_account, outbox):
    log_in(client, make_account())
    client.submit(
        "/compte/mot-de-passe",
        current_password=OWN_PASSWORD,
        new_password=NEW_PASSWORD,
        confirmation=NEW_PASSWORD,
    )
    return outbox.deliver()


@scene("mail.phone_changed", "mail-telephone-change")
def phone_changed(client, make_account, outbox):
    log_in(client, make_account())
    change(client)
    return outbox.deliver()


@scene("mail.confirm_address", "mail-confirmer-adresse")
def confirm_address(client, make_account, outbox):
    log_in(client, make_account())
    ask(client)
    return outbox.deliver()


@scene("mail.email_changed", "mail-adresse-changee")
def email_changed(client, make_account, outbox):
    log_in(client, make_account())
    changed(client, outbox)
    return outbox.sent[-1]


@scene("mail.email_changed", "mail-adresse-changee-par-l-office")
def email_changed_by_the_office(console, make_tenant, outbox):
    tenant = make_tenant()
    console.submit(f"/agents/locataires/{tenant.id}/adresse", email="stella@exemple.test")
    return outbox.deliver()


@scene("mail.change_undone", "mail-changement-annule")
def change_undone(client, make_account, outbox, another_browser):
    log_in(client, make_account())
    use(another_browser, changed(client, outbox))
    return outbox.deliver()


@scene("mail.change_undone", "mail-changement-annule-adresse-gardee")
def change_undone_after_the_office_s_word(app, client, make_account, make_agent, outbox, another_browser):
    account = make_account()
    log_in(client, account)
    undo = changed(client, outbox)
    with app.app_context():
        record_address(account.tenant, OFFICE_S, make_agent())
    outbox.deliver()
    use(another_browser, undo)
    return outbox.deliver()


@scene("mail.request_refused", "mail-demande-refusee")
def request_refused(client, make_tenant, console, outbox):
    make_tenant()
    request_code(client, email="stella@exemple.test")
    outbox.deliver()
    it = Verification.get()
    opened(console, it)
    refuse(console, it, MISTAKEN)
    return outbox.deliver()


@scene("mail.agent_entered", "mail-agent-acces-ouvert")
def agent_entered(client, app, outbox):
    first_login(client, invited(app)[1])
    return outbox.deliver()


@scene("mail.agent_password", "mail-agent-mot-de-passe-change")
def agent_password(console, outbox):
    fields = {"new_password": NEW_PASSWORD, "confirmation": NEW_PASSWORD}
    console.submit("/agents/mon-acces/mot-de-passe", **fields, **both_proofs(console))
    return outbox.deliver()


@scene("mail.agent_codes", "mail-agent-codes-changes")
def agent_codes(console, outbox):
    console.submit(OWN_CODES, **both_proofs(console))
    return outbox.deliver()


@scene("mail.agent_device", "mail-agent-nouvel-appareil")
def agent_device(client, make_agent, outbox):
    log_in_agent(client, make_agent())
    return outbox.deliver()


@scene("mail.agent_recovered", "mail-agent-code-de-secours")
def agent_recovered(client, app, make_agent, outbox):
    agent = make_agent()
    with app.app_context():
        code = fresh_recovery_codes(agent)[0]
    log_in_agent(client, agent, code=code)
    return outbox.deliver()
