"""`ophportal check`: a doctor, for a person and for whatever watches."""

import json
import os

import click

from ophportal.cli_french import FrenchCommand

MAIL = ("MAIL_SERVER", "MAIL_PORT", "MAIL_USE_TLS", "MAIL_PASSWORD", "MAIL_SENDER")
LABELS = ("OK", "ATTENTION", "ERREUR")


@click.command("check", cls=FrenchCommand)
@click.option("--json", "as_json", is_flag=True, help="Écrit les lignes en JSON.")
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Dit ce qui va et ce qui ne va pas. Code de sortie : 0 tout va, 1 attention, 2 erreur."""
    from ophportal.checks import Check, address, examine, machine, mail, store

    matters = [
        Check("Clé secrète", ("SECRET_KEY",), address.secret_key),
        Check("Adresse du portail", ("BASE_URL",), address.public_address),
        Check("Mandataires", ("BASE_URL", "TRUSTED_PROXIES"), address.proxies),
        Check("Base de données", ("DATABASE_URL",), store.store),
        Check("Livraison", ("DATABASE_URL",), store.delivery),
        Check("Serveur de courrier", MAIL, mail.server),
        Check("Expéditeur", ("MAIL_SENDER", "BASE_URL"), mail.sender),
        Check("Horloge", (), machine.clock),
        Check("Disque", ("DATABASE_URL",), machine.disk),
        Check("Fichiers", ("DATABASE_URL",), machine.files),
        Check("Mesures", ("METRICS_HOST", "METRICS_PORT"), address.figures),
    ]
    worst = 0
    found = []
    for finding in examine(os.environ.get("OPHPORTAL_CONFIG", "config.Production"), matters):
        worst = max(worst, finding.level)
        label = LABELS[finding.level]
        found.append({"niveau": label, "sujet": finding.subject, "message": finding.message})
        if not as_json:
            click.echo(f"{label:<10} {finding.subject} : {finding.message}")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    context.exit(worst)
