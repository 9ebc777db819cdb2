"""The demonstration office: its tenants, put on file once, and some of them to try."""

from pathlib import Path
from typing import NamedTuple

from flask import current_app

from ophportal import database
from ophportal.demo import activity, agents, contacts, households, ledger, papers
from ophportal.imports import runs
from ophportal.imports.documents import import_documents
from ophportal.imports.ledger import import_ledger
from ophportal.imports.tenants import import_tenants
from ophportal.models import Agent, LedgerEntry


class Guest(NamedTuple):
    """A tenant to try: what to type in « Demander un code d'accès », and why this one.

    `label` is about the four fields, `situation` about what the account shows.
    """

    label: str
    situation: str
    name: str
    email: str
    dwelling_reference: str
    tenant_number: str

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The four fields with the form's own labels, in its order."""
        return (
            ("Votre Nom", self.name),
            ("Votre adresse email", self.email),
            ("Votre référence logement", self.dwelling_reference),
            ("Votre numéro locataire", self.tenant_number),
        )


def guest(label: str, situation: str, line: households.Line) -> Guest:
    return Guest(label, situation, f"{line.last_name} {line.first_names}", line.email, line.home.reference, line.number)


GUESTS = (
    guest(
        "Une locataire ordinaire",
        "Elle doit le dernier mois, et rien d'autre.",
        households.LAURIER,
    ),
    guest(
        "Un nom composé, un numéro avec des zéros",
        "Elle a trois mois de retard : la banque a refusé deux prélèvements. Elle suit un plan, de 50 € par mois.",
        households.D_ANGELO_PAOLI,
    ),
    guest(
        "Deux baux : un logement et un garage",
        "Le compte du logement est à jour. Celui du garage a un peu d'avance.",
        households.FIGUIER,
    ),
)
# To be tried together: one address, two accounts.
SHARING = (
    guest(
        "Deux comptes pour une même adresse : le premier",
        "Choisissez le même mot de passe pour les deux, puis entrez par l'adresse e-mail.",
        households.VIOLETTE_PRUNIER,
    ),
    guest(
        "Deux comptes pour une même adresse : le second",
        "Le portail vous demande lequel des deux comptes ouvrir.",
        households.NARCISSE_PRUNIER,
    ),
)
# Rarer lives, for whoever wants to see what the account makes of them.
RARER = (
    guest(
        "Une entrée au milieu du mois",
        "Son bail a commencé un 15 : l'office a demandé une partie du premier mois.",
        households.NEFLIER,
    ),
    guest(
        "Une APL recalculée",
        "Elle a reçu un rappel d'APL, puis a dû rendre un trop-perçu. Son nom de naissance marche aussi.",
        households.SORBIER,
    ),
    guest(
        "Un peu d'avance",
        "Elle a payé 20 € de trop. Son numéro s'écrit avec ou sans la lettre.",
        households.HOUX,
    ),
)


def file_path() -> Path:
    """The demo's tenant file, beside its store."""
    return database.folder() / "demo-locataires.csv"


def ledger_path() -> Path:
    """The demo's ledger file, beside the other."""
    return file_path().with_name("demo-ecritures.csv")


def papers_path() -> Path:
    """The folder of what the demo's office has sent."""
    return file_path().with_name("demo-documents")


def prepare() -> None:
    """Put tenants, ledger, papers and agents on file, unless they are: what has been done in the demo since then stays.

    A demo from before it had a ledger gets one, and the tenants who have come since.
    """
    if not LedgerEntry.select().exists():
        households.write_file(file_path())
        runs.note(runs.TENANTS, file_path().name, import_tenants(file_path()))
        ledger.write_file(ledger_path(), current_app.config["DUE_DAY"])
        runs.note(runs.LEDGER, ledger_path().name, import_ledger(ledger_path()))
        papers.write_folder(papers_path(), current_app.config["DUE_DAY"])
        runs.note(runs.DOCUMENTS, papers_path().name, import_documents(papers_path()))
    contacts.import_file(file_path().with_name("demo-contacts.csv"))
    if not Agent.select().exists():
        agents.enlist()
        activity.live()


def welcome(base_url: str) -> str:
    """What the command prints: the addresses to open, and the guests with their four fields."""
    addresses = (
        ("Le portail", f"{base_url}/"),
        ("Le mode d'emploi", f"{base_url}/demo"),
        ("Le courrier", f"{base_url}/demo/courrier"),
        ("La console", f"{base_url}/agents"),
        ("Les locataires", str(file_path())),
        ("Les écritures", str(ledger_path())),
        ("Les documents", str(papers_path())),
    )
    parts = ["Un office de démonstration : tout y est inventé, et rien n'est envoyé.", columns(addresses)]
    parts.append(f"Des locataires à essayer sur {base_url}/demander-un-code :")
    parts += [f"{number}. {guest.label}\n{columns(guest.fields)}" for number, guest in enumerate(GUESTS + SHARING, 1)]
    return "\n\n".join(["", *parts, ""])


def columns(pairs: tuple[tuple[str, str], ...]) -> str:
    """The pairs, one a line, their second halves one under another."""
    width = max(len(name) for name, _ in pairs) + 2
    return "\n".join(f"   {name:<{width}}{value}" for name, value in pairs)
