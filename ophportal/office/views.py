"""The pages of the console, gathered: importing them puts them into the room."""

from ophportal.office import agents, carrying, dashboard, imports, letters, tenants, verifications
from ophportal.office.entry import entry
from ophportal.office.room import office

ROOMS = (entry, office)
PAGES = (agents, carrying, dashboard, imports, letters, tenants, verifications)
