"""Errors of the disk, the store, the network and the mail server, in French sentences for commands and checks."""

import errno
import os
import pwd
import shutil
import smtplib
import socket
import ssl
from pathlib import Path

from peewee import PeeweeException

from ophportal import database, store

NO_RIGHT = "le compte {account} n'y a pas droit : donnez-le-lui, ou lancez la commande avec le compte du portail"
NO_FOLDER = "il y a là un fichier, et il faudrait un dossier"
FULL = "le disque est plein : faites de la place"
# The same, for readers who cannot make room themselves.
SERVER_IS_FULL = "le disque du portail est plein : prévenez la personne qui tient le serveur"
# Bytes that SQLite needs before it reads anything: its log's index is 32 Kio, and grows by as much.
ROOM_TO_BEGIN = 1 << 16
ONLY_READ = "elle ne se laisse que lire : donnez l'adresse du serveur principal, et non celle d'une copie"
REASONS = {
    errno.EACCES: NO_RIGHT,
    errno.EPERM: NO_RIGHT,
    errno.ENOENT: "ce fichier ou ce dossier n'existe pas",
    errno.EEXIST: NO_FOLDER,
    errno.ENOTDIR: NO_FOLDER,
    errno.EISDIR: "il y a là un dossier, et il faudrait un fichier",
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    # A disk formatted in FAT32 takes none of more than 4 Go; nor does an account past its « ulimit -f ».
    errno.EFBIG: "ce fichier serait plus grand que ce disque ou ce compte n'en permet : choisissez un autre dossier",
    errno.EROFS: "ce disque ne se laisse que lire : rendez-lui l'écriture, ou choisissez un autre dossier",
}

# OpenSSL's verification errors (x509_vfy.h).
REFUSED_CERTIFICATES = {
    9: "il n'est pas encore valable (l'horloge de cette machine est-elle à l'heure ?)",
    10: "il a expiré : renouvelez-le",
    18: "il est signé par lui-même, et n'est connu de personne",
    19: "son autorité n'est pas connue de cette machine",
    20: "son autorité n'est pas connue de cette machine, ou le serveur n'envoie pas la chaîne entière",
    62: "il est fait pour un autre nom",
}


def is_known(error: OSError) -> bool:
    """Whether `reason_of` explains it in French. An error without a number was raised by the portal, in French."""
    return error.errno is None or error.errno in REASONS


def of_store(error: PeeweeException) -> str:
    """The driver's own words: they name files, servers and tables. PostgreSQL's later lines can hold values."""
    said = next(iter(str(error).splitlines()), type(error).__name__)
    match said:
        case "database or disk is full":
            return FULL
        # SQLite's, too, when it finds no room for the index of its log (unixShmMap), and of a broken disk.
        case "disk I/O error" if shutil.disk_usage(database.store_path().parent).free < ROOM_TO_BEGIN:
            return FULL
        case "attempt to write a readonly database" | "unable to open database file":
            return why_unwritable() or said
    if "unsupported startup parameter" in said:
        return store.POOLED
    return ONLY_READ if "session is read-only" in str(error) else said


def why_unwritable() -> str:
    """Why SQLite could not write its file, or into the folder of its journals, which it needs as much; else empty."""
    path = database.store_path()
    return why_shut(path, path.parent)


def why_shut(*paths: Path) -> str:
    """The first of these, as far as they are there, that this account may not write, and what to do; else empty."""
    shut = next((it for it in paths if it.exists() and not os.access(it, os.W_OK)), None)
    return f"{shut} ne se laisse pas écrire par le compte {account()} : rendez-lui ce droit" if shut else ""


def is_full(error: Exception) -> bool:
    """Whether it is for want of room on a disk."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def of_file(error: OSError) -> str:
    """A sentence without capital or full stop: which file, where one is known, why not, and what to do."""
    reason = reason_of(error)
    return f"« {error.filename} » : {reason}" if error.errno is not None and error.filename else reason


def reason_of(error: OSError) -> str:
    """As `of_file`, without the name of the file."""
    if error.errno is None:
        return str(error).rstrip(".")
    reason = REASONS.get(error.errno, f"{error.strerror} ({errno.errorcode.get(error.errno, error.errno)})")
    return reason.format(account=account())


def of_connection(error: OSError) -> str:
    """Why a server cannot be talked to, in French."""
    match error:
        case ssl.SSLCertVerificationError():
            reason = REFUSED_CERTIFICATES.get(error.verify_code, f"raison {error.verify_code} d'OpenSSL")
            return f"son certificat est refusé : {reason}"
        case ssl.SSLError():
            return "la connexion chiffrée (TLS) n'aboutit pas"
        case socket.gaierror():
            return "ce nom n'a pas d'adresse dans le DNS"
        case TimeoutError():
            return "aucune réponse dans le délai : un pare-feu, peut-être"
        case ConnectionRefusedError():
            return "rien n'écoute sur ce port"
    return f"la connexion échoue ({type(error).__name__})"


def of_mail_server(error: OSError | smtplib.SMTPException) -> str:
    """Why no mail can be left there, in French and in no words of the server's."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"le nom d'utilisateur ou le mot de passe est refusé ({error.smtp_code})"
        case smtplib.SMTPNotSupportedError():
            return "le serveur ne propose pas STARTTLS, ou pas d'identification : est-ce le bon port ?"
        case smtplib.SMTPResponseException():
            return f"le serveur refuse de parler ({error.smtp_code})"
        case smtplib.SMTPException():
            return "ce n'est pas un serveur de courrier, ou il raccroche"
    return of_connection(error)


def account(number: int | None = None) -> str:
    """The name of the account of this number, else of that which this process runs under; its number where it has
    none, as in a container.
    """
    number = os.geteuid() if number is None else number
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
