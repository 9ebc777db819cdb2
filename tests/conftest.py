"""The portal's own fixtures, with a client that checks the house rules on every page it fetches."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ophportal.testing import Visitor
from tests.page import Page


class StrictVisitor(Visitor):
    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.text and not 300 <= response.status_code < 400:
            Page(response).check()
        return response


@pytest.fixture
def client(app: Flask) -> StrictVisitor:
    return StrictVisitor(app, app.response_class)
