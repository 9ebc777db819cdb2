"""The mails: readable as text and as HTML, with links from the configuration alone."""

import re
from email import message_from_bytes
from email.policy import default, strict

import pytest
import time_machine

from ophportal.emails import WRITERS
from ophportal.models import OutboxMessage, Verification
from ophportal.office import actions
from tests import stores
from tests.conftest import log_in, request_code
from tests.console.verifications import opened, refuse
from tests.spaces import as_read


@pytest.fixture
def credentials(client, make_tenant, outbox):
    with time_machine.travel("2024-08-07 09:00+02:00"):
        make_tenant(civility="Mme")
        request_code(client)
        return outbox.deliver()


def test_it_gives_the_code_the_password_and_until_when_it_is_good(credentials):
    for body in (credentials.body, credentials.html):
        text = as_read(re.sub(r"<[^>]+>", "", body)).replace("&#39;", "'")
        assert "Bonjour Mme Maria Stella D'ANGELO-PAOLI," in text
        assert "Votre code d'accès :" in text
        assert re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", text)
        assert "Votre mot de passe :" in text
        assert re.search(r"\b([bcdfghjkmnpqrstvwxz]{4}-){3}[bcdfghjkmnpqrstvwxz]{4}\b", text)
        assert "jusqu'au jeudi 8 août 2024 à 9 h 00" in text
        assert "http://localhost/identification" in text
        assert "Vous n'avez rien demandé ?" in text
        assert "ne vous demande jamais votre mot de passe" in text


def test_it_names_the_account_in_french_where_the_erp_gives_no_title(client, make_tenant, outbox):
    make_tenant(last_name="LAURIER", first_names="Olive")
    request_code(client, name="Laurier")
    mail = outbox.deliver()
    for body in (mail.body, mail.html.replace("&#39;", "'")):
        assert "ouvrent le compte d'Olive LAURIER" in body


def test_who_reads_it_too_late_learns_what_to_do(credentials):
    for said in (credentials.body, credentials.html):
        text = as_read(said)
        assert "Trop tard ? À la page « Identification », appuyez sur « Mot de passe oublié »." in text


def test_it_speaks_of_a_usual_password_to_those_alone_who_have_one(credentials, client, make_account, outbox):
    """A stranger may have asked: who has never been inside has nothing that goes on working."""
    assert "votre mot de passe habituel" not in as_read(credentials.body)
    make_account("ROSSI", number="2", reference="2", email="r@exemple.test")
    request_code(client, name="Rossi", tenant_number="2", dwelling_reference="2", email="r@exemple.test")
    assert "votre mot de passe habituel marche toujours" in outbox.deliver().body


@pytest.mark.parametrize("asked", ["by the tenant", "by an agent"])
def test_its_paragraphs_stand_apart_as_text_too(app, client, make_tenant, make_agent, outbox, asked):
    tenant = make_tenant()
    if asked == "by an agent":
        with app.app_context():
            actions.send_code(tenant, make_agent())
    else:
        request_code(client)
    body = outbox.deliver().body
    first, second, *_, office, end = body.split("\n\n")
    assert second.endswith("un code d'accès à votre compte locataire.")
    assert office.startswith(app.config["OFFICE"]["name"])
    assert "\n\n\n" not in body
    assert first.startswith("Bonjour ")
    assert end.startswith("Une machine envoie ce message")


def test_its_links_come_from_the_configuration_not_from_the_visitor(app, client, make_tenant, outbox, monkeypatch):
    monkeypatch.setitem(app.config, "BASE_URL", "https://locataires.exemple.test")
    make_tenant()
    request_code(client)
    assert "https://locataires.exemple.test/identification" in outbox.deliver().body


def test_it_travels_as_text_and_html_from_a_machine(app, credentials):
    with app.app_context():
        sent = message_from_bytes(credentials.as_bytes(), policy=default)
    assert {part.get_content_type() for part in sent.walk() if not part.is_multipart()} == {"text/plain", "text/html"}
    assert sent["Message-ID"] == OutboxMessage.get().message_id
    assert sent["Auto-Submitted"] == "auto-generated"
    assert "\n" not in sent["Subject"]


