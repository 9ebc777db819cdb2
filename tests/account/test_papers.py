"""The addresses of the papers: whose they are, when they are there, under which name, kept by nobody."""

from datetime import date

import pytest
import time_machine

from ophportal.account.documents import papers_of
from ophportal.account.papers import made_papers
from ophportal.models import DeliveryConsent, Document, DocumentKind
from ophportal.testing import add_lease
from tests.conftest import landing, log_in
from tests.lives import enter
from tests.page import Page
from tests.pdf import check_tagged, needs_poppler, read


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-03-12 10:00+01:00", tick=False):
        yield


@pytest.fixture
def account(make_account):
    return make_account()


@pytest.fixture
def lease(account):
    """December is paid, February in part, March not at all; January asks for nothing."""
    lease = account.tenant.leases.get()
    enter(lease, "2025-12-01", "Loyer décembre", "400.00")
    enter(lease, "2025-12-10", "Prélèvement", "-400.00")
    enter(lease, "2026-02-01", "Loyer février", "410.50")
    enter(lease, "2026-02-01", "APL février", "-110.00")
    enter(lease, "2026-02-20", "Virement", "-200.00")
    enter(lease, "2026-03-01", "Loyer mars", "410.50")
    return lease


@pytest.fixture
def inside(client, account, lease):
    log_in(client, account)
    return client


@pytest.fixture
def agreed(account):
    DeliveryConsent.give(account.tenant, "D'accord.")


def statuses(inside, lease, *papers):
    return [inside.get(f"/compte/baux/{lease.id}/{paper}").status_code for paper in papers]


@needs_poppler
def test_the_avis_of_a_month_is_a_pdf_to_look_at_or_to_keep(inside, lease):
    address = f"/compte/baux/{lease.id}/avis/2026-02.pdf"
    shown = inside.get(address)
    assert shown.mimetype == "application/pdf"
    assert shown.headers["Content-Disposition"] == "inline; filename=avis-d-echeance-2026-02.pdf"
    assert shown.headers["Cache-Control"] == "no-store"
    check_tagged(shown.data, "Avis d’échéance de février\u00a02026")
    text = read(shown.data)
    assert "Mme" not in text  # this tenant's file gives none
    assert "Net à payer : 300,50 €" in text
    assert "Votre numéro locataire : 0012345" in text

    kept = inside.get(f"{address}?telecharger=1")
    assert kept.headers["Content-Disposition"] == "attachment; filename=avis-d-echeance-2026-02.pdf"


def test_a_month_without_a_call_has_no_avis(inside, lease):
    wrong = ["2026-01", "2026-04", "1999-12", "2026-2", "2026-02-01", "février", "999999", "٢٠٢٦-02"]
    assert statuses(inside, lease, *(f"avis/{month}.pdf" for month in wrong)) == [404] * len(wrong)


def test_receipts_are_not_there_without_consent(inside, lease, account):
    both = ("quittance/2025-12.pdf", "recu/2026-02.pdf")
    assert statuses(inside, lease, *both) == [404, 404]
    DeliveryConsent.give(account.tenant, "D'accord.")
    assert statuses(inside, lease, *both) == [200, 200]
    DeliveryConsent.withdraw(account.tenant)
    assert statuses(inside, lease, *both) == [404, 404]


@needs_poppler
@pytest.mark.usefixtures("agreed")
def test_a_month_has_the_receipt_that_its_payment_gives_and_no_other(inside, lease):
    assert statuses(inside, lease, "recu/2025-12.pdf", "quittance/2026-02.pdf") == [404, 404]
    assert statuses(inside, lease, "quittance/2026-03.pdf", "recu/2026-03.pdf", "recu/2026-01.pdf") == [404] * 3
    quittance = inside.get(f"/compte/baux/{lease.id}/quittance/2025-12.pdf")
    assert quittance.headers["Content-Disposition"] == "inline; filename=quittance-2025-12.pdf"
    assert "la somme de 400,00 €" in read(quittance.data)
    receipt = inside.get(f"/compte/baux/{lease.id}/recu/2026-02.pdf")
    assert receipt.headers["Content-Disposition"] == "inline; filename=recu-2026-02.pdf"
    assert "la somme de 200,00 €" in read(receipt.data)

    enter(lease, "2026-03-11", "Virement", "-100.50")
    assert statuses(inside, lease, "quittance/2026-02.pdf", "recu/2026-02.pdf") == [200, 404]
    # The bank sends a payment back: what was given is given no more.
    enter(lease, "2026-03-12", "Rejet de virement", "100.50")
    assert statuses(inside, lease, "quittance/2026-02.pdf", "recu/2026-02.pdf") == [404, 200]


@pytest.mark.usefixtures("agreed")
def test_the_papers_of_two_leases_are_kept_under_two_names(inside, lease, account):
    garage = add_lease(account.tenant, "777-B", starts_on=date(2024, 1, 1))
    enter(garage, "2025-12-01", "Loyer garage", "40.00")
    enter(garage, "2025-12-10", "Prélèvement", "-40.00")
    for address, name in (
        (f"/compte/baux/{lease.id}/avis/2025-12.pdf", f"avis-d-echeance-{lease.dwelling.reference}-2025-12.pdf"),
        (f"/compte/baux/{garage.id}/avis/2025-12.pdf", "avis-d-echeance-777-b-2025-12.pdf"),
        (f"/compte/baux/{garage.id}/quittance/2025-12.pdf", "quittance-777-b-2025-12.pdf"),
        (f"/compte/baux/{garage.id}/releve.pdf", "releve-de-compte-777-b.pdf"),
    ):
        assert inside.get(address).headers["Content-Disposition"] == f"inline; filename={name}"


