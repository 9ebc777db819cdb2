"""Files of an office ten times as large as the largest: memory stays flat, and tenants are let in meanwhile."""

import subprocess
import sys
import threading

import pytest
from openpyxl import Workbook

from tests.conftest import OWN_PASSWORD
from tests.office import ROOT, Visit, first_login, households, wait_until, write_tenant_file
from tests.stores import ask, on_postgresql

# Runs the command, then tells its own highest memory, in KiB.
MEASURED = """
import re, sys
from pathlib import Path
from ophportal.cli.main import cli
cli.main(sys.argv[1:], standalone_mode=False)
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def memory_of(office, *words):
    """The MiB that `ophportal words…` takes at most."""
    command = [sys.executable, "-c", MEASURED, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, env=office.environment, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def write_ledger(path, homes, lines, *, label="Loyer et charges", are_known=False):
    """So many lines, the homes' in turn; `are_known` by an identifier, under which each may be told anew."""
    with path.open("w", encoding="utf-8") as file:
        file.write("N° locataire;Réf. logement;Date;Libellé;Débit;Crédit;Identifiant\n")
        for n in range(lines):
            home, month = n % homes + 1, n // homes
            day = f"{month % 28 + 1:02d}/{month // 28 % 12 + 1:02d}/2010"
            known = n + 1 if are_known else ""
            file.write(f"L{home:07d};{home:04d}-A;{day};{label};{n % 900 + 100},{n % 100:02d};;{known}\n")
    return path


def write_workbook(path, count):
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(next(households(1))))
    for household in households(count):
        sheet.append(list(household.values()))
    book.save(path)
    return path


@pytest.mark.slow
def test_a_ledger_twenty_times_as_long_takes_no_more_memory(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 2000))
    short = memory_of(office, "import", "ledger", write_ledger(office.folder / "court.csv", 2000, 20_000))
    long = memory_of(office, "import", "ledger", write_ledger(office.folder / "long.csv", 2000, 400_000))
    assert long - short < 16


@pytest.mark.slow
def test_a_ledger_that_changes_each_entry_takes_no_more_memory(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 2000))
    first = write_ledger(office.folder / "avant.csv", 2000, 200_000, are_known=True)
    again = write_ledger(office.folder / "apres.csv", 2000, 200_000, label="Loyer", are_known=True)
    new, changed = (memory_of(office, "import", "ledger", file) for file in (first, again))
    assert changed - new < 4


@pytest.mark.slow
def test_a_ledger_that_comes_beside_as_many_entries_takes_no_more_memory(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 2000))
    first = write_ledger(office.folder / "avant.csv", 2000, 200_000)
    more = write_ledger(office.folder / "apres.csv", 2000, 200_000, label="Eau froide")
    # Under another label each line has a twin on file, which wants a second yes.
    new, beside = (memory_of(office, "import", "ledger", file, "--yes") for file in (first, more))
    assert beside - new < 4


@pytest.mark.slow
def test_a_tenant_file_twenty_times_as_long_takes_no_more_memory(office):
    short = memory_of(office, "import", "tenants", write_tenant_file(office.folder / "court.csv", 10_000))
    long = memory_of(office, "import", "tenants", write_tenant_file(office.folder / "long.csv", 200_000))
    assert long - short < 16


@on_postgresql
def test_what_is_written_step_by_step_is_not_read_whole_at_each_step(office):
    """Twenty thousand tenants are forty steps."""

    def rows_read():
        counted = "SELECT n_tup_ins, seq_tup_read FROM pg_stat_user_tables WHERE relname = 'tenant'"
        wait_until(lambda: ask(office.store, counted)[0][0] == 20_000, "PostgreSQL does not count")
        return ask(office.store, counted)[0][1]

    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 20_000))
    assert rows_read() < 10 * 20_000


@on_postgresql
def test_what_is_read_of_a_ledger_to_be_checked_is_not_held_in_memory(office):
    """PostgreSQL's driver holds all that a query answers."""
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 2000))
    bare = memory_of(office, "import", "ledger", write_ledger(office.folder / "sans.csv", 2000, 200_000))
    known = write_ledger(office.folder / "avec.csv", 2000, 200_000, label="Eau froide", are_known=True)
    # Under another label each line has a twin on file, which wants a second yes.
    assert memory_of(office, "import", "ledger", known, "--yes") - bare < 4


@pytest.mark.slow
def test_a_workbook_ten_times_as_long_takes_a_tenth_of_a_kilobyte_a_row(office):
    short = memory_of(office, "import", "tenants", write_workbook(office.folder / "court.xlsx", 3_000))
    long = memory_of(office, "import", "tenants", write_workbook(office.folder / "long.xlsx", 30_000))
    assert long - short < 8


@pytest.mark.slow
def test_tenants_are_let_in_while_a_hundred_thousand_are_imported_and_after(office):
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
    office.serve()
    visit = Visit(office)
    code = first_login(office, visit, 2, OWN_PASSWORD)

    answers, stop = [], threading.Event()

    def log_in_again_and_again():
        while not stop.wait(0.1):
            visitor = Visit(office)
            page = visitor.submit("/identification", identifier=code, password=OWN_PASSWORD)
            answers.append((visitor.status, "Votre compte locataire" in page))

    logins = threading.Thread(target=log_in_again_and_again)
    logins.start()
    try:
        said = office.run("import", "tenants", write_tenant_file(office.folder / "beaucoup.csv", 100_000))
        # The words that agents search by are written after it.
        stop.wait(10)
    finally:
        stop.set()
        logins.join()
    assert "Locataires : 99997 en plus" in said.stdout
    assert len(answers) > 5
    assert set(answers) == {(200, True)}
