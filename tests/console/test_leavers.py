"""Tenants who have left: all that the portal holds of them goes, at the word of whoever keeps the server."""

import os
from datetime import date, timedelta

import pytest
from peewee import OperationalError

from ophportal import clock, documents, leavers, search, store
from ophportal.leavers import find_leavers, forget_leavers, forget_one, hindrance
from ophportal.models import (
    Account,
    Document,
    Event,
    JournalEntry,
    Tenant,
    TenantSession,
)
from ophportal.testing import add_lease
from tests import stores
from tests.conftest import log_in
from tests.lives import drop, enter, live
from tests.office import write_tenant_file

DAY = date(2025, 6, 1)
LEFT = date(2025, 5, 31)


@pytest.fixture
def last_account(make_account):
    """A function that opens an account that is the newest: it is that of nobody who has left."""
    return lambda: make_account("DERNIER", "Denis", number="99999", reference="9-Z", email="denis@exemple.test")


@pytest.fixture
def gone(make_account):
    """A function that puts on file a tenant who has an account, and has left."""

    def make(number="0012345", **more):
        more = {"reference": f"1-{number}", "email": f"parti{number}@exemple.test", "ends_on": LEFT} | more
        return make_account("PARTANCE", "Pauline", number=number, **more).tenant

    return make


def forget():
    return forget_leavers(DAY)


def left():
    return {tenant.number for tenant in Tenant.select()}


class TestWhoGoes:
    def test_whose_every_lease_ended_before_that_day(self, gone, make_tenant, last_account):
        gone("1")
        gone("2", ends_on=DAY)
        gone("3", ends_on=None)
        add_lease(gone("4"), "8-B", date(2024, 1, 1))
        add_lease(gone("5"), "8-C", date(2024, 1, 1), LEFT)
        make_tenant("SANSCOMPTE", number="6", reference="8-D", ends_on=LEFT)
        add_lease(gone("7"), "8-E", date(2024, 1, 1), DAY)
        last_account()
        assert forget()["tenant"] == 3
        assert left() == {"2", "3", "4", "7", "99999"}

    def test_whose_account_is_settled_lease_by_lease(self, gone, last_account):
        settled, owing, owed, both = gone("1"), gone("2"), gone("3"), gone("4")
        for tenant, credit in ((settled, "400"), (owing, "399.99"), (owed, "400.01"), (both, "300")):
            enter(tenant.leases.get(), "2025-05-01", "Loyer", "400")
            enter(tenant.leases.get(), "2025-05-05", "Virement", f"-{credit}")
        enter(add_lease(both, "8-B", ends_on=LEFT), "2025-05-05", "Virement", "-100")
        last_account()
        found = find_leavers(DAY)
        assert (len(found.ids), found.owing) == (1, 3)
        forget()
        assert left() == {"2", "3", "4", "99999"}

    def test_the_newest_account_stays_until_there_is_a_newer_one(self, gone, last_account):
        """SQLite would give its key to the next, whose devices and refused tries are known by it."""
        gone("1")
        gone("2")
        assert find_leavers(DAY).newest == 1
        forget()
        assert left() == {"2"}
        assert JournalEntry.get().detail == "1 locataire"
        last_account()
        forget()
        assert left() == {"99999"}

    def test_whose_account_is_both_the_newest_and_not_settled_is_counted_once(self, gone):
        enter(gone().leases.get(), "2025-05-01", "Loyer", "400")
        found = find_leavers(DAY)
        assert (found.ids, found.owing, found.newest) == ([], 1, 0)

    def test_who_comes_back_meanwhile_stays(self, gone, last_account, monkeypatch):
        monkeypatch.setattr(leavers, "STEP", 1)
        gone("1")
        back = gone("2")
        last_account()

        def tell(_done, _total):
            if back.id in find_leavers(DAY).ids:
                add_lease(back, "8-B", date(2026, 1, 1))

        assert forget_leavers(DAY, tell)["tenant"] == 1
        assert left() == {"2", "99999"}

    def test_nobody_goes_while_an_import_has_its_turn(self, gone, last_account, turn_taken, monkeypatch):
        """It writes what it has compared with those on file."""
        monkeypatch.setattr(store, "TURN_PATIENCE", 0.2)
        gone("1")
        last_account()
        with pytest.raises(OperationalError, match="un import est en cours"):
            forget()
        assert left() == {"1", "99999"}


