"""`ophportal check`: what is right and what is not, for a person or a monitoring program."""

import json
import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ophportal.cli.french import FrenchCommand

if TYPE_CHECKING:
    from ophportal.checks import Finding

logger = logging.getLogger(__name__)

MAIL = ("MAIL_SERVER", "MAIL_PORT", "MAIL_USE_TLS", "MAIL_PASSWORD", "MAIL_SENDER")
LABELS = ("OK", "ATTENTION", "ERREUR")


@click.command("check", cls=FrenchCommand)
@click.option("--json", "as_json", is_flag=True, help="Écrit les lignes en JSON.")
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Dit ce qui va et ce qui ne va pas. Code de sortie : 0 tout va, 1 attention, 2 erreur."""
    worst = 0
    found = []
    for finding in findings():
        worst = max(worst, finding.level)
        label = LABELS[finding.level]
        found.append({"niveau": label, "sujet": finding.subject, "message": finding.message})
        if not as_json:
            click.echo(f"{label:<10} {finding.subject} : {finding.message}")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    context.exit(worst)


def findings() -> Iterator["Finding"]:
    """All that the checks find. A fault of a check is told as an error: Python's exit status 1 would mean a warning."""
    from ophportal.checks import Finding, Level

    try:
        yield from look()
    except Exception as error:
        logger.error("the check itself failed", exc_info=error)
        message = f"elle s'est arrêtée avant la fin ({type(error).__name__}), et le reste n'est pas vérifié."
        yield Finding(Level.ERROR, "Vérification", message)


def look() -> Iterator["Finding"]:
    from ophportal.checks import Check, address, examine, machine, mail, store

    matters = [
        Check("Clé secrète", ("SECRET_KEY",), address.secret_key),
        Check("Adresse du portail", ("BASE_URL",), address.public_address),
        Check("Mandataires", ("BASE_URL", "TRUSTED_PROXIES"), address.proxies),
        Check("Base de données", ("DATABASE_URL",), store.store),
        Check("Documents", ("DATABASE_URL", "DATA_FOLDER"), store.papers),
        Check("Livraison", ("DATABASE_URL",), store.delivery),
        Check("Imports", ("DATABASE_URL",), store.imports),
        Check("Serveur de courrier", MAIL, mail.server),
        Check("Expéditeur", ("MAIL_SENDER", "BASE_URL"), mail.sender),
        Check("Horloge", (), machine.clock),
        Check("Disque", ("DATABASE_URL",), machine.disk),
        Check("Fichiers", ("DATABASE_URL",), machine.files),
        Check("Mesures", ("METRICS_HOST", "METRICS_PORT"), address.figures),
    ]
    yield from examine(os.environ.get("OPHPORTAL_CONFIG", "config.Production"), matters)
