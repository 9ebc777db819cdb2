"""What a tenant told the portal, and what the ERP says afterwards: its news are taken, its old values are not."""

import csv
import io
import tracemalloc

import pytest
from peewee import SqliteDatabase

from ophportal import database
from ophportal.addresses import record_address
from ophportal.imports.tenants import import_tenants, look_at_tenants
from ophportal.models import Account, Event, JournalEntry, OutboxMessage, Tenant
from ophportal.passwords import hash_password
from tests import stores
from tests.address_changes import OTHER, after, ask, changed, link_in, on_file, use
from tests.conftest import OWN_PASSWORD, at_work, log_in
from tests.contact_details import change, phone
from tests.page import Page
from tests.tenant_lines import MARIA, PAUL, counts, rows_on_file

WHO = ["0012345", "Mme Maria Stella D'ANGELO-PAOLI"]
MINE, LATER = "06 39 98 12 34", "06 39 98 56 78"
NEW = "stella@exemple.test"


@pytest.fixture
def maria(client, tenant_file, outbox):
    """The tenant of the file, with an account, logged in."""
    import_tenants(tenant_file(MARIA))
    account = Account.get_or_open(Tenant.get())
    account.choose_password(hash_password(OWN_PASSWORD))
    log_in(client, account)
    client.get("/compte")
    outbox.deliver()
    return account


@pytest.fixture
def bring(app, tenant_file):
    """A function that imports MARIA's line with `changes`, as the look before said it would; the count of tenants."""

    def bring(only=None, **changes):
        path = tenant_file(MARIA | changes, only=only)
        before = rows_on_file()
        seen = look_at_tenants(path)
        assert rows_on_file() == before
        with app.app_context():
            done = import_tenants(path)
        assert done.counts == seen.counts
        return counts(done.counts["Locataires"])

    return bring


def carried(console):
    with console.get("/agents/coordonnees.csv") as answer:
        assert answer.mimetype == "text/csv"
        table = answer.data.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(table), delimiter=";")
    assert header == ["N° locataire", "Nom", "Information", "Sur le portail", "Dans l'ERP"]
    return rows


