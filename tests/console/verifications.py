"""« À vérifier »: an agent opens a request, and refuses it."""

from tests.conftest import landing, press
from tests.page import Page

LIST = "/agents/a-verifier"
NEW_ADDRESS = "stella@exemple.test"


def opened(console, it):
    assert landing(press(console, LIST, f"{LIST}/{it.id}/ouvrir")) == f"{LIST}/{it.id}"
    return Page(console.get(f"{LIST}/{it.id}"))


def refuse(console, it, reason="Nous ne vous avons pas au téléphone"):
    return press(console, f"{LIST}/{it.id}", f"{LIST}/{it.id}/refuser", reason=reason)
