"""The office's own words for what the store says: events, outcomes, mails, states."""

import re

from flask import Flask

from ophportal.formatting import typography
from ophportal.models import Event, Job, JobState, JournalEntry, MailState, OutboxMessage, Outcome, Role
from ophportal.models.access_state import AccessState

EVENTS = {
    Event.REQUEST: "Demande de code",
    Event.REQUEST_SETTLED: "Demande de code traitée",
    Event.REQUEST_THROTTLED: "Demande de code refusée : trop d'essais",
    Event.LOGIN: "Connexion",
    Event.PASSWORD_PROVED: "Mot de passe vérifié avant un changement",
    Event.LOGIN_FAILED: "Essai de connexion refusé",
    Event.LOGIN_THROTTLED: "Essai de connexion refusé : trop d'essais",
    Event.LOGOUT: "Déconnexion",
    Event.ACCOUNT_SWITCHED: "Connexion depuis un autre compte de la même personne",
    Event.SESSIONS_ENDED: "Appareils déconnectés",
    Event.PASSWORD_CHANGED: "Mot de passe changé",
    Event.PHONE_CHANGED: "Téléphone changé",
    Event.EMAIL_ASKED: "Changement d'adresse e-mail demandé",
    Event.EMAIL_UNDONE: "Changement d'adresse e-mail annulé",
    Event.MAIL_SENT: "E-mail parti",
    Event.MAIL_FAILED: "E-mail non distribué",
    Event.CONSENT_GIVEN: "Accord donné : quittances sur internet",
    Event.CONSENT_WITHDRAWN: "Accord retiré : quittances sur internet",
    Event.RECORD_VIEWED: "Dossier consulté",
    Event.CODE_ASKED: "Code envoyé à la demande de l'office",
    Event.EMAIL_CHANGED: "Adresse e-mail changée",
    Event.BLOCKED: "Accès bloqué",
    Event.UNBLOCKED: "Accès débloqué",
    Event.VERIFICATION_APPROVED: "Demande vérifiée et acceptée",
    Event.VERIFICATION_REFUSED: "Demande vérifiée et refusée",
    Event.LETTER_PRINTED: "Courrier avec un code imprimé",
    Event.LETTER_DOWNLOADED: "Courrier avec un code téléchargé",
    Event.LETTER_USED: "Code du courrier utilisé",
    Event.DATA_EXPORTED: "Copie de ses données téléchargée",
    Event.DATA_HANDED_OVER: "Copie de ses données faite par l'office",
    Event.IMPORT_CONFIRMED: "Import confirmé",
    Event.IMPORT_DROPPED: "Import abandonné",
    Event.IMPORT_REJECTS_DOWNLOADED: "Refus d'un import téléchargés",
    Event.IMPORTED: "Fichier importé",
    Event.CONTACT_DETAILS_DOWNLOADED: "Coordonnées à reporter dans l'ERP téléchargées",
    Event.CONSENTS_DOWNLOADED: "Liste des accords pour les quittances sur internet téléchargée",
    Event.DOCUMENT_WITHDRAWN: "Document retiré",
    Event.TENANTS_FORGOTTEN: "Locataires effacés",
    Event.EVERYTHING_VOIDED: "Tous les mots de passe oubliés, après une fuite",
    Event.AGENT_INVITED: "Agent invité",
    Event.AGENT_ACTIVATED: "Agent : première connexion",
    Event.AGENT_DISABLED: "Agent désactivé",
    Event.AGENT_ENABLED: "Agent réactivé",
    Event.RECOVERY_CODES_RENEWED: "Agent : nouveaux codes de secours",
    Event.ACCESS_REFUSED: "Page refusée à un agent",
}
OUTCOMES = {
    Outcome.PENDING: "en cours",
    Outcome.CREDENTIALS_SENT: "code envoyé",
    Outcome.OTHER_ADDRESS: "à vérifier : autre adresse e-mail au dossier",
    Outcome.NO_ADDRESS: "à vérifier : pas d'adresse e-mail au dossier",
    Outcome.NO_MATCH: "ne correspond pas, l'adresse est connue",
    Outcome.UNKNOWN: "rien ne correspond",
    Outcome.TOO_MANY: "trop de demandes en une heure, rien de plus n'est envoyé",
    Outcome.BLOCKED: "accès bloqué",
}
MAILS = {
    "credentials": "Code d'accès et mot de passe",
    "other_address": "Demande avec une autre adresse",
    "no_match": "Demande qui ne correspond pas",
    "access_blocked": "Accès bloqué",
    "email_changed": "Adresse e-mail changée",
    "confirm_address": "Adresse e-mail à confirmer",
    "change_undone": "Changement d'adresse e-mail annulé",
    "request_refused": "Demande refusée",
    "password_changed": "Mot de passe changé",
    "phone_changed": "Téléphone changé",
    "new_device": "Connexion depuis un nouvel appareil",
    "data_handed_over": "Copie de ses données faite par l'office",
    "agent_entered": "Agent : première connexion",
    "agent_password": "Agent : mot de passe changé",
    "agent_codes": "Agent : nouveaux codes de secours",
    "agent_device": "Agent : connexion depuis un nouvel appareil",
    "agent_recovered": "Agent : un code de secours a servi",
}
MAIL_STATES = {
    MailState.SENT: "parti",
    MailState.NOTHING_TO_SEND: "devenu inutile",
    MailState.REFUSED: "refusé par le serveur de courrier",
    MailState.GIVEN_UP: "abandonné après 24 heures",
}
# The meaning of a mail server's refusal, by the subject and detail of its status (RFC 3463), or by the subject.
FAULTS = {
    "1": "le serveur du destinataire refuse cette adresse",
    "1.1": "cette adresse n'existe pas",
    "1.2": "le domaine de cette adresse n'existe pas",
    "1.3": "cette adresse est mal écrite",
    "1.6": "cette adresse n'existe plus",
    "1.7": "l'adresse de l'office est refusée",
    "1.8": "l'adresse de l'office est refusée",
    "1.10": "le domaine de cette adresse ne reçoit pas d'e-mails",  # RFC 7505
    "2": "sa boîte ne reçoit rien",
    "2.1": "boîte fermée",
    "2.2": "boîte pleine",
    "3": "le serveur du destinataire ne le prend pas",
    "4": "le serveur du destinataire n'est pas joignable",
    "6": "le contenu de l'e-mail est refusé",
    "7": "refusé par sécurité",
}
# Where there is no status: by the command that was refused, and « 552 », said of a full mailbox (RFC 5321, 4.2.3).
FAULTS_OF_COMMANDS = {
    "SMTPRecipientsRefused": FAULTS["1"],
    "SMTPSenderRefused": FAULTS["1.8"],
}
NOT_RECOGNISED = "le portail n'est pas reconnu de son serveur de courrier"
REPLY = re.compile(r"(?P<command>SMTP\w+) (?P<reply>(?P<code>[245]\d\d)(?: [245]\.(?P<status>\d{1,3}\.\d{1,3})\b)?.*)")
# In the plural, for a chart.
MAIL_STATES_COUNTED = {
    MailState.WAITING: "en attente",
    MailState.SENT: "partis",
    MailState.NOTHING_TO_SEND: "devenus inutiles",
    MailState.REFUSED: "refusés par le serveur",
    MailState.GIVEN_UP: "abandonnés après 24 heures",
}
ACCESS = {
    AccessState.ENDED: "Bail terminé",
    AccessState.TO_COME: "Bail à venir",
    AccessState.BLOCKED: "Bloqué",
    AccessState.NEVER: "Jamais activé",
    AccessState.TO_CHOOSE: "Sans mot de passe",
    AccessState.TO_LEAVE: "Mot de passe provisoire en attente",
    AccessState.NOT_SENT: "Mot de passe provisoire non envoyé",
    AccessState.SENT: "Mot de passe provisoire envoyé",
    AccessState.ACTIVE: "Actif",
}
JOB_STATES = {
    JobState.ARRIVING: "envoi interrompu",
    JobState.WAITING: "lecture en cours",
    JobState.TO_CONFIRM: "à confirmer",
    JobState.CONFIRMED: "écriture en cours",
    JobState.DONE: "fait",
    JobState.REFUSED: "refusé",
    JobState.FAILED: "interrompu par une panne",
    JobState.DROPPED: "abandonné",
}
ROLES = {Role.AGENT: "Agent", Role.MANAGER: "Responsable"}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        event_label=event_label,
        detail_of=detail_of,
        mail_label=mail_label,
        mail_state=mail_state,
        mail_fault=mail_fault,
        access_label=lambda state: ACCESS[AccessState(state)],
        job_state=job_state,
        role_label=lambda role: ROLES[Role(role)],
    )


