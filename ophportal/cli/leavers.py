"""`ophportal forget`, `forget-tenant`: the tenants who have left, or one, and all that the portal holds of them."""

from datetime import datetime, timedelta

import click
from flask.cli import with_appcontext

from ophportal import clock, database, leavers
from ophportal.cli.counts import NOUNS, told
from ophportal.cli.french import FrenchCommand, NeededOption, Refusal, migrate_if_new
from ophportal.cli.progress_bar import ProgressBar
from ophportal.models import Tenant
from ophportal.store import TURN_PATIENCE

# The charges of a last year are settled after it, and the journal still tells who has looked at a file.
LEFT_FOR = timedelta(days=365)
GOING = {"tenant": NOUNS["tenant"], "lease": ("bail", "baux"), **NOUNS}


@click.command("forget", cls=FrenchCommand)
@click.option(
    "--ended-before",
    cls=NeededOption,
    required=True,
    metavar="JJ/MM/AAAA",
    type=click.DateTime(["%d/%m/%Y"]),
    help="Ceux dont tous les baux ont pris fin avant ce jour, d'il y a un an au moins. Obligatoire.",
)
@click.option("--dry-run", is_flag=True, help="Dit qui serait effacé, et n'efface rien.")
@click.option("--yes", is_flag=True, help="Confirme.")
@with_appcontext
def forget_command(ended_before: datetime, dry_run: bool, yes: bool) -> None:
    """Efface les locataires partis dont le compte est soldé, et tout ce que le portail sait d'eux.

    Le titulaire du dernier compte ouvert reste jusqu'à ce qu'un autre s'ouvre.

    Rien ne les ramène, sinon une sauvegarde, ou un import : un fichier de l'ERP où ils sont encore les crée de nouveau.
    """
    day = ended_before.date()
    if day > clock.today() - LEFT_FOR:
        raise Refusal("Choisissez un jour d'il y a un an au moins : avant, les charges peuvent être encore à régler.")
    migrate_if_new() if dry_run else database.migrate()
    found = leavers.find_leavers(day)
    going = told(leavers.count_leavers(found.ids), GOING)
    if found.ids and not (dry_run or yes):
        raise Refusal(f"Rien n'a été effacé. Seraient effacés : {going}. Pour confirmer, ajoutez --yes.")
    if dry_run:
        click.echo("Essai : rien n'a été effacé.")
    if not found.ids:
        click.echo("Personne à effacer.")
    elif dry_run:
        click.echo(f"Seraient effacés : {going}.")
    else:
        with database.proxy.patient(TURN_PATIENCE), ProgressBar("Effacement") as progress:
            done = leavers.forget_leavers(day, progress)
        click.echo(f"Effacés : {told(done, GOING)}. Les sauvegardes déjà faites les contiennent encore.")
    if found.owing:
        click.echo(f"Partis aussi, et gardés parce que leur compte n'est pas soldé : {found.owing}")
    if found.newest:
        click.echo("Parti aussi, et gardé jusqu'à ce qu'un autre s'ouvre : le titulaire du dernier compte ouvert.")


@click.command("forget-tenant", cls=FrenchCommand)
@click.argument("number", metavar="NUMÉRO")
@click.option("--yes", is_flag=True, help="Confirme.")
@with_appcontext
def forget_tenant_command(number: str, yes: bool) -> None:
    """Efface une seule personne, d'après son numéro locataire, et tout ce que le portail sait d'elle.

    Pour une erreur de l'ERP, un jugement, une opposition. Ses baux doivent être terminés.

    Rien ne la ramène, sinon une sauvegarde, ou un import : un fichier de l'ERP où elle est encore la crée de nouveau.
    """
    database.migrate()
    tenant = Tenant.by_number(number)
    if tenant is None:
        raise Refusal("Aucun locataire n'a ce numéro.")
    if why := leavers.hindrance(tenant):
        raise Refusal(f"Rien n'a été effacé. {why}")
    if not yes:
        going = told(leavers.count_leavers([tenant.id]), GOING)
        owing = "" if leavers.is_settled(tenant) else " Son compte n'est pas soldé : l'ERP seul le dira encore."
        raise Refusal(
            f"Rien n'a été effacé. {tenant.full_name}, numéro {tenant.number} : seraient effacés {going}.{owing} "
            "Pour confirmer, ajoutez --yes."
        )
    with database.proxy.patient(TURN_PATIENCE):
        done = leavers.forget_one(tenant)
    if not done:
        raise Refusal("Rien n'a été effacé : un import vient de changer ce locataire. Relancez la commande.")
    click.echo(f"Effacés : {told(done, GOING)}. Les sauvegardes déjà faites les contiennent encore.")
