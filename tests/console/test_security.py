"""The console attacked: cookies, tokens, addresses and answers, and what each leaves behind."""

import logging
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine

from ophportal import clock, database, jobs
from ophportal.models import (
    Agent,
    AgentSession,
    Event,
    Job,
    JournalEntry,
    OutboxMessage,
    RecoveryCode,
    Role,
    Tenant,
    TenantSession,
    Verification,
)
from ophportal.models.session_row import digest_of
from ophportal.retention import purge
from ophportal.testing import TOKEN
from tests.conftest import OWN_PASSWORD, code_of_the_moment, landing, log_in, log_in_agent, press, request_code
from tests.console.proofs import code_shown, fresh_recovery_codes
from tests.page import Page

NEW = "deux lunes rouges sur le toit"
PAGES = (
    "/agents", "/agents/a-verifier", "/agents/agents", "/agents/mon-acces", "/agents/mon-acces/mot-de-passe",
    "/agents/courriers", "/agents/imports", "/agents/tableau-de-bord",
)  # fmt: skip


@pytest.fixture
def link_of(app):
    """A function that enlists an agent; gives their one-time link's path."""

    def give(name="Ninon Essai", email="ninon@office.exemple.test"):
        return f"/agents/invitation/{Agent.enlist(email, name, Role.AGENT).invite()}"

    return give


@pytest.fixture
def waiting(client, make_tenant, outbox):
    """A request to verify."""
    make_tenant(phone="04 65 71 12 34")
    request_code(client, email="stella@exemple.test")
    outbox.deliver()
    return Verification.get()


def token_inside(console):
    return Page(console.get("/agents/mon-acces")).soup.select("input[name=csrf_token]")[0]["value"]


def later(**span):
    return time_machine.travel(clock.now() + timedelta(**span), tick=False)


class TestCookie:
    def test_a_planted_cookie_is_not_promoted(self, client, another_browser, make_agent):
        client.set_cookie("agent", "planted")
        assert landing(log_in_agent(client, make_agent())) == "/agents"
        assert client.get_cookie("agent").value != "planted"
        another_browser.set_cookie("agent", "planted")
        assert another_browser.get("/agents").status_code == 303

    def test_who_logs_in_over_the_session_of_a_thief_works_under_their_own_name(
        self, console, another_browser, make_agent
    ):
        """A careless colleague, or a thief, leaves their own session in the browser of another agent."""
        victim = make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
        token = TOKEN.search(another_browser.get("/agents/identification").text)[1]
        another_browser.set_cookie("agent", console.get_cookie("agent").value)
        log_in_agent(another_browser, victim, csrf_token=token)
        assert "Barnabé Essai" in Page(another_browser.get("/agents/mon-acces")).text
        assert console.get("/agents").status_code == 303
        assert AgentSession.get().agent == victim

    def test_the_form_token_from_before_the_login_is_worth_nothing_inside(self, client, make_agent):
        before = TOKEN.search(client.get("/agents/identification").text)[1]
        log_in_agent(client, make_agent())
        assert client.post("/agents/prolonger", data={"csrf_token": before}).status_code == 400

    def test_what_the_store_holds_of_it_opens_nothing(self, console, another_browser):
        row = AgentSession.get()
        for wrong in (row.token_digest, str(row.id), "1", "", console.get_cookie("agent").value.swapcase()):
            another_browser.set_cookie("agent", wrong)
            assert another_browser.get("/agents").status_code == 303, wrong

    @pytest.mark.parametrize("garbage", ["é", ".", "x" * 60_000, "\x00", '"', "%00%ff", '"\\377\\000"', "a=b"])
    def test_garbage_opens_nothing_and_stands_in_the_way_of_nobody(self, client, make_agent, garbage):
        answer = client.get("/agents", environ_overrides={"HTTP_COOKIE": f"agent={garbage}"})
        assert landing(answer) == "/agents/identification"
        answer = client.get("/agents/identification", environ_overrides={"HTTP_COOKIE": f"agent={garbage}"})
        assert answer.status_code == 200

    def test_a_tenants_token_in_an_agents_place_and_the_reverse_open_nothing(self, client, console, make_account):
        log_in(client, make_account())
        with client.session_transaction() as session:
            tenants = session["_user_id"]
            session["_user_id"] = console.get_cookie("agent").value
        client.set_cookie("agent", tenants)
        assert landing(client.get("/agents")) == "/agents/identification"
        assert landing(client.get("/compte")) == "/identification"
        assert (TenantSession.select().count(), AgentSession.select().count()) == (1, 1)

    def test_a_session_ends_with_the_agent_s_access_in_the_middle_of_their_work(self, console, make_tenant):
        tenant = make_tenant()
        token = token_inside(console)
        console.agent.disable()
        answer = console.post(f"/agents/locataires/{tenant.id}/code", data={"csrf_token": token})
        assert landing(answer) == "/agents/identification"
        assert OutboxMessage.select().count() == 0
        console.agent.enable()
        assert console.get("/agents").status_code == 303


