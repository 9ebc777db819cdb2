"""What a tenant sees once inside: a file a page, all behind the room's door."""

from ophportal.account import address_links, contact_details, documents, home, operations, security
from ophportal.account.room import account

__all__ = ["account", "address_links", "contact_details", "documents", "home", "operations", "security"]
