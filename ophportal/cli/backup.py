"""`ophportal backup`, `restore` and `migrate-store`: the office's data backed up, restored, moved to PostgreSQL."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext
from peewee import PeeweeException

from config import settings_file
from ophportal import database, faults, store_use
from ophportal.backups import moving
from ophportal.backups.copying import CopyError
from ophportal.backups.manifest import BackupError
from ophportal.cli.counts import told
from ophportal.cli.french import FrenchCommand, ReadablePath, Refusal
from ophportal.cli.progress_bar import ProgressBar
from ophportal.formatting import counted, file_size, moment
from ophportal.store import UnfitStoreError
from ophportal.store_use import StoreInUseError

if TYPE_CHECKING:
    from ophportal.backups.restoring import Existing
    from ophportal.backups.voiding import Voided


@click.command("backup", cls=FrenchCommand)
@click.argument("target", metavar="FICHIER_OU_DOSSIER", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--recipient", "recipients", metavar="CLÉ", multiple=True, help="Chiffre pour cette clé publique (age1…)."
)
@click.option(
    "--keep",
    metavar="JOURS",
    type=click.IntRange(1, 3650),
    help="Dans un dossier : efface ensuite les sauvegardes plus anciennes.",
)
@with_appcontext
def backup_command(target: Path, recipients: tuple[str, ...], keep: int | None) -> None:
    """Sauvegarde la base et les documents dans un fichier, pendant que le portail sert."""
    from ophportal.backups import files, making

    if keep and not target.is_dir():
        raise Refusal(f"--keep demande un dossier, et « {target} » n'en est pas un.")
    folder = target if target.is_dir() else target.absolute().parent
    if target.is_dir():
        target = files.next_name(folder, encrypted=bool(recipients))
    with refusing("La sauvegarde n'est pas faite"), ProgressBar("Copie de la base") as progress:
        manifest = making.make(target, recipients, progress)
    click.echo(f"Sauvegarde faite : {target} ({file_size(target.stat().st_size)}), {told(manifest.counts)}.")
    if manifest.lacking:
        raise Refusal(
            f"Des documents sont absents de la sauvegarde, parce que leurs fichiers manquent ou sont abîmés : "
            f"{len(manifest.lacking)}. Rien d'ancien n'a été effacé. Les fichiers attendus dans {target.name} :",
            [f"documents/{digest[:2]}/{digest}" for digest in manifest.lacking[:20]],
        )
    if keep:
        for path in files.forget_old(folder, keep, target):
            click.echo(f"Sauvegarde de plus de {counted(keep, 'jour', 'jours')} effacée : {path.name}")


@click.command("restore", cls=FrenchCommand)
@click.argument("file", metavar="FICHIER", type=ReadablePath())
@click.option(
    "--identity", metavar="FICHIER", type=ReadablePath(), help="La clé privée, si la sauvegarde est chiffrée."
)
@click.option("--force", is_flag=True, help="Remplace la base qui est là ; elle est gardée à côté.")
@click.option("--other-key", is_flag=True, help="Accepte une sauvegarde faite avec une autre clé secrète.")
@with_appcontext
def restore_command(file: Path, identity: Path | None, force: bool, other_key: bool) -> None:
    """Remet la base et les documents d'une sauvegarde, le portail étant arrêté."""
    from ophportal.backups import restoring

    there = restoring.existing()
    if not there.is_empty and not force:
        raise Refusal(f"Une base est déjà là : {what_is_lost(there)}. Pour la remplacer, ajoutez --force.")
    with refusing(f"Rien n'a été restauré de {file}"), ProgressBar("Copie de la base") as progress:
        restored = restoring.restore(file, identity, progress, other_key=other_key)
    click.echo(f"Restauré : {told(restored.counts)}, dans l'état du {moment(restored.manifest.made_at)}.")
    if restored.migrations:
        click.echo(
            f"Base mise à jour depuis la version {restored.manifest.version} : {', '.join(restored.migrations)}."
        )
    if restored.manifest.lacking:
        click.echo(f"Documents qui manquaient déjà à la sauvegarde : {len(restored.manifest.lacking)}.")
    for sentence in to_give_again(restored.voided):
        click.echo(sentence)
    # Which ones, only the store that was replaced knows, and it may be lost.
    click.echo(
        "Ce que l'office a fermé depuis est rouvert : agents désactivés, accès bloqués, documents retirés. Refermez-le."
    )
    click.echo("Les mots de passe et les adresses e-mail sont ceux d'alors.")
    if restored.aside:
        click.echo(f"Ce qui était là est gardé : {restored.aside}")
    click.echo("Chacun devra s'identifier de nouveau. Démarrez le portail s'il est arrêté.")


