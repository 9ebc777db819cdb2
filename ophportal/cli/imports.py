"""`ophportal import …`: the ERP's files and the documents, from the server's own command line."""

import os
from contextlib import suppress
from pathlib import Path

import click
from peewee import OperationalError

from ophportal import database, faults
from ophportal.cli.french import PortalGroup, ReadablePath, Refusal, migrate_if_new
from ophportal.cli.progress_bar import ProgressBar
from ophportal.imports import runs
from ophportal.imports.refusals import ImportRefused, Unsure
from ophportal.imports.rejects import write_rejects
from ophportal.imports.reports import ImportReport
from ophportal.store import TURN_PATIENCE

file_argument = click.argument("file", metavar="FICHIER", type=ReadablePath())
dry_run_option = click.option("--dry-run", is_flag=True, help="Dit ce qui changerait, et n'écrit rien.")
rejects_option = click.option(
    "--rejects",
    metavar="FICHIER",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    help="Écrit dans ce fichier (CSV) les lignes refusées, avec les raisons.",
)
yes_option = click.option("--yes", is_flag=True, help="Confirme ce que la commande demande de vérifier d'abord.")


@click.group("import", cls=PortalGroup, help="Importe les fichiers de l'ERP, et les documents.")
def import_group() -> None:
    pass


@import_group.command("tenants")
@file_argument
@dry_run_option
@click.option("--full", is_flag=True, help="Le fichier est complet : les baux en cours qui n'y sont pas se terminent.")
@yes_option
@rejects_option
def import_tenants_command(file: Path, dry_run: bool, full: bool, yes: bool, rejects: Path | None) -> None:
    """Importe le fichier des locataires (CSV ou XLSX). Tout ou rien."""
    report = attempt(runs.TENANTS, file, rejects, dry_run=dry_run, full=full, sure=yes)
    tell(runs.TENANTS, report, dry_run=dry_run)


@import_group.command("contacts")
@file_argument
@dry_run_option
@yes_option
@rejects_option
def import_contacts_command(file: Path, dry_run: bool, yes: bool, rejects: Path | None) -> None:
    """Importe les contacts des immeubles (CSV ou XLSX), à la place de ceux d'avant. Tout ou rien."""
    tell(runs.CONTACTS, attempt(runs.CONTACTS, file, rejects, dry_run=dry_run, sure=yes), dry_run=dry_run)


@import_group.command("ledger")
@file_argument
@dry_run_option
@yes_option
@rejects_option
def import_ledger_command(file: Path, dry_run: bool, yes: bool, rejects: Path | None) -> None:
    """Importe le fichier des écritures (CSV ou XLSX). Tout ou rien."""
    tell(runs.LEDGER, attempt(runs.LEDGER, file, rejects, dry_run=dry_run, sure=yes), dry_run=dry_run)


@import_group.command("documents")
@click.argument("files", metavar="DOSSIER_OU_ZIP", type=ReadablePath())
@dry_run_option
@rejects_option
def import_documents_command(files: Path, dry_run: bool, rejects: Path | None) -> None:
    """Importe les PDF d'un dossier ou d'un ZIP. Tout ou rien."""
    tell(runs.DOCUMENTS, attempt(runs.DOCUMENTS, files, rejects, dry_run=dry_run), dry_run=dry_run)


def attempt(
    kind: runs.Importer,
    file: Path,
    rejects: Path | None,
    *,
    dry_run: bool,
    full: bool = False,
    sure: bool = True,
) -> ImportReport:
    """Look at the file or import it, under a progress bar. Raises `Refusal`, a line a reason."""
    if rejects is not None:
        check_target(rejects, file)
    if not file.exists():
        raise Refusal(f"Le fichier « {file} » n'existe pas.")
    if not (file.is_file() or (file.is_dir() and not kind.is_table)):
        raise Refusal(f"« {file} » n'est pas un fichier.")
    try:
        migrate_if_new() if dry_run else database.migrate()
        with database.proxy.patient(TURN_PATIENCE), ProgressBar("Lecture du fichier") as progress:
            if dry_run:
                return looked_at(kind, file, rejects, progress, full=full)
            report = kind.write(file, progress, runs.Word(full, sure=sure))
    except ImportRefused as refused:
        if not dry_run:
            note_refusal(kind, file, refused)
        raise refusal(kind, file, rejects, refused) from None
    except KeyboardInterrupt:
        raise Refusal("Rien n'a été importé : arrêté avant la fin.") from None
    except OperationalError as error:
        said = faults.of_store(error)
        raise Refusal(f"La base de données est occupée, ou ne répond pas ({said}). Rien n'a été importé.") from None
    with database.proxy.patient(TURN_PATIENCE):
        runs.note(kind, file.absolute().name, report)
    return report


