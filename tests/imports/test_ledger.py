"""The ledger file: what was charged and paid becomes entries, whole or not at all, and twice changes nothing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peewee import OperationalError, fn

from ophportal import clock, store
from ophportal.database import proxy
from ophportal.imports.files.cells import PASTE_VALUES, near_date
from ophportal.imports.ledger import import_ledger, look_at_ledger
from ophportal.imports.ledger import line as ledger_line
from ophportal.imports.refusals import ImportRefused, Unsure
from ophportal.leavers import forget_leavers
from ophportal.models import Lease, LedgerEntry
from ophportal.models.nature import Nature
from ophportal.testing import add_lease
from tests.ledger_file import LEDGER, WITH_IDENTIFIER
from tests.spaces import as_read
from tests.stores import on_sqlite
from tests.tables import write_table

RENT = ("0012345", "0123-04-056", "01/11/2026", "Loyer novembre", "412,35", "", "")
PAYMENT = ("L12345", "0123 04 056", "2026-11-05", "Prélèvement", "", "412,35 €", "")


@pytest.fixture
def ledger_file(make_tenant, tmp_path):
    """A function that writes a ledger file of these lines; Maria and her lease are on file."""
    make_tenant()

    def write(*lines, headers=WITH_IDENTIFIER):
        return write_table(tmp_path / "ecritures.csv", headers, lines)

    return write


@pytest.fixture
def reasons(ledger_file):
    def reasons(*lines):
        with pytest.raises(ImportRefused) as refused:
            import_ledger(ledger_file(*lines))
        assert LedgerEntry.select().count() == 0
        return [as_read(str(error)) for error in refused.value.errors]

    return reasons


def told(report):
    count = report.counts["Écritures"]
    return (count.created, count.updated, count.unchanged)


def entries():
    query = LedgerEntry.select().order_by(LedgerEntry.date, LedgerEntry.id)
    return [(entry.date, entry.label, entry.debit, entry.credit) for entry in query]


def test_lines_become_entries_of_their_lease(ledger_file):
    report = import_ledger(ledger_file(RENT, PAYMENT))
    assert entries() == [
        (date(2026, 11, 1), "Loyer novembre", Decimal("412.35"), Decimal(0)),
        (date(2026, 11, 5), "Prélèvement", Decimal(0), Decimal("412.35")),
    ]
    assert {entry.lease for entry in LedgerEntry.select()} == {Lease.get()}
    assert (report.read, told(report)) == (2, (2, 0, 0))


def test_a_payment_is_one_on_whichever_side_its_minus_stands(ledger_file):
    paid = (*PAYMENT[:2], "05/11/2026", "Prélèvement", "-412,35", "", "")
    came_back = (*PAYMENT[:2], "09/11/2026", "Rejet de prélèvement", "", "-412,35", "")
    import_ledger(ledger_file(RENT, paid, came_back))
    natures = [Nature.RENT, Nature.PAYMENT, Nature.REVERSAL]
    lease = Lease.get()
    assert [entry.nature for entry in LedgerEntry.of(lease)] == natures
    assert [entry.nature for entry in LedgerEntry.whole_of(lease)] == natures
    assert [entry.nature for entry in LedgerEntry.recent_of(lease.tenant, date(2026, 11, 1))] == natures


@pytest.mark.parametrize("titles", [("Montant", "Sens"), ("Montant (€)", "D/C"), ("MONTANT EUR", "Débit/Crédit")])
@pytest.mark.parametrize(("debit", "credit"), [("D", "C"), ("Débit", "Crédit"), ("d ", "CR")])
def test_one_amount_with_its_side_is_a_debit_or_a_credit(make_tenant, tmp_path, titles, debit, credit):
    make_tenant()
    rent = ("0012345", "0123-04-056", "01/06/2026", "Loyer juin", "412,35", debit)
    paid = ("0012345", "0123-04-056", "05/06/2026", "Virement", "400", credit)
    path = write_table(
        tmp_path / "ecritures.csv", ("N° locataire", "Réf. logement", "Date", "Libellé", *titles), [rent, paid]
    )

    report = import_ledger(path)

    assert [(entry.debit, entry.credit) for entry in LedgerEntry.select().order_by(LedgerEntry.date)] == [
        (Decimal("412.35"), Decimal(0)),
        (Decimal(0), Decimal(400)),
    ]
    assert not any("laissées de côté" in fact for fact in report.facts)


@pytest.mark.parametrize(("amount", "side"), [("412,35", ""), ("412,35", "X"), ("412,35", "+"), ("-412,35", "C")])
def test_an_amount_whose_side_can_be_either_is_refused(make_tenant, tmp_path, amount, side):
    make_tenant()
    line = ("0012345", "0123-04-056", "01/06/2026", "Virement", amount, side)
    headers = ("N° locataire", "Réf. logement", "Date", "Libellé", "Montant", "Sens")

    with pytest.raises(ImportRefused) as refused:
        import_ledger(write_table(tmp_path / "ecritures.csv", headers, [line]))

    assert "n'est pas un montant" in str(refused.value)
    assert f"{amount} (sens : {side})" in as_read(str(refused.value))


def test_amounts_without_a_side_are_refused_with_what_to_do(make_tenant, tmp_path):
    headers = ("N° locataire", "Réf. logement", "Date", "Libellé", "Montant")
    path = write_table(
        tmp_path / "ecritures.csv", headers, [("0012345", "0123-04-056", "01/06/2026", "Loyer", "-412,35")]
    )

    with pytest.raises(ImportRefused) as refused:
        import_ledger(path)

    assert as_read(str(refused.value)) == (
        "la colonne « Montant » ne dit pas ce qui est demandé et ce qui est payé : demandez à l'ERP deux colonnes, "
        "« débit » et « crédit », ou une colonne « sens » (D ou C)"
    )


@pytest.mark.parametrize("unit", ["(€)", "EUR", "(en euros)", "en €"])
def test_a_title_may_tell_the_currency(make_tenant, tmp_path, unit):
    make_tenant()
    line = ("0012345", "0123-04-056", "01/06/2026", "Loyer juin", "412,35", "")
    headers = ("N° locataire", "Réf. logement", "Date", "Libellé", f"Débit {unit}", f"Crédit {unit}")

    assert import_ledger(write_table(tmp_path / "ecritures.csv", headers, [line])).read == 1


def test_the_same_file_again_changes_nothing(ledger_file):
    path = ledger_file(RENT, PAYMENT, RENT, (*RENT[:6], "A-1"))
    assert told(import_ledger(path)) == (4, 0, 0)
    before = list(LedgerEntry.select().tuples())
    assert told(import_ledger(path)) == (0, 0, 4)
    assert list(LedgerEntry.select().tuples()) == before


def test_two_equal_lines_are_two_entries_and_a_third_one_adds_one(ledger_file):
    import_ledger(ledger_file(RENT, RENT))
    assert told(import_ledger(ledger_file(RENT, RENT, RENT))) == (1, 0, 2)
    assert LedgerEntry.select().count() == 3


def test_an_entry_with_an_identifier_is_mended_and_others_stay(ledger_file):
    import_ledger(ledger_file((*RENT[:6], "A-1"), (*PAYMENT[:6], "A-2")))
    mended = (*RENT[:3], "Loyer novembre, corrigé", "400,00", "", "A-1")
    assert told(import_ledger(ledger_file(mended, (*PAYMENT[:6], "A-2")))) == (0, 1, 1)
    assert entries()[0][1:3] == ("Loyer novembre, corrigé", Decimal("400.00"))


def test_an_export_aligned_by_spaces_says_the_same(ledger_file):
    spaced = (*RENT[:3], "Loyer  novembre", *RENT[4:])
    import_ledger(ledger_file(spaced))
    aligned = (*spaced[:3], "Loyer  novembre   ", *spaced[4:])
    assert told(import_ledger(ledger_file(aligned))) == (0, 0, 1)
    assert entries()[0][1] == "Loyer novembre"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Loyer f\u00e9vrier", "Loyer fe\u0301vrier"),
        ("Frais d\u2019huissier", "Frais d'huissier"),
        ("Frais d'huissier", "Frais d\u2019huissier"),
        ("Rejet de l\u02bcAPL", "Rejet de l\u2018APL"),
    ],
)
def test_an_entry_told_in_other_bytes_is_the_same(ledger_file, before, after):
    import_ledger(ledger_file((*RENT[:3], before, *RENT[4:])))
    spaced = (*RENT[:3], f" {after} ", *RENT[4:])
    assert told(import_ledger(ledger_file((*RENT[:3], after, *RENT[4:])))) == (0, 0, 1)
    assert told(import_ledger(ledger_file(spaced))) == (0, 0, 1)


@pytest.mark.parametrize(("before", "after", "known"), [("", "A-1", "sans"), ("A-1", "", "sous l'identifiant A-1")])
def test_an_erp_that_changes_its_mind_about_identifiers_doubles_no_entry(ledger_file, before, after, known):
    import_ledger(ledger_file((*RENT[:6], before), (*PAYMENT[:6], before and "A-2")))
    path = ledger_file((*RENT[:6], after), (*RENT[:2], "01/12/2026", *RENT[3:6], after and "A-3"))
    for importing in (import_ledger, lambda path: look_at_ledger(path).refused and import_ledger(path)):
        with pytest.raises(ImportRefused) as refused:
            importing(path)
        (error,) = refused.value.errors
        assert error.line == 2
        assert f"cette écriture est déjà enregistrée {known}" in str(error)
    assert LedgerEntry.select().count() == 2


def test_a_label_whose_accents_were_misread_is_the_same(ledger_file):
    without = PAYMENT[:6]
    import_ledger(ledger_file(without, headers=LEDGER))
    misread = without[3].encode().decode("cp1252")

    again = import_ledger(ledger_file((*without[:3], misread, *without[4:]), headers=LEDGER))

    assert told(again) == (0, 0, 1)
    assert again.to_watch[0].startswith("1 ligne a des accents abîmés")


def test_a_label_that_lost_a_letter_is_refused(reasons):
    """Mended in the ERP later, it would be another entry, and count twice."""
    assert reasons((*RENT[:3], "Pr\ufffdlèvement", *RENT[4:])) == [
        "ligne 2 : « libellé » a perdu un caractère : « Pr\ufffdlèvement » (corrigez-le dans l'ERP)"
    ]


def test_an_identifier_that_a_spreadsheet_has_shortened_is_the_same(ledger_file):
    import_ledger(ledger_file((*RENT[:6], "0000123"), (*PAYMENT[:6], "0000124")))
    assert told(import_ledger(ledger_file((*RENT[:6], "123"), (*PAYMENT[:6], "124")))) == (0, 0, 2)
    assert told(import_ledger(ledger_file((*RENT[:6], "0123"), (*PAYMENT[:6], "00124")))) == (0, 0, 2)


def test_identifiers_that_only_separators_or_case_tell_apart_are_two(ledger_file):
    """Lot 1, line 23 and lot 12, line 3: no spreadsheet makes one of the other."""
    ids = ["1-23", "12-3", "123", "A1", "a1", "0-1", "1"]
    assert told(import_ledger(ledger_file(*[(*RENT[:3], erp_id, *RENT[4:6], erp_id) for erp_id in ids]))) == (7, 0, 0)


def test_piece_numbers_that_start_again_each_year_rewrite_no_entry(ledger_file):
    headers = (*LEDGER, "N° pièce")
    import_ledger(ledger_file((*RENT[:6], "1"), (*PAYMENT[:6], "2"), headers=headers))
    next_year = (*RENT[:2], "01/11/2027", "Loyer novembre 2027", "420,00", "", "1")
    assert told(import_ledger(ledger_file(next_year, headers=headers))) == (1, 0, 0)
    assert [label for _, label, *_ in entries()] == ["Loyer novembre", "Prélèvement", "Loyer novembre 2027"]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("d'un autre bail", ("2", "2", *RENT[2:4], "500,00", "", "1")),
        ("d'un autre bail", ("2", "2", "01/12/2026", *RENT[3:6], "1")),
        ("d'une autre écriture", (*RENT[:2], "01/11/2027", "Loyer novembre 2027", *RENT[4:6], "0001")),
    ],
)
def test_an_identifier_that_starts_again_is_refused(ledger_file, make_tenant, place, line):
    make_tenant("ROSSI", "Paul", number="2", reference="2", email="paul@exemple.test")
    import_ledger(ledger_file((*RENT[:6], "1")))
    before = entries()
    path = ledger_file(line)
    with pytest.raises(ImportRefused) as refused:
        import_ledger(path)
    for error in (*refused.value.errors, *look_at_ledger(path).refused.errors):
        assert error.line == 2
        assert f"l'identifiant 1 est déjà celui {place} (Loyer novembre, 01/11/2026)" in error.reason
        assert "retirez la colonne" in error.reason
    assert entries() == before


class TestAnotherLease:
    """The ERP gives a tenant another number, or puts a payment to the account that it was for."""

    @pytest.fixture
    def renumbered(self, ledger_file, make_tenant):
        """A ledger file that tells Maria's two entries under another number, and one that was told so all along."""
        make_tenant("D'ANGELO-PAOLI", "Maria Stella", number="2", reference="2", email="")
        import_ledger(ledger_file((*RENT[:6], "1"), (*PAYMENT[:6], "2"), ("2", "2", *RENT[2:6], "3")))
        return ledger_file(("2", "2", *RENT[2:6], "1"), ("2", "2", *PAYMENT[2:6], "2"), ("2", "2", *RENT[2:6], "3"))

    def test_nobody_s_entries_go_to_another_without_a_word(self, renumbered):
        before = entries()
        (doubt,) = look_at_ledger(renumbered).doubts
        assert as_read(doubt).startswith(
            "Écritures enregistrées qui passent à un autre bail : 2, d'abord la ligne 2 : Loyer novembre. Si l'ERP a "
            "changé un numéro de locataire"
        )
        with pytest.raises(Unsure):
            import_ledger(renumbered, sure=False)
        assert entries() == before

    def test_with_it_they_are_there_once_under_their_identifiers(self, renumbered):
        assert told(import_ledger(renumbered)) == (0, 2, 1)
        assert {entry.lease.tenant.number for entry in LedgerEntry.select()} == {"2"}
        assert LedgerEntry.select().count() == 3
        again = look_at_ledger(renumbered)
        assert (told(again), again.doubts) == ((0, 0, 3), ())

    def test_the_balances_of_both_change(self, renumbered, tmp_path):
        one = write_table(tmp_path / "une.csv", WITH_IDENTIFIER, [("2", "2", *RENT[2:6], "1")])
        assert "Le solde de 2 baux change." in look_at_ledger(one).facts


