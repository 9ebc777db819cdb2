"""The certificates of the servers that the portal, or a tenant's browser, has to trust."""

import ssl
import time
from collections.abc import Mapping
from typing import Any

from ophportal.checks import Level

# Let's Encrypt's are renewed a month before their end: at two weeks something has stopped.
SOON = 14


def validity(certificate: Mapping[str, Any]) -> tuple[Level, str]:
    """How long a certificate that has been accepted is still good."""
    days = int((ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()) // 86400)
    if days < SOON:
        when = f"dans moins de {days + 1} jours" if days else "aujourd'hui ou demain"
        return Level.WARNING, f"son certificat expire {when} : renouvelez-le"
    return Level.OK, f"certificat valable encore {days} jours"
