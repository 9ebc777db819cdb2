"""The console: its entry, and a file a page behind the room's door."""

from ophportal.office import (  # noqa: F401 - importing the pages puts them into the room
    agents,
    carrying,
    dashboard,
    imports,
    letters,
    own_data,
    tenants,
    verifications,
)
from ophportal.office.entry import entry
from ophportal.office.room import office

ROOMS = (entry, office)
