"""What the portal says while it runs, and the number by which a caller's trouble is found again in it."""

import io
import json
import logging
import re
from types import SimpleNamespace

import pytest

from config import Production
from ophportal import create_app, database, kept_pages, logs
from tests.conftest import StrictVisitor, log_in
from tests.office import Visit, ask_for_a_code, wait_until, write_tenant_file
from tests.page import Page
from tests.spaces import as_read

NUMBER = re.compile(r"\d{4}-\d{4}-\d{4}")


@pytest.fixture
def production(app):
    """A function that gives a visitor of the portal as it serves tenants, with these settings."""

    def visit(**settings):
        given = {
            "SECRET_KEY": app.config["SECRET_KEY"],
            "DATABASE_URL": app.config["DATABASE_URL"],
            "DATA_FOLDER": app.config["DATA_FOLDER"],
            "BASE_URL": "http://localhost",
            "MAIL_SERVER": "localhost",
            "MAIL_SENDER": app.config["MAIL_SENDER"],
        }
        portal = create_app(Production(given | settings))
        return StrictVisitor(portal, portal.response_class)

    yield visit
    database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


@pytest.fixture
def portal_log(monkeypatch):
    """A function that gives what has been written so far, a dict a line."""
    written = io.StringIO()
    monkeypatch.setattr(logs, "sys", SimpleNamespace(stderr=written))
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JsonLines())
    logger = logging.getLogger("ophportal")
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logger.removeHandler(handler)


class TestNumbers:
    def test_each_request_has_its_own(self, client):
        numbers = {client.get("/").headers["X-Request-ID"] for _ in range(20)}
        assert len(numbers) == 20
        assert all(NUMBER.fullmatch(number) for number in numbers)

    @pytest.mark.parametrize("address", ["/", "/portal.css", "/nulle-part", "/compte", "/sante"])
    def test_so_has_each_kind_of_answer(self, client, address):
        assert NUMBER.fullmatch(client.get(address).headers["X-Request-ID"])

    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
    def test_whoever_sees_an_error_can_read_it_out(self, client, home_fails, headers):
        home_fails(ValueError("a fault"))
        answer = client.get("/", headers=headers)
        assert f"Si vous nous appelez, donnez ce numéro : {answer.headers['X-Request-ID']}" in as_read(
            Page(answer).one("#erreur").get_text(" ", strip=True)
        )

    def test_and_finds_the_record_of_what_went_wrong_under_it(self, client, home_fails, portal_log):
        home_fails(ValueError("a fault"))
        number = client.get("/").headers["X-Request-ID"]
        [record] = portal_log()
        assert (record["request_id"], record["level"], record["message"]) == (number, "ERROR", "unexpected error")
        assert "ValueError: a fault" in record["exception"]

    def test_a_fault_while_a_page_is_made_for_all_strangers_is_under_the_number_of_who_asked(
        self, app, client, monkeypatch, portal_log
    ):
        def view():
            logging.getLogger("ophportal.test").error("from within")
            return "<p>made</p>"

        monkeypatch.setitem(app.view_functions, "pages.robots", kept_pages.same_for_strangers(view))
        number = app.test_client().get("/robots.txt").headers["X-Request-ID"]
        assert [record["request_id"] for record in portal_log()] == [number]

    @pytest.mark.parametrize("given", ["0123456789abcdef", "12345678", "a-b-c-d-e", "x" * 64])
    def test_a_proxy_that_is_trusted_gives_its_own(self, production, given):
        answer = production(TRUSTED_PROXIES="1").get("/", headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] == given

    @pytest.mark.parametrize("given", ["", "1234567", "x" * 65, "12345678 9", "123456789_", "é" * 8, "1234<b>5678"])
    def test_unless_it_is_no_number(self, production, given):
        answer = production(TRUSTED_PROXIES="1").get("/", headers={"X-Request-ID": given})
        assert NUMBER.fullmatch(answer.headers["X-Request-ID"])

    def test_without_a_proxy_nobody_gives_one(self, production):
        answer = production().get("/", headers={"X-Request-ID": "0123456789abcdef"})
        assert NUMBER.fullmatch(answer.headers["X-Request-ID"])


