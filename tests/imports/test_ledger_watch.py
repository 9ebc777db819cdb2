"""What a ledger file would bring, told before it is written; and what makes somebody look twice."""

from decimal import Decimal

import pytest

from ophportal.imports.ledger import import_ledger, look_at_ledger
from ophportal.imports.refusals import Unsure
from ophportal.models import LedgerEntry
from tests.spaces import as_read
from tests.tables import write_table

HEADERS = ("N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit", "Identifiant")
OLDER = (
    "Le fichier s'arrête au 30 novembre 2026, change des montants, et des écritures plus récentes sont enregistrées."
)
CROSSED = "Des loyers sont au crédit ou des paiements au débit"


def line(day, label, debit="", credit="", erp_id="", whose=("0012345", "0123-04-056")):
    return (*whose, day, label, debit, credit, erp_id)


def month(number, amount="412,35"):
    """A rent and its payment, under identifiers of their own."""
    return (
        line(f"01/{number:02d}/2026", "Loyer", amount, "", f"{number}-1"),
        line(f"30/{number:02d}/2026", "Prélèvement", "", "400", f"{number}-2"),
    )


@pytest.fixture
def ledger_file(make_tenant, tmp_path):
    """A function that writes a ledger file of these lines; Maria, who has one lease, and Paul are on file."""
    make_tenant()
    make_tenant("ROSSI", "Paul", number="2", reference="2", email="paul@exemple.test")
    return lambda *lines, headers=HEADERS: write_table(tmp_path / "ecritures.csv", headers, lines)


def plain(sentences):
    return [as_read(sentence) for sentence in sentences]


def doubts_of(path):
    """What the look doubts of this file, and that it is not imported before somebody is sure."""
    doubts = plain(look_at_ledger(path).doubts)
    with pytest.raises(Unsure):
        import_ledger(path, sure=False)
    return doubts


def test_the_sums_the_days_and_the_balances_are_told(ledger_file):
    paul = ("2", "2")
    balanced = (
        line("15/10/2026", "Loyer", "800,50", whose=paul),
        line("16/10/2026", "Virement", "", "800,50", whose=paul),
    )
    path = ledger_file(*month(9), *month(11), *balanced)
    seen = look_at_ledger(path)
    assert plain(seen.facts) == [
        "Débits : 1 625,20 €. Crédits : 1 600,50 €. Écritures du 1er septembre 2026 au 30 novembre 2026.",
        "Le solde d'un bail change.",
    ]
    assert (seen.to_watch, seen.doubts) == ((), ())
    assert import_ledger(path) == seen


def test_of_a_single_day_the_day_is_told_once(ledger_file):
    [sums, _] = plain(look_at_ledger(ledger_file(line("20/06/2025", "Loyer", "400"))).facts)
    assert sums == "Débits : 400,00 €. Crédits : 0,00 €. Écritures du 20 juin 2025."


def test_a_file_that_brings_nothing_changes_no_balance(ledger_file):
    import_ledger(ledger_file(*month(9)))
    assert plain(look_at_ledger(ledger_file(*month(9))).facts) == [
        "Débits : 412,35 €. Crédits : 400,00 €. Écritures du 1er septembre 2026 au 30 septembre 2026."
    ]


def test_of_a_file_of_which_no_line_can_be_read_nothing_is_summed_up(ledger_file):
    seen = look_at_ledger(ledger_file(line("hier", "Loyer", "400")))
    assert (seen.facts, seen.doubts, seen.rejected) == ((), (), 1)


def test_a_file_without_identifiers_is_told_to_be(ledger_file):
    entries = [entry[:-1] for entry in month(9)]
    assert plain(look_at_ledger(ledger_file(*entries, headers=HEADERS[:-1])).facts)[2:] == [
        "Colonnes absentes du fichier : « identifiant »."
    ]


