"""The portal's own fixtures, with a client that checks the house rules on every page it fetches."""

import csv
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyotp
import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import HealthCheck, settings
from werkzeug.test import TestResponse

from config import Production
from ophportal import clock, database, jobs, passwords
from ophportal.formatting import typography
from ophportal.models import Account, Agent, OutboxMessage, Role, TemporaryPassword
from ophportal.office import factor
from ophportal.passwords import hash_password
from ophportal.testing import Visitor
from tests import stores
from tests.office import Office, code_and_password
from tests.old_stores import runner
from tests.page import Page
from tests.smtp import mail_through
from tests.tenant_lines import HEADERS

OWN_PASSWORD = "quatre chèvres bleues dansent"
# No deadline for Hypothesis's examples, since the machine may be busy; and the same examples in each run, so that none
# fails after a change that has nothing to do with it. A test's own settings would replace these, so all are here: an
# example may find the store of the one before.
settings.register_profile(
    "unhurried",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("unhurried")
# Cheap hashes, since thousands of stories log in. Stories about what a hash costs take `dear_hashes`.
passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def pytest_addoption(parser):
    parser.addoption("--store", choices=["sqlite", "postgresql"], default="sqlite", help="what the portal runs on")


def pytest_configure(config):
    if config.getoption("--store") == "sqlite":
        return
    if stores.SERVER not in os.environ:  # and not by each of the processes that pytest-xdist starts
        config.cluster = stores.Cluster()
        config.cluster.make()
        config.cluster.start()
        os.environ[stores.SERVER] = config.cluster.url
    os.environ["OPHPORTAL_TESTING_DATABASE_URL"] = stores.new_store(Path("portal"))


def pytest_unconfigure(config):
    if cluster := getattr(config, "cluster", None):
        cluster.stop("immediate")
        cluster.forget()


# The hashes of pages that have kept the house rules: most visits meet one that was checked before.
kept_rules: set[int] = set()
FORM_TOKEN = re.compile('name="csrf_token" value="[^"]*"')


class StrictVisitor(Visitor):
    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        # Read to its end and closed, as a server does: a file left open would raise a warning in some later test.
        response = super().open(*args, buffered=buffered, **kwargs)
        # static/swaps.js knows the portal's answers by this header. And htmx never asks for a whole page.
        is_swapped = response.mimetype == "text/html" and "<html" not in response.text
        if response.request.headers.get("HX-Request") and is_swapped:
            assert "HX-Request" in response.vary, f"{response.request.path} does not say that it varies for htmx"
        if response.mimetype == "text/html" and response.text and not 300 <= response.status_code < 400:
            page = hash((response.status_code, FORM_TOKEN.sub("", response.text)))
            if page not in kept_rules:
                Page(response).check()
                kept_rules.add(page)
        return response


@pytest.fixture
def client(app: Flask) -> StrictVisitor:
    return StrictVisitor(app, app.response_class)


@pytest.fixture
def another_browser(app: Flask) -> StrictVisitor:
    return StrictVisitor(app, app.response_class)


@pytest.fixture
def browsers(app):
    """A function that gives as many browsers as it is told."""
    return lambda count: [StrictVisitor(app, app.response_class) for _ in range(count)]


@pytest.fixture
def make_account(make_tenant):
    """A function that puts on file a tenant who has chosen the password OWN_PASSWORD; gives the account."""

    def make(*args: Any, password: str = OWN_PASSWORD, **kwargs: Any) -> Account:
        account = Account.get_or_open(make_tenant(*args, **kwargs))
        account.choose_password(hash_password(password))
        return account

    return make


@pytest.fixture
def statements(app, monkeypatch):
    """The statements that the store gets from here on, each with its values."""
    asked = []
    store = database.proxy.obj
    execute = store.execute_sql
    noted = lambda sql, values=None, *more: asked.append((sql, values or ())) or execute(sql, values, *more)  # noqa: E731
    monkeypatch.setattr(store, "execute_sql", noted)
    return asked


@pytest.fixture
def tenant_file(app, tmp_path):
    """A function that writes a tenant file of these lines, dicts by field, and gives its path."""

    def write(*lines, only=None, delimiter=";", encoding="utf-8"):
        path = tmp_path / "locataires.csv"
        fields = [field for field in HEADERS if only is None or field in only]
        with path.open("w", encoding=encoding, newline="") as file:
            rows = csv.writer(file, delimiter=delimiter)
            rows.writerow(HEADERS[field] for field in fields)
            rows.writerows([line[field] for field in fields] for line in lines)
        return path

    return write


@pytest.fixture
def make_agent(app):
    """A function that enlists an agent who has been through their first login, with the password OWN_PASSWORD."""

    def make(
        name: str = "Agathe Essai", *, email: str = "agathe@office.exemple.test", role: Role = Role.AGENT
    ) -> Agent:
        agent = Agent.enlist(email, name, role)
        assert agent is not None
        with app.app_context():
            assert agent.accept(agent.invite(), hash_password(OWN_PASSWORD), 0)
        return Agent.get_by_id(agent.id)

    return make


@pytest.fixture
def office(tmp_path) -> Iterator[Office]:
    """An office of its own, beside the portal that `app` is: its commands are typed, its server is asked for pages."""
    with Office(tmp_path) as office:
        yield office


@pytest.fixture
def home_fails(app, monkeypatch):
    """A function that makes the home page raise an error."""

    def fail_with(error):
        def view():
            raise error

        monkeypatch.setitem(app.view_functions, "pages.home", view)

    return fail_with


@pytest.fixture
def without_store(app):
    """The store is away."""
    database.bind(stores.NOWHERE[stores.is_postgresql()])
    yield
    database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


@pytest.fixture
def turn_taken(app):
    """Another thread has its turn, as an import has, until the test ends."""
    begun, stop = threading.Event(), threading.Event()

    def take():
        with database.proxy.in_turn():
            begun.set()
            stop.wait()
        database.proxy.close()

    thread = threading.Thread(target=take)
    thread.start()
    begun.wait()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def older_version(app):
    """The store has had a migration that this version does not know."""
    later = runner(database.proxy.obj).History.create(name="9999_later")
    yield
    later.delete_instance()


@pytest.fixture
def newer_version(monkeypatch, tmp_path):
    """This version has a migration that the store has not had."""
    for path in database.MIGRATIONS.glob("[0-9]*.py"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "9999_tomorrow.py").write_text("def up(migrator, db):\n    pass\n")
    monkeypatch.setattr(database, "MIGRATIONS", tmp_path)


@pytest.fixture
def configure_office(app, monkeypatch):
    """A function that changes the office's settings; `nothing` empties all but its name."""
    known = vars(app.jinja_env.globals["office"])

    def configure(*, nothing=False, **values):
        emptied = {name: "" for name in known if nothing and name not in {"name", "short_name", "colour"}}
        for name, value in {**emptied, **values}.items():
            monkeypatch.setitem(known, name, typography(value))
        app.extensions["kept_pages"].clear()  # what the office is does not change while the portal runs

    return configure


@pytest.fixture
def console(app, make_agent) -> StrictVisitor:
    """The browser of an agent at work; `agent` is who."""
    return at_work(app, make_agent())


@pytest.fixture
def manager_console(app, make_agent) -> StrictVisitor:
    """The browser of a responsable at work."""
    return at_work(app, make_agent("Renée Essai", email="renee@office.exemple.test", role=Role.MANAGER))


@pytest.fixture
def both_recognised(monkeypatch):
    """A function; after it, the next two logins with a temporary password wait for each other once it is found good."""

    def arrange() -> None:
        both, valid_for = threading.Barrier(2, timeout=30), TemporaryPassword.valid_for

        def found(*given: Any) -> TemporaryPassword | None:
            temporary = valid_for(*given)
            with suppress(threading.BrokenBarrierError):
                both.wait()
            both.abort()
            return temporary

        monkeypatch.setattr(TemporaryPassword, "valid_for", found)

    return arrange


@pytest.fixture
def mailed(client, outbox):
    """A function that asks for the default tenant's code; gives the code and the temporary password of the mail."""

    def ask() -> tuple[str, str]:
        assert request_code(client).status_code == 303
        mail = outbox.deliver()
        assert mail is not None
        code, password = code_and_password(mail.body)
        return code, password

    return ask


@pytest.fixture
def look(app):
    """A function that gives what a check says under these settings: pairs of a level and a sentence."""

    def look(find, **settings):
        given = {
            "SECRET_KEY": secrets.token_hex(32),
            "DATABASE_URL": app.config["DATABASE_URL"],
            "DATA_FOLDER": app.config["DATA_FOLDER"],
            "BASE_URL": "http://localhost",
            "MAIL_SERVER": "localhost",
            "MAIL_SENDER": "ne-pas-repondre@exemple.test",
        }
        bare = Flask("ophportal")
        bare.config.from_object(Production(given | settings))
        with bare.app_context():
            return list(find())

    return look


@pytest.fixture
def worker(app):
    """A function that does what is due, as the delivery process does."""
    return lambda: work(app)


@pytest.fixture
def mailing(app, monkeypatch):
    """A function that has the portal really mail to the port given."""
    return partial(mail_through, app, monkeypatch)


@pytest.fixture
def maria(client, make_account, outbox):
    """An account whose tenant is inside, and has nothing left to read."""
    account = make_account()
    log_in(client, account)
    client.get("/compte")  # where « vous êtes connecté » is said
    outbox.deliver()  # what tells of a new device
    return account


def at_work(app: Flask, agent: Agent) -> StrictVisitor:
    visitor = StrictVisitor(app, app.response_class)
    assert landing(log_in_agent(visitor, agent)) == "/agents"
    # Without the mail about the new browser, which does not matter here.
    OutboxMessage.delete().where(OutboxMessage.mail == "agent_device").execute()
    visitor.agent = agent
    return visitor


def work(app: Flask) -> None:
    """Do the jobs that are due, as the delivery process does."""
    with app.app_context():
        while jobs.do_due():
            pass


def code_of_the_moment(app: Flask, agent: Agent) -> str:
    """What the agent's telephone shows."""
    with app.app_context():
        return pyotp.TOTP(factor.secret_of(agent)).at(clock.now())


def log_in_agent(visitor: Visitor, agent: Agent, **changes: str) -> TestResponse:
    fields = {"email": agent.email, "password": OWN_PASSWORD, "code": code_of_the_moment(visitor.application, agent)}
    return visitor.submit("/agents/identification", **(fields | changes))


def press(visitor: Visitor, page: str, action: str, **fields: str) -> TestResponse:
    """Press the one button on `page` whose form leads to `action`."""
    form = Page(visitor.get(page)).one(f"form[action='{action}']")
    hidden = {it["name"]: it["value"] for it in form.select("input[type=hidden]")}
    headers = {"HX-Request": "true"} if visitor.htmx else {}
    return visitor.post(action, data={**hidden, **fields}, headers=headers)


def landing(response: TestResponse) -> str:
    """Where the browser goes next, by a redirect or at htmx's command."""
    assert response.status_code == 303 or "HX-Redirect" in response.headers, response.status
    return response.headers.get("Location") or response.headers["HX-Redirect"]


def log_in(client: Visitor, account: Account, password: str = OWN_PASSWORD, **more: str) -> TestResponse:
    return client.submit("/identification", identifier=account.code, password=password, **more)


@pytest.fixture(name="clock")
def stopped_clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still on a Monday morning, for a story to shift."""
    with time_machine.travel("2026-03-02 10:00+01:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def dear_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A password costs what it costs in production."""
    monkeypatch.setattr(passwords, "hasher", passwords.argon2id())
    passwords.decoy.cache_clear()
    yield
    passwords.decoy.cache_clear()


@pytest.fixture
def each_press_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing counts as a button pressed twice: as if half a minute lay between any two requests."""
    monkeypatch.setattr(clock, "PRESSED_TWICE", timedelta(0))


def request_code(client: Visitor, path: str = "/demander-un-code", **changes: str) -> TestResponse:
    """Ask for the code of `make_tenant`'s default tenant, but for `changes`."""
    fields = {
        "name": "D'Angelo-Paoli",
        "email": "maria@exemple.test",
        "dwelling_reference": "0123-04-056",
        "tenant_number": "0012345",
        **changes,
    }
    return client.submit(path, **fields)
