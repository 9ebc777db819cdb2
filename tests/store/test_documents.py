"""The store of contents: PDFs alone, once each, readable by the portal alone, erased when nothing names them."""

import fcntl
import hashlib
import io
import os
import shutil
import stat
from datetime import date, timedelta

import pytest
import time_machine
from peewee import IntegrityError

from ophportal import clock, database, documents
from ophportal.documents import NotAPdfError, forget_strays, is_kept, path_of, put
from ophportal.models import Document, DocumentKind, Lease
from ophportal.retention import purge
from ophportal.testing import add_lease
from tests import stores
from tests.documents import pdf

MARCH = date(2026, 3, 1)


def kept(content=None):
    return put(io.BytesIO(content or pdf()))


def age(path, **span):
    then = (clock.now() - timedelta(**span)).timestamp()
    os.utime(path, (then, then))


@pytest.fixture(autouse=True)
def empty(app):
    """No content is left of the tests before."""
    for path in documents.folder().rglob("*"):
        if path.is_file():
            path.unlink()


class TestPutting:
    def test_a_content_is_where_its_digest_says_and_nobody_else_can_read_it(self):
        content = kept(pdf("quittance"))
        digest = hashlib.sha256(pdf("quittance")).hexdigest()
        assert content == (digest, len(pdf("quittance")))
        path = path_of(digest)
        assert path.read_bytes() == pdf("quittance")
        assert path.parent.name == digest[:2]
        assert path.is_relative_to(database.folder() / "documents")
        assert path.stat().st_mode & 0o777 == 0o600
        assert {folder.stat().st_mode & 0o777 for folder in list(path.parents)[:3]} == {0o700}

    def test_the_same_content_is_kept_once_and_becomes_young_again(self):
        path = path_of(kept().digest)
        age(path, days=9)
        kept()
        assert path.stat().st_mtime > (clock.now() - timedelta(hours=1)).timestamp()
        assert [file for file in documents.folder().rglob("*") if file.is_file()] == [path]

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "est vide"),
            (b"%PD", "n'est pas un PDF"),
            (b"MZ" + pdf(), "n'est pas un PDF"),
            (b"<html>" + b"x" * 10**6, "n'est pas un PDF"),
            (pdf()[:-6], "sa fin manque"),
            (pdf() + b"\0" * 2000, "sa fin manque"),
        ],
    )
    def test_what_is_no_whole_pdf_is_refused_and_leaves_nothing(self, content, reason):
        with pytest.raises(NotAPdfError, match=reason):
            put(io.BytesIO(content))
        assert not [file for file in documents.folder().rglob("*") if file.is_file()]

    def test_a_mailer_s_line_after_the_end_is_forgiven(self):
        assert is_kept(kept(pdf() + b"\r\n-- \r\n").digest)

    def test_the_largest_is_25_mebibytes(self):
        filler = documents.LARGEST - len(pdf())
        assert kept(pdf("x" * (filler + len("avis")))).size == documents.LARGEST
        with pytest.raises(NotAPdfError, match="dépasse 25 Mo"):
            kept(pdf("x" * (filler + len("avis") + 1)))

    def test_a_stream_that_gives_a_byte_at_a_time_is_read_all_the_same(self):
        class Slow(io.BytesIO):
            def read(self, size=-1):
                return super().read(1)

        assert put(Slow(pdf())) == kept()

    def test_a_fault_while_it_is_read_leaves_nothing(self):
        class Broken(io.BytesIO):
            def read(self, size=-1):
                if self.tell():
                    raise OSError("the disk has gone")
                return super().read(20)

        with pytest.raises(OSError, match="gone"):
            put(Broken(pdf()))
        assert not [file for file in documents.folder().rglob("*") if file.is_file()]

    @pytest.mark.parametrize("digest", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
    def test_no_path_is_made_of_what_is_no_digest(self, digest):
        with pytest.raises(ValueError, match="SHA-256"):
            path_of(digest)


class TestAPowerCut:
    """What is not synced is lost in one, and what is synced in another order may be a name without its content."""

    @pytest.fixture
    def deeds(self, monkeypatch):
        """What is asked of the disk, by inode and in its order: « sync », with the bytes there by then, or « name »."""
        sync, replace, noted = os.fsync, os.replace, []

        def note_sync(handle):
            stat = os.fstat(handle)
            noted.append(("sync", stat.st_ino, stat.st_size))
            sync(handle)

        def note_name(draft, target):
            noted.append(("name", os.stat(draft).st_ino))
            replace(draft, target)

        monkeypatch.setattr(os, "fsync", note_sync)
        monkeypatch.setattr(os, "replace", note_name)
        return noted

    def test_a_content_is_whole_before_it_has_its_name_and_the_name_is_kept_once_it_is_synced(self, deeds):
        content = kept()
        path = path_of(content.digest)
        file, shelf = path.stat().st_ino, path.parent.stat().st_ino
        its = [("sync", file, content.size), ("name", file)]
        assert [deed for deed in deeds if deed[1] in {file, shelf}] == its
        documents.sync([content])
        assert [deed[:2] for deed in deeds if deed[1] in {file, shelf}] == [deed[:2] for deed in its] + [
            ("sync", shelf)
        ]

    def test_so_is_the_name_of_the_shelf_before_there_is_anything_on_it(self, deeds):
        shelf = path_of(kept().digest).parent
        shutil.rmtree(shelf)
        deeds.clear()
        file = path_of(kept().digest).stat().st_ino
        assert [deed[:2] for deed in deeds] == [("sync", shelf.parent.stat().st_ino), ("sync", file), ("name", file)]


class TestForgetting:
    @pytest.fixture
    def tenant(self, make_tenant):
        return make_tenant()

    def test_an_old_content_that_no_row_names_goes_and_the_others_stay(self, tenant):
        named, stray, young = kept(pdf("un")), kept(pdf("deux")), kept(pdf("trois"))
        Document.create(tenant=tenant, period=MARCH, kind=DocumentKind.AVIS, title="Avis", **named._asdict())
        for content in (named, stray):
            age(path_of(content.digest), days=2)
        assert forget_strays(clock.now() - timedelta(days=1)) == 1
        assert [is_kept(content.digest) for content in (named, stray, young)] == [True, False, True]

    def test_the_purge_erases_what_a_tenant_who_has_gone_had_and_what_a_crash_has_left(self, tenant):
        content = kept()
        Document.create(tenant=tenant, period=MARCH, kind=DocumentKind.AVIS, title="Avis", **content._asdict())
        draft = documents.folder() / "tmpabc.part"
        draft.write_bytes(b"%PDF-1.7 and then the power went")
        with time_machine.travel(clock.now() + timedelta(hours=23), tick=False):
            purge()
            assert draft.exists()
        with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
            purge()
            assert is_kept(content.digest)
            assert not draft.exists()
            tenant.delete_instance()
            purge()
        assert not is_kept(content.digest)

    def test_without_any_document_there_is_nothing_to_do(self):
        assert forget_strays(clock.now()) == 0

    def test_a_folder_that_has_gone_wrong_is_logged_and_keeps_no_mail_from_leaving(self, caplog):
        """The purge runs in the process that delivers: what it raises would end that."""
        content = kept()
        age(path_of(content.digest), days=2)
        (documents.folder() / "zz").write_bytes(b"no folder at all")
        try:
            purge()
        finally:
            (documents.folder() / "zz").unlink()
        (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
        assert record.getMessage() == "contents of documents could not be purged: Not a directory"
        purge()
        assert not is_kept(content.digest)

    def test_two_stores_side_by_side_erase_nothing_of_each_other(self, app):
        ours = kept()
        try:
            database.bind(stores.new_store(database.folder() / "demo.sqlite"), str(database.folder()))
            database.migrate()
            theirs = kept(pdf("démonstration"))
            assert forget_strays(clock.now() + timedelta(days=9)) == 1
            assert not is_kept(theirs.digest)
        finally:
            database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])
        assert is_kept(ours.digest)


