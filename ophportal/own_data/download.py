"""The copy of a tenant's data: a ZIP of what the store says (JSON), of their documents, and of a page that explains."""

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from flask import Response, current_app, render_template, send_file

from ophportal import clock, documents, waiting_rooms
from ophportal.downloads import to_send
from ophportal.models import Document
from ophportal.own_data.parts import PARTS
from ophportal.own_data.person import NOT_YOURS, Person
from ophportal.own_data.record import file_of

logger = logging.getLogger(__name__)

# One at a time a process: a tenant's papers are some megabytes to read and compress.
turn = threading.BoundedSemaphore(1)
# Seconds to wait for it before BusyError.
PATIENCE = 5
BUSY = "Le portail prépare déjà une autre copie. Réessayez dans une minute."


class BusyError(Exception):
    """Another copy is being made, and takes its time."""


def copy_of(person: Person) -> IO[bytes]:
    """The ZIP, as a file to send. Raises BusyError."""
    with one_at_a_time(), to_send() as file:
        write(file, person)
    return file


@contextmanager
def one_at_a_time() -> Iterator[None]:
    with waiting_rooms.copies:
        if not turn.acquire(timeout=PATIENCE):
            raise BusyError
        try:
            yield
        finally:
            turn.release()


def download_of(person: Person, name: str) -> Response:
    """The ZIP as an answer, a file of this name and the day. Raises BusyError."""
    file = copy_of(person)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    dated = f"{name}-{clock.today().isoformat()}.zip"
    answer = send_file(file, mimetype="application/zip", as_attachment=True, download_name=dated)
    return waiting_rooms.sent_from(waiting_rooms.copies, answer, size)


def write(file: IO[bytes], person: Person) -> None:
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("LISEZ-MOI.txt", read_me(person))
        archive.writestr("donnees.json", json.dumps(data_of(person), ensure_ascii=False, indent=2))
        for document in Document.of_tenant(person.tenant):
            if name := file_of(document):
                # A PDF is compressed already.
                archive.write(documents.path_of(document.digest), name, ZIP_STORED)
            else:
                logger.error("the content of document %s is not there", document.id)


def read_me(person: Person) -> str:
    base_url = current_app.config["BASE_URL"]
    return render_template("account/read_me.txt", parts=PARTS, person=person, not_yours=NOT_YOURS, base_url=base_url)


def data_of(person: Person) -> dict[str, Any]:
    """All that is held on the person, by the names of the parts."""
    told: dict[str, Any] = {"copie du": clock.now().astimezone(clock.here()).isoformat(timespec="seconds")}
    return told | {part.name: part.tell(person) for part in PARTS}
