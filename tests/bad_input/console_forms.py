"""The console's forms, and what is sent to them."""

from typing import NamedTuple

from tests.bad_input.forms import PAIR

PROOFS = {"current_password": "faux", "code": "000000"}
TENANT = "/agents/locataires/{tenant}"
VERIFICATION = "/agents/a-verifier/{verification}"


class Form(NamedTuple):
    """A form of the console, what an agent would type in it, and what it answers to something that it can read."""

    path: str
    fields: dict[str, str]
    statuses: tuple[int, ...] = (422,)


FORMS = (
    Form("/agents/identification", {"email": "agathe@office.exemple.test", "password": "faux", "code": "000000"}),
    Form("/agents/premiere-connexion", {**PAIR, "code": "000000"}),
    Form("/agents/mon-acces/mot-de-passe", {**PROOFS, **PAIR}),
    Form("/agents/mon-acces/codes-de-secours", PROOFS),
    Form("/agents/agents/{agent}/lien", PROOFS),
    Form("/agents/recherche", {"q": "d'angelo"}, (200,)),
    Form(f"{TENANT}/adresse", {"email": "pas une adresse"}),
    Form(f"{TENANT}/bloquer", {"reason": "Départ signalé"}, (303, 422)),
    Form(f"{TENANT}/donnees", {"reason": "Demande écrite", **PROOFS}),
    Form(f"{VERIFICATION}/refuser", {"reason": "Pas joignable"}, (303, 422)),
    Form("/agents/imports", {"kind": "import_tenants", "full": "y"}),
    Form("/agents/courriers", {"place": "Lilas", "days": "30"}, (200, 422)),
    Form("/agents/courriers", {"place": "Lilas", "days": "30"}, (200, 422)),
    Form("/agents/courriers/imprimer", {"tenant": "0"}, (303, 422)),
)
