# ruff: noqa: DTZ001 - a workbook's dates have no time zone
"""Workbooks, as Excel and LibreOffice save them: read like the CSV of the same cells, or refused in a sentence."""

import gc
import io
import re
from datetime import date, datetime, time
from types import MappingProxyType

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.worksheet.formula import ArrayFormula

from ophportal.imports import runs
from ophportal.imports.files import opened, xlsx_file
from ophportal.imports.files.cells import PASTE_VALUES
from ophportal.imports.ledger import import_ledger
from ophportal.imports.refusals import ImportRefused, Refusals, Unsure
from ophportal.imports.tenants import import_tenants
from ophportal.models import Dwelling, Lease, LedgerEntry, Tenant
from ophportal.progress import say_nothing
from tests import stores
from tests.imports.workbooks import PEOPLE, read, refusal, rewritten, with_shared_texts
from tests.spaces import as_read

pytestmark = stores.once


def test_rows_come_with_their_numbers_and_their_cells_in_the_order_asked_for(book):
    path = book([[None], ["Ville", "Nom", "N°"], ["Évisa", "Œuvrard", "2"], [None, None, " "], ["", "Martin", 3]])
    assert read(path) == ([(3, ("2", "Œuvrard", "Évisa")), (5, ("3", "Martin", ""))], [])


def test_a_header_that_comes_again_on_each_page_is_no_line(book):
    header = ["N°", "Nom", "Ville", None]
    path = book([header, ["1", "PAOLI", "Bastia"], header, ["2", "Nom", "Ville"]])
    assert read(path) == ([(2, ("1", "PAOLI", "Bastia")), (4, ("2", "Nom", "Ville"))], [])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345, "12345"), (12345.0, "12345"), (1234.56, "1234.56"), (0.1 + 0.2, "0.3"), (-12.5, "-12.5"), (0, "0"),
        (123456789012345678, "1.234568E+17"), (1.5e18, "1.500000E+18"), (1e-9, "1.000000E-09"),
        (datetime(2024, 12, 31), "2024-12-31"), (date(2024, 12, 31), "2024-12-31"),
        (datetime(2024, 12, 31, 8, 30), "2024-12-31 08:30:00"), (time(8, 30), "08:30:00"), (True, "VRAI"),
        (False, "FAUX"), (None, ""), ("0012345", "0012345"),
    ],
)  # fmt: skip
def test_a_cell_says_what_the_csv_of_it_would(value, text):
    assert xlsx_file.text_of(value) == text


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/textes.xml"])
def test_texts_that_the_cells_share_are_read(book, part):
    """As Excel writes them; openpyxl, which makes our other workbooks, writes each text into its cell."""
    path = with_shared_texts(book([["N°", "Nom"], ["1", "D’ANGELO & FILS"], ["2", "D’ANGELO & FILS"]]), part)
    assert read(path) == ([(2, ("1", "D’ANGELO & FILS", "")), (3, ("2", "D’ANGELO & FILS", ""))], [])


def test_the_first_sheet_with_the_columns_is_read(book):
    path = book([["Lisez-moi"]], [], [["N°", "Nom"], ["1", "PAOLI"]], [["N°", "Nom"], ["2", "ROSSI"]])
    assert read(path)[0] == [(2, ("1", "PAOLI", ""))]


