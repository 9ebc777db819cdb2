"""What happened at the door of a tenant's account: codes, passwords, mails, sessions, the journal."""

from collections.abc import Iterable

from ophportal import retention
from ophportal.formatting import span
from ophportal.models import (
    AccessRequest,
    Account,
    AddressChange,
    Decision,
    JournalEntry,
    OutboxMessage,
    PaperCode,
    TemporaryPassword,
    TenantSession,
    Verification,
    paper_code,
    temporary_password,
)
from ophportal.models.address_change import ChangeState
from ophportal.own_data.part import (
    AS_LONG_AS_THE_FILE,
    ELSEWHERE,
    KEY,
    SECRET,
    YOURSELF,
    Part,
    of_account,
    of_tenant,
)
from ophportal.own_data.person import NOT_YOURS, Person
from ophportal.wording import detail_of, event_label, mail_label, mail_state, outcome_label

DETAILS = span(retention.DETAILS_KEPT)
# After its details are erased the row stays: the office counts them.
THE_REST = "le reste, aussi longtemps que votre dossier"
PLUMBING = "ne sert qu'à faire partir le courrier une fois et une seule"
MAY_QUOTE = "(peut citer cette adresse)"
CHANGES = {
    ChangeState.PENDING: "à confirmer",
    ChangeState.DROPPED: "abandonné",
    ChangeState.CONFIRMED: "confirmé",
    ChangeState.UNDONE: "annulé",
}
DECISIONS = {Decision.PENDING: "en attente", Decision.APPROVED: "acceptée", Decision.REFUSED: "refusée"}


def journal(person: Person) -> Iterable[JournalEntry]:
    """The entries about the tenant, and those at the doors of their account: a failed login names no tenant."""
    about = (JournalEntry.tenant == person.tenant) | JournalEntry.subject.in_(person.doors)
    return JournalEntry.select().where(about).order_by(JournalEntry.at, JournalEntry.id)


def recipient(message: OutboxMessage, person: Person) -> str:
    """The address of a mail. Only a refused request's may be one that a stranger typed (`office.actions.refuse`)."""
    return person.own_email(message.recipient) if message.mail == "request_refused" else message.recipient


def answer(message: OutboxMessage, person: Person) -> str:
    """The mail server's reply, not told where it may quote an address that is not told."""
    may_quote = message.last_error and recipient(message, person) == NOT_YOURS
    return MAY_QUOTE if may_quote else message.last_error


