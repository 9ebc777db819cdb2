"""Mon logement: where the tenant lives, since when, with whom, and whom to call."""

from datetime import date, timedelta

import pytest

from ophportal.account.dwelling import rooms_in_words
from ophportal.clock import today
from ophportal.models import BuildingContact, Dwelling, Lease
from ophportal.testing import add_lease
from tests.conftest import log_in
from tests.page import Page
from tests.spaces import as_read

LIVES = "/compte/logement"


@pytest.fixture
def maria(make_account):
    return make_account(civility="Mme").tenant


@pytest.fixture
def inside(client, maria):
    log_in(client, maria.accounts.get())
    return client


def contact(start="", role="Gardien", phone="06 39 98 02 01", **more):
    return BuildingContact.create(start=start, role=role, phone=phone, place=BuildingContact.select().count(), **more)


def cards(client):
    return [" ".join(as_read(card.get_text(" ")).split()) for card in all_cards(client)]


def all_cards(client):
    return Page(client.get(LIVES)).soup.select("section.card")[:-1]


def test_the_dwelling_is_told_in_words(inside, maria):
    Dwelling.update(kind="T3").execute()
    (card,) = cards(inside)
    assert "12 rue des Lilas, 20090 Ajaccio" in card
    assert "T3 : 3 pièces principales" in card
    assert "0123-04-056" in card
    assert "1er janvier 2020" in card
    assert "Fin du bail" not in card
    assert Page(inside.get(LIVES)).one("section.card:last-of-type a[href='/contact']")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("T3", "T3 : 3 pièces principales"),
        ("f1", "f1 : 1 pièce principale"),
        ("T 2 bis", "T 2 bis : 2 pièces principales"),
        ("T4 duplex", "T4 duplex : 4 pièces principales"),
        ("T1bis", "T1bis : 1 pièce principale"),
        ("Garage", "Garage"),
        ("T0", "T0"),
        ("T", "T"),
        ("T12", "T12"),
        ("Type 3", "Type 3 : 3 pièces principales"),
        ("T3 meublé", "T3 meublé : 3 pièces principales"),
        ("Terrain 3", "Terrain 3"),
        ("", ""),
    ],
)
def test_a_type_in_words(kind, words):
    assert as_read(rooms_in_words(Dwelling(kind=kind))) == words


def test_several_leases_have_a_card_each_the_running_ones_first_and_the_flat_before_its_garage(inside, maria):
    add_lease(maria, "777-A", date(2001, 3, 1), date(2019, 12, 31))
    add_lease(maria, "888-B", date(2024, 1, 1), today() + timedelta(days=30))
    told = cards(inside)
    assert [reference in card for card, reference in zip(told, ("0123-04-056", "888-B", "777-A"), strict=True)] == [
        True, True, True,
    ]  # fmt: skip
    assert "(ce bail est terminé)" in told[2]
    assert "31 décembre 2019" in told[2]
    assert "(ce bail est terminé)" not in told[1]


def test_co_tenants_are_named_and_nothing_else_is_said_of_them(inside, maria, make_tenant):
    paul = make_tenant("ROSSI", "Paul", number="9876543", email="paul@exemple.test", phone="06 39 98 00 01")
    gone = make_tenant("LÉCA", "Anne", number="77", email="anne@exemple.test", ends_on=date(2021, 1, 1))
    make_tenant("PINSON", "Luc", number="78", reference="9", email="luc@exemple.test")
    page = inside.get(LIVES)
    assert "Vous louez ce logement avec" in page.text
    assert "Paul ROSSI" in page.text
    for secret in (paul.number, paul.email, paul.phone, gone.last_name, "PINSON"):
        assert secret not in page.text
    seen_by = Page(inside.get("/donnees-personnelles")).one("section:has(> #destinataires)").text
    assert "louent le même logement que vous\u00a0: elles voient votre nom" in seen_by


def test_who_has_left_does_not_see_who_lives_there_now(inside, maria, make_tenant):
    add_lease(maria, "777-A", date(2001, 3, 1), date(2019, 12, 31))
    make_tenant("ROSSI", "Paul", number="9", reference="777-A", email="paul@exemple.test")
    contact(name="Loriot TISON")
    ended = cards(inside)[1]
    assert "ROSSI" not in ended
    assert "Loriot TISON" not in ended
    assert "Qui appeler" not in ended


def test_a_lease_that_has_not_begun_shows_nobody_who_lives_there(inside, maria, make_tenant):
    add_lease(maria, "777-A", today() + timedelta(days=10))
    make_tenant("ROSSI", "Paul", number="9", reference="777-A", email="paul@exemple.test")
    assert "ROSSI" not in inside.get(LIVES).text
    assert "terminé" not in inside.get(LIVES).text


def test_the_buildings_contacts_can_be_called(inside):
    contact("0123", name="Loriot TISON", hours="De 8 h à 12 h")
    contact("0999", name="Ailleurs")
    contact(role="Agence", phone="", email="agence@exemple.test")
    card = all_cards(inside)[0]
    assert card.select_one("a[href='tel:0639980201']").text == "06 39 98 02 01"
    assert card.select_one("a[href='mailto:agence@exemple.test']")
    assert "Loriot TISON" in card.text
    assert "8\u00a0h à 12\u00a0h" in card.text
    assert "Ailleurs" not in card.text


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("06 39 98 02 01", "tel:0639980201"),
        ("+33 (0)6.39.98.02.01", "tel:+33639980201"),
        ("voir l'affiche", None),
    ],
)
def test_a_telephone_can_be_called_however_it_is_written(inside, phone, link):
    contact(phone=phone)
    links = [a["href"] for a in all_cards(inside)[0].select("a[href^='tel:']")]
    assert links == ([link] if link else [])
    assert as_read(phone) in Page(inside.get(LIVES)).text


def test_so_can_who_answers_at_other_hours(inside):
    contact("0123", hours="De 8 h à 12 h ; le soir et la nuit, 06 39 98 02 02")
    links = Page(inside.get("/compte/logement")).soup.select("main a[href^='tel:']")
    assert [link["href"] for link in links] == ["tel:0639980201", "tel:0639980202"]


def test_without_contacts_the_office_itself_is_shown(inside):
    (card,) = cards(inside)
    assert "04 65 71 00 00" in card
    assert "Horaires" in card


def test_a_dwelling_without_an_address_is_called_by_its_reference(inside):
    Dwelling.update(address="", postal_code="", city="").execute()
    Lease.update(starts_on=None).execute()
    assert cards(inside)[0].startswith("Logement 0123-04-056")