def test_an_entry_that_comes_back_under_another_identifier_is_refused(ledger_file):
    import_ledger(ledger_file((*RENT[:6], "A-1")))
    with pytest.raises(ImportRefused, match=r"déjà enregistrée sous l'identifiant A-1.*mettez les deux"):
        import_ledger(ledger_file((*RENT[:6], "B-1")))
    assert told(import_ledger(ledger_file((*RENT[:6], "A-1"), (*RENT[:6], "B-1")))) == (1, 0, 1)


def test_an_equal_entry_beside_the_one_on_file_is_another_one(ledger_file):
    import_ledger(ledger_file(RENT))
    assert told(import_ledger(ledger_file(RENT, (*RENT[:6], "A-1")))) == (1, 0, 1)
    assert told(import_ledger(ledger_file(RENT, RENT, (*RENT[:6], "A-1")))) == (1, 0, 2)


def test_a_file_of_one_month_leaves_the_others_alone(ledger_file):
    import_ledger(ledger_file(RENT))
    december = (*RENT[:2], "01/12/2026", "Loyer décembre", *RENT[4:])
    import_ledger(ledger_file(december))
    assert LedgerEntry.select().count() == 2


@pytest.mark.parametrize("identifiers", [("", "", "", ""), ("1", "2", "3", "4")])
def test_entries_are_written_lease_by_lease_and_a_lease_s_in_the_order_of_the_file(
    ledger_file, make_tenant, identifiers
):
    """By the order of the file, a store of a large office reads and writes the pages of its indexes again and again."""
    make_tenant("ROSSI", number="8", reference="8-A")
    homes, labels = [RENT[:2], ("8", "8-A")] * 2, ["Loyer", "Loyer", "Charges", "Charges"]
    said = zip(homes, labels, identifiers, strict=True)
    lines = [(*home, "01/11/2026", label, "10,00", "", erp_id) for home, label, erp_id in said]
    import_ledger(ledger_file(*lines))
    ours, theirs = (lease.id for lease in Lease.select().order_by(Lease.id))
    written = [(entry.lease_id, entry.label) for entry in LedgerEntry.select().order_by(LedgerEntry.id)]
    assert written == [(ours, "Loyer"), (ours, "Charges"), (theirs, "Loyer"), (theirs, "Charges")]


