"""The console script `ophportal`: what the office's IT person types. Its messages are in French."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import click
from flask import Flask, current_app
from flask.cli import ScriptInfo
from werkzeug.utils import ImportStringError

from config import NO_CONFIGURATION, NO_DRIVER, ConfigError, settings_file
from ophportal import __version__, create_app, database, faults, jobs, outbox, retention
from ophportal.access import sessions
from ophportal.cli.agents import agent_group
from ophportal.cli.backup import backup_command, migrate_store_command, restore_command
from ophportal.cli.check import check
from ophportal.cli.french import PortalGroup, Refusal, check_is_forward, in_french
from ophportal.cli.imports import import_group
from ophportal.cli.leavers import forget_command, forget_tenant_command
from ophportal.formatting import counted, moment
from ophportal.logs import frames_of
from ophportal.models import OutboxMessage
from ophportal.store_use import StoreInUseError
from ophportal.wording import mail_state

logger = logging.getLogger(__name__)

PORTS = click.IntRange(1, 65535)
MOST_SHOWN = 200


def configured_app(_info: ScriptInfo | None = None) -> Flask:
    """The portal under the configuration that `OPHPORTAL_CONFIG` names. Raises `Refusal`, a line a setting."""
    try:
        return create_app(os.environ.get("OPHPORTAL_CONFIG", "config.Production"))
    except ConfigError as error:
        place = f"Ils se lisent dans l'environnement, ou dans {settings_file()}."
        raise Refusal(
            "Le portail ne démarre pas, car des réglages manquent ou ne conviennent pas.", [*error.problems, place]
        ) from None
    except ImportStringError:
        raise Refusal(NO_CONFIGURATION) from None
    except ImportError as error:
        if (error.name or "psycopg") != "psycopg":  # without libpq, psycopg gives no name
            raise
        raise Refusal(NO_DRIVER) from None
    except StoreInUseError as error:
        raise Refusal(f"Le portail ne démarre pas : {error}.") from None


@click.group(cls=PortalGroup, name="ophportal", help="Le portail des locataires d'un office public de l'habitat.")
@click.version_option(__version__, "--version", help="Affiche la version.", message="ophportal %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    context.obj = ScriptInfo(create_app=configured_app)


@cli.command()
@click.option("--host", default="127.0.0.1", metavar="ADRESSE", help="Adresse d'écoute (par défaut : 127.0.0.1).")
@click.option("--port", default=8000, metavar="PORT", type=PORTS, help="Port d'écoute (par défaut : 8000).")
@click.option(
    "--workers",
    default=None,
    metavar="NOMBRE",
    type=click.IntRange(1, 64),
    help="Processus web (par défaut : un par cœur, quatre au plus).",
)
@click.option("--no-deliver", is_flag=True, help="Sert les pages seules : « ophportal deliver » fait le reste à côté.")
def serve(host: str, port: int, workers: int | None, no_deliver: bool) -> None:
    """Sert le portail, applique les migrations en attente, envoie les e-mails et fait les travaux de la console."""
    check_ports(current_app, host, port)
    check_right_to_write()
    database.migrate()
    start_server(current_app, host, port, workers, deliver=not no_deliver)


@cli.command()
@click.option("--once", is_flag=True, help="Fait ce qui est dû, puis s'arrête.")
@click.option("--with-parent", is_flag=True, hidden=True)
def deliver(once: bool, with_parent: bool) -> None:
    """Envoie les e-mails en attente, fait les imports et les courriers de la console, efface ce qui est ancien."""
    check_right_to_write()
    check_is_forward()
    if once:
        count = 0
        while outbox.deliver_due():
            count += 1
        click.echo(f"Messages traités : {count}")
        while jobs.do_due():
            pass
        retention.purge()
        return
    stop = told_to_stop(with_parent=with_parent)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(1, thread_name_prefix="jobs") as beside:
        done = beside.submit(ends_well, app, jobs.run, stop)
        sent = ends_well(app, outbox.run, stop)
    if not (sent and done.result()):
        sys.exit(1)


@cli.command(hidden=True)
@click.option("--with-parent", is_flag=True, hidden=True)
def metrics(with_parent: bool) -> None:
    """Donne des chiffres à Prometheus ; « serve » s'en charge, dès que OPHPORTAL_METRICS_PORT est réglé."""
    from ophportal.metrics import exporter

    if not (port := current_app.config["METRICS_PORT"]):
        raise Refusal("Donnez d'abord un port : OPHPORTAL_METRICS_PORT.")
    exporter.run(current_app.config["METRICS_HOST"], port, told_to_stop(with_parent=with_parent))


def ends_well(app: Flask, half: Callable[[threading.Event], None], stop: threading.Event) -> bool:
    """Run one half of the worker until `stop`; False when a fault has ended it, and is logged.

    The other half is then told to stop, once it has ended what it does: systemd starts an ended process again, and not
    half of one.
    """
    try:
        with app.app_context():
            half(stop)
    except Exception as error:
        kind, frames = type(error).__name__, frames_of(error)
        logger.error("%s has ended, and the worker with it: %s\n%s", half.__module__, kind, frames)
        return False
    finally:
        stop.set()
    return True


