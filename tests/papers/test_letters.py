"""The letters, read back from their PDF: as a screen reader does (pikepdf), and as an eye does (pdftotext)."""

import re
import threading
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree

import pikepdf
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from ophportal.models import Dwelling, Tenant
from ophportal.papers import access_code, typesetting
from ophportal.papers.access_code import Letter, letter_to, make_letters
from ophportal.papers.typesetting import GAP, PaperNotMade, drawable
from tests import stores
from tests.pdf import ODD_NAMES, elements_of, needs_poppler, read, text_of, warnings_of
from tests.together import at_once

POINTS_A_MILLIMETRE = 72 / 25.4
SHEET = {"width": 210, "third": 99}
ENVELOPE = {"width": 220, "height": 110}
# NF Z 10-011: 100 × 45 mm, 20 mm from the right and from the bottom.
WINDOW = {"width": 100, "height": 45, "right": 20, "bottom": 20}


class Word(NamedTuple):
    """A word and its box in millimetres, from the sheet's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@pytest.fixture(autouse=True)
def context(app):
    with app.app_context():
        yield


def letter(name="D'ANGELO-PAOLI", address="12 rue des Lilas", code="7K2M-94QF-D0XV", **tenant):
    tenant = Tenant(**{"civility": "Mme", "first_names": "Maria Stella", "last_name": name} | tenant)
    dwelling = Dwelling(address=address, postal_code="20090", city="Ajaccio")
    return letter_to(tenant, dwelling, code, datetime(2026, 9, 30, 8, 0, tzinfo=UTC))


def words_of(pdf):
    page = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", text_of(pdf, "-bbox")))
    for word in page.iter("{http://www.w3.org/1999/xhtml}word"):
        box = (float(word.get(side)) / POINTS_A_MILLIMETRE for side in ("xMin", "yMin", "xMax", "yMax"))
        yield Word(word.text, *box)


def window_at(slid_right, slid_down):
    """Where the window is on the sheet, when the sheet has slid so far inside the envelope."""
    left = ENVELOPE["width"] - WINDOW["right"] - WINDOW["width"] - slid_right
    top = ENVELOPE["height"] - WINDOW["bottom"] - WINDOW["height"] - slid_down
    return left, top, left + WINDOW["width"], top + WINDOW["height"]


def shown(word, window):
    left, top, right, bottom = window
    return left <= word.left and word.right <= right and top <= word.top and word.bottom <= bottom


def touches(word, window):
    left, top, right, bottom = window
    return word.left < right and word.right > left and word.top < bottom and word.bottom > top


def unspaced(text):
    return re.sub(r"[\s\u200b]", "", text)


class TestForReaders:
    """What PDF/UA-1 (ISO 14289-1) wants of a file, as far as a program can check it."""

    @pytest.fixture
    def pdf(self):
        with pikepdf.open(BytesIO(make_letters([letter(), letter("BEN AMAR", code="0000-1111-2222")]))) as pdf:
            yield pdf

    def test_it_declares_itself(self, pdf):
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Ouvrir votre compte locataire sur internet"
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).lower() in {"fr", "fr-fr"}
        assert pdf.Root.ViewerPreferences.DisplayDocTitle

    def test_its_author_is_the_office_and_it_names_nobody(self, pdf, app):
        assert str(pdf.docinfo["/Author"]) == app.config["OFFICE"]["name"].replace("'", "’")
        about = str(pdf.docinfo) + str(pdf.Root.Metadata.read_bytes())
        for secret in ("ANGELO", "Maria", "BEN AMAR", "7K2M"):
            assert secret not in about

    def test_its_structure_tells_headings_paragraphs_and_steps(self, pdf):
        kinds = [str(element.S) for element in elements_of(pdf.Root.StructTreeRoot)]
        assert kinds.count("/H1") == 2
        assert kinds.count("/L") == 2
        assert kinds.count("/LI") == 2 * 5
        assert "/P" in kinds

    def test_all_that_is_drawn_is_either_tagged_or_an_artifact(self, pdf):
        for page in pdf.pages:
            marked = 0
            for operands, operator in pikepdf.parse_content_stream(page):
                marked += {"BDC": 1, "BMC": 1, "EMC": -1}.get(str(operator), 0)
                if str(operator) in {"Tj", "TJ", "S", "f", "f*", "B"}:
                    assert marked > 0, f"{operator} {operands} is neither"
            assert page.StructParents is not None
            assert page.Tabs == "/S"

    def test_its_fonts_are_in_it(self, pdf):
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())
            assert "/ToUnicode" in font
            assert re.search("Libertinus|DejaVu", str(descriptor.FontName))

    def test_it_has_a_page_a_tenant_of_a4(self, pdf):
        assert len(pdf.pages) == 2
        for page in pdf.pages:
            assert [round(float(side) / POINTS_A_MILLIMETRE) for side in page.MediaBox[2:]] == [210, 297]

    def test_nothing_in_it_acts(self, pdf):
        assert not {"/OpenAction", "/AA", "/AcroForm", "/Names"} & set(pdf.Root.keys())
        assert not [page for page in pdf.pages if "/Annots" in page]


@needs_poppler
class TestForEyes:
    @time_machine.travel("2026-08-01 09:00+02:00", tick=False)
    def test_it_says_all_that_the_tenant_needs(self, app, monkeypatch):
        monkeypatch.setitem(app.config, "BASE_URL", "https://locataires.exemple.test")
        text = read(make_letters([letter()]))

        assert app.config["OFFICE"]["name"] in text
        assert "1 rue de l'Exemple 20000 Ajaccio Téléphone : 04 65 71 00 00" in text
        assert "Ajaccio, le 1er août 2026" in text
        assert "Bonjour Mme Maria Stella D'ANGELO-PAOLI," in text
        assert "7K2M-94QF-D0XV" in text
        # The code ends on the 30th at ten: the 29th is the last day that may be promised.
        assert "une seule fois, jusqu'au 29 septembre 2026 inclus" in text
        assert "https://locataires.exemple.test/demander-un-code" in text
        assert "« J'ai reçu un courrier »" in text
        assert "Appelez l'office au 04 65 71 00 00." in text
        assert [f"{n}. " in text for n in range(1, 7)] == [True] * 5 + [False]

    @pytest.mark.parametrize("hours", ["De 8 h à 12 h", "De 8 h à 12 h."])
    def test_the_office_s_hours_end_in_one_full_stop(self, app, monkeypatch, hours):
        monkeypatch.setitem(app.config["OFFICE"], "hours", hours)
        text = read(make_letters([letter()]))
        assert "04 65 71 00 00. De 8 h à 12 h." in text
        assert ".." not in text

    def test_the_address_can_be_copied_whole(self, app, monkeypatch):
        address = "https://locataires.office-de-l-habitat-du-pays.exemple.test"
        monkeypatch.setitem(app.config, "BASE_URL", address)
        assert f"{address}/demander-un-code" in [word.text for word in words_of(make_letters([letter()]))]

    def test_an_office_that_has_configured_nothing_writes_all_the_same(self, app, monkeypatch):
        bare = dict.fromkeys(app.config["OFFICE"], "") | {"name": "Office d'essai", "short_name": "OE"}
        monkeypatch.setitem(app.config, "OFFICE", bare)
        text = read(make_letters([letter()]))
        assert re.search(r"\bLe \d+(er)? \w+ 20\d\d", text)
        assert "Besoin d'aide ? Demandez à l'office." in text
        assert "Téléphone" not in text

    @pytest.mark.parametrize(
        "it",
        [
            letter.__defaults__,
            ("W" * 30 + " " + "M" * 40, "Résidence les Grands Peupliers de la Rivière, bâtiment B, escalier 3"),
            (
                "D'ANGELO-PAOLI",
                "Résidence Les Jardins de l'Empereur, bâtiment D, escalier 2, 15 avenue du Docteur Noël Franchini",
            ),
            ("x" * 400, "y" * 400),
            ("W" * 400, "—" * 400),
        ],
        ids=["usual", "long", "in a big residence", "absurd", "absurdly wide"],
    )
    def test_the_window_shows_the_addressee_however_the_sheet_slides(self, it):
        made = letter(*it[:2])
        words = list(words_of(make_letters([made])))
        in_the_window = [word for word in words if touches(word, window_at(5, 5))]
        # An endless word is broken over lines, at spaces of no width.
        assert unspaced("".join(word.text for word in in_the_window)) == unspaced("".join(made.addressee))

        for slid_right in (0, ENVELOPE["width"] - SHEET["width"]):
            for slid_down in (0, ENVELOPE["height"] - SHEET["third"]):
                window = window_at(slid_right, slid_down)
                assert [word for word in words if touches(word, window)] == in_the_window
                assert all(shown(word, window) for word in in_the_window)

    def test_a_thousand_readers_get_their_own_page(self):
        many = [letter(f"ESSAI-{n}", code=f"0000-0000-{n:04d}") for n in range(120)]
        pages = text_of(make_letters(many)).split("\f")[:-1]
        assert len(pages) == len(many)
        for each, page in zip(many, pages, strict=True):
            assert each.code in page
            assert len(re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-\d{4}", page)) == 1

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_a_name_comes_out_as_it_is_written(self, name):
        assert name.replace("’", "'") in read(make_letters([letter(name)]))

    def test_arabic_letters_come_out_joined_and_in_their_order(self):
        made = letter("محمد")
        assert not made.has_gaps
        # pdftotext gives the letters' joined forms back as letters, between marks of direction.
        assert "محمد" in read(make_letters([made]))

    def test_what_no_font_has_leaves_a_gap_that_is_told(self):
        made = letter("😀 PAOLI 中")
        assert made.has_gaps
        assert f"{GAP} PAOLI {GAP}" in read(make_letters([made]))

    def test_an_address_in_a_big_residence_is_there_to_its_street(self):
        address = "Résidence Les Jardins de l'Empereur, bâtiment D, escalier 2, 15 avenue du Docteur Noël Franchini"
        made = letter(address=address)
        assert not made.has_gaps
        assert address in read(make_letters([made]))

    @pytest.mark.parametrize("made", [letter("x" * 400), letter(address="y " * 400)])
    def test_what_had_to_be_cut_is_told(self, made):
        assert made.has_gaps


@stores.once
class TestDrawable:
    def test_every_letter_that_is_not_asked_about_is_in_the_fonts(self):
        letters_of_latin = "".join(chr(n) for n in range(0x20, typesetting.LATIN + 1) if chr(n).isprintable())
        for letter_of_latin in letters_of_latin:
            assert typesetting.is_in_a_font(letter_of_latin), hex(ord(letter_of_latin))

    @pytest.mark.parametrize(
        ("text", "drawn"),
        [
            ("  Élise\u00a0\tO’KÉEFFE\n", "Élise O’KÉEFFE"),
            ("E\u0301lise", "Élise"),
            ("PA\u00adO\u200bL\u202eI", "PAOLI"),
            ("\x00A\ue000", "□A□"),
            ("x" * 77, "x" * 75 + "…"),
            ("", ""),
        ],
    )
    def test_it_keeps_what_can_be_read(self, text, drawn):
        assert drawable(text) == drawn

    @settings(max_examples=60)
    @given(st.text(max_size=30))
    def test_no_name_stops_the_letters(self, name):
        with pikepdf.open(BytesIO(make_letters([letter(name), letter(address=name)]))) as pdf:
            assert len(pdf.pages) == 2


class TestTemplate:
    def test_it_compiles_without_a_warning(self, monkeypatch):
        assert warnings_of(monkeypatch, lambda: make_letters([letter()])) == []

    def test_a_broken_one_fails_with_its_line_and_no_name(self, tmp_path, monkeypatch):
        broken = access_code.TEMPLATE.read_text().replace("given.help", "given.hepl")
        (tmp_path / "access_code.typ").write_text(broken)
        monkeypatch.setattr(access_code, "TEMPLATE", tmp_path / "access_code.typ")
        with pytest.raises(PaperNotMade, match=r"^access_code\.typ, line \d+$") as failure:
            make_letters([letter()])
        # Nor behind it: a log writes the whole chain.
        assert failure.value.__context__ is None

    def test_a_letter_that_runs_over_its_page_fails(self, app, monkeypatch):
        monkeypatch.setitem(app.config["OFFICE"], "hours", "Du lundi au vendredi. " * 200)
        monkeypatch.setattr(typesetting, "LONGEST_OF_OFFICE", 10_000)
        with pytest.raises(PaperNotMade):
            make_letters([letter()])

    def test_the_same_letters_make_the_same_file(self):
        with time_machine.travel("2026-08-01 09:00+02:00", tick=False):
            assert make_letters([letter()]) == make_letters([letter()])

    def test_a_letter_is_a_tuple_of_plain_texts(self):
        made = letter()
        assert made == Letter(
            "Mme Maria Stella D'ANGELO-PAOLI",
            ("Mme Maria Stella D'ANGELO-PAOLI", "12 rue des Lilas", "20090 AJACCIO"),
            "7K2M-94QF-D0XV",
            datetime(2026, 9, 30, 8, 0, tzinfo=UTC),
        )


def test_papers_asked_for_at_once_are_laid_out_by_one_thread_whose_heap_alone_then_grows(monkeypatch):
    compilers = []

    class Typst:
        TypstError = typesetting.engine().TypstError

        def compile(self, source, **_):
            compilers.append(threading.get_ident())
            return source

    monkeypatch.setattr(typesetting, "engine", Typst)
    ask = [partial(typesetting.compiled, str(number).encode(), {}) for number in range(4)]
    assert at_once(*ask, typesetting.forget_layouts)[:4] == [b"0", b"1", b"2", b"3"]
    assert len(set(compilers)) == 1
