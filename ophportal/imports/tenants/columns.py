"""The tenant file's columns, and how one of its lines is read."""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

from ophportal.imports.files import cells
from ophportal.imports.files.columns import Column, Source, first_filled, places_under, values_of
from ophportal.imports.refusals import ImportRefused, UnreadableLineError
from ophportal.models.keys import email_key, name_key

NAME = ("nom", "nom de famille", "nom locataire", "nom du locataire")
# What rent notices bear where it is filled; « Nom » is then the one that the tenant was born with.
USAGE_NAME = ("nom d'usage", "nom usage", "nom usuel", "nom marital", "nom d'épouse", "nom d'époux")
BIRTH_NAME = (
    "nom de naissance", "nom naissance", "nom de jeune fille", "nom jeune fille", "nom patronymique", "nom JF",
)  # fmt: skip
# In one cell the name comes first, or no one can tell which it is: see `matching.first_names_in`.
WITH_FIRST_NAMES = tuple(
    f"{names}{whose}"
    for names in ("nom et prénom", "nom et prénoms", "nom prénom", "nom prénoms")
    for whose in ("", " locataire", " du locataire")
)
BEHIND_FIRST_NAMES = ("prénom et nom", "prénoms et nom", "prénom nom", "prénoms nom")
FIRST_NAMES = ("prénoms", "prénom", "prénom(s)", "prénom locataire", "prénom du locataire")
TOGETHER = "une colonne a le nom et le prénom ensemble : demandez à l'ERP deux colonnes, « nom » et « prénoms »"

PHONE = (
    "téléphone", "tél", "téléphone locataire", "numéro de téléphone", "numéro téléphone", "n° de téléphone",
    "n° téléphone",
)  # fmt: skip
# Of several, the first that is filled; not one at work, where somebody else may answer.
OTHER_PHONES = (
    "téléphone portable", "tél portable", "portable", "téléphone mobile", "tél mobile", "mobile",
    "téléphone domicile", "tél domicile", "téléphone fixe", "tél fixe",
)  # fmt: skip
ADDRESS = (
    "adresse", "adresse logement", "adresse du logement", "adresse postale", "rue", "voie", "nom voie", "nom de voie",
    "nom de la voie", "nom rue", "nom de rue", "nom de la rue", "libellé voie", "libellé de la voie",
)  # fmt: skip
FIRST_ADDRESS_LINE = ("adresse 1", "adresse ligne 1")
# What some ERPs put in columns of their own before it…
HOUSE_NUMBER = (
    "n° voie", "n° de voie", "n° de la voie", "numéro voie", "numéro de voie", "numéro de la voie", "n° rue",
    "n° de rue", "numéro rue", "numéro de rue", "no voie", "num voie",
)  # fmt: skip
NUMBER = {name_key(title) for title in ("n°", "no", "num", "numéro")}
BIS = ("bis/ter", "indice de répétition", "BTQ")
KIND_OF_STREET = ("type voie", "type de voie", "type de la voie", "nature voie", "nature de voie", "nature de la voie")
# … and behind it.
ADDRESS_LINES = (
    *(f"adresse {ligne}{number}" for number in range(2, 6) for ligne in ("", "ligne ")),
    "complément d'adresse", "complément adresse", "lieu-dit",
)  # fmt: skip


# « Total », « Sous-total : 12 », « Nombre de locataires »: what reports put below, and between, what they sum up.
TOTAL = re.compile(r"\W*(?:sous\W*)?(?:tota(?:l|ux)|nombre)\b", re.I)
ABOUT_NOBODY = "ni numéro locataire, ni référence logement : si c'est un total ou un titre, retirez la ligne du fichier"


def is_about_nobody(number: str, reference: str) -> bool:
    """Whether a line with these cells is a total, or a title: words in the place of a number, and no dwelling."""
    return bool(TOTAL.match(number)) or not (reference.strip() or any(map(str.isdecimal, number)))


def last_name(folded: Sequence[str], own: Sequence[int]) -> Source:
    """The name of use; without one, « Nom », or the birth name where that is all there is."""
    usage = places_under(folded, *USAGE_NAME)[:1]
    if not usage:
        doubtful = (*BEHIND_FIRST_NAMES, *(WITH_FIRST_NAMES if places_under(folded, *FIRST_NAMES) else ()))
        if own and own[0] in places_under(folded, *doubtful):
            raise ImportRefused.whole(TOGETHER)
        return Source(tuple(own))
    names = tuple(place for place in own if place not in usage) or places_under(folded, *BIRTH_NAME)[:1]
    return Source((*usage, *names), first_filled)


def birth_name(folded: Sequence[str], own: Sequence[int]) -> Source:
    """The birth name; without one, what « Nom » says beside another name of use."""
    usage, name = places_under(folded, *USAGE_NAME)[:1], places_under(folded, *NAME)[:1]
    if not (usage and name):
        return Source(tuple(own))

    def join(*told: str) -> str:
        *birth, used, named = told
        is_born = bool(used.strip()) and name_key(used) != name_key(named)
        return first_filled(*birth, named if is_born else "")

    return Source((*own, *usage, *name), join)


def phone(folded: Sequence[str], own: Sequence[int]) -> Source:
    return Source(places_under(folded, *PHONE, *OTHER_PHONES), first_filled)


