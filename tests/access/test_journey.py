"""The guide's five steps, walked twice: by a browser with htmx, and by one without JavaScript."""

from tests.conftest import OWN_PASSWORD, landing, request_code
from tests.office import code_and_password
from tests.page import Page
from tests.spaces import as_read


def follow(visitor, response):
    return Page(visitor.get(landing(response)))


def test_a_tenant_goes_from_the_home_page_to_the_connected_account(visitor, make_tenant, outbox):
    make_tenant()

    # 1 and 2: the home page, and its link at the top.
    home = Page(visitor.get("/"))
    window = Page(visitor.get(home.one("header a.account-link")["href"]))
    assert window.one("h1").text == "Identification"

    # 3 and 4: ask for a code, and read where it went.
    link = next(a for a in window.soup.select("a") if a.text == "Demander un code d'accès")
    answer = request_code(visitor, link["href"])
    confirmation = Page(answer) if visitor.htmx else follow(visitor, answer)
    assert "Le code d'accès a été envoyé à l'adresse maria@exemple.test" in confirmation.text
    back = next(a for a in confirmation.soup.select("a") if a.text == "OK")
    assert back["href"] == "/identification#identifier"

    # The mail.
    mail = outbox.deliver()
    assert mail.recipients == ["maria@exemple.test"]
    code, password = code_and_password(mail.body)

    # 5: log in, choose one's own password before anything else, and be connected.
    answer = visitor.submit("/identification", identifier=code, password=password)
    assert landing(answer) == "/compte"
    assert landing(visitor.get("/compte")) == "/compte/choisir-mot-de-passe"
    answer = visitor.submit("/compte/choisir-mot-de-passe", new_password=OWN_PASSWORD, confirmation=OWN_PASSWORD)
    account = follow(visitor, answer)
    assert "Vous êtes maintenant connecté à votre compte locataire" in account.text
    assert "Maria Stella D'ANGELO-PAOLI" in account.text
    assert "0123-04-056" in account.text
    assert "12 rue des Lilas" in account.text
    # Nobody has changed one: there was none before.
    told = outbox.deliver()
    assert told.subject == "Votre compte a un nouveau mot de passe"
    assert "Quelqu'un a choisi un nouveau mot de passe pour votre compte locataire" in as_read(told.body)

    # And a way out, by POST.
    assert visitor.get("/deconnexion").status_code == 405
    assert landing(visitor.log_out()) == "/"
    assert landing(visitor.get("/compte")) == "/identification"

    # The next visit, with one's own password.
    answer = visitor.submit("/identification", identifier=code, password=OWN_PASSWORD)
    assert "Vous êtes maintenant connecté à votre compte locataire" in follow(visitor, answer).text


def test_the_forgotten_password_takes_the_same_road(visitor, make_tenant, outbox):
    make_tenant()
    assert request_code(visitor, "/mot-de-passe-oublie").status_code in {200, 303}
    assert "Votre mot de passe" in as_read(outbox.deliver().body)


def test_htmx_gets_the_fragment_alone_and_caches_are_told(client, make_tenant):
    client.htmx = True
    answer = request_code(client)
    assert not Page(answer).is_whole
    assert "HX-Request" in answer.headers["Vary"]
    assert "Demande enregistrée" in Page(answer).title
    # It takes the form's heading away with the form.
    assert Page(answer).one("h1").text == "Demande enregistrée"
    assert answer.headers["HX-Retarget"] == ".window"


def test_the_confirmation_read_again_names_no_address(client, make_tenant):
    request_code(client)
    client.get("/code-envoye")
    assert "exemple.test" not in client.get("/code-envoye").text


def test_the_forms_ask_in_the_guides_own_words(client):
    page = Page(client.get("/demander-un-code"))
    labels = [label.text for label in page.soup.select("label")]
    assert labels == ["Votre Nom", "Votre adresse email", "Votre référence logement", "Votre numéro locataire"]
    assert "le mot de passe sera envoyé à l'adresse email renseignée sur votre compte." in page.text
    assert page.one("button[type=submit]").text == "Valider"
    for field in page.soup.select("form input:not([type=hidden])"):
        assert field["aria-required"] == "true"
        assert "avis d'échéance" in page.one(f"#{field['name']}-aide").text or field["name"] == "email"
