"""Documents that are imported are on the disk for good before a row names them."""

import io
from collections import defaultdict
from itertools import count

import pytest

from ophportal import documents
from ophportal.documents import measure, path_of, put
from ophportal.imports.documents import import_documents
from ophportal.models import Document
from tests.documents import pdf, write_folder


@pytest.fixture
def alike():
    """Three papers whose contents lie in one folder of the store's."""
    shelves = defaultdict(list)
    papers = (pdf(f"n° {number}") for number in count())
    while not (full := [shelf for shelf in shelves.values() if len(shelf) == 3]):
        paper = next(papers)
        shelves[digest_of(paper)[:2]].append(paper)
    return full[0]


@pytest.fixture
def synced(monkeypatch):
    """Each folder that was synced: its name, the names in it, and how many rows there were."""
    sync_names, noted = documents.sync_names, []

    def note(folder):
        sync_names(folder)
        noted.append((folder.name, {path.name for path in folder.iterdir()}, Document.select().count()))

    monkeypatch.setattr(documents, "sync_names", note)
    return noted


def digest_of(paper):
    return measure(io.BytesIO(paper)).digest


def of_three_months(papers):
    return {f"0012345_2026-0{month}_avis.pdf": paper for month, paper in enumerate(papers, 1)}


def test_each_folder_of_theirs_is_synced_once_and_before_any_row(make_tenant, tmp_path, alike, synced):
    make_tenant(number="0012345")
    import_documents(write_folder(tmp_path / "papiers", of_three_months(alike)))
    digests = {digest_of(paper) for paper in alike}
    shelf = path_of(min(digests)).parent.name
    assert [(it[1] >= digests, it[2]) for it in synced if it[0] == shelf] == [(True, 0)]
    assert Document.select().count() == 3


def test_so_is_what_an_import_that_was_killed_has_left_there(make_tenant, tmp_path, alike, synced):
    make_tenant(number="0012345")
    for paper in alike:
        put(io.BytesIO(paper))
    assert path_of(digest_of(alike[0])).parent.name not in [name for name, *_ in synced]
    import_documents(write_folder(tmp_path / "papiers", of_three_months(alike)))
    (there,) = (names for name, names, rows in synced if name == digest_of(alike[0])[:2] and not rows)
    assert there >= {digest_of(paper) for paper in alike}
