"""Clients that send slowly: they hold some of the threads, never all of them."""

import io
import threading

import pytest

from ophportal.bodies import READERS, WholeBodies
from tests.conftest import request_code
from tests.office import wait_until
from tests.page import Page


class SlowBody(io.BytesIO):
    """A body that arrives when it is let to."""

    def __init__(self, content, started, arrives):
        super().__init__(content)
        self.started = started
        self.arrives = arrives

    def read(self, size=-1):
        self.started.release()
        assert self.arrives.wait(20)
        return super().read(size)


@pytest.fixture
def arrives():
    return threading.Event()


@pytest.fixture
def slow_senders(app, arrives):
    """As many as may be waited for, each in the middle of its body; the statuses of their answers."""
    started, statuses = threading.Semaphore(0), []

    def send():
        body = SlowBody(b"name=x", started, arrives)
        answer = app.test_client().post("/identification", input_stream=body, content_length=6)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=send) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert started.acquire(timeout=20)
    yield statuses
    arrives.set()
    for thread in threads:
        thread.join()


def test_pages_are_served_and_forms_turned_away_kindly_meanwhile(client, slow_senders):
    assert client.get("/").status_code == 200
    answer = request_code(client)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "Le portail ne répond pas pour le moment" in Page(answer).text


def test_slow_senders_get_their_answer_when_they_are_done(slow_senders, arrives):
    assert slow_senders == []
    arrives.set()
    wait_until(lambda: len(slow_senders) == READERS, "a slow sender is left without an answer")
    assert set(slow_senders) == {400}  # no token, as ever


def test_a_reader_that_is_done_makes_room_for_the_next(client):
    for _ in range(3 * READERS):
        assert request_code(client, name="").status_code == 422


@pytest.mark.parametrize(
    ("method", "length", "read"),
    [
        ("POST", "5", True),
        ("post", "5", True),
        ("GET", "5", False),
        ("POST", "0", False),
        ("POST", "", False),
        ("POST", "99999", False),
        ("POST", "-1", False),
        ("POST", "x", False),
    ],
)
def test_only_the_bodies_that_a_view_may_read_are_read(method, length, read):
    environ = {"REQUEST_METHOD": method, "CONTENT_LENGTH": length}
    assert WholeBodies(lambda *_: [], 64 * 1024).is_worth_reading(environ) == read


@pytest.mark.parametrize(("size", "told"), [(10, "10"), (64 * 1024 + 5, str(64 * 1024 + 1))])
def test_a_body_in_chunks_is_read_no_further_than_it_is_allowed(size, told):
    environ = {"REQUEST_METHOD": "POST", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(b"a" * size)}
    WholeBodies(lambda *_: [], 64 * 1024)(environ, None)
    assert environ["CONTENT_LENGTH"] == told
