"""The demonstration office: its invented tenants, its three guests, the mail that it keeps."""

import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask_mail import Message

import config
from ophportal import create_app, database
from ophportal.access.matching import matching_tenant
from ophportal.clock import now
from ophportal.demo import households, office
from ophportal.demo.mailbox import kept_mail, kept_mails
from ophportal.imports import runs
from ophportal.imports.tenants import import_tenants
from ophportal.mailing import mail
from ophportal.models import (
    AccessRequest,
    Account,
    Agent,
    Dwelling,
    Job,
    JournalEntry,
    Lease,
    LedgerEntry,
    OutboxMessage,
    Tenant,
    Verification,
)
from ophportal.outbox import deliver_due
from ophportal.passwords import hash_password, verify_password
from ophportal.testing import Visitor
from tests import stores
from tests.conftest import StrictVisitor
from tests.demo import demo_in
from tests.page import Page

OWN_PASSWORD = "sept guêpes jaunes dansent"
FICTION = re.compile(r"(04 65 71|06 39 98) \d\d \d\d")


@pytest.fixture(scope="module")
def prepared(portal: Flask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that has been prepared, for the tests to copy: preparing takes a second."""
    folder = tmp_path_factory.mktemp("demo")
    with demo_in(folder, portal) as app, app.app_context():
        office.prepare()
    return folder


PREPARING = """
import pathlib, sys
import config
from ophportal import create_app, database
from ophportal.demo import office

config.INSTANCE = pathlib.Path(sys.argv[1])
app = create_app("config.Demo")
database.migrate()
with app.app_context():
    office.prepare()
print("typst" in sys.modules)
"""


def test_whoever_prepares_it_is_left_fit_to_serve_papers(tmp_path: Path) -> None:
    """The server forks from it: where it had made the papers itself, no avis ever came."""
    command = [sys.executable, "-c", PREPARING, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=config.ROOT, check=True)
    assert done.stdout == "False\n"
    assert list(tmp_path.glob("demo-documents/*.pdf"))


@pytest.fixture
def demo(portal: Flask, prepared: Path, tmp_path: Path) -> Iterator[Flask]:
    """The demo over a store of its own, prepared."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    with demo_in(tmp_path, portal) as app:
        yield app


@pytest.fixture
def visitor(demo: Flask) -> StrictVisitor:
    return StrictVisitor(demo, demo.response_class)


@pytest.fixture
def production(portal: Flask, tmp_path: Path) -> Iterator[Flask]:
    settings = config.Production(
        {
            "SECRET_KEY": "0123456789abcdef0123456789abcdef",
            "BASE_URL": "https://locataires.exemple.test",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'production.sqlite'}",
            "MAIL_SERVER": "courrier.exemple.test",
            "MAIL_SENDER": "ne-pas-repondre@exemple.test",
        }
    )
    try:
        yield create_app(settings)
    finally:
        database.bind(portal.config["DATABASE_URL"], portal.config["DATA_FOLDER"])


def deliver(app: Flask) -> None:
    with app.app_context():
        while deliver_due():
            pass


def send(app: Flask, subject: str, message_id: str | None = None) -> None:
    with app.app_context():
        message = Message(
            subject, sender="office@exemple.test", recipients=["olive@exemple.test"], body="Bonjour,\n\nÀ bientôt."
        )
        if message_id:
            message.msgId = message_id
        mail.send(message)


def mails_of(app: Flask) -> list:
    with app.app_context():
        return kept_mails()


def on_file() -> list:
    return [stores.rows_of(table) for table in (Tenant, Dwelling, Lease, Account)]


def tenant_of(number: str) -> Tenant:
    tenant = Tenant.by_number(number)
    assert tenant is not None, number
    return tenant


def tenant_found_by(name: str, number: str, reference: str) -> Tenant | None:
    request = AccessRequest(name=name, email="", dwelling_reference=reference, tenant_number=number)
    return matching_tenant(request)


# The file


def test_the_file_is_the_same_each_time_and_imports_without_a_refusal(demo, tmp_path):
    again = tmp_path / "again.csv"
    households.write_file(again)

    assert again.read_bytes() == office.file_path().read_bytes()
    assert again.read_bytes().startswith(b"\xef\xbb\xbfN\xc2\xb0 locataire;")
    assert Lease.select().count() == len(households.lines())


def test_about_two_hundred_households_live_in_it(demo):
    assert 190 <= Dwelling.select().count() <= 215
    assert 190 <= Tenant.select().count() <= 215


