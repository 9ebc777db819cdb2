"""Queries that every page asks, whose SQL Peewee writes once: writing it anew takes longer than SQLite's answer.

The query is Peewee's, with `given("name")` where a value comes at each call:

    BEGUN_ON = Prepared(lambda: Lease.select(Lease.id).where(Lease.starts_on == given("day")))
    BEGUN_ON.rows(day=today)
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, Self, TypeVar

import peewee
from peewee import Field, ForeignKeyField, IntegerField, Model, Query, TextField, Value

from ophportal.database import proxy

Row = TypeVar("Row", bound=Model)


class Given(NamedTuple):
    """The place of a value, and how the store writes it."""

    name: str
    stored: Callable[[Any], Any] | None


def given(name: str, stored: Callable[[Any], Any] | None = None) -> Value:
    """The place of a value that comes at each call; `stored` is a field's `db_value`, where the store needs it."""
    # Without Peewee's converter: that of the field compared with would convert the `Given` as if it were the value.
    return Value(Given(name, stored), converter=False, unpack=False)


class Prepared:
    """A query, by the function that makes it: the tables know their store only once it is bound."""

    def __init__(self, make: Callable[[], Query]):
        self.make = make
        self.written: dict[type, tuple[str, Sequence[Any]]] = {}

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows as the store holds them, a value for each `given`. Raises KeyError when one is missing."""
        sql, places = self.sql()
        answer = proxy.execute_sql(sql, [ready(place, values) for place in places])
        if not answer.description:  # after a write
            return []
        # SQLite commits a row that it tells of (RETURNING) as it is fetched: a full disk refuses it here.
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
            return list(answer.fetchall())

    def all(self, model: type[Row], /, *others: type[Model], **values: Any) -> list[Row]:
        """The instances of `model`, of rows that hold its fields and then those of `others`, one after the other.

        Each is joined to the next, by the foreign key that bears the next one's name; to none where that is null.
        """
        return [joined(row, model, *others) for row in self.rows(**values)]

    def first(self, model: type[Row], /, *others: type[Model], **values: Any) -> Row | None:
        """The first of `all`; None without a row."""
        rows = self.rows(**values)
        return joined(rows[0], model, *others) if rows else None

    def sql(self) -> tuple[str, Sequence[Any]]:
        """The SQL as this kind of store takes it, and its values, `Given` where one is to come."""
        kind = type(proxy.obj)
        if kind not in self.written:
            self.written[kind] = proxy.get_sql_context().sql(self.make()).query()
        return self.written[kind]


def ready(place: Any, values: dict[str, Any]) -> Any:
    if not isinstance(place, Given):
        return place
    value = values[place.name]
    return value if place.stored is None else place.stored(value)


class OftenMade:
    """For a model of which every login makes a row: `create`, its SQL written once."""

    @classmethod
    def create(cls, **fields: Any) -> Self:
        model: Any = cls
        instance = model(**fields)
        values = dict.fromkeys(instance._meta.fields) | instance.__data__
        [(instance.id,)] = insert_into(model).rows(**values)
        instance._dirty.clear()
        return instance


@cache
def insert_into(model: Any) -> Prepared:
    fields = [field for field in model._meta.sorted_fields if field is not model._meta.primary_key]
    return Prepared(
        lambda: model.insert({field: given(field.name, field.db_value) for field in fields}).returning(model.id)
    )


def joined(row: Sequence[Any], model: type[Row], *others: type[Model]) -> Row:
    """The first of the row's `instances`, each joined to the next."""
    first, *rest = instances(row, model, *others)
    held = first
    for other in rest:
        name = other._meta.name
        if held.__data__[name] is None:  # a left join has found nothing
            break
        held.__rel__[name] = other
        held = other
    return first


def instances(row: Sequence[Any], *models: type[Model]) -> Iterator[Any]:
    """The instances that a row of all these models' fields holds, one model after the other."""
    begin = 0
    for model in models:
        names, readers = fields_of(model)
        instance = model(__no_default__=True)
        held = dict(zip(names, row[begin:], strict=False))
        for name, read in readers:
            held[name] = read(held[name])
        instance.__data__ = held
        begin += len(names)
        yield instance


@cache
def fields_of(model: type[Model]) -> tuple[list[str], list[tuple[str, Callable[[Any], Any]]]]:
    """The fields' names in their order; and what makes the store's value Python's, of those where it is not already."""
    fields = model._meta.sorted_fields
    read = [(field.name, field.python_value) for field in fields if not is_read_as_stored(field)]
    return [field.name for field in fields], read


def is_read_as_stored(field: Field) -> bool:
    """Whether it holds numbers or texts, and nothing that is made of them."""
    read = field.rel_field if isinstance(field, ForeignKeyField) else field
    return isinstance(read, IntegerField | TextField) and type(read).python_value is Field.python_value