class TestOneTimeLink:
    def test_its_secret_leaves_the_address_at_once(self, client, link_of):
        link = link_of()
        answer = client.get(link)
        token = link.rpartition("/")[2]
        assert landing(answer) == "/agents/premiere-connexion"
        assert not [name for name, value in answer.headers if token in value]
        assert token not in answer.text
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert token not in client.get("/agents/premiere-connexion").text

    def test_no_log_tells_it_even_when_the_store_is_away(self, client, app, link_of, caplog, monkeypatch):
        link = link_of()
        caplog.set_level(logging.DEBUG)
        logging.getLogger("peewee").setLevel(logging.INFO)  # its DEBUG tells every value, in tests alone
        client.get(link)
        client.post(link)
        client.get(link + "/x")
        client.submit("/agents/premiere-connexion", code="123456", new_password=NEW, confirmation="autre")
        database.proxy.execute_sql("ALTER TABLE agent RENAME TO away")
        try:
            assert client.get(link).status_code in {500, 503}
        finally:
            database.proxy.execute_sql("ALTER TABLE away RENAME TO agent")
        monkeypatch.setattr(Agent, "invited_by", lambda token: 1 / 0)
        assert client.get(link).status_code == 500
        assert "ZeroDivisionError" in caplog.text
        for secret in (link.rpartition("/")[2], NEW, "123456"):
            assert secret not in caplog.text

    @pytest.mark.parametrize("token", ["x" * 60_000, "é", "%00", "%ff", "a b", "..", "%2e%2e", "'--"])
    def test_one_that_is_none_is_told_and_stays_in_no_cookie(self, client, token):
        answer = client.get(f"/agents/invitation/{token}")
        assert answer.status_code == 303
        with client.session_transaction() as session:
            assert dict(session) == {"invitation": ""}
        assert client.get("/agents/premiere-connexion").status_code == 410

    def test_a_planted_one_gives_way_to_the_agent_s_own(self, client, link_of):
        client.get(link_of("Malo Essai", "malo@office.exemple.test"))
        client.get(link_of())
        page = Page(client.get("/agents/premiere-connexion"))
        assert page.one("#email")["value"] == "ninon@office.exemple.test"

    def test_one_forged_into_the_session_opens_nothing(self, client, link_of):
        link_of()
        for forged in ("", "x", digest_of(""), Agent.get().invitation_digest):
            with client.session_transaction() as session:
                session["invitation"] = forged
            assert client.get("/agents/premiere-connexion").status_code == 410, forged

    def test_used_in_a_colleague_s_browser_it_ends_the_colleague_s_session(self, console, link_of):
        console.get(link_of())
        ninon = Agent.with_email("ninon@office.exemple.test")
        fields = {"new_password": OWN_PASSWORD, "confirmation": OWN_PASSWORD, "code": code_shown(console)}
        assert console.submit("/agents/premiere-connexion", **fields).status_code == 200
        assert AgentSession.get().agent == ninon

    def test_a_stranger_s_failures_do_not_keep_an_agent_out_who_has_a_new_one(
        self, client, another_browser, make_agent
    ):
        agent = make_agent()
        for _ in range(6):
            log_in_agent(another_browser, agent, code="000000")
        assert log_in_agent(client, agent).status_code == 429
        client.get(f"/agents/invitation/{agent.invite()}")
        fields = {"new_password": NEW, "confirmation": NEW, "code": code_shown(client)}
        assert client.submit("/agents/premiere-connexion", **fields).status_code == 200
        press(client, "/agents", "/agents/deconnexion")
        with later(seconds=31):
            # From now on this browser has a door of its own.
            assert landing(log_in_agent(client, Agent.get_by_id(agent.id), password=NEW)) == "/agents"