def test_addresses_and_telephones_belong_to_nobody(demo):
    with office.file_path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))

    addresses = [row["Email"] for row in rows if row["Email"]]
    telephones = [row["Téléphone"] for row in rows if row["Téléphone"]]
    assert min(len(addresses), len(telephones)) > 100
    assert [it for it in addresses if not re.fullmatch(r"[a-z.]+@exemple\.test", it)] == []
    assert [it for it in telephones if not FICTION.fullmatch(it)] == []


def test_an_apostrophe_a_hyphen_and_two_first_names(demo):
    tenant = tenant_of("12345")

    assert (tenant.last_name, tenant.first_names) == ("D'ANGELO-PAOLI", "Maria Stella")
    assert tenant_found_by("dangelo paoli", "12345", "0100-01-001") == tenant


def test_a_name_with_two_spaces_in_it(demo):
    tenant = tenant_of("205001")

    assert re.sub(" +", " ", tenant.last_name) == "ben amar"
    assert tenant_found_by("BEN AMAR", "205001", "0100-01-003") == tenant
    assert "ben  amar" in office.file_path().read_text(encoding="utf-8-sig")


def test_a_curly_apostrophe(demo):
    assert "’" in tenant_of("205002").last_name
    assert tenant_found_by("COLONNA D'ISTRIA", "205002", "0100-01-004")


def test_birth_and_married_names_in_one_cell_or_in_two(demo):
    assert tenant_of("205003").last_name == "PAOLI née MARTIN"
    assert tenant_found_by("Paoli", "205003", "0100-01-005")
    assert tenant_found_by("Martin", "205003", "0100-01-005")
    assert tenant_of("205004").birth_name == "AULNE"
    assert tenant_found_by("Aulne Capucine", "205004", "0100-01-006")


def test_two_tenants_share_one_address(demo):
    assert len(Tenant.with_email("les.pruniers@exemple.test")) == 2


def test_one_tenant_has_two_leases(demo):
    assert len(Lease.current_of(tenant_of("204990"))) == 2


def test_two_tenants_share_one_dwelling(demo):
    dwelling = Dwelling.get(reference="0100-01-009")

    assert {lease.tenant.last_name for lease in dwelling.leases} == {"COUDRIER", "OSIER"}


def test_a_lease_has_ended_and_opens_nothing(demo):
    assert not Lease.has_current(tenant_of("205009"))
    assert tenant_found_by("BUIS", "205009", "0100-01-010") is None


def test_numbers_have_zeros_or_a_letter_in_front(demo):
    assert tenant_of("12345").number == "0012345"
    assert tenant_of("205010").number == "L205010"
    assert tenant_found_by("lierre", "731", "0100-01-012")


def test_a_tenant_has_no_address(demo):
    assert tenant_of("205012").email == ""


def test_accents_and_ligatures(demo):
    assert tenant_found_by("coeurdore laetitia", "205013", "0100-01-014")
    assert tenant_found_by("ca et la", "205014", "0100-01-015")


# Preparing


def test_preparing_twice_changes_nothing_and_keeps_a_chosen_password(demo):
    account = Account.get_or_open(tenant_of("204817"))
    account.choose_password(hash_password(OWN_PASSWORD))
    before = on_file()

    with demo.app_context():
        office.prepare()
        import_tenants(office.file_path())

    assert on_file() == before
    assert verify_password(OWN_PASSWORD, Account.get_or_open(tenant_of("204817")).password_hash)


def test_a_demo_from_before_the_ledger_gets_it_and_its_newest_tenants(demo):
    before = LedgerEntry.select().count()
    account = Account.get_or_open(tenant_of("204817"))
    account.choose_password(hash_password(OWN_PASSWORD))
    LedgerEntry.delete().execute()
    Tenant.delete().where(Tenant.number == "205015").execute()

    with demo.app_context():
        office.prepare()

    assert LedgerEntry.select().count() == before
    assert Lease.has_current(tenant_of("205015"))
    assert verify_password(OWN_PASSWORD, Account.get_or_open(tenant_of("204817")).password_hash)


def test_the_imports_are_among_the_others(demo):
    kinds = [job.kind for job in Job.select().order_by(Job.id)]

    assert kinds[:3] == [runs.TENANTS.name, runs.LEDGER.name, runs.DOCUMENTS.name]


def test_a_demo_from_before_the_console_gets_its_agents(demo):
    Agent.delete().execute()
    with demo.app_context():
        office.prepare()
    assert Agent.select().count() == 2


def test_made_in_the_middle_of_the_day_it_tells_of_nothing_that_is_to_come(portal, tmp_path):
    """A tenant's journal had a password chosen nine minutes ahead of the hour; a mail had left three seconds ahead."""
    with (
        time_machine.travel("2027-03-31T12:00:00+02:00", tick=False),
        demo_in(tmp_path, portal) as app,
        app.app_context(),
    ):
        office.prepare()

        for instant in (JournalEntry.at, OutboxMessage.finished_at, AccessRequest.settled_at, Account.activated_at):
            assert instant.model.select().where(instant > now()).count() == 0, instant


