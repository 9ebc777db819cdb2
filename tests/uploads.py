"""The ERP's files, as a responsable sends them."""

import csv
import io

from ophportal.models import Job, JobState, JournalEntry
from ophportal.testing import TOKEN
from tests.conftest import landing, press
from tests.page import Page
from tests.tenant_lines import HEADERS, MARIA

LIST = "/agents/imports"
ROMARIN = MARIA | {"last_name": "ROMARIN", "first_names": "Anis", "birth_name": ""}


def csv_of(*lines, headers=HEADERS):
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";")
    rows.writerow(headers.values())
    rows.writerows([line[field] for field in headers] for line in lines)
    return text.getvalue().encode()


def send(visitor, content, name="locataires.csv", **fields):
    token = TOKEN.search(visitor.get(LIST).text)[1]
    data = {"csrf_token": token, "kind": "import_tenants", "file": (io.BytesIO(content), name), **fields}
    return visitor.post(LIST, data=data, content_type="multipart/form-data")


def sent(visitor, *lines, **fields):
    """Where the import of these lines is told."""
    address = landing(send(visitor, csv_of(*lines), **fields))
    assert address.startswith(f"{LIST}/")
    return address


def confirm_twice(visitor, address):
    """Without the box that says « I am sure » it still waits to be confirmed."""
    answer = press(visitor, address, f"{address}/confirmer")
    assert answer.status_code == 422
    page = Page(answer)
    assert page.title.startswith("Erreur\u00a0: Import des ")
    link, box = page.one(".summary[aria-labelledby=erreurs] a[href='#sure']"), page.one("#sure")
    assert "cochez la case" in link.text
    assert box["aria-invalid"] == "true"
    assert link.text in page.one(f"#{box['aria-describedby']}").text
    assert not page.soup.select(".notice")
    assert Job.get().state == JobState.TO_CONFIRM
    press(visitor, address, f"{address}/confirmer", sure="y")


def journalled():
    """What became of imports, by whom and of which, the oldest first."""
    of_imports = JournalEntry.event.startswith("import")
    entries = JournalEntry.select().where(of_imports).order_by(JournalEntry.id)
    return [(entry.event, entry.agent, entry.detail) for entry in entries]
