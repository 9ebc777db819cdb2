"""The demo's tenant file: about two hundred invented households, as an ERP would export them.

The names are trees with the colour of a stone or a bird's name, the streets lie in no town, the e-mail
addresses are under `.test` (RFC 6761) and the telephone numbers in ranges that the ARCEP keeps for fiction
(decision 2018-0881). The same people at each call: nobody's dossier changes from one demo to the next, but for the
days on which one has just come and another just left.
"""

from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from ophportal import clock, csv_output
from ophportal.clock import months_before
from ophportal.formatting import short_date
from ophportal.models.keys import name_words

HEADERS = (
    "N° locataire", "Civilité", "Nom", "Nom de naissance", "Prénoms", "Email", "Téléphone", "Réf. logement",
    "Adresse", "Code postal", "Commune", "Type", "Date d'entrée", "Date de sortie",
)  # fmt: skip

ORDINARY = 186  # households, beside the awkward ones
FIRST_NUMBER = 200_000

FAMILY_NAMES = (
    "ALISIER", "ARBOUSIER", "AUBÉPINE", "BOULEAU", "BRUYÈRE", "CÉDRAT", "CÈDRE", "CHARME", "CHÂTAIGNIER", "CHÊNE",
    "CHÈVREFEUILLE", "CISTE", "CORNOUILLER", "CYPRÈS", "ÉGLANTIER", "ÉRABLE", "FENOUIL", "FIGUIER", "FRÊNE", "FUSAIN",
    "GENÊT", "GENÉVRIER", "GRENADIER", "HÊTRE", "IMMORTELLE", "LAURIER", "LAVANDE", "LENTISQUE", "MARJOLAINE", "MÉLÈZE",
    "MIMOSA", "MÛRIER", "MYRTE", "NOISETIER", "PEUPLIER", "ROMARIN", "SAULE", "SUREAU", "THUYA", "TILLEUL",
)  # fmt: skip
FIRST_NAMES = (
    "Agate", "Alouette", "Amande", "Ambre", "Anis", "Aquarelle", "Azur", "Bleuet", "Bronze", "Cannelle",
    "Carmin", "Céladon", "Cerise", "Cobalt", "Corail", "Coriandre", "Craie", "Cuivre", "Ébène", "Écume",
    "Émeraude", "Fauvette", "Garance", "Grenat", "Indigo", "Ivoire", "Jade", "Lilas", "Mésange", "Nacre",
    "Ocre", "Onyx", "Opale", "Pastel", "Pervenche", "Safran", "Saphir", "Sépia", "Topaze", "Turquoise",
)  # fmt: skip
DWELLING_KINDS = ("T1", "T2", "T2", "T3", "T3", "T3", "T4", "T4", "T5")


class Residence(NamedTuple):
    code: str
    street: str
    postal_code: str
    city: str


RESIDENCES = (
    Residence("0101", "rue du Merle-Matinal", "20000", "Ajaccio"),
    Residence("0102", "allée des Trois-Lézards", "20090", "Ajaccio"),
    Residence("0107", "chemin de la Huppe-Inquiète", "20090", "Ajaccio"),
    Residence("0115", "avenue de la Lune-Rousse", "20000", "Ajaccio"),
    Residence("0203", "impasse du Renard-Lettré", "20167", "Alata"),
    Residence("0211", "place de l'Âne-Philosophe", "20167", "Sarrola-Carcopino"),
)
ODD_RESIDENCE = Residence("0100", "rue des Cas-Particuliers", "20090", "Ajaccio")


class Home(NamedTuple):
    """A dwelling, its columns in the file's order."""

    reference: str
    address: str
    postal_code: str
    city: str
    kind: str


class Line(NamedTuple):
    """A line of the file: one tenant in one dwelling."""

    number: str
    civility: str
    last_name: str
    birth_name: str
    first_names: str
    email: str
    phone: str
    home: Home
    starts_on: str = "01/03/2012"
    ends_on: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line's texts, in the order of `HEADERS`."""
        *person, home, starts_on, ends_on = self
        return (*person, *home, starts_on, ends_on)


