"""The temporary tables that the lines of a file being imported stand in: made, compared, and worked through."""

import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

from peewee import DateField, Expression, Field, Model, Query, fn

from ophportal.database import proxy
from ophportal.prepared import Prepared, given

NO_DATE = "0001-01-01"
# Lines written by one statement: until its end, SQLite holds in memory what it writes to a table that has triggers, and
# each page that it changes as it was before.
STEP = 500


@contextmanager
def temporary(*models: type[Model]) -> Iterator[None]:
    """The empty tables of `models`, which this connection alone sees, and which go whatever happens."""
    with proxy.temporary_tables():
        for model in models:
            model.create_table(safe=False)
        yield


def execute_in_steps(
    line: Field, make: Callable[[Expression], Query], size: int = STEP, *, joined: Field | None = None
) -> None:
    """Run the statement that `make` builds of a condition on `line`, for `size` lines at a time; its SQL is built once.

    `joined` is the same number in a second table of the statement. The condition is put on both, or PostgreSQL reads
    all of the second at each step.
    """
    of_tables = [line] if joined is None else [line, joined]
    statement = Prepared(lambda: make(all_of(it.between(given("first"), given("last")) for it in of_tables)))
    end = line.model.select(fn.MAX(line)).scalar() or 0
    for first in range(0, end + 1, size):
        statement.rows(first=first, last=first + size - 1)


def differ(one: Any, other: Any) -> Expression:
    """The condition that two values of a field are not the same, NULL being one of a date's."""
    if isinstance(one, DateField) or isinstance(getattr(one, "field", None), DateField):
        return fn.COALESCE(one, NO_DATE) != fn.COALESCE(other, NO_DATE)
    return one != other


def any_of(conditions: Iterable[Expression]) -> Expression:
    return reduce(operator.or_, conditions)


def all_of(conditions: Iterable[Expression]) -> Expression:
    return reduce(operator.and_, conditions)