@cli.command()
def mails() -> None:
    """Montre les e-mails qui ne sont pas partis, et pourquoi."""
    from ophportal.checks.store import how_late

    check_is_forward()
    late, more = OutboxMessage.not_delivered(MOST_SHOWN)
    backlog = OutboxMessage.backlog()
    for message in late:
        number = message.tenant.number if message.tenant else "inconnu"
        told = f"{moment(message.created_at)}  locataire {number}  {mail_state(message)}  {message.last_error}"
        click.echo(told.rstrip())
    if more:
        click.echo(f"… et {counted(more, 'autre', 'autres')}")
    if backlog.untried:
        wait = counted(backlog.untried, "e-mail attend", "e-mails attendent")
        click.echo(f"{wait} un premier essai, {how_late(backlog)}.")
    elif not late:
        click.echo("Tous les e-mails sont partis.")


@cli.command("reset-passwords")
@click.option("--yes", is_flag=True, help="Confirme.")
def reset_passwords(yes: bool) -> None:
    """Oublie tous les mots de passe et ferme toutes les sessions, après une fuite."""
    if not yes:
        raise Refusal(
            "Chaque locataire devra demander un nouveau mot de passe, et chaque agent recevoir un nouveau lien. "
            "Ajoutez --yes pour confirmer."
        )
    check_is_forward()  # a newer version may have given tenants other ways in
    accounts, agents = sessions.void_everything()
    click.echo(f"Comptes concernés : {accounts}")
    if agents:
        click.echo(f"Agents concernés : {agents}. Pour chacun : ophportal agent reset ADRESSE")


@cli.command()
def migrate() -> None:
    """Met la base de données à jour."""
    names = database.migrate()
    click.echo("Migrations appliquées : " + (", ".join(names) or "aucune, la base est à jour."))


@cli.command(with_appcontext=False)
@click.option(
    "--port", default=8000, envvar="PORT", metavar="PORT", type=PORTS, help="Port d'écoute (par défaut : 8000)."
)
def demo(port: int) -> None:
    """Prépare et sert un office de démonstration, dont tout est inventé."""
    os.environ["OPHPORTAL_CONFIG"] = "config.Demo"
    os.environ["PORT"] = str(port)
    app = configured_app()
    from ophportal.demo import office

    check_ports(app, "127.0.0.1", port)
    with app.app_context():
        database.migrate()
        office.prepare()
        click.echo(office.welcome(app.config["BASE_URL"]))
    start_server(app, "127.0.0.1", port, None, deliver=True)


for command in (
    agent_group,
    import_group,
    forget_command,
    forget_tenant_command,
    backup_command,
    restore_command,
    migrate_store_command,
    check,
):
    cli.add_command(command)


def check_ports(app: Flask, host: str, port: int) -> None:
    """Raises `Refusal` when a port is taken. Before the store is touched: an older version may be listening there."""
    from ophportal.serving import is_free

    measures = app.config["METRICS_HOST"], app.config["METRICS_PORT"]
    if not is_free(host, port):
        raise Refusal(f"Le port {port} de {host} est déjà pris, ou interdit : choisissez-en un autre avec --port.")
    if measures[1] and (measures[1] == port or not is_free(*measures)):
        raise Refusal(
            f"Le port {measures[1]} de {measures[0]} est déjà pris, ou interdit : changez OPHPORTAL_METRICS_PORT."
        )


def check_right_to_write() -> None:
    """Raises `Refusal` where SQLite's file can only be read: pages would open, and nobody could enter."""
    if database.is_sqlite() and (why := faults.why_unwritable()):
        raise Refusal(f"Le portail ne démarre pas : {why}.")


def start_server(app: Flask, host: str, port: int, workers: int | None, *, deliver: bool) -> None:
    from ophportal.serving import serve as serve_portal

    click.echo(f"Le portail écoute sur http://{host}:{port} (Ctrl-C pour l'arrêter).")
    workers = workers or min(os.cpu_count() or 1, 4)
    serve_portal(host, port, workers, deliver=deliver, measure=bool(app.config["METRICS_PORT"]))


def told_to_stop(*, with_parent: bool) -> threading.Event:
    """An event that is set when this process is told to end; or, `with_parent`, when its parent has ended."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if with_parent:
        threading.Thread(target=stop_with_parent, args=(stop, os.getppid()), daemon=True).start()
    return stop


def stop_with_parent(stop: threading.Event, parent: int) -> None:
    """Set `stop` when the server ends, even by kill -9: this worker would go on beside the next server's."""
    while os.getppid() == parent:
        time.sleep(1)
    stop.set()


def main() -> None:
    """Run the command, and speak French when it is misused."""
    in_french(cli)