def mail_label(message: OutboxMessage) -> str:
    """The mail in words; while its request is not settled, that it answers one."""
    return MAILS[message.mail] if message.mail else "Réponse à une demande de code"


def mail_state(message: OutboxMessage) -> str:
    """The state of a mail in words; while it waits, whether it has been tried."""
    if message.state == MailState.WAITING:
        return "nouvel essai prévu" if message.last_error else "en attente"
    return MAIL_STATES[MailState(message.state)]


def mail_fault(message: OutboxMessage) -> tuple[str, str]:
    """Why a mail has not left, in French, and the server's own reply; no reply where none came."""
    kept = str(message.last_error)
    said = REPLY.fullmatch(kept)
    return (meaning_of(said), said["reply"]) if said else (kept, "")


def meaning_of(said: re.Match[str]) -> str:
    if said["command"] == "SMTPAuthenticationError":
        return NOT_RECOGNISED
    status = said["status"] or ("2.2" if said["code"] == "552" else "")
    for known in (status, status.partition(".")[0]):
        if known in FAULTS:
            return FAULTS[known]
    if said["code"].startswith("4"):
        return "le serveur de courrier ne le prend pas pour le moment"
    return FAULTS_OF_COMMANDS.get(said["command"], "le serveur de courrier le refuse")


def job_state(job: Job) -> str:
    return JOB_STATES[JobState(job.state)]


def outcome_label(outcome: str) -> str:
    return typography(OUTCOMES[Outcome(outcome)])


def event_label(entry: JournalEntry) -> str:
    return typography(EVENTS[Event(entry.event)])


def detail_of(entry: JournalEntry) -> str:
    """An entry's detail as agents read it: outcomes and mails in words, a device or a reason as stored."""
    match entry.event:
        case Event.REQUEST_SETTLED:
            return outcome_label(entry.detail)
        case Event.MAIL_SENT | Event.MAIL_FAILED:
            mail, _, code = str(entry.detail).partition(" ")
            return " ".join(filter(None, [MAILS.get(mail, ""), code]))
    return str(entry.detail)
