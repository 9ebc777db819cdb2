"""`ophportal agent …`, typed for real: who may enter the console."""

import re

import pyotp
import pytest

from tests import stores
from tests.office import Visit
from tests.spaces import as_read

ADDRESS = "agathe@office.exemple.test"
PASSWORD = "trois lanternes au fond du jardin"


def link_in(said):
    assert said.returncode == 0, said.stderr
    return re.search(r"http://\S+(/agents/invitation/\S+)", said.stdout)[1]


def enroll(visit, link):
    """Walk the first login over the network; the telephone's secret."""
    page = visit.open(link)
    secret = re.search(r'clé : <span class="copy">([A-Z2-7]+)<', as_read(page))[1]
    shown = visit.submit(
        "/agents/premiere-connexion",
        new_password=PASSWORD,
        confirmation=PASSWORD,
        code=pyotp.TOTP(secret).now(),
    )
    assert "Vos codes de secours" in shown
    return re.findall(r'<li class="copy">([^<]+)</li>', shown)


@pytest.mark.parametrize("words", [[], ["create"], ["reset"], ["disable"], ["enable"], ["list"]], ids=" ".join)
def test_each_command_explains_itself_in_french(office, words):
    result = office.run("agent", *words, "--help", SECRET_KEY="")
    assert result.returncode == 0
    assert "Affiche cette aide." in result.stdout


def test_an_agent_is_made_listed_shut_out_and_let_back_in(office):
    assert "Aucun agent." in office.run("agent", "list").stdout
    link_in(office.run("agent", "create", ADDRESS, "Agathe Essai", "--role", "responsable"))
    assert "Agathe Essai  agathe@office.exemple.test  responsable  invité" in office.run("agent", "list").stdout
    assert "n'entre plus" in office.run("agent", "disable", ADDRESS.upper()).stdout
    assert "désactivé" in office.run("agent", "list").stdout
    refused = office.run("agent", "reset", ADDRESS)
    assert refused.returncode == 1
    assert "est désactivé" in refused.stderr
    assert office.run("agent", "enable", ADDRESS).returncode == 0
    link_in(office.run("agent", "reset", ADDRESS))


def test_who_shuts_the_last_responsable_out_is_told_so_and_how_to_make_another(office):
    """In a hurry, after a theft: the door is shut all the same."""
    office.serve("--no-deliver")
    others = {"barnabe@office.exemple.test": "responsable", "chloe@office.exemple.test": "agent"}
    for address, role in {ADDRESS: "responsable", **others}.items():
        enroll(Visit(office), link_in(office.run("agent", "create", address, "Essai", "--role", role)))
    office.run("agent", "create", "dina@office.exemple.test", "Essai", "--role", "responsable")  # and has not come yet
    alone = "ophportal agent create ADRESSE NOM --role responsable"

    assert alone not in office.run("agent", "disable", ADDRESS).stdout
    told = office.run("agent", "disable", "barnabe@office.exemple.test")

    assert told.returncode == 0
    assert "n'entre plus" in told.stdout
    assert alone in told.stdout
    assert alone not in office.run("agent", "disable", "chloe@office.exemple.test").stdout


@stores.once
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "agathe", "Agathe"], "n'est pas une adresse e-mail"),
        (["create", "Agathe <agathe@exemple.test>", "Agathe"], "n'est pas une adresse e-mail"),
        (["create", "", "Agathe"], "n'est pas une adresse e-mail"),
        (["create", f"{ADDRESS},barnabe@exemple.test", "Agathe"], "n'est pas une adresse e-mail"),
        (["create", "agathé@exemple.test", "Agathe"], "n'est pas une adresse e-mail"),
        (["create", "a" * 250 + "@exemple.test", "Agathe"], "n'est pas une adresse e-mail"),
        (["create", ADDRESS, "  "], "Le nom est vide"),
        (["create", ADDRESS, "Agathe\x1b[31m"], "Le nom contient un caractère invisible"),
        (["create", ADDRESS, "Agathe \udcff"], "Le nom contient un caractère invisible"),
        (["create", ADDRESS, "A" * 101], "Le nom est trop long"),
        (["create", ADDRESS, "Agathe", "--role", "roi"], "ne convient pas"),
        (["create", ADDRESS], "il manque « NOM »"),
        (["reset", "personne@exemple.test"], "Aucun agent n'a l'adresse"),
        (["disable", "personne@exemple.test"], "Aucun agent n'a l'adresse"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(office, words, said):
    result = office.run("agent", *words)
    assert result.returncode in {1, 2}
    assert said in as_read(result.stderr)
    assert "Traceback" not in result.stderr


def test_an_address_is_one_agent_s(office):
    link_in(office.run("agent", "create", ADDRESS, "Agathe Essai"))
    again = office.run("agent", "create", ADDRESS.upper(), "Autre Essai")
    assert again.returncode == 1
    assert "est déjà celle d'un agent" in again.stderr


def test_what_was_done_is_in_the_journal_and_no_secret_lies_in_the_store(office):
    said = office.run("agent", "create", ADDRESS, "Agathe Essai")
    assert "Le lien de première connexion d'Agathe Essai, à lui remettre" in said.stdout
    link = link_in(said)
    office.serve("--no-deliver")
    codes = enroll(Visit(office), link)
    for verb in ("disable", "enable"):
        office.run("agent", verb, ADDRESS)
    again = link_in(office.run("agent", "reset", ADDRESS))
    told = stores.ask(office.store, "SELECT event, detail, agent_id FROM journal_entry ORDER BY id")
    # What the server's command line does has no agent's name to it.
    assert told == [
        ("agent_invited", "Agathe Essai", None),
        ("agent_activated", "", 1),
        ("agent_disabled", "Agathe Essai", None),
        ("agent_enabled", "Agathe Essai", None),
        ("agent_invited", "Agathe Essai", None),
    ]
    written = stores.contents(office.store)
    secrets = (link.rpartition("/")[2], again.rpartition("/")[2], PASSWORD, *codes)
    assert not [secret for secret in secrets if secret.encode() in written or secret in office.log()]


def test_from_the_printed_link_to_the_console_over_the_network(office):
    link = link_in(office.run("agent", "create", ADDRESS, "Agathe Essai"))
    office.serve()
    codes = enroll(Visit(office), link)
    visit = Visit(office)
    page = visit.submit("/agents/identification", email=ADDRESS, password=PASSWORD, code=codes[0])
    assert "Un locataire" in page
    assert "Ce lien n'est plus valable" in Visit(office).open(link)
    # A new link: the old password and telephone are worth nothing, and whoever was inside is out.
    again = link_in(office.run("agent", "reset", ADDRESS))
    assert "Identification des agents" in visit.open("/agents")
    enroll(Visit(office), again)
    log = office.log()
    assert link.rpartition("/")[2] not in log
    assert PASSWORD not in log


def test_after_a_breach_an_agent_needs_a_new_link(office):
    link = link_in(office.run("agent", "create", ADDRESS, "Agathe Essai"))
    office.serve()
    visit = Visit(office)
    enroll(visit, link)
    assert "Recherche" in visit.open("/agents")

    said = office.run("reset-passwords", "--yes").stdout
    assert "Agents concernés : 1" in said
    assert "ophportal agent reset" in said
    assert "Identification" in visit.open("/agents")

    enroll(visit, link_in(office.run("agent", "reset", ADDRESS)))
    assert "Recherche" in visit.open("/agents")