def test_the_command_says_what_to_open_and_whom_to_try(demo):
    said = office.welcome("http://127.0.0.1:8123")

    assert "http://127.0.0.1:8123/demo/courrier" in said
    assert "http://127.0.0.1:8123/demander-un-code" in said
    for guest in office.GUESTS + office.SHARING:
        assert all(value in said for _, value in guest.fields)


# The journey

FIELDS = ("name", "email", "dwelling_reference", "tenant_number")


def newest_mail(visitor):
    return Page(visitor.get("/demo/courrier")).soup.select("ol a")[0]["href"]


def enter_with(visitor, letter):
    code, password = (line.get_text(strip=True) for line in letter.soup.select("#message .copy"))
    visitor.submit("/identification", identifier=code, password=password)
    visitor.submit("/compte/choisir-mot-de-passe", new_password=OWN_PASSWORD, confirmation=OWN_PASSWORD)


# What the last card of each guest's first page begins with.
SHOWN = ("Vous devez", "Vous devez", "Vous avez")


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Une entrée au milieu du mois", "DU 15 AU"),
        ("Une APL recalculée", "RAPPEL APL"),
        ("Un peu d'avance", "Vous avez 20,00 € d'avance"),
    ],
)
def test_nobody_has_to_look_for_the_rarer_lives_in_the_files(demo, visitor, label, shown):
    card = Page(visitor.get("/demo")).soup.find("h2", string=label).parent
    answers = [cell.get_text() for cell in card.select("dd")]
    visitor.submit("/demander-un-code", **dict(zip(FIELDS, answers, strict=True)))
    deliver(demo)
    enter_with(visitor, Page(visitor.get(newest_mail(visitor))))

    assert shown in Page(visitor.get("/compte/operations?annee=toutes")).text


@pytest.mark.parametrize("place", range(len(office.GUESTS)))
def test_a_guest_walks_the_whole_journey_with_what_the_pages_show(demo, visitor, place):
    card = Page(visitor.get("/demo")).soup.select("dl")[place]
    shown = [cell.get_text() for cell in card.select("dd")]
    form = dict(zip(FIELDS, shown, strict=True))

    assert visitor.submit("/demander-un-code", **form).status_code == 303
    deliver(demo)
    letter = Page(visitor.get(newest_mail(visitor)))
    enter_with(visitor, letter)

    assert form["email"] in letter.text
    home = Page(visitor.get("/compte"))
    assert form["tenant_number"] in home.text
    papers = Page(visitor.get("/compte/documents"))
    with visitor.get(papers.soup.select_one(".papers a")["href"]) as paper:
        assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert SHOWN[place] in home.soup.select(".owed")[-1].get_text()


def test_the_two_accounts_of_one_address_are_opened_by_it(demo, visitor):
    for guest in office.SHARING:
        fields = zip(FIELDS, guest.fields, strict=True)
        visitor.submit("/demander-un-code", **{name: value for name, (_, value) in fields})
        deliver(demo)
        letter = Page(visitor.get(newest_mail(visitor)))
        assert guest.tenant_number in letter.text
        _, password = (line.get_text(strip=True) for line in letter.soup.select("#message .copy"))
        visitor.submit("/identification", identifier=guest.email, password=password)
        visitor.submit("/compte/choisir-mot-de-passe", new_password=OWN_PASSWORD, confirmation=OWN_PASSWORD)
        assert guest.tenant_number in Page(visitor.get("/compte")).one(".whose").get_text()
        visitor.log_out()
        deliver(demo)  # what tells of that

    answer = visitor.submit("/identification", identifier=office.SHARING[0].email, password=OWN_PASSWORD)

    assert answer.location == "/compte/comptes"
    page = Page(visitor.get(answer.location))
    assert [cell.get_text() for cell in page.soup.select("dl div:first-child dd")] == [
        guest.tenant_number for guest in reversed(office.SHARING)
    ]


def test_every_page_leads_to_the_guests(visitor):
    assert Page(visitor.get("/")).one("a[href='/demo']")


# The console


def test_both_agents_enter_with_what_the_page_shows(demo, visitor):
    cards = Page(visitor.get("/demo/agents")).soup.select("dl")
    assert len(cards) == 2
    for card in cards:
        email, password, code = (cell.get_text() for cell in card.select("dd"))
        browser = StrictVisitor(demo, demo.response_class)
        entered = browser.submit("/agents/identification", email=email, password=password, code=code)
        assert entered.location == "/agents"
        assert browser.get("/agents").status_code == 200


