"""The papers of the account, read back from their PDF and compared with the ledger."""

import re
import threading
import time
from datetime import date
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
import time_machine
import typst
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ophportal.formatting import euros
from ophportal.models import DocumentKind, Dwelling, Lease, Tenant
from ophportal.models.rent_call import calls_of
from ophportal.models.rent_month import rent_months_of
from ophportal.models.statement import lines_of, sum_of
from ophportal.papers import rent_notice
from ophportal.papers.account_paper import of_month
from ophportal.papers.account_statement import make_account_statement
from ophportal.papers.receipt import amounts_of, make_receipt, period_of, receipt_due, statement_of
from ophportal.papers.rent_notice import make_rent_notice
from ophportal.papers.typesetting import PaperNotMade
from tests import stores
from tests.ledgers import ledgers, told
from tests.pdf import ODD_NAMES, check_tagged, needs_poppler, read, text_of, warnings_of
from tests.spaces import as_read

pytestmark = stores.once

# As it stands in a column: no figure of the column before is a space away.
AMOUNT = re.compile(r"(?<!\d )−?\d{1,3}(?: \d{3})*,\d\d €")
WAYS = "Virement : IBAN FR00 0000 0000, compte inventé|Carte : à l'accueil"
# A month paid, one whose payment came back and was paid late, one paid in part.
USUAL = [
    told("2026-01-15", "Loyer janvier, du 15 au 31", "213.33"),
    told("2026-01-15", "Provision pour charges", "42.00"),
    told("2026-02-01", "Loyer février", "1412.50"),
    told("2026-02-01", "Provision pour charges", "82.10"),
    told("2026-02-01", "APL février", "-150.00"),
    told("2026-02-10", "Prélèvement", "-255.33"),
    told("2026-02-12", "Rejet de prélèvement", "255.33"),
    told("2026-02-13", "Frais de rejet", "5.00"),
    told("2026-02-20", "Virement", "-1000.00"),
    told("2026-03-01", "Loyer mars", "1412.50"),
    told("2026-03-01", "Provision pour charges", "82.10"),
    told("2026-03-01", "APL mars", "-150.00"),
]

RENT = told("2026-03-01", "Loyer", "400.00")


@pytest.fixture(autouse=True)
def _context(app, monkeypatch):
    monkeypatch.setitem(app.config, "OFFICE", app.config["OFFICE"] | {"payment": WAYS, "difficulty": ""})
    with app.app_context(), time_machine.travel("2026-03-20 09:00+01:00", tick=False):
        yield


def household(name="D'ANGELO-PAOLI", address="12 rue des Lilas", kind="", **dates):
    tenant = Tenant(number="0012345", civility="Mme", first_names="Maria Stella", last_name=name)
    dwelling = Dwelling(reference="0123-04-056", address=address, postal_code="20090", city="Ajaccio", kind=kind)
    return tenant, Lease(tenant=tenant, dwelling=dwelling, **{"starts_on": date(2026, 1, 15)} | dates)


def amounts_in(pdf):
    """Every amount on its pages, in its order."""
    return [
        Decimal(re.sub("[ €]", "", found).replace("−", "-").replace(",", "."))
        for found in AMOUNT.findall(as_read(text_of(pdf, "-layout")))
    ]


def notice(entries, month=-1, **who):
    return make_rent_notice(*household(**who), calls_of(entries)[month])


def statement(entries, year=None, **who):
    return make_account_statement(*household(**who), lines_of(entries), year)


def receipt(entries, month=-1, **who):
    return make_receipt(*household(**who), rent_months_of(entries)[month])


class TestForReaders:
    """Tagged, titled, in French; each table has its headers."""

    @pytest.mark.parametrize(
        ("make", "title"),
        [
            (lambda: notice(USUAL), "Avis d’échéance de mars\u00a02026"),
            (lambda: receipt(USUAL, 0), "Quittance de loyer de janvier\u00a02026"),
            (lambda: receipt(USUAL, 1), "Reçu de février\u00a02026"),
            (lambda: statement(USUAL), "Relevé de compte"),
        ],
        ids=["avis", "quittance", "recu", "releve"],
    )
    def test_each_is_tagged(self, make, title):
        kinds = check_tagged(make(), title)
        assert kinds.count("/H1") == 1
        assert kinds.count("/Table") == kinds.count("/TFoot") == 1

    def test_a_line_of_the_notice_is_under_its_column_and_its_group(self):
        kinds = check_tagged(notice(USUAL), "Avis d’échéance de mars\u00a02026")
        # Date, Libellé, Montant; before, rent, charges, aids, other.
        assert kinds.count("/TH") == 3 + 5

    def test_nobody_is_named_in_what_a_folder_shows(self, app):
        for made in (notice(USUAL), receipt(USUAL, 0), statement(USUAL)):
            with pikepdf.open(BytesIO(made)) as pdf:
                about = str(pdf.docinfo) + str(pdf.Root.Metadata.read_bytes())
            assert app.config["OFFICE"]["name"].replace("'", "’") in about
            assert "ANGELO" not in about
            assert "0012345" not in about

    def test_they_compile_without_a_warning(self, monkeypatch):
        makers = (lambda: notice(USUAL), lambda: receipt(USUAL, 0), lambda: statement(USUAL))
        assert warnings_of(monkeypatch, *makers) == []


