"""What anyone may read: home, help, contact, the legal pages."""

from tests.browser.scenes import scene


@scene("pages.home", "accueil")
def home(client):
    return client.get("/")


@scene("pages.guide", "aide")
def guide(client):
    return client.get("/aide")
