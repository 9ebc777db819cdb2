"""A dwelling (logement) of the office."""

import re

from peewee import TextField

from ophportal.database import BaseModel

# « T3 », « T3 bis », « F4 », « Type 2 », and « T1' » for a one-and-a-half-room flat.
SIZE = r"(?i)(?:[TF]|Type )\s?\d\W?(?: ?bis| duplex)?"


class Dwelling(BaseModel):
    """One dwelling, known by the reference that the avis d'échéance prints."""

    reference = TextField()
    reference_key = TextField(unique=True)
    address = TextField(default="")
    postal_code = TextField(default="")
    city = TextField(default="")
    kind = TextField(default="")  # « T3 », « Garage »…

    @property
    def kind_in_words(self) -> str:
        """« Logement T3 », « Garage »: what tells a flat from what goes with one."""
        return f"Logement {self.kind}".strip() if re.fullmatch(SIZE, self.kind) or not self.kind else self.kind

    @property
    def in_short(self) -> str:
        """« Logement T3, 12 rue des Lilas, Ajaccio »; the reference where no address is on file."""
        return ", ".join(filter(None, (self.kind_in_words, self.address or self.reference, self.city)))

    @property
    def full_address(self) -> str:
        """« 12 rue des Lilas, 20090 Ajaccio »."""
        return ", ".join(filter(None, (self.address, f"{self.postal_code} {self.city}".strip())))
