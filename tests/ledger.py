"""What Peewee asks of the store, told by its own log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class Ledger(logging.Handler):
    """The statements that Peewee tells its log, without their values."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.statements: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.statements.append(str(record.msg[0]))

    @contextmanager
    def open(self) -> Iterator[None]:
        log = logging.getLogger("peewee")
        level, log.propagate = log.level, False
        log.setLevel(logging.DEBUG)
        log.addHandler(self)
        self.statements.clear()
        yield
        log.removeHandler(self)
        log.setLevel(level)
        log.propagate = True