class TestOfSeveralSheets:
    """A month on each, a residence on each; or last year's, hidden: the portal reads one, and says which."""

    @pytest.fixture
    def named(self, tmp_path):
        """A function that saves a workbook of sheets by these names, some of them hidden, with a person on each."""

        def save(*names, hidden=MappingProxyType({})):
            workbook = Workbook()
            workbook.remove(workbook.active)
            for name in names:
                sheet = workbook.create_sheet(name)
                sheet.append(["N°", "Nom"] if name != "Lisez-moi" else ["Voir", "ailleurs"])
                sheet.append([1, name.upper()])
                sheet.sheet_state = hidden.get(name, "visible")
            workbook.active = next((place for place, name in enumerate(names) if name not in hidden), 0)
            workbook.save(tmp_path / "classeur.xlsx")
            return tmp_path / "classeur.xlsx"

        return save

    def read(self, path):
        """Who was read, what is to be looked at, and what somebody has to be sure about."""
        refusals = Refusals()
        with opened(path, PEOPLE) as file:
            ((_, (_, name, _)),) = file.lines(refusals)
        watched, doubted = ([as_read(it) for it in told] for told in (refusals.notices, refusals.doubts))
        return name, watched, doubted

    def test_those_that_are_not_read_are_named_for_somebody_to_be_sure(self, named):
        assert self.read(named("Lisez-moi", "Janvier", "Février", "Mars")) == (
            "JANVIER",
            [],
            [
                "Seule la feuille « Janvier » est lue. D'autres ont les mêmes colonnes : « Février », « Mars » ; pour "
                "les lire aussi, mettez leurs lignes sur elle."
            ],
        )

    @pytest.mark.parametrize("state", ["hidden", "veryHidden"])
    def test_one_that_is_hidden_does_not_take_the_place_of_one_that_shows(self, named, state):
        assert self.read(named("Ancien", "Locataires", hidden={"Ancien": state})) == ("LOCATAIRES", [], [])

    def test_where_only_a_hidden_one_has_the_columns_it_is_read_and_said_to_be_hidden(self, named):
        assert self.read(named("Lisez-moi", "Ancien", hidden={"Ancien": "hidden"})) == (
            "ANCIEN",
            ["La feuille « Ancien » est lue ; elle est masquée dans le classeur."],
            [],
        )

    def test_of_one_alone_nothing_is_said(self, named):
        assert self.read(named("Locataires")) == ("LOCATAIRES", [], [])


@pytest.mark.parametrize(
    ("kind", "titles", "cells"),
    [
        (runs.TENANTS, ["N° locataire", "Nom", "Réf. logement"], ["0070013", "ROMARIN", "0123-04-056"]),
        (
            runs.LEDGER,
            ["N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit"],
            ["0012345", "0123-04-056", "01/11/2026", "Loyer", "400", None],
        ),
        (runs.CONTACTS, ["Référence", "Rôle", "Nom", "Téléphone"], ["0123", "Gardien", "Loriot TISON", "06 39"]),
    ],
)
def test_of_two_sheets_alike_one_is_written_only_at_the_word_of_somebody_who_is_sure(
    make_tenant, book, kind, titles, cells
):
    """At night nobody is: the second month, or the second residence, would be left out without a word."""
    make_tenant()
    path = book([titles, cells], [titles, cells])
    before = stores.counts()
    with pytest.raises(Unsure) as unsure:
        kind.write(path, say_nothing, runs.Word(sure=False))
    assert str(unsure.value.errors[0]).startswith("Seule la feuille")
    assert stores.counts() == before
    assert [str(it) for it in unsure.value.errors] == list(kind.look(path, say_nothing, False).doubts)
    kind.write(path, say_nothing, runs.Word(sure=True))
    assert stores.counts() != before


def test_rows_that_do_not_show_are_read_as_others_and_said_to_be(tmp_path):
    """A filter that somebody left on shows a residence, and the portal takes the whole office."""
    workbook = Workbook()
    for row in (["Titre"], ["N°", "Nom"], [1, "PAOLI"], [2, "ROSSI"], [3, "ROMARIN"], [None, None]):
        workbook.active.append(row)
    for number in (1, 4, 5, 6):
        workbook.active.row_dimensions[number].hidden = True
    workbook.save(tmp_path / "filtre.xlsx")
    refusals = Refusals()
    with opened(tmp_path / "filtre.xlsx", PEOPLE) as file:
        assert len(list(file.lines(refusals))) == 3
    assert [as_read(notice) for notice in refusals.notices] == [
        "2 lignes de la feuille sont masquées, par un filtre peut-être. Elles sont lues comme les autres."
    ]


def test_days_counted_from_1904_are_read_as_dates_and_refused_as_bare_numbers(make_tenant, tmp_path):
    """An old Excel of a Mac counts them so: four years would be lost, and the tenant's account read 2022 for 2026."""
    make_tenant()
    workbook = Workbook()
    workbook.epoch = CALENDAR_MAC_1904
    sheet = workbook.active
    sheet.append(["N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit"])
    sheet.append([12345, "0123-04-056", datetime(2026, 11, 1), "Loyer", 44865, None])
    path = tmp_path / "mac.xlsx"
    workbook.save(path)
    import_ledger(path)
    assert (LedgerEntry.get().date, str(LedgerEntry.get().debit)) == (date(2026, 11, 1), "44865.00")

    sheet["C2"].number_format = "General"
    workbook.save(path)
    assert refusal_of_lines(path) == (
        "ligne 2 : « date » est un nombre, « 44865 », dans un classeur qui compte les jours depuis 1904 (mettez la "
        "colonne au format date)"
    )


