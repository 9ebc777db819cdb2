"""A tenant's record in the console, and what an agent does on it."""

from ophportal.models import JournalEntry
from tests.page import Page


def record(console, tenant):
    return Page(console.get(f"/agents/locataires/{tenant.id}"))


def path(tenant, verb):
    return f"/agents/locataires/{tenant.id}/{verb}"


def events_of(agent):
    return [entry.event for entry in JournalEntry.select().where(JournalEntry.agent == agent).order_by(JournalEntry.id)]
