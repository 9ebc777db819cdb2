"""The page a tenant lands on: how much, until when, how to pay."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine

from ophportal.imports import runs
from ophportal.models import Dwelling, Job, JobState, LedgerEntry
from ophportal.progress import say_nothing
from ophportal.testing import add_lease
from tests.conftest import log_in
from tests.ledger_file import LEDGER
from tests.lives import enter
from tests.page import Page
from tests.spaces import as_read

TODAY = "2026-03-12 10:00+01:00"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def account(make_account):
    return make_account(civility="Mme")


@pytest.fixture
def lease(account):
    return account.tenant.leases.get()


@pytest.fixture
def inside(client, account):
    log_in(client, account)
    client.get("/compte")  # the greeting is said once
    return client


def shown(inside):
    return Page(inside.get("/compte"))


def until(page):
    return as_read(page.one(".until").get_text())


def test_a_call_that_is_not_paid_yet_is_owed_until_its_day(inside, lease):
    enter(lease, "2026-03-06", "Loyer mars", "512.40")
    enter(lease, "2026-03-06", "APL mars", "-100.05")
    page = shown(inside)
    assert page.one(".owed").get_text() == "Vous devez 412,35\u00a0€"
    assert until(page) == "À payer au plus tard le 5 avril 2026."
    assert "mars 2026 : il demandait 412,35 €, à payer au plus tard le 5 avril 2026." in page.text
    assert "Aucun depuis le 1er novembre 2025" in page.text


def test_what_was_owed_before_the_last_call_is_late(inside, lease):
    enter(lease, "2026-02-01", "Loyer février", "400.00")
    enter(lease, "2026-03-06", "Loyer mars", "400.00")
    enter(lease, "2026-03-10", "Virement", "-150.00")
    page = shown(inside)
    assert "Vous devez 650,00 €" in page.text
    assert until(page) == "À payer au plus tard le 5 avril 2026, dont 250,00 € en retard."
    assert "150,00 €, le 10 mars 2026" in page.text


def test_who_is_late_is_told_to_keep_to_a_payment_plan_and_that_a_payment_takes_days_to_be_seen(inside, lease):
    enter(lease, "2026-03-06", "Loyer mars", "400.00")
    assert shown(inside).soup.select(".plan") == []
    enter(lease, "2026-02-01", "Loyer février", "400.00")
    plan = "Vous avez un plan avec l'office pour payer cette dette ? Suivez votre plan."
    paid = "Vous venez de payer ? Votre paiement s'affiche ici après quelques jours."
    assert as_read(shown(inside).one(".plan").get_text()) == f"{plan} {paid}"
    LedgerEntry.delete().execute()
    enter(lease, "2026-03-01", "Loyer mars", "400.00")
    assert "La date limite est passée" in until(shown(inside))
    assert shown(inside).one(".plan")


def test_aids_of_the_call_lessen_what_is_not_late_yet(inside, lease):
    for month in ("02", "03"):
        enter(lease, f"2026-{month}-06", "Loyer", "500.00")
        enter(lease, f"2026-{month}-06", "APL", "-200.00")
    assert until(shown(inside)) == "À payer au plus tard le 5 avril 2026, dont 300,00 € en retard."


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-03-02", "À payer au plus tard le 5 mars 2026."),
        ("2026-03-05", "À payer au plus tard le 5 mars 2026."),
        ("2026-03-06", "La date limite est passée : c'était le 5 mars 2026."),
    ],
)
def test_an_aid_that_came_after_each_call_makes_nobody_late(client, account, lease, day, said):
    for month in ("01", "02"):
        enter(lease, f"2026-{month}-01", "Loyer", "500.00")
        enter(lease, f"2026-{month}-05", "APL", "-200.00")
        enter(lease, f"2026-{month}-06", "Virement", "-300.00")
    enter(lease, "2026-03-01", "Loyer", "500.00")
    with time_machine.travel(f"{day} 10:00+01:00", tick=False):
        log_in(client, account)
        page = shown(client)
    assert until(page) == said
    # As the avis says it: what was asked for on its day, and not its month alone.
    assert "mars 2026 : il demandait 500,00 €, à payer au plus tard le 5 mars 2026." in page.text


def test_months_that_are_called_in_advance_are_not_late_and_each_has_its_day(inside, lease):
    enter(lease, "2026-04-01", "Loyer avril", "500.00")
    enter(lease, "2026-05-01", "Loyer mai", "500.00")
    page = shown(inside)
    assert page.one(".owed").get_text() == "Vous devez 1\u00a0000,00\u00a0€"
    both = "500,00 € au plus tard le 5 avril 2026, puis 500,00 € au plus tard le 5 mai 2026."
    assert until(page) == f"À payer : {both}"
    enter(lease, "2026-02-01", "Loyer février", "80.00")
    assert until(shown(inside)) == f"À payer : 80,00 € en retard, {both}"
    enter(lease, "2026-03-12", "Virement", "-600.00")
    assert until(shown(inside)) == "À payer au plus tard le 5 mai 2026."


def test_what_came_after_the_last_call_has_a_day_of_its_own(inside, lease):
    enter(lease, "2026-03-01", "Loyer", "500.00")
    enter(lease, "2026-03-05", "Virement", "-500.00")
    enter(lease, "2026-03-08", "Réparation serrure", "80.00")
    assert until(shown(inside)) == "À payer au plus tard le 5 avril 2026."


def test_a_payment_that_came_back_is_no_new_debt(inside, lease):
    enter(lease, "2026-03-01", "Loyer", "500.00")
    enter(lease, "2026-03-05", "Prélèvement", "-500.00")
    enter(lease, "2026-03-12", "Rejet de prélèvement", "500.00")
    assert until(shown(inside)) == "La date limite est passée : c'était le 5 mars 2026."
    enter(lease, "2026-03-12", "Frais de rejet", "10.00")
    assert until(shown(inside)) == "À payer au plus tard le 5 avril 2026, dont 500,00 € en retard."


def test_what_is_owed_for_longer_than_the_page_looks_back_is_owed_now(inside, lease):
    enter(lease, "2025-01-01", "Loyer", "500.00")
    enter(lease, "2026-03-01", "Rejet de prélèvement", "20.00")
    assert until(shown(inside)) == "À payer maintenant."


def test_the_last_avis_is_told_with_what_was_owed_before_it(inside, lease):
    enter(lease, "2025-01-01", "Loyer", "250.00")
    enter(lease, "2026-03-01", "Loyer mars", "500.00")
    enter(lease, "2026-03-10", "Virement", "-100.00")
    assert "mars 2026 : il demandait 750,00 €, à payer au plus tard le 5 mars 2026." in shown(inside).text
    enter(lease, "2025-02-01", "Virement", "-800.00")
    assert "mars 2026 : il ne demandait rien : ses 500,00 € étaient payés d'avance." in shown(inside).text


def test_an_avis_whose_aids_are_as_much_as_its_rent_asked_for_nothing(inside, lease):
    enter(lease, "2026-03-01", "Loyer mars", "500.00")
    enter(lease, "2026-03-01", "APL", "-500.00")
    assert "mars 2026 : il ne demandait rien. Voir l'avis" in shown(inside).text


def test_a_day_that_has_passed_is_said_so(inside, lease):
    enter(lease, "2026-03-01", "Loyer mars", "400.00")
    page = shown(inside)
    assert until(page) == "La date limite est passée : c'était le 5 mars 2026."
    assert "Prochain paiement 5 avril 2026" in page.text
    enter(lease, "2026-02-01", "Loyer février", "400.00")
    assert until(shown(inside)) == "La date limite est passée : c'était le 5 mars 2026."


@pytest.mark.parametrize(
    ("paid", "said"),
    [("-400.00", "Votre compte est à jour"), ("-420.00", "Vous avez 20,00 € d'avance")],
)
def test_who_owes_nothing_is_told_so(inside, lease, paid, said):
    enter(lease, "2026-03-01", "Loyer mars", "400.00")
    enter(lease, "2026-03-04", "Prélèvement", paid)
    page = shown(inside)
    assert said in page.text
    assert until(page) == "Rien à payer aujourd'hui. Prochaine date : le 5 avril 2026."
    assert page.soup.select(".plan") == []  # there is no debt to speak of


def test_the_next_date_is_to_come_however_old_the_last_call(inside, lease):
    enter(lease, "2026-02-01", "Loyer février", "400.00")
    enter(lease, "2026-02-04", "Virement", "-400.00")
    assert until(shown(inside)) == "Rien à payer aujourd'hui. Prochaine date : le 5 avril 2026."


def test_a_rent_that_is_paid_before_its_day_is_not_asked_for_again(inside, lease):
    enter(lease, "2026-03-06", "Loyer mars", "400.00")
    enter(lease, "2026-03-08", "Virement", "-400.00")
    page = shown(inside)
    assert until(page) == "Rien à payer aujourd'hui. Prochaine date : le 5 mai 2026."
    assert "mars 2026 : il demandait 400,00 €, et c'est payé." in page.text


def test_an_opening_balance_is_an_old_debt(inside, lease):
    enter(lease, "2026-03-06", "À nouveau", "3000.00")
    enter(lease, "2026-03-06", "Loyer mars", "400.00")
    assert until(shown(inside)) == "À payer au plus tard le 5 avril 2026, dont 3 000,00 € en retard."


def test_a_payment_that_the_bank_sent_back_is_said_so(inside, lease):
    enter(lease, "2026-03-01", "Loyer mars", "400.00")
    enter(lease, "2026-03-05", "Prélèvement", "-400.00")
    enter(lease, "2026-03-09", "Rejet de prélèvement", "400.00")
    assert "400,00 €, le 5 mars 2026 : refusé par la banque" in shown(inside).text


def test_a_rejection_that_is_written_as_a_negative_credit_is_one(inside, lease):
    enter(lease, "2026-03-01", "Loyer", "400.00")
    enter(lease, "2026-03-05", "Prélèvement", "-400.00")
    rejection = enter(lease, "2026-03-09", "Rejet de prélèvement", "0.00")
    LedgerEntry.update(credit=Decimal("-400.00")).where(LedgerEntry.id == rejection.id).execute()
    assert "400,00 €, le 5 mars 2026 : refusé par la banque" in shown(inside).text


def test_a_lease_without_an_entry_says_no_amount_and_whom_to_ask(inside):
    """The office may have no ledger here at all: nobody knows then what is owed."""
    page = shown(inside)
    told = as_read(page.one("section.situation").get_text())
    assert "L'office n'a pas mis d'opérations ici. Pour savoir ce que vous devez, appelez l'office au 04 65" in told
    assert "€" not in told
    for word in ("à jour", "Rien à payer", "Dernier avis", "Dernier paiement", "Voir le détail"):
        assert word not in told


def test_a_ledger_that_comes_to_nothing_is_settled(inside, lease):
    enter(lease, "2020-03-01", "Loyer", "400.00")
    enter(lease, "2020-03-02", "Chèque", "-400.00")
    assert "Votre compte est à jour" in shown(inside).text


def test_each_lease_has_its_card_and_an_ended_one_only_while_it_is_not_settled(inside, account, lease):
    garage = add_lease(account.tenant, "777-B", starts_on=date(2024, 1, 1))
    add_lease(account.tenant, "888-C", ends_on=date(2025, 1, 31))
    left, settled, in_advance = (
        add_lease(account.tenant, reference, ends_on=date(2025, 1, 31)) for reference in ("999-D", "999-E", "999-F")
    )
    enter(lease, "2026-03-01", "Loyer", "400.00")
    enter(lease, "2026-03-01", "Virement", "-400.00")
    enter(garage, "2026-03-06", "Loyer garage", "40.00")
    enter(left, "2025-01-01", "Loyer", "300.00")
    enter(settled, "2025-01-01", "Loyer", "300.00")
    enter(settled, "2025-01-05", "Virement", "-300.00")
    enter(in_advance, "2025-02-20", "Régularisation de charges", "-20.00")
    page = shown(inside)
    cards = page.soup.select("section.situation")
    assert [card["aria-labelledby"] for card in cards] == [f"bail-{it.id}" for it in (lease, garage, left, in_advance)]
    assert [as_read(card.select_one(".owed").get_text()) for card in cards] == [
        "Votre compte est à jour",
        "Vous devez 40,00 €",
        "Vous devez 300,00 €",
        "Vous avez 20,00 € d'avance",
    ]
    assert "(bail terminé)" in cards[2].get_text()
    assert "À payer maintenant." in cards[2].get_text()
    assert "Prochaine date" not in cards[3].get_text()


def test_the_oldest_lease_comes_first_whatever_the_order_of_the_file(inside, account, lease):
    older = add_lease(account.tenant, "777-B", starts_on=date(2010, 1, 1))
    of_always = add_lease(account.tenant, "888-C")
    cards = shown(inside).soup.select("section.situation")
    assert [card["aria-labelledby"] for card in cards] == [f"bail-{it.id}" for it in (of_always, older, lease)]


def test_two_garages_at_one_address_are_told_apart(inside, account, lease):
    enter(lease, "2026-03-06", "Loyer", "400.00")
    for reference in ("777-A", "777-B"):
        enter(add_lease(account.tenant, reference, starts_on=date(2024, 1, 1)), "2026-03-06", "Loyer garage", "40.00")
    Dwelling.update(kind="Garage").where(Dwelling.reference.startswith("777")).execute()
    page = shown(inside)
    for wording in ("h2[id^='bail-']", "a[href$='/operations'].button", "a[href$='/avis/2026-03.pdf']"):
        named = [one.get_text() for one in page.soup.select(wording)]
        assert [reference for reference in ("777-A", "777-B") if reference in "".join(named)] == ["777-A", "777-B"]
        assert len(set(named)) == 3


def test_the_link_to_the_avis_says_aloud_of_which_month_it_is(inside, lease):
    """With no « de » before it, that would be « d' » before some months and not before others."""
    enter(lease, "2026-03-06", "Loyer avril 2026", "400.00")
    named = as_read(shown(inside).one("a[href$='/avis/2026-04.pdf']").get_text())
    assert named == "Voir l'avis (PDF) : avril 2026"


