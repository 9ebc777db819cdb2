"""What the machine and its neighbours refuse, in French: for whoever types a command, reads a check or an error."""

import errno
import os
import pwd

from peewee import PeeweeException

NO_RIGHT = "le compte {account} n'y a pas droit : donnez-le-lui, ou lancez la commande avec le compte du portail"
NO_FOLDER = "il y a là un fichier, et il faudrait un dossier"
FULL = "le disque est plein : faites de la place"
REASONS = {
    errno.EACCES: NO_RIGHT,
    errno.EPERM: NO_RIGHT,
    errno.ENOENT: "ce fichier ou ce dossier n'existe pas",
    errno.EEXIST: NO_FOLDER,
    errno.ENOTDIR: NO_FOLDER,
    errno.EISDIR: "il y a là un dossier, et il faudrait un fichier",
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: "ce disque ne se laisse que lire : rendez-lui l'écriture, ou choisissez un autre dossier",
}


def is_known(error: OSError) -> bool:
    """Whether its sentence says all: one that carries no number is a sentence of ours."""
    return error.errno is None or error.errno in REASONS


def of_store(error: PeeweeException) -> str:
    """The driver's own words: they name files, servers and tables. PostgreSQL's later lines can hold values."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def of_file(error: OSError) -> str:
    """A sentence without its full stop: which file, where one is known, why not, and what to do."""
    if error.errno is None:
        return str(error).rstrip(".")
    reason = REASONS.get(error.errno, f"{error.strerror} ({errno.errorcode.get(error.errno, error.errno)})")
    reason = reason.format(account=account())
    return f"« {error.filename} » : {reason}" if error.filename else reason[0].upper() + reason[1:]


def account() -> str:
    """The name of the account that this process runs under; its number where it has none, as in a container."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
