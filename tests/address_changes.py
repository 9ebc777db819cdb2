"""How a tenant changes their e-mail address, and what becomes of it."""

import re
from datetime import timedelta

import time_machine

from ophportal.clock import now
from ophportal.models import JournalEntry, Tenant
from tests.conftest import OWN_PASSWORD, landing, press
from tests.page import Page

PAGE = "/compte/coordonnees"
CHANGE = "/compte/coordonnees/email"
OLD, NEW, OTHER, OFFICE_S = "maria@exemple.test", "Stella@exemple.test", "robin@exemple.test", "office@exemple.test"
DEAD = "Ce lien n'est plus valable"
# It may be the thief's mailbox that the link undid, or the tenant who comes too late.
CALL_AT_ONCE = "Vous n'avez pas demandé ce changement ? Alors appelez l'office au 04 65 71 00 00 tout de suite."
NEW_PASSWORD = "deux lunes rouges sur le toit"


def after(**span):
    return time_machine.travel(now() + timedelta(**span), tick=False)


def ask(visitor, address=NEW, password=OWN_PASSWORD):
    return visitor.submit(CHANGE, email=address, current_password=password)


def link_in(mail):
    """The way of the mail's one link that carries a secret."""
    (link,) = re.findall(r"http://localhost(/(?:confirmer-adresse|annuler-changement)/\w+)", mail.body)
    assert link in mail.html
    return link


def use(visitor, link):
    """Open the link of a mail and press the button of the page that it leads to."""
    page = landing(visitor.get(link))
    return press(visitor, page, page)


def hidden_in(page):
    """What the form of the page that the link leads to sends."""
    return {it["name"]: it["value"] for it in Page(page).soup.select("main form input")}


def changed(visitor, outbox, address=NEW):
    """Ask for `address` and confirm it; the link that undoes it."""
    ask(visitor, address)
    confirmation = outbox.deliver()
    assert confirmation.recipients == [address]
    use(visitor, link_in(confirmation))
    return link_in(outbox.deliver())


def on_file():
    return Tenant.get().email


def events():
    return [entry.event for entry in JournalEntry.select()]


def text_of(visitor, path=PAGE):
    return Page(visitor.get(path)).text