def test_half_a_year_has_been_lived_and_three_people_wait_for_an_agent(demo):
    deliver(demo)
    assert Verification.pending_count() == 3
    active = Account.select().where(Account.activated_at.is_null(False))
    assert 80 <= active.count() <= 120
    assert min(account.activated_at for account in active) < now() - timedelta(weeks=20)
    assert max(account.activated_at for account in active) <= now()
    assert OutboxMessage.not_delivered(1)[0]
    assert Account.select().where(Account.blocked_at.is_null(False)).count() == 1


def test_the_guests_have_no_account_yet(demo):
    assert not [guest for guest in office.GUESTS + office.SHARING if tenant_of(guest.tenant_number).accounts.count()]


# The mail


def test_an_empty_letter_box_says_that_mail_takes_some_seconds(visitor):
    page = Page(visitor.get("/demo/courrier"))

    assert "quelques secondes" in page.text
    assert page.one("main a[href='/demo/courrier']")


def test_the_list_refreshes_itself_with_its_fragment_alone(demo, visitor):
    send(demo, "Bonjour")

    fragment = Page(visitor.get("/demo/courrier", headers={"HX-Request": "true"}))

    assert not fragment.is_whole
    assert fragment.one("[data-hx-get='/demo/courrier'][data-hx-trigger='every 3s']")
    assert "Bonjour" in fragment.text


def test_the_newest_mail_comes_first(demo):
    for subject in ("Un", "Deux", "Trois"):
        send(demo, subject)

    assert [letter.subject for letter in mails_of(demo)] == ["Trois", "Deux", "Un"]


def test_a_mail_that_is_sent_again_replaces_itself(demo):
    send(demo, "Première fois", "<une@exemple.test>")
    send(demo, "Deuxième fois", "<une@exemple.test>")

    assert [letter.subject for letter in mails_of(demo)] == ["Deuxième fois"]


def test_mails_lie_whole_where_nobody_else_reads_them(demo):
    send(demo, "Bonjour")

    folder = demo.config["DEMO_MAIL_FOLDER"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
    assert [path.suffix for path in folder.iterdir()] == [".eml"]


def test_another_portal_of_the_process_keeps_nothing_here(demo, portal):
    send(portal, "Ailleurs")

    assert mails_of(demo) == []


def test_the_mail_as_html_is_a_page_that_runs_nothing(demo, visitor):
    guest = office.GUESTS[0]
    visitor.submit(
        "/demander-un-code",
        name=guest.name,
        email=guest.email,
        dwelling_reference=guest.dwelling_reference,
        tenant_number=guest.tenant_number,
    )
    deliver(demo)
    letter = mails_of(demo)[0]

    # A mail brings its own styles: the house rules are for the portal's pages.
    answer = Visitor(demo, demo.response_class).get(f"/demo/courrier/{letter.name}/html")

    assert "Votre code d'accès" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_a_mail_without_html_offers_none(demo, visitor):
    send(demo, "Bonjour")
    letter = mails_of(demo)[0]

    assert not Page(visitor.get(f"/demo/courrier/{letter.name}")).soup.select("a[href$='/html']")
    assert visitor.get(f"/demo/courrier/{letter.name}/html").status_code == 404


@pytest.mark.parametrize("name", ["../demo.key", "..%2fdemo.key", "%2e%2e/demo.key", "demo.key", "..", "x", "%00"])
def test_a_name_never_leads_outside_the_folder(demo, visitor, name):
    send(demo, "Bonjour")

    assert visitor.get(f"/demo/courrier/{name}").status_code == 404
    assert visitor.get(f"/demo/courrier/{name}/html").status_code == 404
    with demo.app_context():
        assert kept_mail(name) is None


def test_a_mail_that_went_away_is_not_found(visitor):
    assert visitor.get(f"/demo/courrier/20250101T120000000000Z-{'0' * 32}").status_code == 404


# Elsewhere


ADDRESSES = ("/demo", "/demo/", "/demo/courrier", f"/demo/courrier/20250101T120000000000Z-{'0' * 32}", "/demo/x")


def test_no_address_of_the_demo_exists_in_production(production):
    visitor = StrictVisitor(production, production.response_class)

    for address in ADDRESSES:
        assert visitor.get(address, base_url=production.config["BASE_URL"]).status_code == 404
    assert not [rule for rule in production.url_map.iter_rules() if "demo" in f"{rule.rule} {rule.endpoint}".split("/")]


def test_no_address_of_the_demo_exists_under_tests(client, app):
    assert {client.get(address).status_code for address in ADDRESSES} == {404}
    assert "demo" not in app.blueprints