def test_who_has_one_lease_reads_its_reference_once(inside, lease):
    assert shown(inside).text.count(lease.dwelling.reference) == 1


def test_a_lease_that_has_not_begun_is_no_ended_one(inside, account):
    """What is called before it begins, a deposit, has a day of its own."""
    coming = add_lease(account.tenant, "777-B", starts_on=date(2026, 4, 1))
    enter(coming, "2026-03-10", "Dépôt de garantie", "300.00")
    card = as_read(shown(inside).soup.select("section.situation")[1].get_text())
    assert "(à partir du 1er avril 2026)" in card
    assert "terminé" not in card
    assert "À payer au plus tard le 5 avril 2026." in card


def test_the_page_says_since_when_the_account_is_what_it_is(inside, lease):
    enter(lease, "2026-03-01", "Loyer", "400.00")
    for kind, state, day in (
        ("import_ledger", JobState.DONE, 10),
        ("import_ledger", JobState.DONE, 11),
        ("import_ledger", JobState.REFUSED, 12),
        ("import_tenants", JobState.DONE, 12),
    ):
        when = datetime(2026, 3, day, 21, 5, tzinfo=UTC)
        Job.create(kind=kind, state=state, finished_at=when)
    assert "Compte mis à jour le mercredi 11 mars 2026 à 22 h 05" in shown(inside).text


