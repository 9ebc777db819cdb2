"""A part of what is told: one table's rows about a person, field by field."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from peewee import ForeignKeyField, Model

from ophportal.models import Agent
from ophportal.own_data.person import AN_AGENT, Person, plain

# Why a field is not told.
KEY = "la même chose, telle que le portail la compare"
SECRET = "ouvrirait le compte, ou aiderait à l'ouvrir"  # noqa: S105 - a reason
YOURSELF = "c'est vous : voir « locataire »"
ELSEWHERE = "dit autrement, dans une autre partie"

# For how long most of it is kept.
AS_LONG_AS_THE_FILE = "le temps de votre location, puis le temps que la loi impose à l'office"

Words = Callable[[Any, Person], Any]


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Part(NamedTuple):
    """`told` gives each field that is told its name in French, `left_out` each other one the reason why.

    `words` tell a field, or what no field says, otherwise than as it is stored: by the name in French, from the row
    and the person. `title`, `what` and `kept` (for how long) are for people to read.
    """

    model: type[Model]
    name: str
    title: str
    what: str
    kept: str
    rows: Callable[[Person], Iterable[Any]]
    told: Mapping[str, str]
    left_out: Mapping[str, str] = NOTHING
    words: Mapping[str, Words] = NOTHING

    def tell(self, person: Person) -> list[dict[str, Any]]:
        return [self.tell_row(row, person) for row in self.rows(person)]

    def tell_row(self, row: Any, person: Person) -> dict[str, Any]:
        as_stored = {french: name for name, french in self.told.items()}
        return {
            french: plain(
                self.words[french](row, person) if french in self.words else self.value(row, as_stored[french])
            )
            for french in {**as_stored, **self.words}
        }

    def value(self, row: Any, name: str) -> Any:
        """The stored value; « un agent de l'office » for any agent, by the key: loading each is a query."""
        field: Any = getattr(self.model, name)
        if isinstance(field, ForeignKeyField) and field.rel_model is Agent:
            return None if getattr(row, field.object_id_name) is None else AN_AGENT
        return getattr(row, name)


def of_tenant(model: Any) -> Any:
    """Which rows of `model` are about the tenant: those that say so."""
    return lambda person: model.select().where(model.tenant == person.tenant).order_by(model.id)


def of_account(model: Any) -> Any:
    return lambda person: model.select().where(model.account == person.account).order_by(model.id)