@needs_poppler
class TestNotice:
    def test_it_says_how_much_until_when_why_and_how_to_pay(self):
        text = read(notice(USUAL), "-layout")
        assert "Ajaccio, le 1er mars 2026" in text
        assert "Votre numéro locataire : 0012345" in text
        assert "Votre référence logement : 0123-04-056" in text
        assert f"Net à payer : {read_euros(calls_of(USUAL)[2].net)}" in text
        assert "au plus tard le 5 mars 2026" in text
        assert "Virement : IBAN FR00 0000 0000, compte inventé" in text.replace("\n", " ")
        assert "Appelez l'office au 04 65 71 00 00." in read(notice(USUAL))
        assert "Cet avis dit ce qui était demandé le 1er mars 2026." in text

    @pytest.mark.parametrize("hours", ["De 8 h à 12 h", "De 8 h à 12 h."])
    def test_the_office_s_hours_end_in_one_full_stop(self, app, monkeypatch, hours):
        monkeypatch.setitem(app.config["OFFICE"], "hours", hours)
        text = read(notice(USUAL))
        assert "04 65 71 00 00. De 8 h à 12 h." in text
        assert ".." not in text

    def test_who_owed_something_before_is_told_to_keep_to_a_payment_plan(self):
        plan = "Vous avez un plan avec l'office pour payer une dette d'avant ? Suivez votre plan."
        before = told("2026-02-01", "Loyer février", "400.00")
        assert plan in read(notice([before, RENT]))
        assert "plan" not in read(notice([RENT]))
        assert "plan" not in read(notice([before, told("2026-02-20", "Virement", "-400.00"), RENT]))

    def test_its_lines_are_the_ledger_s(self):
        call = calls_of(USUAL)[2]
        assert amounts_in(notice(USUAL)) == [
            call.net,
            call.previous,
            *(entry.amount for entry in call.settled),
            Decimal("1412.50"),
            Decimal("82.10"),
            Decimal("-150.00"),
            Decimal("5.00"),
            call.total,
            call.net,
        ]
        assert call.net == sum_of(USUAL)

    @settings(max_examples=25)
    @given(ledgers.filter(calls_of))
    def test_whatever_the_ledger_its_lines_come_to_its_net(self, entries):
        call = calls_of(entries)[-1]
        told_amounts = amounts_in(notice(entries))
        # The frame says the net, or what is in advance, or no figure at all.
        if call.net:
            assert told_amounts.pop(0) == abs(call.net)
        *lines, total, net = told_amounts
        assert lines[0] == call.previous
        assert sum(lines) == net == call.net == sum_of(e for e in entries if e.date <= call.called_on)
        assert total == call.total

    def test_a_first_month_that_begins_in_its_middle(self):
        text = read(notice(USUAL, 0))
        assert "Avis d'échéance de janvier 2026" in text
        assert "Net à payer : 255,33 €" in text
        assert "au plus tard le 5 février 2026" in text

    def test_who_is_in_advance_has_nothing_to_pay(self):
        text = read(notice([told("2026-02-20", "Virement", "-500.00"), told("2026-03-01", "Loyer mars", "480.00")]))
        assert "Vous n'avez rien à payer Vous avez 20,00 € d'avance." in text
        assert "Solde en votre faveur" in text
        assert "au plus tard" not in text
        assert "Comment payer" not in text

    def test_a_call_that_is_just_paid_says_so(self):
        text = read(notice([told("2026-02-20", "Virement", "-480.00"), told("2026-03-01", "Loyer mars", "480.00")]))
        assert "Vous n'avez rien à payer" in text
        assert "d'avance" not in text

    def test_a_usual_one_is_on_one_page(self):
        assert text_of(notice(USUAL)).count("\f") == 1

    def test_an_office_that_has_configured_nothing_writes_all_the_same(self, app, monkeypatch):
        bare = dict.fromkeys(app.config["OFFICE"], "") | {"name": "Office d'essai", "short_name": "OE"}
        monkeypatch.setitem(app.config, "OFFICE", bare)
        text = read(notice(USUAL))
        assert "Comment payer" not in text
        assert "Demandez à l'office." in text

    def test_three_hundred_lines_run_over_pages_that_repeat_the_header(self):
        many = [told(f"2025-12-{1 + n // 12:02d}", f"Frais {n}", "1.10") for n in range(300)]
        pages = text_of(notice([*many, told("2026-01-02", "Loyer", "400.00")])).split("\f")[:-1]
        assert len(pages) > 4
        for number, page in enumerate(pages[:-1], 1):
            assert f"page {number} / {len(pages)}" in page
            assert "Libellé" in page


