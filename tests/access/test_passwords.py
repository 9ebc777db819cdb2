"""Passwords: derived ones, hashed ones, and what the policy refuses."""

import math
import threading
from contextlib import suppress
from functools import partial

import pytest
from zxcvbn import matching

from ophportal import passwords
from ophportal.models import Account, Agent, Tenant
from ophportal.password_policy import MOST_READINGS, objection_to
from tests.together import at_once


@pytest.fixture(autouse=True)
def _context(app):
    with app.app_context():
        yield


def test_the_temporary_password_is_the_same_at_each_try_and_another_for_each_request():
    assert passwords.temporary_password("a") == passwords.temporary_password("a")
    assert passwords.temporary_password("a") != passwords.temporary_password("b")


def test_it_changes_with_the_secret_key(app, monkeypatch):
    before = passwords.temporary_password("a")
    monkeypatch.setitem(app.config, "SECRET_KEY", "another-key-for-tests-alone-0123456789")
    assert passwords.temporary_password("a") != before


def test_it_holds_sixty_bits_and_no_look_alike_letters():
    assert passwords.LENGTH * math.log2(len(passwords.LETTERS)) >= 60
    assert not set(passwords.LETTERS) & set("01oilaeuy")
    assert len(set(passwords.LETTERS)) == len(passwords.LETTERS)


def test_every_letter_is_as_likely():
    drawn = "".join(passwords.temporary_password(str(n)) for n in range(2000)).replace("-", "")
    expected = len(drawn) / len(passwords.LETTERS)
    assert all(abs(drawn.count(letter) - expected) < 6 * math.sqrt(expected) for letter in passwords.LETTERS)


@pytest.mark.parametrize("typed", ["bkdf-mwrt-hzcx-npgs", "BKDF MWRT HZCX NPGS", " bkdfmwrthzcxnpgs "])
def test_it_is_taken_as_people_type_it(typed):
    assert passwords.temporary_digest(typed) == passwords.temporary_digest("bkdf-mwrt-hzcx-npgs")


@pytest.mark.usefixtures("dear_hashes")
def test_hashes_are_argon2id_at_the_owasp_parameters():
    stored = passwords.hash_password("quatre chèvres bleues dansent")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify_password("quatre chèvres bleues dansent", stored)
    assert not passwords.verify_password("quatre chèvres bleues dansen", stored)
    assert not passwords.needs_rehash(stored)


def test_an_account_without_a_password_has_no_password_that_works():
    assert not passwords.verify_password("", "")
    assert not passwords.verify_password(passwords.keyed("decoy").hex(), "")


@pytest.fixture
def account():
    tenant = Tenant(
        last_name="D'ANGELO-PAOLI", first_names="Maria Stella", birth_name="Santoni", email="mimi2a@exemple.test",
        number="0012345", number_key="12345",
    )  # fmt: skip
    return Account(tenant=tenant, code="7K10-94QF", code_key="7K1094QF")


@pytest.mark.parametrize(
    "password",
    [
        "quatre chèvres bleues dansent",
        "le vent tourne 3 fois dimanche",
        "🐐 chèvre verte et moutarde",
        "motus bouche cousue et le reste",
        "x7#Lq9!vTz2&",
        "§%&!#?+=*/-;_",
        "Maria chante sous la pluie froide",
    ],
)
def test_a_good_password_is_taken_whatever_its_letters(account, password):
    assert objection_to(password, account) == ""


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("trop court", "au moins 12"),
        ("x" * 129, "au plus 128"),
        ("motdepasse123", "trop courant"),
        ("azertyuiop123", ""),
        ("123456789012", ""),
        ("839204716358", "Des chiffres seuls"),
        ("aaaaaaaaaaaaaaaa", "répétés"),
        ("dangelopaoli12", "votre nom"),
        ("D’Angelo Paoli 2A", "votre nom"),
        ("mariastella2a", "votre nom"),
        ("santoni santoni", "votre nom"),
        ("mimi2a@exemple.test", "votre adresse"),
        ("n° 0012345-12345", "vos numéros"),
        ("7K10-94QF7K10", "vos numéros"),
        ("p40l1 p40l1 24", ""),
        ("abcdefghijklmnop", "suite"),
        ("password1234", ""),
    ],
)
def test_a_short_common_or_personal_password_is_refused_in_french(account, password, said):
    objection = objection_to(password, account)
    assert objection
    assert said in objection
    # It is read first in the list of errors, where « il » stands for nothing that was named.
    assert not objection.startswith("Il ")


def test_nor_is_an_agent_s_name_or_address_their_password():
    agent = Agent(name="Agathe Essai", email="gatou2b@exemple.test")
    for password in ("Agathe, Essai", "gatou2b gatou2b"):
        assert "votre nom" in objection_to(password, agent)


def test_a_password_of_128_signs_is_taken_and_read_quickly(account):
    assert objection_to("chèvre moutarde tournevis " * 4 + "x" * 24, account) == ""


# Each can be read as letters in some hundreds of ways, and zxcvbn tries its lists on every one.
FULL_OF_SIGNS = [
    "4@83{([<69!|1|0$5+7%2*3+" * 3,
    "4@8({[<3691!|70$5+%2" * 6 + "bonjour!",
    "4@8({[<3691!|70$5+%2" * 2,  # repeated: what is repeated is judged as well
]


@pytest.mark.parametrize("password", FULL_OF_SIGNS)
def test_signs_are_read_as_letters_in_so_many_ways_and_no_more(account, monkeypatch, password):
    objection_to("chèvre moutarde", account)  # zxcvbn is loaded
    read, look_up = [], matching.dictionary_match

    def note_and_look_up(text, *lists, **more):
        read.append(len(text))
        return look_up(text, *lists, **more)

    monkeypatch.setattr(matching, "dictionary_match", note_and_look_up)
    assert objection_to(password, account) == ""
    # As it is, and backwards, beside the readings.
    assert read.count(max(read)) <= MOST_READINGS + 2
    assert len(read) <= 3 * (MOST_READINGS + 2)


@pytest.mark.parametrize("password", ["()*+,-./0123456789p@$$w0rd", "m|77en$1456789:;<=>?@", "456789:;<=>?@n!ki741"])
def test_a_word_behind_many_signs_is_still_a_word(account, password):
    assert objection_to(password, account)


def test_passwords_that_come_at_once_are_judged_one_at_a_time(app, account, monkeypatch):
    two, met = threading.Barrier(2), []
    match = matching.omnimatch

    def meet(*of):
        with suppress(threading.BrokenBarrierError):
            met.append(two.wait(timeout=0.2))
        return match(*of)

    def judge(password):
        with app.app_context():
            return objection_to(password, account)

    monkeypatch.setattr(matching, "omnimatch", meet)
    taken = at_once(*[partial(judge, f"chèvre moutarde {it}") for it in "abc"])
    assert (taken, met) == ([""] * 3, [])


def test_the_tenants_own_address_is_no_password(make_tenant):
    account = Account.get_or_open(make_tenant())
    assert "votre adresse" in objection_to("12 rue des lilas 20090 Ajaccio", account)
    assert "vos numéros" in objection_to("0123-04-056 Maria", account)
