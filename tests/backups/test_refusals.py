"""A file that is not what a backup was is refused, and the store that is there is untouched."""

import hashlib
import io
import json
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from ophportal import database, documents
from ophportal.backups import making, restoring
from ophportal.backups.manifest import MANIFEST, STORE, BackupError, Manifest
from ophportal.models import Tenant
from tests.backups.conftest import members, rows, write_tar
from tests.documents import pdf
from tests.old_stores import runner
from tests.stores import on_sqlite


def files_in(folder):
    """What lies in a portal's folder, but for the locks, which hold nothing."""
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}


@pytest.fixture
def refused(go, make_tenant, restore):
    """A function that says why a file is not restored; whatever it says, the store there is untouched."""
    folder = go("there")
    database.migrate()
    make_tenant("ROSSI", number="7", reference="7")
    documents.put(io.BytesIO(pdf("theirs")))

    def why(path, *more, **options):
        before, files = rows(), files_in(folder)
        with pytest.raises(BackupError) as error:
            restore(path, *more, **options)
        assert rows() == before
        assert Tenant.get().last_name == "ROSSI"
        assert files_in(folder) == files
        return str(error.value)

    return why


def test_a_file_cut_short_anywhere(backup, refused, tmp_path):
    content = backup.read_bytes()
    for share in (0, 100, 512, len(content) // 3, len(content) // 2, len(content) - 4096, len(content) - 2000):
        short = tmp_path / "short.tar"
        short.write_bytes(content[:share])
        assert "abîmé" in refused(short) or "fin" in refused(short) or "illisible" in refused(short)


def test_a_byte_changed_in_the_store_or_in_a_document(backup, refused, tmp_path):
    held = members(backup)
    for name, why in (
        (STORE, "n'est pas celle qui a été sauvegardée"),
        (list(held)[1], "y manque, ou y est abîmé"),
    ):
        changed = bytearray(held[name])
        changed[len(changed) // 2] ^= 1
        assert why in refused(write_tar(tmp_path / "changed.tar", {**held, name: bytes(changed)}))


def test_a_document_taken_away(backup, refused, tmp_path):
    held = members(backup)
    del held[list(held)[1]]
    assert "y manque" in refused(write_tar(tmp_path / "less.tar", held))


def test_a_store_of_somebody_else_s_making(backup, refused, tmp_path):
    """Whoever can write where backups lie could give themselves an account: hence the seal, under the secret key."""
    held = members(backup)
    store = held[STORE].replace(b"D'ANGELO-PAOLI", b"D'ANGELO-PAULI")
    told = {**json.loads(held[MANIFEST]), "digest": hashlib.sha256(store).hexdigest()}
    forged = write_tar(tmp_path / "forged.tar", {**held, STORE: store, MANIFEST: json.dumps(told).encode()})
    assert "une autre clé secrète (OPHPORTAL_SECRET_KEY), ou modifié" in refused(forged)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"seal": 1, "format": 1}',
        "\xff",
        '{"format": 2, "seal": ""}',
        '{"seal": 1, "format": 1, "made_at": "2026-11-25", "lacking": 3}',
    ],
)
def test_a_description_that_says_nothing(backup, refused, tmp_path, text):
    held = {**members(backup), MANIFEST: text.encode("latin-1")}
    assert refused(write_tar(tmp_path / "odd.tar", held))


def test_one_made_under_another_key_unless_it_is_said_to_be_trusted(backup, refused, app, monkeypatch, restore):
    monkeypatch.setitem(app.config, "SECRET_KEY", "another-key-for-tests-abcdefghijklmnopq")
    assert "--other-key" in refused(backup)
    restore(backup, other_key=True)
    assert Tenant.get().last_name == "D'ANGELO-PAOLI"


@pytest.mark.parametrize(
    "name",
    ["../outside", "/tmp/outside", "documents/../../outside", "documents/aa/../../../outside", "outside",
     "documents/ab/" + "c" * 64, "documents/ab/ab" + "c" * 63, STORE],
)  # fmt: skip
def test_a_name_that_no_backup_has(backup, refused, tmp_path, name):
    extended = tmp_path / "extended.tar"
    shutil.copy(backup, extended)
    with tarfile.open(extended, "a") as archive:
        about = tarfile.TarInfo(name)
        about.size = 4
        archive.addfile(about, io.BytesIO(b"evil"))
    assert "qui n'est pas d'une sauvegarde" in refused(extended)
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_what_is_no_file(backup, refused, tmp_path, kind):
    extended = tmp_path / "extended.tar"
    with tarfile.open(extended, "w") as archive:
        about = tarfile.TarInfo(STORE)
        about.type, about.linkname = kind, "/etc/passwd"
        archive.addfile(about)
    assert "qui n'est pas un fichier" in refused(extended)


