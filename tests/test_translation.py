"""A browser that translates a page, for who reads little French: what is copied or found on a paper stays as it is."""

import re

from bs4 import BeautifulSoup

from tests.conftest import request_code
from tests.page import Page
from tests.spaces import as_read


def left_alone(soup):
    return [as_read(tag.get_text()).strip() for tag in soup.select("[translate=no]")]


def test_the_words_to_look_for_on_the_avis_are_the_words_of_the_avis(client):
    for page in ("/demander-un-code", "/aide"):
        soup = Page(client.get(page)).soup
        assert soup.select("[translate=no] svg.drawing"), page
        assert {"numéro locataire", "référence logement"} <= set(left_alone(soup)), page
    asked = Page(client.get("/demander-un-code"))
    for field, line in (
        ("tenant_number", "Votre numéro locataire"),
        ("dwelling_reference", "Votre référence logement"),
    ):
        assert left_alone(asked.one(f"#{field}-aide")) == [line]


def test_so_are_they_in_the_mail_to_who_copied_them_wrong(client, make_tenant, outbox):
    make_tenant()
    request_code(client, tenant_number="1")
    mail = BeautifulSoup(outbox.deliver().html, "html.parser")
    assert left_alone(mail) == ["Votre référence logement", "Votre numéro locataire"]


def test_the_address_that_was_written_is_told_as_it_was(client):
    client.htmx = True
    assert left_alone(Page(request_code(client)).soup) == ["maria@exemple.test"]


def test_the_code_and_the_password_are_those_that_open(client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    mail = outbox.deliver()
    assert left_alone(BeautifulSoup(mail.html, "html.parser")) == re.findall(r"^    (\S+)$", mail.body, re.MULTILINE)


def test_the_code_and_the_address_are_so_in_the_account_too(client, maria):
    assert maria.code in left_alone(Page(client.get("/compte")).soup)
    for page in ("/compte/coordonnees", "/compte/coordonnees/email"):
        assert maria.tenant.email in left_alone(Page(client.get(page)).soup), page
