"""What the portal owes to PostgreSQL: several hosts at once, and a server that goes away and comes back."""

import re
import socket
from contextlib import closing
from threading import Event, Thread

import pytest
from peewee import OperationalError

from ophportal import database, faults, store
from ophportal.database import proxy, writing
from ophportal.imports.ledger import import_ledger
from ophportal.imports.tenants import import_tenants
from ophportal.models import Dwelling, Lease, LedgerEntry, Tenant
from ophportal.store import UnfitStoreError
from tests import stores
from tests.conftest import OWN_PASSWORD, log_in
from tests.office import Office, Visit, ask_for_a_code, first_login, wait_until, write_tenant_file
from tests.smtp import free_port
from tests.stores import Cluster, on_postgresql
from tests.tables import write_table
from tests.tenant_lines import MARIA, PAUL

pytestmark = on_postgresql
LEDGER_HEADERS = ("N° locataire", "Réf. logement", "Date", "Libellé", "Débit", "Crédit")


class Host(Office):
    """One more host of the same office: its own port, the same store, folder and mail server."""

    def __init__(self, first):
        self.under, self.ophportal = first.under, first.ophportal
        self.folder, self.store = first.folder, first.store
        self.post_office, self.postman = first.post_office, first.postman
        self.port, self.server = free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_serving()


@pytest.fixture
def hosts(tmp_path):
    with Office(tmp_path) as first, Host(first) as second:
        imported = first.run("import", "tenants", write_tenant_file(tmp_path / "locataires.csv", 9))
        assert imported.returncode == 0, imported.stderr
        first.serve()
        second.serve()
        yield first, second


