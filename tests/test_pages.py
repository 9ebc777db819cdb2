"""The pages around the journey: help, contact, the map of the site, and what the law wants said."""

import re
from datetime import date
from hashlib import sha256
from urllib.parse import urldefrag

import pytest

from ophportal.models import Lease
from ophportal.pages.views import DECLARED_ON
from ophportal.papers.account_paper import references
from tests.conftest import log_in
from tests.page import Page
from tests.spaces import as_read

PAGES = (
    "/",
    "/aide",
    "/contact",
    "/plan-du-site",
    "/mentions-legales",
    "/donnees-personnelles",
    "/accessibilite",
)
# The plan itself, and what follows a form.
NOT_ON_THE_PLAN = {"/plan-du-site", "/code-envoye"}


def public_pages(app, client):
    """The addresses that show a page to anyone who asks."""
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.arguments <= set(rule.defaults or ()):
            response = client.get(rule.rule)
            if response.status_code == 200 and response.mimetype == "text/html":
                yield rule.rule


def links_of(page, selector="a[href^='/']"):
    return [str(link["href"]) for link in page.soup.select(selector)]


@pytest.mark.parametrize("address", PAGES)
def test_the_pages_answer_even_when_the_store_does_not(client, without_store, address):
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_the_pages_hold_with_an_office_that_has_configured_nothing(client, configure_office, address):
    configure_office(nothing=True)

    page = Page(client.get(address))

    assert not page.soup.select("dl:empty, a[href='tel:'], a[href='mailto:']")
    assert "None" not in page.text


def test_the_site_map_misses_no_public_page(app, client):
    mapped = set(links_of(Page(client.get("/plan-du-site")), "main a"))

    assert set(public_pages(app, client)) - NOT_ON_THE_PLAN == {link for link in mapped if not is_of_the_account(link)}


def test_the_site_map_has_every_room_of_the_account(client, make_account):
    log_in(client, make_account())
    rooms = set(links_of(Page(client.get("/compte")), "nav.rooms a"))

    assert rooms == {link for link in links_of(Page(client.get("/plan-du-site")), "main a") if is_of_the_account(link)}


def is_of_the_account(link):
    return link == "/compte" or link.startswith("/compte/")


def test_every_link_of_the_pages_leads_somewhere(client):
    for address in PAGES:
        for link in links_of(Page(client.get(address))):
            target, anchor = urldefrag(link)
            arrived = client.get(target, follow_redirects=True)
            assert arrived.status_code == 200, f"{address} leads to {link}"
            assert not anchor or Page(arrived).soup.find(id=anchor), f"{address} leads to {link}"


@pytest.mark.parametrize("address", PAGES)
def test_the_pages_lead_to_the_account_and_to_one_another(client, address):
    page = Page(client.get(address))

    assert page.one("header a.account-link")["href"] == "/identification"
    assert set(links_of(page, "footer a")) == set(PAGES) - {"/"}