class TestWhatGoes:
    def test_nothing_of_them_is_left_and_all_of_the_neighbour_s_stays(
        self, app, client, gone, last_account, make_agent
    ):
        agent = make_agent()
        neighbour = gone("77", ends_on=None)
        live(neighbour, agent)
        before = stores.counts()
        leaver = gone("123456789", reference="7-A", phone="06 39 98 76 54", birth_name="NEEAUTREMENT")
        Tenant.update(last_name="PARTIEAILLEURS").where(Tenant.id == leaver.id).execute()
        leaver = Tenant.get_by_id(leaver.id)
        live(leaver, agent)
        enter(leaver.leases.get(), "2025-05-06", "Chèque", "-12.35")
        drop(leaver, "avis sans bail")
        contents = [documents.path_of(document.digest) for document in leaver.documents]
        for path in contents:
            os.utime(path, (0, 0))
        last_account()
        search.refresh()
        with app.app_context():
            counts = forget()
        assert counts == {"tenant": 1, "lease": 1, "account": 1, "ledger_entry": 3, "document": 2}
        assert not any(path.exists() for path in contents)
        written = stores.contents().lower()
        # Figures so many that no digest and no millionth of a second has them by chance.
        for trace in (b"partieailleurs", b"neeautrement", b"123456789", b"63998765", b"neuf%d@" % leaver.id):
            assert trace not in written
        # The last account, its lease and its dwelling; the one that was left. And what the journal says.
        more = {"Tenant": 1, "Lease": 1, "Account": 1, "Dwelling": 2, "JournalEntry": 2}
        assert stores.counts() == {name: count + more.get(name, 0) for name, count in before.items()}
        assert all(documents.is_kept(document.digest) for document in neighbour.documents)

    def test_a_content_that_somebody_else_has_too_stays(self, app, gone, last_account):
        gone("1")
        leaver, other = Tenant.get(), last_account().tenant
        for tenant in (leaver, other):
            drop(tenant, "règlement intérieur")
        (digest,) = {document.digest for document in Document.select()}
        os.utime(documents.path_of(digest), (0, 0))
        forget()
        assert documents.is_kept(digest)

    def test_the_journal_tells_how_many_and_not_who(self, gone, last_account, make_agent):
        live(gone("1"), make_agent())
        enter(Tenant.get().leases.get(), "2025-05-06", "Chèque", "-12.35")
        gone("2")
        last_account()
        forget()
        told = {(entry.event, entry.tenant_id, entry.detail) for entry in JournalEntry.select()}
        assert told == {(Event.BLOCKED, None, ""), (Event.TENANTS_FORGOTTEN, None, "2 locataires")}

    def test_many_are_told_in_one_line_of_it(self, gone, last_account, monkeypatch):
        monkeypatch.setattr(leavers, "STEP", 2)
        for number in range(5):
            gone(str(number))
        last_account()
        told = []
        forget_leavers(DAY, lambda *how_far: told.append(how_far))
        assert told == [(2, 5), (4, 5), (5, 5)]
        assert [entry.detail for entry in JournalEntry.select()] == ["5 locataires"]

    def test_nobody_is_told_of_nobody(self, gone, last_account):
        last_account()
        assert forget()["tenant"] == 0
        assert not JournalEntry.select().exists()

    def test_they_enter_no_more_and_are_found_no_more(self, client, gone, last_account):
        leaver = Account.get(Account.tenant == gone("1"))
        last_account()
        search.refresh()
        assert search.find_tenants("partance")
        forget()
        assert not search.find_tenants("partance")
        assert log_in(client, leaver).status_code == 422
        assert not TenantSession.select().exists()