class TestSeveralHosts:
    def test_a_session_begun_at_one_goes_on_at_the_other_and_ends_at_both(self, hosts):
        first, second = hosts
        visit = Visit(first)
        first_login(first, visit, 1, OWN_PASSWORD)
        visit.url = second.url
        assert "Se déconnecter" in visit.open("/compte")
        token = re.search(r'name="csrf_token" value="([^"]+)"', visit.open("/compte"))[1]
        visit.open("/deconnexion", {"csrf_token": token})
        for host in hosts:
            visit.url = host.url
            assert "Se déconnecter" not in visit.open("/compte")

    def test_each_request_is_answered_by_one_mail_whoever_delivers(self, hosts):
        threads = [Thread(target=ask_for_a_code, args=(Visit(hosts[n % 2]), n)) for n in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        arrived = hosts[0].postman.mails
        wait_until(lambda: len(arrived) == 8, "not every mail arrives")
        sent = "SELECT count(*) FROM outbox_message WHERE state = 'sent'"
        wait_until(lambda: stores.ask(hosts[0].store, sent) == [(8,)], "not every mail is noted")
        assert sorted(mail["To"] for mail in arrived) == [f"locataire{n}@exemple.test" for n in range(1, 9)]

    def test_failures_at_one_are_counted_at_the_other(self, hosts):
        for n in range(6):
            Visit(hosts[n % 2]).submit("/identification", identifier="7K2M-94QF", password="x")
        visit = Visit(hosts[1])
        visit.submit("/identification", identifier="7K2M-94QF", password="x")
        assert visit.status == 429

    def test_both_migrate_a_new_store_at_the_same_time(self, office):
        said = []
        threads = [Thread(target=lambda: said.append(office.run("migrate"))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [it.returncode for it in said] == [0, 0, 0], [it.stderr for it in said]
        assert sorted("0001_initial" in it.stdout for it in said) == [False, False, True]


class TestAServerThatGoesAway:
    @pytest.fixture
    def cluster(self, monkeypatch):
        cluster = Cluster()
        cluster.make()
        cluster.start()
        monkeypatch.setenv(stores.SERVER, cluster.url)
        yield cluster
        cluster.stop("immediate")
        cluster.forget()

    def test_the_portal_says_so_and_comes_back_by_itself(self, cluster, tmp_path):
        with Office(tmp_path) as office:
            office.run("import", "tenants", write_tenant_file(tmp_path / "locataires.csv", 3))
            office.serve()
            visit = Visit(office)
            first_login(office, visit, 1, OWN_PASSWORD)

            cluster.stop("immediate")
            assert "Le portail ne répond pas pour le moment" in visit.open("/compte")
            assert visit.status == 503
            ask_for_a_code(Visit(office), 2)  # the page is there, and the request refused

            cluster.start()
            # The first page to come is answered: no thread keeps a connection that is dead.
            assert "Se déconnecter" in visit.open("/compte")
            assert visit.status == 200
            ask_for_a_code(Visit(office), 3)
            assert office.next_mail("locataire3@exemple.test")  # the delivery worker came back too
            assert "Traceback" not in office.log()

    def write_while_it_stops(self, cluster):
        with writing():
            Tenant.create(last_name="PAOLI", number="1", number_key="1")
            cluster.stop("immediate")
            Tenant.create(last_name="ROSSI", number="2", number_key="2")

    def test_what_was_being_written_is_written_whole_or_not_at_all(self, cluster, tmp_path, app):
        database.bind(stores.new_store(tmp_path / "office.sqlite"), str(tmp_path))
        try:
            database.migrate()
            with pytest.raises(OperationalError):
                self.write_while_it_stops(cluster)
            cluster.start()
            assert Tenant.select().count() == 0
            Tenant.create(last_name="PAOLI", number="1", number_key="1")
            assert Tenant.select().count() == 1
        finally:
            database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


def test_a_machine_that_vanishes_while_its_answer_is_awaited_is_noticed_within_seconds(app):
    """Nothing is on its way to it then, and the system would ask after it in two hours."""
    with closing(socket.socket(fileno=socket.dup(proxy.connection().fileno()))) as kept:
        assert kept.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        idle, interval, count = (
            kept.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
    assert idle + interval * count <= 15


def test_nor_does_a_host_that_vanishes_keep_its_turn_for_two_hours(app):
    """The server asks after it: a restoration waits until no host is connected."""
    idle, interval, count = (
        int(proxy.execute_sql(f"SHOW tcp_keepalives_{name}").fetchone()[0]) for name in ("idle", "interval", "count")
    )
    assert 0 < idle + interval * count <= 15


class TestOneThatOnlyReads:
    """A copy that follows the office's server, by a mistake in the address; or the server, while it is mended."""

    @pytest.fixture
    def url(self, tmp_path, app):
        url = stores.new_store(tmp_path / "copy")
        database.bind(url, str(tmp_path))
        database.migrate()
        with stores.connected(url) as store:
            store.execute(f'ALTER DATABASE "{proxy.name}" SET default_transaction_read_only = on')
        proxy.close()
        yield url
        database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])

    def test_no_visitor_is_sent_to_it(self, client, url):
        answer = client.get("/sante")
        assert (answer.status_code, answer.text) == (503, "la base ne répond pas\n")
        assert client.get("/identification").status_code == 200
        assert client.submit("/identification", identifier="7K2M-94QF", password="x").status_code == 503

    def test_the_check_says_what_to_do(self, office, url):
        said = office.run("check", DATABASE_URL=url)
        assert "ne répond pas (elle ne se laisse que lire : donnez l'adresse du serveur principal" in said.stdout


class TestAPoolOfConnections:
    """PgBouncer and its kin lend each transaction a connection of another's: the portal's locks would stay on it."""

    def test_one_that_refuses_what_a_connection_is_set_to(self):
        said = 'connection to server at "127.0.0.1", port 6432 failed: FATAL:  unsupported startup parameter: options'
        assert faults.of_store(OperationalError(said)) == store.POOLED

    def test_one_that_keeps_it_to_itself(self, app):
        from ophportal.store.postgresql import PostgresqlStore  # whose driver not every installation has

        proxy.close()
        other = PostgresqlStore(app.config["DATABASE_URL"])
        del other.connect_params["options"]
        with pytest.raises(UnfitStoreError, match="donnez l'adresse de PostgreSQL lui-même"):
            other.connect()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN9"])
class TestAnotherEncoding:
    """What a cluster made without a thought gives its databases: the one checks nothing, the other lacks letters."""

    @pytest.fixture
    def url(self, encoding, tmp_path):
        return stores.new_store(tmp_path / "other", f"TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")

    def what_to_do(self, encoding):
        return f"elle est en {encoding}, et il la faut en UTF8 : recréez-la (dropdb, puis createdb --encoding UTF8"

    @pytest.mark.parametrize("words", [["serve"], ["migrate"], ["mails"], ["deliver", "--once"], ["restore", __file__]])
    def test_no_command_begins(self, office, encoding, url, words):
        said = office.run(*words, DATABASE_URL=url)
        assert said.returncode == 1
        assert said.stderr.startswith(f"Erreur : La base ne peut pas servir : {self.what_to_do(encoding)}")
        assert len(said.stderr.splitlines()) == 1
        assert stores.ask(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]

    def test_an_office_on_sqlite_stays_there(self, office, encoding, url, tmp_path):
        office.store = f"sqlite:///{tmp_path / 'office.sqlite'}"
        office.run("import", "tenants", write_tenant_file(tmp_path / "locataires.csv", 3))
        said = office.run("migrate-store", url)
        assert said.returncode == 1
        assert said.stderr.startswith(f"Erreur : L'office n'a pas été déplacé : {self.what_to_do(encoding)}")
        assert len(said.stderr.splitlines()) == 1
        assert office.run("mails").returncode == 0

    def test_the_check_says_what_to_do(self, office, encoding, url):
        said = office.run("check", DATABASE_URL=url)
        assert f"ERREUR     Base de données : {self.what_to_do(encoding)}" in said.stdout


def test_what_this_machine_speaks_is_not_what_is_written(tmp_path, app, monkeypatch, make_tenant):
    make_tenant("ŁUKASIEWICZ")
    proxy.close()
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    assert [tenant.last_name for tenant in Tenant.select()] == ["ŁUKASIEWICZ"]
    proxy.close()


class TestOneWriterAtATime:
    def test_what_a_transaction_reads_stays_true_until_it_ends(self, app, make_tenant):
        """Even a lone statement takes its turn, as on SQLite."""
        tenant, begun, seen = make_tenant(), Event(), []

        def write_beside():
            begun.wait()
            Tenant.update(phone="06 39 98 00 01").where(Tenant.id == tenant.id).execute()
            proxy.close()

        beside = Thread(target=write_beside)
        beside.start()
        with writing():
            seen.append(Tenant.get_by_id(tenant.id).phone)
            begun.set()
            beside.join(0.3)
            assert beside.is_alive()
            seen.append(Tenant.get_by_id(tenant.id).phone)
        beside.join()
        assert seen == ["", ""]
        assert Tenant.get_by_id(tenant.id).phone == "06 39 98 00 01"

    def test_who_is_patient_still_is_once_their_turn_has_come(self, app):
        with proxy.patient(120), proxy.in_turn():
            assert stores.patience() == 120

    def test_who_is_stopped_in_the_middle_of_a_statement_hears_that_and_no_fault_of_the_store_s(self, app, make_tenant):
        """Ctrl-C during a COPY: the ROLLBACK was refused, and who had pressed it read that the store did not answer."""
        tenant = make_tenant()

        def begin_and_be_stopped():
            with writing():
                Tenant.update(phone="06 39 98 00 01").where(Tenant.id == tenant.id).execute()
                proxy.connection().pgconn.send_query(b"COPY tenant FROM STDIN")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            begin_and_be_stopped()
        with writing():
            assert Tenant.get_by_id(tenant.id).phone == ""

    def test_readers_wait_for_nobody(self, client, make_account):
        log_in(client, make_account())
        with stores.held():
            assert client.get("/compte").status_code == 200

    def test_texts_lose_what_postgresql_has_no_place_for(self, app, make_tenant):
        make_tenant("NUL\0PAOLI")
        assert [tenant.last_name for tenant in Tenant.select()] == ["NUL\ufffdPAOLI"]
        assert not Tenant.select().where(Tenant.number == "0012345\0").exists()

    def test_whoever_asks_after_an_import_is_planned_for_what_it_has_brought(self, app, tenant_file, tmp_path):
        """The planner took an emptied table for empty still, and looked for each line of a ledger in all of it."""
        planned_for = "SELECT relname, reltuples FROM pg_class WHERE relname = ANY(%s) ORDER BY relname"
        tables = [table._meta.table_name for table in (Dwelling, Lease, LedgerEntry, Tenant)]
        for table in tables:
            proxy.execute_sql(f'VACUUM ANALYZE "{table}"')
        import_tenants(tenant_file(MARIA, PAUL))
        of_maria = (MARIA["number"], MARIA["reference"], "01/11/2026", "Loyer", "412,35", "")
        import_ledger(write_table(tmp_path / "ecritures.csv", LEDGER_HEADERS, [of_maria]))
        assert dict(proxy.execute_sql(planned_for, (tables,)).fetchall()) == {
            "dwelling": 2, "lease": 2, "ledger_entry": 1, "tenant": 2
        }  # fmt: skip
