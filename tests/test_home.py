"""The home page: whose portal it is, the way in, and the guide in five steps."""

from tests.page import Page


def test_home_names_the_office_and_leads_to_the_account(client, app):
    page = Page(client.get("/"))

    assert app.config["OFFICE"]["name"] in page.one("h1").text
    link = page.one("header a.account-link")
    assert (link.text, link["href"]) == ("Accès Compte locataire", "/identification")


def test_home_says_how_and_when_to_reach_the_office(client):
    text = Page(client.get("/")).text

    assert "04 65 71 00 00" in text
    assert "1 rue de l'Exemple" in text
    assert "Du lundi au vendredi, de 8 h 30 à 12 h" in text


def test_home_opens_the_three_doors(client):
    doors = Page(client.get("/")).soup.select(".doors a")

    assert [(door.text, door["href"]) for door in doors] == [
        ("Accès Compte locataire", "/identification"),
        ("Demander un code d'accès", "/demander-un-code"),
        ("Mot de passe oublié", "/mot-de-passe-oublie"),
    ]


def test_home_explains_the_guide_in_five_steps(client):
    steps = [step.get_text(" ", strip=True) for step in Page(client.get("/")).soup.select("ol.steps > li")]

    assert len(steps) == 5
    for words, step in zip(
        (
            "page d'accueil",
            "Accès Compte locataire",
            "Demander un code d'accès",
            "numéro locataire",
            "Votre compte s'ouvre",
        ),
        steps,
        strict=True,
    ):
        assert words in step