@click.command("migrate-store", cls=FrenchCommand)
@click.argument("url", metavar="[URL]", required=False)
@with_appcontext
def migrate_store_command(url: str | None) -> None:
    """Déplace l'office de SQLite vers PostgreSQL, pendant que le portail sert.

    Sans URL, la commande la demande : un mot de passe qui y est n'est pas dans la liste des processus.
    """
    url = url or asked_for("Adresse de la base d'arrivée")
    with (
        refusing("L'office n'a pas été déplacé"),
        ProgressBar("Copie") as progress,
        moving.moved(url, progress) as counts,
    ):
        click.echo(f"Copié, et compté table par table : {told(counts)}.")
        click.echo("Rien ne s'écrit plus dans l'ancienne base : personne n'entre avant le redémarrage.")
        click.echo(f"Dans l'environnement, ou dans {settings_file()} :")
        click.echo("  OPHPORTAL_DATABASE_URL=… (l'adresse que vous venez de donner)")
        click.echo(f"  OPHPORTAL_DATA_FOLDER={database.folder().absolute()}")
        click.echo("puis redémarrez le portail (systemctl restart ophportal-web ophportal-deliver).")
        click.echo("Cette commande attend qu'il ait changé de base.")
        store_use.wait_until_alone()
    click.echo("L'office est sur PostgreSQL. L'ancienne base reste où elle est, et le portail ne l'ouvrira plus.")


def asked_for(what: str) -> str:
    """What is typed at a hidden prompt, or the first line of a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    typed: str = click.prompt(what, hide_input=True, prompt_suffix=" : ")
    return typed.strip()


def what_is_lost(there: "Existing") -> str:
    if there.counts is None:
        return "elle est illisible, ou n'en est pas une"
    last = f", la dernière activité le {moment(there.last_entry)}" if there.last_entry else ""
    return told(there.counts) + last


def to_give_again(voided: "Voided") -> list[str]:
    """What the restoration has voided, a French sentence each: how many of each kind, and what to do."""
    sentences = (
        (voided.passwords, "Mots de passe provisoires", "ces locataires doivent demander un nouveau code"),
        (voided.letters, "Courriers avec un code", "imprimez-les de nouveau"),
        (voided.changes, "Changements d'adresse e-mail à confirmer", "ces locataires doivent les redemander"),
        (voided.links, "Liens d'agents", "donnez-en d'autres (ophportal agent reset)"),
    )
    return [f"{what} qui ne valent plus rien : {count} ; {done}." for count, what, done in sentences if count]


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Say in French what could not be done, and why."""
    # SIGTERM (systemd) and SIGHUP (the terminal is closed) interrupt like Ctrl-C, so that drafts, which hold all the
    # data in clear, are deleted, and the old store of a move is opened again. « nohup » ignores SIGHUP: that stays so.
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    except (BackupError, CopyError, StoreInUseError, UnfitStoreError) as error:
        raise Refusal(f"{what} : {error}.") from None
    except KeyboardInterrupt:
        raise Refusal(f"{what} : arrêté avant la fin.") from None
    except PeeweeException as error:
        raise Refusal(f"{what} : la base de données ne répond pas ({faults.of_store(error)}).") from None
    except OSError as error:
        raise Refusal(f"{what} : {faults.of_file(error)}.") from None
