"""Click in French: its headings, and the sentences it says when a command is misused.

Click takes its own words from gettext and ships no French ones; these few cover what our commands can meet.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from peewee import DataError, IntegrityError, PeeweeException

from ophportal import database, faults
from ophportal.database import NewerStoreError
from ophportal.store import UnfitStoreError

logger = logging.getLogger(__name__)


class Refusal(click.ClickException):
    """Why a command did nothing, in French: a sentence, and perhaps the lines behind it. Exit status 1."""

    def __init__(self, message: str, lines: Sequence[str] = ()):
        super().__init__(message)
        self.lines = lines

    def show(self, file: Any = None) -> None:
        click.echo("\n".join([f"Erreur : {self.message}", *(f"  {line}" for line in self.lines)]), err=True)


class ReadablePath(click.Path):
    """The path of a file to read. Click would refuse one that the account may not read without saying why."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if path.exists() and not os.access(path, os.R_OK):
            kind = "dossier" if path.is_dir() else "fichier"
            raise Refusal(
                f"Le {kind} « {path} » n'est pas lisible par le compte {faults.account()} : donnez-lui ce droit."
            )
        return path


class NeededOption(click.Option):
    """A required option: its help text says so in French, instead of click's English."""

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        return {}


def migrate_if_new() -> None:
    """For commands that only read: migrate an empty store. Raises `Refusal` for one that is behind."""
    database.proxy.prepare()
    check_is_forward()
    database.migrate()


def check_is_forward() -> None:
    """Raises `Refusal` for a store that is behind, which an older version may be using; NewerStoreError for a newer's.

    An empty one passes.
    """
    if database.migrations(database.proxy.obj).applied() and (pending := database.pending_migrations()):
        raise Refusal(f"La base n'est pas à jour, il manque {', '.join(pending)} : « ophportal migrate ».")


class FrenchHelp(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "Usage\u00a0: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(f"{heading}\u00a0")


class FrenchContext(click.Context):
    formatter_class = FrenchHelp


class FrenchCommand(click.Command):
    context_class = FrenchContext

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Affiche cette aide."
        return option


class FrenchGroup(FrenchCommand, click.Group):
    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("subcommand_metavar", "COMMANDE [ARGUMENTS]...")
        super().__init__(*args, **kwargs)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        shown = [(name, command) for name, command in commands if command is not None and not command.hidden]
        with formatter.section("Commandes"):
            formatter.write_dl([(name, command.get_short_help_str(200)) for name, command in shown])


class PortalGroup(FrenchGroup, AppGroup):
    """Flask's own group, speaking French."""

    command_class = FrenchCommand


def in_french(command: click.Command) -> NoReturn:
    """Run `command` and leave with its status; what it or the machine refuses is said in French on stderr."""
    try:
        status = command.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        where = f"\nEssayez « {error.ctx.command_path} --help »." if error.ctx else ""
        click.echo(f"Erreur : {sentence(error)}{where}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Abandonné.", err=True)
        sys.exit(1)
    except (DataError, IntegrityError):
        raise  # no fault of the store's: ours, and worth its traceback
    except PeeweeException as error:
        Refusal(about_store(error)).show()
        sys.exit(1)
    except NewerStoreError as error:
        Refusal(f"La base ne peut pas servir : {error}. Remettez cette version, ou la sauvegarde d'avant.").show()
        sys.exit(1)
    except OSError as error:
        if not faults.is_known(error):
            logger.error("the machine refuses", exc_info=error)
        Refusal(f"{faults.of_file(error)}.").show()
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def about_store(error: PeeweeException) -> str:
    if isinstance(error, UnfitStoreError):
        return f"La base ne peut pas servir : {error}."
    return f"La base de données ne répond pas ({faults.of_store(error)}). Essayez « ophportal check »."


def sentence(error: click.UsageError) -> str:
    """What is wrong with the command line, in French."""
    param = error.param if isinstance(error, click.BadParameter) else None
    name = f"« {param.opts[0] if isinstance(param, click.Option) else param.human_readable_name} »" if param else ""
    match error:
        case click.NoSuchOption():
            return f"l'option « {error.option_name} » n'existe pas."
        case click.MissingParameter():
            return f"il manque {name}."
        case click.BadOptionUsage():
            return f"l'option « {error.option_name} » attend une valeur, ou n'en veut pas."
        case click.BadParameter():
            return f"la valeur donnée pour {name} ne convient pas."
    return "cette commande n'existe pas ou reçoit trop d'arguments."