def test_each_lease_has_its_own(ledger_file, make_tenant):
    other = make_tenant("ROSSI", "Paul", number="2", reference="2", email="paul@exemple.test")
    add_lease(other, "G-7")
    import_ledger(ledger_file(RENT, ("2", "2", *RENT[2:]), ("2", "G-7", *RENT[2:])))
    sums = LedgerEntry.select(LedgerEntry.lease, fn.SUM(LedgerEntry.debit)).group_by(LedgerEntry.lease).tuples()
    assert [total for _, total in sums] == [412_35] * 3


@pytest.mark.parametrize("written", ["01/11/2026", "2026-11-01", "01.11.2026", "46327"])
def test_dates_are_read_as_everywhere(ledger_file, written):
    import_ledger(ledger_file((*RENT[:2], written, *RENT[3:])))
    assert LedgerEntry.get().date == date(2026, 11, 1)


@pytest.mark.parametrize(("written", "is_read"), [("31/12/2027", True), ("01/01/2028", False), ("31/12/9999", False)])
def test_a_date_beyond_the_next_year_is_refused(ledger_file, reasons, monkeypatch, written, is_read):
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 26))
    near_date.cache_clear()  # of what another test may have read in a later year
    line = (*RENT[:2], written, *RENT[3:])
    if is_read:
        assert told(import_ledger(ledger_file(line))) == (1, 0, 0)
    else:
        assert reasons(line) == [f"ligne 2 : « date » est après 2027 : « {written} »"]


