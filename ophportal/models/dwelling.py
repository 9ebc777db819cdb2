"""A dwelling (logement) of the office."""

import re

from peewee import TextField

from ophportal.database import BaseModel
from ophportal.models.keys import name_words

# « T3 », « T1bis », « F4 duplex », « Type 2 »: how many main rooms, and what an ERP adds to it.
SIZE = r"(?i)\s*(?:[TF]|Type)\s?(?P<rooms>\d)(?!\d).*"
# How a kind begins where nobody lives, and what it is in a sentence.
ANNEXES = {
    "garage": "le garage",
    "box": "le box",
    "parking": "le parking",
    "stationnement": "la place de stationnement",
    "place": "la place de stationnement",
    "emplacement": "la place de stationnement",
    "cave": "la cave",
}


class Dwelling(BaseModel):
    """One dwelling, known by the reference that the avis d'échéance prints."""

    reference = TextField()
    reference_key = TextField(unique=True)
    address = TextField(default="")
    postal_code = TextField(default="")
    city = TextField(default="")
    kind = TextField(default="")  # « T3 », « Garage »…

    @property
    def rooms(self) -> int | None:
        """The number of main rooms that its kind tells; None where it tells none, as for a garage."""
        found = re.fullmatch(SIZE, self.kind)
        return int(found["rooms"]) if found else None

    @property
    def kind_in_words(self) -> str:
        """« Logement T3 », « Garage »: what tells a flat from what goes with one."""
        return f"Logement {self.kind}".strip() if self.rooms is not None or not self.kind else self.kind

    @property
    def annex_in_words(self) -> str:
        """« le garage », « la cave »: what goes with a flat; empty for what people live in, « T3 avec garage » too."""
        return ANNEXES.get(next(iter(name_words(self.kind)), ""), "")

    @property
    def in_short(self) -> str:
        """« Logement T3, 12 rue des Lilas, Ajaccio »; the reference where no address is on file."""
        return ", ".join(filter(None, (self.kind_in_words, self.address or self.reference, self.city)))

    @property
    def full_address(self) -> str:
        """« 12 rue des Lilas, 20090 Ajaccio »."""
        return ", ".join(filter(None, (self.address, f"{self.postal_code} {self.city}".strip())))
