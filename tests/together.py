"""Functions that run at the same time, and functions that run while the test is inside a transaction."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ophportal import database


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What `deeds` return, each called in a thread of its own; all start together."""
    start = threading.Barrier(len(deeds), timeout=30)
    results: list[Any] = [None] * len(deeds)

    def do(index: int) -> None:
        try:
            start.wait()
            results[index] = deeds[index]()
        except BaseException as error:
            results[index] = error
        finally:
            # Each thread has its own connection to the store.
            database.proxy.close()

    threads = [threading.Thread(target=do, args=(index,)) for index in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def meanwhile(deed: Callable[[], Any]) -> Any:
    """What `deed` returns, called in another thread while this one is in the middle of something."""
    return at_once(deed)[0]


def once_after(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, deed: Callable[[], Any]) -> list[Any]:
    """Have `deed` done `meanwhile`, once, right after `module` has called `name`; a list that will hold its result."""
    call, deeds, done = getattr(module, name), [deed], list[Any]()

    def called(*given: Any) -> Any:
        answer = call(*given)
        if deeds:
            done.append(meanwhile(deeds.pop()))
        return answer

    monkeypatch.setattr(module, name, called)
    return done