class TestAnswers:
    def test_each_is_a_line_with_its_route_its_status_and_its_number(self, production, portal_log):
        visitor = production()
        number = visitor.get("/identification").headers["X-Request-ID"]
        [line] = portal_log()
        assert line.pop("time").endswith("+00:00")
        assert 0 <= line.pop("duration_ms") < 60_000
        assert line == {
            "level": "INFO",
            "logger": "ophportal.answers",
            "message": "answered",
            "request_id": number,
            "method": "GET",
            "route": "/identification",
            "status": 200,
        }

    def test_a_request_that_fails_has_both_its_record_and_its_line(self, production, portal_log):
        visitor = production()

        def fail():
            raise ValueError

        visitor.application.view_functions["pages.home"] = fail
        number = visitor.get("/").headers["X-Request-ID"]
        assert [(line["request_id"], line.get("status")) for line in portal_log()] == [(number, None), (number, 500)]

    @pytest.mark.parametrize(
        ("method", "address", "told"),
        [
            ("GET", "/annuler-changement/un-secret?nom=Prune", ("GET", "/annuler-changement/<secret>")),
            ("GET", "/agents/locataires/12?nom=Prune", ("GET", "/agents/locataires/<int:tenant_id>")),
            ("GET", "/prune@exemple.test", ("GET", "-")),
            ("PRUNE", "/", ("-", "-")),
        ],
    )
    def test_no_line_repeats_an_address(self, production, portal_log, method, address, told):
        production().open(address, method=method)
        [line] = portal_log()
        assert (line["method"], line["route"]) == told

    def test_no_line_names_who_came(self, production, make_account, portal_log):
        account = make_account()
        visitor = production()
        log_in(visitor, account)
        visitor.get("/compte", environ_base={"REMOTE_ADDR": "203.0.113.7"})
        said = json.dumps(portal_log())
        assert "/compte" in said
        for word in ("203.0.113.7", account.code, account.tenant.last_name, account.tenant.email, "prune", "127.0.0.1"):
            assert word not in said

    def test_elsewhere_than_in_production_there_are_none(self, client, portal_log):
        client.get("/")
        assert portal_log() == []


class TestFormats:
    @pytest.fixture
    def record(self):
        logs.request_number.set("1111-2222-3333")
        yield logging.makeLogRecord(
            {"name": "ophportal.x", "levelname": "ERROR", "msg": "l'été\n\x1b %s", "args": (1,)}
        )
        logs.request_number.set("")

    def test_json_is_one_line_whatever_is_in_it(self, record):
        line = logs.JsonLines().format(record)
        assert "\n" not in line
        assert "\x1b" not in line
        assert json.loads(line)["message"] == "l'été\n\x1b 1"

    def test_a_text_line_says_when_what_and_for_which_request(self, record):
        said = logs.TextLines().format(record)
        assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00 ERROR ophportal\.x \[1111-2222-3333\]: l'été", said)

    def test_outside_of_requests_there_is_no_number(self, record):
        logs.request_number.set("")
        assert "request_id" not in json.loads(logs.JsonLines().format(record))
        assert "ophportal.x: l'été" in logs.TextLines().format(record)


def test_every_process_of_the_office_speaks_json(office):
    """The server, its worker, and the delivery worker, whose mail is refused."""
    office.postman.refuse_recipient = "550 No such user"
    office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 2))
    office.serve()
    ask_for_a_code(Visit(office), 2)
    wait_until(lambda: '"ophportal.outbox"' in office.log(), "the delivery worker says nothing")
    # Before the stop: once in hundreds, a worker of granian's dies of its own end, and says so (its issue 846).
    lines = office.log().rpartition("\n")[0].splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    # What is said to whoever typed the command.
    assert [line.partition(" http")[0] for line in lines if not line.startswith("{")] == ["Le portail écoute sur"]
    assert {record["logger"] for record in records} >= {"_granian", "ophportal.answers", "ophportal.outbox"}
    assert {record.get("route") for record in records} >= {"/demander-un-code", "/code-envoye"}
    assert "locataire2" not in office.log()
    assert "127.0.0.1" not in "".join(line for line in lines if "ophportal.answers" in line)