def refusal_of_lines(path):
    with pytest.raises(ImportRefused) as refused:
        import_ledger(path)
    return as_read(str(refused.value))


def test_of_sheets_without_the_columns_the_first_that_holds_anything_is_told(book):
    said = refusal(book([], [[None, " "]], [["N°", "Ville"]], [["Nom", "Ville"]]))
    assert "il manque la colonne « nom »" in as_read(said)


def test_a_missing_column_is_named(book):
    assert "il manque la colonne « nom »" in as_read(refusal(book([["N°", "Ville"], ["1", "Bastia"]])))


def test_a_row_longer_than_the_header_is_refused_with_its_line(book):
    lines, errors = read(book([["N°", "Nom", None], ["1", "PAOLI", None], ["2", "ROSSI", "x"]]))
    assert len(lines) == 1
    assert errors == ["ligne 3 : la ligne a 3 cellules, et l'en-tête 2 colonnes"]


def test_empty_books_are_refused(book):
    assert refusal(book([])) == refusal(book([[None, " "]])) == "le fichier est vide"


HEADERS = ["N° locataire", "Nom", "Réf. logement", "Adresse", "CP", "Date d'entrée", "Date de sortie"]


def test_a_tenant_file_is_imported_from_a_workbook(app, book):
    import_tenants(
        book(
            [
                HEADERS,
                [12345, "PAOLI", "0123-04", "12 rue des Lilas", 20090, datetime(2020, 2, 1), 47848],
                ["L7", "ROSSI", 56],
            ]
        )
    )
    assert Tenant.get(Tenant.last_name == "PAOLI").number == "12345"
    assert Dwelling.get(Dwelling.reference == "0123-04").postal_code == "20090"
    assert Lease.select().order_by(Lease.id).first().starts_on == date(2020, 2, 1)
    assert Lease.select().order_by(Lease.id).first().ends_on == date(2030, 12, 31)


def test_what_a_spreadsheet_spoilt_is_refused_line_by_line(app, book):
    with pytest.raises(ImportRefused) as refused:
        import_tenants(
            book(
                [
                    HEADERS,
                    [1, "PAOLI", "1"],
                    [123456789012345678, "PAOLI", "2"],
                    [3, "=cmd|' /C calc'!A0", "3"],
                    [4, "#N/A", "4"],
                    [5, "PAOLI", "5", None, None, "hier"],
                    [6, "PAOLI", "6", None, None, datetime(2023, 12, 31, 23)],
                    [True, "=SUM(A1:A2)", "7"],
                ]
            )
        )
    assert [as_read(str(error)) for error in refused.value.errors] == [
        "ligne 3 : « numéro locataire » a été abîmé par un tableur : « 1.234568E+17 » "
        "(mettez la colonne au format texte)",
        f"ligne 4 : « nom » commence par « = », comme une formule de tableur ({PASTE_VALUES})",
        "ligne 5 : « nom » contient une erreur de tableur : « #N/A » (corrigez-y la formule, ou videz la cellule)",
        "ligne 6 : « date d'entrée » n'est pas une date : « hier » (écrivez-la comme 31/12/2024)",
        "ligne 7 : « date d'entrée » n'est pas une date : « 2023-12-31 23:00:00 » (écrivez-la comme 31/12/2024)",
        "ligne 8 : « numéro locataire » a été changé par un tableur : « VRAI » (mettez la colonne au format texte)",
    ]
    assert Tenant.select().count() == 0


@pytest.mark.parametrize("value", [date(2024, 4, 12), datetime(2024, 4, 12, 0, 0), time(8, 30), True])
def test_a_reference_that_excel_took_for_a_date_is_refused(app, book, value):
    with pytest.raises(ImportRefused) as refused:
        import_tenants(book([HEADERS, [1, "PAOLI", "12-04"], [2, "ROSSI", value]]))
    (error,) = refused.value.errors
    assert error.line == 3
    assert error.reason.startswith("«\u00a0référence logement\u00a0» a été changé par un tableur")
    assert Tenant.select().count() == 0


def test_the_formula_of_an_array_is_a_formula(app, book):
    path = book([HEADERS, [1, "PAOLI", "1"]])
    workbook = load_workbook(io.BytesIO(path.read_bytes()))
    workbook.active["B2"] = ArrayFormula("B2", "=A1&A2")
    workbook.save(path)
    with pytest.raises(ImportRefused, match="comme une formule de tableur"):
        import_tenants(path)