class TestRefusedForms:
    """A refused form keeps what was typed, but neither a password nor a code: somebody may look over a shoulder."""

    @pytest.mark.parametrize("htmx", [False, True])
    def test_they_echo_no_secret(self, client, console, link_of, htmx):
        client.htmx = console.htmx = htmx
        client.get(link_of())
        typed = {
            "email": "agathe@office.exemple.test",
            "password": "mot de passe tapé",
            "current_password": "mot de passe tapé",
            "code": "7K2M-94QF-X3PD",
            "new_password": "nouveau mot tapé",
            "confirmation": "autre mot tapé",
        }
        for visitor, path in (
            (client, "/agents/identification"),
            (client, "/agents/premiere-connexion"),
            (console, "/agents/mon-acces/mot-de-passe"),
            (console, "/agents/mon-acces/codes-de-secours"),
        ):
            for stale in ({}, {"csrf_token": "x"}):
                answer = visitor.submit(path, **typed | stale)
                assert answer.status_code in {400, 422}
                for name in set(typed) - {"email"}:
                    assert typed[name] not in answer.text, (path, name)


class TestRefusedAccess:
    def test_a_page_for_responsables_that_another_agent_asks_for_is_journalled(self, console):
        assert console.get("/agents/agents").status_code == 403
        console.post("/agents/agents/1/desactiver", data={"csrf_token": token_inside(console)})
        entries = list(
            JournalEntry.select().where(JournalEntry.event == Event.ACCESS_REFUSED).order_by(JournalEntry.id)
        )
        assert [entry.detail for entry in entries] == ["office.agents", "office.disable_agent"]
        assert {entry.agent for entry in entries} == {console.agent}
        assert {entry.network_address for entry in entries} == {"127.0.0.1"}

    def test_so_is_one_who_asks_for_the_letters_of_another(self, console, manager_console, make_agent):
        job = Job.put("letters", manager_console.agent, tenants=[1])
        for path in (f"/agents/courriers/{job.id}", f"/agents/courriers/{job.id}/lot/1"):
            assert console.get(path).status_code == 404
        refused = list(
            JournalEntry.select().where(JournalEntry.event == Event.ACCESS_REFUSED).order_by(JournalEntry.id)
        )
        assert [entry.detail for entry in refused] == ["office.letters_job", "office.download_letters"]
        assert console.get(f"/agents/courriers/{job.id + 1}").status_code == 404
        assert JournalEntry.select().where(JournalEntry.event == Event.ACCESS_REFUSED).count() == 2

    def test_a_responsable_leaves_no_such_line(self, manager_console):
        manager_console.get("/agents/agents")
        assert not JournalEntry.select().where(JournalEntry.event == Event.ACCESS_REFUSED).exists()

    @pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, "9" * 4000])
    def test_an_id_beyond_what_a_store_can_hold_is_not_there(self, manager_console, number):
        token = token_inside(manager_console)
        for path in (
            f"/agents/locataires/{number}",
            f"/agents/locataires/{number}/adresse",
            f"/agents/locataires/{number}/bloquer",
            f"/agents/locataires/{number}/donnees",
            f"/agents/locataires/{number}/journal/1",
            f"/agents/a-verifier/{number}",
        ):
            assert manager_console.get(path).status_code == 404, path
        for path in (
            *(f"/agents/locataires/{number}/{verb}" for verb in ("code", "sessions", "debloquer")),
            *(f"/agents/a-verifier/{number}/{verb}" for verb in ("ouvrir", "laisser", "accepter", "refuser")),
            *(f"/agents/agents/{number}/{verb}" for verb in ("lien", "desactiver", "reactiver")),
        ):
            assert manager_console.post(path, data={"csrf_token": token}).status_code == 404, path

    def test_nor_is_one_that_python_will_not_read(self, manager_console):
        assert manager_console.get(f"/agents/locataires/{'9' * 5000}").status_code == 404


class TestReading:
    """Who reads which tenant's record is journalled, wherever the record shows (CNIL 2021-122)."""

    @pytest.mark.parametrize("page", ["", "/adresse", "/bloquer", "/donnees", "/journal/1"])
    def test_every_page_about_a_tenant_counts(self, manager_console, make_tenant, page):
        tenant = make_tenant()
        manager_console.get(f"/agents/locataires/{tenant.id}{page}")
        entry = JournalEntry.get(JournalEntry.event == Event.RECORD_VIEWED)
        assert (entry.agent, entry.tenant) == (manager_console.agent, tenant)

    def test_so_does_a_request_to_verify_which_shows_what_is_on_file(self, console, waiting):
        page = Page(console.get(f"/agents/a-verifier/{waiting.id}"))
        assert "04 65 71 12 34" in page.text
        entry = JournalEntry.get(JournalEntry.event == Event.RECORD_VIEWED)
        assert (entry.agent, entry.tenant) == (console.agent, waiting.tenant)