class TestHelp:
    def test_the_guide_has_its_five_steps_in_order(self, client):
        page = Page(client.get("/aide"))

        assert [step["id"] for step in page.soup.select("h3[id^=etape-]")] == [f"etape-{n}" for n in range(1, 6)]
        for words in ("Accès Compte locataire", "Demander un code d'accès", "Mot de passe oublié"):
            assert page.soup.find("a", string=words)

    def test_the_table_of_contents_names_every_part(self, client):
        page = Page(client.get("/aide"))

        parts = [(f"#{heading['id']}", heading.text) for heading in page.soup.select("section h2")]
        assert [(link["href"], link.text) for link in page.soup.select("nav[aria-labelledby=sommaire] a")] == parts

    @pytest.mark.parametrize("address", ["/aide", "/demander-un-code", "/mot-de-passe-oublie"])
    def test_a_drawing_shows_where_the_two_numbers_are_on_the_portals_own_avis(self, client, make_tenant, address):
        on_paper = references(make_tenant(), Lease.get())

        drawing = Page(client.get(address)).one("svg[role=img]")

        assert [as_read(text.get_text()) for text in drawing.select(".on-spot")] == [
            words for name, number in on_paper for words in (f"{name} :", number)
        ]
        beside = drawing.parent.find_next_sibling().get_text()
        assert drawing["aria-label"]
        assert "numéro locataire" in beside
        assert "référence logement" in beside

    def test_it_helps_when_the_mail_does_not_come(self, app, client):
        part = Page(client.get("/aide")).one("section:has(> #pas-d-e-mail)").text

        for help_given in (
            "Attendez",
            "indésirables",
            "ancienne adresse",
            "04 65 71 00 00",
            app.config["MAIL_SENDER"],
        ):
            assert help_given in part

    def test_it_tells_of_a_full_mailbox_before_it_says_to_ask_again(self, client):
        """What a full one refuses (5.2.2) is not tried again: who has made room must ask for another."""
        steps = [step.text for step in Page(client.get("/aide")).soup.select("#pas-d-e-mail + ol > li")]
        full = next(number for number, step in enumerate(steps) if "boîte pleine ne reçoit plus rien" in step)
        assert "Recommencez." in steps[full + 1]

    def test_who_is_shut_out_though_all_is_right_finds_why_and_whom_to_call(self, client):
        """The refusal itself is the same for everybody: it cannot tell them."""
        part = as_read(Page(client.get("/aide")).one("section:has(> #refus)").text)
        assert "Tout est juste, et c'est encore refusé ?" in part
        assert "L'office a peut-être bloqué votre accès." in part
        assert part.index("04 65 71 00 00") < part.index("Vous avez quitté votre logement ?")

    def test_it_sends_to_the_contact_page_where_no_telephone_is_configured(self, client, configure_office):
        configure_office(phone="")

        part = Page(client.get("/aide")).one("section:has(> #sans-adresse)")

        assert part.find("a", string="contactez l'office")["href"] == "/contact"

    @pytest.mark.parametrize("address", ["/", "/aide", "/contact"])
    def test_it_speaks_in_short_sentences(self, client, address):
        main = Page(client.get(address)).one("main")
        lines = [block.get_text(" ", strip=True) for block in main.select("p, li, h1, h2, h3, dd")]

        sentences = [sentence.split() for line in lines for sentence in re.split(r"[.?!:;]\s", line)]
        assert not [" ".join(words) for words in sentences if len(words) > 22]


class TestContact:
    def test_it_gives_every_way_to_reach_the_office(self, client):
        page = Page(client.get("/contact"))

        assert page.soup.find("a", href="tel:0465710000", string="04 65 71 00 00")
        assert page.soup.find("a", href="mailto:contact@office.exemple.test")
        assert "1 rue de l'Exemple" in page.text
        assert "de 8 h 30 à 12 h" in page.text

    def test_it_says_what_to_prepare_and_what_never_to_tell(self, client):
        page = Page(client.get("/contact"))

        assert "Avant d'appeler" in page.text
        assert "Ne donnez jamais votre mot de passe" in page.text

    def test_it_points_to_the_rent_notice_where_nothing_is_configured(self, client, configure_office):
        configure_office(nothing=True)

        assert "Vous les trouvez sur votre avis d'échéance" in Page(client.get("/contact")).text


