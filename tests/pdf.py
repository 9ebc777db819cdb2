"""A PDF as a test reads it: as a screen reader does (pikepdf), and as an eye does (pdftotext)."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pikepdf
import pytest
import typst

needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext here: poppler-utils")


# Names that a template could run, that no type is French for, or both.
ODD_NAMES = (
    "#panic()",
    '"] #read("/etc/passwd") [',
    "\\ * _ ` $ @ < > ~ // /* */ {} = - +",
    "L'HÔPITAL-ŒUF",
    "Ghjuvan Ǹ Căţă Ðoàn",
    "ЖУКОВ Ω",
)


def text_of(pdf: bytes, *options: str) -> str:
    run = subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True)
    return run.stdout.decode()


def read(pdf: bytes, *options: str) -> str:
    """The text with its spaces folded, no-break ones too, and straight apostrophes."""
    return " ".join(text_of(pdf, *options).replace("\u2019", "'").split())


def elements_of(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The elements under `node` of the structure tree."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements_of(kid)


def attribute_of(element: pikepdf.Object, name: str) -> str | None:
    """What one of the element's attribute dictionaries says under `name`."""
    told = element.get("/A", [])
    for attributes in told if isinstance(told, pikepdf.Array) else [told]:
        if name in attributes:
            return str(attributes[name])
    return None


def headers_of(element: pikepdf.Object) -> list[str]:
    """The ids of the headers that a cell names itself."""
    for attributes in element.get("/A", []):
        if "/Headers" in attributes:
            return [str(header) for header in attributes["/Headers"]]
    return []


def check_tagged(content: bytes, title: str) -> list[str]:
    """Raise AssertionError where the file is not what PDF/UA-1 (ISO 14289-1) wants, as far as a program can check it.

    Gives the kinds of its elements, in their order.
    """
    with pikepdf.open(BytesIO(content)) as pdf:
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == title
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).lower() in {"fr", "fr-fr"}
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(pdf.Root.keys())
        for page in pdf.pages:
            check_all_is_tagged(page)
        elements = list(elements_of(pdf.Root.StructTreeRoot))
        check_tables(elements)
        # Nothing is read out of a paragraph: of « Votre numéro locataire », the number would be parted.
        assert not [element for element in elements if element.S == "/Span" and element.P.S == "/Document"]
        return [str(element.S) for element in elements]


def check_all_is_tagged(page: pikepdf.Page) -> None:
    """All that is drawn is tagged, or an artifact."""
    marked = 0
    for operands, operator in pikepdf.parse_content_stream(page):
        marked += {"BDC": 1, "BMC": 1, "EMC": -1}.get(str(operator), 0)
        if str(operator) in {"Tj", "TJ", "S", "f", "f*", "B"}:
            assert marked > 0, f"{operator} {operands} is neither"


def check_tables(elements: list[pikepdf.Object]) -> None:
    """Every header says of what; every cell names headers that are there."""
    ids = {str(element.ID) for element in elements if "/ID" in element}
    for element in elements:
        if element.S == "/TH":
            assert attribute_of(element, "/Scope") in {"/Column", "/Both", "/Row"}
        if element.S in {"/TH", "/TD"}:
            assert set(headers_of(element)) <= ids
        if element.S == "/TD" and element.P.P.S == "/TBody":
            assert headers_of(element)


def warnings_of(monkeypatch: pytest.MonkeyPatch, *makers: Callable[[], bytes]) -> list[str]:
    """What typst complains of while these PDFs are made."""
    warned: list[str] = []

    def compile_and_tell(*args: Any, **options: Any) -> bytes:
        made, warnings = typst.compile_with_warnings(*args, **options)
        warned.extend(warnings)
        return made

    monkeypatch.setattr(typst, "compile", compile_and_tell)
    for make in makers:
        make()
    return warned
