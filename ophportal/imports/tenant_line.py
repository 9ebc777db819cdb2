"""The lines of the tenant file being imported, in a temporary table: so a file of any length fits in memory.

The first line of a tenant, of a dwelling and of a lease (a tenant in a dwelling) stands for all of theirs: the
others are compared to it, and the store is written from it.
"""

import operator
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import reduce
from typing import Any

from peewee import DateField, Expression, IntegerField, Model, ModelSelect, TextField, fn

from ophportal.database import BaseModel, proxy

TENANT_KEY = ("number_key",)
TENANT_FIELDS = ("number", "civility", "last_name", "birth_name", "first_names", "email", "email_key", "phone")
DWELLING_KEY = ("reference_key",)
DWELLING_FIELDS = ("reference", "address", "postal_code", "city", "kind")
LEASE_KEY = (*TENANT_KEY, *DWELLING_KEY)
LEASE_FIELDS = ("starts_on", "ends_on")

NO_DATE = "0001-01-01"


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
        temporary = True
        table_name = "import_line"

    @classmethod
    def load(cls, rows: Iterable[tuple[Any, ...]]) -> int:
        """Store the lines, their values in the order of the fields, and index them; how many there are.

        Peewee writes the statement and the driver runs it over the rows: `insert_many` would build one as long as
        the rows, and takes many times longer.
        """
        fields = cls._meta.sorted_fields
        statement, _ = cls.insert_many([[None] * len(fields)], fields).sql()
        with proxy.atomic(), closing(proxy.cursor()) as cursor:
            cursor.executemany(statement, rows)
            proxy.execute(cls.index(cls.number_key, cls.reference_key))
            proxy.execute(cls.index(cls.reference_key))
        return cls.select().count()

    @classmethod
    def correct(cls, names: tuple[str, ...], lines: Iterable[dict[str, Any]]) -> None:
        """Write the fields `names` of `lines` again, dicts that hold « line » too."""
        statement, _ = cls.update(dict.fromkeys(names)).where(cls.line == 0).sql()
        with proxy.atomic(), closing(proxy.cursor()) as cursor:
            cursor.executemany(statement, ([line[name] for name in (*names, "line")] for line in lines))

    @classmethod
    def first_of(cls, key: Iterable[str], *, several: bool = False) -> "ModelSelect[Any]":
        """The first line of each `key`, as `line`; with `several`, of those alone that have two lines or more."""
        this = cls.alias()
        firsts = this.select(fn.MIN(this.line).alias("line")).group_by(*(getattr(this, name) for name in key))
        return firsts.having(fn.COUNT(this.line) > 1) if several else firsts

    @classmethod
    def that_differ(
        cls, key: tuple[str, ...], fields: tuple[str, ...]
    ) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """The first line of a `key`, with another of the same key that differs in `fields`; by line numbers.

        Each is a dict of « line », `key` and `fields`.
        """
        first, other = cls.alias(), cls.alias()
        firsts = cls.first_of(key, several=True)
        same_key = [getattr(other, name) == getattr(first, name) for name in key]
        names = ("line", *key, *fields)
        query = (
            first.select(*(getattr(row, name) for row in (first, other) for name in names))
            .join(firsts, on=(firsts.c.line == first.line))
            .join(other, on=reduce(operator.and_, [*same_key, other.line > first.line]))
            .where(any_of(differ(getattr(first, name), getattr(other, name)) for name in fields))
            .order_by(first.line, other.line)
        )
        with closing(proxy.execute(query)) as found:
            for values in found:
                yield dict(zip(names, values, strict=False)), dict(zip(names, values[len(names) :], strict=True))


@contextmanager
def temporary(*models: type[Model]) -> Iterator[None]:
    """The empty tables of `models`, which this connection alone sees, and which go whatever happens."""
    for model in models:
        model.drop_table()
        model.create_table()
    try:
        yield
    finally:
        for model in models:
            model.drop_table()


def differ(one: Any, other: Any) -> Expression:
    """The condition that two values of a field are not the same, NULL being one of a date's."""
    if isinstance(one, DateField) or isinstance(getattr(one, "field", None), DateField):
        return fn.COALESCE(one, NO_DATE) != fn.COALESCE(other, NO_DATE)
    return one != other


def any_of(conditions: Iterable[Expression]) -> Expression:
    return reduce(operator.or_, conditions)