@needs_poppler
def test_the_statement_is_of_a_year_or_of_all(inside, lease):
    address = f"/compte/baux/{lease.id}/releve.pdf"
    whole = inside.get(address)
    assert whole.headers["Content-Disposition"] == "inline; filename=releve-de-compte.pdf"
    assert "Loyer décembre" in read(whole.data)
    assert "vous devez 511,00 €" in read(whole.data)
    assert inside.get(f"{address}?annee=toutes").data == whole.data

    of_2026 = inside.get(f"{address}?annee=2026&telecharger=1")
    assert of_2026.headers["Content-Disposition"] == "attachment; filename=releve-de-compte-2026.pdf"
    assert "Loyer décembre" not in read(of_2026.data)
    for year in ("2024", "x", "-1", "9" * 30):
        assert inside.get(f"{address}?annee={year}").status_code == 404


def test_a_lease_without_an_entry_has_no_paper(inside, account):
    empty = add_lease(account.tenant, "G-1", date(2024, 1, 1))
    papers = ("releve.pdf", "releve.pdf?annee=toutes", "releve.pdf?annee=2026", "avis/2026-02.pdf")
    assert statuses(inside, empty, *papers) == [404] * 4
    assert [paper for paper in made_papers(account.tenant) if paper.lease == empty] == []


def test_what_can_be_made_is_listed_and_every_address_of_it_is_there(inside, account, lease):
    before = papers_of(account.tenant, agrees=False)
    assert [(str(paper.period), paper.title) for paper in before] == [
        ("2026-03-01", "Avis d'échéance"),
        ("2026-02-01", "Avis d'échéance"),
        ("2025-12-01", "Avis d'échéance"),
    ]
    DeliveryConsent.give(account.tenant, "D'accord.")
    after = papers_of(account.tenant, agrees=True)
    assert [(str(paper.period), paper.title, paper.address) for paper in after if paper not in before] == [
        ("2026-02-01", "Reçu", f"/compte/baux/{lease.id}/recu/2026-02.pdf"),
        ("2025-12-01", "Quittance", f"/compte/baux/{lease.id}/quittance/2025-12.pdf"),
    ]
    for paper in after:
        assert inside.get(paper.address).mimetype == "application/pdf"


def test_the_documents_page_leads_to_them_but_for_what_the_office_has_given(inside, account, lease):
    def links():
        return {a["href"] for year in (2025, 2026) for a in page_of(inside, year).soup.select(".papers a")}

    avis = f"/compte/baux/{lease.id}/avis/2026-02.pdf"
    assert {avis, f"{avis}?telecharger"} <= links()
    assert inside.get(f"{avis}?telecharger").headers["Content-Disposition"].startswith("attachment")
    Document.create(
        tenant=account.tenant,
        lease=lease,
        period=date(2026, 2, 1),
        kind=DocumentKind.AVIS,
        title="Avis d'échéance",
        digest="0" * 64,
        size=1,
    )
    assert avis not in links()
    assert f"/compte/baux/{lease.id}/recu/2026-02.pdf" not in links()
    DeliveryConsent.give(account.tenant, "D'accord.")
    assert f"/compte/baux/{lease.id}/recu/2026-02.pdf" in links()


def test_a_month_has_one_avis_the_office_s_own_where_it_has_given_one(inside, account, lease):
    address = f"/compte/baux/{lease.id}/avis/2026-03.pdf"
    assert address in {a.get("href") for a in Page(inside.get("/compte")).soup.select(".situation a")}
    given = {"tenant": account.tenant, "kind": DocumentKind.AVIS, "digest": "0" * 64, "size": 1, "title": "Avis"}
    other = add_lease(account.tenant, "777-B")
    Document.create(**given, lease=other, period=date(2026, 3, 1))
    Document.create(**given, lease=lease, period=date(2026, 2, 1))
    assert inside.get(address).status_code == 200
    for_all = Document.create(**given, lease=None, period=date(2026, 3, 1))
    assert landing(inside.get(address)) == f"/compte/documents/{for_all.token}"
    for_it = Document.create(**given, lease=lease, period=date(2026, 3, 1))
    assert landing(inside.get(f"{address}?telecharger")) == f"/compte/documents/{for_it.token}?telecharger"


def page_of(inside, year):
    return Page(inside.get(f"/compte/documents?annee={year}"))


def test_one_tenant_s_consent_opens_nothing_of_another_s(inside, make_tenant, lease):
    other = make_tenant("MÉLÈZE", number="9990001", reference="9-99-999", email="melanie@exemple.test")
    theirs = other.leases.get()
    enter(theirs, "2026-02-01", "Loyer", "400.00")
    enter(theirs, "2026-02-02", "Virement", "-400.00")
    DeliveryConsent.give(other, "D'accord.")
    papers = ("avis/2026-02.pdf", "quittance/2026-02.pdf", "recu/2026-02.pdf", "releve.pdf")
    assert statuses(inside, theirs, *papers) == [404] * 4


def test_a_number_past_the_store_s_integers_is_not_found(inside):
    for paper in ("avis/2026-02.pdf", "releve.pdf", "operations"):
        assert inside.get(f"/compte/baux/{2**63}/{paper}").status_code == 404
