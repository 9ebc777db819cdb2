"""A dwelling (logement) of the office."""

from peewee import TextField

from ophportal.database import BaseModel


class Dwelling(BaseModel):
    """One dwelling, known by the reference that the avis d'échéance prints."""

    reference = TextField()
    reference_key = TextField(unique=True)
    address = TextField(default="")
    postal_code = TextField(default="")
    city = TextField(default="")
    kind = TextField(default="")  # « T3 », « Garage »…

    @property
    def full_address(self) -> str:
        """« 12 rue des Lilas, 20090 Ajaccio »."""
        return ", ".join(filter(None, (self.address, f"{self.postal_code} {self.city}".strip())))