class TestAddress:
    def test_the_same_file_again_takes_nothing_back(self, client, maria, bring, outbox):
        changed(client, outbox, NEW)
        assert bring() == (0, 0, 1)
        assert on_file() == NEW
        assert outbox.deliver() is None

    def test_nor_does_one_with_other_news(self, client, maria, bring, outbox):
        changed(client, outbox, NEW)
        assert bring(birth_name="ROMARIN") == (0, 1, 0)
        assert (on_file(), Tenant.get().birth_name) == (NEW, "ROMARIN")
        assert outbox.deliver() is None

    def test_a_really_new_one_is_taken_and_the_old_told(self, client, maria, bring, outbox):
        changed(client, outbox, NEW)
        assert bring(email=OTHER) == (0, 1, 0)
        assert on_file() == OTHER
        told = outbox.deliver()
        assert (told.recipients, told.subject) == ([NEW], "Votre adresse e-mail est changée")
        assert JournalEntry.select().where(JournalEntry.detail == "fichier de l'ERP").count() == 1
        assert bring(email=OTHER) == (0, 0, 1)

    def test_once_carried_over_the_two_agree_and_nobody_is_told(self, client, maria, bring, outbox):
        changed(client, outbox, NEW)
        assert bring(email=NEW) == (0, 1, 0)
        assert outbox.deliver() is None
        assert bring(email=NEW) == (0, 0, 1)
        assert bring(email=MARIA["email"]) == (0, 1, 0)
        assert on_file() == MARIA["email"]

    def test_a_cell_emptied_and_filled_again_is_no_news(self, client, maria, bring, outbox):
        changed(client, outbox, NEW)
        assert bring(email="") == (0, 0, 1)
        assert bring() == (0, 0, 1)
        assert on_file() == NEW

    def test_a_file_without_the_column_leaves_it_alone(self, client, maria, bring, outbox):
        changed(client, outbox, NEW)
        assert bring(only=("number", "last_name", "reference")) == (0, 0, 1)
        assert bring() == (0, 0, 1)
        assert on_file() == NEW

    def test_what_an_agent_recorded_is_kept_too(self, app, maria, bring, make_agent):
        with app.app_context():
            record_address(maria.tenant, NEW, make_agent())
        assert bring() == (0, 0, 1)
        assert on_file() == NEW

    def test_where_none_is_on_file_the_erp_s_is_taken(self, bring):
        assert bring(email="") == (1, 0, 0)
        assert bring() == (0, 1, 0)
        assert on_file() == MARIA["email"]

    def test_the_erp_s_word_voids_a_change_that_waits(self, client, maria, bring, outbox, another_browser):
        ask(client, NEW)
        link = link_in(outbox.deliver())
        bring(email=OTHER)
        assert another_browser.get(link, follow_redirects=True).status_code == 410
        assert on_file() == OTHER

    def test_what_it_brought_meanwhile_survives_an_undo(self, client, maria, bring, outbox, another_browser):
        undo = changed(client, outbox, NEW)
        bring(email=OTHER)
        use(another_browser, undo)
        assert on_file() == OTHER

    def test_after_an_undo_the_thief_s_address_does_not_come_back_by_the_erp(
        self, client, maria, bring, outbox, another_browser
    ):
        undo = changed(client, outbox, NEW)
        bring(email=NEW)
        use(another_browser, undo)
        assert bring(email=NEW) == (0, 0, 1)
        assert on_file() == MARIA["email"]

    @pytest.mark.parametrize("files_before", [0, 2])
    def test_nor_when_an_agent_had_carried_it_by_then(
        self, console, client, maria, bring, outbox, another_browser, files_before
    ):
        use(another_browser, changed(client, outbox, NEW))
        assert outbox.deliver().subject == "Le changement d'adresse e-mail est annulé"
        for _ in range(files_before):  # from before the agent typed it
            assert bring() == (0, 0, 1)
        assert bring(email=NEW) == (0, 1, 0)
        assert on_file() == MARIA["email"]
        assert outbox.deliver() is None
        # And the office sees that the ERP has to be mended.
        assert carried(console) == [[*WHO, "Adresse e-mail", MARIA["email"], NEW]]
        assert bring() == (0, 1, 0)
        assert (on_file(), carried(console)) == (MARIA["email"], [])

    def test_the_last_word_outlives_the_one_before_that_was_carried(self, app, console, client, maria, bring, outbox):
        changed(client, outbox, NEW)
        changed(client, outbox, OTHER)
        assert bring(email=NEW) == (0, 1, 0)
        assert on_file() == OTHER
        assert outbox.deliver() is None
        with after(hours=73):
            assert carried(at_work(app, console.agent)) == [[*WHO, "Adresse e-mail", OTHER, NEW]]
        assert bring(email=OTHER) == (0, 1, 0)
        # From here on the ERP's word is its own again.
        assert bring(email=NEW) == (0, 1, 0)
        assert on_file() == NEW

    def test_so_does_an_agent_s_correction_of_their_own_slip(self, app, console, maria, bring):
        with app.app_context():
            record_address(maria.tenant, OTHER, console.agent)
            record_address(maria.tenant, NEW, console.agent)
        assert bring(email=OTHER) == (0, 1, 0)
        assert on_file() == NEW
        assert carried(console) == [[*WHO, "Adresse e-mail", NEW, OTHER]]


