"""What probes ask: does this process answer (`/sante/vivant`), and may visitors be sent to it (`/sante`)?

Ready is a store that answers and knows this version's tables: without it every door is shut. Mail that waits is not
part of it: pages work without, and a balancer that heard of it would turn the visitors of every host away
(`ophportal check` and the metrics tell of it instead; docs/decisions/0012-watching.md).
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response
from peewee import PeeweeException

from ophportal import database

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

health = Blueprint("health", __name__)

READY, ALIVE = "/sante", "/sante/vivant"


@health.get(ALIVE)
def alive() -> Response:
    return say("vivant")


@health.get(READY)
def ready() -> Response:
    try:
        pending = database.pending_migrations()
    except PeeweeException as error:
        logger.error("the store does not answer: %s", error)
        return say("la base ne répond pas", 503)
    except database.NewerStoreError:
        return say("la base vient d'une version plus récente", 503)
    return say("la base n'est pas à jour", 503) if pending else say("prêt")


def say(words: str, status: int = 200) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")


def init_app(app: Flask) -> None:
    app.register_blueprint(health)
    app.wsgi_app = ByAnyName(app.wsgi_app, app.config["TRUSTED_HOSTS"][0])  # type: ignore[method-assign]


class ByAnyName:
    """Lets probes in: they know the machine, not its public name, and no answer to them repeats a name."""

    def __init__(self, application: "WSGIApplication", name: str):
        self.application = application
        self.name = name

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") in (READY, ALIVE):
            environ["HTTP_HOST"] = self.name
        return self.application(environ, start_response)
