"""How many lines a file has, and how many of them cannot stand: the same words mean the same for every kind of file."""

import pytest

from ophportal.cli import imports
from ophportal.imports import runs
from ophportal.imports.refusals import Refusals
from ophportal.progress import say_nothing
from tests.documents import pdf, write_folder
from tests.tables import write_table

TENANTS = ("N° locataire", "Nom", "Réf. logement", "Adresse e-mail")
LEDGER = ("N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit", "Identifiant")
CONTACTS = ("Référence (début)", "Rôle", "Nom", "Téléphone")
RENT = ("0012345", "0123-04-056", "01/11/2026", "Loyer", "1", "", "A-1")
STRANGER = ("99", *RENT[1:])
KEEPER = ("0123", "Gardien", "Loriot TISON", "06 39 98 02 01")
INDEX = "fichier;numéro locataire;mois;type\n"


def tenants(folder, *lines):
    return write_table(folder / "locataires.csv", TENANTS, lines)


def ledger(folder, *lines):
    return write_table(folder / "ecritures.csv", LEDGER, lines)


def contacts(folder, *lines):
    return write_table(folder / "contacts.csv", CONTACTS, lines)


def documents(folder, *names):
    return write_folder(folder / "papiers", {name: b"" if "vide" in name else pdf(name) for name in names})


def indexed(folder, *lines):
    files = {"bon.pdf": pdf("bon"), "vide.pdf": b""}
    return write_folder(folder / "papiers", files | {"index.csv": (INDEX + "\n".join(lines)).encode()})


CASES = {
    "a tenant whose line cannot be read": (
        runs.TENANTS, tenants, (3, 2), ("1", "PAOLI", "A-1", ""), ("2", "", "A-2", "paul"), ("", "ROSSI", "A-3", "")
    ),
    "tenants who contradict each other": (
        runs.TENANTS, tenants, (4, 2), ("1", "PAOLI", "A-1", ""), ("1", "ROSSI", "A-2", ""), ("1", "LÉCA", "A-3", ""),
        ("4", "OLIVE", "A-4", ""),
    ),
    "an entry of a stranger's": (runs.LEDGER, ledger, (2, 1), RENT, (*STRANGER[:6], "A-2")),
    "entries of strangers who repeat an identifier": (runs.LEDGER, ledger, (3, 2), RENT, STRANGER, STRANGER),
    "an entry that cannot be read beside one of a stranger's": (
        runs.LEDGER, ledger, (3, 2), RENT, (*RENT[:2], "hier", *RENT[3:]), (*STRANGER[:6], "A-2")
    ),
    "contacts of no building, unreadable, or twice there": (
        runs.CONTACTS, contacts, (4, 3), KEEPER, KEEPER, ("9", *KEEPER[1:]), ("0123", "", "Grive", "1")
    ),
    "documents of nobody's, and of nothing": (
        runs.DOCUMENTS, documents, (4, 3), "0012345_2026-03_avis.pdf", "99_2026-03_avis.pdf",
        "0012345_2026-04_vide.pdf", "lisez-moi.txt",
    ),
    "documents wrong in two ways": (
        runs.DOCUMENTS, documents, (2, 1), "0012345_2026-03_avis.pdf", "vide/99_2026-03_avis.pdf"
    ),
    "documents of an index": (
        runs.DOCUMENTS, indexed, (4, 3), "bon.pdf;12345;2026-03;avis", "vide.pdf;99;2026-04;avis",
        "vide.pdf;12345;2026-05;avis", "bon.pdf;;hier;avis",
    ),
}  # fmt: skip


@pytest.fixture(params=CASES, ids=lambda told: told.replace(" ", "-"))
def case(request, tmp_path, make_tenant):
    """The kind of file, its path, how many lines it has and how many of them cannot stand; Maria is on file."""
    make_tenant()
    kind, write, expected, *lines = CASES[request.param]
    return kind, write(tmp_path, *lines), expected


def test_each_line_is_read_once_and_refused_once(case):
    kind, path, expected = case
    report = kind.look(path, say_nothing, False)
    assert (report.read, report.rejected) == expected


def test_the_command_says_so_and_tells_of_nothing_that_it_would_do(case, app):
    kind, path, (read, rejected) = case
    said = app.test_cli_runner().invoke(
        imports.import_group, [kind.name.removeprefix("import_"), str(path), "--dry-run"]
    )
    noun, refused = ("Lignes lues", "Lignes refusées") if kind.is_table else ("Documents lus", "Documents refusés")
    assert said.stdout == (
        f"Essai : le fichier est refusé. L'import n'écrirait rien.\n{noun} : {read}\n{refused} : {rejected}\n"
    )


def test_lines_are_told_apart_without_being_held():
    """A large file may be wrong on every line."""
    refusals = Refusals()
    for line in range(2, 100_002):
        refusals.add(line, "est vide")
        refusals.add(line, "n'est pas connu")
    refusals.add(3, "est vide")
    assert (refusals.lines, refusals.total) == (100_000, 200_001)
    assert refusals.bits.__sizeof__() < 20_000