class TestTelephone:
    def test_the_same_file_again_takes_nothing_back(self, client, maria, bring):
        change(client, MINE)
        assert bring() == (0, 0, 1)
        assert phone() == MINE

    @pytest.mark.parametrize("written", ["0465711234", "+33 4 65 71 12 34", "04.65.71.12.34", "465711234"])
    def test_nor_does_the_same_number_written_in_another_way(self, client, maria, bring, written):
        """As when an office goes over from CSV to XLSX."""
        change(client, MINE)
        assert bring(phone=written) == (0, 0, 1)
        assert phone() == MINE
        assert bring(phone="04 65 71 99 99") == (0, 1, 0)

    def test_a_spreadsheet_s_lost_zero_is_put_back(self, maria, bring):
        bring(phone="639981234")
        assert phone() == "0639981234"

    def test_a_really_new_one_is_taken(self, client, maria, bring):
        change(client, MINE)
        assert bring(phone="04 65 71 99 99") == (0, 1, 0)
        assert phone() == "04 65 71 99 99"

    @pytest.mark.parametrize("written", [MINE, "0639981234", "+33 6 39 98 12 34", "639981234"])
    @pytest.mark.parametrize("last", [LATER, "", MARIA["phone"]])
    def test_the_last_word_outlives_the_one_before_that_was_carried(self, client, maria, bring, written, last):
        """However the agent, or the ERP, has spelt that one."""
        change(client, MINE)
        change(client, last)
        assert bring(phone=written) == (0, 1, 0)
        assert phone() == last
        assert Tenant.get().has_own_phone
        assert bring(phone=written) == (0, 0, 1)

    def test_once_the_last_is_carried_too_the_erp_s_word_is_its_own_again(self, client, maria, bring):
        change(client, MINE)
        change(client, LATER)
        assert bring(phone=MINE) == (0, 1, 0)
        assert bring(phone=LATER) == (0, 1, 0)
        assert bring(phone=MINE) == (0, 1, 0)
        assert phone() == MINE

    def test_one_that_was_taken_back_stays_so(self, client, maria, bring):
        change(client, "")
        assert bring() == (0, 0, 1)
        assert phone() == ""

    def test_an_empty_cell_takes_away_the_erp_s_own_alone(self, client, maria, bring):
        assert bring(phone="") == (0, 1, 0)
        assert phone() == ""
        assert bring() == (0, 1, 0)
        change(client, MINE)
        assert bring(phone="") == (0, 0, 1)
        assert bring() == (0, 0, 1)
        assert phone() == MINE


class TestToCarryOver:
    def test_nothing_when_portal_and_erp_agree(self, console, tenant_file):
        import_tenants(tenant_file(MARIA, PAUL))
        assert carried(console) == []

    def test_what_differs_is_told_a_line_each_until_it_is_carried(self, app, console, client, maria, bring, outbox):
        changed(client, outbox, NEW)
        change(client, MINE)
        with after(hours=73):
            assert carried(at_work(app, console.agent)) == [
                [*WHO, "Adresse e-mail", NEW, MARIA["email"]],
                [*WHO, "Téléphone", MINE, MARIA["phone"]],
            ]
        bring(email=NEW, phone=MINE.replace(" ", ""))
        assert carried(console) == []

    def test_one_number_spaced_in_two_ways_is_one(self, console, client, maria, bring):
        bring(phone="0465711234")
        change(client, "04 65 71 12 34")
        assert phone() == "04 65 71 12 34"
        assert carried(console) == []

    def test_a_number_that_a_tenant_took_back_is_told_as_empty(self, console, client, maria):
        change(client, "")
        assert carried(console) == [[*WHO, "Téléphone", "", MARIA["phone"]]]

    def test_an_address_that_may_still_be_undone_waits_and_the_telephone_does_not(self, console, client, maria, outbox):
        """A thief's would be the ERP's before its owner has read the mail."""
        changed(client, outbox, NEW)
        change(client, MINE)
        assert carried(console) == [[*WHO, "Téléphone", MINE, MARIA["phone"]]]

    def test_what_the_office_has_put_in_its_place_does_not_wait(self, app, console, client, maria, outbox):
        changed(client, outbox, NEW)
        with app.app_context():
            record_address(maria.tenant, OTHER, console.agent)
        assert carried(console) == [[*WHO, "Adresse e-mail", OTHER, MARIA["email"]]]

    def test_nor_does_the_office_s_own_word_when_the_tenant_was_about_to_say_the_same(
        self, app, console, client, maria, outbox
    ):
        ask(client, NEW)
        with app.app_context():
            record_address(maria.tenant, NEW, console.agent)
        assert carried(console) == [[*WHO, "Adresse e-mail", NEW, MARIA["email"]]]

    def test_nor_does_one_that_is_another_tenant_s_to_undo(self, app, console, client, maria, make_tenant, outbox):
        changed(client, outbox, NEW)
        neighbour = make_tenant("ROSSI", "Paul", number="67890", reference="0123-04-057", erp_email_key="")
        with app.app_context():
            record_address(neighbour, NEW, console.agent)
        assert [row[-2] for row in carried(console)] == [NEW]

    def test_nor_does_the_first_address_of_who_had_none(self, console, client, maria, outbox):
        """There is no other mailbox from which it could be undone."""
        Tenant.update(email="", email_key="", erp_email_key="").execute()
        ask(client, NEW)
        use(client, link_in(outbox.deliver()))
        assert carried(console) == [[*WHO, "Adresse e-mail", NEW, ""]]

    def test_each_download_is_journalled_with_who_and_how_many_lines(self, console, client, maria):
        carried(console)
        change(client, MINE)
        carried(console)
        Tenant.update(email=NEW, email_key=NEW).execute()
        carried(console)
        entries = JournalEntry.select().where(JournalEntry.event == Event.CONTACT_DETAILS_DOWNLOADED)
        told = [(entry.agent, entry.tenant, entry.detail) for entry in entries.order_by(JournalEntry.id)]
        assert told == [(console.agent, None, lines) for lines in ("0 ligne", "1 ligne", "2 lignes")]

    def test_an_address_that_is_confirmed_while_the_list_is_made_waits_too(
        self, console, client, maria, outbox, monkeypatch
    ):
        """Whether it can be undone is read with the address, not before it."""
        select = Tenant.select

        def confirm_first(*fields):
            monkeypatch.undo()
            changed(client, outbox, NEW)
            return select(*fields)

        console.get("/agents")
        monkeypatch.setattr("ophportal.office.carrying.Tenant.select", confirm_first)
        assert carried(console) == []
        assert on_file() == NEW

    def test_of_a_large_office_the_lines_of_one_tenant_at_a_time_are_in_memory(self, console, make_tenant):
        make_tenant(phone="0" * 10_000, erp_phone="")
        columns = [it for it in Tenant._meta.sorted_fields if it.name not in {"id", "number", "number_key"}]
        like = [getattr(Tenant.get(), it.name) for it in columns]
        for first in range(1, 2000, 100):
            rows = [[*like, f"{n}", f"{n}"] for n in range(first, first + 100)]
            Tenant.insert_many(rows, fields=[*columns, Tenant.number, Tenant.number_key]).execute()
        console.get("/agents")
        tracemalloc.start()
        try:
            answer = console.get("/agents/coordonnees.csv", buffered=False)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        with answer:
            assert answer.data.count(b"0" * 10_000) == 2001
        assert JournalEntry.get(JournalEntry.event == Event.CONTACT_DETAILS_DOWNLOADED).detail == "4\u00a0002 lignes"
        if not stores.is_postgresql():  # its driver holds all the rows that it is given
            assert most < 8_000_000

    def test_the_dashboard_leads_to_it(self, console):
        Page(console.get("/agents/tableau-de-bord")).one("a[href='/agents/coordonnees.csv']")