class TestKeeping:
    def test_nobody_keeps_a_page_of_the_console(self, manager_console, make_tenant):
        tenant = make_tenant()
        for path in (*PAGES, f"/agents/locataires/{tenant.id}", f"/agents/locataires/{tenant.id}/adresse"):
            for headers in ({}, {"HX-Request": "true"}):
                answer = manager_console.get(path, headers=headers)
                assert answer.status_code == 200, path
                assert answer.headers["Cache-Control"] == "no-store", path

    def test_nor_what_its_forms_answer(self, client, manager_console, make_agent, make_tenant):
        agent, tenant = make_agent(), make_tenant()
        answers = (
            client.get("/agents"),
            log_in_agent(client, agent, code="000000"),
            log_in_agent(client, agent),
            press(manager_console, "/agents", "/agents/recherche", q="d'angelo"),
            press(manager_console, f"/agents/locataires/{tenant.id}", f"/agents/locataires/{tenant.id}/code"),
            manager_console.submit(f"/agents/agents/{agent.id}/lien", current_password=OWN_PASSWORD, code="000000"),
            manager_console.get(f"/agents/agents/{agent.id}/lien"),
        )
        assert [answer.status_code for answer in answers] == [303, 422, 303, 200, 303, 422, 200]
        assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}

    def test_nor_a_file_with_codes_or_figures(self, app, manager_console, make_tenant):
        tenant = make_tenant()
        job = Job.put("letters", manager_console.agent, tenants=[tenant.id])
        with app.app_context():
            while jobs.do_due():
                pass
        files = (
            press(manager_console, f"/agents/locataires/{tenant.id}", f"/agents/locataires/{tenant.id}/courrier"),
            manager_console.get(f"/agents/courriers/{job.id}/lot/1"),
            manager_console.get("/agents/tableau-de-bord/demandes.csv"),
        )
        assert [answer.mimetype for answer in files] == ["application/pdf", "application/pdf", "text/csv"]
        for answer in files:
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_what_is_searched_for_is_in_no_log(self, console, make_tenant, caplog):
        caplog.set_level(logging.INFO)
        make_tenant()
        press(console, "/agents", "/agents/recherche", q="d'angelo")
        assert "angelo" not in caplog.text.lower()
        assert not [entry for entry in JournalEntry.select() if "angelo" in entry.detail.lower()]

    def test_leaving_clears_what_the_browser_kept(self, console):
        answer = press(console, "/agents", "/agents/deconnexion")
        assert answer.headers["Clear-Site-Data"] == '"cache"'


class TestWaitingTooLong:
    def test_what_has_been_forgotten_undecided_can_no_more_be_accepted(self, console, waiting, outbox):
        """Its address is gone after ninety days: accepted, it would blank the one on file."""
        with later(days=91):
            purge()
            assert "Rien n'attend" in Page(at_work_again(console).get("/agents/a-verifier")).text
            assert console.get(f"/agents/a-verifier/{waiting.id}").status_code == 404
        assert Verification.select().count() == 0

    def test_one_that_was_asked_again_lately_stays(self, console, client, waiting, outbox):
        with later(days=89):
            request_code(client, email="stella@exemple.test")
            outbox.deliver()
        with later(days=91):
            purge()
            assert "stella@exemple.test" in Page(at_work_again(console).get(f"/agents/a-verifier/{waiting.id}")).text


def at_work_again(console):
    """The same agent, back in the console at another time."""
    assert landing(log_in_agent(console, console.agent)) == "/agents"
    return console