def home(residence: Residence, building: int, flat: int, kind: str) -> Home:
    reference = f"{residence.code}-{building:02d}-{flat:03d}"
    return Home(reference, f"{2 * building} {residence.street}", residence.postal_code, residence.city, kind)


def odd_home(flat: int, kind: str = "T3") -> Home:
    return home(ODD_RESIDENCE, 1, flat, kind)


# The guests of the demo (office.py), and the second lease of one of them.
LAURIER = Line(
    "204817", "Mme", "LAURIER", "", "Olive", "olive.laurier@exemple.test", "06 39 98 04 17",
    home(RESIDENCES[0], 5, 4, "T3"),
)  # fmt: skip
D_ANGELO_PAOLI = Line(
    "0012345", "Mme", "D'ANGELO-PAOLI", "", "Maria Stella", "maria.stella@exemple.test", "06 39 98 12 34", odd_home(1)
)
FIGUIER = Line("204990", "M.", "FIGUIER", "", "Corail", "corail@exemple.test", "06 39 98 49 90", odd_home(2, "T4"))
FIGUIER_GARAGE = FIGUIER._replace(home=odd_home(902, "Garage"), starts_on="01/09/2018")
VIOLETTE_PRUNIER = Line(
    "205005", "Mme", "PRUNIER", "", "Violette", "les.pruniers@exemple.test", "04 65 71 50 05", odd_home(7)
)
NARCISSE_PRUNIER = Line(
    "205006", "M.", "PRUNIER", "", "Narcisse", "les.pruniers@exemple.test", "06 39 98 50 06", odd_home(8, "T1")
)
GUESTS = (LAURIER, D_ANGELO_PAOLI, FIGUIER, VIOLETTE_PRUNIER, NARCISSE_PRUNIER)

SORBIER = Line("205004", "Mme", "SORBIER", "AULNE", "Capucine", "capucine@exemple.test", "06 39 98 50 04", odd_home(6))
HOUX = Line("L205010", "Mme", "HOUX", "", "Vermeille", "vermeille@exemple.test", "06 39 98 50 10", odd_home(11))
NEFLIER = Line(
    "205015", "Mme", "NÉFLIER", "", "Prairie", "prairie.neflier@exemple.test", "06 39 98 50 15", odd_home(16, "T2")
)
BUIS = Line(
    "205009", "M.", "BUIS", "", "Gris", "gris.buis@exemple.test", "06 39 98 50 09", odd_home(10),
    starts_on="01/02/2009", ends_on="31/05/2019",
)  # fmt: skip

# What real files hold and clean ones do not; each line says what is odd about it.
AWKWARD = (
    LAURIER,
    D_ANGELO_PAOLI,  # an apostrophe, a hyphen, two first names, zeros in front of the number
    FIGUIER,  # two leases…
    FIGUIER_GARAGE,  # … and this is the second
    # Lower case, two spaces inside the name.
    Line("205001", "M.", "ben  amar", "", "Jasmin", "jasmin.benamar@exemple.test", "06 39 98 50 01", odd_home(3)),
    # A curly apostrophe.
    Line("205002", "Mme", "Colonna d’Istria", "", "Bruyère", "bruyere@exemple.test", "04 65 71 50 02", odd_home(4)),
    # Birth and married names in one cell; then in two columns.
    Line("205003", "Mme", "PAOLI née MARTIN", "", "Églantine", "eglantine@exemple.test", "04 65 71 50 03", odd_home(5)),
    SORBIER,
    # Two tenants, two dwellings, one e-mail address.
    VIOLETTE_PRUNIER,
    NARCISSE_PRUNIER,
    # Two tenants of one dwelling.
    Line("205007", "M.", "COUDRIER", "", "Cobalt", "cobalt.coudrier@exemple.test", "06 39 98 50 07", odd_home(9)),
    Line("205008", "Mme", "OSIER", "", "Prune", "prune.osier@exemple.test", "06 39 98 50 08", odd_home(9)),
    BUIS,  # the lease has ended: no access any more
    # Numbers written with a letter or zeros in front.
    HOUX,
    Line("L 00731", "M.", "LIERRE", "", "Argent", "argent.lierre@exemple.test", "06 39 98 50 11", odd_home(12)),
    # No e-mail address, and no telephone.
    Line("205012", "Mme", "GENTIANE", "", "Perle", "", "", odd_home(13, "T2")),
    # Accents and ligatures.
    Line("205013", "Mme", "CŒURDORÉ", "", "Lætitia Maÿ", "coeurdore@exemple.test", "06 39 98 50 13", odd_home(14)),
    Line("205014", "M.", "ÇÀ-ET-LÀ", "", "Noël Îlien", "noel.ilien@exemple.test", "06 39 98 50 14", odd_home(15)),
)


