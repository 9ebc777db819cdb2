"""A backup is brought back, and what was there is kept."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from peewee import SqliteDatabase

from ophportal import clock, database, documents
from ophportal.addresses import ask_for_change
from ophportal.backups import copying, restoring
from ophportal.backups.manifest import MANIFEST, STORE, BackupError, Manifest
from ophportal.backups.voiding import Voided
from ophportal.imports import ledger
from ophportal.mailing import mail
from ophportal.models import (
    Account,
    AddressChange,
    Agent,
    Document,
    JournalEntry,
    LedgerEntry,
    MailState,
    OutboxMessage,
    PaperCode,
    Role,
    TemporaryPassword,
    Tenant,
    TenantSession,
)
from ophportal.models.address_change import ChangeState
from ophportal.paper_codes import paper_code, paper_digest
from ophportal.search import find_tenants
from ophportal.store_use import StoreInUseError
from tests.backups.conftest import rows, write_tar
from tests.conftest import landing, log_in, log_in_agent, request_code
from tests.documents import pdf
from tests.ledger_file import WITH_IDENTIFIER
from tests.office import code_and_password
from tests.old_stores import LEVELS, fill, runner
from tests.stores import on_postgresql, on_sqlite
from tests.tables import write_table


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


def test_what_it_brings_back_is_its_owner_s_alone_to_read(backup, go, restore):
    go()
    restore(backup)
    brought = [documents.path_of(document.digest) for document in Document.select()]
    if isinstance(database.proxy.obj, SqliteDatabase):
        brought.append(database.store_path())
    assert brought
    assert {path.stat().st_mode & 0o777 for path in brought} == {0o600}


def test_whoever_was_logged_in_logs_in_again(make_account, client, tmp_path, go, make, restore):
    account = make_account()
    log_in(client, account)
    assert TenantSession.select().count() == 1
    make(tmp_path / "backup.tar")
    go()
    restore(tmp_path / "backup.tar")
    assert landing(client.get("/compte")).startswith("/identification")


class TestWhatServesOnce:
    """What was used, replaced or taken back since the backup would serve again: all of it is asked for anew."""

    @pytest.fixture
    def bring_back(self, tmp_path, make, go, restore):
        """A function that gives what a restoration voids, after something else was done since the backup."""
        make(tmp_path / "backup.tar")

        def bring_back():
            go()
            return restore(tmp_path / "backup.tar").voided

        return bring_back

    @pytest.fixture
    def asked(self, client, make_account):
        account = make_account()
        request_code(client)
        return account

    @pytest.fixture
    def mailed(self, asked, outbox):
        return mailed_password(outbox)

    @pytest.fixture
    def printed(self, app, make_tenant):
        code = paper_code()
        with app.app_context():
            PaperCode.issue({make_tenant(email="").id: paper_digest(code)}, None)
        return code

    @pytest.fixture
    def link(self, app):
        return Agent.enlist("neuf@office.exemple.test", "Agathe Essai", Role.AGENT).invite()

    @pytest.fixture
    def change(self, app, make_account):
        with app.app_context():
            ask_for_change(make_account().tenant, "neuve@exemple.test", "192.0.2.7")
        return AddressChange.get()

    def test_a_mailed_password(self, mailed, asked, client, bring_back):
        assert landing(log_in(client, asked, mailed)) == "/compte"
        assert bring_back() == Voided(passwords=1)
        assert log_in(client, asked, mailed).status_code == 422

    def test_one_that_was_used_before_stays_told(self, mailed, asked, client, tmp_path, make, go, restore):
        log_in(client, asked, mailed)
        make(tmp_path / "backup.tar")
        go()
        assert restore(tmp_path / "backup.tar").voided == Voided()
        assert TemporaryPassword.select().count() == 1

    def test_one_whose_mail_had_not_left_goes_with_it(self, asked, outbox, tmp_path, make, go, restore, monkeypatch):
        monkeypatch.setattr(mail, "send", lambda _: 1 / 0)
        outbox.deliver()
        monkeypatch.undo()
        make(tmp_path / "backup.tar")
        go()
        assert restore(tmp_path / "backup.tar").voided == Voided(passwords=1)
        OutboxMessage.update(due_at=clock.now()).execute()
        assert outbox.deliver() is None
        assert OutboxMessage.get().state == MailState.NOTHING_TO_SEND

    def test_who_had_asked_and_waited_gets_another(self, asked, bring_back, outbox, client, another_browser):
        """The worker draws it from the request: the same would come, and may have been used."""
        used = mailed_password(outbox)
        assert landing(log_in(client, asked, used)) == "/compte"
        assert bring_back() == Voided()
        fresh = mailed_password(outbox)
        assert log_in(another_browser, asked, used).status_code == 422
        assert landing(log_in(another_browser, asked, fresh)) == "/compte"

    def test_whose_mail_is_no_second_copy_of_the_one_that_is_void(self, asked, bring_back, outbox):
        """Mailboxes drop a mail whose Message-ID they have had: the password that works would be in none."""
        void = outbox.deliver()
        bring_back()
        assert outbox.deliver().msgId != void.msgId

    def test_a_letter_s_code(self, printed, client, outbox, bring_back):
        client.submit("/courrier-recu", letter_code=printed, email="maria@exemple.test")
        assert mailed_password(outbox)
        assert bring_back() == Voided(letters=1)
        client.submit("/courrier-recu", letter_code=printed, email="voleur@exemple.test")
        assert outbox.deliver() is None
        assert not Tenant.get().email

    def test_an_agent_s_link(self, link, bring_back):
        assert Agent.invited_by(link).accept(link, "hash", 1)
        assert bring_back() == Voided(links=1)
        assert Agent.invited_by(link) is None

    def test_the_link_that_confirms_an_address(self, change, app, bring_back):
        assert bring_back() == Voided(changes=1)
        with app.app_context():
            assert AddressChange.pending_with(change.confirm_digest) is None
        assert AddressChange.get().state == ChangeState.DROPPED


def mailed_password(outbox):
    return code_and_password(outbox.deliver().body)[1]


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


@on_postgresql
def test_one_that_is_stopped_as_it_writes_leaves_no_backup_of_what_is_there_still(
    backup, go, make_tenant, restore, monkeypatch
):
    """It is the whole office in clear, which nothing erased: who had stopped it had not been told of it."""
    folder = go()
    database.migrate()
    make_tenant("ROSSI", number="7", reference="7")
    copy, kept_by_then = copying.copy, []

    def stopped(source, target, tell):
        if target is not database.proxy.obj:
            return copy(source, target, tell)  # of what is there
        kept_by_then.extend(path.name for path in folder.rglob("*.tar"))
        raise KeyboardInterrupt

    monkeypatch.setattr(copying, "copy", stopped)
    with pytest.raises(KeyboardInterrupt):
        restore(backup)
    assert len(kept_by_then) == 1
    assert list(folder.rglob("*.tar")) == []
    assert [tenant.last_name for tenant in Tenant.select()] == ["ROSSI"]


@on_postgresql
def test_an_import_under_way_is_not_written_over(backup, go, make_tenant, restore, tmp_path, monkeypatch):
    """It has told whose each line is by who was there: it would charge whoever has come in their place."""
    go()
    database.migrate()
    make_tenant("ROSSI", number="7", reference="7")
    file = write_table(
        tmp_path / "ecritures.csv", WITH_IDENTIFIER, [("7", "7", "01/11/2026", "Loyer", "412,35", "", "")]
    )
    settle_lines, refused = ledger.line.settle_lines, []

    def settle_while_somebody_restores(refusals):
        settle_lines(refusals)
        with ThreadPoolExecutor(1) as other:
            other.submit(restore_beside).result()

    def restore_beside():
        with closing(database.proxy):
            try:
                restore(backup)
            except StoreInUseError as error:
                refused.append(str(error))

    monkeypatch.setattr(ledger.line, "settle_lines", settle_while_somebody_restores)
    ledger.import_ledger(file)
    assert [entry.lease.tenant.last_name for entry in LedgerEntry.select()] == ["ROSSI"]
    assert "le portail est en service" in refused[0]


@on_postgresql
def test_over_a_newer_version_s_nothing_is_written(backup, go, make_tenant, restore):
    """Its own backup could not be made first, and what this version does not know of would stay."""
    go()
    database.migrate()
    make_tenant("ROSSI", number="7", reference="7")
    runner(database.proxy.obj).History.create(name="9999_later")
    with pytest.raises(BackupError, match="donnez-en une vide"):
        restore(backup)
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


@on_sqlite
@pytest.mark.parametrize("mark", ["-wal", "-shm", "-journal"])
def test_what_sqlite_had_still_to_write_into_it_is_not_written_into_the_new_one(backup, go, restore, monkeypatch, mark):
    folder = go()
    (folder / "office.sqlite").write_bytes(b"no store at all, whatever reads it" * 1000)
    close = restoring.leave

    def leave():
        close()
        (folder / f"office.sqlite{mark}").write_bytes(b"of the store before")

    monkeypatch.setattr(restoring, "leave", leave)
    restored = restore(backup)
    assert restored.aside.with_name(f"{restored.aside.name}{mark}").read_bytes() == b"of the store before"
    assert Tenant.select().count() == 1


@pytest.mark.parametrize("level", LEVELS[5:-1])
def test_an_older_one_is_brought_up_to_date(tmp_path, go, level, restore, sealed):
    store = SqliteDatabase(tmp_path / STORE, pragmas={"foreign_keys": 1})
    runner(store).up(target=level)
    fill(store)
    counts = copying.counts(store)
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
