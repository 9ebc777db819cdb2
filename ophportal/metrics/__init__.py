"""Figures for Prometheus, on a port of their own that the proxy does not show (docs/decisions/0012-watching.md).

Requests are counted by the processes that answer them, each in a file of a folder that they share (prometheus-client's
multiprocess mode). All else is read in the store when Prometheus asks: that is right whatever has been restarted, and
on however many hosts. A process of its own gives both. No label names a person: routes are rules, never addresses.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

# Where prometheus-client looks for the folder, when it is first loaded.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def init_app(app: Flask) -> None:
    """Count the requests, in a process that was started beside an exporter; elsewhere load nothing."""
    if os.environ.get(FOLDER):
        from ophportal.metrics.requests import count

        app.extensions["answer_listeners"].append(count)


@contextmanager
def counting() -> Iterator[None]:
    """Have the processes started meanwhile count their requests, from nothing."""
    folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="ophportal-metrics-")
    try:
        yield
    finally:
        del os.environ[FOLDER]
        shutil.rmtree(folder, ignore_errors=True)
