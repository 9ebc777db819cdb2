"""A backup is made: whole or not at all, of one moment, for its owner alone."""

import io
import json
import os
import shutil
import subprocess
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from pyrage import x25519

from ophportal import clock, database, documents
from ophportal.backups import files, making
from ophportal.backups.manifest import MANIFEST, STORE, BackupError
from ophportal.models import Document, Event, JournalEntry
from tests.backups.conftest import members, rows
from tests.documents import pdf
from tests.old_stores import LEVELS, runner
from tests.stores import on_postgresql, on_sqlite


def test_it_holds_the_store_the_documents_and_what_it_is(backup):
    held = members(backup)
    assert list(held) == [STORE, *sorted(name for name in held if name.startswith("documents/")), MANIFEST]
    assert sorted(content for name, content in held.items() if name.startswith("documents/")) == sorted(
        [pdf("novembre"), pdf("octobre")]
    )
    told = json.loads(held[MANIFEST])
    assert told["counts"] == rows()
    assert (told["documents"], told["migration"], told["lacking"]) == (2, LEVELS[-1], [])


def test_the_night_s_log_does_not_tell_of_migrations_that_its_store_has_had_long_since(tmp_path, make, caplog):
    """PostgreSQL's rows go into an empty store, that is brought forward first."""
    caplog.set_level("INFO")
    make(tmp_path / "backup.tar")
    assert "0001" not in caplog.text


def test_its_owner_alone_can_read_it_and_nothing_else_is_left(backup):
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path for path in backup.parent.iterdir() if path.is_file()] == [backup]
    assert files.drafts_in(database.folder()) == []


def test_nor_can_anybody_else_read_what_somebody_takes_out_of_it(backup):
    with tarfile.open(backup) as archive:
        assert {member.mode for member in archive} == {0o600}


def test_any_tar_opens_it(backup):
    listed = subprocess.run(["tar", "tf", backup], capture_output=True, text=True, check=True).stdout.split()
    assert listed == list(members(backup))


def test_it_never_takes_the_place_of_another_file(backup, make):
    before = backup.read_bytes()
    with pytest.raises(BackupError, match="existe déjà"):
        make(backup)
    assert backup.read_bytes() == before


def test_where_there_is_nothing_nothing_is_made(make, go, tmp_path):
    """A wrong address in the settings is no empty backup, every night for a month."""
    go()
    with pytest.raises(BackupError, match="il n'y a rien à sauvegarder"):
        make(tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()


def test_what_does_not_fit_is_told_before_and_leaves_nothing(tmp_path, monkeypatch, make):
    nearly_full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: nearly_full)
    with pytest.raises(BackupError, match=rf"il faut .* dans {database.folder()}, et il en reste 1.ko"):
        make(tmp_path / "backup.tar")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(tmp_path, monkeypatch, make):
    def full(_self):
        yield b"begun"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making.Tar, "pieces", full)
    for recipients in ([], [str(x25519.Identity.generate().to_public())]):
        with pytest.raises(OSError, match="No space left"):
            make(tmp_path / "backup.tar", recipients)
    assert list(tmp_path.iterdir()) == []


def test_documents_that_are_missing_or_damaged_are_named_and_the_rest_is_kept(
    tmp_path, make_tenant, add_document, go, make, restore
):
    tenant = make_tenant()
    whole, damaged, missing = (add_document(tenant, words) for words in ("whole", "damaged", "missing"))
    documents.path_of(damaged.digest).write_bytes(pdf("changed"))
    documents.path_of(missing.digest).unlink()

    manifest = make(tmp_path / "backup.tar")

    assert {*manifest.lacking} == {damaged.digest, missing.digest}
    go()
    restore(tmp_path / "backup.tar")
    assert Document.select().count() == 3
    assert documents.is_kept(whole.digest)
    assert not documents.is_kept(damaged.digest)


def test_nothing_is_purged_while_documents_are_copied(make_tenant, add_document):
    """One whose row goes after the store was copied is in the copy, and its content has to be, too."""
    document = add_document(make_tenant())
    document.delete_instance()
    with documents.unpurged():
        assert documents.forget_strays(before=clock.now() + timedelta(days=1)) == 0
    assert documents.is_kept(document.digest)
    assert documents.forget_strays(before=clock.now() + timedelta(days=1)) == 1


def test_what_is_erased_after_the_store_was_copied_is_in_the_backup(
    make_tenant, add_document, make, tmp_path, monkeypatch
):
    add_document(make_tenant())
    check_sound = making.check_sound

    def and_then_somebody_purges(path):
        check_sound(path)
        Document.delete().execute()
        documents.forget_strays(before=clock.now() + timedelta(days=1))

    monkeypatch.setattr(making, "check_sound", and_then_somebody_purges)
    manifest = make(tmp_path / "backup.tar")
    assert (manifest.documents, manifest.lacking) == (1, ())


@on_postgresql
def test_how_far_the_copy_is_is_told_on_both_ways(make_account, tmp_path, go, make, restore):
    """Millions of entries take minutes, of which the commands said nothing."""
    make_account()
    saved, brought = [], []
    make(tmp_path / "backup.tar", (), lambda *how_far: saved.append(how_far))
    go()
    restore(tmp_path / "backup.tar", None, lambda *how_far: brought.append(how_far))
    for told in (saved, brought):
        done, total = told[-1]
        assert done == total > 0