class TestOne:
    """One person goes: an error of the ERP's, a court's order, somebody who wants to be in no portal."""

    def test_nothing_of_them_is_left_and_all_of_the_neighbour_s_stays(self, app, gone, make_tenant, make_agent):
        agent = make_agent()
        mistaken = gone("123456789", reference="7-A", ends_on=clock.today() - timedelta(days=1))
        live(mistaken, agent)
        neighbour = gone("77", ends_on=None)  # whose account is newer
        live(neighbour, agent)
        with app.app_context():
            counts = forget_one(mistaken)
        assert counts == {"tenant": 1, "lease": 1, "account": 1, "ledger_entry": 2, "document": 1}
        assert left() == {"77"}
        assert b"123456789" not in stores.contents()
        assert len(list(neighbour.documents)) == 1
        told = {(entry.event, entry.tenant_id, entry.detail) for entry in JournalEntry}
        assert (Event.TENANTS_FORGOTTEN, None, "1 locataire") in told
        assert (Event.BLOCKED, None, "") in told

    def test_who_never_asked_for_an_account_goes_though_nothing_is_settled(self, app, make_tenant):
        stranger = make_tenant(ends_on=LEFT)
        enter(stranger.leases.get(), "2025-05-01", "Loyer", "400")
        with app.app_context():
            assert forget_one(stranger)["ledger_entry"] == 1
        assert left() == set()

    @pytest.mark.parametrize("when", ["runs", "ends today", "is to come"])
    def test_who_has_a_lease_stays_since_the_next_import_would_bring_them_back(self, app, make_tenant, when):
        today = clock.today()
        dates = {
            "runs": {"ends_on": None},
            "ends today": {"ends_on": today},
            "is to come": {"starts_on": today + timedelta(days=9)},
        }
        tenant = make_tenant(**dates[when])
        assert "bail" in hindrance(tenant)
        with app.app_context():
            assert not forget_one(tenant)
        assert left() == {"0012345"}
        assert not JournalEntry.select().exists()

    def test_the_newest_account_stays_until_there_is_a_newer_one(self, app, gone, last_account):
        tenant = gone()
        assert "dernier compte ouvert" in hindrance(tenant)
        with app.app_context():
            assert not forget_one(tenant)
            last_account()
            assert forget_one(tenant)["tenant"] == 1

    def test_they_are_found_no_more(self, app, make_tenant):
        make_tenant("ORME", number="5")
        mistaken = make_tenant("ERREUR", number="6", ends_on=LEFT)
        search.refresh()
        with app.app_context():
            forget_one(mistaken)
        assert not search.find_tenants("erreur", 5)
        assert search.find_tenants("orme", 5)


class TestOneByCommand:
    @pytest.fixture
    def office(self, office):
        office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 3))
        with stores.connected(office.store) as store:
            store.execute("UPDATE lease SET ends_on = '2026-06-30' WHERE id = 2")
            store.execute(
                "INSERT INTO ledger_entry (lease_id, date, label, debit, credit, erp_id, occurrence)"
                " VALUES (2, '2026-06-01', 'Loyer', 41235, 0, '', 1)"
            )
        return office

    def test_it_says_who_it_is_and_what_they_owe_and_waits_for_a_yes(self, office):
        ((number, name),) = stores.ask(office.store, "SELECT number, last_name FROM tenant WHERE id = 2")
        asked = office.run("forget-tenant", number)
        assert asked.returncode == 1
        for said in (name, number, "1 locataire, 1 bail, 0 compte, 1 écriture, 0 document", "pas soldé", "--yes"):
            assert said in asked.stderr
        assert stores.ask(office.store, "SELECT count(*) FROM tenant") == [(3,)]

        done = office.run("forget-tenant", number, "--yes")
        assert done.returncode == 0, done.stderr
        assert "Effacés : 1 locataire, 1 bail" in done.stdout
        assert name not in done.stdout
        assert stores.ask(office.store, "SELECT count(*) FROM tenant") == [(2,)]
        assert stores.ask(office.store, "SELECT count(*) FROM search_stale") == [(0,)]

        again = office.run("forget-tenant", number, "--yes")
        assert again.returncode == 1
        assert "Aucun locataire n'a ce numéro." in again.stderr

    def test_who_rents_is_not_erased_and_it_says_what_to_do_first(self, office):
        ((number,),) = stores.ask(office.store, "SELECT number FROM tenant WHERE id = 1")
        said = office.run("forget-tenant", number, "--yes")
        assert said.returncode == 1
        assert "ôtez cette personne de l'ERP" in said.stderr
        assert stores.ask(office.store, "SELECT count(*) FROM tenant") == [(3,)]


