"""An index that could mean two of the files: nobody gets the other one's paper. And one whose accents were lost."""

import pytest

from ophportal.documents import path_of
from ophportal.imports.documents import import_documents, look_at_documents
from ophportal.imports.refusals import ImportRefused
from ophportal.models import Document
from tests.documents import pdf, write_folder
from tests.spaces import as_read

TITLES = "fichier;numéro locataire;mois;type\n".encode()
FILES = {"maria/avis.pdf": pdf("de Maria"), "paul/avis.pdf": pdf("de Paul")}


@pytest.fixture(autouse=True)
def tenants(make_tenant):
    return make_tenant(), make_tenant("ROSSI", "Paul", number="2", reference="2")


def test_a_bare_name_that_two_folders_have_is_refused_and_not_guessed(tmp_path):
    index = TITLES + b"avis.pdf;12345;2026-03;avis\npaul/avis.pdf;2;2026-03;avis\n"
    with pytest.raises(ImportRefused) as refused:
        import_documents(write_folder(tmp_path / "papiers", FILES | {"index.csv": index}))
    assert as_read(str(refused.value.errors[0])) == (
        "index.csv, ligne 2 : « fichier » peut être l'un de plusieurs fichiers : écrivez son chemin, avec ses "
        "majuscules : « avis.pdf »"
    )
    assert not Document.select().exists()


def test_capitals_do_not_count_for_windows_where_one_file_alone_answers(tmp_path):
    index = TITLES + b"SCAN1.PDF;12345;2026-03;avis\nPaul\\AVIS.pdf;2;2026-03;avis\n"
    files = {"scan1.pdf": pdf("de Maria"), "paul/avis.pdf": pdf("de Paul"), "index.csv": index}
    import_documents(write_folder(tmp_path / "papiers", files))
    assert Document.select().count() == 2


def test_of_two_that_differ_by_capitals_each_is_its_own_and_a_third_is_refused(tmp_path, tenants):
    index = TITLES + b"Scan.pdf;12345;2026-03;avis\nscan.pdf;2;2026-03;avis\n"
    files = {"Scan.pdf": pdf("de Maria"), "scan.pdf": pdf("de Paul")}
    more = index + b"SCAN.pdf;2;2026-04;avis\n"
    with pytest.raises(ImportRefused, match=r"peut être l'un de plusieurs fichiers"):
        import_documents(write_folder(tmp_path / "refuses", files | {"index.csv": more}))
    import_documents(write_folder(tmp_path / "papiers", files | {"index.csv": index}))
    for tenant, words in zip(tenants, ("de Maria", "de Paul"), strict=True):
        assert path_of(Document.get(Document.tenant == tenant).digest).read_bytes() == pdf(words)


def test_by_its_path_each_is_its_own_tenant_s(tmp_path, tenants):
    index = TITLES + b"paul/avis.pdf;2;2026-03;avis\nmaria\\avis.pdf;12345;2026-03;avis\n"
    import_documents(write_folder(tmp_path / "papiers", FILES | {"index.csv": index}))
    for tenant, words in zip(tenants, ("de Maria", "de Paul"), strict=True):
        assert path_of(Document.get(Document.tenant == tenant).digest).read_bytes() == pdf(words)


class TestAccents:
    """A title is what the tenant reads of their paper."""

    @pytest.fixture
    def titled(self, tmp_path):
        """The path of a folder whose index gives a document each of these titles."""

        def titled(*titles):
            lines = "".join(f"maria/avis.pdf;12345;2026-03;autre;{title}\n" for title in titles)
            index = f"fichier;numéro locataire;mois;type;titre\n{lines}paul/avis.pdf;2;2026-03;avis;\n"
            return write_folder(tmp_path / "papiers", FILES | {"index.csv": index.encode()})

        return titled

    @pytest.mark.parametrize(
        ("title", "told"),
        [
            ("Relev? de charges", "1 ligne a un « ? » à la place d'une lettre : « Relev? » (ligne 2)."),
            ("RelevÃ© de charges", "1 ligne a des accents abîmés : « RelevÃ© de charges » (ligne 2)."),
        ],
    )
    def test_one_that_lost_them_is_told_before_and_after(self, titled, title, told):
        path = titled(title)
        (said,) = look_at_documents(path).to_watch
        assert as_read(said).startswith(f"index.csv : {told}")
        assert import_documents(path).to_watch == (said,)

    def test_an_index_where_many_have_is_refused_by_its_name(self, titled):
        path = titled(*(f"RelevÃ© {number}" for number in range(4)))
        seen = look_at_documents(path)
        (refusal,) = seen.refused.errors
        assert as_read(str(refusal)).startswith("index.csv : 4 lignes ont des accents abîmés : ")
        # It is the index that is refused, and none of the five documents that it names.
        assert (seen.read, seen.rejected) == (5, 0)
