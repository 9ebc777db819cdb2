"""What an agent does with letters, and what is read on them."""

import re
from io import BytesIO

import pikepdf

from tests.conftest import landing, press

CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")


def print_chosen(visitor, tenants):
    """Tick these tenants and print; the address of the job's page."""
    ticked = [str(each.id) for each in tenants]
    return landing(press(visitor, "/agents/courriers", "/agents/courriers/imprimer", tenant=ticked))


def listed(page):
    return [re.sub(r"\s+", " ", label.get_text()).strip() for label in page.soup.select(".picks label")]


def pages_of(pdf):
    with pikepdf.open(BytesIO(pdf)) as opened:
        return len(opened.pages)


def use(client, code, email="maria@exemple.test"):
    client.submit("/courrier-recu", letter_code=code, email=email)
