"""The tenant's papers: what the page lists, the agreement to receipts, the copy of one's data."""

from datetime import date

from ophportal import documents as contents
from ophportal.models import DeliveryConsent, DocumentKind
from ophportal.own_data import download
from tests.browser.scenes import scene
from tests.browser.scenes.account import add_garage, home_of, rents
from tests.conftest import press
from tests.lives import drop

LIST = "/compte/documents"
CONSENT = f"{LIST}/accord"


@scene("account.documents", "documents-aucun")
def none(inside):
    return inside.get(LIST)


@scene("account.documents", "documents-de-l-annee")
def this_year_s(inside):
    rents(home_of(inside.tenant), "2025-12", "2026-01", "2026-02")
    drop(inside.tenant, "x" * 84_000, kind=DocumentKind.COURRIER, period=date(2026, 2, 1))
    return inside.get(LIST)


@scene("account.documents", "documents-de-deux-baux")
def another_year_s_of_two_leases(inside):
    rents(home_of(inside.tenant), "2025-11", "2025-12", "2026-01")
    rents(add_garage(inside.tenant), "2025-12")
    return inside.get(f"{LIST}?annee=2025")


@scene("account.documents", "documents-annee-absente", status=404)
def a_year_that_there_is_not(inside):
    return inside.get(f"{LIST}?annee=1999")


@scene("account.documents", "documents-et-quittances")
def receipts_too(inside):
    DeliveryConsent.give(inside.tenant, "D'accord.")
    rents(home_of(inside.tenant), "2026-01", "2026-02")
    return inside.get(LIST)


@scene("account.document", "document-indisponible", status=503)
def content_is_lost(inside):
    document = drop(inside.tenant, "perdu")
    contents.path_of(document.digest).unlink()
    return inside.get(f"{LIST}/{document.token}")


@scene("account.consent", "accord-demande")
def asked(inside):
    return inside.get(CONSENT)


@scene("account.consent", "accord-donne")
def given(inside):
    return inside.get(press(inside, CONSENT, CONSENT).location)


@scene("account.consent", "accord-retire")
def withdrawn(inside):
    press(inside, CONSENT, CONSENT)
    return inside.get(press(inside, CONSENT, f"{CONSENT}/retirer").location)


@scene("account.own_data", "donnees")
def own_data(inside):
    return inside.get("/compte/donnees")


@scene("account.own_data", "donnees-copie-en-cours")
def another_copy_is_being_made(inside, monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", 0)
    with download.one_at_a_time():
        answer = press(inside, "/compte/donnees", "/compte/donnees/copie")
    return inside.get(answer.location)
