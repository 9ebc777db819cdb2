"""Whom the tenants of a building call: the gardien, the astreinte, the chargé de secteur…"""

from typing import Self

from peewee import IntegerField, TextField

from ophportal.database import BaseModel
from ophportal.models.dwelling import Dwelling
from ophportal.models.keys import name_key, reference_start


class BuildingContact(BaseModel):
    """For the dwellings whose reference begins with `start`; an empty one is for the whole office.

    `start` is as `keys.reference_start` gives it, `place` the contact's line in the office's file.
    """

    start = TextField(default="", index=True)
    role = TextField()  # « Gardien », « Astreinte »…
    name = TextField(default="")
    phone = TextField(default="")
    email = TextField(default="")
    hours = TextField(default="")
    place = IntegerField()

    @classmethod
    def of(cls, dwelling: Dwelling) -> list[Self]:
        """The dwelling's contacts, the nearest first; of a role, those of the longest start alone."""
        reference = reference_start(dwelling.reference)
        starts = [reference[:length] for length in range(len(reference) + 1)]
        found = sorted(
            cls.select().where(cls.start.in_(starts)), key=lambda contact: (-len(contact.start), contact.place)
        )
        nearest: dict[str, str] = {}
        for contact in found:
            nearest.setdefault(name_key(contact.role), contact.start)
        return [contact for contact in found if contact.start == nearest[name_key(contact.role)]]
