"""The demo's contacts: for each residence its gardien or gardienne, for all of them an astreinte and an agency.

The telephone numbers are in ranges that the ARCEP keeps for fiction (decision 2018-0881).
"""

from pathlib import Path

from ophportal import csv_output
from ophportal.demo.households import ODD_RESIDENCE, RESIDENCES
from ophportal.imports import runs
from ophportal.imports.contacts import import_contacts
from ophportal.models import BuildingContact

HEADERS = ("Référence (début)", "Rôle", "Nom", "Téléphone", "E-mail", "Horaires")
MORNINGS = "Du lundi au vendredi, de 8 h à 12 h"
AFTERNOONS = "Du lundi au vendredi, de 14 h à 17 h"
KEEPERS = ("Pivert LAMPION", "Sarcelle FUSAIN", "Loriot TISON", "Perdrix BALLAST", "Milan SILEX", "Grive FALAISE")
OFFICE_WIDE = (
    ("", "Astreinte", "", "04 65 71 00 09", "", "La nuit, le week-end et les jours fériés : eau, gaz, ascenseur"),
    ("", "Agence", "Accueil des locataires", "04 65 71 00 00", "agence@office.exemple.test", MORNINGS),
)


def lines() -> list[tuple[str, ...]]:
    """Every line of the file, in its order."""
    keepers = [
        (residence.code, "Gardien", name, f"06 39 98 02 {place:02d}", "", MORNINGS if place % 2 else AFTERNOONS)
        for place, (residence, name) in enumerate(zip(RESIDENCES, KEEPERS, strict=True))
    ]
    # One building of a residence that has a keeper of its own, and people who see to more than one.
    own = ("0101-05", "Gardien", "Huppe GRANIT", "06 39 98 02 50", "", MORNINGS)
    managers = [
        ("01", "Chargée de secteur", "Alizée BRISANT", "04 65 71 00 11", "secteur.ville@office.exemple.test", ""),
        ("02", "Chargé de secteur", "Mistral GALET", "04 65 71 00 12", "secteur.nord@office.exemple.test", ""),
        (ODD_RESIDENCE.code, "Gardien", "Geai CORNICHE", "06 39 98 02 60", "", MORNINGS),
    ]
    return [*keepers, own, *managers, *OFFICE_WIDE]


def import_file(path: Path) -> None:
    """Write the file and put its contacts on file, unless there are some."""
    if BuildingContact.select().exists():
        return
    csv_output.write_file(path, HEADERS, lines())
    runs.note(runs.CONTACTS, path.name, import_contacts(path))