def address(folded: Sequence[str], own: Sequence[int]) -> Source:
    """The address, with what stands before and behind it; behind it only where no other column may go on there."""
    before = [places_under(folded, *headers)[:1] for headers in (HOUSE_NUMBER, BIS, KIND_OF_STREET)]
    is_only = len(places_under(folded, *ADDRESS, *FIRST_ADDRESS_LINE)) == 1
    behind = places_under(folded, *ADDRESS_LINES) if is_only else ()
    if not own:
        return Source(())
    # A bare « N° » is anything's, but for the one just before the street.
    ahead = min(*own, *chain(*before), len(folded)) - 1
    if not before[0] and ahead >= 0 and folded[ahead] in NUMBER:
        before[0] = (ahead,)

    def join(street: str, *told: str) -> str:
        parts = [" ".join(it.split()) for it in told]
        lead, lines = " ".join(filter(None, parts[:count])), parts[count:]
        street = street.strip()
        whole = f"{lead} {street}" if lead and street and street.split()[0] != lead.split()[0] else street
        for line in lines:
            if line.casefold() not in whole.casefold():
                whole = f"{whole}, {line}" if whole else line
        return whole

    count = sum(map(len, before))
    return Source((*own, *chain(*before), *behind), join)


# In the order in which `read_line` takes them. An address may be on several lines, and a telephone begin with +33.
COLUMNS = (
    Column(
        "number",
        "numéro locataire",
        (
            "numéro de locataire", "numéro du locataire", "n° locataire", "n° de locataire", "no locataire",
            "num locataire", "nº locataire", "code locataire", "référence locataire", "réf locataire",
            "identifiant locataire", "matricule locataire",
        ),
        ("code loc", "n° loc", "no loc", "num loc", "réf loc"),
        required=True,
        is_number=True,
        check=cells.key,
    ),
    Column("civility", "civilité", ("civ", "titre")),
    Column(
        "last_name",
        NAME[0],
        NAME[1:],
        (*USAGE_NAME, *WITH_FIRST_NAMES, *BEHIND_FIRST_NAMES),
        gather=last_name,
        required=True,
        check=cells.given,
    ),
    Column("first_names", FIRST_NAMES[0], FIRST_NAMES[1:]),
    Column("birth_name", BIRTH_NAME[0], BIRTH_NAME[1:], gather=birth_name),
    Column(
        "email",
        "e-mail",
        (
            "mail", "courriel", "mél", "adresse e-mail", "adresse mail", "adresse mél", "adresse courriel",
            "adresse électronique", "adresse de courriel", "courrier électronique", "e-mail locataire",
        ),
        check=cells.email,
    ),
    Column(
        "phone",
        PHONE[0],
        PHONE[1:],
        OTHER_PHONES,
        gather=phone,
        trim=cells.phone,
    ),
    Column(
        "reference",
        "référence logement",
        (
            "référence du logement", "réf logement", "réf du logement", "numéro logement", "numéro de logement",
            "numéro du logement", "n° logement", "n° de logement", "no logement", "num logement", "code logement",
        ),
        ("réf lgt", "code lgt", "n° lgt", "no lgt", "num lgt", "référence UG", "réf UG", "code UG", "n° UG", "num UG"),
        required=True,
        is_number=True,
        check=cells.key,
    ),
    Column(
        "address",
        ADDRESS[0],
        ADDRESS[1:],
        FIRST_ADDRESS_LINE,
        gather=address,
        trim=cells.on_one_line,
    ),
    Column(
        "postal_code",
        "code postal",
        ("CP", "code postal logement", "code postal du logement"),
        check=cells.postal_code,
    ),
    Column("city", "commune", ("ville", "localité", "commune logement", "ville logement", "commune du logement")),
    Column("kind", "type", ("type logement", "type de logement", "type du logement", "type de bien", "typologie")),
    Column(
        "starts_on",
        "date d'entrée",
        ("date entrée", "entrée", "entrée le", "date début", "date de début", "date de début de bail", "date d'effet"),
        is_date=True,
        check=cells.near_date,
    ),
    # Whenever: 31/12/9999 is how some ERPs write that there is none.
    Column(
        "ends_on",
        "date de sortie",
        ("date sortie", "sortie", "sortie le", "date fin", "date de fin", "date de fin de bail"),
        is_date=True,
        check=cells.iso_date,
    ),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}
NUMBER_PLACE, REFERENCE_PLACE = (list(BY_NAME).index(name) for name in ("number", "reference"))


def read_line(line: int, row: tuple[str, ...]) -> tuple[Any, ...]:
    """The values of a `TenantLine`, in its order, from the cells of line `line`. Raises UnreadableLineError."""
    texts: Sequence[str] = row
    try:
        if not cells.plain(row):
            texts = [column.trim(cell) for column, cell in zip(COLUMNS, row, strict=True)]
        (
            number, civility, last_name, first_names, birth_name, email, phone,
            reference, address, postal_code, city, kind, entry, exit_,
        ) = texts  # fmt: skip
        number_key, reference_key = cells.key(number), cells.key(reference)
        cells.given(last_name)
        cells.email(email)
        starts_on, ends_on = cells.near_date(entry), cells.iso_date(exit_)
    except cells.CellError:
        if is_about_nobody(row[NUMBER_PLACE], row[REFERENCE_PLACE]):
            raise UnreadableLineError([ABOUT_NOBODY]) from None
        values_of(row, COLUMNS)  # which finds all that is wrong, and takes three times as long
        raise
    if starts_on and ends_on and ends_on < starts_on:
        raise UnreadableLineError([f"la date de sortie ({exit_}) précède la date d'entrée ({entry})"])
    return (
        line, number_key, reference_key, number, civility, last_name, birth_name, first_names,
        email, email_key(email), cells.national(phone), reference, address, cells.postal_code(postal_code), city, kind,
        starts_on, ends_on,
    )  # fmt: skip