class TestQueries:
    """A page's queries do not grow with what it shows."""

    @pytest.fixture
    @staticmethod
    def count(statements):
        """A function that gives how many statements a deed takes."""

        def count(deed):
            statements.clear()
            assert deed().status_code == 200
            return len(statements)

        return count

    @pytest.fixture
    @staticmethod
    def crowd(client, make_account, make_agent, outbox, app):
        """A function that adds ten tenants, each with an account, mails, journal and a request to verify."""
        agents = [make_agent(f"Agent {n}", email=f"a{n}@office.exemple.test") for n in range(3)]

        def add(first: int) -> None:
            for n in range(first, first + 10):
                account = make_account(
                    "FOULE", f"Prune{n}", number=str(1000 + n), reference=f"{n}-A", email=f"p{n}@exemple.test"
                )
                fields = {"name": "Foule", "dwelling_reference": f"{n}-A", "tenant_number": str(1000 + n)}
                request_code(client, email=f"autre{n}@exemple.test", **fields)
                for agent in agents:
                    JournalEntry.create(event=Event.CODE_ASKED, tenant=account.tenant, agent=agent)
                    JournalEntry.create(
                        event=Event.CODE_ASKED, tenant=Tenant.select().order_by(Tenant.id).get(), agent=agent
                    )
                outbox.deliver()
                Verification.select().order_by(Verification.id.desc()).get().open_for(agents[n % 3])

        app.config["REQUESTS_ADDRESS"], before = 10**6, app.config["REQUESTS_ADDRESS"]
        yield add
        app.config["REQUESTS_ADDRESS"] = before

    @pytest.mark.parametrize(
        "path",
        ["/agents/recherche", "/agents/a-verifier", "/agents/courriers", "/agents/tableau-de-bord", "/agents/agents"],
    )
    def test_they_are_as_many_for_thirty_tenants_as_for_ten(self, manager_console, crowd, count, path):
        def look():
            if path == "/agents/recherche":
                return press(manager_console, "/agents", path, q="foule")
            return manager_console.get(path)

        crowd(0)
        look()  # the search writes its words once
        few = count(look)
        crowd(10)
        look()
        assert count(look) == few <= 20

    def test_a_record_s_are_as_many_whatever_has_happened(self, manager_console, crowd, count):
        crowd(0)
        tenant = Verification.select().order_by(Verification.id).first().tenant
        path = f"/agents/locataires/{tenant.id}"
        manager_console.get(path)
        few = count(lambda: manager_console.get(path))
        for _ in range(20):
            JournalEntry.create(event=Event.CODE_ASKED, tenant=tenant, agent=manager_console.agent)
            OutboxMessage.put("a@exemple.test", mail="password_changed", tenant=tenant, recipient="b@exemple.test")
        assert count(lambda: manager_console.get(path)) == few <= 20


class TestSearch:
    @pytest.mark.parametrize(
        "typed",
        [
            "a\0b", "' OR 1=1; --", '"', '"*', "* AND (", "NEAR(a b)", "words: a", "a" + "\u0301\u0323" * 5000,
            "\ufdfa" * 2000, "%", "_", "\u202e", "٣٤", "9" * 5000, "{{ 7654321 * 7654321 }}",
            '"><script>alert(1)</script>', "- ", "AND", "OR", "NOT", "^a", "a b c d e f g h i j k l m n o p",
        ],
        ids=lambda typed: quote(typed[:12]),
    )  # fmt: skip
    def test_whatever_is_typed_is_looked_for(self, console, make_tenant, caplog, typed):
        make_tenant()
        token = token_inside(console)
        for headers in ({}, {"HX-Request": "true"}):
            answer = console.post("/agents/recherche", data={"csrf_token": token, "q": typed}, headers=headers)
            assert answer.status_code == 200
            assert "<script>alert" not in answer.text
            assert "58588629971041" not in answer.text
        assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_recovery_codes_that_are_renewed_are_journalled(console):
    with later(seconds=31):
        code = code_of_the_moment(console.application, console.agent)
        console.submit("/agents/mon-acces/codes-de-secours", current_password=OWN_PASSWORD, code=code)
    newest = [entry.event for entry in JournalEntry.select().order_by(JournalEntry.id.desc()).limit(2)]
    assert newest == [Event.RECOVERY_CODES_RENEWED, Event.PASSWORD_PROVED]


def test_a_recovery_code_of_one_agent_opens_nothing_of_another_s(app, client, make_agent):
    mine, theirs = make_agent(), make_agent("Barnabé Essai", email="barnabe@office.exemple.test")
    with app.app_context():
        code = fresh_recovery_codes(mine)[0]
    assert log_in_agent(client, theirs, code=code).status_code == 422
    assert RecoveryCode.left(mine) == 10


def test_the_waiting_room_s_failures_do_not_keep_the_office_out(client, another_browser, make_agent):
    """Everybody in the building has one network address; a browser that agents have used has a door of its own."""
    agent = make_agent()
    log_in_agent(client, agent)
    press(client, "/agents", "/agents/deconnexion")
    for number in range(51):
        another_browser.submit("/identification", identifier=f"AAAA-{number:04d}", password="pas celui-ci du tout")
    with time_machine.travel(clock.now() + timedelta(seconds=31), tick=False):
        assert log_in_agent(another_browser, agent).status_code == 429
        assert landing(log_in_agent(client, agent)) == "/agents"
