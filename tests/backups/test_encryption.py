"""Backups that their maker cannot read."""

import pytest
from pyrage import x25519

from ophportal import documents
from ophportal.backups import files
from ophportal.backups.manifest import BackupError
from ophportal.models import Document, Tenant


@pytest.fixture
def key(tmp_path):
    """A pair of keys as `age-keygen` writes it: the public one, and the file of the private one."""
    identity = x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"# created: 2026-11-25T00:00:00Z\n# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public()), path


@pytest.fixture
def encrypted(make_tenant, add_document, tmp_path, key, make):
    add_document(make_tenant(), "secret words" * 100_000)
    make(tmp_path / "backup.tar.age", [key[0]])
    return tmp_path / "backup.tar.age"


def test_the_private_key_alone_opens_it(encrypted, key, go, restore):
    content = encrypted.read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n")
    assert b"secret words" not in content
    assert b"D'ANGELO-PAOLI" not in content
    folder = go()
    restore(encrypted, key[1])
    assert Tenant.get().last_name == "D'ANGELO-PAOLI"
    assert documents.is_kept(Document.get().digest)
    assert files.drafts_in(folder) == []


def test_without_it_with_another_or_damaged_it_stays_closed(encrypted, key, go, tmp_path, restore):
    go()

    def why(path, identity):
        with pytest.raises(BackupError) as error:
            restore(path, identity)
        return str(error.value)

    assert "--identity" in why(encrypted, None)
    other = tmp_path / "other.txt"
    other.write_text(f"{x25519.Identity.generate()}\n")
    assert "n'est pas celle" in why(encrypted, other)
    other.write_text("AGE-SECRET-KEY-1NONSENSE\n")
    assert "ne contient pas de clé privée lisible" in why(encrypted, other)
    content = encrypted.read_bytes()
    flipped = bytes([content[300_000] ^ 1])  # a fixed letter is what stands there already, once in 256 runs
    for name, damaged in (("short", content[:-70_000]), ("flipped", content[:300_000] + flipped + content[300_001:])):
        (tmp_path / name).write_bytes(damaged)
        assert "abîmé, ou il en manque la fin" in why(tmp_path / name, key[1])


def test_a_key_that_is_none_is_told_before_anything_is_done(tmp_path, make):
    with pytest.raises(BackupError, match="« age1nonsense » n'est pas une clé publique"):
        make(tmp_path / "backup.tar.age", ["age1nonsense"])
    assert not (tmp_path / "backup.tar.age").exists()
