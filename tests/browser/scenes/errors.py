"""The pages of what goes wrong: not found, too many tries, a store that is away."""

from tests.browser.scenes import scene


@scene("", "erreur-404", status=404)
def not_found(client):
    return client.get("/nulle-part")
