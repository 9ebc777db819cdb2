"""The agents' dashboard."""

from ophportal.models import MailState, OutboxMessage
from tests.browser.scenes import scene
from tests.browser.scenes.console_imports import MANY_REFUSED, looked_at, written
from tests.conftest import request_code
from tests.tenant_lines import MARIA, PAUL
from tests.uploads import csv_of


@scene("office.dashboard", "agents-tableau-de-bord-vide")
def nothing_yet(console):
    return console.get("/agents/tableau-de-bord")


@scene("office.dashboard", "agents-tableau-de-bord")
def dashboard(manager_console, client, make_account, outbox):
    tenant = make_account().tenant
    written(manager_console, csv_of(MARIA, PAUL))
    looked_at(manager_console, csv_of(*MANY_REFUSED))
    request_code(client)
    request_code(client, email="autre@exemple.test")
    request_code(client, name="Personne", tenant_number="99", email="x@exemple.test")
    outbox.deliver()
    said = "SMTPRecipientsRefused 550 5.1.1 mailbox unknown"
    OutboxMessage.put("x@exemple.test", mail="credentials", tenant=tenant, state=MailState.REFUSED, last_error=said)
    OutboxMessage.put(
        "x@exemple.test", mail="no_match", state=MailState.WAITING, last_error="rien n'écoute sur ce port"
    )
    return manager_console.get("/agents/tableau-de-bord")
