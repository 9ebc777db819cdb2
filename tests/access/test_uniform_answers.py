"""Nobody learns who has an account: the whole answer is the same for everybody, and so is the work behind it."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from werkzeug.test import TestResponse

from ophportal import passwords
from ophportal.clock import now
from ophportal.models import (
    AccessRequest,
    Account,
    Agent,
    JournalEntry,
    OutboxMessage,
    PaperCode,
    Role,
    Tenant,
)
from ophportal.passwords import hash_password, paper_code, paper_digest
from ophportal.testing import TOKEN
from tests import stores
from tests.conftest import OWN_PASSWORD, StrictVisitor, code_of_the_moment

NEW = "deux lunes rouges sur le toit"
OTHER_PASSWORD = "trois nuages gris au galop"
HTMX = {"HX-Request": "true"}
KINDS = ("unknown", "known", "ended", "without password", "without account", "of two", "of three")
# A code is typed by who has one, and tenants who share an address do not share a code.
WITH_CODE = KINDS[:4]
HASHES = {"code": ["verify"], "email": ["verify", "verify"]}


class Person:
    """Somebody, as a stranger would name them: in texts of one length, so that the answers have one length too."""

    def __init__(self, kind: str):
        digit = KINDS.index(kind)
        self.name = f"NOM{'ABCDEFG'[digit]}"
        self.email = f"p{digit}@exemple.test"
        self.number = f"100{digit}"
        self.reference = f"200{digit}-A"
        self.code = f"ZZZZ-ZZZ{digit}"

    @property
    def typed(self) -> dict[str, str]:
        return {
            "name": self.name,
            "email": self.email,
            "dwelling_reference": self.reference,
            "tenant_number": self.number,
        }


@pytest.fixture(autouse=True)
def hasher(app, monkeypatch):
    """Counts the hashes, and makes them cheap: what one costs is the business of test_timing."""
    hasher = CountingHasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(passwords, "hasher", hasher)
    # A process hashes its decoy once, the first time that somebody is not there.
    passwords.decoy.cache_clear()
    with app.app_context():
        passwords.decoy()
    yield hasher
    passwords.decoy.cache_clear()


@pytest.fixture
def people(make_tenant) -> dict[str, Person]:
    """One person of each kind."""
    people = {kind: Person(kind) for kind in KINDS}
    own = hash_password(OWN_PASSWORD)
    for kind in KINDS[1:]:
        person = people[kind]
        ends_on = date(2020, 1, 2) if kind == "ended" else None
        tenant = make_tenant(
            person.name, number=person.number, reference=person.reference, email=person.email, ends_on=ends_on
        )
        if kind != "without account":
            account = Account.of(tenant)
            person.code = account.code
            account.choose_password("" if kind == "without password" else own)
        for more in range({"of two": 1, "of three": 2}.get(kind, 0)):
            number = f"9{KINDS.index(kind)}0{more}"
            other = make_tenant("AUTRE", number=number, reference=f"{number}-A", email=person.email)
            Account.of(other).choose_password(hash_password(OTHER_PASSWORD))
    return people


class CountingHasher:
    """The hasher, and what was asked of it."""

    def __init__(self, hasher: Any):
        self.hasher = hasher
        self.asked: list[str] = []

    def verify(self, *given: str) -> bool:
        self.asked.append("verify")
        return self.hasher.verify(*given)

    def hash(self, *given: str) -> str:
        self.asked.append("hash")
        return self.hasher.hash(*given)

    def check_needs_rehash(self, stored: str) -> bool:
        return self.hasher.check_needs_rehash(stored)


@pytest.fixture
def facts(app, hasher, statements):
    """A function that does a deed and tells all that a stranger could see or measure of it."""

    def tell(deed: Callable[[], TestResponse], *typed: str) -> dict[str, Any]:
        before = stores.counts()
        hasher.asked.clear()
        statements.clear()
        answer = deed()
        asked = [sql for sql, _ in statements]
        written = {name: count - before[name] for name, count in stores.counts().items()}
        return {
            "status": answer.status,
            # But for the number of the request, which is nobody's (test_logs.py).
            "headers": [(name, seen(app, name, value)) for name, value in answer.headers if name != "X-Request-ID"],
            "body": without(answer.text, *typed),
            "statements": asked,
            "hashes": list(hasher.asked),
            "rows": written,
            "journal": newest(written["JournalEntry"]),
        }

    return tell


def newest(count: int) -> list[tuple[Any, ...]]:
    """What the newest journal entries tell, but for whose door it was."""
    entries = JournalEntry.select().order_by(JournalEntry.id.desc()).limit(count)
    return [
        (entry.event, entry.tenant_id, len(entry.subject), entry.network_address, entry.detail) for entry in entries
    ]


def seen(app: Any, name: str, value: str) -> Any:
    """A header's value; of a session cookie, which is random and signed, what it holds and how long each thing is."""
    if name != "Set-Cookie" or not value.startswith("session="):
        return value
    signed, _, attributes = value.removeprefix("session=").partition("; ")
    held = app.session_interface.get_signing_serializer(app).loads(signed)
    return {key: len(str(each)) for key, each in held.items()}, attributes