def test_a_date_that_no_calendar_has_is_a_spreadsheet_s_error_and_nobody_else_s(book):
    path = book([["N°", "Nom", "Ville"], [1, "PAOLI", date(2024, 1, 1)]])
    path.write_bytes(rewritten(path, lambda name, data: data.replace(b">45292<", b">99999999999<")))
    assert read(path)[0] == [(2, ("1", "PAOLI", "#VALUE!"))]


def test_cells_merged_over_two_rows_are_the_first_one_s(book):
    path = book([["N°", "Nom"], [1, "PAOLI"], [None, "ROSSI"]])
    workbook = load_workbook(io.BytesIO(path.read_bytes()))
    workbook.active.merge_cells("A2:A3")
    workbook.save(path)
    assert read(path)[0] == [(2, ("1", "PAOLI", "")), (3, ("", "ROSSI", ""))]


def test_a_title_may_stand_above_the_header(book):
    path = book([["Liste des locataires"], [None, "éditée le", date(2026, 11, 24)], [], ["N°", "Nom"], [1, "PAOLI"]])
    assert read(path)[0] == [(5, ("1", "PAOLI", ""))]


def test_the_columns_that_nobody_reads_are_told(book):
    with opened(book([["N°", "Solde", "Nom"], [1, 0, "PAOLI"]]), PEOPLE) as file:
        assert file.header.told == (
            "Colonnes laissées de côté : « Solde ».",
            "Colonnes absentes du fichier : « ville ».",
        )


@pytest.mark.parametrize(("more", "left"), [(0, ""), (1, " et 1 autre"), (2, " et 2 autres")])
def test_of_many_that_nobody_reads_ten_are_told_and_none_without_a_title(book, more, left):
    titles = [f"Solde {number}" for number in range(10 + more)]
    with opened(book([["N°", *titles, None, "Nom", "Ville"], [1]]), PEOPLE) as file:
        told = ", ".join(f"« {title} »" for title in titles[:10])
        assert file.header.told == (f"Colonnes laissées de côté : {told}{left}.",)


def test_without_its_header_the_likeliest_row_is_the_one_that_is_told(book):
    rows = [["Liste des locataires"], ["N°", "Prénom", "Ville"], *[[n, "Paul", "Bastia"] for n in range(30)]]
    assert as_read(refusal(book(rows))) == (
        "il manque la colonne « nom » ; colonnes trouvées : « N° », « Prénom », « Ville » ; "
        "si elle y est sous un autre titre, écrivez « nom » à sa place"
    )


def test_line_breaks_of_windows_are_line_breaks(book):
    assert read(book([["N°", "Nom"], [1, "12 rue_x000D_\ndes Lilas"]]))[0] == [(2, ("1", "12 rue\r\ndes Lilas", ""))]


def test_how_far_the_reading_is_can_be_told_of_a_sheet_that_does_not_say_its_size(tmp_path):
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in [["N°", "Nom"], *[[n, "PAOLI"] for n in range(5000)]]:
        sheet.append(row)
    workbook.save(tmp_path / "x.xlsx")
    with opened(tmp_path / "x.xlsx", PEOPLE) as file:
        positions = [file.position() / file.size for _ in file.lines(Refusals())]
    assert positions == sorted(positions)
    assert 0 < positions[0] < 0.2
    assert 0.9 < positions[-1] <= 1


def test_the_heights_and_styles_of_rows_are_not_kept(book):
    path = book([["N°", "Nom"], *[[n, "PAOLI"] for n in range(50)]])
    tall = rewritten(path, lambda name, data: re.sub(rb"<row r", rb'<row ht="15" customHeight="1" r', data))
    path.write_bytes(tall)
    assert len(read(path)[0]) == 50
    with opened(path, PEOPLE) as file:
        lines = file.lines(Refusals())
        for _ in range(40):
            next(lines)
        parsers = [it for it in gc.get_objects() if isinstance(it, WorkSheetParser) and it.row_counter == 41]
        assert [it.row_dimensions for it in parsers] == [{}]


def test_a_ledger_is_imported_from_a_workbook(make_tenant, book):
    make_tenant()
    header = ["N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit"]
    line = [12345, "0123-04-056", datetime(2026, 11, 1), "Loyer", 412.35, None]
    import_ledger(book([header, line, [*line[:4], None, "412,35 €"]]))
    assert [(str(entry.debit), str(entry.credit)) for entry in LedgerEntry.select()] == [
        ("412.35", "0.00"),
        ("0.00", "412.35"),
    ]
