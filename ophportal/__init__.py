"""The tenants' portal of a public housing office."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.utils import import_string

from ophportal.routing import LateRule, StorableInteger
from ophportal.templating import Templates

__version__ = "0.1.0"

PACKAGE = Path(__file__).resolve().parent
# templates/ and static/ lie beside the package in a clone, and inside it once installed from a wheel.
ROOT = PACKAGE if (PACKAGE / "templates").is_dir() else PACKAGE.parent


class Portal(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        # Flask asks nine times a request whether a function is a coroutine: none of ours is.
        return func

    def log_exception(self, exc_info: Any) -> None:
        # Flask's own message has the URL, which may carry a link's secret.
        self.logger.error("unexpected error", exc_info=exc_info)


def create_app(config: str | object) -> Flask:
    """The portal under `config`: a settings object, or the dotted name of its class (`"config.Testing"`).

    Raises `config.ConfigError`, a French sentence a setting, when the settings cannot be used.
    """
    app = Portal("ophportal", root_path=str(ROOT), template_folder="templates", static_folder=None)
    app.config.from_object(import_string(config)() if isinstance(config, str) else config)
    app.jinja_environment = Templates
    app.url_rule_class = LateRule
    app.url_map.converters["int"] = StorableInteger
    take_whole_bodies(app)
    trust_proxies(app)
    keep_watch(app)
    set_clock(app)
    connect_store(app)
    init_extensions(app)
    init_delivery(app)
    init_presentation(app)
    register_rooms(app)
    return app


def take_whole_bodies(app: Flask) -> None:
    from ophportal import bodies

    bodies.init_app(app)


def trust_proxies(app: Flask) -> None:
    """Believe `X-Forwarded-For` and `-Proto` from the configured number of proxies, from no one otherwise."""
    if hops := app.config["TRUSTED_PROXIES"]:
        from werkzeug.middleware.proxy_fix import ProxyFix

        # Each proxy appends an address to X-Forwarded-For; the last one replaces X-Forwarded-Proto.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=1)  # type: ignore[method-assign]


def keep_watch(app: Flask) -> None:
    """Answer probes, and count the requests, outside of all else that they go through."""
    from ophportal import health, logs, metrics

    health.init_app(app)
    logs.init_app(app)
    metrics.init_app(app)


def set_clock(app: Flask) -> None:
    """Tell the time of the office's zone from now on, in this process."""
    from ophportal import clock

    clock.zone = app.config["TIMEZONE"]


def connect_store(app: Flask) -> None:
    from ophportal import database, store_use

    bind_store(app)
    store_use.leave_it_to_its_account()
    store_use.share()
    if app.config["TESTING"]:
        database.migrate()


def bind_store(app: Flask) -> None:
    """Put the store of the settings behind the portal's models."""
    from ophportal import database
    from ophportal.secret_key import mark_of_key

    mark = mark_of_key(app.config["SECRET_KEY"])
    database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"], mark)


def init_extensions(app: Flask) -> None:
    from ophportal.extensions import csrf, login_manager

    csrf.init_app(app)
    # Not by its init_app: that reads the session after each answer, for a remember cookie that we do not use, and
    # before each template. Here only views that ask who is logged in read it.
    app.login_manager = login_manager  # type: ignore[attr-defined]


def init_delivery(app: Flask) -> None:
    """The functions that the worker calls, as import paths: processes that serve pages never load them."""
    from ophportal.imports.kinds import KINDS
    from ophportal.office.printing import LETTERS

    app.extensions["settle"] = "ophportal.access.settling:settle"
    app.extensions["jobs"] = {
        **dict.fromkeys(KINDS, "ophportal.imports.job:do_import"),
        LETTERS: "ophportal.office.printing:print_letters",
    }


def init_presentation(app: Flask) -> None:
    from ophportal import assets, errors, formatting, kept_pages, security, signatures, wording

    formatting.init_app(app)
    wording.init_app(app)
    assets.init_app(app)
    kept_pages.init_app(app)
    signatures.init_app(app)
    security.init_app(app)
    errors.init_app(app)


def register_rooms(app: Flask) -> None:
    from ophportal.access.views import access
    from ophportal.account import views as account
    from ophportal.office import views as office
    from ophportal.pages.views import pages

    for room in (pages, access, *account.ROOMS, *office.ROOMS):
        app.register_blueprint(room)
    if app.config["DEMO"]:
        from ophportal.demo.views import demo

        app.register_blueprint(demo)
