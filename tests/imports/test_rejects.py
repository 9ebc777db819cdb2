"""The refused lines as a file to mend them by, and what no spreadsheet may run of it."""

import csv
import tracemalloc

import pytest

from ophportal.csv_output import escaped
from ophportal.imports import rejects
from ophportal.imports.refusals import ImportRefused
from ophportal.imports.rejects import write_rejects
from ophportal.imports.tenants import import_tenants
from ophportal.imports.tenants.columns import COLUMNS
from tests.spaces import as_read
from tests.tenant_lines import MARIA, PAUL


class TestRejects:
    @pytest.fixture
    def rejected(self, tenant_file, tmp_path):
        def rejected(*lines):
            source = tenant_file(*lines)
            with pytest.raises(ImportRefused) as refused:
                import_tenants(source)
            write_rejects(source, COLUMNS, refused.value, tmp_path / "rejets.csv")
            with (tmp_path / "rejets.csv").open(encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file, delimiter=";"))

        return rejected

    def test_each_line_comes_with_its_number_its_reasons_and_its_cells(self, rejected):
        (line,) = rejected(MARIA, PAUL | {"email": "paul", "last_name": ""})
        assert line["Ligne"] == "3"
        assert as_read(line["Raison"]) == ("« nom » est vide ; « e-mail » n'est pas une adresse valable : « paul »")
        assert (line["numéro locataire"], line["e-mail"], line["référence logement"]) == (
            "0067890",
            "paul",
            "0123-04-057",
        )

    def test_a_formula_in_it_is_not_run_by_who_opens_it(self, rejected):
        (line,) = rejected(MARIA, PAUL | {"last_name": "=cmd|' /C calc'!A0"})
        assert line["nom"] == "'=cmd|' /C calc'!A0"

    def test_lines_come_in_the_file_s_order_those_that_are_no_lines_too(self, tenant_file, tmp_path):
        source = tenant_file(PAUL | {"email": "paul"}, MARIA, PAUL | {"email": "paul", "number": "3"})
        first, *others = source.read_text(encoding="utf-8").splitlines()
        longer = others[1] + ";" * 3 + "de trop"
        source.write_text("\n".join([first, others[0], longer, others[2], '"jamais refermé']), encoding="utf-8")
        with pytest.raises(ImportRefused) as refused:
            import_tenants(source)
        write_rejects(source, COLUMNS, refused.value, tmp_path / "rejets.csv")
        with (tmp_path / "rejets.csv").open(encoding="utf-8-sig", newline="") as file:
            lines = [(row["Ligne"], row["nom"] or "") for row in csv.DictReader(file, delimiter=";")]
        assert lines == [("2", "ROSSI"), ("3", ""), ("4", "ROSSI"), ("5", "")]

    def test_the_cells_of_one_line_at_a_time_are_in_memory(self, tenant_file):
        source = tenant_file(*[PAUL | {"first_names": "x" * 100_000, "number": str(n)} for n in range(1, 300)])
        with pytest.raises(ImportRefused) as refused:
            import_tenants(source)
        tracemalloc.start()
        try:
            assert sum(1 for _ in rejects.rows(source, COLUMNS, refused.value)) == 299
            assert tracemalloc.get_traced_memory()[1] < 8_000_000
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("kept", "said"),
        [(5, "… et 3 autres raisons, qui ne tiennent pas ici"), (7, "… et 1 autre raison, qui ne tient pas ici")],
    )
    def test_more_than_it_can_hold_is_said(self, rejected, monkeypatch, kept, said):
        monkeypatch.setattr("ophportal.imports.refusals.MOST_KEPT", kept)
        lines = rejected(*[PAUL | {"email": "paul"}] * 8)
        assert len(lines) == kept + 1
        assert as_read(lines[-1]["Raison"]) == said


@pytest.mark.parametrize(
    ("cell", "text"),
    [("=1+1", "'=1+1"), ("+33 4", "'+33 4"), ("@x", "'@x"), ("-x", "'-x"), ("\tx", "'\tx"), ("-12,50", "-12,50"),
     ("+12", "+12"), ("PAOLI", "PAOLI"), (None, ""), (3, "3"), ("-", "'-"), ("+1_0", "'+1_0"),
     ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ("+\u0661", "'+\u0661"),
     ("\0=1", "'\0=1"), ("\uff1d1+1", "'\uff1d1+1"), ("\uff0d12", "'\uff0d12")],
)  # fmt: skip
def test_no_spreadsheet_runs_a_cell(cell, text):
    assert escaped(cell) == text
