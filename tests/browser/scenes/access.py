"""The guide's journey: identification, the request, the letter's code, the change of password."""

from datetime import timedelta

import time_machine

from ophportal.paper_codes import paper_code
from tests.browser.scenes import THE_DAY, scene
from tests.conftest import OWN_PASSWORD, landing, log_in, request_code

NEW = "deux lunes rouges sur le toit"
LONG = "a" * 300
FOUR_ANSWERS = {
    "name": "D'Angelo-Paoli",
    "email": "maria@exemple.test",
    "dwelling_reference": "0123-04-056",
    "tenant_number": "0012345",
}
LONGEST_ADDRESS = f"{'a' * 60}@{'tres-longue-adresse.' * 3}exemple.test"


def add_form(endpoint, name, address, given, *, mistakes, limit):
    """The states that every form has: as it comes, empty, with each of its `mistakes`, stale, and once too often.

    `given` is what a visitor gives, `limit` the setting that says how often.
    """

    @scene(endpoint, name)
    def as_it_comes(client):
        return client.get(address)

    @scene(endpoint, f"{name}-vide", status=422)
    def nothing_typed(client):
        return client.submit(address)

    def add_mistake(mistake, fields):
        @scene(endpoint, f"{name}-{mistake}", status=422)
        def mistaken(client):
            return client.submit(address, **{**given, **fields})

    for mistake, fields in mistakes.items():
        add_mistake(mistake, fields)

    @scene(endpoint, f"{name}-trop-tard", status=400)
    def stale(client):
        return client.post(address, data=given)

    @scene(endpoint, f"{name}-trop-d-essais", status=429)
    def throttled(app, client, monkeypatch, each_press_counts):
        monkeypatch.setitem(app.config, limit, 1)
        client.submit(address, **given)
        return client.submit(address, **given)


add_form(
    "access.log_in",
    "identification",
    "/identification",
    {"identifier": "7K2M-94QF", "password": "faux"},
    mistakes={
        "sans-identifiant": {"identifier": ""},
        "sans-mot-de-passe": {"password": ""},
        "numero-locataire": {"identifier": "0012345"},
        "identifiant-trop-long": {"identifier": LONG},
        "refusee": {},
        "adresse-refusee": {"identifier": "maria@exemple.test"},
    },
    limit="LOGIN_FAILURES",
)
add_form(
    "access.request_code",
    "demander-un-code",
    "/demander-un-code",
    FOUR_ANSWERS,
    mistakes={
        "nom-sans-lettre": {"name": "- - -"},
        "adresse-incomplete": {"email": "maria@exemple"},
        "reference-sans-chiffre": {"dwelling_reference": "---"},
        "numero-sans-chiffre": {"tenant_number": "?"},
        "trop-long": {"name": LONG},
        "plusieurs-erreurs": {"name": "Paoli\0", "email": "maria", "tenant_number": ""},
    },
    limit="REQUESTS_TARGET",
)
add_form(
    "access.request_code",
    "mot-de-passe-oublie",
    "/mot-de-passe-oublie",
    FOUR_ANSWERS,
    mistakes={"plusieurs-erreurs": {"name": "", "email": "maria"}},
    limit="REQUESTS_TARGET",
)
add_form(
    "access.use_letter",
    "courrier-recu",
    "/courrier-recu",
    {"letter_code": "7K2M-94QF-D0XA", "email": "maria@exemple.test"},
    mistakes={
        "code-mal-recopie": {"letter_code": "7K2M-94QF-D0XV"},
        "code-incomplet": {"letter_code": "7K2M-94QF"},
        "adresse-incomplete": {"email": "maria@exemple"},
        "deux-erreurs": {"letter_code": "7K2M", "email": "maria"},
    },
    limit="REQUESTS_TARGET",
)
add_form(
    "access.change_password",
    "changer-mot-de-passe",
    "/changer-mot-de-passe",
    {"identifier": "7K2M-94QF", "current_password": "faux", "new_password": NEW, "confirmation": NEW},
    mistakes={
        "refuse": {},
        "trop-court": {"new_password": "lune", "confirmation": "lune"},
        "deux-mots-differents": {"confirmation": "autre chose"},
    },
    limit="LOGIN_FAILURES",
)


@scene("access.log_in", "identification-session-terminee")
def session_ended(client, make_account):
    log_in(client, make_account())
    with time_machine.travel(THE_DAY + timedelta(hours=1)):
        return client.get(landing(client.get("/compte")))


@scene("access.log_in", "identification-memorisee")
def remembered(client, make_account):
    log_in(client, make_account(), remember="y")
    client.log_out()
    client.get("/")
    return client.get("/identification")


@scene("access.log_in", "identification-chiffree")
def over_tls(client):
    return client.get("/identification", base_url="https://localhost")


@scene("access.log_in", "identification-mot-de-passe-change")
def password_changed(client, make_account):
    return client.get(landing(change_password(client, make_account().code)))


@scene("access.change_password", "changer-mot-de-passe-de-quel-compte", status=422)
def which_account(client, make_account):
    make_account("PRUNIER", "Violette", number="205005", reference="7-A")
    make_account("PRUNIER", "Narcisse", number="205006", reference="9-G")
    return change_password(client, "maria@exemple.test")


@scene("access.change_password", "changer-mot-de-passe-trop-courant", status=422)
def too_common(client, make_account):
    return change_password(client, make_account().code, "motdepasse12")


@scene("access.change_password", "changer-mot-de-passe-trop-proche-du-nom", status=422)
def too_close_to_the_name(client, make_account):
    return change_password(client, make_account().code, "mariastella2a")


def change_password(client, identifier, new=NEW):
    fields = {"identifier": identifier, "current_password": OWN_PASSWORD, "new_password": new, "confirmation": new}
    return client.submit("/changer-mot-de-passe", **fields)


@scene("access.code_sent", "code-envoye")
def code_sent(client):
    return client.get(landing(request_code(client)))


@scene("access.code_sent", "code-envoye-tres-longue-adresse")
def code_sent_to_a_long_address(client):
    return client.get(landing(request_code(client, email=LONGEST_ADDRESS)))


@scene("access.code_sent", "code-envoye-apres-un-courrier")
def code_sent_after_a_letter(client):
    return client.get(landing(client.submit("/courrier-recu", letter_code=paper_code(), email="maria@exemple.test")))


@scene("access.code_sent", "code-envoye-sans-demande")
def nothing_was_asked(client):
    return client.get("/code-envoye")