@needs_poppler
class TestReceipt:
    def test_a_quittance_parts_rent_and_charges(self):
        text = read(receipt(USUAL, 0), "-layout")
        assert "Quittance de loyer de janvier 2026" in text
        assert "déclare avoir reçu de Mme Maria Stella D'ANGELO-PAOLI la somme de 255,33 €" in text
        assert "du 15 janvier 2026 au 31 janvier 2026" in text
        assert "le logement situé 12 rue des Lilas, 20090 Ajaccio" in text
        assert "Pour acquit." in text
        # A yearly adjustment is among them, which is no « provision ».
        assert re.search(r"\bCharges\s+42,00", text)
        assert "Provisions" not in text
        assert "loi n° 89-462 du 6 juillet 1989, article 21" in text
        assert amounts_in(receipt(USUAL, 0)) == [Decimal(a) for a in ("255.33", "213.33", "42.00", "255.33", "255.33")]

    @pytest.mark.parametrize(("label", "said"), [("Virement", "avoir reçu"), ("APL", "que le loyer et les charges")])
    def test_before_a_first_name_it_elides_with_the_apostrophe_of_its_other_words(self, label, said):
        tenant, lease = household("LAURIER")
        tenant.civility, tenant.first_names = "", "Olive"
        entries = [told("2026-02-01", "Loyer", "400.00"), told("2026-02-02", label, "-400.00")]
        words = statement_of(tenant, lease, rent_months_of(entries)[-1])
        assert f"déclare {said} d’Olive LAURIER" in words

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("T3", "pour le logement situé 12 rue des Lilas, 20090 Ajaccio, du"),
            ("Studio", "pour le logement situé 12 rue des Lilas, 20090 Ajaccio, du"),
            ("T3 avec garage", "pour le logement situé 12 rue des Lilas, 20090 Ajaccio, du"),
            ("GARAGE BOXÉ", "pour le garage, référence 0123-04-056, 12 rue des Lilas, 20090 Ajaccio, du"),
            ("Place de stationnement", "pour la place de stationnement, référence 0123-04-056, 12 rue des Lilas,"),
        ],
    )
    def test_it_says_what_is_let_a_garage_being_no_dwelling(self, kind, said):
        assert said in read(receipt(USUAL, 0, kind=kind))

    def test_a_garage_of_no_address_has_its_reference_still(self):
        tenant, lease = household(kind="Garage", address="")
        lease.dwelling.postal_code = lease.dwelling.city = ""
        text = read(make_receipt(tenant, lease, rent_months_of(USUAL)[0]))
        assert "pour le garage, référence 0123-04-056, du 15 janvier" in text

    def test_a_receipt_says_what_is_left_and_that_it_is_no_quittance(self):
        month = rent_months_of(USUAL)[1]
        assert receipt_due(month) is DocumentKind.RECU
        text = read(receipt(USUAL, 1), "-layout")
        assert "Ce reçu n'est pas une quittance" in text
        assert "Pour acquit" not in text
        assert amounts_in(receipt(USUAL, 1))[-3:] == [month.total, month.received, month.total - month.received]
        # 1 000,00 paid, of which January took 255,33.
        assert month.received == Decimal("744.67")

    def test_aids_are_apart_and_a_month_that_they_pay_is_paid(self):
        entries = [told("2026-03-01", "Loyer mars", "300.00"), told("2026-03-01", "APL mars", "-300.00")]
        text = read(receipt(entries))
        assert "sont réglés pour le logement situé 12 rue des Lilas" in text
        assert amounts_in(receipt(entries)) == [300, -300, 0, 0]

    def test_only_payments_are_received_and_what_else_settles_the_month_is_told_apart(self):
        entries = [told("2026-03-01", "Loyer mars", "500.00"), told("2026-03-05", "APL mars", "-200.00")]
        entries += [told("2026-03-06", "Geste commercial", "-40.00"), told("2026-03-10", "Virement", "-260.00")]
        text = read(receipt(entries), "-layout")
        assert "déclare avoir reçu de Mme Maria Stella D'ANGELO-PAOLI la somme de 260,00 €" in text
        assert "Autres aides et avoirs" in text
        assert amounts_in(receipt(entries)) == [260, 500, -200, 300, 260, 40]

    def test_it_is_of_the_month_that_the_rent_names(self):
        entries = [told("2026-02-28", "Loyer mars 2026", "500.00"), told("2026-03-05", "Virement", "-500.00")]
        text = read(receipt(entries), "-layout")
        assert "Quittance de loyer de mars 2026" in text
        assert "du 1er mars 2026 au 31 mars 2026" in text

    def test_the_month_whose_rent_was_undone_has_none_and_the_next_one_has_its_own(self):
        march, april = rent_months_of(
            [
                told("2026-03-01", "Loyer mars", "500.00"),
                told("2026-03-15", "Annulation loyer mars", "-500.00"),
                told("2026-04-01", "Loyer avril", "450.00"),
                told("2026-04-05", "Virement", "-450.00"),
            ]
        )
        assert (receipt_due(march), receipt_due(april)) == (None, DocumentKind.QUITTANCE)

    def test_charges_that_are_given_back_cost_no_quittance(self):
        asked = [told("2026-03-01", "Loyer mars", "400.00"), told("2026-03-01", "Provision pour charges", "100.00")]
        entries = [*asked, told("2026-03-01", "Régularisation charges 2025", "-600.00")]
        assert "sont réglés pour le logement situé" in read(receipt(entries))
        assert amounts_in(receipt(entries)) == [400, 100, 500, 0, 500]

    @pytest.mark.parametrize(
        "entry",
        [told("2026-03-31", "Loyer", "400.00"), told("2026-03-01", "Loyer janvier et février", "400.00")],
        ids=["the next month's?", "two others'"],
    )
    def test_what_may_be_another_month_s_rent_has_none(self, entry):
        paid = told("2026-03-31", "Virement", "-800.00")
        assert receipt_due(rent_months_of([RENT, entry, paid])[-1]) is None

    @pytest.mark.parametrize(
        ("entries", "due"),
        [
            ([RENT], None),
            ([RENT, told("2026-03-02", "Geste commercial", "-100.00")], None),
            ([RENT, told("2026-03-02", "Virement", "-0.01")], DocumentKind.RECU),
            (
                [told("2026-03-01", "Loyer", "400.00"), told("2026-03-02", "Virement", "-400.00")],
                DocumentKind.QUITTANCE,
            ),
            ([RENT, told("2026-03-01", "Annulation loyer", "-400.00")], None),
            (
                [
                    RENT,
                    told("2026-03-02", "Prélèvement", "-400.00"),
                    told("2026-03-05", "Rejet de prélèvement", "400.00"),
                ],
                None,
            ),
        ],
        ids=["unpaid", "an avoir", "a cent", "paid", "undone", "sent back"],
    )
    def test_what_is_due_for_a_month(self, entries, due):
        [month] = rent_months_of(entries)
        assert receipt_due(month) is due
        if due is None:
            with pytest.raises(ValueError, match="no receipt"):
                receipt(entries)

    @pytest.mark.parametrize(
        ("dates", "period"),
        [
            ({"starts_on": None}, ("2026-03-01", "2026-03-31")),
            ({"starts_on": date(2026, 3, 10), "ends_on": date(2026, 3, 20)}, ("2026-03-10", "2026-03-20")),
            # The ERP's dates come later than its ledger.
            ({"starts_on": date(2026, 4, 10)}, ("2026-03-01", "2026-03-31")),
        ],
    )
    def test_the_period_is_what_the_lease_has_of_the_month(self, dates, period):
        _, lease = household(**dates)
        assert tuple(str(day) for day in period_of(date(2026, 3, 1), lease)) == period