class TestRows:
    def test_a_place_has_one_document_with_a_lease_or_without(self, make_tenant):
        tenant = make_tenant()
        place = {
            "tenant": tenant,
            "period": MARCH,
            "kind": DocumentKind.AVIS,
            "title": "Avis",
            "digest": "d",
            "size": 1,
        }
        for lease in (None, Lease.get()):
            Document.create(lease=lease, **place)
            with pytest.raises(IntegrityError):
                Document.create(lease=lease, **place)
        Document.create(lease=add_lease(tenant, "0999"), **place)
        assert Document.select().count() == 3

    def test_they_come_newest_month_first_and_are_nobody_else_s(self, make_tenant):
        tenant, other = make_tenant(), make_tenant("ROSSI", number="2", reference="2", email="")
        for month in (1, 3, 2):
            Document.create(
                tenant=tenant, period=date(2026, month, 1), kind="avis", title=f"{month}", digest="d", size=1
            )
        found = Document.of_tenant(tenant)
        assert [document.title for document in found] == ["3", "2", "1"]
        assert Document.of_tenant(other) == []
        assert Document.one_of(tenant, found[0].token) == found[0]
        assert Document.one_of(other, found[0].token) is None

    def test_of_a_month_they_come_by_title_and_of_a_title_the_newest_first(self, make_tenant):
        tenant = make_tenant()
        leases = [Lease.get(), add_lease(tenant, "0999"), None]
        for title in ("Avis", "Quittance"):
            for lease in leases:
                Document.create(tenant=tenant, lease=lease, period=MARCH, kind="autre", title=title, digest="d", size=1)
        told = [(document.title, document.lease) for document in Document.of_tenant(tenant)]
        assert told == [(title, lease) for title in ("Avis", "Quittance") for lease in reversed(leases)]

    def test_the_avis_of_a_lease_s_month_is_its_own_or_else_that_of_all_and_the_newest(self, make_tenant):
        tenant = make_tenant()
        garage = add_lease(tenant, "0999")

        def dropped(title, lease=None, period=MARCH):
            return Document.create(
                tenant=tenant, lease=lease, period=period, kind="avis", title=title, digest="d", size=1
            )

        own = [dropped(title, Lease.get()) for title in ("Avis", "Avis corrigé")]
        of_all = [dropped(title) for title in ("Avis", "Avis corrigé")]
        assert Document.avis_of(Lease.get(), MARCH) == own[-1]
        assert Document.avis_of(garage, MARCH) == of_all[-1]
        assert Document.avis_of(garage, date(2026, 4, 1)) is None


def test_hosts_that_share_the_folder_by_nfs_share_its_lock_too(app, monkeypatch):
    """There an exclusive lock needs a file that is open to be written (flock(2)); a folder's binds no other host."""
    locked, flock = [], fcntl.flock

    def noted(handle, kind):
        is_file, mode = stat.S_ISREG(os.fstat(handle).st_mode), fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE
        locked.append((is_file, mode))
        flock(handle, kind)

    monkeypatch.setattr(fcntl, "flock", noted)
    with documents.unpurged():
        assert forget_strays(before=clock.now()) == 0
    assert locked == [(True, os.O_RDWR), (True, os.O_RDWR)]
