"""The pages of what goes wrong: not found, too many tries, a store that is away."""

import errno

from werkzeug.exceptions import Forbidden, TooManyRequests, UnprocessableEntity

from ophportal.bodies import TURNED_AWAY
from tests.browser.scenes import scene


@scene("", "erreur-404", status=404)
def not_found(client):
    return client.get("/nulle-part")


@scene("", "erreur-404-office-sans-reglage", status=404)
def not_found_and_nobody_to_call(client, configure_office):
    configure_office(nothing=True)
    return client.get("/nulle-part")


@scene("", "erreur-400", status=400)
def another_host(client):
    return client.get("/", headers={"Host": "ailleurs.exemple.test"})


@scene("access.log_out", "erreur-400-trop-tard", status=400)
def stale_page(inside):
    return inside.post("/deconnexion")


@scene("access.log_out", "erreur-403-autre-site", status=403)
def sent_from_elsewhere(inside):
    return inside.post("/deconnexion", headers={"Sec-Fetch-Site": "cross-site"})


@scene("pages.home", "erreur-403", status=403)
def forbidden(client, home_fails):
    home_fails(Forbidden())
    return client.get("/")


@scene("", "erreur-405", status=405)
def wrong_method(client):
    return client.post("/aide")


@scene("access.request_code", "erreur-413", status=413)
def too_large(client):
    return client.post("/demander-un-code", data={"name": "a" * 70_000})


@scene("pages.home", "erreur-422", status=422)
def unfit(client, home_fails):
    home_fails(UnprocessableEntity())
    return client.get("/")


@scene("pages.home", "erreur-429", status=429)
def too_many_tries(client, home_fails):
    home_fails(TooManyRequests(retry_after=120))
    return client.get("/")


@scene("pages.home", "erreur-500", status=500)
def fault(client, home_fails):
    home_fails(ValueError("a fault"))
    return client.get("/")


@scene("access.log_in", "erreur-503", status=503)
def store_is_away(client, without_store):
    return client.submit("/identification", identifier="7K2M-94QF", password="faux")


@scene("pages.home", "erreur-503-disque-plein", status=503)
def disk_is_full(client, home_fails):
    home_fails(OSError(errno.ENOSPC, "No space left on device"))
    return client.get("/")


@scene("access.request_code", "erreur-503-trop-de-formulaires", status=503)
def form_turned_away(client):
    """Too many forms are on their way in at once."""
    return client.post("/demander-un-code", environ_overrides={TURNED_AWAY: True})
