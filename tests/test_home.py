from tests.page import Page


def test_home_names_the_office_and_leads_to_the_account(client, app):
    page = Page(client.get("/"))

    assert app.config["OFFICE"]["name"] in page.one("h1").text
    assert page.one("header a.account-link").text == "Accès Compte locataire"
    assert "04 65 71 00 00" in page.text