def test_amounts_that_change_are_counted_with_how_much_they_change_in_all(ledger_file):
    import_ledger(ledger_file(*month(9), *month(11)))
    seen = look_at_ledger(ledger_file(*month(9, "500,00"), *month(11, "400,00")))
    assert plain(seen.to_watch) == ["2 écritures changent de montant, de 100,00 € en tout"]
    assert plain(seen.facts)[1] == "Le solde d'un bail change."
    assert seen.doubts == ()


def test_a_payment_that_changes_is_counted_by_its_difference_too(ledger_file):
    import_ledger(ledger_file(*month(9)))
    seen = look_at_ledger(ledger_file(line("30/09/2026", "Prélèvement", "", "430", "9-2")))
    assert plain(seen.to_watch) == ["1 écriture change de montant, de 30,00 € en tout"]


def test_a_label_that_changes_is_no_amount(ledger_file):
    import_ledger(ledger_file(*month(9)))
    seen = look_at_ledger(ledger_file(line("01/09/2026", "Loyer et charges", "412,35", "", "9-1")))
    assert (seen.counts["Écritures"].updated, seen.to_watch, len(seen.facts)) == (1, (), 1)


def test_a_payment_equal_to_one_of_an_earlier_file_is_told_among_new_ones(ledger_file):
    """Without identifiers a second payment of one day, in the next night's file, looks like the first sent again."""
    first = line("05/11/2026", "Virement", "", "100")
    import_ledger(ledger_file(first))
    others = [line("06/11/2026", "Virement", "", f"{n},00", whose=("2", "2")) for n in range(1, 6)]
    next_night = ledger_file(*others, first)
    assert plain(import_ledger(next_night).to_watch) == [
        "Lignes déjà enregistrées, qui ne comptent pas une seconde fois : 1, d'abord la ligne 7 : Virement. Si c'est "
        "une autre écriture, égale et du même jour, importez un fichier qui contient les deux."
    ]
    import_ledger(ledger_file(first, first))
    assert LedgerEntry.select().where(LedgerEntry.credit == Decimal(100)).count() == 2


def test_nor_are_those_of_a_file_that_begins_before_the_last_one_ended(ledger_file):
    known = [line(f"{n:02d}/11/2026", "Virement", "", "100") for n in range(1, 4)]
    import_ledger(ledger_file(*known))
    assert import_ledger(ledger_file(*known, line("04/11/2026", "Virement", "", "100"))).to_watch == ()


def test_one_whose_identifier_says_that_it_is_the_same_is_not_told(ledger_file):
    others = [line("06/11/2026", "Virement", "", f"{n},00", f"{n}", whose=("2", "2")) for n in range(1, 6)]
    import_ledger(ledger_file(*month(11)))
    assert import_ledger(ledger_file(*others, month(11)[0])).to_watch == ()


def test_a_year_that_the_erp_closes_and_takes_up_again_waits_for_somebody_s_word(ledger_file):
    """Closed by an entry, what was owed is owed once."""
    import_ledger(ledger_file(line("01/12/2026", "Loyer", "400")))
    closing, opening = line("31/12/2026", "Clôture de l'exercice", "", "400"), line("01/01/2027", "À nouveau", "400")
    path = ledger_file(closing, opening)
    (doubt,) = doubts_of(path)
    assert "d'abord la ligne 3 : À nouveau. Elles compteraient deux fois" in doubt
    import_ledger(path)
    assert sum(entry.debit - entry.credit for entry in LedgerEntry.select()) == 400


