"""The certificates of the servers that the portal, or a tenant's browser, has to trust."""

import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any

from ophportal.checks import Level

# Let's Encrypt's are renewed a month before their end: at two weeks something has stopped.
SOON = 14
# OpenSSL's verification errors (x509_vfy.h).
REASONS = {
    9: "il n'est pas encore valable (l'horloge de cette machine est-elle à l'heure ?)",
    10: "il a expiré : renouvelez-le",
    18: "il est signé par lui-même, et n'est connu de personne",
    19: "son autorité n'est pas connue de cette machine",
    20: "son autorité n'est pas connue de cette machine, ou le serveur n'envoie pas la chaîne entière",
    62: "il est fait pour un autre nom",
}


def validity(certificate: Mapping[str, Any]) -> tuple[Level, str]:
    """How long a certificate that has been accepted is still good."""
    days = int((ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) // 86400)
    if days < SOON:
        return Level.WARNING, f"son certificat expire dans moins de {days + 1} jours : renouvelez-le"
    return Level.OK, f"certificat valable encore {days} jours"


def trouble_with(error: OSError) -> str:
    """Why a server cannot be talked to, in French."""
    match error:
        case ssl.SSLCertVerificationError():
            reason = REASONS.get(error.verify_code, f"raison {error.verify_code} d'OpenSSL")
            return f"son certificat est refusé : {reason}"
        case ssl.SSLError():
            return "la connexion chiffrée (TLS) n'aboutit pas"
        case socket.gaierror():
            return "ce nom n'a pas d'adresse dans le DNS"
        case TimeoutError():
            return "aucune réponse dans le délai : un pare-feu, peut-être"
        case ConnectionRefusedError():
            return "rien n'écoute sur ce port"
    return f"la connexion échoue ({type(error).__name__})"