def without(text: str, *typed: str) -> str:
    """The text but for its tokens and what was typed."""
    text = TOKEN.sub("TOKEN", text)
    for each in typed:
        # In a telephone number, a short answer is there by chance.
        text = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", "TYPED", text)
    return text


def check_same(told: dict[str, dict[str, Any]]) -> None:
    """Everybody's facts are the first one's."""
    first, *others = told
    for other in others:
        for fact, value in told[first].items():
            assert told[other][fact] == value, f"{fact}: {other} differs from {first}"


@pytest.fixture
def browser(app, make_account):
    """A function that gives a fresh browser, one that another account was opened in, or one that remembers."""

    def open_one(how: str, identifier: str) -> StrictVisitor:
        browser = StrictVisitor(app, app.response_class)
        if how == "of another tenant":
            account = Account.get_or_none(Account.code == "7K2M-94QF") or make_account(
                "PAOLI", number="7777", reference="7777", email="ange@exemple.test"
            )
            Account.update(code="7K2M-94QF", code_key="7K2M94QF").where(Account.id == account.id).execute()
            browser.submit("/identification", identifier="7K2M-94QF", password=OWN_PASSWORD)
            browser.log_out()
            assert browser.get_cookie("appareil")
        if how == "remembering":
            browser.set_cookie("identifiant", identifier)
        return browser

    return open_one


def poster(visitor: StrictVisitor, path: str, fields: dict[str, str], *, htmx: bool) -> Callable[[], TestResponse]:
    """The pressing of the button, after the form was opened."""
    token = TOKEN.search(visitor.get(path).text)
    assert token
    data = {"csrf_token": token[1], **fields}
    return lambda: visitor.post(path, data=data, headers=HTMX if htmx else {})


by_code_or_address = pytest.mark.parametrize(
    ("attribute", "kinds"), [("code", WITH_CODE), ("email", KINDS)], ids=["by code", "by address"]
)
with_and_without_htmx = pytest.mark.parametrize("htmx", [False, True], ids=["whole page", "htmx"])
every_browser = pytest.mark.parametrize(
    ("how", "htmx"),
    [("fresh", False), ("fresh", True), ("of another tenant", False), ("remembering", True)],
    ids=["whole page", "htmx", "of another tenant", "remembering"],
)