class TestLegalNotice:
    def test_it_names_publisher_director_and_host(self, client, configure_office):
        configure_office(director="La directrice générale", host="Hébergeur Exemple, 2 rue du Serveur, 04 65 71 99 99")

        text = Page(client.get("/mentions-legales")).text

        assert "loi n° 2004-575 du 21 juin 2004" in text
        assert "Direction de la publication La directrice générale" in text
        assert "Hébergeur Exemple, 2 rue du Serveur" in text

    def test_it_gives_the_office_s_registration_number_when_there_is_one(self, client, configure_office):
        assert "Immatriculation" not in Page(client.get("/mentions-legales")).text

        configure_office(registration="SIREN 000 000 000")

        assert "Immatriculation SIREN 000 000 000" in Page(client.get("/mentions-legales")).text

    def test_it_owns_up_to_what_is_not_configured(self, client, configure_office):
        configure_office(nothing=True)

        text = Page(client.get("/mentions-legales")).text

        assert "Le nom n'est pas encore sur ce site" in text
        assert "Le nom et les coordonnées de l'hébergeur ne sont pas encore sur ce site" in text

    def test_what_the_office_writes_stays_text(self, client, configure_office):
        configure_office(host="<b>Hébergeur</b>")

        assert "<b>Hébergeur</b>" in Page(client.get("/mentions-legales")).text


class TestPersonalData:
    def test_it_says_why_what_how_long_and_for_whom(self, client):
        text = Page(client.get("/donnees-personnelles")).text

        for said in ("article 6.1.e", "12 mois", "30 jours", "Qui peut les voir", "CNIL", "Vos droits"):
            assert said in text

    def test_it_says_what_agents_see_and_how_long_what_they_work_with_is_kept(self, client):
        text = Page(client.get("/donnees-personnelles")).text

        for said in (
            "jusqu'à sa décision, 90 jours au plus",
            "60 jours pour le code, deux jours pour le fichier",
            "au plus tard après deux jours",
            "Quand un agent ouvre ou change votre dossier",
            "accord pour les quittances, copie de vos données, envoi d'un e-mail",
            "l'ancienne adresse est prévenue",
            "Ils ne voient jamais votre mot de passe",
        ):
            assert said in text

    def test_it_names_the_data_protection_officer(self, client, configure_office):
        configure_office(data_protection="donnees@office.exemple.test")
        assert Page(client.get("/donnees-personnelles")).soup.find("a", href="mailto:donnees@office.exemple.test")

        configure_office(data_protection="Service des données, 1 rue de l'Exemple")
        assert "Service des données, 1 rue" in Page(client.get("/donnees-personnelles")).text

    def test_it_gives_the_office_s_address_where_no_officer_is_configured(self, client, configure_office):
        configure_office(data_protection="")

        page = Page(client.get("/donnees-personnelles"))

        assert page.soup.find("a", href="mailto:contact@office.exemple.test")

    def test_it_lists_every_cookie(self, client):
        part = Page(client.get("/donnees-personnelles")).one("section:has(> #cookies)").text

        for cookie in ("session", "identifiant", "appareil", "agent"):
            assert f"«\u00a0{cookie}\u00a0»" in part
        assert "l'adresse e-mail ou l'identifiant que vous venez d'écrire, jusqu'à la page suivante" in part


class TestPromises:
    """The portal makes none for the office, and none that it does not keep."""

    def test_the_office_s_answer_on_accessibility_has_no_date(self, client):
        text = Page(client.get("/accessibilite")).text
        assert "L'office vous répond." in text
        assert "semaine" not in text

    def test_who_types_a_wrong_number_gets_no_code_though_perhaps_an_e_mail(self, client):
        assert "Avec un seul chiffre faux, vous ne recevez pas de code." in Page(client.get("/aide")).text


