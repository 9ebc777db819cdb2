"""Workbooks that are spoilt, or made to fill the memory: each is refused in a sentence, before it does harm."""

import re
import zipfile
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ophportal.imports.files import xlsx_limits
from ophportal.imports.refusals import ImportRefused
from tests import stores
from tests.imports.workbooks import read, refusal, rewritten, with_shared_texts
from tests.spaces import as_read

pytestmark = stores.once


class TestHostile:
    def test_an_old_or_locked_workbook_is_told_how_to_be_saved(self, tmp_path):
        path = tmp_path / "x.xls"
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
        assert "enregistrez-le en .xlsx sans mot de passe" in refusal(path)

    @pytest.mark.parametrize("cut", [20, 200, 2000, -10, -200])
    def test_a_cut_workbook_is_damaged(self, book, cut):
        path = book([["N°", "Nom"], *[[n, "PAOLI"] for n in range(200)]])
        path.write_bytes(path.read_bytes()[:cut])
        assert "abîmé" in refusal(path)

    @pytest.mark.parametrize("name", ["locataires.csv", "204817_2026-10_avis.pdf", "mimetype"])
    def test_a_zip_of_files_or_of_another_spreadsheet_is_told_what_to_do(self, tmp_path, name):
        with zipfile.ZipFile(tmp_path / "x", "w") as archive:
            archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet")
        said = as_read(refusal(tmp_path / "x"))
        assert said.startswith("c'est un ZIP, ou un classeur d'une autre sorte (.ods) : ")
        assert "sortez d'abord le fichier" in said
        assert "envoyez-le comme « Documents »" in said

    def test_a_letter_is_no_workbook(self, book):
        kinds = (b"spreadsheetml.sheet.main+xml", b"wordprocessingml.document.main+xml")
        path = book([["N°", "Nom"], ["1", "PAOLI"]])
        path.write_bytes(rewritten(path, lambda name, data: data.replace(*kinds)))
        assert "n'en est pas un" in refusal(path)

    def test_a_damaged_sheet_is_said_with_what_was_read_before(self, book):
        path = book([["N°", "Nom"], *[[n, "PAOLI"] for n in range(2000)]])
        content = rewritten(path, lambda name, data: data[: len(data) // 2] if "sheet1" in name else data)
        path.write_bytes(content)
        lines, errors = read(path)
        assert 0 < len(lines) < 2000
        assert "abîmé" in errors[0]

    def test_a_bomb_is_refused_before_it_is_unpacked(self, book):
        path = book([["N°", "Nom"], ["1", "PAOLI"]])
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/bomb.xml", b"0" * 50_000_000)
        assert "trop grand" in refusal(path)

    @pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/autre.xml", "xl/worksheets/sheet9.xml"])
    def test_texts_that_would_fill_the_memory_are_refused_whatever_their_part_is_called(self, book, monkeypatch, part):
        path = with_shared_texts(book([["N°", "Nom"], *[[n, f"PAOLI{n * 7919}"] for n in range(5000)]]), part)
        monkeypatch.setattr(xlsx_limits, "LARGEST_IN_MEMORY", 50_000)
        assert "trop grand" in refusal(path)

    @pytest.mark.parametrize("part", ["xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"])
    def test_styles_and_names_that_would_fill_the_memory_are_refused(self, book, part):
        noise = b"<!--" + b"".join(b"%x" % (n * 2654435761) for n in range(600_000)) + b"-->"
        path = book([["N°", "Nom"], ["1", "PAOLI"]])
        path.write_bytes(rewritten(path, lambda name, data: data + noise if name == part else data))
        assert "trop grand" in refusal(path)

    def test_a_sheet_that_never_comes_to_its_rows_is_refused(self, book):
        columns = b"".join(b'<col min="%d" max="1"/>' % (n * 2654435761 % 1000003) for n in range(400_000))
        path = book([["N°", "Nom"], ["1", "PAOLI"]])
        path.write_bytes(rewritten(path, lambda name, data: data.replace(b"<sheetData>", columns + b"<sheetData>")))
        assert "trop grand" in refusal(path)

    def test_a_row_without_end_is_refused_where_it_is(self, book):
        cells = b"".join(b'<c r="A3"><v>%d</v></c>' % (n * 2654435761 % 1000003) for n in range(400_000))
        path = book([["N°", "Nom"], ["1", "PAOLI"], ["2", "ROSSI"]])
        endless = rewritten(path, lambda name, data: data.replace(b"</row></sheetData>", cells + b"</row></sheetData>"))
        path.write_bytes(endless)
        lines, errors = read(path)
        assert len(lines) == 1
        assert errors[0].startswith("ligne 3 : le classeur est abîmé")

    @pytest.mark.parametrize("number", [b"2", b"1048577", b"2000000000", b"-3", b"x"])
    def test_a_row_out_of_order_or_beyond_the_last_is_refused_at_once(self, book, number):
        path = book([["N°", "Nom"], ["1", "PAOLI"], ["2", "ROSSI"]])
        moved = rewritten(path, lambda name, data: data.replace(b'<row r="3"', b'<row r="' + number + b'"'))
        path.write_bytes(moved)
        lines, errors = read(path)
        assert len(lines) == 1
        assert "abîmé" in errors[0]

    def test_a_gap_between_rows_costs_nothing(self, book):
        path = book([["N°", "Nom"], ["1", "PAOLI"]])

        def move(name, data):
            return re.sub(rb'"([AB]?)2"', rb'"\g<1>1048576"', data) if "sheet1" in name else data

        path.write_bytes(rewritten(path, move))
        assert read(path)[0] == [(1048576, ("1", "PAOLI", ""))]

    @settings(max_examples=100)
    @given(st.data())
    def test_a_workbook_spoilt_anywhere_is_read_or_refused(self, book, data):
        path = book([["N°", "Nom", "Ville"], [1, "PAOLI", date(2024, 1, 1)], [2.5, "=A1", True]])
        part = data.draw(st.sampled_from(zipfile.ZipFile(path).namelist()))

        def spoil(name, content):
            if name != part:
                return content
            place = data.draw(st.integers(0, len(content)))
            return content[:place] + data.draw(st.binary(max_size=8)) + content[place + data.draw(st.integers(0, 8)) :]

        path.write_bytes(rewritten(path, spoil))
        with suppress(ImportRefused):
            read(path)

    def test_entities_that_expand_are_refused(self, book):
        path = book([["N°", "Nom"], ["1", "PAOLI"]])
        entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
        bomb = f'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">{entities}]>'.encode()

        def spoil(name, data):
            return (
                data.replace(b"<worksheet", bomb + b"<worksheet", 1).replace(b">PAOLI<", b">&a8;<")
                if "sheet1" in name
                else data
            )

        path.write_bytes(rewritten(path, spoil))
        assert "abîmé" in refusal(path)
