"""Backups that their maker cannot read: encrypted to public keys, in the age format (age-encryption.org/v1).

Only the private key opens one, which is kept elsewhere; `age-keygen` makes the pair, and `age` opens such a file, too.
"""

from collections.abc import Iterable
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ophportal.backups.manifest import BackupError

if TYPE_CHECKING:
    from pyrage import x25519

MAGIC = b"age-encryption.org/v1"
PRIVATE = "AGE-SECRET-KEY-"


class Pieces(RawIOBase):
    """Pieces of bytes as a file to be read."""

    def __init__(self, pieces: Iterable[bytes]):
        self.pieces = iter(pieces)
        self.left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.left and (piece := next(self.pieces, None)) is not None:
            self.left = piece
        size = min(len(buffer), len(self.left))
        buffer[:size], self.left = self.left[:size], self.left[size:]
        return size


def recipients_in(texts: Iterable[str]) -> "list[x25519.Recipient]":
    """The public keys, each as `age1…`. Raises BackupError."""
    from pyrage import RecipientError, x25519

    found = []
    for text in texts:
        try:
            found.append(x25519.Recipient.from_str(text.strip()))
        except RecipientError:
            raise BackupError(f"« {text} » n'est pas une clé publique : age-keygen en donne une, age1…") from None
    return found


def encrypt(pieces: Iterable[bytes], file: IO[bytes], recipients: "list[x25519.Recipient]") -> None:
    """Raises OSError."""
    from pyrage import EncryptError, encrypt_io

    try:
        encrypt_io(BufferedReader(Pieces(pieces)), file, recipients)
    except EncryptError as error:  # what it was is in the text alone: « OSError: [Errno 28] No space left on device »
        raise OSError(str(error)) from None


def is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def decrypt(path: Path, target: Path, identities: Path | None) -> None:
    """Write what is in `path` to `target`, by the private keys in the file `identities`. Raises BackupError."""
    from pyrage import DecryptError, decrypt_io

    if identities is None:
        raise BackupError("il est chiffré : donnez le fichier de la clé privée avec --identity")
    with path.open("rb") as file, target.open("xb") as plain:
        try:
            decrypt_io(file, plain, identities_in(identities))
        except DecryptError:
            raise BackupError(f"la clé privée de {identities} n'est pas celle pour laquelle il a été chiffré") from None
        except OSError as error:
            if error.errno:
                raise
            raise BackupError("il est abîmé, ou il en manque la fin : il ne se déchiffre pas") from None


def identities_in(path: Path) -> "list[x25519.Identity]":
    """The private keys in a file as `age-keygen` writes it. Raises BackupError, which repeats none of them."""
    from pyrage import IdentityError, x25519

    try:
        lines = path.read_text(encoding="ascii").splitlines()
        found = [x25519.Identity.from_str(line.strip()) for line in lines if line.strip().startswith(PRIVATE)]
    except (OSError, ValueError, IdentityError):
        found = []
    if not found:
        raise BackupError(f"{path} ne contient pas de clé privée lisible ({PRIVATE}…)")
    return found