ACCOUNT = Part(
    Account,
    "compte",
    "Votre compte",
    "Votre code d'accès et les dates de votre compte. Votre mot de passe est transformé : personne ne peut le relire.",
    AS_LONG_AS_THE_FILE,
    lambda person: [person.account] if person.account else [],
    {
        "code": "code d'accès",
        "created_at": "créé le",
        "activated_at": "première connexion le",
        "password_set_at": "mot de passe choisi le",
        "blocked_at": "bloqué le",
    },
    {"tenant": YOURSELF, "code_key": KEY, "password_hash": SECRET},
)
REQUESTS = Part(
    AccessRequest,
    "demandes de code",
    "Vos demandes de code d'accès",
    "Ce qui a été écrit dans le formulaire, la date et la suite. "
    "L'adresse de la connexion à internet (on dit aussi « adresse IP »).",
    f"{DETAILS} après le traitement pour ce qui a été écrit et l'adresse IP, "
    f"{span(retention.DECIDED_WITHIN)} au plus quand un agent doit décider ; {THE_REST}",
    of_tenant(AccessRequest),
    {
        "name": "nom écrit",
        "email": "adresse e-mail écrite",
        "dwelling_reference": "référence logement écrite",
        "tenant_number": "numéro locataire écrit",
        "network_address": "adresse IP",
        "created_at": "date",
        "outcome": "suite",
        "settled_at": "traitée le",
        "asked_by": "faite par",
    },
    {"tenant": YOURSELF, "token": SECRET, "letter_digest": SECRET},
    {
        "adresse e-mail écrite": lambda request, person: person.own_email(request.email),
        "référence logement écrite": lambda request, person: person.own_reference(request.dwelling_reference),
        "numéro locataire écrit": lambda request, person: person.own_number(request.tenant_number),
        "suite": lambda request, _: outcome_label(request.outcome),
        "avec le code d'un courrier": lambda request, _: bool(request.letter_digest),
    },
)
VERIFICATIONS = Part(
    Verification,
    "vérifications",
    "Les demandes qu'un agent a vérifiées",
    "La date, la décision et, pour un refus, la raison.",
    f"{DETAILS} après la décision pour la raison ; {THE_REST}",
    of_tenant(Verification),
    {
        "created_at": "date",
        "opened_by": "ouverte par",
        "opened_at": "ouverte le",
        "decision": "décision",
        "reason": "raison",
        "decided_by": "décidée par",
        "decided_at": "décidée le",
    },
    {"tenant": YOURSELF, "request": ELSEWHERE},
    {"décision": lambda verification, _: DECISIONS[Decision(verification.decision)]},
)
ADDRESS_CHANGES = Part(
    AddressChange,
    "changements d'adresse e-mail",
    "Vos changements d'adresse e-mail",
    "L'ancienne adresse, la nouvelle, les dates et la suite.",
    f"{DETAILS} après la fin du changement pour les adresses ; {THE_REST}",
    of_tenant(AddressChange),
    {
        "old_email": "ancienne adresse",
        "new_email": "nouvelle adresse",
        "state": "suite",
        "created_at": "demandé le",
        "ends_at": "à confirmer, ou à annuler, avant le",
    },
    {
        "tenant": YOURSELF,
        "token": SECRET,
        "confirm_digest": SECRET,
        "undo_digest": SECRET,
        "old_key": KEY,
        "new_key": KEY,
    },
    {"suite": lambda change, _: CHANGES[ChangeState(change.state)]},
)
MAILS = Part(
    OutboxMessage,
    "e-mails",
    "Les e-mails envoyés",
    "Quel e-mail, à quelle adresse, quand, et s'il est bien parti. Le texte n'est pas gardé.",
    f"{DETAILS} après l'envoi pour l'adresse ; {THE_REST}",
    of_tenant(OutboxMessage),
    {
        "mail": "e-mail",
        "recipient": "adresse",
        "created_at": "date",
        "state": "état",
        "finished_at": "terminé le",
        "last_error": "réponse du serveur de courrier",
    },
    {
        "tenant": YOURSELF,
        "request": ELSEWHERE,
        "verification": ELSEWHERE,
        "address_change": ELSEWHERE,
        "message_id": PLUMBING,
        "attempts": PLUMBING,
        "due_at": PLUMBING,
        "give_up_at": PLUMBING,
        "claim": PLUMBING,
        "claimed_until": PLUMBING,
    },
    {
        "e-mail": lambda message, _: mail_label(message),
        "adresse": recipient,
        "état": lambda message, _: mail_state(message),
        "réponse du serveur de courrier": answer,
    },
)
TEMPORARY_PASSWORDS = Part(
    TemporaryPassword,
    "mots de passe provisoires",
    "Les mots de passe provisoires",
    "L'adresse et les dates. Le mot de passe est transformé : le portail ne peut pas le relire.",
    span(temporary_password.LIFETIME),
    of_account(TemporaryPassword),
    {"sent_to": "envoyé à", "created_at": "date", "expires_at": "valable jusqu'au", "used_at": "utilisé le"},
    {"account": YOURSELF, "request": ELSEWHERE, "digest": SECRET},
)
PAPER_CODES = Part(
    PaperCode,
    "courriers avec un code",
    "Les courriers avec un code",
    "La date du courrier et celle de son utilisation. Le code est transformé : le portail ne peut pas le relire.",
    f"{span(paper_code.LIFETIME)} ; {span(retention.JOB_FILES_KEPT)} pour le fichier à imprimer",
    of_tenant(PaperCode),
    {
        "printed_by": "imprimé par",
        "created_at": "date",
        "expires_at": "valable jusqu'au",
        "used_at": "utilisé le",
    },
    {"tenant": YOURSELF, "digest": SECRET},
)
SESSIONS = Part(
    TenantSession,
    "connexions en cours",
    "Vos connexions en cours",
    "Pour chaque appareil connecté à votre compte : l'heure, son adresse IP et le nom de son navigateur.",
    f"une connexion dure {span(TenantSession.LONGEST)} au plus",
    of_account(TenantSession),
    {
        "device": "navigateur",
        "network_address": "adresse IP",
        "created_at": "connecté le",
        "last_seen_at": "vu le",
        "must_choose": "doit choisir un mot de passe",
    },
    {
        "account": YOURSELF,
        "token_digest": SECRET,
        "form_digest": SECRET,
        "also_proved": "un autre compte, qui a sa propre copie",
    },
    {"peut passer à un autre compte": lambda session, _: session.also_proved_id is not None},
)
JOURNAL = Part(
    JournalEntry,
    "journal des accès",
    "Le journal des accès",
    "La date, l'adresse IP, le nom du navigateur et ce qui s'est passé : connexion, essai refusé, mot de "
    "passe changé, e-mail. "
    "Quand un agent ouvre ou change votre dossier : la date. "
    "Quand il bloque votre accès, ou fait une copie de vos données : la raison aussi.",
    span(retention.JOURNAL_KEPT),
    journal,
    {
        "at": "date",
        "event": "quoi",
        "detail": "précision",
        "network_address": "adresse IP",
        "agent": "par",
    },
    {"tenant": YOURSELF, "subject": SECRET},
    {
        "quoi": lambda entry, _: event_label(entry),
        "précision": lambda entry, _: detail_of(entry),
        "adresse IP": lambda entry, person: person.own_network_address(entry),
    },
)
