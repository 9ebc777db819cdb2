"""What a tenant sees once inside: a file a page, all behind the room's door."""

from ophportal.account import contact_details, home, operations, security
from ophportal.account.address_links import links
from ophportal.account.room import account

__all__ = ["account", "contact_details", "home", "links", "operations", "security"]
