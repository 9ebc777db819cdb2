"""What the office's own files say of a tenant, and what the tenant has agreed to."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from ophportal import documents
from ophportal.models import DeliveryConsent, Document, DocumentKind, Lease, LedgerEntry, Tenant, Withdrawal
from ophportal.models.keys import name_words
from ophportal.models.statement import Entry, lines_of
from ophportal.own_data.part import AS_LONG_AS_THE_FILE, KEY, SECRET, YOURSELF, Part, of_tenant
from ophportal.own_data.person import Person


class ToldEntry(NamedTuple):
    """An entry of a lease's ledger, and the balance after it."""

    lease: Lease
    entry: Entry
    balance: Decimal


def entries(person: Person) -> Iterable[Any]:
    for lease in person.leases:
        for entry, balance in lines_of(LedgerEntry.of(lease)):
            yield ToldEntry(lease, entry, balance)


def file_of(document: Document) -> str | None:
    """The document's name in the copy: « documents/2026-03-avis-d-echeance-17.pdf ». None when its content is lost.

    A receipt is there whether or not the tenant has agreed to have them over the Internet: the right to a copy of one's
    data (RGPD, art. 15) does not hang on that.
    """
    if not documents.is_kept(document.digest):
        return None
    words = "-".join([f"{document.period:%Y-%m}", *name_words(document.title)])
    return f"documents/{words[:80]}-{document.id}.pdf"


TENANT = Part(
    Tenant,
    "locataire",
    "Votre dossier",
    "Votre civilité, votre nom, votre nom de naissance, vos prénoms, votre numéro locataire, votre adresse e-mail, "
    "votre téléphone.",
    AS_LONG_AS_THE_FILE,
    lambda person: [person.tenant],
    {
        "number": "numéro locataire",
        "civility": "civilité",
        "last_name": "nom",
        "birth_name": "nom de naissance",
        "first_names": "prénoms",
        "email": "adresse e-mail",
        "phone": "téléphone",
        "erp_email_key": "adresse e-mail d'avant, dans les fichiers de l'office",
        "erp_phone": "téléphone d'avant, dans les fichiers de l'office",
        "replaced_email_key": "adresse e-mail d'avant le dernier changement",
        "replaced_phone": "téléphone d'avant le dernier changement",
    },
    {"number_key": KEY, "email_key": KEY},
)
LEASES = Part(
    Lease,
    "baux",
    "Vos logements et vos baux",
    "La référence, l'adresse et le type de chaque logement, et les dates de chaque bail.",
    AS_LONG_AS_THE_FILE,
    lambda person: person.leases,
    {"dwelling": "référence logement", "starts_on": "début du bail", "ends_on": "fin du bail"},
    {"tenant": YOURSELF},
    {
        "référence logement": lambda lease, _: lease.dwelling.reference,
        "adresse": lambda lease, _: lease.dwelling.address,
        "code postal": lambda lease, _: lease.dwelling.postal_code,
        "commune": lambda lease, _: lease.dwelling.city,
        "type": lambda lease, _: lease.dwelling.kind,
    },
)
LEDGER = Part(
    LedgerEntry,
    "écritures",
    "Vos opérations",
    "Les sommes demandées et payées : date, libellé, montant, et le solde après chacune.",
    AS_LONG_AS_THE_FILE,
    entries,
    {
        "lease": "référence logement",
        "date": "date",
        "label": "libellé",
        "debit": "débit",
        "credit": "crédit",
        "erp_id": "identifiant",
    },
    {"occurrence": "distingue deux opérations que tout le reste dit pareilles"},
    {
        "référence logement": lambda told, _: told.lease.dwelling.reference,
        "date": lambda told, _: told.entry.date,
        "libellé": lambda told, _: told.entry.label,
        "débit": lambda told, _: told.entry.debit,
        "crédit": lambda told, _: told.entry.credit,
        "solde": lambda told, _: told.balance,
        "identifiant": lambda told, _: told.entry.erp_id,
    },
)
DOCUMENTS = Part(
    Document,
    "documents",
    "Vos documents",
    "Les avis, les quittances et les autres papiers que l'office a mis sur le portail.",
    AS_LONG_AS_THE_FILE,
    lambda person: Document.of_tenant(person.tenant),
    {
        "title": "titre",
        "kind": "sorte",
        "period": "mois",
        "lease": "référence logement",
        "size": "taille en octets",
        "added_at": "ajouté le",
    },
    {"tenant": YOURSELF, "token": SECRET, "digest": "le nom sous lequel le portail range le fichier"},
    {
        "sorte": lambda document, _: DocumentKind(document.kind).label,
        "mois": lambda document, _: f"{document.period:%Y-%m}",
        "référence logement": lambda document, _: document.lease.dwelling.reference if document.lease else None,
        "fichier": lambda document, _: file_of(document),
    },
)
WITHDRAWALS = Part(
    Withdrawal,
    "documents retirés",
    "Les documents que l'office a retirés",
    "De quel mois et de quelle sorte ils étaient, et le jour où l'office les a retirés. Le portail ne les a plus.",
    AS_LONG_AS_THE_FILE,
    of_tenant(Withdrawal),
    {"kind": "sorte", "period": "mois", "withdrawn_at": "retiré le"},
    {
        "tenant": YOURSELF,
        "lease": "le document était peut-être celui d'une autre personne",
        "title": "le document était peut-être celui d'une autre personne",
        "digest": "ce qui permet de reconnaître le même fichier",
    },
    {
        "sorte": lambda gone, _: DocumentKind(gone.kind).label,
        "mois": lambda gone, _: f"{gone.period:%Y-%m}",
    },
)
CONSENTS = Part(
    DeliveryConsent,
    "accords",
    "Votre accord pour les quittances par internet",
    "Ce que vous avez accepté, le jour où vous l'avez accepté, et le jour où vous avez changé d'avis.",
    AS_LONG_AS_THE_FILE,
    of_tenant(DeliveryConsent),
    {"wording": "texte accepté", "given_at": "donné le", "withdrawn_at": "retiré le"},
    {"tenant": YOURSELF},
)