def test_the_same_file_again_brings_the_account_no_further(inside, lease, tmp_path):
    """An export that has stalled comes each night as it was: the date is that of what the tenant reads."""
    file = tmp_path / "ecritures.csv"
    line = f"{lease.tenant.number};{lease.dwelling.reference};05/03/2026;Virement;;400,00"
    file.write_text(f"{';'.join(LEDGER)}\n{line}\n", encoding="utf-8")
    for day in (10, 11, 12):
        with time_machine.travel(f"2026-03-{day} 05:00+01:00", tick=False):
            runs.note(runs.LEDGER, file.name, runs.LEDGER.write(file, say_nothing, runs.Word()))
    assert "Compte mis à jour le mardi 10 mars 2026 à 5 h" in shown(inside).text


def test_how_to_pay_is_what_the_office_set(inside, app, monkeypatch):
    assert "Comment payer" not in shown(inside).text
    office = vars(app.jinja_env.globals["office"])
    monkeypatch.setitem(app.config["OFFICE"], "payment", "Virement : IBAN FR00 0000 | Chèque à l'ordre de l'office")
    monkeypatch.setitem(office, "payment_page", "https://paiement.exemple.test/")
    page = shown(inside)
    assert [as_read(item.get_text()) for item in page.soup.select(".ways li")] == [
        "Virement : IBAN FR00 0000",
        "Chèque à l'ordre de l'office",
    ]
    assert page.one(".ways a")["href"] == "https://paiement.exemple.test/"


