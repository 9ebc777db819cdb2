"""What a tenant sees once inside: a file a page, all behind the room's door; and the links of mails, before it."""

from ophportal.account import (
    contact_details,
    documents,
    dwelling,
    home,
    operations,
    own_data,
    security,
)
from ophportal.account.address_links import links
from ophportal.account.room import account

__all__ = [
    "account",
    "contact_details",
    "documents",
    "dwelling",
    "home",
    "links",
    "operations",
    "own_data",
    "security",
]
