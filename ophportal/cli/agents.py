"""`ophportal agent …`: who may enter the console."""

import click

from ophportal import database
from ophportal.cli.french import PortalGroup, Refusal, migrate_if_new
from ophportal.database import writing
from ophportal.email_address import is_bare_address
from ophportal.formatting import of_whom
from ophportal.models import Agent, Event, JournalEntry, Role
from ophportal.office.entry import public_link
from ophportal.wording import ROLES

# As typed: the office's words for the two roles.
ROLE_NAMES = {label.lower(): role for role, label in ROLES.items()}

LONGEST_NAME = 100


@click.group("agent", cls=PortalGroup, help="Gère les agents de l'office.")
def agent_group() -> None:
    pass


@agent_group.command("create")
@click.argument("email", metavar="ADRESSE")
@click.argument("name", metavar="NOM")
@click.option(
    "--role",
    metavar="RÔLE",
    type=click.Choice(list(ROLE_NAMES), case_sensitive=False),
    default="agent",
    help="« agent », ou « responsable » pour importer les fichiers et gérer les agents (par défaut : agent).",
)
def create_agent(email: str, name: str, role: str) -> None:
    """Ajoute un agent, NOM pour ses collègues, et donne son lien de première connexion."""
    address = email.strip()
    if not is_bare_address(address):
        raise Refusal(f"« {address} » n'est pas une adresse e-mail.")
    name = " ".join(name.split())
    if problem := problem_with(name):
        raise Refusal(problem)
    database.migrate()
    agent = Agent.enlist(address, name, ROLE_NAMES[role.lower()])
    if agent is None:
        raise Refusal(f"« {address} » est déjà celle d'un agent. Un nouveau lien : ophportal agent reset {address}")
    hand_over(agent)


def problem_with(name: str) -> str:
    """Why colleagues cannot be shown this name, in French; empty when they can."""
    if not name:
        return "Le nom est vide."
    if len(name) > LONGEST_NAME:
        return f"Le nom est trop long : {LONGEST_NAME} caractères au plus."
    return "" if name.isprintable() else "Le nom contient un caractère invisible."


@agent_group.command("reset")
@click.argument("email", metavar="ADRESSE")
def reset_agent(email: str) -> None:
    """Oublie le mot de passe et le téléphone d'un agent, et donne un nouveau lien."""
    agent = agent_or_refusal(email)
    if agent.disabled_at is not None:
        raise Refusal(f"{agent.name} est désactivé. D'abord : ophportal agent enable {agent.email}")
    hand_over(agent)


@agent_group.command("disable")
@click.argument("email", metavar="ADRESSE")
def disable_agent(email: str) -> None:
    """Ferme la console à un agent, tout de suite."""
    agent = agent_or_refusal(email)
    with writing():
        agent.disable()
        JournalEntry.create(event=Event.AGENT_DISABLED, detail=agent.name)
    click.echo(f"{agent.name} n'entre plus.")
    # Done all the same: after a theft there is no time to lose. The console alone makes sure that one is left.
    if agent.is_manager and not Agent.has_manager():
        click.echo("Il ne reste aucun responsable : personne n'envoie plus de fichier ni ne gère les agents.")
        click.echo("Un autre : ophportal agent create ADRESSE NOM --role responsable")


@agent_group.command("enable")
@click.argument("email", metavar="ADRESSE")
def enable_agent(email: str) -> None:
    """Rouvre la console à un agent désactivé."""
    agent = agent_or_refusal(email)
    with writing():
        agent.enable()
        JournalEntry.create(event=Event.AGENT_ENABLED, detail=agent.name)
    click.echo(f"{agent.name} peut entrer de nouveau.")


@agent_group.command("list")
def list_agents() -> None:
    """Montre les agents, leur rôle et leur état."""
    migrate_if_new()
    agents = list(Agent.select().order_by(Agent.name, Agent.id))
    for agent in agents:
        state = "désactivé" if agent.disabled_at else "actif" if agent.is_active else "invité"
        click.echo(f"{agent.name}  {agent.email}  {ROLES[Role(agent.role)].lower()}  {state}")
    if not agents:
        click.echo("Aucun agent. Le premier : ophportal agent create ADRESSE NOM --role responsable")


def agent_or_refusal(email: str) -> Agent:
    database.migrate()
    agent = Agent.with_email(email)
    if agent is None:
        raise Refusal(f"Aucun agent n'a l'adresse « {email} ».")
    return agent


def hand_over(agent: Agent) -> None:
    """Print the one-time link. It is never mailed: others could read the mailbox."""
    with writing():
        token = agent.invite()
        JournalEntry.create(event=Event.AGENT_INVITED, detail=agent.name)
    click.echo(f"Le lien de première connexion {of_whom(agent.name)}, à lui remettre par un moyen sûr.")
    click.echo("Il sert une seule fois, pendant trois jours :")
    click.echo(public_link(token))