def test_the_columns_may_be_named_otherwise_and_the_identifier_be_missing(ledger_file):
    headers = ("Code locataire", "N° logement", "Date comptable", "Intitulé", "Montant débit", "Montant crédit")
    assert told(import_ledger(ledger_file(RENT[:6], headers=headers))) == (1, 0, 0)


@pytest.mark.parametrize(
    "headers",
    [
        ("Code loc.", "Code lgt", "Date mvt", "Libellé mvt", "Mt débit", "Mt crédit"),
        ("N° loc.", "N° UG", "Date d'opération", "Libellé mouvement", "Mnt débit", "Mnt crédit"),
        ("RÉF LOC", "Code UG", "DATE D'ÉCRITURE", "Lib.", "MT DÉBIT", "MT CRÉDIT"),
    ],
)
def test_headings_may_be_shortened_as_erps_do(ledger_file, headers):
    assert told(import_ledger(ledger_file(RENT[:6], headers=headers))) == (1, 0, 0)


def test_one_that_is_shortened_stands_back_behind_one_that_is_not(ledger_file):
    headers = ("Code loc.", "N° locataire", "Code UG", "N° logement", "Date mvt", "Date", "Libellé", "Débit", "Crédit")
    line = ("autre", RENT[0], "autre", RENT[1], "autre", *RENT[2:6])
    assert told(import_ledger(ledger_file(line, headers=headers))) == (1, 0, 0)


