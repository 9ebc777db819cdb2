"""Lines of a tenant file, and what stands in the store."""

from ophportal.models import TABLES
from tests.stores import rows_of

HEADERS = {
    "number": "N° locataire",
    "civility": "Civilité",
    "last_name": "Nom",
    "first_names": "Prénoms",
    "birth_name": "Nom de naissance",
    "email": "Adresse e-mail",
    "phone": "Téléphone",
    "reference": "Réf. logement",
    "address": "Adresse",
    "postal_code": "CP",
    "city": "Commune",
    "kind": "Type",
    "starts_on": "Date d’entrée",
    "ends_on": "Date de sortie",
}
MARIA = {
    "number": "0012345",
    "civility": "Mme",
    "last_name": "D'ANGELO-PAOLI",
    "first_names": "Maria Stella",
    "birth_name": "LÉCA",
    "email": "maria@exemple.test",
    "phone": "04 65 71 12 34",
    "reference": "0123-04-056",
    "address": "12 rue des Lilas",
    "postal_code": "20090",
    "city": "Ajaccio",
    "kind": "T3",
    "starts_on": "01/02/2020",
    "ends_on": "",
}
PAUL = MARIA | {
    "number": "0067890",
    "civility": "M.",
    "last_name": "ROSSI",
    "first_names": "Paul",
    "birth_name": "",
    "email": "paul@exemple.test",
    "reference": "0123-04-057",
}


def rows_on_file():
    return {table.__name__: rows_of(table) for table in TABLES}


def counts(count):
    return (count.created, count.updated, count.unchanged)