def test_the_page_takes_three_queries_however_long_the_ledger(inside, lease, statements):
    """The session; the recent entries; the leases with their balances, and when the ledger was brought up to date."""
    for month in range(1, 13):
        enter(lease, f"2025-{month:02d}-01", "Loyer", "400.00")
    statements.clear()
    assert inside.get("/compte").status_code == 200
    assert len(statements) == 3, statements


def test_whoever_cannot_pay_is_told_whom_to_call(inside):
    assert "En difficulté pour payer ?" in shown(inside).text
    assert "04 65 71 00 00" in shown(inside).text


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("Le service social : 04 65 71 00 01, du lundi au vendredi", ["tel:0465710001"]),
        ("Appelez le 04.65.71.00.01 ou le 0639980204", ["tel:0465710001", "tel:0639980204"]),
        ("De l'étranger : +33 4 65 71 00 01.", ["tel:+33465710001"]),
        ("De l'étranger : +33 (0)4 65 71 00 01.", ["tel:+33465710001"]),
        ("De l'étranger : +33465710001.", ["tel:+33465710001"]),
        ("Le 04 65 71 00 01 7 jours sur 7, le 04 65 71 00 02 24 h/24", ["tel:0465710001", "tel:0465710002"]),
        ("De l'étranger : +33 4 65 71 00 01 7 jours sur 7", ["tel:+33465710001"]),
        ("IBAN FR76 3000 0412 3456 7890 1234 567", []),
        ("IBAN FR04 1234 5678 9012 3456 7890 123", []),
        ("IBAN FR 04 1234 5678 9012 3456 7890 123", []),
        ("Compte 00 0000 0000", []),
        ("Compte 120465710001, dossier L0465710001", []),
        ("Le service social, à l'accueil", []),
    ],
)
def test_whoever_cannot_pay_calls_the_number_that_the_office_wrote_by_touching_it(
    inside, configure_office, written, dialled
):
    """No telephone makes a link of it by itself: format-detection says that none should."""
    configure_office(difficulty=written)
    told = shown(inside).soup.find("h2", string="En difficulté pour payer\u00a0?").parent.select("p")[-1]
    assert [link["href"] for link in told.select("a")] == dialled
    assert as_read(told.get_text()) == f"{written.removesuffix('.')}."


