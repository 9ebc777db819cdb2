"""What a tenant sees once inside: a file a page, all behind the room's door; and the links of mails, before it."""

from ophportal.account import (  # noqa: F401 - importing the pages puts them into the room
    accounts,
    consent,
    contact_details,
    documents,
    dwelling,
    home,
    operations,
    own_data,
    papers,
    security,
)
from ophportal.account.address_links import links
from ophportal.account.room import account

ROOMS = (account, links)
