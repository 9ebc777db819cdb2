"""The manifest of a backup: what is in it, when and by which version it was made."""

import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from ophportal.backups.copying import Counts
from ophportal.secret_key import keyed

STORE, MANIFEST = "ophportal.sqlite", "manifest.json"
FORMAT = 1


class BackupError(Exception):
    """A backup that cannot be made, or brought back; the message says why, in French."""


@dataclass(frozen=True)
class Manifest:
    """`version` is the portal's, `migration` the last one applied, `digest` the SHA-256 of the store.

    Each document is named by its own digest and each is named in the store: so this one digest vouches for all. Of
    `lacking`, digests too, the content was not there or not what its name says when the backup was made.
    """

    version: str
    migration: str
    made_at: datetime
    counts: Counts
    digest: str
    documents: int
    lacking: tuple[str, ...] = ()
    format: int = FORMAT

    def to_json(self) -> bytes:
        told = {**asdict(self), "made_at": self.made_at.isoformat()}
        return json.dumps({**told, "seal": seal(told)}, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, text: bytes, *, sealed: bool = True) -> Self:
        """Raises BackupError when it is no manifest, or when its seal is not of this portal and has to be."""
        try:
            told = json.loads(text)
            found = told.pop("seal")
            if told["format"] != FORMAT:
                raise BackupError("son format est celui d'une version plus récente du portail : mettez-le à jour")
            made_at = datetime.fromisoformat(told["made_at"])
            manifest = cls(**{**told, "made_at": made_at, "lacking": tuple(told["lacking"])})
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BackupError("sa description est illisible") from None
        if sealed and not hmac.compare_digest(str(found).encode(), seal(told).encode()):
            raise BackupError(
                "il a été fait avec une autre clé secrète (OPHPORTAL_SECRET_KEY), ou modifié depuis. Si vous savez "
                "d'où il vient, ajoutez --other-key : les agents devront recevoir un nouveau lien"
            )
        return manifest


def seal(told: dict[str, Any]) -> str:
    """Made with the secret key, which is not in the backup: who can write where backups lie cannot forge one."""
    return keyed("backup", json.dumps(told, sort_keys=True)).hex()