@pytest.mark.parametrize(
    "total",
    [
        ("", "", "", "TOTAL GÉNÉRAL", "412,35", "0,00"),
        ("", " ", "", "", "=SOMME(E2:E9)", ""),
        ("Total : 2", "", "", "", "9", ""),
    ],
)
def test_a_line_about_nobody_is_told_in_one_sentence_with_what_to_do(reasons, total):
    """What reports put below, and between, what they sum up."""
    assert reasons(RENT, total) == [
        "ligne 3 : ni numéro locataire, ni référence logement : si c'est un total ou un titre, retirez la ligne du "
        "fichier"
    ]


def test_everything_wrong_is_said_with_its_line(reasons):
    assert reasons(
        RENT,
        ("", "", "", "", "", "", ""),
        (*RENT[:4], "", "", ""),
        (*RENT[:4], "1", "2", ""),
        (*RENT[:4], "1,234", "", ""),
        (*RENT[:2], "31/02/2026", "", "douze", "", ""),
        ("999", *RENT[1:]),
        (RENT[0], "9-9", *RENT[2:]),
        (*RENT[:3], "=cmd|' /C calc'!A0", *RENT[4:]),
        (*RENT[:6], "A-1"),
        (*PAYMENT[:6], "A-1"),
        (*RENT[:2], "00/00/0000", *RENT[3:]),
        (*RENT[:6], "0042"),
        (*PAYMENT[:6], "42"),
        (*RENT[:6], "1,23E+11"),
        (*RENT[:6], "9E+05"),
        (*RENT[:6], "12-avr"),
    ) == [
        "ligne 4 : ni débit, ni crédit",
        "ligne 5 : un débit et un crédit à la fois : faites-en deux lignes",
        "ligne 6 : « débit » peut se lire de deux façons : « 1,234 » (écrivez-le comme 1234,00)",
        "ligne 7 : « date » n'existe pas dans le calendrier : « 31/02/2026 »",
        "ligne 7 : « libellé » est vide",
        "ligne 7 : « débit » n'est pas un montant : « douze » (écrivez-le comme 1234,56)",
        "ligne 8 : aucun locataire n'a ce numéro : importez d'abord le fichier des locataires",
        "ligne 9 : ce locataire n'a pas de bail de ce logement : importez d'abord le fichier des locataires",
        f"ligne 10 : « libellé » commence par « = », comme une formule de tableur ({PASTE_VALUES})",
        "ligne 12 : l'identifiant A-1 est déjà celui de la ligne 11",
        "ligne 13 : « date » est vide",
        "ligne 15 : l'identifiant 42 est déjà celui de la ligne 14",
        "ligne 16 : « identifiant » a été abîmé par un tableur : « 1,23E+11 » (mettez la colonne au format texte)",
        "ligne 17 : « identifiant » a été abîmé par un tableur : « 9E+05 » (mettez la colonne au format texte)",
        "ligne 18 : « identifiant » a été changé par un tableur : « 12-avr » (mettez la colonne au format texte)",
    ]


