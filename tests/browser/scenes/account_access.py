"""How a tenant is reached, and how they enter: contact details, passwords, devices, two accounts, the mails' links."""

from datetime import timedelta

import time_machine

from ophportal.addresses import record_address
from ophportal.clock import now
from ophportal.models import Account, Dwelling, Tenant
from tests.address_changes import NEW_PASSWORD, OFFICE_S, ask, changed, link_in, use
from tests.browser.scenes import scene
from tests.browser.scenes.account import add_garage
from tests.conftest import OWN_PASSWORD, landing, log_in, press, request_code
from tests.contact_details import change
from tests.office import code_and_password

DETAILS = "/compte/coordonnees"
TELEPHONE = f"{DETAILS}/telephone"
ADDRESS = f"{DETAILS}/email"
PASSWORD = "/compte/mot-de-passe"
FIRST_PASSWORD = "/compte/choisir-mot-de-passe"


@scene("account.contact_details", "coordonnees")
def contact_details(inside):
    add_garage(inside.tenant)
    return inside.get(DETAILS)


@scene("account.contact_details", "coordonnees-manquantes")
def neither_address_nor_telephone(client, make_account):
    log_in(client, make_account(email=""))
    client.get("/compte")
    Dwelling.update(address="", postal_code="", city="").execute()
    return client.get(DETAILS)


@scene("account.contact_details", "coordonnees-adresse-demandee")
def an_address_is_asked_for(inside):
    return inside.get(landing(ask(inside)))


@scene("account.contact_details", "coordonnees-adresse-abandonnee")
def and_given_up(inside):
    ask(inside)
    return inside.get(landing(press(inside, DETAILS, f"{ADDRESS}/abandonner")))


@scene("account.contact_details", "coordonnees-adresse-changee")
def and_confirmed(inside, outbox):
    ask(inside)
    return inside.get(landing(use(inside, link_in(outbox.deliver()))))


@scene("account.contact_details", "coordonnees-telephone-change")
def the_telephone_is_changed(inside):
    return inside.get(landing(change(inside, "04 65 71 12 34")))


@scene("account.change_telephone", "telephone")
def change_telephone(inside):
    return inside.get(TELEPHONE)


@scene("account.change_telephone", "telephone-incomplet", status=422)
def half_a_telephone(inside):
    return change(inside, "06 39 98")


@scene("account.change_telephone", "telephone-refuse", status=422)
def wrong_password_for_a_telephone(inside):
    return change(inside, "04 65 71 12 34", password="faux")


@scene("account.change_telephone", "telephone-trop-d-essais", status=429)
def too_many_guesses_for_a_telephone(inside):
    for _ in range(5):
        change(inside, "04 65 71 12 34", password="faux")
    return change(inside, "04 65 71 12 34")


@scene("account.change_telephone", "telephone-page-perimee", status=400)
def an_old_page(inside):
    return inside.post(TELEPHONE, data={"csrf_token": "vieux", "telephone": "06 39 98 12 34"})


@scene("account.change_address", "adresse")
def change_address(inside):
    return inside.get(ADDRESS)


@scene("account.change_address", "adresse-vide", status=422)
def nothing_typed(inside):
    return inside.submit(ADDRESS)


@scene("account.change_address", "adresse-refusee", status=422)
def wrong_password(inside):
    return ask(inside, password="faux")


@scene("account.change_address", "adresse-trop-d-essais", status=429)
def too_many_guesses(inside):
    for _ in range(5):
        ask(inside, password="faux")
    return ask(inside)


@scene("account.security", "securite")
def security(inside):
    return inside.get("/compte/securite")


@scene("account.security", "securite-deux-appareils")
def two_devices_and_a_stranger_s_try(inside, another_browser):
    another_browser.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko Firefox/128.0"
    log_in(another_browser, inside.account, "faux")
    log_in(another_browser, inside.account)
    return inside.get("/compte/securite")


@scene("account.security", "securite-essais-refuses")
def many_failures_of_a_stranger(inside, another_browser):
    for minutes in range(8, 0, -1):
        with time_machine.travel(now() - timedelta(minutes=minutes)):
            log_in(another_browser, inside.account, "faux")
    return inside.get("/compte/securite")


