"""The lines of the tenant file being imported, in temporary tables: so a file of any length fits in memory.

A line speaks of a tenant, of a dwelling and of a lease (that tenant in that dwelling). The first line to speak of
each stands for all that do: the others are compared to it, and the store is written from it.
"""

import operator
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

from peewee import DateField, Expression, Field, IntegerField, Model, TextField, Value, fn

from ophportal.database import TEMPORARY, BaseModel, proxy

NO_DATE = "0001-01-01"
# Lines written by one statement, which SQLite may hold in memory.
STEP = 20_000


@dataclass(frozen=True)
class Noun:
    """What lines speak of: one for each `key`, told by `fields`; both are names of fields of `TenantLine`."""

    name: str
    key: tuple[str, ...]
    fields: tuple[str, ...]


TENANT = Noun(
    "tenant",
    ("number_key",),
    ("number", "civility", "last_name", "birth_name", "first_names", "email", "email_key", "phone"),
)
DWELLING = Noun("dwelling", ("reference_key",), ("reference", "address", "postal_code", "city", "kind"))
LEASE = Noun("lease", ("number_key", "reference_key"), ("starts_on", "ends_on"))


class TenantLine(BaseModel):
    """One line, read and checked. Its fields bear the names of those that they fill; dates are ISO texts or NULL."""

    line = IntegerField(primary_key=True)
    number = TextField()
    number_key = TextField()
    civility = TextField()
    last_name = TextField()
    birth_name = TextField()
    first_names = TextField()
    email = TextField()
    email_key = TextField()
    phone = TextField()
    reference = TextField()
    reference_key = TextField()
    address = TextField()
    postal_code = TextField()
    city = TextField()
    kind = TextField()
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)

    class Meta:
        schema = TEMPORARY
        table_name = "import_line"
        # From the first line on: made of a million lines at once, an index is sorted in memory.
        indexes = ((("number_key", "reference_key"), False), (("reference_key",), False))

    @classmethod
    def compare_with_each_other(cls) -> None:
        """Find the lines that repeat what lines above speak of, once all lines are there."""
        with proxy.atomic():
            proxy.look_at(cls)
            for noun in (TENANT, DWELLING, LEASE):
                Repeat.find(noun)

    @classmethod
    def correct(cls, names: tuple[str, ...], lines: Iterable[dict[str, Any]]) -> None:
        """Write the fields `names` of `lines` again, dicts that hold « line » too."""
        statement, _ = cls.update(dict.fromkeys(names)).where(cls.line == 0).sql()
        with proxy.atomic():
            proxy.execute_many(statement, ([line[name] for name in (*names, "line")] for line in lines))

    @classmethod
    def is_first(cls, noun: Noun) -> Expression:
        """The condition that no line above speaks of the same `noun`."""
        return cls.line.not_in(Repeat.select(Repeat.line).where(Repeat.noun == noun.name))

    @classmethod
    def that_differ(cls, noun: Noun) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """The first line about each `noun`, with another about it that tells it differently; by line numbers.

        Each is a dict of « line » and the noun's fields.
        """
        first, other = cls.alias(), cls.alias()
        names = ("line", *noun.fields)
        query = (
            Repeat.select(*(getattr(row, name) for row in (first, other) for name in names))
            .join(first, on=(first.line == Repeat.first_line))
            .join(other, on=(other.line == Repeat.line))
            .where(Repeat.noun == noun.name)
            .where(any_of(differ(getattr(first, name), getattr(other, name)) for name in noun.fields))
            .order_by(first.line, other.line)
        )
        with closing(proxy.execute(query)) as found:
            for values in found:
                yield dict(zip(names, values, strict=False)), dict(zip(names, values[len(names) :], strict=True))


class Repeat(BaseModel):
    """A line that speaks of what a line above speaks of already, and the first one that did."""

    noun = TextField()
    line = IntegerField()
    first_line = IntegerField()

    class Meta:
        schema = TEMPORARY
        table_name = "import_repeat"

    @classmethod
    def find(cls, noun: Noun) -> None:
        one, other = TenantLine.alias(), TenantLine.alias()
        key = [getattr(one, name) for name in noun.key]
        firsts = one.select(fn.MIN(one.line).alias("line"), *key).group_by(*key).having(fn.COUNT(one.line) > 1)
        same = [getattr(other, name) == getattr(firsts.c, name) for name in noun.key]
        repeats = other.select(Value(noun.name), other.line, firsts.c.line).join(firsts, on=all_of(same))
        cls.insert_from(repeats.where(other.line > firsts.c.line), [cls.noun, cls.line, cls.first_line]).execute()


def fill(model: type[Model], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert `rows`, their values in the order of the model's fields.

    Peewee writes the statement and the driver runs it over the rows: `insert_many` would build one as long as the
    rows, and takes many times longer.
    """
    proxy.execute_many(insertion(model, proxy.obj.param), rows)


@cache
def insertion(model: type[Model], _mark: str) -> str:
    fields = model._meta.sorted_fields
    statement, _ = model.insert_many([[None] * len(fields)], fields).sql()
    return str(statement)


@contextmanager
def temporary(*models: type[Model]) -> Iterator[None]:
    """The empty tables of `models`, which this connection alone sees, and which go whatever happens."""
    with proxy.temporary_tables():
        for model in models:
            model.create_table(safe=False)
        yield


def steps(line: Field) -> Iterator[Expression]:
    """The conditions under which one statement after the other is about some of the lines, for all of them in turn."""
    last = line.model.select(fn.MAX(line)).scalar() or 0
    return (line.between(first, first + STEP - 1) for first in range(0, last + 1, STEP))


def differ(one: Any, other: Any) -> Expression:
    """The condition that two values of a field are not the same, NULL being one of a date's."""
    if isinstance(one, DateField) or isinstance(getattr(one, "field", None), DateField):
        return fn.COALESCE(one, NO_DATE) != fn.COALESCE(other, NO_DATE)
    return one != other


def any_of(conditions: Iterable[Expression]) -> Expression:
    return reduce(operator.or_, conditions)


def all_of(conditions: Iterable[Expression]) -> Expression:
    return reduce(operator.and_, conditions)