@given(ledgers)
def test_what_a_receipt_tells_apart_comes_to_what_was_asked(entries):
    for month in rent_months_of(entries):
        assert sum(amount for _, amount in amounts_of(month)) == month.total
        if receipt_due(month) is DocumentKind.RECU:
            assert 0 < month.received < month.total


@needs_poppler
class TestStatement:
    def test_it_tells_every_entry_with_the_balance_after_it(self):
        text = read(statement(USUAL), "-layout")
        expected = [Decimal(0)]
        for line in lines_of(USUAL):
            expected += [abs(line.entry.amount), line.balance]
        debits = sum(entry.amount for entry in USUAL if entry.amount > 0)
        credits = -sum(entry.amount for entry in USUAL if entry.amount < 0)
        closing = sum_of(USUAL)
        assert amounts_in(statement(USUAL)) == [*expected, debits, credits, closing, closing]
        assert f"Le 1er mars 2026 : vous devez {read_euros(closing)}." in text

    def test_a_year_begins_with_what_the_one_before_left(self):
        entries = [told("2025-12-01", "Loyer décembre", "400.00"), *USUAL]
        text = read(statement(entries, 2026), "-layout")
        assert "Relevé de compte 2026" in text
        assert "Solde au début 400,00 €" in text
        assert "décembre" not in text
        before = read(statement(entries, 2025))
        assert "Le 1er décembre 2025 : vous devez 400,00 €." in before

    def test_three_hundred_entries_run_over_pages_that_repeat_the_header(self):
        many = USUAL * 25
        made = statement(many)
        check_tagged(made, "Relevé de compte")
        pages = text_of(made).split("\f")[:-1]
        assert len(pages) > 4
        for number, page in enumerate(pages[:-1], 1):
            assert f"page {number} / {len(pages)}" in page
            assert {"Date", "Libellé", "Débit", "Crédit", "Solde"} <= set(page.split("\n"))
        assert amounts_in(made)[-1] == sum_of(many)

    @settings(max_examples=25)
    @given(ledgers.filter(bool))
    def test_whatever_the_ledger_its_closing_balance_is_the_sum(self, entries):
        text = read(statement(entries), "-layout")
        assert f"Solde à la fin {read_euros(sum_of(entries))}" in text


