"""The lines of the tenant file being imported, in temporary tables: so a file of any length fits in memory.

A line speaks of a tenant, of a dwelling and of a lease (that tenant in that dwelling). The first line to speak of
each stands for all that do: the others are compared to it, and the store is written from it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from peewee import DateField, Expression, Field, IntegerField, TextField, Value, fn

from ophportal.database import BaseModel, proxy, rows_of
from ophportal.imports.temporary_tables import all_of, any_of, differ, execute_in_steps
from ophportal.store import TEMPORARY

# Lines whose keys are sorted in memory.
SORTED_AT_ONCE = 20_000


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
    # First, since SQLite reads the fields before those that it is asked for.
    number_key = TextField()
    reference_key = TextField()
    number = TextField()
    civility = TextField()
    last_name = TextField()
    birth_name = TextField()
    first_names = TextField()
    email = TextField()
    email_key = TextField()
    phone = TextField()
    reference = TextField()
    address = TextField()
    postal_code = TextField()
    city = TextField()
    kind = TextField()
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)

    class Meta:
        schema = TEMPORARY
        table_name = "import_line"

    @classmethod
    def compare_with_each_other(cls) -> None:
        """Find the lines that repeat what lines above speak of, once all lines are there."""
        with proxy.atomic():
            proxy.look_at(cls)
            LineKey.sort(DWELLING)
            Repeat.find(DWELLING)
            LineKey.sort(LEASE)  # of whose keys the tenant's is the first
            Repeat.find(LEASE)
            Repeat.find(TENANT)

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
        for values in rows_of(query):
            yield dict(zip(names, values, strict=False)), dict(zip(names, values[len(names) :], strict=True))


class LineKey(BaseModel):
    """The keys of what each line speaks of, under an index: those of one noun at a time."""

    key = TextField()
    second_key = TextField(null=True)
    line = IntegerField()

    class Meta:
        schema = TEMPORARY
        table_name = "import_key"
        indexes = ((("key", "second_key", "line"), False),)

    @classmethod
    def sort(cls, noun: Noun) -> None:
        """Replace the keys by the `noun`'s.

        Sorted so many at a time: SQLite would sort them all in memory, and line by line, look for a page for each.
        """
        read = [getattr(TenantLine, name) for name in noun.key]
        cls.delete().execute()
        some = TenantLine.select(*read, TenantLine.line).order_by(*read)
        fields = [*cls.of(noun), cls.line]
        execute_in_steps(TenantLine.line, lambda these: cls.insert_from(some.where(these), fields), SORTED_AT_ONCE)
        proxy.look_at(cls)

    @classmethod
    def of(cls, noun: Noun) -> list[Field]:
        """The fields that hold the `noun`'s keys."""
        fields: list[Any] = [cls.key, cls.second_key]
        return fields[: len(noun.key)]


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
        keys, other = LineKey.of(noun), LineKey.alias()
        firsts = LineKey.select(fn.MIN(LineKey.line).alias("line"), *keys).group_by(*keys)
        firsts = firsts.having(fn.COUNT(LineKey.line) > 1)
        same = [getattr(other, key.name) == getattr(firsts.c, key.name) for key in keys]
        repeats = other.select(Value(noun.name), other.line, firsts.c.line).join(firsts, on=all_of(same))
        cls.insert_from(repeats.where(other.line > firsts.c.line), [cls.noun, cls.line, cls.first_line]).execute()
