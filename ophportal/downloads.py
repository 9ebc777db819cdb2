"""Files to download: short ones from memory, and long ones (the copy of a tenant's data, the agents' lists)."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from flask import Response

# Bytes that are kept in memory; a larger file goes to the disk.
IN_MEMORY = 1 << 20


def attachment(content: bytes, mimetype: str, name: str) -> Response:
    """`content` as a file for the browser to keep as `name`, which stays in its list of downloads: no person's name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=mimetype, headers=headers)


@contextmanager
def to_send() -> Iterator[IO[bytes]]:
    """A file to write in the block, rewound after it; who sends it closes it. On an error it is closed here.

    In memory, or a file without a name that goes when it is closed.
    """
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    try:
        yield file
    except BaseException:
        file.close()
        raise
    file.seek(0)


@contextmanager
def closed_on_error(answer: Response) -> Iterator[None]:
    """The answer is sent after the block. On an error it never is, and only so gives its file and its place back."""
    try:
        yield
    except BaseException:
        answer.close()
        raise