@pytest.mark.parametrize(
    "name",
    [
        "OPH CAPA",
        "OPH de l'Île-aux-Moines",
        "Habitat, Lande & Cie (« HLC »)",
        "OPH <office@autre.test>",
        'Le "bon" office; et l\'autre: ici',
        "Office de l'habitat d'Entre-Deux-Rivières",
    ],
)
def test_a_list_of_mails_shows_the_offices_name_as_who_writes(app, credentials, monkeypatch, name):
    """And one address alone, whatever stands in the name."""
    monkeypatch.setitem(app.config["OFFICE"], "short_name", name)
    with app.app_context():
        raw = credentials.as_bytes()
    assert max(map(len, raw.splitlines())) <= 78
    (who,) = message_from_bytes(raw, policy=default + strict)["From"].addresses
    assert (who.display_name, who.addr_spec) == (name, "ne-pas-repondre@exemple.test")


def test_every_server_takes_it_as_it_is(app, client, make_tenant, console, outbox):
    """Seven bits a letter: eight are for the servers that say they take them (RFC 6152). And no line is long."""
    make_tenant(email="o'neil+habitat@exemple.test")
    request_code(client)
    reason = "Le nom écrit n'est pas celui du bail : appelez-nous 🙂. " * 9
    outbox.deliver()
    it = Verification.get()
    opened(console, it)
    refuse(console, it, reason)
    mail = outbox.deliver()
    with app.app_context():
        raw = mail.as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    sent = message_from_bytes(raw, policy=default + strict)
    assert sent["Subject"] == mail.subject
    texts = [part.get_content().replace("\r\n", "\n") for part in sent.walk() if not part.is_multipart()]
    assert texts == [mail.body, mail.html]
    assert reason.strip() in texts[0]


def test_no_secret_lies_in_the_subject_nor_in_the_store(app, credentials):
    password = re.search(r"([a-z]{4}-){3}[a-z]{4}", credentials.body)[0]
    assert password not in credentials.subject
    content = stores.contents()
    assert b"D'ANGELO-PAOLI" in content
    assert password.encode() not in content
    assert password.replace("-", "").encode() not in content


def test_a_change_of_password_is_told(client, make_account, outbox):
    log_in(client, make_account())
    new = "deux lunes rouges sur le toit"
    client.submit(
        "/compte/mot-de-passe",
        current_password="quatre chèvres bleues dansent",
        new_password=new,
        confirmation=new,
    )
    mail = outbox.deliver()
    assert mail.subject == "Votre compte a un nouveau mot de passe"
    assert mail.recipients == ["maria@exemple.test"]
    assert new not in mail.body
    assert "http://localhost/mot-de-passe-oublie" in mail.body


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("ending", ["subject.txt", "txt", "html"])
def test_every_mail_has_its_three_templates(app, name, ending):
    assert app.jinja_env.get_template(f"emails/{name}.{ending}")


def test_an_apostrophe_in_a_subject_stays_one(client, make_tenant, outbox):
    make_tenant()
    request_code(client)
    assert outbox.deliver().subject == "Votre code d'accès et votre mot de passe"


def test_a_domain_of_other_letters_is_the_one_that_is_written_and_no_other(app, client, make_tenant, outbox):
    """« straße » and « strasse » may be two owners' (RFC 5891); Python's own codec takes one for the other."""
    make_tenant(email="maria@straße.exemple.test")
    request_code(client, email="maria@straße.exemple.test")
    mail = outbox.deliver()
    with app.app_context():
        sent = message_from_bytes(mail.as_bytes(), policy=default)
    assert sent["To"] == "maria@xn--strae-oqa.exemple.test"
    assert mail.send_to == {"maria@xn--strae-oqa.exemple.test"}
