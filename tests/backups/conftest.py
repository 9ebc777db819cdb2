"""An office to back up, and places to bring it back to."""

import io
import shutil
import tarfile
from contextlib import contextmanager
from datetime import date
from threading import Event as Stop
from threading import Thread

import pytest
from bs4 import BeautifulSoup

from ophportal import database, documents
from ophportal.backups import copying, making, restoring
from ophportal.models import Document, DocumentKind
from tests.documents import pdf
from tests.office import Visit, wait_until
from tests.stores import new_store

MONTH = date(2026, 11, 1)


@pytest.fixture
def make(app):
    """`making.make`, as the command calls it."""

    def make(*args):
        with app.app_context():
            return making.make(*args)

    return make


@pytest.fixture
def restore(app):
    """`restoring.restore`, as the command calls it."""

    def restore(*args, **options):
        with app.app_context():
            return restoring.restore(*args, **options)

    return restore


@pytest.fixture
def sealed(app):
    """A function that gives a manifest as this portal seals it."""

    def seal(manifest):
        with app.app_context():
            return manifest.to_json()

    return seal


@pytest.fixture
def go(app, tmp_path):
    """A function that goes to a new, empty store in a folder of its own; the portal's own comes back at the end."""

    def to(name="elsewhere"):
        folder = tmp_path / name
        folder.mkdir()
        database.bind(new_store(folder / "office.sqlite"), str(folder))
        return folder

    yield to
    database.bind(app.config["DATABASE_URL"], app.config["DATA_FOLDER"])


@pytest.fixture
def add_document(app):
    """A function that gives a tenant a document with these words."""

    def add(tenant, words="avis"):
        content = documents.put(io.BytesIO(pdf(words)))
        of_content = {"digest": content.digest, "size": content.size}
        return Document.create(tenant=tenant, period=MONTH, kind=DocumentKind.AVIS, title=words[:50], **of_content)

    yield add
    shutil.rmtree(documents.folder(), ignore_errors=True)


@pytest.fixture
def backup(make, tmp_path, make_account, add_document):
    """A backup of an office with a tenant who has a password and two documents."""
    tenant = make_account().tenant
    add_document(tenant, "novembre")
    add_document(tenant, "octobre")
    make(tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def members(path):
    """What is in the tar: contents by name, in their order."""
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def write_tar(path, contents):
    with tarfile.open(path, "w") as archive:
        for name, content in contents.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return path


def rows():
    return copying.counts(database.proxy.obj)


INSIDE = "Votre compte locataire"


@contextmanager
def logging_in(office, code, password):
    """Somebody who logs in again and again, each time from a new browser; the headings of the pages they came to."""
    stop, headings = Stop(), []

    def enter():
        while not stop.is_set():
            page = Visit(office).submit("/identification", identifier=code, password=password)
            headings.append(BeautifulSoup(page, "html.parser").h1.get_text())

    yield from during(enter, stop, headings)


def during(deed, stop, done):
    """`deed` in a thread, and its list, from when there is something in it."""
    thread = Thread(target=deed)
    thread.start()
    try:
        wait_until(lambda: done, "nothing is done")
        yield done
    finally:
        stop.set()
        thread.join()