class TestDoubts:
    def test_more_than_a_fifth_of_the_amounts_that_change(self, ledger_file):
        import_ledger(ledger_file(*[line("01/11/2026", f"Loyer {n}", "400", "", f"{n}") for n in range(1, 61)]))
        mended = [line("01/11/2026", f"Loyer {n}", "500" if n <= 13 else "400", "", f"{n}") for n in range(1, 61)]
        few = look_at_ledger(ledger_file(line("01/11/2026", "Loyer 1", "400", "", "1"), *mended[1:]))
        assert few.doubts == ()
        path = ledger_file(*mended)
        assert doubts_of(path) == [
            "Écritures enregistrées qui changent de montant : 13 sur 60. "
            "Le fichier est peut-être ancien, ou ses colonnes décalées."
        ]
        assert not LedgerEntry.select().where(LedgerEntry.debit == Decimal(500)).exists()
        assert import_ledger(path).counts["Écritures"].updated == 13

    def test_a_handful_of_corrections_sent_alone_is_none(self, ledger_file):
        import_ledger(ledger_file(*month(9), *month(11)))
        assert look_at_ledger(ledger_file(*month(9, "500,00")[:1])).doubts == ()

    def test_columns_that_are_crossed(self, ledger_file):
        crossed = (*HEADERS[:4], "Crédit", "Débit", *HEADERS[6:])
        path = ledger_file(*month(9), headers=crossed)
        (doubt,) = doubts_of(path)
        assert doubt.startswith(CROSSED)
        assert LedgerEntry.select().count() == 0
        assert look_at_ledger(ledger_file(*month(9))).doubts == ()

    def test_signs_that_are_turned_about(self, ledger_file):
        """An ERP for which what is owed is below zero, as banks tell it: all would be told to be in advance."""
        path = ledger_file(
            *(line(f"0{n}/11/2026", "Loyer", "-412,35", "", f"{n}-1") for n in range(1, 4)),
            *(line(f"1{n}/11/2026", "Prélèvement", "", "-400", f"{n}-2") for n in range(1, 4)),
        )
        (doubt,) = doubts_of(path)
        assert doubt.startswith(CROSSED)

    def test_payments_below_zero_among_the_debits_are_on_their_side(self, ledger_file):
        payments = [line(f"1{n}/11/2026", "Prélèvement", "-400", "0", f"{n}-2") for n in range(1, 4)]
        assert look_at_ledger(ledger_file(*payments)).doubts == ()

    @pytest.mark.parametrize(
        "lines",
        [
            [line("05/11/2026", "Rejet de prélèvement", "400", "")] * 5,
            [line("05/11/2026", "Virement", "", "400")] * 5,
            [line("05/11/2026", "APL", "", "200")] * 5,
            [line("05/11/2026", "Annulation loyer", "", "400")] * 5,
            [line("05/11/2026", "Remboursement loyer", "400", "")] * 5,
            [line("05/11/2026", "Loyer", "", "400")],
        ],
    )
    def test_files_of_one_kind_of_entry_are_none(self, ledger_file, lines):
        assert look_at_ledger(ledger_file(*lines)).doubts == ()

    def test_a_balance_that_comes_after_the_entries_it_sums_up(self, ledger_file):
        january = [line("01/01/2026", "Report à nouveau", "100"), line("02/01/2026", "Loyer janvier", "400")]
        path = ledger_file(*january)
        assert look_at_ledger(path).doubts == ()
        import_ledger(path, sure=False)
        # Each month's export begins with what was owed at its start: the entries of January once more.
        february = [line("02/02/2026", "Loyer février", "400"), line("01/02/2026", "REPORT A NOUVEAU", "500")]
        path = ledger_file(*february, line("01/02/2026", "Report à nouveau", "30", whose=("2", "2")))
        assert doubts_of(path) == [
            "Lignes qui répètent en un solde ou un total ce que d'autres écritures disent déjà : 1, d'abord la "
            "ligne 3 : REPORT A NOUVEAU. Elles compteraient deux fois : retirez-les du fichier, ou demandez à l'ERP un "
            "export sans solde de départ ni total."
        ]
        assert LedgerEntry.select().count() == len(january)
        import_ledger(path)
        assert look_at_ledger(path).doubts == ()

    @pytest.mark.parametrize(
        "label", ["Total", "Sous-total locataire", "Solde au 31/03/2026", "SOLDE DÉBITEUR", "Cumul"]
    )
    def test_a_total_below_the_entries_of_each_lease(self, ledger_file, label):
        entries = [line("02/03/2026", "Loyer mars", "400"), line("31/03/2026", label, "400")]
        (doubt,) = look_at_ledger(ledger_file(*entries)).doubts
        assert f"1, d'abord la ligne 3 : {label}." in plain([doubt])[0]

    @pytest.mark.parametrize(
        "label", ["Régularisation solde de charges 2025", "Virement du solde", "Solde de charges 2025", "Total du mois"]
    )
    def test_an_entry_that_only_speaks_of_a_balance_is_none(self, ledger_file, label):
        entries = [line("02/03/2026", "Loyer mars", "400"), line("31/03/2026", label, "", "400")]
        assert look_at_ledger(ledger_file(*entries)).doubts == ()

    def test_a_year_that_comes_again_under_other_labels(self, ledger_file):
        """An ERP that was moved to its next version writes « LOYER » for « Loyer »: each would count twice."""
        import_ledger(ledger_file(*(line(f"{n:02d}/01/2026", f"Loyer {n}", "400") for n in range(1, 13))))
        again = [line(f"{n:02d}/01/2026", f"LOYER {n}", "400") for n in range(1, 13)]
        path = ledger_file(*again, line("01/12/2026", "LOYER 12", "400"))
        assert doubts_of(path) == [
            "Écritures nouvelles qui ont le bail, la date et le montant d'une autre, enregistrée sous un autre "
            "libellé : 12 sur 13. Si ce sont les mêmes, elles compteraient deux fois : n'exportez que les mois "
            "qui manquent, ou gardez les libellés d'avant."
        ]
        assert look_at_ledger(ledger_file(*again[:10])).doubts == ()

    def test_nor_is_the_garage_of_the_same_day_and_amount_another_rent_told_again(self, ledger_file):
        """What stands for itself in the file is nobody's double."""
        rents = [line(f"{n:02d}/01/2026", "Loyer", "40") for n in range(1, 13)]
        import_ledger(ledger_file(*rents))
        garages = [line(f"{n:02d}/01/2026", "Garage", "40") for n in range(1, 13)]
        assert look_at_ledger(ledger_file(*rents, *garages)).doubts == ()

    def test_amounts_that_have_lost_their_decimal_point(self, ledger_file):
        """Cents, or « 41235 » for « 412,35 »: no line is wrong by itself."""
        lines = [line(f"{n:02d}/11/2026", f"Loyer {n}", "41235") for n in range(1, 12)]
        path = ledger_file(*lines)
        assert doubts_of(path) == [
            "Une écriture est de 41 235,00 € en moyenne. La virgule des montants est peut-être perdue, ou ils sont en "
            "centimes."
        ]
        assert look_at_ledger(ledger_file(*lines[:10])).doubts == ()

    @pytest.mark.parametrize(("usual", "told", "is_doubted"), [("45,00", "4500", True), ("8000", "9000", False)])
    def test_of_garages_or_of_shops_the_ledger_on_file_tells_what_is_usual(self, ledger_file, usual, told, is_doubted):
        import_ledger(ledger_file(*(line("01/11/2026", f"Loyer {n}", usual) for n in range(100))))
        path = ledger_file(*(line("01/12/2026", f"Loyer {n}", told) for n in range(11)))
        assert [doubt.startswith("Une écriture est de") for doubt in look_at_ledger(path).doubts] == [True] * is_doubted

    def test_an_older_file_that_takes_amounts_back(self, ledger_file):
        older = ledger_file(*month(9), *month(11)).read_bytes()
        import_ledger(ledger_file(*month(9, "500,00"), *month(11), line("01/12/2026", "Loyer", "412,35", "", "12-1")))
        path = ledger_file()
        path.write_bytes(older)
        assert [plain([doubt])[0].startswith(OLDER) for doubt in look_at_ledger(path).doubts] == [True]

    def test_an_older_file_that_takes_nothing_back_is_none(self, ledger_file):
        import_ledger(ledger_file(*month(11)))
        assert look_at_ledger(ledger_file(*month(9))).doubts == ()
        import_ledger(ledger_file(*month(9)))
        assert look_at_ledger(ledger_file(*month(9))).doubts == ()