def newcomer() -> Line:
    """Whose lease began on a fifteenth, five months ago."""
    return NEFLIER._replace(starts_on=short_date(months_before(clock.today(), 5).replace(day=15)))


def leaver() -> Line:
    """Whose lease ended four months ago, with the month."""
    ends_on = months_before(clock.today(), 3) - timedelta(days=1)
    return Line(
        "205016", "M.", "PLATANE", "", "Roux", "roux.platane@exemple.test", "06 39 98 50 16", odd_home(17),
        ends_on=short_date(ends_on),
    )  # fmt: skip


def day_of(cell: str) -> date:
    day, month, year = cell.split("/")
    return date(int(year), int(month), int(day))


def lines() -> list[Line]:
    """Every line of the file, in the order of the dwellings."""
    return sorted([*AWKWARD, newcomer(), leaver(), *ordinary_lines()], key=lambda line: line.home.reference)


def ordinary_lines() -> list[Line]:
    """One household a line, always the same."""
    dice = Random("ophportal")  # noqa: S311 - invented people, no secret
    taken = {(line.last_name, line.first_names) for line in AWKWARD}
    people = [(last, first) for last in FAMILY_NAMES for first in FIRST_NAMES if (last, first) not in taken]
    numbers = dice.sample(range(FIRST_NUMBER, FIRST_NUMBER + 4000), ORDINARY)
    chosen = dice.sample(people, ORDINARY)
    return [
        ordinary_line(dice, place, str(number), *person)
        for place, (number, person) in enumerate(zip(numbers, chosen, strict=True))
    ]


def ordinary_line(dice: Random, place: int, number: str, last_name: str, first_name: str) -> Line:
    floor, residence = divmod(place, len(RESIDENCES))
    building, flat = divmod(floor, 8)
    civility = dice.choice(("M.", "Mme"))
    other_name = dice.choice([name for name in FAMILY_NAMES if name != last_name])
    second_name = dice.choice([name for name in FIRST_NAMES if name != first_name])
    return Line(
        number=number,
        civility=civility,
        last_name=last_name,
        birth_name=other_name if civility == "Mme" and dice.random() < 0.2 else "",
        first_names=f"{first_name} {second_name}" if dice.random() < 0.25 else first_name,
        email="" if dice.random() < 0.06 else email_of(first_name, last_name),
        phone=f"{dice.choice(('04 65 71', '06 39 98'))} {dice.randrange(100):02d} {dice.randrange(100):02d}",
        home=home(RESIDENCES[residence], building + 1, flat + 1, dice.choice(DWELLING_KINDS)),
        starts_on=f"{dice.choice((1, 1, 1, 15)):02d}/{dice.randint(1, 12):02d}/{dice.randint(1986, 2024)}",
    )


def email_of(first_name: str, last_name: str) -> str:
    """« Émeraude » « HÊTRE » gives `emeraude.hetre@exemple.test`."""
    return ".".join(name_words(f"{first_name} {last_name}")) + "@exemple.test"


def write_file(path: Path) -> None:
    csv_output.write_file(path, HEADERS, (line.cells() for line in lines()))