def test_one_of_a_newer_portal(backup, refused, tmp_path, sealed):
    held = members(backup)
    newer = tmp_path / STORE
    newer.write_bytes(held[STORE])
    with making.opened(newer) as store:
        runner(store).History.create(name="9999_later")
    told = Manifest.from_json(held[MANIFEST], sealed=False)
    described = Manifest(**{**vars(told), "digest": hashlib.sha256(newer.read_bytes()).hexdigest()})
    held = {**held, STORE: newer.read_bytes(), MANIFEST: sealed(described)}
    assert "plus récente du portail (9999_later)" in refused(write_tar(tmp_path / "newer.tar", held))


def test_what_is_not_there_or_no_backup(refused, tmp_path):
    assert "n'existe pas" in refused(tmp_path / "nothing.tar")
    (tmp_path / "photo.tar").write_bytes(b"\xff\xd8 a photograph")
    assert "abîmé, ou n'est pas une sauvegarde" in refused(tmp_path / "photo.tar")


def test_what_does_not_fit_beside_the_store(backup, refused, monkeypatch):
    nearly_full = shutil.disk_usage(backup.parent)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: nearly_full)
    told = refused(backup)
    assert f" dans {database.folder()}, et il en reste" in told, "a draft's folder, which is gone"


@on_sqlite
def test_what_does_not_fit_where_the_store_is_when_that_is_another_disk(backup, go, monkeypatch, restore):
    """It was told by a full disk, once the store's had nothing left: it was asked of the other alone."""
    folder = go()
    (there := folder / "store").mkdir()
    database.bind(f"sqlite:///{there / 'office.sqlite'}", str(folder))
    usage = shutil.disk_usage
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: usage(path)._replace(free=1000 if Path(path) == there else 1 << 40)
    )
    with pytest.raises(BackupError, match=rf"il faut .* dans {there}, et il en reste 1.ko"):
        restore(backup)
    assert not (there / "office.sqlite").exists()


@pytest.fixture
def cut_off(monkeypatch, restore):
    """A function that restores a backup and has it fail as it would give a file a name for which this is true."""

    def cut_off(backup, is_there):
        def stopping(name):
            def name_it(source, target):
                if is_there(Path(target)):
                    raise OSError(5, "Input/output error")
                name(source, target)

            return name_it

        with monkeypatch.context() as patched:
            for name in ("link", "replace"):
                patched.setattr(os, name, stopping(getattr(os, name)))
            with pytest.raises(OSError, match="Input/output"):
                restore(backup)

    return cut_off


LAST_STEPS = {
    "the store is about to be kept": lambda path: ".remplacee-" in path.name,
    "its documents are": lambda path: ".remplacee-" in path.parent.parent.name,
    "those of the backup are about to come": lambda path: path.parent.parent == documents.folder(),
    "the store is about to be replaced": lambda path: path == database.store_path(),
}


@on_sqlite
@pytest.mark.parametrize("is_there", LAST_STEPS.values(), ids=LAST_STEPS)
class TestCutOffAtTheLastSteps:
    @pytest.fixture
    def folder(self, backup, go, make_tenant, add_document):
        folder = go("there")
        database.migrate()
        add_document(make_tenant("ROSSI", number="7", reference="7"), "theirs")
        return folder

    @pytest.fixture
    def check_untouched(self, folder):
        """A function for which nothing may be there but what was, and what is of the backup, which the purge takes."""
        before = files_in(folder)

        def check():
            assert Tenant.get().last_name == "ROSSI"
            more = files_in(folder) - before
            assert {path for path in more if documents.folder() not in (folder / path).parents} == set()
            assert [*documents.folder().parent.iterdir()] == [documents.folder()]

        return check

    def test_the_store_is_as_it_was_and_nothing_else_is_kept(self, backup, cut_off, is_there, check_untouched):
        cut_off(backup, is_there)
        check_untouched()

    @pytest.mark.parametrize("following", ["a backup", "a restore"])
    def test_what_a_killed_one_had_kept_goes_with_the_next(
        self, backup, cut_off, is_there, check_untouched, monkeypatch, make, restore, tmp_path, following
    ):
        """Nothing erased it: a document that was withdrawn lived on there."""
        with monkeypatch.context() as killed:
            killed.setattr(restoring, "forget_unused_asides", lambda: None)
            cut_off(backup, is_there)
        if following == "a backup":
            make(tmp_path / "next.tar")
        else:
            with pytest.raises(BackupError):
                restore(tmp_path / "nothing.tar")
        check_untouched()


@on_sqlite
def test_what_one_replaced_stays_whatever_comes_next(backup, go, make_account, add_document, restore, make, tmp_path):
    """Until somebody who needs it no more deletes it."""
    go("there")
    database.migrate()
    add_document(make_account().tenant)
    aside = restore(backup).aside
    there = database.store_path()
    kept = [aside, *documents.folder().with_name(aside.stem).glob("??/*")]
    make(tmp_path / "next.tar")
    assert len(kept) == 2
    assert all(path.is_file() for path in kept)

    # Somebody goes back to it by a link.
    database.proxy.close()
    there.rename(there.with_name("new.sqlite"))
    there.symlink_to(aside.name)
    make(tmp_path / "after.tar")
    assert all(path.is_file() for path in kept)
