"""Routes of the URL map, and what is asked of them."""

from ophportal.testing import TOKEN

# Addresses of before, which lead on.
LEADS_ON = {"access.lead_to_change_password": "/changer-mot-de-passe"}


def ask_with(visitor, rule, address, fields):
    """The answers to everything that can be asked of a route, at this address; a POST has `fields` and a good token."""
    if "GET" in rule.methods:
        yield visitor.get(address)
    if "POST" in rule.methods:
        page = {"office": "/agents", "account": "/compte"}.get(rule.endpoint.partition(".")[0], "/identification")
        found = TOKEN.search(visitor.get(page).text) or TOKEN.search(visitor.get("/demander-un-code").text)
        yield visitor.post(address, data={"csrf_token": found[1], **fields})
