"""« Demander un code d'accès »: what the form takes, and what it says of what it does not."""

from datetime import timedelta

import pytest
import time_machine

from ophportal.models import AccessRequest, OutboxMessage
from tests.conftest import landing, request_code
from tests.page import Page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Écrivez votre nom."),
        ("name", "   ", "Écrivez votre nom."),
        ("name", "…", "Écrivez votre nom avec des lettres."),
        ("name", "12", "Écrivez votre nom avec des lettres."),
        ("name", "x" * 201, "«\u00a0Votre Nom\u00a0»\u00a0: trop long. Écrivez 200 caractères au plus."),
        ("name", "Pa\0oli", "«\u00a0Votre Nom\u00a0»\u00a0: il y a un caractère invisible."),
        ("email", "", "Écrivez votre adresse e-mail."),
        ("email", "maria", "Cette adresse e-mail n'est pas complète"),
        ("email", "maria@", "Cette adresse e-mail n'est pas complète"),
        ("email", "maria@exemple,test", "ou elle a une faute. Elle s'écrit sans espace, sans accent et sans virgule"),
        ("email", "mária@exemple.test", "ou elle a une faute. Elle s'écrit sans espace, sans accent et sans virgule"),
        ("email", '"x@exemple.test" <mal@exemple.test>', "Cette adresse e-mail n'est pas complète"),
        ("email", "a@exemple.test, b@exemple.test", "Cette adresse e-mail n'est pas complète"),
        ("email", "a@exemple.test\r\nBcc: b@exemple.test", "Cette adresse e-mail n'est pas complète"),
        ("dwelling_reference", "", "Écrivez votre référence logement."),
        ("dwelling_reference", "000", "Recopiez la référence logement"),
        ("dwelling_reference", "je ne sais pas", "Recopiez la référence logement"),
        ("tenant_number", "", "Écrivez votre numéro locataire."),
        ("tenant_number", "--", "Recopiez le numéro locataire"),
        ("tenant_number", "n°", "Recopiez le numéro locataire"),
    ],
)
def test_what_will_not_do_is_said_beside_the_field_and_writes_nothing(client, field, typed, said):
    answer = request_code(client, **{field: typed})
    page = Page(answer)

    assert answer.status_code == 422
    assert page.title.startswith("Erreur")
    control = page.one(f"#{field}")
    assert control["aria-invalid"] == "true"
    assert said in page.one(f"#{field}-erreur").text
    assert page.one(f".summary a[href='#{field}']")
    assert page.one("#tenant_number").get("value", "") != "" or field == "tenant_number"
    assert AccessRequest.select().count() == OutboxMessage.select().count() == 0


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "Ô"),
        ("name", "Paoli 2"),
        ("name", "Παπαδόπουλος"),
        ("dwelling_reference", "Bât. A, porte 4"),
        ("dwelling_reference", "０１２３"),
        ("dwelling_reference", "0-A"),
        ("tenant_number", "L 0012345"),
        ("tenant_number", "CAPA-7"),
    ],
)
def test_what_an_avis_may_say_is_taken(client, field, typed):
    assert request_code(client, **{field: typed}).status_code == 303


@pytest.mark.parametrize(
    "typed",
    [
        "maria @exemple.test",
        "maria@exemple.\u00a0test",
        " maria@exemple.test. ",
        "maria@exemple.test;",
    ],
)
def test_an_address_is_written_down_without_what_a_telephone_or_a_list_adds(client, typed):
    assert request_code(client, email=typed).status_code == 303
    assert AccessRequest.get().email == "maria@exemple.test"


def test_what_was_typed_is_kept_beside_an_error_and_escaped(client):
    answer = request_code(client, name="<b>Paoli</b>", email="")
    assert Page(answer).one("#name")["value"] == "<b>Paoli</b>"
    assert "<b>Paoli" not in answer.text


def test_what_comes_back_has_no_character_that_html_has_no_place_for(client):
    answer = request_code(client, name="Pa\0oli\x01")
    assert Page(answer).one("#name")["value"] == "Paoli"
    assert "\0" not in answer.text


def test_invisible_marks_of_a_copied_pdf_are_forgiven(client):
    assert request_code(client, tenant_number="\u202a0012\u00ad345\u202c").status_code == 303
    assert AccessRequest.get().tenant_number == "0012345"


def test_one_request_row_and_one_outbox_row_are_written_together(client, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("the outbox row cannot be written")

    monkeypatch.setattr(OutboxMessage, "create", fail)
    assert request_code(client).status_code == 500
    assert AccessRequest.select().count() == 0


class TestPressedTwice:
    """A second mail would void the password of the first, which is the one that many open."""

    @pytest.mark.parametrize("second", ["/demander-un-code", "/mot-de-passe-oublie"])
    def test_one_mail_leaves_and_both_answers_say_so(self, client, make_tenant, outbox, second):
        make_tenant()
        for path in ("/demander-un-code", second):
            assert landing(request_code(client, path)) == "/code-envoye"
            assert "a été envoyé à l'adresse maria@exemple.test" in Page(client.get("/code-envoye")).text
        outbox.deliver()
        assert len(outbox.sent) == 1

    def test_what_is_corrected_is_another_request(self, client, make_tenant, outbox):
        make_tenant()
        request_code(client, tenant_number="0012354")
        request_code(client)
        assert AccessRequest.select().count() == OutboxMessage.select().count() == 2

    def test_so_is_the_same_one_half_a_minute_later(self, client):
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
            request_code(client)
            clock.shift(timedelta(seconds=31))
            request_code(client)
        assert AccessRequest.select().count() == 2