@on_postgresql
def test_a_store_of_another_version_is_not_copied_by_half(go, make, tmp_path):
    """The host that makes the backups was left out of an update: each night, what the update had added was lacking."""
    go()
    runner(database.proxy.obj).up(target=LEVELS[-2])
    with pytest.raises(BackupError, match="la base n'est pas à jour"):
        make(tmp_path / "backup.tar")
    runner(database.proxy.obj).up()
    runner(database.proxy.obj).History.create(name="9999_later")
    with pytest.raises(database.NewerStoreError, match="version plus récente du portail"):
        make(tmp_path / "backup.tar")
    assert [*tmp_path.glob("*.tar"), *files.drafts_in(database.folder())] == []


@on_sqlite
def test_a_damaged_store_is_no_backup(go, tmp_path, make):
    folder = go()
    database.migrate()
    for number in range(300):
        JournalEntry.create(event=Event.LOGIN, subject=f"{number}" * 50)
    database.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.proxy.close()
    with (folder / "office.sqlite").open("r+b") as file:
        file.seek(-40_000, io.SEEK_END)
        file.write(b"\xff" * 30_000)
    with pytest.raises(BackupError, match=r"abîmée|ne se lit pas"):
        make(tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()


@pytest.fixture
def drafts_of(make, tmp_path, monkeypatch):
    """A function that gives what lies in the folders while a backup of this name is made, and not after."""

    def there():
        return {path for folder in (database.folder(), tmp_path) for path in folder.iterdir()}

    def drafts_of(name):
        meanwhile = set()
        with monkeypatch.context() as watched:
            watched.setattr(making, "check_room", lambda *_: meanwhile.update(there()))
            make(tmp_path / name)
        return meanwhile - there()

    return drafts_of


@pytest.mark.parametrize(
    "name", ["avant-0.2.0.tar", "ophportal-20260101T013000Z.tar.age", "office.remplacee-20261126T120000.123456Z.tar"]
)
def test_what_one_that_was_cut_off_left_goes_with_the_next_whatever_it_was_called(drafts_of, make, tmp_path, name):
    """It is the whole office, in clear, and nobody looks for it: it stayed for ever."""
    copy, draft = sorted(drafts_of(name), key=lambda path: path.parent == tmp_path)
    with files.draft_folder(database.folder()) as name_of_a_restore:
        of_a_restore = Path(name_of_a_restore)
    at_work = copy.with_name(f"{copy.name[:-8]}e5f6g7h8")
    for folder in (copy, of_a_restore, at_work):
        folder.mkdir(exist_ok=True)
        (folder / STORE).touch()
    # What somebody else may have put there, under names that are nearly ours.
    others = [tmp_path / other for other in (f"{draft.name}.txt", draft.name[1:], f".autre{draft.name}", f".{name}")]
    others.append(tmp_path / "sauvegarde-20261125" / STORE)
    others[-1].parent.mkdir()
    for path in (draft, *others):
        path.touch()
    two_days_ago = (clock.now() - timedelta(days=2)).timestamp()
    for path in (copy, draft, of_a_restore, *others, others[-1].parent):
        os.utime(path, (two_days_ago, two_days_ago))

    with documents.unpurged():  # by the one that is at work
        make(tmp_path / "backup.tar")

    assert [path for path in (copy, draft, of_a_restore) if path.exists()] == []
    assert all(path.exists() for path in (at_work, *others))
    shutil.rmtree(at_work)


@on_sqlite
@pytest.mark.parametrize("following", ["a backup", "a restore"])
def test_what_one_that_was_killed_left_goes_at_once_when_none_is_under_way(backup, make, restore, tmp_path, following):
    """It stayed for a day. Where backups lie it does: another office's, of the same name, may be at work there."""
    drafts = [folder / f"{files.draft_start()}a1b2c3d4" for folder in (database.folder(), tmp_path)]
    for draft in drafts:
        draft.mkdir()
        (draft / STORE).touch()
    if following == "a backup":
        make(tmp_path / "next.tar")
    else:
        with pytest.raises(BackupError):
            restore(tmp_path / "nothing.tar")
    assert [draft.exists() for draft in drafts] == [False, True]


def test_old_ones_go_but_never_the_newest_nor_the_three_before_it_nor_what_is_not_ours(tmp_path):
    name = database.proxy.name
    old = [f"{name}-20200101T013000Z.tar", f"{name}-20200102T013000Z.tar.age"]
    others = ["notes.txt", f"{name}-20200101.tar", "autre-20200101T013000Z.tar", f"{name}-20200101T013000Z.tar.bak"]
    spared = [f"{name}-20200103T013000Z.tar", f"{name}-20200104T013000Z.tar"]
    spared.append(files.next_name(tmp_path, encrypted=False).name)
    newest = tmp_path / f"{name}-20200105T013000Z.tar"
    for file in (*old, *others, *spared, newest.name):
        (tmp_path / file).touch()

    assert [path.name for path in files.forget_old(tmp_path, 30, newest)] == old
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, *spared, newest.name])