def test_so_is_the_number_that_answers_when_the_office_is_closed(client, inside, configure_office):
    configure_office(phone="04 65 71 00 00", hours="De 8 h à 12 h ; le soir, 06 39 98 02 02", difficulty="")
    assert inside.get("/compte").data.count(b'"tel:0639980202"') == 1
    assert client.get("/contact").data.count(b'"tel:0639980202"') == 1


def test_so_does_whoever_pays_by_telephone(app, inside, monkeypatch):
    ways = "Carte par téléphone : 04 65 71 00 03|Virement : IBAN FR76 3000 0412 3456 7890 1234 567"
    monkeypatch.setitem(app.config, "OFFICE", app.config["OFFICE"] | {"payment": ways})
    assert [link["href"] for link in shown(inside).soup.select(".ways a")] == ["tel:0465710003"]


@pytest.mark.parametrize("written", ["De 8 h à 12 h", "De 8 h à 12 h."])
@pytest.mark.parametrize("setting", ["hours", "difficulty"])
def test_what_the_office_set_ends_in_one_full_stop(inside, configure_office, setting, written):
    configure_office(**{setting: written})
    told = "".join(paragraph.get_text() for paragraph in shown(inside).soup.select("section p"))
    assert "De 8\u00a0h à 12\u00a0h." in told
    assert ".." not in told


@pytest.mark.parametrize(
    "page", ["", "/documents", "/logement", "/baux/1/operations", "/baux/1/avis/9999-12.pdf", "/baux/1/releve.pdf"]
)
def test_a_date_that_no_calendar_goes_beyond_breaks_no_page(inside, lease, page):
    """An import took it, from an ERP that writes « no end » so."""
    enter(lease, "9999-12-31", "Loyer", "412.35")
    assert inside.get(f"/compte{page}".replace("baux/1", f"baux/{lease.id}")).status_code == 200