def test_one_bad_line_refuses_the_whole_file(reasons):
    assert len(reasons(RENT, PAYMENT, (*RENT[:4], "", "", ""))) == 1


def test_a_file_without_entries_is_refused(reasons):
    assert reasons() == ["le fichier ne contient aucune écriture"]


def test_a_look_writes_nothing_and_says_the_same(ledger_file):
    path = ledger_file(RENT, PAYMENT)
    seen = look_at_ledger(path)
    assert LedgerEntry.select().count() == 0
    assert told(seen) == told(import_ledger(path)) == (2, 0, 0)
    assert told(look_at_ledger(path)) == (0, 0, 2)


def test_how_far_the_reading_is_is_told_outside_any_transaction(ledger_file):
    """Whoever is told takes the writer's turn for a moment, and would keep it until the whole file is read."""
    seen = []
    look_at_ledger(ledger_file(*[RENT] * 600), lambda *_: seen.append(proxy.in_transaction()))
    assert len(seen) > 3
    assert not any(seen)


def test_an_import_that_dies_leaves_the_old_data_whole(ledger_file):
    import_ledger(ledger_file(RENT))

    def die(done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_ledger(ledger_file(PAYMENT), die)
    assert len(entries()) == 1


def test_who_has_left_is_not_erased_between_the_reading_of_a_ledger_and_its_writing(ledger_file, monkeypatch):
    """Nor is a number given to somebody else then, by a tenant file: both wait for the import to end."""
    Lease.update(ends_on=date(2021, 6, 30)).execute()
    settle_lines = ledger_line.settle_lines

    def settle_while_somebody_erases(refusals):
        settle_lines(refusals)
        with ThreadPoolExecutor(1) as other, suppress(OperationalError):
            other.submit(forget_them).result()

    def forget_them():
        with closing(proxy):
            forget_leavers(date(2023, 1, 1))

    monkeypatch.setattr(store, "TURN_PATIENCE", 0)
    monkeypatch.setattr(ledger_line, "settle_lines", settle_while_somebody_erases)
    import_ledger(ledger_file(RENT))
    assert len(entries()) == 1


@on_sqlite
def test_finding_what_is_on_file_uses_the_indexes(ledger_file):
    import_ledger(ledger_file(RENT))
    plan = proxy.execute_sql(
        "EXPLAIN QUERY PLAN SELECT id FROM ledger_entry WHERE erp_id = '' AND lease_id = 1 AND date = '2026-11-01'"
        " AND label = 'x' AND debit = 1 AND credit = 0 AND occurrence = 1"
    )
    assert "ledger_entry_told" in str(plan.fetchall())


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 28),
            st.sampled_from(["Loyer", "APL", "Prélèvement"]),
            st.decimals(min_value=0, max_value=2000, places=2),
            st.booleans(),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_the_ledger_sums_to_the_file_however_often_it_is_imported(ledger_file, drawn):
    LedgerEntry.delete().execute()
    lines = [
        (*RENT[:2], f"{day:02d}/10/2026", label, *((f"{sum_}", "") if debit else ("", f"{sum_}")), "")
        for day, label, sum_, debit in drawn
    ]
    path = ledger_file(*lines)
    for _ in range(2):
        import_ledger(path)
    expected = sum((value if debit else -value for _, _, value, debit in drawn), Decimal(0))
    assert sum(entry.debit - entry.credit for entry in LedgerEntry.select()) == expected
    assert LedgerEntry.select().count() == len(drawn)