class TestCommand:
    @pytest.fixture
    def office(self, office):
        office.run("import", "tenants", write_tenant_file(office.folder / "locataires.csv", 20))
        with stores.connected(office.store) as store:
            store.execute("UPDATE lease SET ends_on = '2020-06-30' WHERE id <= 5")
        return office

    def test_it_says_who_would_go_and_waits_for_a_yes(self, office):
        looked = office.run("forget", "--ended-before", "01/07/2020", "--dry-run")
        assert looked.returncode == 0, looked.stderr
        assert "Essai : rien n'a été effacé." in looked.stdout
        assert "5 locataires, 5 baux, 0 compte, 0 écriture, 0 document" in looked.stdout
        asked = office.run("forget", "--ended-before", "01/07/2020")
        assert asked.returncode == 1
        assert "5 locataires" in asked.stderr
        assert "--yes" in asked.stderr
        assert stores.ask(office.store, "SELECT count(*) FROM tenant") == [(20,)]

        done = office.run("forget", "--ended-before", "01/07/2020", "--yes")
        assert done.returncode == 0, done.stderr
        assert "Effacés : 5 locataires, 5 baux" in done.stdout
        assert stores.ask(office.store, "SELECT count(*) FROM tenant") == [(15,)]
        assert stores.ask(office.store, "SELECT count(*) FROM search_stale") == [(0,)]

        again = office.run("forget", "--ended-before", "01/07/2020", "--yes")
        assert "Personne à effacer." in again.stdout

    def test_an_import_that_still_has_them_puts_them_on_file_anew(self, office):
        office.run("forget", "--ended-before", "01/07/2020", "--yes")
        said = office.run("import", "tenants", office.folder / "locataires.csv")
        assert "Locataires : 5 en plus, 0 avec un changement, 15 sans changement" in said.stdout

    def test_who_is_not_settled_is_counted(self, office):
        with stores.connected(office.store) as store:
            store.execute(
                "INSERT INTO ledger_entry (lease_id, date, label, debit, credit, erp_id, occurrence)"
                " VALUES (1, '2020-06-01', 'Loyer', 100, 0, '', 1)"
            )
        said = office.run("forget", "--ended-before", "01/07/2020", "--dry-run").stdout
        assert "4 locataires" in said
        assert "compte n'est pas soldé : 1" in said

    def test_who_has_the_newest_account_is_told_to_stay_and_the_help_says_it(self, office):
        with stores.connected(office.store) as store:
            store.execute(
                "INSERT INTO account (tenant_id, code, code_key, password_hash, created_at)"
                " VALUES (1, 'AAAA-AAAA', 'AAAAAAAA', '', '2020-01-01 00:00:00')"
            )
        said = office.run("forget", "--ended-before", "01/07/2020", "--yes").stdout
        assert "Effacés : 4 locataires, 4 baux, 0 compte, " in said
        assert "gardé jusqu'à ce qu'un autre s'ouvre : le titulaire du dernier compte ouvert." in said
        assert "dernier compte ouvert" in " ".join(office.run("forget", "--help").stdout.split())

    @pytest.mark.parametrize("typed", ["2020-07-01", "31/02/2020", "hier"])
    def test_what_is_no_day_is_refused(self, office, typed):
        said = office.run("forget", "--ended-before", typed, "--yes")
        assert said.returncode == 2
        assert "la valeur donnée pour « --ended-before » ne convient pas" in said.stderr

    def test_a_day_of_less_than_a_year_ago_is_refused(self, office):
        recent = clock.today() - timedelta(days=364)
        said = office.run("forget", "--ended-before", f"{recent:%d/%m/%Y}", "--yes")
        assert said.returncode == 1
        assert "il y a un an au moins" in said.stderr
        assert stores.ask(office.store, "SELECT count(*) FROM tenant") == [(20,)]