class TestLogin:
    @by_code_or_address
    @every_browser
    @pytest.mark.parametrize("password", ["faux", "bkdf-mwrt-hzcx-npgs", "x" * 5000, ""])
    def test_a_wrong_password_gets_one_answer(self, people, facts, browser, attribute, kinds, htmx, how, password):
        told = {}
        for kind in kinds:
            identifier = getattr(people[kind], attribute)
            fields = {"identifier": identifier, "password": password, "remember": "y"}
            deed = poster(browser(how, identifier), "/identification", fields, htmx=htmx)
            told[kind] = facts(deed, identifier)

        check_same(told)
        assert told["known"]["status"].startswith("422")
        assert told["known"]["hashes"] == (HASHES[attribute] if 0 < len(password) <= 512 else [])

    @pytest.mark.parametrize("kind", ["ended", "without password", "of three"])
    def test_nor_does_the_right_one_tell_where_it_opens_nothing(self, people, facts, browser, kind):
        told = {}
        for each in ("unknown", kind):
            fields = {"identifier": people[each].email, "password": OWN_PASSWORD}
            deed = poster(browser("fresh", ""), "/identification", fields, htmx=False)
            told[each] = facts(deed, people[each].email)
        check_same(told)

    @pytest.mark.parametrize("kind", ["known", "of two", "without account"])
    @pytest.mark.parametrize("right", [OWN_PASSWORD, OTHER_PASSWORD])
    def test_an_address_costs_two_hashes_a_code_one_whichever_is_right(self, people, facts, browser, kind, right):
        for identifier, hashes in ((people[kind].email, 2), (people[kind].code, 1)):
            deed = poster(
                browser("fresh", ""), "/identification", {"identifier": identifier, "password": right}, htmx=False
            )
            assert facts(deed, identifier)["hashes"] == ["verify"] * hashes

    def test_each_of_two_gets_in_at_one_price(self, people, facts, browser):
        """Who is inside may be known by the time: yet the first and the second of an address look the same."""
        told = {}
        for right in (OWN_PASSWORD, OTHER_PASSWORD):
            fields = {"identifier": people["of two"].email, "password": right}
            told[right] = facts(
                poster(browser("fresh", ""), "/identification", fields, htmx=False), fields["identifier"]
            )
        first, second = told.values()
        for each in (first, second):
            each["statements"] = [re.sub(r'(?<=SAVEPOINT ")\w+', "", statement) for statement in each["statements"]]
        for fact in ("status", "statements", "hashes", "rows"):
            assert first[fact] == second[fact], fact
        assert [each["journal"][0][0] for each in (first, second)] == ["login", "login"]

    @by_code_or_address
    @every_browser
    def test_so_does_who_has_tried_too_often(self, people, facts, browser, attribute, kinds, htmx, how):
        told, again = {}, {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind in kinds:
                identifier = getattr(people[kind], attribute)
                visitor = browser(how, identifier)
                for _ in range(5):
                    visitor.submit("/identification", identifier=identifier, password="faux")
                fields = {"identifier": identifier, "password": OWN_PASSWORD, "remember": "y"}
                deed = poster(visitor, "/identification", fields, htmx=htmx)
                told[kind], again[kind] = facts(deed, identifier), facts(deed, identifier)

        check_same(told)
        check_same(again)
        assert [each["known"]["rows"]["JournalEntry"] for each in (told, again)] == [1, 0]
        assert told["known"]["status"].startswith("429")
        assert ("Retry-After", "60") in told["known"]["headers"]
        assert "Réessayez dans 1\u00a0minute." in told["known"]["body"]
        assert told["known"]["hashes"] == []

    @by_code_or_address
    @every_browser
    def test_so_does_who_comes_from_where_too_many_failed(
        self, people, facts, browser, app, monkeypatch, attribute, kinds, htmx, how
    ):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 1)
        told, again = {}, {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind in kinds:
                identifier = getattr(people[kind], attribute)
                visitor = browser(how, identifier)
                visitor.submit("/identification", identifier="YYYY-YYYY", password="faux")
                fields = {"identifier": identifier, "password": OWN_PASSWORD, "remember": "y"}
                deed = poster(visitor, "/identification", fields, htmx=htmx)
                told[kind], again[kind] = facts(deed, identifier), facts(deed, identifier)
                JournalEntry.delete().execute()

        check_same(told)
        check_same(again)
        assert told["known"]["status"].startswith("429")
        assert told["known"]["hashes"] == []
        assert [each["known"]["rows"]["JournalEntry"] for each in (told, again)] == [1, 0]

    def test_the_wait_grows_alike(self, people, facts, browser, app, monkeypatch):
        monkeypatch.setitem(app.config, "LOGIN_FAILURES_ADDRESS", 1000)
        waits = {}
        for kind in WITH_CODE:
            with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as clock:
                visitor, waits[kind] = browser("fresh", ""), []
                for _ in range(20):
                    answer = visitor.submit("/identification", identifier=people[kind].code, password="faux")
                    waits[kind].append(answer.headers.get("Retry-After"))
                    clock.shift(40 * len(waits[kind]))
            JournalEntry.delete().execute()
        assert all(each == waits["unknown"] for each in waits.values())
        assert len(set(waits["unknown"])) > 3


class TestRequests:
    @pytest.mark.parametrize("path", ["/demander-un-code", "/mot-de-passe-oublie"])
    @every_browser
    def test_whoever_is_named_gets_one_answer(self, people, facts, browser, path, htmx, how):
        told, pages = {}, {}
        for kind, person in people.items():
            visitor = browser(how, person.code)
            told[kind] = facts(poster(visitor, path, person.typed, htmx=htmx), *person.typed.values())
            pages[kind] = facts(lambda visitor=visitor: visitor.get("/code-envoye"), person.email)

        check_same(told)
        check_same(pages)
        assert told["known"]["status"][:3] == ("200" if htmx else "303")
        written = {name: count for name, count in told["known"]["rows"].items() if count}
        assert written == {"AccessRequest": 1, "OutboxMessage": 1, "JournalEntry": 1}
        assert told["known"]["journal"][0][:2] == ("request", None)
        of_the_request = OutboxMessage.select().where(OutboxMessage.mail != "new_device")
        assert {(row.mail, row.recipient, row.tenant_id, row.state) for row in of_the_request} == {
            ("", "", None, "waiting")
        }

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "QUIDAM"},
            {"tenant_number": "99999"},
            {"dwelling_reference": "99999"},
            {"email": "autre@exemple.test"},
            {"name": ""},
            {"email": "x"},
        ],
        ids=str,
    )
    @with_and_without_htmx
    def test_so_does_who_is_half_right(self, people, facts, browser, app, monkeypatch, change, htmx):
        monkeypatch.setitem(app.config, "REQUESTS_TARGET", 1000)
        told = {}
        for kind, person in people.items():
            typed = {**person.typed, **change}
            told[kind] = facts(
                poster(browser("fresh", ""), "/demander-un-code", typed, htmx=htmx), *filter(None, typed.values())
            )
        check_same(told)

    @with_and_without_htmx
    def test_so_does_who_asks_too_often(self, people, facts, browser, app, monkeypatch, each_press_counts, htmx):
        monkeypatch.setitem(app.config, "REQUESTS_ADDRESS", 1000)
        told, again = {}, {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind, person in people.items():
                visitor = browser("fresh", "")
                for _ in range(5):
                    assert visitor.submit("/demander-un-code", **person.typed).status_code == 303
                deed = poster(visitor, "/demander-un-code", person.typed, htmx=htmx)
                told[kind], again[kind] = (facts(deed, *person.typed.values()) for _ in range(2))

        check_same(told)
        check_same(again)
        assert [each["known"]["rows"]["JournalEntry"] for each in (told, again)] == [1, 0]
        assert told["known"]["status"].startswith("429")
        assert ("Retry-After", "3600") in told["known"]["headers"]
        assert told["known"]["rows"]["AccessRequest"] == 0

    def test_what_the_mail_became_does_not_show_either(self, people, facts, browser, outbox, each_press_counts):
        """The worker finds somebody or nobody; who asks again, by the same names, sees nothing of it."""
        self.check_asked_again(people, facts, browser, outbox, written=1)

    def test_nor_to_who_presses_twice(self, people, facts, browser, outbox):
        self.check_asked_again(people, facts, browser, outbox, written=0)

    @staticmethod
    def check_asked_again(people, facts, browser, outbox, *, written):
        told = {}
        for kind, person in people.items():
            visitor = browser("fresh", "")
            visitor.submit("/demander-un-code", **person.typed)
            outbox.deliver()
            told[kind] = facts(poster(visitor, "/demander-un-code", person.typed, htmx=False), *person.typed.values())
        check_same(told)
        assert told["known"]["status"].startswith("303")
        assert told["known"]["rows"]["AccessRequest"] == written


class TestLetters:
    """Nobody learns from « J'ai reçu un courrier » whether a code exists, nor whose address is on file."""

    @pytest.fixture
    def codes(self, make_tenant, app):
        """A code of each kind, with an address typed beside it; all of one length."""
        tenants = {
            "valid": make_tenant("A", number="1", reference="1", email=""),
            "ended": make_tenant("B", number="2", reference="2", ends_on=date(2020, 1, 1)),
            "used": make_tenant("C", number="3", reference="3", email="p9@exemple.test"),
            "blocked": make_tenant("D", number="4", reference="4", email="p8@exemple.test"),
        }
        codes = {"never printed": "0000-0000-0000"}
        with app.app_context():
            for kind, tenant in tenants.items():
                codes[kind] = paper_code()
                PaperCode.issue({tenant.id: paper_digest(codes[kind])}, None)
        PaperCode.update(used_at=now()).where(PaperCode.tenant == tenants["used"]).execute()
        Account.of(tenants["blocked"]).block()
        return codes

    @every_browser
    @pytest.mark.parametrize("email", ["p9@exemple.test", "p0@exemple.test"], ids=["on file", "unknown"])
    def test_whatever_the_code_is_gets_one_answer(self, codes, facts, browser, htmx, how, email):
        told, pages = {}, {}
        for kind, code in codes.items():
            visitor = browser(how, code)
            deed = poster(visitor, "/courrier-recu", {"letter_code": code, "email": email}, htmx=htmx)
            told[kind] = facts(deed, code, email)
            pages[kind] = facts(lambda visitor=visitor: visitor.get("/code-envoye"), email)

        check_same(told)
        check_same(pages)
        assert told["valid"]["status"][:3] == ("200" if htmx else "303")
        written = {name: count for name, count in told["valid"]["rows"].items() if count}
        assert written == {"AccessRequest": 1, "OutboxMessage": 1, "JournalEntry": 1}
        assert told["valid"]["journal"][0][:2] == ("request", None)
        assert {len(request.letter_digest) for request in AccessRequest} == {32}

    def test_so_does_who_tries_too_often(self, codes, facts, browser, app, monkeypatch):
        monkeypatch.setitem(app.config, "REQUESTS_ADDRESS", 1000)
        told = {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for number, (kind, code) in enumerate(codes.items()):
                visitor, fields = browser("fresh", ""), {"letter_code": code, "email": f"q{number}@exemple.test"}
                for _ in range(5):
                    assert visitor.submit("/courrier-recu", **fields).status_code == 303
                told[kind] = facts(poster(visitor, "/courrier-recu", fields, htmx=False), *fields.values())

        check_same(told)
        assert told["valid"]["status"].startswith("429")
        assert ("Retry-After", "3600") in told["valid"]["headers"]
        assert told["valid"]["rows"]["AccessRequest"] == 0

    def test_what_the_code_became_does_not_show_either(self, codes, facts, browser, outbox):
        told = {}
        for kind, code in codes.items():
            fields = {"letter_code": code, "email": "p0@exemple.test"}
            visitor = browser("fresh", "")
            visitor.submit("/courrier-recu", **fields)
            outbox.deliver()
            told[kind] = facts(poster(visitor, "/courrier-recu", fields, htmx=False), *fields.values())
            Tenant.update(email="", email_key="").where(Tenant.last_name == "A").execute()
            JournalEntry.delete().execute()
        check_same(told)


class TestChangeOfPassword:
    @by_code_or_address
    @every_browser
    @pytest.mark.parametrize(
        "new",
        [NEW, "bref", "motdepasse123", "NOMBNOMBNOMB", "p1@exemple.test"],
        ids=["good", "short", "common", "their name", "their address"],
    )
    def test_a_wrong_password_gets_one_answer(self, people, facts, browser, attribute, kinds, htmx, how, new):
        told = {}
        for kind in kinds:
            identifier = getattr(people[kind], attribute)
            fields = {
                "identifier": identifier, "current_password": "faux", "new_password": new, "confirmation": new
            }  # fmt: skip
            deed = poster(browser(how, identifier), "/changer-mot-de-passe", fields, htmx=htmx)
            told[kind] = facts(deed, identifier)

        check_same(told)
        assert told["known"]["status"].startswith("422")
        assert new not in told["known"]["body"]

    @by_code_or_address
    @with_and_without_htmx
    def test_so_does_who_has_tried_too_often(self, people, facts, browser, attribute, kinds, htmx):
        told = {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind in kinds:
                identifier = getattr(people[kind], attribute)
                visitor = browser("fresh", "")
                fields = {"identifier": identifier, "new_password": NEW, "confirmation": NEW}
                for _ in range(5):
                    visitor.submit("/changer-mot-de-passe", current_password="faux", **fields)
                fields["current_password"] = OWN_PASSWORD
                told[kind] = facts(poster(visitor, "/changer-mot-de-passe", fields, htmx=htmx), identifier)

        check_same(told)
        assert told["known"]["status"].startswith("429")

    def test_the_login_and_the_change_are_one_door_for_everybody(self, people, browser):
        for kind in WITH_CODE:
            visitor, identifier = browser("fresh", ""), people[kind].code
            for _ in range(5):
                visitor.submit("/identification", identifier=identifier, password="faux")
            answer = visitor.submit(
                "/changer-mot-de-passe",
                identifier=identifier, current_password="faux", new_password=NEW, confirmation=NEW,
            )  # fmt: skip
            assert answer.status_code == 429, kind


AGENTS = ("unknown", "known", "responsable", "invited", "disabled")


class TestAgentsDoor:
    """Nor who is an agent, nor which of the three proofs was wrong."""

    @pytest.fixture
    @staticmethod
    def agents(make_agent) -> dict[str, str]:
        """The address of one agent of each kind, all of one length."""
        addresses = {kind: f"a{digit}@office.exemple.test" for digit, kind in enumerate(AGENTS)}
        make_agent("Agathe Essai", email=addresses["known"])
        make_agent("Renée Essai", email=addresses["responsable"], role=Role.MANAGER)
        make_agent("Denis Essai", email=addresses["disabled"]).disable()
        invited = Agent.enlist(addresses["invited"], "Ninon Essai", Role.AGENT)
        assert invited is not None
        invited.invite()
        return addresses

    @pytest.fixture
    @staticmethod
    def code(app):
        """A function that gives what the telephone of the agent of this address shows, or a code of nobody's."""

        def code(email: str) -> str:
            agent = Agent.with_email(email)
            return code_of_the_moment(app, agent) if agent else "123456"

        return code

    @staticmethod
    def fields(email: str, password: str, code: str) -> dict[str, str]:
        return {"email": email, "password": password, "code": code}

    @every_browser
    @pytest.mark.parametrize("password", ["faux", "x" * 5000, ""])
    @pytest.mark.parametrize("right_code", [False, True])
    def test_a_wrong_password_gets_one_answer(self, agents, code, facts, browser, how, htmx, password, right_code):
        told = {}
        for kind, email in agents.items():
            typed = code(email) if right_code else "000000"
            visitor = browser("of another tenant" if how == "of another tenant" else "fresh", "")
            deed = poster(visitor, "/agents/identification", self.fields(email, password, typed), htmx=htmx)
            told[kind] = facts(deed, email, typed)
        check_same(told)
        assert told["known"]["status"].startswith("422")
        assert told["known"]["hashes"] == (["verify"] if password == "faux" else [])

    @with_and_without_htmx
    def test_the_right_one_is_not_told_from_a_wrong_one(self, agents, code, facts, browser, htmx):
        told = {}
        for kind, email in agents.items():
            for what, password in (("wrong", "faux"), ("right", OWN_PASSWORD)):
                fields = self.fields(email, password, "000000")
                deed = poster(browser("fresh", ""), "/agents/identification", fields, htmx=htmx)
                told[f"{what} {kind}"] = facts(deed, email)
        check_same(told)
        assert told["right known"]["status"].startswith("422")

    @pytest.mark.parametrize("kind", ["invited", "disabled"])
    def test_nor_do_all_three_tell_where_they_open_nothing(self, agents, code, facts, browser, kind):
        told = {}
        for each in ("unknown", kind):
            email = agents[each]
            fields = self.fields(email, OWN_PASSWORD, code(email))
            told[each] = facts(poster(browser("fresh", ""), "/agents/identification", fields, htmx=False), email)
        check_same(told)

    @with_and_without_htmx
    def test_so_does_who_has_tried_too_often(self, agents, code, facts, browser, htmx):
        told = {}
        with time_machine.travel("2026-03-02 10:00+01:00", tick=False):
            for kind, email in agents.items():
                visitor = browser("fresh", "")
                for _ in range(5):
                    visitor.submit("/agents/identification", **self.fields(email, "faux", "000000"))
                fields = self.fields(email, OWN_PASSWORD, code(email))
                told[kind] = facts(poster(visitor, "/agents/identification", fields, htmx=htmx), email)
        check_same(told)
        assert told["known"]["status"].startswith("429")
        assert told["known"]["hashes"] == []
        assert not [statement for statement in told["known"]["statements"] if '"agent" AS' in statement]

    def test_a_dead_link_does_not_tell_whose_it_was(self, app, agents, facts, browser):
        told = {}
        tokens = {"nobody's": "x" * 43, "used": Agent.with_email(agents["invited"]).invite()}
        Agent.update(invitation_digest="").execute()
        for whose, token in tokens.items():
            visitor = browser("fresh", "")
            told[whose] = facts(lambda visitor=visitor, token=token: visitor.get(f"/agents/invitation/{token}"))
            told[whose] |= {"then": facts(lambda visitor=visitor: visitor.get("/agents/premiere-connexion"))}
        check_same(told)


def test_the_comparison_would_see_a_difference(people, facts, browser):
    """The other tests here are worth what this one is: a right password and a wrong one do not look the same."""
    told = {}
    for password in ("faux", OWN_PASSWORD):
        fields = {"identifier": people["known"].code, "password": password}
        told[password] = facts(
            poster(browser("fresh", ""), "/identification", fields, htmx=False), fields["identifier"]
        )
    assert [name for name in told["faux"] if told["faux"][name] != told[OWN_PASSWORD][name]] == [
        "status", "headers", "body", "statements", "rows", "journal",
    ]  # fmt: skip