@needs_poppler
class TestOddNames:
    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_they_come_out_as_they_are_written(self, name):
        entry = told("2026-01-01", f"Loyer {name}", "400.00")
        assert name in read(receipt([entry, told("2026-01-02", "Virement", "-400.00")], name=name))
        for made in (notice([entry]), statement([entry])):
            # An endless word may break, at a space of no width.
            assert f"Loyer {name}" in read(made).replace("\u200b", "")

    @settings(max_examples=25)
    @given(st.text(max_size=300))
    def test_no_name_nor_label_stops_a_paper(self, name):
        entries = [told("2026-01-01", "Loyer", "400.00"), told("2026-01-02", name, "-400.00")]
        assume(receipt_due(rent_months_of(entries)[-1]))  # « LOY » takes the rent back, and leaves nothing to receipt
        for make in (notice, receipt, statement):
            assert make(entries, name=name, address=name).startswith(b"%PDF")


def read_euros(amount):
    return as_read(euros(amount))


@pytest.mark.parametrize(
    ("month", "said"), [(3, "de mars"), (4, "d'avril"), (8, "d'août"), (10, "d'octobre"), (12, "de décembre")]
)
def test_months_that_begin_with_a_vowel_are_elided(month, said):
    assert of_month(date(2026, month, 1)).replace("’", "'") == f"{said}\u00a02026"


def test_a_broken_template_fails_with_its_line_and_no_name(tmp_path, monkeypatch):
    broken = rent_notice.TEMPLATE.read_text().replace("given.note", "given.addressee.note")
    (tmp_path / "rent_notice.typ").write_text(broken)
    monkeypatch.setattr(rent_notice, "TEMPLATE", tmp_path / "rent_notice.typ")
    with pytest.raises(PaperNotMade, match=r"^rent_notice\.typ, line \d+$") as failure:
        notice(USUAL)
    assert failure.value.__context__ is None


def test_one_is_made_at_a_time(app, monkeypatch):
    at_work, most = [], []

    def compile_slowly(*args, **options):
        at_work.append(1)
        most.append(len(at_work))
        time.sleep(0.01)
        at_work.pop()
        return b"%PDF"

    def make():
        with app.app_context():
            assert notice(USUAL) == b"%PDF"

    monkeypatch.setattr(typst, "compile", compile_slowly)
    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6
