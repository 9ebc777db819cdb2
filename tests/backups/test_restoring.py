"""A backup is brought back, and what was there is kept."""

import hashlib

import pytest
from peewee import SqliteDatabase

from ophportal import clock, database, documents, store_copy
from ophportal.backups import restoring
from ophportal.backups.manifest import MANIFEST, STORE, Manifest
from ophportal.models import Account, Document, JournalEntry, Tenant, TenantSession
from ophportal.search import find_tenants
from tests.backups.conftest import rows, write_tar
from tests.conftest import landing, log_in, log_in_agent
from tests.documents import pdf
from tests.old_stores import LEVELS, fill, runner
from tests.stores import on_postgresql, on_sqlite


def test_a_tenant_logs_in_with_their_password_finds_their_documents_and_is_found(
    backup, go, client, another_browser, restore
):
    code = Account.get().code
    before = rows()
    go()
    restored = restore(backup)

    assert restored.aside is None
    assert rows() == restored.counts == {**before, "tenant_session": 0, "agent_session": 0}
    assert landing(log_in(client, Account.get(Account.code == code))) == "/compte"
    for document in Document.select():
        assert documents.path_of(document.digest).read_bytes() == pdf(document.title)
    assert [found.code for found in find_tenants("angelo paoli")] == [code]
    assert Tenant.create(number="2", number_key="2", last_name="ROSSI").id > 1


def test_whoever_was_logged_in_logs_in_again(make_account, client, tmp_path, go, make, restore):
    account = make_account()
    log_in(client, account)
    assert TenantSession.select().count() == 1
    make(tmp_path / "backup.tar")
    go()
    restore(tmp_path / "backup.tar")
    assert landing(client.get("/compte")).startswith("/identification")


def test_an_agent_enters_with_the_same_telephone(app, make_agent, client, tmp_path, go, make, restore):
    """What it shows is derived from the secret key, which no backup holds."""
    agent = make_agent()
    make(tmp_path / "backup.tar")
    assert app.config["SECRET_KEY"].encode() not in (tmp_path / "backup.tar").read_bytes()
    go()
    restore(tmp_path / "backup.tar")
    assert landing(log_in_agent(client, agent)) == "/agents"


@on_sqlite
def test_what_was_there_is_kept_beside_with_its_documents(backup, go, make_tenant, add_document, restore):
    folder = go()
    database.migrate()
    theirs = add_document(make_tenant("ROSSI", number="7", reference="7"), "avant")
    restored = restore(backup)
    assert {tenant.last_name for tenant in Tenant.select()} == {"D'ANGELO-PAOLI"}

    database.bind(f"sqlite:///{restored.aside}", str(folder))
    assert [tenant.last_name for tenant in Tenant.select()] == ["ROSSI"]
    assert documents.path_of(theirs.digest).read_bytes() == pdf("avant")


@on_postgresql
def test_what_was_there_is_kept_as_a_backup_of_it(backup, go, make_tenant, add_document, restore):
    go()
    database.migrate()
    add_document(make_tenant("ROSSI", number="7", reference="7"), "avant")
    restored = restore(backup)
    assert {tenant.last_name for tenant in Tenant.select()} == {"D'ANGELO-PAOLI"}
    restore(restored.aside)
    assert [tenant.last_name for tenant in Tenant.select()] == ["ROSSI"]


def test_a_content_that_was_damaged_is_whole_again(backup, go, restore):
    go()
    restore(backup)
    document = Document.get()
    documents.path_of(document.digest).write_bytes(b"x")
    restore(backup)
    assert documents.path_of(document.digest).read_bytes() == pdf(document.title)


def test_it_is_said_what_would_be_lost(backup):
    there = restoring.existing()
    assert there.counts == rows()
    assert not there.is_empty
    assert there.last_entry == max((entry.at for entry in JournalEntry.select()), default=None)


@on_sqlite
def test_a_store_too_damaged_to_be_read_is_replaced_and_kept(backup, go, restore):
    folder = go()
    (folder / "office.sqlite").write_bytes(b"no store at all, whatever reads it" * 1000)
    assert restoring.existing().counts is None
    restored = restore(backup)
    assert restored.aside.read_bytes().startswith(b"no store at all")
    assert Tenant.select().count() == 1


@pytest.mark.parametrize("level", LEVELS[5:-1])
def test_an_older_one_is_brought_up_to_date(tmp_path, go, level, restore, sealed):
    store = SqliteDatabase(tmp_path / STORE, pragmas={"foreign_keys": 1})
    runner(store).up(target=level)
    fill(store)
    counts = store_copy.counts(store)
    store.close()
    content = (tmp_path / STORE).read_bytes()
    digests = tuple(f"digest {number} é" for number in (1, 2, 3))
    manifest = Manifest("0.1.0", level, clock.now(), counts, hashlib.sha256(content).hexdigest(), 0, digests)
    backup = write_tar(tmp_path / "old.tar", {STORE: content, MANIFEST: sealed(manifest)})
    go()

    restored = restore(backup)

    assert restored.migrations == list(LEVELS[LEVELS.index(level) + 1 :])
    emptied = {"tenant_session": 0, "agent_session": 0}
    assert {name: count for name, count in rows().items() if name in counts} == {**counts, **emptied}
