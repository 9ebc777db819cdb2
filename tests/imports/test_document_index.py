"""An index that could mean two of the files: nobody gets the other one's paper."""

import pytest

from ophportal.documents import path_of
from ophportal.imports.documents import import_documents
from ophportal.imports.refusals import ImportRefused
from ophportal.models import Document
from tests.documents import pdf, write_folder

TITLES = "fichier;numéro locataire;mois;type\n".encode()
FILES = {"maria/avis.pdf": pdf("de Maria"), "paul/avis.pdf": pdf("de Paul")}


@pytest.fixture(autouse=True)
def tenants(make_tenant):
    return make_tenant(), make_tenant("ROSSI", "Paul", number="2", reference="2")


def test_a_bare_name_that_two_folders_have_is_refused_and_not_guessed(tmp_path):
    index = TITLES + b"avis.pdf;12345;2026-03;avis\npaul/avis.pdf;2;2026-03;avis\n"
    with pytest.raises(ImportRefused) as refused:
        import_documents(write_folder(tmp_path / "papiers", FILES | {"index.csv": index}))
    assert "index.csv, ligne 2 : « fichier » est dans plusieurs dossiers : écrivez son chemin : « avis.pdf »" in str(
        refused.value.errors[0]
    ).replace("\u00a0", " ")
    assert not Document.select().exists()


def test_by_its_path_each_is_its_own_tenant_s(tmp_path, tenants):
    index = TITLES + b"paul/avis.pdf;2;2026-03;avis\nmaria\\avis.pdf;12345;2026-03;avis\n"
    import_documents(write_folder(tmp_path / "papiers", FILES | {"index.csv": index}))
    for tenant, words in zip(tenants, ("de Maria", "de Paul"), strict=True):
        assert path_of(Document.get(Document.tenant == tenant).digest).read_bytes() == pdf(words)
