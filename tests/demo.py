"""The demonstration office, beside the portal that the tests are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

import config
from ophportal import create_app, database


@contextmanager
def demo_in(folder: Path, portal: Flask) -> Iterator[Flask]:
    """The demo over the store of `folder`; afterwards the tests' store is back behind the proxy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "INSTANCE", folder)
        settings = config.Demo()
    settings.DEMO_MAIL_FOLDER = folder / "courrier"
    try:
        app = create_app(settings)
        database.migrate()
        database.proxy.execute_sql("PRAGMA synchronous = off")
        yield app
    finally:
        database.bind(portal.config["DATABASE_URL"], portal.config["DATA_FOLDER"])
