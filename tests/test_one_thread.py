"""What takes much memory and long is done by one thread, whose heap alone then grows, and which holds up no page."""

import os
import subprocess
import sys
import threading
from functools import partial
from unittest.mock import Mock

import pytest

from ophportal import passwords
from ophportal.one_thread import OneThread
from tests.together import at_once


class Hasher:
    """Takes no time, and knows who called it."""

    def __init__(self):
        self.threads = []

    def hash(self, password):
        self.threads.append(threading.get_ident())
        return f"hash of {password}"

    def verify(self, stored, password):
        return stored == self.hash(password)


def test_passwords_that_come_at_once_are_hashed_by_one_thread(app, monkeypatch):
    hasher = Hasher()
    monkeypatch.setattr(passwords, "hasher", hasher)
    asked = [partial(passwords.verify_password, "a", f"hash of {it}") for it in "abab"]
    assert at_once(*asked, partial(passwords.hash_password, "c")) == [True, False, True, False, "hash of c"]
    assert len(hasher.threads) == 5
    assert len(set(hasher.threads)) == 1


def test_what_a_call_raises_is_raised_where_it_was_asked_for_and_the_next_is_served():
    in_turn = OneThread("test")
    with pytest.raises(ZeroDivisionError):
        in_turn(divmod, 1, 0)
    assert in_turn(divmod, 7, 2) == (3, 1)


LAST = 19  # there is no stepping back behind it


def priority():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_the_thread_steps_back_for_whoever_reads_a_page():
    assert OneThread("test")(priority) == min(priority() + 10, LAST)


def test_it_steps_back_behind_a_process_that_has_done_so_itself():
    def both():
        return priority(), OneThread("inner")(priority)

    before, behind = OneThread("outer")(both)
    assert behind == min(before + 10, LAST)


def test_a_machine_that_lets_no_thread_step_back_is_served_all_the_same(monkeypatch):
    monkeypatch.setattr(os, "nice", Mock(side_effect=PermissionError))
    assert OneThread("test")(divmod, 7, 2) == (3, 1)


FORKED = """
import os
from ophportal.one_thread import OneThread
in_turn = OneThread("test")
assert in_turn(os.getpid) == os.getpid()
if (child := os.fork()) == 0:
    os._exit(in_turn(os.getpid) != os.getpid())
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_process_that_is_forked_off_has_a_thread_of_its_own():
    assert subprocess.run([sys.executable, "-c", FORKED], timeout=30).returncode == 0
