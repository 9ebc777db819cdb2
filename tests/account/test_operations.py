"""Opérations: the ledger as a page, as a fragment, as a CSV."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
import time_machine

from ophportal.models import Dwelling
from ophportal.testing import add_lease
from tests.conftest import log_in
from tests.lives import enter
from tests.page import Page
from tests.spaces import as_read


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-03-12 10:00+01:00", tick=False):
        yield


@pytest.fixture
def account(make_account):
    return make_account()


@pytest.fixture
def lease(account):
    lease = account.tenant.leases.get()
    enter(lease, "2025-12-01", "Loyer décembre", "1400.00")
    enter(lease, "2025-12-10", "Prélèvement", "-1400.00")
    enter(lease, "2026-02-01", "Loyer février", "410.50")
    enter(lease, "2026-02-01", "APL février", "-110.00")
    enter(lease, "2026-02-20", "Virement", "-300.00")
    return lease


@pytest.fixture
def inside(client, account, lease):
    log_in(client, account)
    return client


def table(page):
    return [
        [as_read(cell.get_text(" ", strip=True)) for cell in row.select("th, td")]
        for row in page.soup.select("#operations tbody tr")
    ]


def test_what_is_downloaded_comes_before_the_table_however_long_that_is(inside):
    """On a telephone a year of operations is some ten screens, and all of them a hundred."""
    section = Page(inside.get("/compte/operations?annee=toutes")).one("#operations")
    order = [part.name if part.name == "table" else part["href"] for part in section.select(".actions a, table")]
    assert [part.partition("?")[0].rpartition("/")[2] for part in order] == ["releve.pdf", "operations.csv", "table"]


def test_the_newest_year_is_shown_first_month_by_month(inside):
    page = Page(inside.get("/compte/operations"))
    assert table(page) == [
        ["Février 2026 : demandé 300,50 €, payé 300,00 €"],
        ["20/02/2026 Virement", "Montant : −300,00 €", "Solde : 0,50 €"],
        ["01/02/2026 APL février", "Montant : −110,00 €", "Solde : 300,50 €"],
        ["01/02/2026 Loyer février", "Montant : 410,50 €", "Solde : 410,50 €"],
    ]
    assert "Vous devez 0,50 €" in page.text


def test_each_amount_names_its_month_its_operation_and_its_column(inside):
    page = Page(inside.get("/compte/operations"))
    headed = [
        [page.one(f"#{name}").get_text(" ", strip=True).split(" :")[0] for name in cell["headers"]]
        for cell in page.soup.select("#operations td")
    ]
    assert headed[:2] == [
        ["Février 2026", "20/02/2026 Virement", "Montant"],
        ["Février 2026", "20/02/2026 Virement", "Solde"],
    ]


def test_the_table_says_at_first_how_it_is_made(inside):
    """RGAA 5.1: in HTML the summary of a table is in its caption, and nowhere else."""
    page = Page(inside.get("/compte/operations"))
    caption = as_read(page.one("#operations caption").get_text())
    assert caption.endswith("Sous chaque mois, une ligne par opération : son montant, puis le solde après elle.")


def test_another_year_is_one_link_away_and_its_balance_starts_where_it_should(inside, lease):
    page = Page(inside.get("/compte/operations"))
    links = {a.get_text(): a["href"] for a in page.soup.select("nav[aria-label=Année] a")}
    assert list(links) == ["2026", "2025", "Toutes"]
    page = Page(inside.get(links["2025"]))
    assert table(page)[1:] == [
        ["10/12/2025 Prélèvement", "Montant : −1 400,00 €", "Solde : 0,00 €"],
        ["01/12/2025 Loyer décembre", "Montant : 1 400,00 €", "Solde : 1 400,00 €"],
    ]
    assert page.one("nav[aria-label=Année] [aria-current]").get_text() == "2025"
    assert page.title.startswith("Vos opérations de 2025 – ")
    whole = Page(inside.get(links["Toutes"]))
    assert len(table(whole)) == 7
    assert whole.title.startswith("Vos opérations – ")


def test_htmx_gets_the_ledger_alone_with_the_focus_on_its_title(inside, lease):
    answer = inside.get(f"/compte/baux/{lease.id}/operations?annee=2025", headers={"HX-Request": "true"})
    page = Page(answer)
    assert not page.is_whole
    assert page.one("section#operations h2[autofocus]").get_text() == "Opérations de 2025"
    assert page.title.startswith("Vos opérations de 2025 – ")
    assert answer.vary.as_set(preserve_casing=True) >= {"HX-Request"}


@pytest.mark.parametrize("year", ["2019", "x", "20 26", "2026'"])
def test_a_year_without_an_entry_is_not_found(inside, lease, year):
    assert inside.get(f"/compte/baux/{lease.id}/operations", query_string={"annee": year}).status_code == 404


def test_the_chart_says_in_a_table_what_it_draws(inside):
    page = Page(inside.get("/compte/operations"))
    assert len(page.soup.select("svg rect")) == 24
    tallest = max(int(rect["height"]) for rect in page.soup.select("svg rect"))
    assert tallest == 100
    rows = [as_read(row.get_text(" ", strip=True)) for row in page.soup.select(".chart tbody tr")]
    assert rows[0] == "avril 2025 Demandé : 0,00 € Payé : 0,00 €"
    assert rows[8] == "décembre 2025 Demandé : 1 400,00 € Payé : 1 400,00 €"
    assert rows[10] == "février 2026 Demandé : 300,50 € Payé : 300,00 €"


def test_a_lease_without_entries_says_no_amount_and_whom_to_ask(client, make_account):
    log_in(client, make_account())
    page = Page(client.get("/compte/operations"))
    said = "L'office n'a pas mis d'opérations ici. Pour savoir ce que vous devez, appelez l'office au 04 65 71 00 00"
    assert page.text.count(said) == 1
    assert "à jour" not in page.text
    assert not page.soup.select("svg, .owed, a[href*=releve]")


def test_each_lease_has_its_own_ledger(inside, account, lease):
    garage = add_lease(account.tenant, "777-B", ends_on=date(2026, 1, 31))
    enter(garage, "2026-01-01", "Loyer garage", "40.00")
    page = Page(inside.get("/compte/operations"))
    links = [a["href"] for a in page.soup.select("nav[aria-label='Vos baux'] a")]
    assert links == [f"/compte/baux/{lease.id}/operations", f"/compte/baux/{garage.id}/operations"]
    theirs = Page(inside.get(links[1]))
    assert "Loyer garage" in theirs.text
    assert "Loyer février" not in theirs.text
    assert "(bail terminé)" in theirs.text


def test_a_lease_that_has_not_begun_says_when_it_does(inside, account):
    add_lease(account.tenant, "777-B", starts_on=date(2026, 4, 1))
    other = Page(inside.get("/compte/operations")).soup.select("nav[aria-label='Vos baux'] a")[1]
    assert as_read(other.get_text()).endswith("(à partir du 1er avril 2026)")


def test_two_garages_at_one_address_are_told_apart(inside, account):
    for reference in ("777-A", "777-B"):
        add_lease(account.tenant, reference, starts_on=date(2024, 1, 1))
    Dwelling.update(kind="Garage").where(Dwelling.reference.startswith("777")).execute()
    page = Page(inside.get("/compte/operations"))
    *_, first, second = page.soup.select("nav[aria-label='Vos baux'] a")
    assert first.get_text() == "Garage, 12 rue des Lilas, référence 777-A"
    assert second.get_text() == "Garage, 12 rue des Lilas, référence 777-B"
    page = Page(inside.get(second["href"]))
    assert page.soup.select_one("main h2").get_text() == "Garage, 12 rue des Lilas, référence 777-B"
    assert page.title.startswith("Vos opérations\u00a0: Garage, 12 rue des Lilas, référence 777-B – ")


def test_the_flat_comes_before_the_garage_that_came_after_it(client, make_account):
    account = make_account()
    flat = account.tenant.leases.get()
    flat.starts_on = date(2012, 3, 1)
    flat.save()
    garage = add_lease(account.tenant, "777-B", starts_on=date(2018, 9, 1))
    log_in(client, account)
    page = Page(client.get("/compte/operations"))
    links = [a["href"] for a in page.soup.select("nav[aria-label='Vos baux'] a")]
    assert links == [f"/compte/baux/{lease.id}/operations" for lease in (flat, garage)]
    assert page.one("nav[aria-label='Vos baux'] [aria-current]")["href"] == links[0]


def test_the_csv_is_the_ledger_and_adds_up(inside, lease):
    answer = inside.get(f"/compte/baux/{lease.id}/operations.csv?annee=toutes")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="operations-toutes.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == {
        "Date": "01/12/2025",
        "Libellé": "Loyer décembre",
        "Débit": "1400,00",
        "Crédit": "0,00",
        "Solde": "1400,00",
    }

    def column(name):
        return [Decimal(row[name].replace(",", ".")) for row in rows]

    assert sum(column("Débit")) - sum(column("Crédit")) == column("Solde")[-1] == Decimal("0.50")
    assert len(inside.get(f"/compte/baux/{lease.id}/operations.csv?annee=2026").text.splitlines()) == 4


def test_a_label_that_a_spreadsheet_would_run_is_a_text(inside, lease):
    enter(lease, "2026-03-01", "=HYPERLINK(1)", "1.00")
    assert "'=HYPERLINK(1)" in inside.get(f"/compte/baux/{lease.id}/operations.csv").text
