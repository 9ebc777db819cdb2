"""The guide's journey: identification, the request, the letter's code, the change of password."""

from tests.browser.scenes import scene
from tests.conftest import log_in


@scene("access.log_in", "identification")
def login(client):
    return client.get("/identification")


@scene("access.log_in", "identification-vide", status=422)
def nothing_typed(client):
    return client.submit("/identification")


@scene("access.log_in", "identification-refusee", status=422)
def wrong_password(client, make_account):
    return log_in(client, make_account(), "faux")