def test_a_store_from_before_takes_what_it_holds_for_the_erp_s(tmp_path):
    store = SqliteDatabase(tmp_path / "old.sqlite", pragmas={"foreign_keys": 1})
    runner = database.migrations(store)
    runner.up(target="0005_consent")
    columns = "id, number, number_key, civility, last_name, birth_name, first_names, email, email_key, phone"
    store.execute_sql(
        f"INSERT INTO tenant ({columns})"
        " VALUES (1, '1', '1', '', 'PAOLI', '', 'Maria', 'M@exemple.test', 'm@exemple.test', '04 65 71 12 34')"
    )
    store.execute_sql("DELETE FROM search_stale")
    runner.up()
    held = store.execute_sql("SELECT email, erp_email_key, erp_phone FROM tenant").fetchall()
    assert held == [("M@exemple.test", "m@exemple.test", "04 65 71 12 34")]
    # The search still hears of what changes.
    store.execute_sql("UPDATE tenant SET phone = '' WHERE id = 1")
    assert store.execute_sql("SELECT tenant FROM search_stale").fetchall() == [(1,)]
    store.close()


def test_an_import_tells_as_many_addresses_as_it_takes_away(app, tenant_file):
    import_tenants(tenant_file(MARIA, PAUL))
    for number, address in (("12345", NEW), ("67890", OTHER)):
        tenant = Tenant.by_number(number)
        Account.get_or_open(tenant)
        with app.app_context():
            record_address(tenant, address)
    OutboxMessage.delete().execute()
    with app.app_context():
        import_tenants(tenant_file(MARIA | {"kind": "T4", "phone": ""}, PAUL | {"email": "paulo@exemple.test"}))
    assert [message.recipient for message in OutboxMessage.select()] == [OTHER]
    assert [entry.event for entry in JournalEntry.select()].count(Event.EMAIL_CHANGED) == 3
