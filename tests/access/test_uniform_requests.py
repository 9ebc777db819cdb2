"""Nobody learns who is a tenant by asking for a code, nor whose a letter is: one answer, and one work behind it."""

from datetime import date

import pytest
import time_machine

from ophportal.clock import now
from ophportal.models import AccessRequest, Account, JournalEntry, OutboxMessage, PaperCode, Tenant
from ophportal.paper_codes import paper_code, paper_digest
from tests.access.uniform_answers import check_same, every_browser, poster, with_and_without_htmx


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
        Account.get_or_open(tenants["blocked"]).block()
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
