"""`ophportal check`: what is right with this installation, what is not, and what to do, a line each.

Each check looks at one matter, under settings that may be wrong in others: what cannot be looked at is said, and the
rest goes on. None writes anything, and none tells a secret.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from flask import Flask, current_app
from werkzeug.utils import import_string

from config import NO_CONFIGURATION, NO_DRIVER, PREFIX, Config, ConfigError
from ophportal import bind_store, faults, set_clock, store_use


class Level(IntEnum):
    """How bad it is; also the command's exit status, as Nagios and its kin count."""

    OK = 0
    WARNING = 1
    ERROR = 2


class Finding(NamedTuple):
    level: Level
    subject: str
    message: str  # a French sentence


# What one check has to say; each message is a French sentence.
Results: TypeAlias = Iterator[tuple[Level, str]]


class Check(NamedTuple):
    """`needs` are the settings without which there is nothing to look at."""

    subject: str
    needs: tuple[str, ...]
    find: Callable[[], Results]


def examine(configuration: str, checks: Iterable[Check]) -> Iterator[Finding]:
    """What the settings, and then each of `checks`, have to say under `configuration` (`"config.Production"`)."""
    settings, problems = read_settings(configuration)
    yield from (Finding(Level.ERROR, "Réglages", problem) for problem in problems)
    if not problems:
        yield Finding(Level.OK, "Réglages", "tous lus, aucun n'est refusé.")
    if settings is None:
        return
    # Not the portal itself, which sound settings alone can make.
    app = Flask("ophportal")
    app.config.from_object(settings)
    set_clock(app)
    refused = {problem.split()[0].removeprefix(PREFIX) for problem in problems}
    if "DATABASE_URL" not in refused:
        trouble = trouble_with_store(app)
        if trouble is not None:
            refused.add("DATABASE_URL")
            yield trouble
    with app.app_context():
        for check in checks:
            yield from (Finding(level, check.subject, message) for level, message in results(check, refused))


def trouble_with_store(app: Flask) -> Finding | None:
    """Put the store behind the portal's models as `connect_store` does, and write nothing; why that cannot be."""
    try:
        bind_store(app)
        store_use.share_as_found()
    except ImportError:
        return Finding(Level.ERROR, "Réglages", NO_DRIVER)
    except store_use.StoreInUseError as error:
        return Finding(Level.ERROR, "Base de données", f"{error}.")
    except OSError as error:
        return Finding(Level.ERROR, "Base de données", f"{faults.of_file(error)}.")
    return None


def read_settings(configuration: str) -> tuple[Config | None, list[str]]:
    """The settings as far as they can be read, and what is wrong with them."""
    try:
        return import_string(configuration)(), []
    except ConfigError as error:
        return error.settings, error.problems
    except ImportError:
        return None, [NO_CONFIGURATION]
    except OSError as error:
        return None, [f"{error.filename} n'est pas lisible par ce compte : lancez la commande avec celui du portail."]


def results(check: Check, refused: set[str]) -> Results:
    if missing := [f"{PREFIX}{name}" for name in check.needs if name in refused]:
        yield Level.WARNING, f"vérification impossible, à cause de {' et de '.join(missing)}."
        return
    try:
        yield from check.find()
    except Exception as error:
        # Whatever has gone wrong, the other checks are worth having; its words could quote a secret.
        yield Level.ERROR, f"la vérification elle-même a échoué ({type(error).__name__})."


def setting(name: str) -> str:
    return str(current_app.config[name] or "")