def note_refusal(kind: runs.Importer, file: Path, refused: ImportRefused) -> None:
    """Show the refusal in the console too. If the store is busy it is left out: the command prints it in any case."""
    with suppress(OperationalError), database.proxy.patient(TURN_PATIENCE):
        runs.note_refusal(kind, file.absolute().name, refused)


def check_target(rejects: Path, file: Path) -> None:
    """Refuse a path that rejects cannot be written to, before the file is read and not after."""
    if rejects.resolve() == file.resolve():
        raise Refusal("Les lignes refusées ne peuvent pas aller dans le fichier à importer : choisissez un autre nom.")
    if not os.access(rejects if rejects.exists() else rejects.absolute().parent, os.W_OK):
        raise Refusal(f"Le fichier « {rejects} » ne peut pas être écrit.")


def looked_at(
    kind: runs.Importer, file: Path, rejects: Path | None, progress: ProgressBar, *, full: bool
) -> ImportReport:
    report = kind.look(file, progress, full)
    if report.refused is not None:
        click.echo("Essai : le fichier est refusé. L'import n'écrirait rien.")
        tell_read(kind, report)
        raise refusal(kind, file, rejects, report.refused)
    return report


def refusal(kind: runs.Importer, file: Path, rejects: Path | None, refused: ImportRefused) -> Refusal:
    lines = [str(error) for error in refused.shown]
    if refused.more:
        lines.append(f"… et d'autres raisons encore : {refused.more}.")
    if isinstance(refused, Unsure):
        lines.append("Si le fichier est bon, ajoutez --yes.")
    elif rejects is not None:
        lines.append(written(file, kind, refused, rejects))
    return Refusal("Rien n'a été importé.", lines)


def written(file: Path, kind: runs.Importer, refused: ImportRefused, rejects: Path) -> str:
    try:
        write_rejects(file, kind.columns, refused, rejects)
    except OSError:
        return f"Les lignes refusées n'ont pas pu être écrites dans {rejects}."
    return f"Toutes les lignes refusées sont dans {rejects}."


def tell_read(kind: runs.Importer, report: ImportReport) -> None:
    click.echo(f"{'Lignes lues' if kind.is_table else 'Documents lus'} : {report.read}")
    if report.rejected:
        click.echo(f"{'Lignes refusées' if kind.is_table else 'Documents refusés'} : {report.rejected}")


def tell(kind: runs.Importer, report: ImportReport, *, dry_run: bool) -> None:
    """What was done, or would be."""
    if dry_run:
        click.echo("Essai : rien n'a été écrit. L'import ferait ceci.")
    tell_read(kind, report)
    for noun, count in report.counts.items():
        # Whatever the noun: « Écritures » are feminine, « Baux » masculine.
        told = f"{count.created} en plus, {count.updated} avec un changement, {count.unchanged} sans changement"
        click.echo(f"{noun} : {told}{f', {count.removed} en moins' if count.removed else ''}")
    for sentence in (*report.facts, *(f"Attention\u00a0: {it}" for it in (*report.warnings, *report.to_watch))):
        click.echo(sentence)
    for doubt in report.doubts:
        click.echo(f"{'À confirmer' if dry_run else 'Confirmé'} par --yes\u00a0: {doubt}")
    if report.ended:
        click.echo(f"Baux terminés parce qu'ils ne sont pas dans le fichier : {report.ended}")
    elif report.gone.count:
        click.echo(f"Baux en cours qui ne sont pas dans le fichier, laissés comme ils sont : {report.gone.count}")
    if dry_run:
        for line in report.gone.first:
            click.echo(f"  {line}")
