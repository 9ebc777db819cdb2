"""Clients that take their time, or hang up, before the real server. The loads are small."""

import socket
import threading
import time
from contextlib import ExitStack, suppress
from urllib.request import urlopen

import pytest

from tests.office import Office, Visit, wait_until


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """The real server, with one worker."""
    with Office(tmp_path_factory.mktemp("office")) as office:
        office.serve("--no-deliver")
        yield office


HEAD = "POST /demander-un-code HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def dripping(office):
    """A function that opens so many connections, which say `start`, then a byte every tenth of a second."""
    done = threading.Event()
    with ExitStack() as stack:
        stack.callback(done.set)

        def drip(connections: int, start: str) -> None:
            sockets = [stack.enter_context(connect(office)) for _ in range(connections)]
            for each in sockets:
                each.sendall(start.encode())
            thread = threading.Thread(target=drip_on, args=(sockets, done))
            thread.start()
            stack.callback(thread.join)
            stack.callback(done.set)
            time.sleep(0.5)

        yield drip
    check_forms_come_back(office)


def test_dozens_of_slow_bodies_stop_nobody_else(office, dripping):
    dripping(40, HEAD + "Content-Length: 2000\r\n\r\nname=")
    check_home(office)


def test_nor_do_dozens_of_slow_bodies_in_chunks(office, dripping):
    dripping(40, HEAD + "Transfer-Encoding: chunked\r\n\r\nfff\r\nname=")
    check_home(office)


def test_nor_do_they_when_their_method_is_in_small_letters(office, dripping):
    dripping(40, HEAD.replace("POST", "post") + "Content-Length: 2000\r\n\r\nname=")
    check_home(office)


def test_nor_do_dozens_of_slow_headers(office, dripping):
    dripping(40, HEAD + "X-Slow: ")
    check_home(office)


def test_nor_do_dozens_of_silent_connections(office, dripping):
    dripping(40, "")
    check_home(office)


def test_a_body_that_breaks_off_is_forgotten(office):
    for _ in range(20):
        with connect(office) as line:
            line.sendall(f"{HEAD}Content-Length: 2000\r\n\r\nname=a".encode())
    check_home(office)
    check_forms_come_back(office)


@pytest.mark.parametrize(
    "rest",
    [
        "Transfer-Encoding: chunked\r\n\r\n5\r\nname=\r\n0\r\n\r\n",
        "Content-Length: 0\r\n\r\n",
        "\r\n",
        "Content-Length: 70000\r\n\r\n",  # and no more: it is answered at once, and what is sent still would break off
        "Transfer-Encoding: chunked\r\n\r\n11170\r\n" + "a" * 70_000 + "\r\n0\r\n\r\n",
    ],
    ids=["in chunks", "empty", "no length", "too large", "too large in chunks"],
)
def test_a_body_framed_in_any_way_is_answered_in_french(office, rest):
    with connect(office) as line:
        line.sendall(f"{HEAD}Connection: close\r\n{rest}".encode())
        answer = line.makefile("rb").read().decode()
    assert answer.startswith(("HTTP/1.1 400", "HTTP/1.1 413"))
    assert '<html lang="fr">' in answer


def test_nobody_is_answered_in_http_2_whose_bodies_need_no_length(office):
    with connect(office) as line:
        line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        line.shutdown(socket.SHUT_WR)
        settings = line.recv(9)[3:4]
    assert settings != b"\4"
    check_home(office)


@pytest.mark.parametrize(
    ("framing", "is_clear"),
    [
        ("Content-Length: 5\r\n", True),
        ("Transfer-Encoding: chunked\r\n", True),
        ("Content-Length: 5\r\nContent-Length: 60\r\n", False),
        ("Content-Length: 60\r\nTransfer-Encoding: chunked\r\n", False),
        ("Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n", False),
        ("Transfer-Encoding: chunked, identity\r\n", False),
        ("Content-Length : 5\r\n", False),
    ],
)
def test_what_comes_after_a_body_that_may_end_in_two_places_is_not_read_as_a_request(office, framing, is_clear):
    """A proxy that sees its other end would hand the answer to whoever comes next (request smuggling)."""
    after = "GET /contact HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with connect(office) as line:
        line.sendall(f"{HEAD}{framing}\r\n0\r\n\r\n{after}".encode())
        answers = line.makefile("rb").read().decode()
    assert answers.startswith("HTTP/1.1 400")
    assert ("<h1>Contact</h1>" in answers) == is_clear


@pytest.mark.parametrize("text", ["\0" * 50, "GET / HTTP/9\r\n\r\n", "NIMPORTE QUOI\r\n\r\n", "GET /" + "a" * 500_000])
def test_what_is_no_http_is_not_answered_and_harms_nobody(office, text):
    with connect(office) as line, suppress(OSError):  # it has hung up already
        line.sendall(text.encode())
        line.shutdown(socket.SHUT_WR)
        assert b" 200 " not in line.recv(200)
    check_home(office)


def connect(office: Office) -> socket.socket:
    return socket.create_connection(("127.0.0.1", office.port), timeout=20)


def drip_on(sockets: list[socket.socket], done: threading.Event) -> None:
    while not done.wait(0.1):
        for each in sockets:
            with suppress(OSError):
                each.send(b"x")


def check_home(office: Office) -> None:
    """Another visitor gets the home page, while the slow ones go on."""
    with urlopen(office.url, timeout=20) as answer:
        assert answer.status == 200


def check_forms_come_back(office: Office) -> None:
    """Once slow senders have gone, forms are taken again; the server notices that they went in its own time."""

    def is_form_taken() -> bool:
        visit = Visit(office)
        visit.open("/demander-un-code", {"name": ""})
        return visit.status == 400

    wait_until(is_form_taken, "forms are still turned away")
