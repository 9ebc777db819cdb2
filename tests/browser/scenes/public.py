"""What anyone may read: home, help, contact, the legal pages."""

from tests.browser.scenes import scene
from tests.conftest import log_in

PAGES = {
    "home": ("accueil", "/"),
    "guide": ("aide", "/aide"),
    "contact": ("contact", "/contact"),
    "site_map": ("plan-du-site", "/plan-du-site"),
    "legal_notice": ("mentions-legales", "/mentions-legales"),
    "personal_data": ("donnees-personnelles", "/donnees-personnelles"),
    "accessibility": ("accessibilite", "/accessibilite"),
}
SAY_WHO_THE_OFFICE_IS = {"home", "contact", "legal_notice", "personal_data"}
EVERYTHING = {
    "director": "La directrice générale",
    "data_protection": "donnees@office.exemple.test",
    "host": "Hébergeur Exemple, 2 rue du Serveur, 75000 Paris, 04 65 71 99 99",
    "hours": "Du lundi au jeudi, de 8 h 30 à 12 h et de 13 h 30 à 16 h 30 ; le vendredi, de 8 h 30 à 12 h",
    "logo": "logo.svg",
}


def add_page(endpoint, name, address):
    @scene(f"pages.{endpoint}", name)
    def as_usual(client):
        return client.get(address)

    if endpoint not in SAY_WHO_THE_OFFICE_IS:
        return

    @scene(f"pages.{endpoint}", f"{name}-office-sans-reglage")
    def nothing_configured(client, configure_office):
        configure_office(nothing=True)
        return client.get(address)

    @scene(f"pages.{endpoint}", f"{name}-office-complet")
    def everything_configured(client, configure_office, logo):
        configure_office(**EVERYTHING)
        return client.get(address)


for endpoint, (name, address) in PAGES.items():
    add_page(endpoint, name, address)


@scene("pages.home", "accueil-deconnecte")
def just_logged_out(client, make_account):
    log_in(client, make_account())
    return client.get(client.log_out().location)