@scene("account.security", "securite-appareils-deconnectes")
def the_others_are_out(inside, another_browser):
    log_in(another_browser, inside.account)
    answer = press(inside, "/compte/securite", "/compte/securite/deconnecter-les-autres")
    return inside.get(landing(answer))


@scene("account.change_password", "mot-de-passe")
def change_password(inside):
    return inside.get(PASSWORD)


@scene("account.change_password", "mot-de-passe-refuse", status=422)
def a_password_that_will_not_do(inside):
    return inside.submit(PASSWORD, current_password="", new_password="court", confirmation="autre")


@scene("account.home", "mot-de-passe-change")
def the_password_is_changed(inside):
    fields = {"current_password": OWN_PASSWORD, "new_password": NEW_PASSWORD, "confirmation": NEW_PASSWORD}
    return inside.get(landing(inside.submit(PASSWORD, **fields)))


def enter_by_mail(client, make_tenant, outbox):
    """Log in with the password of the mail, after which the own one is asked for."""
    make_tenant()
    request_code(client)
    code, password = code_and_password(outbox.deliver().body)
    client.submit("/identification", identifier=code, password=password)


@scene("account.choose_password", "premier-mot-de-passe")
def choose_password(client, make_tenant, outbox):
    enter_by_mail(client, make_tenant, outbox)
    return client.get(FIRST_PASSWORD)


@scene("account.choose_password", "premier-mot-de-passe-refuse", status=422)
def one_that_holds_the_name(client, make_tenant, outbox):
    enter_by_mail(client, make_tenant, outbox)
    return client.submit(FIRST_PASSWORD, new_password="maria stella 2a", confirmation="maria stella 2b")


def enter_two_accounts(client, make_account):
    """Log in by the address that a flat's and a garage's accounts share, with the password that they share."""
    address = "les.pruniers@exemple.test"
    make_account("PRUNIER", "Violette", number="205005", reference="7-A", email=address, civility="Mme")
    make_account("PRUNIER", "Narcisse", number="205006", reference="9-G", email=address)
    Dwelling.update(kind="Garage", address="4 allée des Geais").where(Dwelling.reference == "9-G").execute()
    return landing(client.submit("/identification", identifier=address, password=OWN_PASSWORD))


@scene("account.choose_account", "deux-comptes")
def choose_account(client, make_account):
    return client.get(enter_two_accounts(client, make_account))


@scene("account.security", "deux-comptes-securite")
def security_of_two_accounts(client, another_browser, make_account):
    enter_two_accounts(client, make_account)
    log_in(another_browser, Account.select().order_by(Account.id.desc()).get())
    return another_browser.get("/compte/securite")


@scene("address_links.look_at_confirmation", "confirmer-adresse")
def look_at_confirmation(inside, another_browser, outbox):
    ask(inside)
    return another_browser.get(landing(another_browser.get(link_in(outbox.deliver()))))


@scene("address_links.look_at_confirmation", "confirmer-adresse-lien-mort", status=410)
def dead_link(client):
    return client.get(landing(client.get("/confirmer-adresse/trop-vieux")))


@scene("address_links.look_at_confirmation", "confirmer-adresse-lien-perdu", status=400)
def lost_link(client):
    return client.get("/confirmer-adresse")


@scene("access.log_in", "confirmer-adresse-fait")
def confirmed_on_another_device(inside, another_browser, outbox):
    ask(inside)
    return another_browser.get(landing(use(another_browser, link_in(outbox.deliver()))))


@scene("address_links.look_at_undo", "annuler-changement")
def look_at_undo(inside, another_browser, outbox):
    return another_browser.get(landing(another_browser.get(changed(inside, outbox))))


@scene("address_links.look_at_undo", "annuler-changement-adresse-de-l-office")
def look_at_undo_of_what_the_office_has_mended(app, inside, another_browser, outbox):
    undo = changed(inside, outbox)
    with app.app_context():
        record_address(Tenant.get(), OFFICE_S)
    return another_browser.get(landing(another_browser.get(undo)))


@scene("address_links.look_at_undo", "annuler-changement-lien-mort", status=410)
def dead_undo(client):
    return client.get(landing(client.get("/annuler-changement/trop-vieux")))


@scene("access.request_code", "annuler-changement-fait")
def undone(inside, another_browser, outbox):
    return another_browser.get(landing(use(another_browser, changed(inside, outbox))))
