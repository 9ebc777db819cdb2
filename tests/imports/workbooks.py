"""What the stories of workbooks share: columns to read, how one is read, and what is changed inside one."""

import io
import re
import zipfile

import pytest

from ophportal.imports.files import opened
from ophportal.imports.files.columns import Column
from ophportal.imports.refusals import ImportRefused, Refusals
from tests.spaces import as_read

PEOPLE = (
    Column("number", "numéro", ("n°",), required=True),
    Column("name", "nom", required=True),
    Column("city", "ville"),
)


def read(path, columns=PEOPLE):
    refusals = Refusals()
    with opened(path, columns) as file:
        return list(file.lines(refusals)), [as_read(str(error)) for error in refusals.kept]


def refusal(path, columns=PEOPLE):
    with pytest.raises(ImportRefused) as refused:
        read(path, columns)
    (error,) = refused.value.errors
    return str(error)


def rewritten(path, change):
    """The workbook's bytes, each part passed through `change(name, data)`."""
    target = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in source.infolist():
            archive.writestr(part.filename, change(part.filename, source.read(part)))
    return target.getvalue()


def with_shared_texts(path, part):
    """The workbook, its texts moved out of their cells into a part of this name."""
    texts = []

    def share(found):
        texts.append(found[2])
        return f'<c r="{found[1]}" t="s"><v>{len(texts) - 1}</v></c>'.encode()

    def change(name, data):
        if name == "xl/worksheets/sheet1.xml":
            cell = rb'<c r="(\w+)"[^>]*t="inlineStr"[^>]*><is><t[^>]*>([^<]*)</t></is></c>'
            return re.sub(cell, lambda found: share([None, found[1].decode(), found[2]]), data)
        if name == "[Content_Types].xml":
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
            return data.replace(b"</Types>", f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'.encode())
        return data

    content = rewritten(path, change)
    path.write_bytes(content)
    assert texts
    table = b"".join(b"<si><t>" + text + b"</t></si>" for text in texts)
    namespace = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, b"<sst " + namespace + b">" + table + b"</sst>")
    return path