class TestAccessibility:
    """The form that RGAA 4.1 imposes on the declaration (arrêté du 20 septembre 2019), part by part."""

    def test_the_declaration_has_every_part_in_its_order(self, client):
        page = Page(client.get("/accessibilite"))

        assert [f"{heading.name} {heading.text}" for heading in page.soup.select("main h2, main h3")] == [
            "h2 État de conformité",
            "h3 Résultats des tests",
            "h2 Contenus non accessibles",
            "h3 Non-conformités",
            "h3 Dérogations pour charge disproportionnée",
            "h3 Contenus non soumis à l'obligation d'accessibilité",
            "h2 Établissement de cette déclaration d'accessibilité",
            "h3 Technologies utilisées pour la réalisation du portail",
            "h3 Environnement de test",
            "h3 Outils utilisés lors de l'évaluation",
            "h3 Pages du site ayant fait l'objet de la vérification de conformité",
            "h2 Retour d'information et contact",
            "h2 Voies de recours",
        ]

    def test_it_says_what_is_imposed_word_for_word(self, client):
        text = Page(client.get("/accessibilite")).text

        for imposed in (
            "accessibles, conformément à l'article 47 de la loi n° 2005-102 du 11 février 2005",
            "Cette déclaration d'accessibilité s'applique au portail des locataires, http://localhost",
            "non conforme avec le référentiel général d'amélioration de l'accessibilité (RGAA), version 4.1",
            "pour être orienté vers une alternative accessible ou obtenir le contenu sous une autre forme",
            "Cette procédure est à utiliser dans le cas suivant",
            "vous n'avez pas obtenu de réponse satisfaisante",
            "Libre réponse 71120 75342 Paris CEDEX 07",
        ):
            assert imposed in text
        assert re.search(r"a été établie le \d+(er)? \w+ 20\d\d", text)

    def test_it_is_dated_of_the_day_when_its_words_last_changed(self, client):
        """They changed three times under one date. Whoever changes them moves DECLARED_ON, and writes both here."""
        words = Page(client.get("/accessibilite")).one("main").text
        assert (DECLARED_ON, sha256(words.encode()).hexdigest()[:12]) == (date(2026, 11, 28), "7fbda146d6a5")

    def test_it_names_each_browser_that_the_stories_run_in_and_what_drives_them(self, client):
        text = Page(client.get("/accessibilite")).text
        for named in ("Chromium", "WebKit", "Firefox aussi", "Lynx", "Playwright", "Selenium"):
            assert named in text

    def test_it_does_not_pass_for_an_audit(self, client):
        text = Page(client.get("/accessibilite")).text

        assert "personne n'a encore fait d'audit" in text
        assert "Aucune personne qui en a besoin n'a encore essayé le portail" in text
        assert "Aucune, par une personne" in text

    def test_the_defender_of_rights_can_be_written_to_met_and_called(self, client):
        page = Page(client.get("/accessibilite"))

        assert [str(link["href"]) for link in page.one("section:-soup-contains('Voies de recours')").select("a")] == [
            "https://formulaire.defenseurdesdroits.fr/",
            "https://www.defenseurdesdroits.fr/carte-des-delegues",
            "tel:0969390000",
        ]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("accessibility_scheme", "Schéma pluriannuel de mise en accessibilité"),
            ("accessibility_plan", "Plan d'action de l'année"),
        ],
    )
    def test_what_the_office_plans_is_a_link_away_or_said_to_be_missing(self, client, configure_office, name, text):
        configure_office(**{name: ""})
        assert f"{text} : l'office ne l'a pas encore mis ici" in Page(client.get("/accessibilite")).text

        configure_office(**{name: "https://office.exemple.test/page"})
        assert Page(client.get("/accessibilite")).soup.find("a", href="https://office.exemple.test/page", string=text)

    def test_the_state_of_the_footer_is_that_of_the_declaration(self, client):
        footer = Page(client.get("/")).one("footer a[href='/accessibilite']").text

        assert footer.split(":")[1].strip() in Page(client.get("/accessibilite")).one("main").text


def test_robots_stay_out_of_the_account(app, client, monkeypatch):
    robots = client.get("/robots.txt")
    assert (robots.status_code, robots.mimetype) == (200, "text/plain")
    assert "Disallow: /compte\n" in robots.text

    monkeypatch.setitem(app.config, "DEMO", True)
    assert client.get("/robots.txt").text.endswith("Disallow: /\n")


@pytest.mark.parametrize("address", ["/", "/aide", "/demander-un-code"])
def test_an_iphone_takes_no_number_for_a_telephone(client, address):
    """A numéro locataire would be a link that calls; telephones are links already."""
    assert Page(client.get(address)).one("meta[name=format-detection]")["content"] == "telephone=no"
